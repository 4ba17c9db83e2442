/* Bad arguments: each returns its error and touches nothing. Then the layout that the documentation gives. */
#define _GNU_SOURCE
#include "board.h"

#include <stdio.h>
#include <string.h>

#define CALL(code) ((uint32_t)(code))
#define INIT(code) ((uint32_t)OAL_STAGE_INIT << 16 | (code))

/* C99 has no static assertion: a negative size is one. */
#define HOLDS(name, condition) typedef char name[(condition) ? 1 : -1]
#define AT(type, field, offset) HOLDS(at_##type##_##field, offsetof(type, field) == (offset))

AT(SNAP_HEADER, dwSig, 0);
AT(SNAP_HEADER, dwOfstSnapTable, 4);
AT(SNAP_HEADER, dwOfstPageable, 8);
AT(SNAP_HEADER, cSnapPages, 12);
AT(SNAP_HEADER, cbCompressed, 16);
AT(SNAP_HEADER, cbPageable, 20);
AT(SNAP_HEADER, dwOemData, 24);
AT(SNAP_HEADER, dwHeaderAdjust, 28);
AT(SNAP_HEADER, dwTableChkSum, 32);
AT(SNAP_HEADER, dwSnapChkSum, 36);
AT(SNAP_HEADER, dwPageableChkSum, 40);
HOLDS(size_of_header, sizeof(SNAP_HEADER) == 44);
#define P sizeof(void *)
AT(SnapshotSupport, pfnPrepareSnapshot, 0);
AT(SnapshotSupport, pfnSnapWrite, P);
AT(SnapshotSupport, pfnSnapCPU, 2 * P);
AT(SnapshotSupport, pfnSnapshotResume, 3 * P);
AT(SnapshotSupport, pfnCompress, 4 * P);
AT(SnapshotSupport, pfnSnapGetOemRegions, 5 * P);
AT(SnapshotSupport, pfnSnapRead, 6 * P);
AT(SnapshotSupport, dwOemData, 7 * P);
AT(RAMTableEntry, ShiftedRamBase, 0);
AT(RAMTableEntry, RamSize, 4);
AT(RAMTableEntry, RamAttributes, 8);
AT(RamTable, dwVersion, 0);
AT(RamTable, dwNumEntries, 4);
AT(RamTable, pRamEntries, 8);
HOLDS(none, eSnapNone == 0 && eSnapPass1 == 1 && eSnapPass2 == 2 && eSnapPrepared == 3);
HOLDS(boot, eSnapTaken == 4 && eSnapBoot == 5);

static uint8_t pages[32 * 4096] __attribute__((aligned(4096)));
static uint8_t before[32 * 4096];

/* A hook that must fail with a code, and leave its buffers alone. */
#define HOOK_FAILS(call, code)                                         \
    do {                                                               \
        memset(pages, 0x3c, sizeof pages);                             \
        memcpy(before, pages, sizeof pages);                           \
        SAME(call, 0);                                                 \
        SAME(oal_snapshot_last_error(), code);                         \
        CHECK(memcmp(before, pages, sizeof pages) == 0);               \
        SAME(shared->operations, 0);                                   \
    } while (0)

static void not_initialised(void)
{
    OalErrorInfo info;
    OalTakeReport report;
    SAME(oal_snapshot_take(NULL, &report), CALL(OAL_ERROR_NOT_INITIALISED));
    SAME(oal_snapshot_boot(), CALL(OAL_ERROR_NOT_INITIALISED));
    SAME(oal_snapshot_confirm(), CALL(OAL_ERROR_NOT_INITIALISED));
    SAME(oal_snapshot_invalidate(), CALL(OAL_ERROR_NOT_INITIALISED));
    SAME(oal_snapshot_paged_in(), CALL(OAL_ERROR_NOT_INITIALISED));
    SAME(oal_snapshot_last_error(), CALL(OAL_ERROR_NOT_INITIALISED));
    SAME(oal_snapshot_error_info(&info), CALL(OAL_ERROR_NOT_INITIALISED));
    SAME(oal_snapshot_restore_cpu(pages), CALL(OAL_ERROR_NOT_INITIALISED));
    SAME(OEMPrepareSnapshot(4096), 0);
    SAME(OEMWriteSnapshot(pages, 4096, 0), 0);
    SAME(OEMReadSnapshot(pages, 4096, 0), 0);
    SAME(OEMTakeCPUSnapshot(0, pages, sizeof pages), 0);
    SAME(oal_snapshot_next(), 0);
    SAME(OEMGetSnapshotRegions()->dwNumEntries, 0);
    SAME(GetSnapshotState(), eSnapNone);
    puts("before oal_snapshot_init");
}

