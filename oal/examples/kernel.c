/* A small kernel. Of snapshots it knows the hooks that its OEM's side gives it, and their documented order; the image is its
 * own to make. It boots snapshots no more than any kernel does: that is its boot loader's affair. */
#include "board.h"
#include "console.h"
#include "app.h"
#include "oal.h"

extern uint8_t __panel_start[], __panel_end[], __oal_boot_stack_top[];

void application(void) __attribute__((noreturn));

MARKER(oal_marker_captured, "1")
MARKER(oal_marker_written, "2")
MARKER(oal_marker_ready, "4")

/* In saved memory: a restored kernel runs under its own tables again. */
static uint32_t tables[4096] __attribute__((aligned(16384)));
static SnapshotSupport hooks;

#define PANEL ((uint32_t *)(void *)__panel_start)
#define PANEL_PAGES ((uint32_t)(__panel_end - __panel_start) / 4096u)

/* Drivers, in the order in which they start. */

struct driver {
    const char *name;
    void (*power_down)(void);
    void (*power_up)(void);
    uint32_t resumes, boots, order;
    TSnapState last;
};

/* A driver re-initialises its hardware when that was off: at a cold boot, and here. */
static int was_off(void)
{
    return GetSnapshotState() == eSnapBoot;
}

static void uart_up(void)
{
    if (was_off()) {
        console_init();
    }
}

/* A clock of microseconds: the first timer of a SP804 (DDI 0271), which counts down. */
#define TIMER 0x10011000u
#define TIMER_LOAD REGISTER(TIMER + 0x00)
#define TIMER_VALUE REGISTER(TIMER + 0x04)
#define TIMER_CONTROL REGISTER(TIMER + 0x08)
#define TIMER_32_BITS 0x02u
#define TIMER_ON 0x80u

static uint32_t clock_passed, clock_start;

static uint32_t clock_now(void)
{
    return clock_passed + (clock_start - TIMER_VALUE);
}

static void clock_run(void)
{
    TIMER_CONTROL = TIMER_32_BITS | TIMER_ON;
    clock_start = TIMER_VALUE;
}

static void clock_init(void)
{
    TIMER_CONTROL = TIMER_32_BITS;
    TIMER_LOAD = 0xffffffffu;
    clock_run();
}

static void clock_down(void)
{
    TIMER_CONTROL = TIMER_32_BITS;
    clock_passed = clock_now();
}

static void clock_up(void)
{
    if (was_off()) {
        clock_init();
    } else {
        clock_run();
    }
}

static struct driver drivers[] = {
    {"uart", console_drain, uart_up, 0, 0, 0, eSnapNone},
    {"clock", clock_down, clock_up, 0, 0, 0, eSnapNone},
};
#define DRIVERS (sizeof drivers / sizeof drivers[0])

static void drivers_down(void)
{
    uint32_t i;
    for (i = DRIVERS; i-- > 0;) {
        drivers[i].power_down();
    }
}

static void drivers_up(void)
{
    static uint32_t order;
    uint32_t i;
    for (i = 0; i < DRIVERS; i++) {
        drivers[i].power_up();
        drivers[i].resumes += !was_off();
        drivers[i].boots += was_off();
        drivers[i].last = GetSnapshotState();
        drivers[i].order = order++;
    }
}

/* Taking a snapshot. */

/* What writes it: nosave, as is its stack. */
static uint32_t context[OAL_CPU_CONTEXT_BYTES / 4] NOSAVE;
static uint32_t image_pages NOSAVE, image_bytes NOSAVE;
static PCRamTable oem NOSAVE;

/* Free memory behind the pattern, in which the image is made. */
#define IMAGE (__heap_start + PATTERN_BYTES)
/* As many bytes as OEMWriteSnapshot gets at a time. */
#define PART 0x20000u

static uint32_t pages(uint32_t bytes)
{
    return (bytes + 4095u) & ~4095u;
}

