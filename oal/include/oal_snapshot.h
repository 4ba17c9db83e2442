/*
 * oal-snapshot: snapshot boot for bare-metal ARM, for firmware in C and C++. README.md beside this folder is the guide.
 *
 * Made by cbindgen from the Rust sources: do not edit.
 */

#ifndef OAL_SNAPSHOT_H
#define OAL_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>
/*
 * A kernel's own headers may have the documented types already. Then define OAL_SNAPSHOT_WINDOWS_TYPES and include them
 * before this file.
 */
#if !defined(OAL_SNAPSHOT_WINDOWS_TYPES)
typedef uint32_t DWORD;
typedef int32_t BOOL;
typedef void *LPVOID;
typedef const void *LPCVOID;
typedef DWORD *PDWORD;
typedef DWORD *LPDWORD;
#endif

/* Stage and error of what the functions return. */
#define OAL_STAGE_OF(error) ((uint32_t)(error) >> 16)
#define OAL_ERROR_OF(error) ((uint32_t)(error) & 0xffffu)

/* Bytes of the workspace for so many MiB of RAM, 1 to 4096: a constant. */
#define OAL_SNAPSHOT_WORKSPACE_BYTES(ram_mib) \
    (OAL_SNAPSHOT_FIXED_BYTES + 128u * ((ram_mib) <= 64 ? 64u : (ram_mib) <= 128 ? 128u : (ram_mib) <= 256 ? 256u : \
        (ram_mib) <= 512 ? 512u : (ram_mib) <= 1024 ? 1024u : (ram_mib) <= 2048 ? 2048u : 4096u))
/* Alignment of the workspace. */
#define OAL_SNAPSHOT_WORKSPACE_ALIGN 4096

/* Ours: room that OEMCompressSnapshot never needs more than, a multiple of 4096. */
#define OAL_SNAP_COMPRESS_BOUND(bytes) ((((bytes) + ((bytes) / 65536u + 1u) * 16u) + 4095u) & ~(uint32_t)4095u)

/*
 Ours: `dwSig` of an image's header, the bytes "OALK".
 */
#define OAL_SNAP_SIG 1263288655

/*
 Ours: bytes that `pCpuContext` must offer.
 */
#define OAL_CPU_CONTEXT_BYTES 1104

/*
 Ours: bytes that the buffer of `SnapRestore` must offer where a reader is given.
 */
#define OAL_SNAP_BUFFER_BYTES (20 * 4096)

/*
 Ours: an argument of `SnapRestore` is NULL or not a multiple of 4096.
 */
#define SNAP_ERR_INVALID_ARGUMENT 1

/*
 Ours: the buffer of `SnapRestore` is too small.
 */
#define SNAP_ERR_INSUFFICIENT_BUFFER 2

/*
 Ours: a checksum, or anything else about the image, is wrong; `oal_snapshot_last_error` says what.
 */
#define SNAP_ERR_CHECKSUM_FAILURE 3

/*
 Ours: the image could not be read, or there is none.
 */
#define SNAP_ERR_READ_FAILURE 4

/*
 The core is in Secure state, and Monitor mode's registers are saved.
 */
#define OAL_FLAG_SECURE 1

/*
 Refusals that a report has room for.
 */
#define OAL_MAX_REFUSED 8

/*
 The slot of an image whose record names none.
 */
#define OAL_NO_SLOT 4294967295

/*
 `magic` of a report: the bytes "OALR".
 */
#define OAL_REPORT_MAGIC 1380729167

/*
 `read_page`: so many bits were wrong, and corrected, that the block's contents should be moved soon.
 */
#define OAL_NAND_WORN 1

/*
 `read_page`: more bits are wrong than can be corrected.
 */
#define OAL_NAND_UNCORRECTABLE 2

/*
 `program_page`, `erase_block`: the chip says that it failed; the block is going bad.
 */
#define OAL_NAND_FAILED 3

/*
 Words of a part's state.
 */
#define OAL_DRIVER_WORDS 48

/*
 DAT1 to DAT3 are connected.
 */
#define OAL_PL181_FOUR_LINES 1

/*
 One read command may take several data phases: right for QEMU's card, wrong for a real one.
 */
#define OAL_PL181_LONG_READS 2

/*
 Bytes of the stack on which the engine, the store and the medium's driver run while a snapshot is written.
 */
#define OAL_SNAPSHOT_STACK_BYTES (32 << 10)

/*
 Bytes of a workspace besides 128 for each MiB of RAM.
 */
#define OAL_SNAPSHOT_FIXED_BYTES (256 << 10)

/*
 `oal_snapshot_take` and `OEMSnapshotResume`: the snapshot is committed, and the system that took it goes
 on.
 */
#define OAL_SNAPSHOT_LIVE 0

/*
 `oal_snapshot_take`: the system was booted from the snapshot. Hours may have passed, and the hardware was
 off.
 */
#define OAL_SNAPSHOT_RESTORED 1

/*
 The reason for resuming the system.

 */
enum OalResume
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /*
   The device was only at rest.
   */
  OAL_RESUME_LIVE = 0,
  /*
   The device was off: hardware must be re-initialised.
   */
  OAL_RESUME_RESTORED = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum OalResume OalResume;
#else
typedef uint32_t OalResume;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 The progress of a snapshot or a boot. The step says what `done` and `total` count.

 */
enum OalStep
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /*
   The CPU was captured: from here to `OAL_STEP_WRITTEN` no saved memory may change.
   */
  OAL_STEP_CAPTURED = 0,
  /*
   Pages looked at, of all.
   */
  OAL_STEP_SCAN = 1,
  /*
   Chunks compressed, of all.
   */
  OAL_STEP_COMPRESS = 2,
  /*
   Bytes written, of all.
   */
  OAL_STEP_WRITE = 3,
  /*
   The image is committed.
   */
  OAL_STEP_WRITTEN = 4,
  /*
   An image was looked at and not entered; `done` is the error, `total` the image's number or 0.
   */
  OAL_STEP_REFUSED = 5,
  /*
   An image will be loaded; `done` is its number, `total` its pages.
   */
  OAL_STEP_CHOSEN = 6,
  /*
   Pages in place, of all.
   */
  OAL_STEP_LOAD = 7,
  /*
   Every page is in place; the registers come next.
   */
  OAL_STEP_LOADED = 8,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum OalStep OalStep;
#else
typedef uint32_t OalStep;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

#if !defined(OAL_SNAPSHOT_WINDOWS_TYPES)
/*
 The answer of `GetSnapshotState`.
 */
typedef enum TSnapState {
  /*
   No capture in progress.
   */
  eSnapNone = 0,
  /*
   First pass: memory is reclaimed, the device suspended and resumed.
   */
  eSnapPass1 = 1,
  /*
   Second pass: a pause, then suspend, write, resume. A driver that powers up needs no re-initialisation.
   */
  eSnapPass2 = 2,
  /*
   The device is suspended, the capture comes next.
   */
  eSnapPrepared = 3,
  /*
   The snapshot is written.
   */
  eSnapTaken = 4,
  /*
   The device boots from a snapshot: the hardware was off, drivers re-initialise it.
   */
  eSnapBoot = 5,
} TSnapState;
#endif

