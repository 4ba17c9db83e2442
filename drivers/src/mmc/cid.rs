//! The card's identification (SD 5.2, JESD84-B51 7.2).
#![forbid(unsafe_code)]

/// The identification register, which tells one card from every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Cid {
    bytes: [u8; 16],
    emmc: bool,
}

impl Cid {
    pub(super) const fn new(register: u128, emmc: bool) -> Self {
        Self { bytes: register.to_be_bytes(), emmc }
    }

    /// All 16 bytes, most significant first. The last byte is the CRC, which not every controller
    /// passes on.
    pub const fn bytes(&self) -> [u8; 16] {
        self.bytes
    }

    /// The manufacturer's number.
    pub const fn manufacturer(&self) -> u8 {
        self.bytes[0]
    }

    /// The product's name, six characters (SD cards have five, and a space here). What is not
    /// printable ASCII reads as `?`.
    pub fn product(&self) -> [u8; 6] {
        let b = &self.bytes;
        let last = if self.emmc { b[8] } else { b' ' };
        [b[3], b[4], b[5], b[6], b[7], last].map(|c| match c {
            b' '..=b'~' => c,
            _ => b'?',
        })
    }

    /// The serial number.
    pub const fn serial(&self) -> u32 {
        let b = &self.bytes;
        if self.emmc {
            u32::from_be_bytes([b[10], b[11], b[12], b[13]])
        } else {
            u32::from_be_bytes([b[9], b[10], b[11], b[12]])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_where_each_standard_puts_them() {
        let register = u128::from_be_bytes(*b"\xaaXYQEMU!\x01\xde\xad\xbe\xef\x00\x62\x19");
        let sd = Cid::new(register, false);
        assert_eq!(sd.manufacturer(), 0xaa);
        assert_eq!(&sd.product(), b"QEMU! ");
        assert_eq!(sd.serial(), 0xdead_beef);
        let emmc = Cid::new(register, true);
        assert_eq!(&emmc.product(), b"QEMU!?");
        assert_eq!(emmc.serial(), 0xadbe_ef00);
    }
}