/* Adds memory to the table, and its contents, compressed, to the image. */
static int add(uint32_t *table, uint32_t start, uint32_t bytes, uint8_t **to)
{
    DWORD size = (DWORD)(__ram_end - *to) & ~4095u;
    uint32_t page;
    for (page = start / 4096u; page < (start + bytes) / 4096u; page++) {
        table[image_pages++] = page;
    }
    if (!hooks.pfnCompress((LPCVOID)start, bytes, *to, &size)) {
        return 0;
    }
    for (*to += size; (uint32_t)*to % 4096u != 0;) {
        *(*to)++ = 0;
    }
    return 1;
}

/* Steps 3 to 5: makes the image and writes it. Returns the name of the hook that failed, or NULL. */
static const char *write_image(void)
{
    SNAP_HEADER *head = (SNAP_HEADER *)(void *)IMAGE;
    uint32_t *table = (uint32_t *)(void *)(IMAGE + 4096);
    uint32_t system_bytes = (uint32_t)(IMAGE - __oal_code_start);
    uint32_t most = system_bytes / 4096u, i, done;
    uint8_t *contents, *at;
    oal_marker_captured();
    for (i = 0; i < oem->dwNumEntries; i++) {
        most += oem->pRamEntries[i].RamSize / 4096u;
    }
    for (at = IMAGE; at < IMAGE + 4096u + pages(most * 4u); at++) {
        *at = 0;
    }
    contents = at;
    image_pages = 0;
    if (!add(table, (uint32_t)__oal_code_start, system_bytes, &at)) {
        return "OEMCompressSnapshot";
    }
    for (i = 0; i < oem->dwNumEntries; i++) {
        if (!add(table, oem->pRamEntries[i].ShiftedRamBase << 8, oem->pRamEntries[i].RamSize, &at)) {
            return "OEMCompressSnapshot";
        }
    }
    image_bytes = (uint32_t)(at - IMAGE);

    for (i = 0; i < OAL_CPU_CONTEXT_BYTES / 4; i++) {
        ((uint32_t *)(void *)(head + 1))[i] = context[i];
    }
    head->dwSig = OAL_SNAP_SIG;
    head->dwOfstSnapTable = 4096;
    head->dwOfstPageable = image_bytes;
    head->cSnapPages = image_pages;
    head->cbCompressed = (DWORD)(at - contents);
    head->dwOemData = hooks.dwOemData;
    head->dwTableChkSum = SnapChkSum(table, image_pages * 4u);
    head->dwSnapChkSum = SnapChkSum(contents, head->cbCompressed);
    head->dwHeaderAdjust = 0u - SnapChkSum(IMAGE, 4096);

    if (!hooks.pfnPrepareSnapshot(image_bytes)) {
        return "OEMPrepareSnapshot";
    }
    for (done = 0; done < image_bytes; done += PART) {
        if (!hooks.pfnSnapWrite(IMAGE + done, image_bytes - done < PART ? image_bytes - done : PART, done)) {
            return "OEMWriteSnapshot";
        }
    }
    if (!hooks.pfnSnapWrite(NULL, 0, 0)) {
        return "OEMWriteSnapshot";
    }
    oal_marker_written();
    return NULL;
}

#define RESTORED 2

/* Where dwSnapPC leads: what it returns is what the capture returns then. */
static BOOL resumed(void)
{
    hooks.pfnSnapshotResume();
    return RESTORED;
}

static void ready(void)
{
    print("@ready\n");
    oal_marker_ready();
}

