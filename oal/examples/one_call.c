/* Firmware without an operating system: one call takes a snapshot, one boots it. Its state is 4 MiB of memory that follow
 * from a number, and a little console changes and checks them. */
#include "board.h"

#define PATTERN_PAGES 1024u
#define PATTERN_BYTES (PATTERN_PAGES * 4096u)
#define PATTERN ((uint32_t *)(void *)__heap_start)
#define REGISTERS 71u

/* registers.S */
void load_registers(const uint32_t *from);
void store_registers(uint32_t *to);

void boot(void) __attribute__((noreturn));
void application(void) __attribute__((noreturn));
void unexpected(uint32_t address) __attribute__((noreturn));

static uint8_t workspace[OAL_SNAPSHOT_WORKSPACE_BYTES(RAM_MIB)] NOSAVE
    __attribute__((aligned(OAL_SNAPSHOT_WORKSPACE_ALIGN)));
static OalBootReport report NOSAVE;
/* Filled in at power-on, with the build id; a restored system finds the same. */
static OalConfig config NOSAVE;

/* In the picture. */
static uint32_t seed, boots;
static const char *timeline;

/* Places for a debugger to stop at. */
#define MARKER(name, number) \
    void name(void); \
    __attribute__((noinline, used)) void name(void) { __asm__ volatile("nop\n mov r12, #" number : : : "r12"); }
MARKER(oal_marker_captured, "1")
MARKER(oal_marker_written, "2")
MARKER(oal_marker_loaded, "3")
MARKER(oal_marker_ready, "4")

/* The memory map: code and constants are in no picture, the build id vouches for them. */

static RAMTableEntry ram_entry NOSAVE, nosave_entries[2] NOSAVE;
static RamTable ram NOSAVE, nosave NOSAVE;

static RAMTableEntry entry(const uint8_t *start, const uint8_t *end)
{
    RAMTableEntry made;
    made.ShiftedRamBase = (uint32_t)start >> 8;
    made.RamSize = (uint32_t)(end - start);
    made.RamAttributes = 0;
    return made;
}

static PCRamTable ram_table(void *context)
{
    (void)context;
    return &ram;
}

static PCRamTable nosave_table(void *context)
{
    (void)context;
    return &nosave;
}

/* Behind the pattern nobody has anything. */
static uint32_t page_class(void *context, uint64_t page)
{
    (void)context;
    return page >= ((uint32_t)__heap_start + PATTERN_BYTES) / 4096u ? OAL_PAGE_CLASS_FREE : OAL_PAGE_CLASS_USED;
}

/* No driver of this firmware does anything by itself: it has nothing to stop but the console. */
static const char *suspend(void *context)
{
    (void)context;
    console_drain();
    return NULL;
}

static void resume(void *context, OalResume why)
{
    (void)context;
    if (why == OAL_RESUME_RESTORED) {
        console_init();
    }
}

/* Words of the console for errors and stages of a boot. */
static void print_why(uint32_t why)
{
    static const char *const stages[] = {"medium",  "partition", "select", "header", "context",
                                         "map", "index", "chunk", "cpu"};
    static const char *const errors[] = {
        "no-medium", "medium-error", "blank", "no-partition-table", "no-partition", "no-image", "log-corrupt",
        "future-record", "consumed", "attempts-exhausted", "truncated", "bad-magic", "future-version", "bad-crc",
        "bad-field", "wrong-architecture", "wrong-board", "wrong-build", "wrong-ram", "wrong-codec", "wrong-image",
        "out-of-range", "overlap", "corrupt-stream", "read-failed", "write-failed", "bad-memory-map"};
    uint32_t stage = OAL_STAGE_OF(why) - OAL_STAGE_MEDIUM, error = OAL_ERROR_OF(why) - OAL_ERROR_NO_MEDIUM;
    print(" stage=");
    print(stage < sizeof stages / sizeof stages[0] ? stages[stage] : "other");
    print(" reason=");
    print(error < sizeof errors / sizeof errors[0] ? errors[error] : "other");
    print("\n");
}

static void pair(const char *key, uint64_t value)
{
    print(key);
    print_number(value);
}

static void progress(void *context, OalStep step, uint64_t done, uint64_t total)
{
    (void)context;
    switch (step) {
    case OAL_STEP_CAPTURED:
        oal_marker_captured();
        break;
    case OAL_STEP_WRITTEN:
        oal_marker_written();
        break;
    case OAL_STEP_REFUSED:
        pair("@refused seq=", total);
        print_why((uint32_t)done);
        break;
    case OAL_STEP_CHOSEN:
        pair("@boot image seq=", done);
        pair(" pages=", total);
        print("\n");
        break;
    case OAL_STEP_LOADED:
        console_drain();
        oal_marker_loaded();
        break;
    default:
        break;
    }
}