/*
 The error: the low 16 bits of what the functions return. Numbers keep their meaning from version to
 version.

 */
enum OalError
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /*
   Nothing.
   */
  OAL_ERROR_NONE = 0,
  /*
   An argument is NULL.
   */
  OAL_ERROR_NULL_ARGUMENT = 16,
  /*
   An argument, or what it points to, is not aligned as it must be.
   */
  OAL_ERROR_UNALIGNED = 17,
  /*
   An argument has a value that it may not have.
   */
  OAL_ERROR_BAD_ARGUMENT = 18,
  /*
   A buffer is too small; `oal_snapshot_error_info` says how much is needed.
   */
  OAL_ERROR_TOO_SMALL = 19,
  /*
   `oal_snapshot_init` was not called, or failed.
   */
  OAL_ERROR_NOT_INITIALISED = 20,
  /*
   The library is at work: it was called from one of the functions that it called.
   */
  OAL_ERROR_BUSY = 21,
  /*
   The configuration is of another version of the library: `size` is not `sizeof(OalConfig)`.
   */
  OAL_ERROR_WRONG_VERSION = 22,
  /*
   A function that is needed here is NULL in its table.
   */
  OAL_ERROR_MISSING_FUNCTION = 23,
  /*
   The configuration has no store, or not just the device of its kind.
   */
  OAL_ERROR_NO_STORE = 24,
  /*
   The device has a size or geometry that the store cannot be on.
   */
  OAL_ERROR_BAD_GEOMETRY = 25,
  /*
   The workspace, or the boot report, lies in saved memory: name its pages in the nosave table.
   */
  OAL_ERROR_IN_SAVED_MEMORY = 26,
  /*
   A region of RAM is empty.
   */
  OAL_ERROR_REGION_EMPTY = 32,
  /*
   A region of RAM does not start or end on a page.
   */
  OAL_ERROR_REGION_UNALIGNED = 33,
  /*
   A region of RAM passes the end of the address space.
   */
  OAL_ERROR_REGION_TOO_LARGE = 34,
  /*
   Two regions overlap.
   */
  OAL_ERROR_REGIONS_OVERLAP = 35,
  /*
   A table has more than 16 regions.
   */
  OAL_ERROR_TOO_MANY_REGIONS = 36,
  /*
   A snapshot or a boot is under way.
   */
  OAL_ERROR_WRONG_STATE = 48,
  /*
   The system would not come to rest; `who` in the error's details says who.
   */
  OAL_ERROR_SUSPEND_FAILED = 49,
  /*
   RAM of the tables cannot be reached by the library.
   */
  OAL_ERROR_UNREACHABLE = 50,
  /*
   The staging area is not free throughout.
   */
  OAL_ERROR_STAGING_NOT_FREE = 51,
  /*
   The memory map has more pieces than the page map has room for.
   */
  OAL_ERROR_TOO_MANY_EXTENTS = 52,
  /*
   RAM is larger than the workspace was made for.
   */
  OAL_ERROR_TOO_MANY_CHUNKS = 53,
  /*
   Saved memory changed while it was written.
   */
  OAL_ERROR_MEMORY_CHANGED = 54,
  /*
   The function that must not return returned: `restore` of `OalCpu`.
   */
  OAL_ERROR_CPU_RETURNED = 55,
  /*
   The CPU cannot be captured.
   */
  OAL_ERROR_CPU_FAILED = 56,
  /*
   The image does not fit its slot.
   */
  OAL_ERROR_DOES_NOT_FIT = 64,
  /*
   The device failed; `device` in the error's details is what its function returned.
   */
  OAL_ERROR_DEVICE = 65,
  /*
   The bytes that were read back differ from those written.
   */
  OAL_ERROR_VERIFY = 66,
  /*
   More was written than was prepared, in another order, not in whole pages, or less before the last
   call.
   */
  OAL_ERROR_OUT_OF_SEQUENCE = 67,
  /*
   No such image in the store.
   */
  OAL_ERROR_NO_SUCH_IMAGE = 68,
  /*
   The range is not in the image.
   */
  OAL_ERROR_OUT_OF_IMAGE = 69,
  /*
   The log's sequence numbers are used up, or none of its blocks can be written.
   */
  OAL_ERROR_LOG_EXHAUSTED = 70,
  /*
   A page of the image has more wrong bits than can be corrected.
   */
  OAL_ERROR_UNCORRECTABLE = 71,
  /*
   So many blocks went bad while the image was written that there is no room for it.
   */
  OAL_ERROR_TOO_MANY_BAD_BLOCKS = 72,
  /*
   The image that was booted has a pageable area, which the next snapshot might replace: read what is
   needed of it, then call `oal_snapshot_paged_in`.
   */
  OAL_ERROR_PAGED_FROM = 73,
  /*
   No device answered.
   */
  OAL_ERROR_NO_MEDIUM = 96,
  /*
   The device answered with an error.
   */
  OAL_ERROR_MEDIUM_ERROR = 97,
  /*
   The device holds nothing at all.
   */
  OAL_ERROR_BLANK = 98,
  /*
   The device holds something, but no partition table.
   */
  OAL_ERROR_NO_PARTITION_TABLE = 99,
  /*
   The partition table has no partition for snapshots.
   */
  OAL_ERROR_NO_PARTITION = 100,
  /*
   The store is in order, and empty.
   */
  OAL_ERROR_NO_IMAGE = 101,
  /*
   None of the store's records can be read.
   */
  OAL_ERROR_LOG_CORRUPT = 102,
  /*
   The store's newest record is of a later version of the software.
   */
  OAL_ERROR_NEWER_RECORD = 103,
  /*
   An image to be booted once was booted.
   */
  OAL_ERROR_CONSUMED = 104,
  /*
   The image was tried as often as allowed, and never confirmed.
   */
  OAL_ERROR_ATTEMPTS_EXHAUSTED = 105,
  /*
   There is less of the image than its header or its record says.
   */
  OAL_ERROR_TRUNCATED = 106,
  /*
   No image starts here.
   */
  OAL_ERROR_BAD_MAGIC = 107,
  /*
   The image is of a later version of the format.
   */
  OAL_ERROR_NEWER_VERSION = 108,
  /*
   A checksum does not match.
   */
  OAL_ERROR_BAD_CRC = 109,
  /*
   A field holds what no version of the software writes.
   */
  OAL_ERROR_BAD_FIELD = 110,
  /*
   The image is of another architecture, or of registers that this build does not know.
   */
  OAL_ERROR_WRONG_ARCHITECTURE = 111,
  /*
   The image is of another board.
   */
  OAL_ERROR_WRONG_BOARD = 112,
  /*
   The image is of another build of the firmware.
   */
  OAL_ERROR_WRONG_BUILD = 113,
  /*
   The image is of a board with other RAM.
   */
  OAL_ERROR_WRONG_RAM = 114,
  /*
   The image is compressed in a way that this build cannot undo.
   */
  OAL_ERROR_WRONG_CODEC = 115,
  /*
   The image says that it is another one than the store's record says.
   */
  OAL_ERROR_WRONG_IMAGE = 116,
  /*
   A page lies outside the RAM that may be restored.
   */
  OAL_ERROR_OUT_OF_RANGE = 117,
  /*
   Pages are mapped twice, or out of order.
   */
  OAL_ERROR_OVERLAP = 118,
  /*
   A chunk's checksum matches, but it does not decompress.
   */
  OAL_ERROR_CORRUPT_STREAM = 119,
  /*
   The medium failed to read the image.
   */
  OAL_ERROR_READ_FAILED = 120,
  /*
   The medium failed to remember the attempt, or that the image is consumed.
   */
  OAL_ERROR_WRITE_FAILED = 121,
  /*
   The board's own memory map is wrong.
   */
  OAL_ERROR_BAD_MEMORY_MAP = 122,
  /*
   Bytes that fill up the image to the next multiple of 4, 16 or 4096 are not zero.
   */
  OAL_ERROR_BAD_PADDING = 123,
  /*
   The image uses a feature of the format that this version does not support.
   */
  OAL_ERROR_UNSUPPORTED_FEATURE = 124,
  /*
   The image's CPU context is larger than there is room for.
   */
  OAL_ERROR_CONTEXT_TOO_LARGE = 125,
  /*
   Something that this version has no number for.
   */
  OAL_ERROR_OTHER = 255,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum OalError OalError;