#define INIT_FAILS(change, code)                    \
    do {                                            \
        OalConfig kept = config;                    \
        change;                                     \
        SAME(oal_snapshot_init(&config), code);     \
        config = kept;                              \
    } while (0)

static PCRamTable no_table(void *context)
{
    (void)context;
    return NULL;
}

static RAMTableEntry entries[17];
static RamTable table = {0x10000, 1, entries};

static PCRamTable some_table(void *context)
{
    (void)context;
    return &table;
}

static void tables(void)
{
    OalSystem wrong = board_system;
    OalConfig other = config;
    other.system = &wrong;
    wrong.ram_table = NULL;
    SAME(oal_snapshot_init(&other), INIT(OAL_ERROR_MISSING_FUNCTION));
    wrong.ram_table = no_table;
    SAME(oal_snapshot_init(&other), INIT(OAL_ERROR_NULL_ARGUMENT));
    wrong.ram_table = some_table;
    entries[0].ShiftedRamBase = RAM_BASE >> 8;
    entries[0].RamSize = 0;
    SAME(oal_snapshot_init(&other), INIT(OAL_ERROR_REGION_EMPTY));
    entries[0].RamSize = 4097;
    SAME(oal_snapshot_init(&other), INIT(OAL_ERROR_REGION_UNALIGNED));
    entries[0].RamSize = 4096;
    entries[0].ShiftedRamBase = (RAM_BASE >> 8) + 1;
    SAME(oal_snapshot_init(&other), INIT(OAL_ERROR_REGION_UNALIGNED));
    entries[0].ShiftedRamBase = RAM_BASE >> 8;
    entries[1] = entries[0];
    table.dwNumEntries = 2;
    SAME(oal_snapshot_init(&other), INIT(OAL_ERROR_REGIONS_OVERLAP));
    table.dwNumEntries = 17;
    SAME(oal_snapshot_init(&other), INIT(OAL_ERROR_TOO_MANY_REGIONS));
    table.dwNumEntries = 1;
    table.pRamEntries = NULL;
    SAME(oal_snapshot_init(&other), INIT(OAL_ERROR_NULL_ARGUMENT));
    table.pRamEntries = entries;
    entries[0].RamSize = 0x40000000u;
    wrong.oem_table = NULL;
    SAME(oal_snapshot_init(&other), INIT(OAL_ERROR_TOO_SMALL)); /* the workspace is made for less */
    wrong = board_system;
    wrong.nosave_table = NULL;
    SAME(oal_snapshot_init(&other), INIT(OAL_ERROR_MISSING_FUNCTION));
    wrong.nosave_table = no_table;
    SAME(oal_snapshot_init(&other), INIT(OAL_ERROR_NULL_ARGUMENT));
    puts("RAM tables");
}