static const OalSystem one_system = {
    .ram_table = ram_table,
    .nosave_table = nosave_table,
    .page_class = page_class,
    .suspend = suspend,
    .resume = resume,
    .progress = progress,
};

static void configure(void)
{
    static const char name[] = "vexpress-a9-c";
    uint32_t i;
    ram_entry = entry(__ram_start, __ram_end);
    nosave_entries[0] = entry(__oal_code_start, __oal_code_end);
    nosave_entries[1] = entry(__oal_nosave_start, __oal_nosave_end);
    ram.dwNumEntries = 1;
    ram.pRamEntries = &ram_entry;
    nosave.dwNumEntries = 2;
    nosave.pRamEntries = nosave_entries;
    config.size = sizeof config;
    config.flags = OAL_FLAG_SECURE;
    for (i = 0; i < sizeof name; i++) {
        config.board[i] = (uint8_t)name[i];
    }
    for (i = 0; i < 20; i++) {
        config.build[i] = __oal_build_id_note[16 + i]; /* behind three lengths and the name "GNU" */
    }
    config.workspace = workspace;
    config.workspace_bytes = sizeof workspace;
    config.report = &report;
    config.system = &one_system;
    config.store = &oal_snapshot_nor;
    config.nor = &flash;
    config.slots = OAL_SLOTS_TWO;
    config.policy = OAL_POLICY_ALWAYS;
    config.max_attempts = 3;
}

/* Power-on: nosave code, stack and data. */
void boot(void)
{
    uint32_t why, i;
    mmu_on();
    console_init();
    configure();
    print("@reset board=vexpress-a9-c build=");
    for (i = 0; i < 20; i++) {
        print_hex(config.build[i], 2);
    }
    pair(" ram_mib=", RAM_MIB);
    pair(" medium=nor capacity_mib=", FLASH_BLOCK / 1024u * FLASH_BLOCKS / 1024u);
    print("\n");
    clear_data(); /* the library's too: it must not take what RAM holds at power-on for a configuration */
    why = oal_snapshot_init(&config);
    if (why == 0) {
        why = oal_snapshot_boot();
    }
    print("@cold");
    print_why(why);
    print("Cold boot: ");
    print(oal_snapshot_strstage(why));
    print(": ");
    print(oal_snapshot_strerror(why));
    print("\n");
    clear_data(); /* once more: a part of an image may be in RAM */
    enter_application();
}

void unexpected(uint32_t address)
{
    print("An exception at 0x");
    print_hex(address, 8);
    print("\n@error reason=exception\n");
    power_off();
}

/* The application. */

/* Word of a page: runs of 40 pages that do not compress, that do, and that are zero. */
static uint32_t word(uint32_t page, uint32_t at)
{
    uint32_t mixed;
    switch (page / 40u % 3u) {
    case 0:
        mixed = (page * 1024u + at + 1u) * 2654435761u ^ seed * 40503u;
        mixed = (mixed ^ mixed >> 15) * 2246822519u;
        mixed = (mixed ^ mixed >> 13) * 3266489917u;
        return mixed ^ mixed >> 16;
    case 1:
        return seed + page + at / 16u;
    default:
        return 0;
    }
}

static void fill(void)
{
    uint32_t page, at;
    for (page = 0; page < PATTERN_PAGES; page++) {
        for (at = 0; at < 1024u; at++) {
            PATTERN[page * 1024u + at] = word(page, at);
        }
    }
}

static uint32_t wrong_pages(void)
{
    uint32_t page, at, wrong = 0;
    for (page = 0; page < PATTERN_PAGES; page++) {
        for (at = 0; at < 1024u && PATTERN[page * 1024u + at] == word(page, at); at++) {
        }
        wrong += at < 1024u;
    }
    return wrong;
}

static void range(const char *what, const uint8_t *start, const uint8_t *end)
{
    print("@");
    print(what);
    print(" range=0x");
    print_hex((uint32_t)start, 8);
    print("..0x");
    print_hex((uint32_t)end, 8);
    print("\n");
}

static void memory(void)
{
    range("ram", __ram_start, __ram_end);
    range("nosave", __oal_code_start, __oal_code_end);
    range("nosave", __oal_nosave_start, __oal_nosave_end);
    range("free", __heap_start + PATTERN_BYTES, __ram_end);
}

static void status(void)
{
    static const char *const states[] = {"none", "pass1", "pass2", "prepared", "taken", "boot"};
    print("@status state=");
    print(states[GetSnapshotState()]);
    print(" timeline=");
    print(timeline);
    pair(" boots=", boots);
    pair(" seed=", seed);
    pair(" pages=", PATTERN_PAGES);
    pair(" wrong=", wrong_pages());
    print(" digest=");
    print_hex(SnapChkSum(PATTERN, PATTERN_BYTES), 8);
    print("\n");
}