#else
typedef uint32_t OalError;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 The stage of the error: bits 16 to 23 of what the functions return.

 */
enum OalStage
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /*
   In the arguments.
   */
  OAL_STAGE_CALL = 0,
  /*
   In the configuration.
   */
  OAL_STAGE_INIT = 1,
  /*
   Take: the first pass.
   */
  OAL_STAGE_PASS1 = 2,
  /*
   Take: the second pass, before anything is captured.
   */
  OAL_STAGE_PASS2 = 3,
  /*
   Take: the memory map.
   */
  OAL_STAGE_REGIONS = 4,
  /*
   Take: looking for pages and compressing them.
   */
  OAL_STAGE_COMPRESS = 5,
  /*
   Take: making room.
   */
  OAL_STAGE_PREPARE = 6,
  /*
   Take: writing and committing.
   */
  OAL_STAGE_WRITE = 7,
  /*
   Boot: bringing up the device.
   */
  OAL_STAGE_MEDIUM = 16,
  /*
   Boot: finding the partition.
   */
  OAL_STAGE_PARTITION = 17,
  /*
   Boot: choosing an image by the store's records.
   */
  OAL_STAGE_SELECT = 18,
  /*
   Boot: the image's header.
   */
  OAL_STAGE_HEADER = 19,
  /*
   Boot: the CPU context.
   */
  OAL_STAGE_CONTEXT = 20,
  /*
   Boot: the page map, or a kernel image's table.
   */
  OAL_STAGE_MAP = 21,
  /*
   Boot: the chunk index.
   */
  OAL_STAGE_INDEX = 22,
  /*
   Boot: the pages themselves.
   */
  OAL_STAGE_CHUNK = 23,
  /*
   The CPU: captured, or about to be restored.
   */
  OAL_STAGE_CPU = 24,
  /*
   Reading an image, or changing what the store remembers of it.
   */
  OAL_STAGE_STORE = 25,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum OalStage OalStage;
#else
typedef uint32_t OalStage;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 Whether a page's contents matter.

 */
enum OalPageClass
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /*
   In use: is saved.
   */
  OAL_PAGE_CLASS_USED = 0,
  /*
   Nobody's: not in the image, and anything after a boot.
   */
  OAL_PAGE_CLASS_FREE = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum OalPageClass OalPageClass;
#else
typedef uint32_t OalPageClass;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 The number of images that the store keeps.

 */
enum OalSlots
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /*
   Two: the old image stays good until the new one is committed.
   */
  OAL_SLOTS_TWO = 0,
  /*
   One, as large as the medium: while it is written there is none to boot.
   */
  OAL_SLOTS_ONE = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum OalSlots OalSlots;
#else
typedef uint32_t OalSlots;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 The number of times that an image may be booted.

 */
enum OalPolicy
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /*
   Any number of times: instant-on.
   */
  OAL_POLICY_ALWAYS = 0,
  /*
   Once: hibernate. It is used up also when anything else is booted instead.
   */
  OAL_POLICY_ONCE = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum OalPolicy OalPolicy;
#else
typedef uint32_t OalPolicy;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 Error codes of a built-in driver's functions, as `oal_snapshot_error_info` reports them.

 */
enum OalDriverError
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /*
   Nothing answers.
   */
  OAL_DRIVER_ERROR_NO_ANSWER = 16,
  /*
   The chip or card was not ready in time.
   */
  OAL_DRIVER_ERROR_TIMEOUT = 17,
  /*
   A transfer on the bus was damaged, too late or too early.
   */
  OAL_DRIVER_ERROR_TRANSFER = 18,
  /*
   The chip or card refuses, or says nonsense.
   */
  OAL_DRIVER_ERROR_REFUSED = 19,
  /*
   The block or card is locked, or protected against writing.
   */
  OAL_DRIVER_ERROR_LOCKED = 20,
  /*
   Programming failed.
   */
  OAL_DRIVER_ERROR_PROGRAM_FAILED = 21,
  /*
   Erasing failed.
   */
  OAL_DRIVER_ERROR_ERASE_FAILED = 22,
  /*
   Outside the chip or card, or not a whole number of its units. Nothing was sent.
   */
  OAL_DRIVER_ERROR_OUT_OF_RANGE = 23,
  /*
   Anything else.
   */
  OAL_DRIVER_ERROR_UNKNOWN = 24,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum OalDriverError OalDriverError;
#else
typedef int32_t OalDriverError;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 A kind of store. Its contents are the library's own.
 */
typedef struct OalStore OalStore;

/*
 A device of 512-byte sectors: eMMC, SD card, disk. Functions return 0 on success, and any other number on
 failure, which `oal_snapshot_error_info` then tells. Each gets `context`.

 What a power cut may leave: sectors that were written, or discarded, since the last flush hold old bytes,
 new ones, or anything, each on its own; the others keep theirs, but for those that share a 4096-byte block
 with one that was being written.
 */
typedef struct OalBlockDevice {
  /*
   Given to every function.
   */
  void *context;
  /*
   The start of the store's part of the device, in sectors.
   */
  uint64_t first_sector;
  /*
   Sectors of that part.
   */
  uint64_t sectors;
  /*
   Reads `count` sectors from `sector` on, which counts from the device's start.
   */
  int32_t (*read)(void *context, uint64_t sector, uint32_t count, void *buffer);
  /*
   Writes `count` sectors. They are durable after the next `flush`.
   */
  int32_t (*write)(void *context, uint64_t sector, uint32_t count, const void *data);
  /*
   Writes so that the sectors are durable on return, and, where the device can promise that, old or new
   after a power cut. NULL: `write`, then `flush`.
   */
  int32_t (*write_reliable)(void *context, uint64_t sector, uint32_t count, const void *data);
  /*
   Says that sectors will be written anew (TRIM). A hint. May be NULL.
   */
  int32_t (*discard)(void *context, uint64_t sector, uint64_t count);
  /*
   Makes all that was written durable.
   */
  int32_t (*flush)(void *context);
} OalBlockDevice;