static void configuration(void)
{
    OalCpu half_cpu = *config.cpu;
    OalBlockDevice half_disk = disk;
    OalNandFlash half_nand = nand;
    OalNorFlash half_nor = nor;
    OalAttemptRegister half_register = scratch_register;
    /* The configuration in use is another one: it stays as it is. */
    static OalConfig in_use;
    in_use = config;
    SAME(oal_snapshot_init(&in_use), 0);
    SAME(oal_snapshot_init(NULL), INIT(OAL_ERROR_NULL_ARGUMENT));
    SAME(oal_snapshot_init((const OalConfig *)(const void *)(pages + 1)), INIT(OAL_ERROR_UNALIGNED));
    INIT_FAILS(config.size--, INIT(OAL_ERROR_WRONG_VERSION));
    INIT_FAILS(config.flags = 2, INIT(OAL_ERROR_BAD_ARGUMENT));
    INIT_FAILS(config.reserved = 1, INIT(OAL_ERROR_BAD_ARGUMENT));
    INIT_FAILS(config.slots = 2, INIT(OAL_ERROR_BAD_ARGUMENT));
    INIT_FAILS(config.policy = 2, INIT(OAL_ERROR_BAD_ARGUMENT));
    INIT_FAILS(config.max_attempts = 256, INIT(OAL_ERROR_BAD_ARGUMENT));
    INIT_FAILS(config.workspace = NULL, INIT(OAL_ERROR_NULL_ARGUMENT));
    INIT_FAILS(config.workspace = (uint8_t *)config.workspace + 64, INIT(OAL_ERROR_UNALIGNED));
    INIT_FAILS(config.workspace_bytes = 100000, INIT(OAL_ERROR_TOO_SMALL));
    INIT_FAILS(config.workspace = ram + 4096, INIT(OAL_ERROR_IN_SAVED_MEMORY));
    INIT_FAILS(config.report = NULL, INIT(OAL_ERROR_NULL_ARGUMENT));
    INIT_FAILS(config.report = (OalBootReport *)(void *)((uint8_t *)config.report + 1), INIT(OAL_ERROR_UNALIGNED));
    INIT_FAILS(config.report = (OalBootReport *)(void *)ram, INIT(OAL_ERROR_IN_SAVED_MEMORY));
    INIT_FAILS(config.system = NULL, INIT(OAL_ERROR_NULL_ARGUMENT));
    INIT_FAILS(config.cpu = NULL, INIT(OAL_ERROR_NULL_ARGUMENT));
    INIT_FAILS((config.cpu = &half_cpu, half_cpu.restore = NULL), INIT(OAL_ERROR_MISSING_FUNCTION));
    half_cpu = *config.cpu;
    INIT_FAILS((config.cpu = &half_cpu, half_cpu.words = 257), INIT(OAL_ERROR_BAD_ARGUMENT));
    INIT_FAILS(config.store = NULL, INIT(OAL_ERROR_NO_STORE));
    INIT_FAILS(config.block = NULL, INIT(OAL_ERROR_NO_STORE));
    INIT_FAILS(config.nand = &nand, INIT(OAL_ERROR_NO_STORE));
    INIT_FAILS((config.block = &half_disk, half_disk.flush = NULL), INIT(OAL_ERROR_MISSING_FUNCTION));
    half_disk = disk;
    INIT_FAILS((config.block = &half_disk, half_disk.sectors = 3), INIT(OAL_ERROR_BAD_GEOMETRY));
    half_disk = disk;
    INIT_FAILS((config.block = &half_disk, half_disk.first_sector = ~(uint64_t)0), INIT(OAL_ERROR_BAD_GEOMETRY));
    INIT_FAILS((config.attempts = &half_register, half_register.set = NULL), INIT(OAL_ERROR_MISSING_FUNCTION));
    config.block = NULL;
    config.nand = &nand;
    config.store = &oal_snapshot_nand_2048;
    in_use = config;
    SAME(oal_snapshot_init(&in_use), 0);
    INIT_FAILS(config.store = &oal_snapshot_nand_4096, INIT(OAL_ERROR_BAD_GEOMETRY));
    INIT_FAILS(config.store = &oal_snapshot_nor, INIT(OAL_ERROR_NO_STORE));
    INIT_FAILS((config.nand = &half_nand, half_nand.mark_bad = NULL), INIT(OAL_ERROR_MISSING_FUNCTION));
    half_nand = nand;
    INIT_FAILS((config.nand = &half_nand, half_nand.pages_per_block = 1), INIT(OAL_ERROR_BAD_GEOMETRY));
    config.nand = NULL;
    config.nor = &nor;
    config.store = &oal_snapshot_nor;
    in_use = config;
    SAME(oal_snapshot_init(&in_use), 0);
    INIT_FAILS((config.nor = &half_nor, half_nor.erase = NULL), INIT(OAL_ERROR_MISSING_FUNCTION));
    half_nor = nor;
    INIT_FAILS((config.nor = &half_nor, half_nor.block_bytes = 1000), INIT(OAL_ERROR_BAD_GEOMETRY));
    puts("the configuration");
}