/* Places 2, 5, ... of the first 15 are program status registers, which do not hold just anything. */
static uint32_t pattern_of(uint32_t place, uint32_t from)
{
    uint32_t value = (place + 1u) * 0x01030507u ^ from;
    return place < 15u && place % 3u == 2u ? (value & 0xf0000000u) | 0x1d0u : value;
}

static void set_registers(uint32_t from)
{
    uint32_t values[REGISTERS], i;
    for (i = 0; i < REGISTERS; i++) {
        values[i] = pattern_of(i, from);
    }
    load_registers(values);
}

static void check_registers(const uint32_t *values, uint32_t from)
{
    uint32_t i, wrong = 0;
    for (i = 0; i < REGISTERS; i++) {
        wrong += values[i] != pattern_of(i, from);
    }
    pair("@regs checked=", REGISTERS);
    pair(" wrong=", wrong);
    print("\n");
    for (i = 0; i < REGISTERS; i++) {
        if (values[i] != pattern_of(i, from)) {
            pair("@reg name=", i);
            print(" want=");
            print_hex(pattern_of(i, from), 8);
            print(" got=");
            print_hex(values[i], 8);
            print("\n");
        }
    }
}

static void ready(void)
{
    print("@ready\n");
    oal_marker_ready();
}

static void snapshot(int with_registers, uint32_t policy)
{
    OalTakeSettings settings = {0, 0, OAL_SLOTS_TWO, OAL_POLICY_ALWAYS};
    OalTakeReport taken;
    OalErrorInfo info;
    uint32_t values[REGISTERS], outcome;
    settings.policy = policy;
    if (with_registers) {
        set_registers(0x50a00000u);
    }
    outcome = oal_snapshot_take(&settings, &taken);
    store_registers(values);
    /* The next boot must not find them by chance. */
    set_registers(0);
    switch (outcome) {
    case OAL_SNAPSHOT_LIVE:
        timeline = "live";
        pair("@taken seq=", taken.id);
        pair(" bytes=", taken.image_bytes);
        pair(" pages=", taken.pages);
        pair(" zero=", taken.zero_pages);
        pair(" free=", taken.free_pages);
        pair(" chunks=", taken.chunks);
        pair(" raw=", taken.raw_chunks);
        print("\n");
        break;
    case OAL_SNAPSHOT_RESTORED:
        timeline = "restored";
        boots++;
        pair("@restored seq=", report.id);
        print("\n");
        break;
    default:
        print(oal_snapshot_strstage(outcome));
        print(": ");
        print(oal_snapshot_strerror(outcome));
        oal_snapshot_error_info(&info);
        pair(" (the device says ", (uint32_t)info.device);
        print(")\n@error reason=snapshot-failed\n");
        return;
    }
    if (with_registers) {
        check_registers(values, 0x50a00000u);
    }
    if (outcome == OAL_SNAPSHOT_LIVE) {
        print("@ok\n");
    } else {
        if (oal_snapshot_confirm() != 0) {
            print("The boot could not be confirmed.\n");
        }
        ready();
    }
}

static int same(const char *left, const char *right)
{
    while (*left && *left == *right) {
        left++;
        right++;
    }
    return *left == *right;
}

static void command(const char *line)
{
    if (same(line, "snapshot")) {
        snapshot(0, OAL_POLICY_ALWAYS);
        return;
    }
    if (same(line, "snapshot once")) {
        snapshot(0, OAL_POLICY_ONCE);
        return;
    }
    if (same(line, "snapshot regs")) {
        snapshot(1, OAL_POLICY_ALWAYS);
        return;
    }
    if (same(line, "memory")) {
        memory();
    } else if (same(line, "status")) {
        status();
    } else if (same(line, "fill")) {
        seed++;
        fill();
    } else if (same(line, "invalidate")) {
        if (oal_snapshot_invalidate() != 0) {
            print("@error reason=device-error\n");
            return;
        }
    } else if (same(line, "poweroff")) {
        print("@ok\n");
        power_off();
    } else {
        print("Commands: fill, invalidate, memory, poweroff, snapshot, snapshot once, snapshot regs, status.\n"
              "@error reason=unknown-command\n");
        return;
    }
    print("@ok\n");
}

void application(void)
{
    static char line[64];
    uint32_t length = 0;
    timeline = "cold";
    seed = 1;
    fill();
    if (oal_snapshot_init(&config) != 0) {
        print("The library does not start.\n");
    }
    ready();
    for (;;) {
        int byte = console_get();
        if (byte < 0) {
            continue;
        }
        if (byte != '\r' && byte != '\n') {
            if (length < sizeof line - 1u) {
                line[length++] = (char)byte;
            }
        } else if (length != 0) {
            line[length] = 0;
            length = 0;
            command(line);
        }
    }
}