/*
 A built-in driver's state: the library's own. Nosave, since it follows the chip and not the saved memory.
 A constructor fills it at each power-on, and a system that has another one than its boot loader fills its
 own in `snapshot_resume`.
 */
typedef struct OalDriver {
  /*
   The library's.
   */
  uint64_t words[OAL_DRIVER_WORDS];
} OalDriver;

/*
 Microseconds since some fixed moment, never going back: for time-outs, which end even if it stands still.
 */
typedef uint64_t (*OalClock)(void);

/*
 The wiring of a PL181 (Arm's PrimeCell Multimedia Card Interface), or PL180.
 */
typedef struct OalPl181 {
  /*
   Its registers: 4 KiB of device memory.
   */
  void *base;
  /*
   The time.
   */
  OalClock now_us;
  /*
   Frequency of MCLK in Hz.
   */
  uint32_t input_hz;
  /*
   Fastest card clock that the board's wires carry, in Hz.
   */
  uint32_t max_hz;
  /*
   `OAL_PL181_...`.
   */
  uint32_t flags;
  /*
   0.
   */
  uint32_t reserved;
} OalPl181;

/*
 The wiring of a host controller of the SD Host Controller specification.
 */
typedef struct OalSdhci {
  /*
   Its registers: 256 bytes of device memory.
   */
  void *base;
  /*
   The time.
   */
  OalClock now_us;
  /*
   Frequency of the base clock in Hz.
   */
  uint32_t input_hz;
  /*
   Fastest card clock that the board's wires carry, in Hz.
   */
  uint32_t max_hz;
  /*
   Data lines that are connected: 1, 4 or 8.
   */
  uint32_t lines;
  /*
   1 if the card is in a slot whose switch the controller sees; 0 if it is soldered.
   */
  uint32_t removable;
} OalSdhci;

/*
 The wiring of a OneNAND with pages of 2048 bytes.
 */
typedef struct OalOneNand {
  /*
   Its registers and buffers: 128 KiB of device memory.
   */
  void *base;
  /*
   The time.
   */
  OalClock now_us;
  /*
   1 if the commands for a page leave its spare area alone: true of QEMU's model, and of no chip.
   */
  uint32_t spare_apart;
  /*
   0.
   */
  uint32_t reserved;
} OalOneNand;

/*
 A NAND chip, or a part of one, with error correction. Functions return 0 on success, `OAL_NAND_...` where
 that fits, and any other number if chip or bus failed, which `oal_snapshot_error_info` then tells. Each
 gets `context`.

 A block is erased before its first page is programmed; its pages are programmed from the first up, each
 once.
 */
typedef struct OalNandFlash {
  /*
   Given to every function.
   */
  void *context;
  /*
   Bytes of a page without its spare area: those of the store's kind.
   */
  uint32_t page_bytes;
  /*
   Pages of an erase block: 16 to 1024.
   */
  uint32_t pages_per_block;
  /*
   Erase blocks that the store may use; block 0 is the first of them.
   */
  uint32_t blocks;
  /*
   0.
   */
  uint32_t reserved;
  /*
   Reads a page and the first `spare_bytes` of its free spare bytes. A page that was erased reads as
   0xff.
   */
  int32_t (*read_page)(void *context,
                       uint32_t block,
                       uint32_t page,
                       void *data,
                       void *spare,
                       uint32_t spare_bytes);
  /*
   Programs a page and the first `spare_bytes` of its free spare bytes.
   */
  int32_t (*program_page)(void *context,
                          uint32_t block,
                          uint32_t page,
                          const void *data,
                          const void *spare,
                          uint32_t spare_bytes);
  /*
   Erases a block.
   */
  int32_t (*erase_block)(void *context, uint32_t block);
  /*
   Sets `*bad` to 1 if the block is marked bad, and to 0 if not.
   */
  int32_t (*is_bad)(void *context, uint32_t block, uint32_t *bad);
  /*
   Marks the block bad permanently.
   */
  int32_t (*mark_bad)(void *context, uint32_t block);
} OalNandFlash;

/*
 The wiring of NOR flash with a CFI query and the command set of Intel and Sharp.
 */
typedef struct OalCfi {
  /*
   The address at which the chips take commands: device memory.
   */
  void *base;
  /*
   The same chips once more, to be read: normal memory, not cached, at any alignment. The store reads
   images in place there.
   */
  const void *array;
  /*
   Bytes of both mappings: those of the chips, or more.
   */
  size_t bytes;
  /*
   The time.
   */
  OalClock now_us;
  /*
   Chips with 16 data lines, side by side: 1, or 2 that take every command together.
   */
  uint32_t chips;
  /*
   0.
   */
  uint32_t reserved;
} OalCfi;

/*
 A NOR flash, or a part of one, which starts at byte 0 here. Functions return 0 on success, and any other
 number on failure, which `oal_snapshot_error_info` then tells. Each gets `context`.
 */
typedef struct OalNorFlash {
  /*
   Given to every function.
   */
  void *context;
  /*
   Bytes of an erase block, a multiple of 4096.
   */
  uint32_t block_bytes;
  /*
   Erase blocks.
   */
  uint32_t blocks;
  /*
   Bytes that are programmed together: a power of two, at most 512.
   */
  uint32_t program_bytes;
  /*
   0.
   */
  uint32_t reserved;
  /*
   All of it, where it lies in memory and can be read while a boot goes on; NULL: `read` is used.
   */
  const void *mapped;
  /*
   Reads `bytes` from byte `at` on.
   */
  int32_t (*read)(void *context, uint64_t at, void *buffer, uint32_t bytes);
  /*
   Programs `bytes` from byte `at` on: bits that are 0 in `data` become 0. Durable on return.
   */
  int32_t (*program)(void *context, uint64_t at, const void *data, uint32_t bytes);
  /*
   Erases a block. Durable on return.
   */
  int32_t (*erase)(void *context, uint32_t block);
} OalNorFlash;

/*
 An image, or a record of one, that was looked at and not booted.
 */
typedef struct OalRefusal {
  /*
   The image's number; 0 if no record names it.
   */
  uint64_t id;
  /*
   Its slot, or `OAL_NO_SLOT`.
   */
  uint32_t slot;
  /*
   Stage and error.
   */
  uint32_t error;
} OalRefusal;

/*
 The report of a boot. The boot writes it, in nosave memory; the restored system, or the cold one, reads
 it, and so do `oal_snapshot_confirm`, `oal_snapshot_take` and the hooks.
 */