static void hooks(void)
{
    DWORD size = sizeof pages / 2;
    OalErrorInfo info;
    SAME(oal_snapshot_support(NULL, 0), CALL(OAL_ERROR_NULL_ARGUMENT));
    SAME(oal_snapshot_support((SnapshotSupport *)(void *)(pages + 1), 0), CALL(OAL_ERROR_UNALIGNED));
    SAME(oal_snapshot_error_info(NULL), CALL(OAL_ERROR_NULL_ARGUMENT));
    SAME(oal_snapshot_error_info((OalErrorInfo *)(void *)(pages + 1)), CALL(OAL_ERROR_UNALIGNED));
    SAME(oal_snapshot_set_state(6), CALL(OAL_ERROR_BAD_ARGUMENT));
    SAME(GetSnapshotState(), eSnapNone);
    shared->operations = 0;

    HOOK_FAILS(OEMTakeCPUSnapshot(0, NULL, 4096), OAL_ERROR_NULL_ARGUMENT);
    HOOK_FAILS(OEMTakeCPUSnapshot(0, pages + 2, 4096), OAL_ERROR_UNALIGNED);
    HOOK_FAILS(OEMTakeCPUSnapshot(0, pages, OAL_CPU_CONTEXT_BYTES - 1), OAL_ERROR_TOO_SMALL);
    SAME(oal_snapshot_error_info(&info), 0);
    SAME(info.needed, OAL_CPU_CONTEXT_BYTES);
    SAME(info.available, OAL_CPU_CONTEXT_BYTES - 1);

    HOOK_FAILS(OEMCompressSnapshot(NULL, 4096, pages, &size), OAL_ERROR_NULL_ARGUMENT);
    HOOK_FAILS(OEMCompressSnapshot(pages, 4096, NULL, &size), OAL_ERROR_NULL_ARGUMENT);
    HOOK_FAILS(OEMCompressSnapshot(pages, 4096, pages + 65536, NULL), OAL_ERROR_NULL_ARGUMENT);
    HOOK_FAILS(OEMCompressSnapshot(pages + 1, 4096, pages + 65536, &size), OAL_ERROR_UNALIGNED);
    HOOK_FAILS(OEMCompressSnapshot(pages, 4095, pages + 65536, &size), OAL_ERROR_UNALIGNED);
    HOOK_FAILS(OEMCompressSnapshot(pages, 4096, pages + 65537, &size), OAL_ERROR_UNALIGNED);
    HOOK_FAILS(OEMCompressSnapshot(pages, 0, pages + 65536, &size), OAL_ERROR_BAD_ARGUMENT);
    HOOK_FAILS(OEMCompressSnapshot(pages, 8192, pages + 4096, &size), OAL_ERROR_BAD_ARGUMENT);
    HOOK_FAILS(OEMCompressSnapshot(pages, 0x80000000u, pages + 65536, &size), OAL_ERROR_BAD_ARGUMENT);
    size = 20;
    HOOK_FAILS(OEMCompressSnapshot(pages, 4096, pages + 65536, &size), OAL_STAGE_COMPRESS << 16 | OAL_ERROR_TOO_SMALL);
    SAME(size, 20);

    HOOK_FAILS(OEMPrepareSnapshot(0), OAL_ERROR_BAD_ARGUMENT);
    HOOK_FAILS(OEMPrepareSnapshot(0xfffffff0u), OAL_STAGE_PREPARE << 16 | OAL_ERROR_DOES_NOT_FIT);
    SAME(oal_snapshot_error_info(&info), 0);
    CHECK(info.needed == 0x100000000ull && info.available > 0 && info.available < info.needed);

    HOOK_FAILS(OEMWriteSnapshot(pages, 4096, 0), OAL_STAGE_WRITE << 16 | OAL_ERROR_OUT_OF_SEQUENCE);
    HOOK_FAILS(OEMWriteSnapshot(NULL, 0, 0), OAL_STAGE_WRITE << 16 | OAL_ERROR_OUT_OF_SEQUENCE);
    HOOK_FAILS(OEMWriteSnapshot(NULL, 4096, 0), OAL_ERROR_NULL_ARGUMENT);
    HOOK_FAILS(OEMWriteSnapshot(NULL, 0, 4096), OAL_ERROR_NULL_ARGUMENT);
    HOOK_FAILS(OEMWriteSnapshot(pages + 8, 4096, 0), OAL_ERROR_UNALIGNED);
    HOOK_FAILS(OEMWriteSnapshot(pages, 4000, 0), OAL_ERROR_UNALIGNED);
    HOOK_FAILS(OEMWriteSnapshot(pages, 4096, 512), OAL_ERROR_UNALIGNED);
    HOOK_FAILS(OEMWriteSnapshot(pages, 0, 0), OAL_ERROR_BAD_ARGUMENT);

    HOOK_FAILS(OEMReadSnapshot(NULL, 4096, 0), OAL_ERROR_NULL_ARGUMENT);
    HOOK_FAILS(OEMReadSnapshot(pages + 8, 4096, 0), OAL_ERROR_UNALIGNED);
    HOOK_FAILS(OEMReadSnapshot(pages, 4000, 0), OAL_ERROR_UNALIGNED);
    HOOK_FAILS(OEMReadSnapshot(pages, 4096, 512), OAL_ERROR_UNALIGNED);
    HOOK_FAILS(OEMReadSnapshot(pages, 0, 0), OAL_ERROR_BAD_ARGUMENT);
    HOOK_FAILS(OEMReadSnapshot(pages, 4096, 0), OAL_STAGE_SELECT << 16 | OAL_ERROR_NO_IMAGE);
    puts("the hooks");
}

