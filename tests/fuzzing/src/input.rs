//! [`Input`]: a fuzzer's bytes, one decision after the other.

use arbitrary::Unstructured;

/// What is left of a fuzzer's bytes. Where there are none left, numbers are 0 and slices empty.
pub struct Input<'a>(Unstructured<'a>);

impl<'a> Input<'a> {
    /// All of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Input<'a> {
        Input(Unstructured::new(bytes))
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A byte.
    pub fn byte(&mut self) -> u8 {
        self.0.arbitrary().unwrap_or(0)
    }

    /// Two bytes.
    pub fn half(&mut self) -> u16 {
        self.0.arbitrary().unwrap_or(0)
    }

    /// Four bytes.
    pub fn word(&mut self) -> u32 {
        self.0.arbitrary().unwrap_or(0)
    }

    /// A number that is more often small, or next to the largest, than anything.
    pub fn number(&mut self) -> u64 {
        match self.byte() % 4 {
            0 => self.byte().into(),
            1 => self.half().into(),
            2 => u64::MAX - u64::from(self.byte()),
            _ => self.0.arbitrary().unwrap_or(0),
        }
    }

    /// A number below `end`, which is neither 0 nor more than 65536.
    pub fn below(&mut self, end: usize) -> usize {
        usize::from(self.half()) % end
    }

    /// Yes or no.
    pub fn flag(&mut self) -> bool {
        self.byte() & 1 != 0
    }

    /// Up to 255 bytes.
    pub fn slice(&mut self) -> &'a [u8] {
        let len = usize::from(self.byte()).min(self.0.len());
        self.0.bytes(len).unwrap_or(&[])
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        self.0.bytes(self.0.len()).unwrap_or(&[])
    }

    /// Writes a slice of the input over a place in `bytes`.
    pub fn patch(&mut self, bytes: &mut [u8]) {
        let at = self.half();
        let patch = self.slice();
        overwrite(bytes, at.into(), patch);
    }
}

/// Writes as much of `patch` to `at` as there is room for.
pub fn overwrite(bytes: &mut [u8], at: usize, patch: &[u8]) {
    if let Some(place) = bytes.get_mut(at..) {
        let len = patch.len().min(place.len());
        place[..len].copy_from_slice(&patch[..len]);
    }
}
