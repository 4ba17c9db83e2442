/* Firmware without an operating system: one call takes a snapshot, one boots it. The store is on a card, if there is one, or
 * in bank 0 of the NOR flash; the drivers are the library's. */
#include "board.h"
#include "clock.h"
#include "console.h"
#include "flash.h"
#include "app.h"

void application(void) __attribute__((noreturn));

static uint8_t workspace[OAL_SNAPSHOT_WORKSPACE_BYTES(RAM_MIB)] NOSAVE
    __attribute__((aligned(OAL_SNAPSHOT_WORKSPACE_ALIGN)));
static OalBootReport report NOSAVE;
/* Filled in at power-on; a restored system finds what this boot filled in. */
static OalConfig config NOSAVE;
static OalDriver part NOSAVE;
static OalBlockDevice card NOSAVE;
static OalNorFlash nor NOSAVE;
/* Nosave: the tables of the system and of the boot are the same, at the same place. */
static uint32_t tables[4096] NOSAVE __attribute__((aligned(16384)));

MARKER(oal_marker_captured, "1")
MARKER(oal_marker_written, "2")
MARKER(oal_marker_loaded, "3")
MARKER(oal_marker_ready, "4")

/* The memory map: code and constants are never saved, the build id vouches for them. */

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

static void progress(void *context, OalStep step, uint64_t done, uint64_t total)
{
    (void)context;
    print_progress(step, done, total);
    switch (step) {
    case OAL_STEP_CAPTURED:
        oal_marker_captured();
        break;
    case OAL_STEP_WRITTEN:
        oal_marker_written();
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
    for (i = 0; i < BUILD_ID_BYTES; i++) {
        config.build[i] = BUILD_ID[i];
    }
    config.workspace = workspace;
    config.workspace_bytes = sizeof workspace;
    config.report = &report;
    config.system = &one_system;
    config.slots = OAL_SLOTS_TWO;
    config.policy = OAL_POLICY_ALWAYS;
    config.max_attempts = 3;
}

/* Looks for a medium, and returns its name. `why`: 0, or the reason why it cannot be used. */
static const char *find_medium(uint32_t *why)
{
    static const OalPl181 mmci = {
        (void *)0x10005000u, clock_us, 24000000, 24000000, OAL_PL181_LONG_READS /* in QEMU */, 0};
    static const OalCfi bank0 = {
        (void *)FLASH_START, (const void *)FLASH_WINDOW, FLASH_BANK_BYTES, clock_us, 2, 0};
    if (REGISTER(0x10000048u) & 1u) { /* SYS_MCI: a card is in the slot */
        *why = oal_driver_pl181(&part, &mmci, &card);
        if (*why == 0) {
            *why = oal_snapshot_partition(&card);
        }
        config.store = &oal_snapshot_block;
        config.block = &card;
        return "sd";
    }
    *why = oal_driver_cfi(&part, &bank0, &nor);
    config.store = &oal_snapshot_nor;
    config.nor = &nor;
    return "nor";
}

/* Power-on: nosave code, stack and data. */
void boot(void)
{
    const struct mapping map[] = {
        {(uint32_t)__oal_code_start, (uint32_t)__oal_code_end, (uint32_t)__oal_code_start, MAP_CODE},
        {(uint32_t)__oal_code_end, (uint32_t)__ram_end, (uint32_t)__oal_code_end, MAP_RAM},
        {FLASH_WINDOW, FLASH_WINDOW + FLASH_END - FLASH_START, FLASH_START, MAP_FLASH},
    };
    const char *medium;
    uint32_t why;
    mmu_on(tables, map, sizeof map / sizeof map[0]);
    console_init();
    configure();
    medium = find_medium(&why);
    print_reset(config.build, medium);
    clear_data(); /* the library's too: it must not take what RAM holds at power-on for a configuration */
    if (why == 0) {
        why = oal_snapshot_init(&config);
    }
    if (why == 0) {
        why = oal_snapshot_boot();
    }
    print_cold(why);
    clear_data(); /* once more: a part of an image may be in RAM */
    enter_application();
}

/* The application. */

static void memory(void)
{
    print_range("ram", __ram_start, __ram_end);
    print_range("nosave", __oal_code_start, __oal_code_end);
    print_range("nosave", __oal_nosave_start, __oal_nosave_end);
    print_range("free", __heap_start + PATTERN_BYTES, __ram_end);
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
        registers_set(0x50a00000u);
    }
    outcome = oal_snapshot_take(&settings, &taken);
    store_registers(values);
    /* The next boot must not find them by chance. */
    registers_set(0);
    switch (outcome) {
    case OAL_SNAPSHOT_LIVE:
        app.timeline = "live";
        print_pair("@taken seq=", taken.id);
        print_pair(" bytes=", taken.image_bytes);
        print_pair(" pages=", taken.pages);
        print_pair(" zero=", taken.zero_pages);
        print_pair(" free=", taken.free_pages);
        print_pair(" chunks=", taken.chunks);
        print_pair(" raw=", taken.raw_chunks);
        print("\n");
        break;
    case OAL_SNAPSHOT_RESTORED:
        app.timeline = "restored";
        app.boots++;
        print_pair("@restored seq=", report.id);
        print("\n");
        break;
    default:
        print(oal_snapshot_strstage(outcome));
        print(": ");
        print(oal_snapshot_strerror(outcome));
        oal_snapshot_error_info(&info);
        print_pair(" (the device says ", (uint32_t)info.device);
        print(")\n@error reason=snapshot-failed\n");
        return;
    }
    if (with_registers) {
        registers_check(values, 0x50a00000u);
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
        life_status();
        print("\n");
    } else if (same(line, "fill")) {
        app.seed++;
        pattern_fill(PATTERN, PATTERN_PAGES);
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
    app.timeline = "cold";
    app.seed = 1;
    pattern_fill(PATTERN, PATTERN_PAGES);
    if (oal_snapshot_init(&config) != 0) {
        print("The library does not start.\n");
    }
    ready();
    for (;;) {
        command(console_line());
    }
}
