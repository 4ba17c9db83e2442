//! Flash of the `embedded-storage` traits as NOR flash, against a mock that keeps the traits' rules.
#![cfg(feature = "embedded-storage")]

use embedded_storage::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash as Below, NorFlashErrorKind, ReadNorFlash, check_erase,
    check_read, check_write,
};
use oal_media::{Embedded, EmbeddedError, NorFlash, NorGeometry};

/// Flash with sectors of `SECTOR` bytes, programmed in units of 4, read in units of 2.
struct Mock<const SECTOR: usize> {
    bytes: Vec<u8>,
    erased: Vec<(u32, u32)>,
}

impl<const SECTOR: usize> Mock<SECTOR> {
    fn new(len: usize) -> Self {
        Mock { bytes: vec![0x5a; len], erased: Vec::new() }
    }
}

impl<const SECTOR: usize> ErrorType for Mock<SECTOR> {
    type Error = NorFlashErrorKind;
}

impl<const SECTOR: usize> ReadNorFlash for Mock<SECTOR> {
    const READ_SIZE: usize = 2;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        check_read(self, offset, bytes.len())?;
        bytes.copy_from_slice(&self.bytes[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl<const SECTOR: usize> Below for Mock<SECTOR> {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        check_erase(self, from, to)?;
        self.erased.push((from, to));
        self.bytes[from as usize..to as usize].fill(0xff);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        check_write(self, offset, bytes.len())?;
        self.bytes[offset as usize..].iter_mut().zip(bytes).for_each(|(byte, new)| *byte &= new);
        Ok(())
    }
}

impl<const SECTOR: usize> MultiwriteNorFlash for Mock<SECTOR> {}

#[test]
fn what_is_programmed_is_read_and_can_be_made_void() {
    let mut flash = Embedded::new(Mock::<8192>::new(4 * 8192));
    assert_eq!(flash.geometry(), NorGeometry { block_bytes: 8192, blocks: 4, program_bytes: 4 });
    flash.erase(2).unwrap();
    flash.program(2 * 8192 + 512, &[7; 512]).unwrap();
    flash.program(2 * 8192 + 516, &[0; 4]).unwrap();
    let mut back = [0; 1024];
    flash.read(2 * 8192 + 512, &mut back).unwrap();
    assert_eq!(back[..12], [7, 7, 7, 7, 0, 0, 0, 0, 7, 7, 7, 7]);
    assert_eq!(back[512..], [0xff; 512]);
    let below = flash.release();
    assert_eq!(below.erased, [(2 * 8192, 3 * 8192)]);
    assert!(below.bytes[..2 * 8192].iter().chain(&below.bytes[3 * 8192..]).all(|byte| *byte == 0x5a));
}

#[test]
fn small_sectors_are_erased_together_and_an_incomplete_block_is_not_used() {
    let mut flash = Embedded::new(Mock::<256>::new(3 * 4096 + 256));
    assert_eq!(flash.geometry(), NorGeometry { block_bytes: 4096, blocks: 3, program_bytes: 4 });
    flash.erase(1).unwrap();
    assert_eq!(flash.erase(3), Err(EmbeddedError::OutOfRange));
    assert_eq!(flash.release().erased, [(4096, 8192)]);
}

#[test]
fn nothing_outside_the_flash_is_asked_for_and_the_flash_s_own_error_is_kept() {
    let mut flash = Embedded::new(Mock::<4096>::new(4 * 4096));
    let mut buf = [0; 512];
    for at in [4 * 4096 - 511, 4 * 4096, 1 << 32, u64::MAX] {
        assert_eq!(flash.read(at, &mut buf), Err(EmbeddedError::OutOfRange));
        assert_eq!(flash.program(at, &buf), Err(EmbeddedError::OutOfRange));
    }
    assert_eq!(flash.erase(u32::MAX), Err(EmbeddedError::OutOfRange));
    assert_eq!(flash.program(1, &buf), Err(EmbeddedError::Flash(NorFlashErrorKind::NotAligned)));
    assert!(flash.program(1, &buf).unwrap_err().to_string().contains("not aligned"));
}
