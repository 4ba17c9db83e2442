/* A boot loader of its own, which runs from the board's flash: it boots the snapshot with SnapRestore, or else copies the
 * kernel from flash to RAM and starts it. It knows nothing of the kernel but the first words of it, and where memory is. */
#include "board.h"
#include "console.h"
#include "layout.h"
#include "oal.h"

MARKER(oal_marker_loaded, "3")

static uint32_t tables[4096] __attribute__((aligned(16384)));
static uint8_t buffer[OAL_SNAP_BUFFER_BYTES] __attribute__((aligned(4096)));

static const struct kernel_head *const kernel = (const struct kernel_head *)KERNEL_IN_FLASH;

static void progress(void *context, OalStep step, uint64_t done, uint64_t total)
{
    (void)context;
    print_progress(step, done, total);
    if (step == OAL_STEP_LOADED) {
        console_drain();
        oal_marker_loaded();
    }
}

/* Boots the newest image that passes every check. Comes back with the reason why none was entered. */
static uint32_t boot_snapshot(const uint8_t *build)
{
    DWORD error;
    LPVOID cpu;
    uint32_t why = oal_start(build, progress);
    if (why != 0) {
        return why;
    }
    do {
        cpu = SnapRestore(OEMReadSnapshot, (DWORD)buffer, sizeof buffer, &error);
    } while (cpu == NULL && oal_snapshot_next());
    return cpu ? oal_snapshot_restore_cpu(cpu) : oal_report->error;
}

static void start_kernel(void)
{
    const uint32_t *from = (const uint32_t *)KERNEL_IN_FLASH;
    uint32_t *to = (uint32_t *)kernel->start;
    uint32_t bytes;
    for (bytes = 0; bytes < kernel->bytes; bytes += 4) {
        *to++ = *from++;
    }
    console_drain();
    start_program(kernel->entry);
}

void boot(void)
{
    struct mapping map[OAL_MAPPINGS + 1];
    const uint8_t *build;
    clear_data();
    oal_map(map);
    map[OAL_MAPPINGS].start = map[OAL_MAPPINGS].memory = KERNEL_IN_FLASH;
    map[OAL_MAPPINGS].end = KERNEL_IN_FLASH + KERNEL_ROOM;
    map[OAL_MAPPINGS].kind = MAP_FLASH;
    mmu_on(tables, map, OAL_MAPPINGS + 1);
    console_init();
    if (kernel->magic != KERNEL_MAGIC || kernel->start != (uint32_t)__oal_code_start || kernel->bytes > KERNEL_ROOM ||
        kernel->build_id > KERNEL_ROOM - BUILD_ID_BYTES) {
        print("There is no kernel in the flash.\n@error reason=no-kernel\n");
        power_off();
    }
    build = (const uint8_t *)kernel + kernel->build_id;
    print_reset(build, "nor");
    print_cold(boot_snapshot(build));
    start_kernel();
    power_off();
}