static void restore(void)
{
    DWORD error = 99, here = (DWORD)(uintptr_t)pages;
    LPVOID wrong = pages + 2;
    shared->operations = 0;
    board_noise(1);
    HOOK_FAILS(SnapRestore(OEMReadSnapshot, 0, sizeof pages, &error) != NULL, OAL_ERROR_NULL_ARGUMENT);
    SAME(error, SNAP_ERR_INVALID_ARGUMENT);
    HOOK_FAILS(SnapRestore(OEMReadSnapshot, here + 4, 0x20000 - 4096, &error) != NULL, OAL_ERROR_UNALIGNED);
    SAME(error, SNAP_ERR_INVALID_ARGUMENT);
    HOOK_FAILS(SnapRestore(OEMReadSnapshot, here, sizeof pages - 1, NULL) != NULL, OAL_ERROR_UNALIGNED);
    HOOK_FAILS(SnapRestore(OEMReadSnapshot, here, sizeof pages, (LPDWORD)wrong) != NULL, OAL_ERROR_UNALIGNED);
    HOOK_FAILS(SnapRestore(OEMReadSnapshot, here, OAL_SNAP_BUFFER_BYTES - 4096, &error) != NULL, OAL_ERROR_TOO_SMALL);
    SAME(error, SNAP_ERR_INSUFFICIENT_BUFFER);
    HOOK_FAILS(SnapRestore(NULL, here, 100, &error) != NULL, OAL_ERROR_TOO_SMALL);
    SAME(error, SNAP_ERR_INSUFFICIENT_BUFFER);
    HOOK_FAILS(SnapRestore(NULL, here, 8192, &error) != NULL, OAL_STAGE_HEADER << 16 | OAL_ERROR_BAD_MAGIC);
    SAME(error, SNAP_ERR_CHECKSUM_FAILURE);
    CHECK(board_untouched(1));
    SAME(oal_snapshot_restore_cpu(NULL), OAL_ERROR_NULL_ARGUMENT);
    SAME(oal_snapshot_restore_cpu(pages), OAL_ERROR_BAD_ARGUMENT);
    SAME(SnapChkSum(NULL, 9), 0);
    SAME(SnapChkSum("123456789", 9), 0xe3069283u);
    puts("the boot loader's side");
}

static void one_call(void)
{
    static const OalTakeSettings slots = {0, 0, 2, 0}, policy = {0, 0, 0, 2};
    OalTakeReport report;
    OalSystem half = board_system;
    OalConfig other = config;
    SAME(oal_snapshot_take(&slots, &report), OAL_ERROR_BAD_ARGUMENT);
    SAME(oal_snapshot_take(&policy, &report), OAL_ERROR_BAD_ARGUMENT);
    SAME(oal_snapshot_take((const OalTakeSettings *)(const void *)(pages + 1), &report), OAL_ERROR_UNALIGNED);
    SAME(oal_snapshot_take(NULL, (OalTakeReport *)(void *)(pages + 1)), OAL_ERROR_UNALIGNED);
    SAME(oal_snapshot_confirm(), OAL_STAGE_STORE << 16 | OAL_ERROR_NO_SUCH_IMAGE);
    half.suspend = NULL;
    other.system = &half;
    SAME(oal_snapshot_init(&other), 0);
    SAME(oal_snapshot_take(NULL, &report), OAL_ERROR_MISSING_FUNCTION);
    SAME(oal_snapshot_init(&config), 0);
    SAME(oal_snapshot_set_state(eSnapBoot), 0);
    SAME(oal_snapshot_take(NULL, &report), OAL_ERROR_WRONG_STATE);
    SAME(oal_snapshot_set_state(eSnapNone), 0);
    puts("the one call");
}