typedef struct OalBootReport {
  /*
   `OAL_REPORT_MAGIC` once there was a boot.
   */
  uint32_t magic;
  /*
   The reason why nothing was entered; 0 if an image was.
   */
  uint32_t error;
  /*
   The number of the image that was entered.
   */
  uint64_t id;
  /*
   Its slot.
   */
  uint32_t slot;
  /*
   The number of this attempt at it, from 1; 0 if attempts are not counted.
   */
  uint32_t attempt;
  /*
   The number of filled entries of `refused`.
   */
  uint32_t refused_count;
  /*
   Checks the rest.
   */
  uint32_t check;
  /*
   Bytes of the image's pageable area, from which the restored system may page until
   `oal_snapshot_paged_in`.
   */
  uint32_t pageable_bytes;
  /*
   0.
   */
  uint32_t reserved;
  /*
   The images that were not booted, in the order in which they were checked.
   */
  struct OalRefusal refused[8];
} OalBootReport;

#if !defined(OAL_SNAPSHOT_WINDOWS_TYPES)
/*
 Physically contiguous RAM.
 */
typedef struct RAMTableEntry {
  /*
   The physical address of the first byte, shifted right by 8. The address is a multiple of 4096.
   */
  DWORD ShiftedRamBase;
  /*
   Bytes, a multiple of 4096, not 0.
   */
  DWORD RamSize;
  /*
   Not looked at.
   */
  DWORD RamAttributes;
} RAMTableEntry;
#endif

#if !defined(OAL_SNAPSHOT_WINDOWS_TYPES)
/*
 A list of RAM, of at most 16 entries.
 */
typedef struct RamTable {
  /*
   Minor version in the low half, major in the high one. Not looked at.
   */
  DWORD dwVersion;
  /*
   The number of entries.
   */
  DWORD dwNumEntries;
  /*
   The first of them; may be NULL if there are none.
   */
  const struct RAMTableEntry *pRamEntries;
} RamTable;
#endif

#if !defined(OAL_SNAPSHOT_WINDOWS_TYPES)
/*
 A list of RAM.
 */
typedef const struct RamTable *PCRamTable;
#endif

/*
 The library's requests to the system around it. Functions that may be NULL say so. Each gets `context`.

 From the capture of the CPU to the last write only `page_class` and `progress` are called: neither may
 change memory of saved memory. During a boot only the tables and `progress` are used, before
 `snapshot_resume`.
 */
typedef struct OalSystem {
  /*
   Given to every function.
   */
  void *context;
  /*
   The RAM that the system manages (`OEMGetOEMRamTable`). The same at every call, on the boot loader's
   side too.
   */
  PCRamTable (*ram_table)(void *context);
  /*
   RAM that the system does not know of and that is always saved, such as display memory. It is what
   `OEMGetSnapshotRegions` answers. May be NULL, and may return NULL: there is none.
   */
  PCRamTable (*oem_table)(void *context);
  /*
   Memory that is never saved: the workspace, the boot report, the state and buffers of the medium's
   driver, and all that runs while RAM is overwritten: the boot stage's code, constants, stack and data.
   */
  PCRamTable (*nosave_table)(void *context);
  /*
   Whether the contents of the page with the physical address `page * 4096` matter: an `OalPageClass`, of
   which `OAL_PAGE_CLASS_FREE` alone means that they do not. NULL: of all pages they do.
   */
  uint32_t (*page_class)(void *context, uint64_t page);
  /*
   First pass: gives back memory that can be had again, so that the image is small. May be NULL.
   */
  void (*reclaim)(void *context);
  /*
   Comes to rest: drivers powered down, other cores parked, interrupts masked on return. NULL on success;
   else the name of who would not stop, and the system runs as before. Needed by `oal_snapshot_take`
   only.
   */
  const char *(*suspend)(void *context);
  /*
   Goes on after `suspend`, with interrupts unmasked on return. Needed by `oal_snapshot_take` only.
   */
  void (*resume)(void *context, OalResume why);
  /*
   Second pass: runs the system for that long, so that what must answer at once is resident. May be NULL.
   */
  void (*pause)(void *context, uint32_t milliseconds);
  /*
   The restored system's first code: re-initialises platform hardware that no driver looks after, as at a
   cold boot. Interrupts are masked. It is what `OEMSnapshotResume` calls. May be NULL.
   */
  void (*snapshot_resume)(void *context);
  /*
   Receives the progress of a snapshot or a boot. Touches hardware and nosave memory only. May be NULL.
   */
  void (*progress)(void *context, OalStep step, uint64_t done, uint64_t total);
} OalSystem;

/*
 Functions that capture and restore a CPU, where the library does not do that itself. Each function gets
 `context`.
 */
typedef struct OalCpu {
  /*
   Given to both functions.
   */
  void *context;
  /*
   Words that the registers take: 1 to 256.
   */
  uint32_t words;
  /*
   0.
   */
  uint32_t reserved;
  /*
   Stores the registers in `words`, so that execution goes on at this call's return, calls
   `live(argument)` on a stack in nosave memory, and returns 0. After a `restore` of the words it returns
   a second time, in the restored machine, with 1. Interrupts are masked on both returns. A negative
   number: nothing was captured.
   */
  int32_t (*capture)(void *context, uint32_t *words, void (*live)(void *argument), void *argument);
  /*
   Makes caches and TLBs agree with memory and restores the registers. Does not return.
   */
  void (*restore)(void *context, const uint32_t *words);
} OalCpu;

/*
 A 32-bit register that keeps its value over a reset, to count attempts in: a boot then writes nothing to
 the medium.
 */
typedef struct OalAttemptRegister {
  /*
   Given to both functions.
   */
  void *context;
  /*
   The register's value.
   */
  uint32_t (*get)(void *context);
  /*
   Sets the register.
   */
  void (*set)(void *context, uint32_t value);
} OalAttemptRegister;

/*
 Everything that the library knows of a board. Constant: the library keeps its address. Boot loader and
 system give the same, but for functions and devices.
 */