static void snapshot(int with_registers)
{
    uint32_t values[REGISTERS];
    const char *failed;
    BOOL timeline;
    /* What nobody needs goes first, so that little is active. */
    oal_snapshot_set_state(eSnapPass1);
    drivers_down();
    drivers_up();
    oal_snapshot_set_state(eSnapPass2);
    drivers_down();
    oal_snapshot_set_state(eSnapPrepared);
    oem = hooks.pfnSnapGetOemRegions();
    if (with_registers) {
        registers_set(0x60b00000u);
    }
    timeline = hooks.pfnSnapCPU((DWORD)resumed, context, sizeof context);
    store_registers(values);
    if (timeline == RESTORED) {
        /* The state is eSnapBoot. */
        drivers_up();
        oal_snapshot_set_state(eSnapNone);
        app.timeline = "restored";
        app.boots++;
        print_pair("@restored seq=", oal_report->id);
        print("\n");
    } else {
        /* This stack is saved: the image is written on another. */
        failed = timeline ? call_on(__oal_boot_stack_top, write_image) : "OEMTakeCPUSnapshot";
        if (failed == NULL) {
            oal_snapshot_set_state(eSnapTaken);
        }
        drivers_up();
        oal_snapshot_set_state(eSnapNone);
        /* The next boot must not find them by chance. */
        registers_set(0);
        if (failed != NULL) {
            print(failed);
            print(": ");
            print(oal_snapshot_strerror(oal_snapshot_last_error()));
            print("\n@error reason=snapshot-failed\n");
            return;
        }
        app.timeline = "live";
        print_pair("@taken bytes=", image_bytes);
        print_pair(" pages=", image_pages);
        print("\n");
    }
    if (with_registers) {
        registers_check(values, 0x60b00000u);
    }
    if (timeline != RESTORED) {
        print("@ok\n");
        return;
    }
    if (oal_snapshot_confirm() != 0) {
        print("The boot could not be confirmed.\n");
    }
    ready();
}

static void fill(void)
{
    app.seed++;
    pattern_fill(PATTERN, PATTERN_PAGES);
    pattern_fill(PANEL, PANEL_PAGES);
}

static void status(void)
{
    uint32_t i;
    life_status();
    print_pair(" panel_wrong=", pattern_wrong(PANEL, PANEL_PAGES));
    print_pair(" ticks=", clock_now());
    print("\n");
    for (i = 0; i < DRIVERS; i++) {
        static const char *const states[] = {"none", "pass1", "pass2", "prepared", "taken", "boot"};
        print("@driver name=");
        print(drivers[i].name);
        print_pair(" up_resume=", drivers[i].resumes);
        print_pair(" up_boot=", drivers[i].boots);
        print(" last_state=");
        print(states[drivers[i].last]);
        print_pair(" order=", drivers[i].order);
        print("\n");
    }
}

static void memory(void)
{
    print_range("ram", __ram_start, __ram_end);
    print_range("oem", __panel_start, __panel_end);
    print_range("nosave", __oal_nosave_start, __oal_nosave_end);
    print_range("free", IMAGE, __ram_end);
}

static void command(const char *line)
{
    if (same(line, "snapshot") || same(line, "snapshot regs")) {
        snapshot(same(line, "snapshot regs"));
        return;
    }
    if (same(line, "memory")) {
        memory();
    } else if (same(line, "status")) {
        status();
    } else if (same(line, "fill")) {
        fill();
    } else if (same(line, "poweroff")) {
        print("@ok\n");
        power_off();
    } else {
        print("Commands: fill, memory, poweroff, snapshot, snapshot regs, status.\n@error reason=unknown-command\n");
        return;
    }
    print("@ok\n");
}

void application(void)
{
    app.timeline = "cold";
    fill();
    console_init();
    clock_init();
    if (oal_start(BUILD_ID, NULL) != 0 || oal_snapshot_support(&hooks, 0x6b726e6cu) != 0) {
        print("The library does not start.\n");
    }
    ready();
    for (;;) {
        command(console_line());
    }
}

/* After the boot loader started it. */
void boot(void)
{
    struct mapping map[OAL_MAPPINGS + 1];
    clear_data();
    oal_map(map);
    map[OAL_MAPPINGS].start = map[OAL_MAPPINGS].memory = (uint32_t)__oal_code_start;
    map[OAL_MAPPINGS].end = (uint32_t)__oal_code_end;
    map[OAL_MAPPINGS].kind = MAP_CODE;
    mmu_on(tables, map, OAL_MAPPINGS + 1);
    enter_application();
}
