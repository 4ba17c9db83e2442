//! Counting of unconfirmed boots: in the store, or in a register that survives a reset.

use crate::image::id::ImageId;

/// A 32-bit register that keeps its value over a reset, such as a scratch register of a reset controller or
/// battery-backed RAM. Counting there costs the medium no write at a boot, unless another image is tried than
/// the time before: the count of that one is then saved in the store. What the register holds after power-on
/// need not be defined: a value that this module did not write counts as no attempt.
pub trait AttemptRegister {
    /// The register's value, or `None` if there is no register: attempts are then counted in the store.
    fn get(&mut self) -> Option<u32>;

    /// Sets the register.
    fn set(&mut self, value: u32);
}

/// No register: attempts are counted in the store.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRegister;

impl AttemptRegister for NoRegister {
    fn get(&mut self) -> Option<u32> {
        None
    }

    fn set(&mut self, _value: u32) {}
}

/// Bits 31:24 of a valid value, and of their complement in bits 23:16 the image's and the count's check.
const TAG: u32 = 0xa7 << 24;

/// The register's value for `attempts` at the image `id`: tag, check, low byte of the id, attempts.
pub(crate) fn encode(id: ImageId, attempts: u8) -> u32 {
    let id = (id.0 & 0xff) as u8;
    let check = !(id ^ attempts.rotate_left(4));
    TAG | u32::from(check) << 16 | u32::from(id) << 8 | u32::from(attempts)
}

/// The attempts at `id` that the register's value tells of.
pub(crate) fn decode(id: ImageId, value: u32) -> u8 {
    let attempts = (value & 0xff) as u8;
    if value == encode(id, attempts) { attempts } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_value_of_the_same_image_counts() {
        for attempts in 0..=255 {
            let value = encode(ImageId(0x1_0203), attempts);
            assert_eq!(decode(ImageId(0x1_0203), value), attempts);
            assert_eq!(decode(ImageId(0x1_0204), value), 0);
        }
        assert_eq!(decode(ImageId(1), 0), 0);
        assert_eq!(decode(ImageId(1), u32::MAX), 0);
    }
}