/* Calls the library from where it must not. */
static uint32_t inner;
static void reentrant(void *context)
{
    (void)context;
    inner = oal_snapshot_confirm();
    SAME(oal_snapshot_init(&config), INIT(OAL_ERROR_BUSY));
    SAME(OEMPrepareSnapshot(4096), 0);
    SAME(oal_snapshot_boot(), CALL(OAL_ERROR_BUSY));
}

static void busy(void)
{
    OalSystem other = board_system;
    OalConfig with = config;
    other.reclaim = reentrant;
    suspend_answer = "nothing more";
    with.system = &other;
    SAME(oal_snapshot_init(&with), 0);
    SAME(oal_snapshot_take(NULL, NULL), OAL_STAGE_PASS1 << 16 | OAL_ERROR_SUSPEND_FAILED);
    SAME(inner, CALL(OAL_ERROR_BUSY));
    suspend_answer = NULL;
    SAME(oal_snapshot_init(&config), 0);
    puts("a call from within a call");
}

/* A disk that is its first sector. */
static uint8_t first_sector[512];
static int32_t first_read(void *context, uint64_t sector, uint32_t count, void *buffer)
{
    if (context != NULL) {
        return 9;
    }
    SAME(sector, 100);
    SAME(count, 1);
    memcpy(buffer, first_sector, sizeof first_sector);
    return 0;
}

static int32_t never_write(void *context, uint64_t sector, uint32_t count, const void *data)
{
    (void)context, (void)sector, (void)count, (void)data;
    CHECK(!"nothing is to be written");
    return 1;
}

static int32_t never_flush(void *context)
{
    (void)context;
    CHECK(!"nothing is to be flushed");
    return 1;
}

#define PARTITION(error) (OAL_STAGE_PARTITION << 16 | (error))
static void refused_partition(OalBlockDevice *device, uint32_t error)
{
    SAME(oal_snapshot_partition(device), error);
    SAME(device->first_sector, 100);
    SAME(device->sectors, 5000);
}

static void partition(void)
{
    OalBlockDevice device = {NULL, 100, 5000, first_read, never_write, NULL, NULL, never_flush};
    uint8_t *entry = first_sector + 446 + 16;
    SAME(oal_snapshot_partition(NULL), CALL(OAL_ERROR_NULL_ARGUMENT));
    SAME(oal_snapshot_partition((OalBlockDevice *)(void *)(pages + 1)), CALL(OAL_ERROR_UNALIGNED));
    refused_partition(&device, PARTITION(OAL_ERROR_BLANK));
    first_sector[0] = 1;
    refused_partition(&device, PARTITION(OAL_ERROR_NO_PARTITION_TABLE));
    first_sector[510] = 0x55;
    first_sector[511] = 0xaa;
    refused_partition(&device, PARTITION(OAL_ERROR_NO_PARTITION));
    /* 0x200 sectors from 0x1100 on: the last are not on the disk. */
    entry[4] = 0xda;
    entry[9] = 0x11;
    entry[13] = 0x03;
    refused_partition(&device, PARTITION(OAL_ERROR_NO_PARTITION));
    entry[13] = 0x02;
    device.context = &device;
    refused_partition(&device, PARTITION(OAL_ERROR_MEDIUM_ERROR));
    device.context = NULL;
    device.flush = NULL;
    refused_partition(&device, CALL(OAL_ERROR_MISSING_FUNCTION));
    device.flush = never_flush;
    SAME(oal_snapshot_partition(&device), 0);
    SAME(device.first_sector, 100 + 0x1100);
    SAME(device.sectors, 0x200);
    puts("a partition");
}

int main(void)
{
    uint32_t mib;
    board_start();
    SAME(oal_snapshot_last_error(), CALL(OAL_ERROR_NOT_INITIALISED));
    not_initialised();
    for (mib = 1; mib <= 4096; mib++) {
        SAME(oal_snapshot_workspace_bytes(mib), OAL_SNAPSHOT_WORKSPACE_BYTES(mib));
    }
    SAME(oal_snapshot_workspace_bytes(4097), 0);
    SAME(board_init("block"), 0);
    SAME(oal_snapshot_last_error(), 0);
    tables();
    configuration();
    SAME(board_init("block"), 0);
    hooks();
    restore();
    one_call();
    busy();
    partition();
    CHECK(strcmp(oal_snapshot_strerror(OAL_ERROR_BUSY), "an unknown error") != 0);
    puts("passed");
    return 0;
}