typedef struct OalConfig {
  /*
   `sizeof(OalConfig)`.
   */
  uint32_t size;
  /*
   `OAL_FLAG_...`.
   */
  uint32_t flags;
  /*
   The board: any 16 bytes that other boards do not use.
   */
  uint8_t board[16];
  /*
   The identity that system and boot loader must share for an image to boot. In one program: the linker's
   build id, filled up with zeroes. In two: what both agree on, changed whenever the memory layout
   changes.
   */
  uint8_t build[32];
  /*
   Virtual minus physical address of RAM, modulo the address space; 0 for an identity map.
   */
  size_t ram_offset;
  /*
   The library's memory: nosave, aligned to 4096.
   */
  void *workspace;
  /*
   Its size: `OAL_SNAPSHOT_WORKSPACE_BYTES`.
   */
  size_t workspace_bytes;
  /*
   The report of a boot, for the system: nosave, at the same address in boot loader and system.
   */
  struct OalBootReport *report;
  /*
   The system.
   */
  const struct OalSystem *system;
  /*
   The functions that capture and restore the CPU. NULL on ARMv7-A, where the library does it.
   */
  const struct OalCpu *cpu;
  /*
   Cleans and invalidates a cache beyond those that CLIDR names, such as an L2C-310; NULL if there is
   none.
   */
  void (*clean_outer_cache)(void);
  /*
   The kind of store: `&oal_snapshot_block`, `&oal_snapshot_nor` or one of `&oal_snapshot_nand_...`.
   */
  const struct OalStore *store;
  /*
   The device of a block store; else NULL.
   */
  const struct OalBlockDevice *block;
  /*
   The device of a NAND store; else NULL.
   */
  const struct OalNandFlash *nand;
  /*
   The device of a NOR store; else NULL.
   */
  const struct OalNorFlash *nor;
  /*
   The counter of attempts; NULL: in the store.
   */
  const struct OalAttemptRegister *attempts;
  /*
   The number of images that the store keeps: an `OalSlots`.
   */
  uint32_t slots;
  /*
   The boot policy of images: an `OalPolicy`.
   */
  uint32_t policy;
  /*
   Boots of an image that may go unconfirmed in a row; 0 counts none.
   */
  uint32_t max_attempts;
  /*
   Free RAM that may hold compressed pages while they wait to be written: the first page's number (its
   physical address divided by 4096)...
   */
  uint64_t staging_page;
  /*
   ...and how many; 0 for none.
   */
  uint32_t staging_pages;
  /*
   0.
   */
  uint32_t reserved;
} OalConfig;

/*
 An error, with all that is known of it.
 */
typedef struct OalErrorInfo {
  /*
   Stage and error, as the function returned it; 0 if nothing went wrong yet.
   */
  uint32_t error;
  /*
   `OAL_ERROR_DEVICE`: what the device's function returned.
   */
  int32_t device;
  /*
   `OAL_ERROR_TOO_SMALL`, `OAL_ERROR_DOES_NOT_FIT`: bytes that are needed.
   */
  uint64_t needed;
  /*
   And bytes that there are.
   */
  uint64_t available;
  /*
   `OAL_ERROR_SUSPEND_FAILED`: what the system's function returned; else NULL.
   */
  const char *who;
} OalErrorInfo;

/*
 Settings of one snapshot.
 */
typedef struct OalTakeSettings {
  /*
   The time that the second pass lets the system run, in milliseconds. Compact 2013 documents 60000.
   */
  uint32_t pause_ms;
  /*
   A word for the boot loader (`dwOemData`).
   */
  uint32_t oem_data;
  /*
   The number of images that the store keeps: an `OalSlots`.
   */
  uint32_t slots;
  /*
   The image's boot policy: an `OalPolicy`.
   */
  uint32_t policy;
} OalTakeSettings;

/*
 Figures of a snapshot that was taken.
 */
typedef struct OalTakeReport {
  /*
   The image's number.
   */
  uint64_t id;
  /*
   Bytes of the image.
   */
  uint64_t image_bytes;
  /*
   Saved pages, zero pages included.
   */
  uint64_t pages;
  /*
   Pages of it that are all zero.
   */
  uint64_t zero_pages;
  /*
   Pages that the system called free.
   */
  uint64_t free_pages;
  /*
   Chunks.
   */
  uint32_t chunks;
  /*
   Chunks that did not become smaller.
   */
  uint32_t raw_chunks;
} OalTakeReport;

#if !defined(OAL_SNAPSHOT_WINDOWS_TYPES)
/*
 The hooks, for a kernel. `oal_snapshot_support` fills it.
 */
typedef struct SnapshotSupport {
  /*
   `OEMPrepareSnapshot`.
   */
  BOOL (*pfnPrepareSnapshot)(DWORD cbSnapSize);
  /*
   `OEMWriteSnapshot`.
   */
  BOOL (*pfnSnapWrite)(LPCVOID pSnapshot, DWORD cbSize, DWORD dwOfst);
  /*
   `OEMTakeCPUSnapshot`.
   */
  BOOL (*pfnSnapCPU)(DWORD dwSnapPC, LPVOID pCpuContext, DWORD cbCpuContext);
  /*
   `OEMSnapshotResume`.
   */
  void (*pfnSnapshotResume)(void);
  /*
   `OEMCompressSnapshot`.
   */
  BOOL (*pfnCompress)(LPCVOID pSrc, DWORD cbSrc, LPVOID pDst, PDWORD pcbDst);
  /*
   `OEMGetSnapshotRegions`.
   */
  PCRamTable (*pfnSnapGetOemRegions)(void);
  /*
   `OEMReadSnapshot`.
   */
  BOOL (*pfnSnapRead)(LPVOID pPagingMem, DWORD cbSize, DWORD dwSnapOffset);
  /*
   A word that the kernel copies to the image's header, for the boot loader.
   */
  DWORD dwOemData;
} SnapshotSupport;
#endif

#if !defined(OAL_SNAPSHOT_WINDOWS_TYPES)
/*
 Reads `cbSize` bytes at `dwOfst` of an image, all three multiples of 4096. FALSE: it could not.
 */
typedef BOOL (*PFN_SnapReadAtOffset)(LPVOID pBuf, DWORD cbSize, DWORD dwOfst);
#endif

#if !defined(OAL_SNAPSHOT_WINDOWS_TYPES)
/*
 The first bytes of an image that a kernel makes; the CPU context follows at once. What the documentation
 leaves open is ours: see `OAL_SNAP_SIG` and `SnapRestore`.
 */
typedef struct SNAP_HEADER {
  /*
   Ours: `OAL_SNAP_SIG`.
   */
  DWORD dwSig;
  /*
   The start of the table, in bytes from here, a multiple of 4096, at most 65536.
   */
  DWORD dwOfstSnapTable;
  /*
   The start of the pageable area, in bytes from here, a multiple of 4096.
   */
  DWORD dwOfstPageable;
  /*
   Pages that the boot loader loads. Ours: the table has a DWORD for each, the page's physical address
   divided by 4096, ascending.
   */
  DWORD cSnapPages;
  /*
   Bytes of those pages' contents, which start at the first multiple of 4096 behind the table. Ours:
   either what `OEMCompressSnapshot` made of them, or exactly `cSnapPages * 4096` bytes, the pages as
   they are.
   */
  DWORD cbCompressed;
  /*
   Bytes of the pageable area, not compressed.
   */
  DWORD cbPageable;
  /*
   A word from the system to the boot loader.
   */
  DWORD dwOemData;
  /*
   The value that makes the header's checksum zero. Ours: minus `SnapChkSum` of all bytes before the
   table, this field taken as 0.
   */
  DWORD dwHeaderAdjust;
  /*
   `SnapChkSum` of the table's `cSnapPages * 4` bytes.
   */
  DWORD dwTableChkSum;
  /*
   `SnapChkSum` of the `cbCompressed` bytes of contents.
   */
  DWORD dwSnapChkSum;
  /*
   `SnapChkSum` of the pageable area. Ours: for the kernel; a boot does not read that area.
   */
  DWORD dwPageableChkSum;
} SNAP_HEADER;
#endif

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/*
 The store on a block device.
 */
extern const struct OalStore oal_snapshot_block;

/*
 The store on NAND with pages of 512 bytes, up to 4096 blocks.
 */
