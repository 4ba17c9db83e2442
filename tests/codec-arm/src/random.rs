//! Numbers that look random and repeat from a seed: xorshift32 (G. Marsaglia, "Xorshift RNGs", 2003).

/// The generator.
pub struct Random(u32);

impl Random {
    /// From a seed.
    pub fn new(seed: u32) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9) | 1)
    }

    /// The next 32 bits.
    pub fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }

    /// A number below `limit`, which is not 0.
    pub fn below(&mut self, limit: u32) -> u32 {
        ((u64::from(self.next()) * u64::from(limit)) >> 32) as u32
    }
}
