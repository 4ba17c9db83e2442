//! Little-endian fields at fixed offsets of a record. Offsets are constants of the format, so reading past
//! the end is impossible for a record of the right size; it gives zeroes rather than a panic.

/// The `N` bytes at `at`.
pub(crate) fn get<const N: usize>(record: &[u8], at: usize) -> [u8; N] {
    record.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}

/// The u32 at `at`.
pub(crate) fn get_u32(record: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(get(record, at))
}

/// The u64 at `at`.
pub(crate) fn get_u64(record: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(get(record, at))
}

/// Stores `bytes` at `at`.
pub(crate) fn put(record: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(field) = record.get_mut(at..).and_then(|rest| rest.get_mut(..bytes.len())) {
        field.copy_from_slice(bytes);
    }
}

/// Whether every byte is 0.
pub(crate) fn are_zero(bytes: &[u8]) -> bool {
    bytes.iter().fold(0, |any, byte| any | byte) == 0
}

/// Moves what lies behind the first `gone` bytes to the front.
pub(crate) fn move_to_front(bytes: &mut [u8], gone: usize) {
    let gone = gone.min(bytes.len());
    bytes.copy_within(gone.., 0);
}