extern const struct OalStore oal_snapshot_nand_512;

/*
 The store on NAND with pages of 2048 bytes, up to 8192 blocks.
 */
extern const struct OalStore oal_snapshot_nand_2048;

/*
 The store on NAND with pages of 4096 bytes, up to 8192 blocks.
 */
extern const struct OalStore oal_snapshot_nand_4096;

/*
 The store on NAND with pages of 8192 bytes, up to 8192 blocks.
 */
extern const struct OalStore oal_snapshot_nand_8192;

/*
 The store on NOR flash.
 */
extern const struct OalStore oal_snapshot_nor;

/*
 The text of an error: what went wrong. Any number has one. The text is constant and never freed.
 */
const char *oal_snapshot_strerror(uint32_t error);

/*
 The name of an error's stage: where it went wrong. Any number has one. The text is constant and never
 freed.
 */
const char *oal_snapshot_strstage(uint32_t error);

/*
 Step 2: stores every register that must come back in `pCpuContext`, which is aligned to 4 and has
 `OAL_CPU_CONTEXT_BYTES` bytes at least. After a snapshot boot execution goes on at `dwSnapPC`, with the
 stack and the registers of this call's caller, as if this call had called `dwSnapPC`: what a function
 there returns is what this call returns the second time. Interrupts are masked from here on, on both
 timelines.

 The caller promises:
 `pCpuContext` is NULL or points to `cbCpuContext` bytes; `dwSnapPC` is code of the running system.
 */
BOOL OEMTakeCPUSnapshot(DWORD dwSnapPC, LPVOID pCpuContext, DWORD cbCpuContext);

/*
 Narrows `device` to its first partition of the MBR type 0xDA, by `first_sector` and `sectors`; reads one
 sector. 0, or an error, and it stays as it was: `OAL_ERROR_BLANK`, `OAL_ERROR_NO_PARTITION_TABLE`,
 `OAL_ERROR_NO_PARTITION` or `OAL_ERROR_MEDIUM_ERROR`, of the stage `OAL_STAGE_PARTITION`.

 The caller promises:
 `device` is NULL or points to a table whose functions may be called.
 */
uint32_t oal_snapshot_partition(struct OalBlockDevice *device);

/*
 Finds the SD card or eMMC behind a PL181, keeps its driver in `part`, and fills `card`: all of it, or of
 an eMMC its user area; narrow `first_sector` and `sectors` to the store's part. 0, or an error, and
 neither was touched: `OAL_ERROR_NO_MEDIUM` where no card answers, `OAL_ERROR_MEDIUM_ERROR` where one does,
 and does not work.

 The caller promises:
 The pointers are NULL or as described, and nobody else uses the controller.
 */
uint32_t oal_driver_pl181(struct OalDriver *part, const struct OalPl181 *wiring, struct OalBlockDevice *card);

/*
 The same behind an SD host controller, which the CPU moves every word of.

 The caller promises:
 As for `oal_driver_pl181`.
 */
uint32_t oal_driver_sdhci(struct OalDriver *part, const struct OalSdhci *wiring, struct OalBlockDevice *card);

/*
 Finds the OneNAND behind `wiring`, keeps its driver in `part`, and fills `flash`: all blocks; give the
 store fewer by `blocks`. `spare_bytes` of its functions is 0 or 64. 0, or an error, and neither was
 touched: `OAL_ERROR_NO_MEDIUM` where no chip answers, `OAL_ERROR_BAD_GEOMETRY` where one cannot be used.

 The caller promises:
 The pointers are NULL or as described, and nobody else uses the chip.
 */
uint32_t oal_driver_onenand(struct OalDriver *part,
                            const struct OalOneNand *wiring,
                            struct OalNandFlash *flash);

/*
 Finds the NOR flash behind `wiring`, keeps its driver in `part`, and fills `flash`, all of the chips. 0,
 or an error, and neither was touched: `OAL_ERROR_NO_MEDIUM` where no chip answers,
 `OAL_ERROR_BAD_GEOMETRY` where one cannot be used, such as one with blocks of several sizes.

 The caller promises:
 The pointers are NULL or as described, and nobody else uses the chips.
 */
uint32_t oal_driver_cfi(struct OalDriver *part, const struct OalCfi *wiring, struct OalNorFlash *flash);

/*
 Bytes of the workspace for `ram_mib` MiB of RAM, at most 4096; 0 for more. The macro
 `OAL_SNAPSHOT_WORKSPACE_BYTES` is the same as a constant.
 */
size_t oal_snapshot_workspace_bytes(uint32_t ram_mib);

/*
 Checks a configuration and starts the library on it. Everything the configuration points to, and it
 itself, stays valid and unchanged for as long as the library is used. Nothing is read from the medium yet.
 On an error nothing was touched, and an earlier configuration stays in use.

 Called at power-on in the boot loader, and once more in the system, cold or not taken from a snapshot; a
 restored system finds the library as it was.

 The caller promises:
 The configuration is NULL or as described; its workspace and report are memory of the library's own.
 */
uint32_t oal_snapshot_init(const struct OalConfig *config);

/*
 The error of the last call that failed, with all that is known of it. Cleared by `oal_snapshot_init` only.

 The caller promises:
 `info` is NULL or points to a place for the answer.
 */
uint32_t oal_snapshot_error_info(struct OalErrorInfo *info);

/*
 The number of the last call that failed, of hooks too, which return only FALSE; 0 if none did.
 */
uint32_t oal_snapshot_last_error(void);

/*
 Takes a snapshot: both passes, and the hooks in their documented order. Returns twice: `OAL_SNAPSHOT_LIVE`
 on the machine that took it, `OAL_SNAPSHOT_RESTORED` on every one that boots from it; any other number is
 an error, and the system was resumed. A power cut at any moment leaves the previous image bootable, or the
 new one once it is committed.

 `settings`: NULL for a pause of a minute and the configuration's slots and policy. `report`: may be NULL;
 written on the live timeline only.

 The caller promises:
 The pointers are NULL or valid, and what the configuration says of memory is true.
 */
uint32_t oal_snapshot_take(const struct OalTakeSettings *settings, struct OalTakeReport *report);

/*
 Boots the newest image that passes every check, or the one before it; does not return then. If it returns,
 nothing was entered, and the number says why: RAM outside nosave memory may hold a part of an image, so
 all data of the system is to be initialised, and `oal_snapshot_init` called again, before it starts cold.
 The boot report has the details.

 Called once at power-on, from nosave memory, with MMU and caches on.

 The caller promises:
 The configuration describes memory correctly; nobody else uses saved memory.
 */
uint32_t oal_snapshot_boot(void);

/*
 Remembers that the system that was booted from a snapshot works: its image's attempts are 0 again. An
 image that is never confirmed is booted `max_attempts` times, then passed over.

 The caller promises:
 The configuration describes memory correctly.
 */
uint32_t oal_snapshot_confirm(void);

