//! The devices that a store may be on, as the C side gives them: tables of functions.

use core::ffi::c_void;

/// A device of 512-byte sectors: eMMC, SD card, disk. Functions return 0 on success, and any other number on
/// failure, which `oal_snapshot_error_info` then tells. Each gets `context`.
///
/// What a power cut may leave: sectors that were written, or discarded, since the last flush hold old bytes,
/// new ones, or anything, each on its own; the others keep theirs, but for those that share a 4096-byte block
/// with one that was being written.
#[repr(C)]
pub struct OalBlockDevice {
    /// Given to every function.
    pub context: *mut c_void,
    /// The start of the store's part of the device, in sectors.
    pub first_sector: u64,
    /// Sectors of that part.
    pub sectors: u64,
    /// Reads `count` sectors from `sector` on, which counts from the device's start.
    pub read: Option<
        unsafe extern "C" fn(context: *mut c_void, sector: u64, count: u32, buffer: *mut c_void) -> i32,
    >,
    /// Writes `count` sectors. They are durable after the next `flush`.
    pub write: Option<
        unsafe extern "C" fn(context: *mut c_void, sector: u64, count: u32, data: *const c_void) -> i32,
    >,
    /// Writes so that the sectors are durable on return, and, where the device can promise that, old or new
    /// after a power cut. NULL: `write`, then `flush`.
    pub write_reliable: Option<
        unsafe extern "C" fn(context: *mut c_void, sector: u64, count: u32, data: *const c_void) -> i32,
    >,
    /// Says that sectors will be written anew (TRIM). A hint. May be NULL.
    pub discard: Option<unsafe extern "C" fn(context: *mut c_void, sector: u64, count: u64) -> i32>,
    /// Makes all that was written durable.
    pub flush: Option<unsafe extern "C" fn(context: *mut c_void) -> i32>,
}

/// `read_page`: so many bits were wrong, and corrected, that the block's contents should be moved soon.
pub const OAL_NAND_WORN: i32 = 1;
/// `read_page`: more bits are wrong than can be corrected.
pub const OAL_NAND_UNCORRECTABLE: i32 = 2;
/// `program_page`, `erase_block`: the chip says that it failed; the block is going bad.
pub const OAL_NAND_FAILED: i32 = 3;

/// A NAND chip, or a part of one, with error correction. Functions return 0 on success, `OAL_NAND_...` where
/// that fits, and any other number if chip or bus failed, which `oal_snapshot_error_info` then tells. Each
/// gets `context`.
///
/// A block is erased before its first page is programmed; its pages are programmed from the first up, each
/// once.
#[repr(C)]
pub struct OalNandFlash {
    /// Given to every function.
    pub context: *mut c_void,
    /// Bytes of a page without its spare area: those of the store's kind.
    pub page_bytes: u32,
    /// Pages of an erase block: 16 to 1024.
    pub pages_per_block: u32,
    /// Erase blocks that the store may use; block 0 is the first of them.
    pub blocks: u32,
    /// 0.
    pub reserved: u32,
    /// Reads a page and the first `spare_bytes` of its free spare bytes. A page that was erased reads as
    /// 0xff.
    pub read_page: Option<
        unsafe extern "C" fn(
            context: *mut c_void,
            block: u32,
            page: u32,
            data: *mut c_void,
            spare: *mut c_void,
            spare_bytes: u32,
        ) -> i32,
    >,
    /// Programs a page and the first `spare_bytes` of its free spare bytes.
    pub program_page: Option<
        unsafe extern "C" fn(
            context: *mut c_void,
            block: u32,
            page: u32,
            data: *const c_void,
            spare: *const c_void,
            spare_bytes: u32,
        ) -> i32,
    >,
    /// Erases a block.
    pub erase_block: Option<unsafe extern "C" fn(context: *mut c_void, block: u32) -> i32>,
    /// Sets `*bad` to 1 if the block is marked bad, and to 0 if not.
    pub is_bad: Option<unsafe extern "C" fn(context: *mut c_void, block: u32, bad: *mut u32) -> i32>,
    /// Marks the block bad permanently.
    pub mark_bad: Option<unsafe extern "C" fn(context: *mut c_void, block: u32) -> i32>,
}

/// A NOR flash, or a part of one, which starts at byte 0 here. Functions return 0 on success, and any other
/// number on failure, which `oal_snapshot_error_info` then tells. Each gets `context`.
#[repr(C)]
pub struct OalNorFlash {
    /// Given to every function.
    pub context: *mut c_void,
    /// Bytes of an erase block, a multiple of 4096.
    pub block_bytes: u32,
    /// Erase blocks.
    pub blocks: u32,
    /// Bytes that are programmed together: a power of two, at most 512.
    pub program_bytes: u32,
    /// 0.
    pub reserved: u32,
    /// All of it, where it lies in memory and can be read while a boot goes on; NULL: `read` is used.
    pub mapped: *const c_void,
    /// Reads `bytes` from byte `at` on.
    pub read:
        Option<unsafe extern "C" fn(context: *mut c_void, at: u64, buffer: *mut c_void, bytes: u32) -> i32>,
    /// Programs `bytes` from byte `at` on: bits that are 0 in `data` become 0. Durable on return.
    pub program:
        Option<unsafe extern "C" fn(context: *mut c_void, at: u64, data: *const c_void, bytes: u32) -> i32>,
    /// Erases a block. Durable on return.
    pub erase: Option<unsafe extern "C" fn(context: *mut c_void, block: u32) -> i32>,
}

/// A 32-bit register that keeps its value over a reset, to count attempts in: a boot then writes nothing to
/// the medium.
#[repr(C)]
pub struct OalAttemptRegister {
    /// Given to both functions.
    pub context: *mut c_void,
    /// The register's value.
    pub get: Option<unsafe extern "C" fn(context: *mut c_void) -> u32>,
    /// Sets the register.
    pub set: Option<unsafe extern "C" fn(context: *mut c_void, value: u32)>,
}