/*
 Says that the restored system needs nothing more of the pageable area of the image that it was booted
 from: the next snapshot may replace that image. Until then `OEMPrepareSnapshot` and `oal_snapshot_take`
 refuse with `OAL_ERROR_PAGED_FROM`. Of no effect in a system without such an image. Writes nothing to the
 medium.

 The caller promises:
 The configuration describes memory correctly.
 */
uint32_t oal_snapshot_paged_in(void);

/*
 Forgets every image: the next boot is a cold one. A power cut leaves all of them or none. Nothing can be
 paged from the image that was booted any more.

 The caller promises:
 The configuration describes memory correctly.
 */
uint32_t oal_snapshot_invalidate(void);

/*
 Fills `support` with the hooks of this library and `dwOemData`. Needs no initialisation.

 The caller promises:
 `support` is NULL or points to a place for it.
 */
uint32_t oal_snapshot_support(struct SnapshotSupport *support, DWORD dwOemData);

/*
 Step 1: RAM that the system does not know of and that must be in the snapshot: `oem_table` of the system,
 or an empty table. Never NULL.

 The caller promises:
 The configuration is correct.
 */
PCRamTable OEMGetSnapshotRegions(void);

/*
 Step 3: compresses whole pages. `pSrc`, `cbSrc` and `pDst` are multiples of 4096. Ours: `*pcbDst` is the
 room at `pDst` on entry and the compressed size on exit, not rounded; `OAL_SNAP_COMPRESS_BOUND(cbSrc)` is
 always enough. FALSE: it did not fit, or an argument is wrong; `pDst` then holds anything, and `*pcbDst`
 is as it was.

 What several calls return may be stored one behind the other, each as it is or filled up with zeroes to a
 multiple of
 4096. An image holds the results of this function only, or pages as they are only. Each 64 KiB get a
       checksum of their
 own, which `SnapRestore` compares before it decompresses them.

 The caller promises:
 The pointers are NULL or as described, and the two buffers do not overlap.
 */
BOOL OEMCompressSnapshot(LPCVOID pSrc, DWORD cbSrc, LPVOID pDst, PDWORD pcbDst);

/*
 Step 4: the size is known now; makes room for `cbSnapSize` bytes, rounded up to a multiple of 4096. The
 image before stays bootable if the store keeps two. FALSE: it does not fit, or the image that was booted
 has a pageable area that may still be needed (`OAL_ERROR_PAGED_FROM`), and nothing was changed; or the
 medium failed.

 The caller promises:
 The configuration is correct.
 */
BOOL OEMPrepareSnapshot(DWORD cbSnapSize);

/*
 Step 5: writes a part of the image; all three arguments are multiples of 4096. Ours: parts follow one
 another without a gap. The last call, `(NULL, 0, 0)`, flushes, reads the image back, compares, and commits
 it: only then does it boot. FALSE: the image is never committed, and the one before it stays.

 The caller promises:
 `pSnapshot` is NULL or points to `cbSize` bytes.
 */
BOOL OEMWriteSnapshot(LPCVOID pSnapshot, DWORD cbSize, DWORD dwOfst);

/*
 Reads a part of an image; all three arguments are multiples of 4096. In a boot loader it is the image that
 `SnapRestore` tries; in a restored system the one that was booted, for paging; else the newest.

 Ours: the bytes are those that the medium gives. They are not compared with a checksum here, and the
 pageable area is not read at a boot: `SnapRestore` checks what it reads itself. A kernel that pages keeps
 `SnapChkSum` of each pageable page in memory that is in the snapshot, and compares it with each page that
 it reads, where it will use it. No other image is ever read in place of the one that was booted: FALSE if
 that is no longer in the store.

 The caller promises:
 `pPagingMem` is NULL or points to `cbSize` bytes.
 */
BOOL OEMReadSnapshot(LPVOID pPagingMem, DWORD cbSize, DWORD dwSnapOffset);

/*
 First code of the restored system: the library starts again, the state becomes `eSnapBoot`, and
 `snapshot_resume` of the system re-initialises the platform. `oal_snapshot_take` does this by itself; a
 kernel calls it where `dwSnapPC` leads.

 The caller promises:
 The system was just restored, and interrupts are masked.
 */
void OEMSnapshotResume(void);

/*
 The progress of a snapshot, or of a boot from one. Safe in interrupt handlers.
 */
enum TSnapState GetSnapshotState(void);

/*
 Moves the state, for a kernel that calls the hooks itself; `state` is a `TSnapState`. `oal_snapshot_take`
 does this by itself.
 */
uint32_t oal_snapshot_set_state(uint32_t state);

/*
 Ours: the checksum of `cbData` bytes, CRC-32C (RFC 3720, appendix B.4). 0 for NULL.

 The caller promises:
 `pData` is NULL or points to `cbData` bytes.
 */
DWORD SnapChkSum(LPCVOID pData, DWORD cbData);

/*
 Loads a kernel's image: validates header and table, loads the pages that are not pageable, checks the
 checksums, counts the attempt, uses up images that boot once, and returns the CPU context for
 `oal_snapshot_restore_cpu`; or NULL, with `SNAP_ERR_...` in `*pdwErr` and details in
 `oal_snapshot_last_error`: RAM of the image's pages may then hold a part of it, or of what was read in its
 place; all other RAM is as it was.

 Ours: what was checked is what is used, even if a byte reads differently the second time. Header and
 context are read once; a page of the table that differs from the one that was checked is refused; no byte
 of a page is decompressed or stored before a checksum of its own 64 KiB matched. What
 `OEMCompressSnapshot` made brings those checksums and is read once; pages that are stored as they are, are
 read twice, first to check the checksum of them all.

 `pfnRead`: the reader, such as `OEMReadSnapshot`; `dwBufferAddr` (ours: a virtual address) is a buffer of
 `OAL_SNAP_BUFFER_BYTES` at least, both multiples of 4096, in memory that the image has no page of. NULL:
 the buffer is the whole image, in memory that does not change: pages are checked and decompressed from
 where they lie there. `pdwErr` may be NULL.

 With `OEMReadSnapshot`, each call tries one image, the newest first; `oal_snapshot_next` says whether
 there is another.

 The caller promises:
 The buffer is as described; what the configuration says of memory is true; nobody else uses saved memory.
 */
LPVOID SnapRestore(PFN_SnapReadAtOffset pfnRead, DWORD dwBufferAddr, DWORD cbBufferSize, LPDWORD pdwErr);

/*
 Whether `SnapRestore` with `OEMReadSnapshot` has another image to try, older than those that it refused.
 FALSE before its first call.

 The caller promises:
 The configuration describes memory correctly.
 */
BOOL oal_snapshot_next(void);

/*
 Restores the CPU from what `SnapRestore` returned: execution goes on at the image's `dwSnapPC`. Never
 returns, but for an argument that `SnapRestore` did not return, and then with an error.

 The caller promises:
 Nothing has written to saved memory since `SnapRestore` returned; this code, the workspace and the stack
 in use are mapped at the same addresses by the image's translation tables.
 */
uint32_t oal_snapshot_restore_cpu(LPCVOID pCpuContext);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* OAL_SNAPSHOT_H */
