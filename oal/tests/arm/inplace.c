/* The library on an emulated Cortex-A9: registers and RAM are captured, spoilt, and restored in place, by the one call and
 * by the hooks. The medium is RAM that no table names. Speaks by semihosting; the exit code is 0 if all held. */
#include "oal_snapshot.h"

#define NOSAVE __attribute__((section(".nosave")))
#define RAM 0x60000000u
#define RAM_BYTES 0x800000u
#define NOSAVE_BYTES 0x100000u
#define HEAP ((volatile uint32_t *)0x60200000u)
#define HEAP_WORDS (0x600000u / 4u)
#define DISK ((uint8_t *)0x61000000u)
#define DISK_SECTORS 50000u
#define IMAGE ((uint8_t *)0x63000000u)

static uint32_t translation[4096] NOSAVE __attribute__((aligned(16384)));
static uint8_t workspace[OAL_SNAPSHOT_WORKSPACE_BYTES(8)] NOSAVE
    __attribute__((aligned(OAL_SNAPSHOT_WORKSPACE_ALIGN)));
static uint8_t read_buffer[OAL_SNAP_BUFFER_BYTES] NOSAVE __attribute__((aligned(4096)));
static OalBootReport report NOSAVE;
static uint64_t boot_stack[2048] NOSAVE;
static uint32_t lives NOSAVE; /* how often a machine went on */
static volatile uint32_t counter; /* in saved memory */

void *memset(void *to, int value, size_t bytes);
void *memcpy(void *to, const void *from, size_t bytes);
void application(void);

void *memset(void *to, int value, size_t bytes)
{
    volatile uint8_t *at = to;
    while (bytes--) {
        *at++ = (uint8_t)value;
    }
    return to;
}

void *memcpy(void *to, const void *from, size_t bytes)
{
    volatile uint8_t *at = to;
    const uint8_t *source = from;
    while (bytes--) {
        *at++ = *source++;
    }
    return to;
}

static uint32_t semihosting(uint32_t operation, uint32_t argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register uint32_t r1 __asm__("r1") = argument;
    __asm__ volatile("svc 0x123456" : "+r"(r0) : "r"(r1) : "memory", "lr");
    return r0;
}

static void say(const char *text)
{
    semihosting(4, (uint32_t)text);
}

static void leave(int good)
{
    semihosting(0x18, good ? 0x20026u : 0x20024u);
    for (;;) {
    }
}

static void number(uint32_t value)
{
    char text[10];
    int i;
    for (i = 0; i < 8; i++) {
        text[i] = "0123456789abcdef"[value >> (28 - 4 * i) & 15u];
    }
    text[8] = '\n';
    text[9] = 0;
    say(text);
}

static void same(uint32_t left, uint32_t right, const char *what)
{
    if (left != right) {
        say(what);
        say(" is wrong: ");
        number(left);
        say("last error: ");
        say(oal_snapshot_strstage(oal_snapshot_last_error()));
        say(": ");
        say(oal_snapshot_strerror(oal_snapshot_last_error()));
        say("\n");
        leave(0);
    }
}
#define SAME(left, right) same((uint32_t)(left), (uint32_t)(right), #left)

/* System mode's stack, interrupts masked, then the translation tables: RAM cached, the rest device memory, all where it is. */
__attribute__((naked, section(".text.start"))) void _start(void)
{
    __asm__("cpsid aif\n cps #0x1f\n ldr sp, =stack_top\n b application\n");
}

static void mmu(void)
{
    uint32_t i;
    for (i = 0; i < 4096; i++) {
        int is_ram = i >= 0x600 && i < 0x640;
        translation[i] = i << 20 | (is_ram ? 0x1c0eu : 0x0c06u | 0x10u);
    }
    __asm__ volatile("dsb\n mcr p15, 0, %0, c2, c0, 0\n mcr p15, 0, %1, c2, c0, 2\n mcr p15, 0, %2, c3, c0, 0\n"
                     "mcr p15, 0, %1, c8, c7, 0\n dsb\n isb\n mrc p15, 0, r0, c1, c0, 0\n orr r0, r0, #0x1000\n"
                     "orr r0, r0, #5\n mcr p15, 0, r0, c1, c0, 0\n isb\n"
                     :
                     : "r"(translation), "r"(0), "r"(1)
                     : "r0", "memory");
}

/* Calls a function on another stack. */
__attribute__((naked)) static uint32_t call_on(void *stack_top __attribute__((unused)),
                                               uint32_t (*function)(void) __attribute__((unused)))
{
    __asm__("push {r4, lr}\n mov r4, sp\n mov sp, r0\n blx r1\n mov sp, r4\n pop {r4, pc}\n");
}

/* Registers that only a whole capture brings back. */
static void set_registers(uint32_t seed)
{
    __asm__ volatile("mrs r3, cpsr\n cps #0x12\n mov sp, %0\n add lr, %0, #1\n cps #0x17\n add sp, %0, #2\n"
                     "cps #0x1b\n add sp, %0, #3\n cps #0x11\n add r8, %0, #4\n add sp, %0, #5\n cps #0x13\n add sp, %0, #6\n"
                     "msr cpsr_c, r3\n mcr p15, 0, %0, c13, c0, 2\n"
                     :
                     : "r"(seed)
                     : "r3", "memory");
    __asm__ volatile(".fpu neon\n mrc p15, 0, r3, c1, c0, 2\n orr r3, r3, #0xf00000\n mcr p15, 0, r3, c1, c0, 2\n isb\n"
                     "mov r3, #0x40000000\n vmsr fpexc, r3\n vmov d8, %0, %0\n vmov d31, %0, %0\n"
                     :
                     : "r"(seed)
                     : "r3", "memory");
}

static void check_registers(uint32_t seed)
{
    uint32_t irq, irq_lr, abt, und, fiq8, svc, thread, d8, d31;
    __asm__ volatile("mrs r3, cpsr\n cps #0x12\n mov %0, sp\n mov %1, lr\n cps #0x17\n mov %2, sp\n cps #0x1b\n mov %3, sp\n"
                     "cps #0x13\n mov %4, sp\n msr cpsr_c, r3\n mrc p15, 0, %5, c13, c0, 2\n"
                     : "=&r"(irq), "=&r"(irq_lr), "=&r"(abt), "=&r"(und), "=&r"(svc), "=&r"(thread)
                     :
                     : "r3", "memory");
    __asm__ volatile("mrs r3, cpsr\n cps #0x11\n mov r0, r8\n msr cpsr_c, r3\n mov %0, r0\n" : "=r"(fiq8) : : "r0", "r3");
    __asm__ volatile(".fpu neon\n vmov.32 %0, d8[1]\n vmov.32 %1, d31[0]\n" : "=r"(d8), "=r"(d31));
    SAME(irq, seed);
    SAME(irq_lr, seed + 1);
    SAME(abt, seed + 2);
    SAME(und, seed + 3);
    SAME(fiq8, seed + 4);
    SAME(svc, seed + 6);
    SAME(thread, seed);
    SAME(d8, seed);
    SAME(d31, seed);
}

static void fill(uint32_t seed)
{
    uint32_t i;
    for (i = 0; i < HEAP_WORDS; i++) {
        HEAP[i] = i % 5000u < 2000u ? 0 : i % 3u ? seed : i * 2654435761u + seed;
    }
}

static uint32_t wrong(uint32_t seed)
{
    uint32_t i, count = 0;
    for (i = 0; i < HEAP_WORDS; i++) {
        count += HEAP[i] != (i % 5000u < 2000u ? 0 : i % 3u ? seed : i * 2654435761u + seed);
    }
    return count;
}

static int32_t disk_read(void *context, uint64_t sector, uint32_t count, void *buffer)
{
    (void)context;
    memcpy(buffer, DISK + (uint32_t)sector * 512u, count * 512u);
    return 0;
}

static int32_t disk_write(void *context, uint64_t sector, uint32_t count, const void *data)
{
    (void)context;
    memcpy(DISK + (uint32_t)sector * 512u, data, count * 512u);
    return 0;
}

static int32_t disk_flush(void *context)
{
    (void)context;
    return 0;
}

static const RAMTableEntry ram_entry = {RAM >> 8, RAM_BYTES, 0}, nosave_entry = {RAM >> 8, NOSAVE_BYTES, 0};
static const RamTable ram = {0x10000, 1, &ram_entry}, nosave = {0x10000, 1, &nosave_entry};

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

static const char *suspend(void *context)
{
    (void)context;
    return NULL;
}

static void resume(void *context, OalResume why)
{
    (void)context;
    if (why == OAL_RESUME_RESTORED) {
        SAME(GetSnapshotState(), eSnapBoot);
    }
}

static const OalSystem board = {NULL, ram_table, NULL, nosave_table, NULL, NULL, suspend, resume, NULL, NULL, NULL};
static const OalBlockDevice disk = {NULL, 0, DISK_SECTORS, disk_read, disk_write, NULL, NULL, disk_flush};
static const OalConfig config = {
    sizeof(OalConfig), OAL_FLAG_SECURE, "in place", {0}, 0, workspace, sizeof workspace, &report, &board, NULL, NULL,
    &oal_snapshot_block, &disk, NULL, NULL, NULL, OAL_SLOTS_TWO, OAL_POLICY_ALWAYS, 3, 0, 0, 0};

/* Spoils what a restore must bring back, and boots. */
static uint32_t boot(void)
{
    uint32_t i;
    for (i = 0; i < HEAP_WORDS; i++) {
        HEAP[i] = 0xdeadbeefu;
    }
    counter = 0x66666666u;
    set_registers(0xbad0bad0u);
    SAME(oal_snapshot_init(&config), 0);
    return oal_snapshot_boot();
}

static void one_call(void)
{
    static const OalTakeSettings settings = {0, 0, OAL_SLOTS_TWO, OAL_POLICY_ALWAYS};
    OalTakeReport taken = {0, 0, 0, 0, 0, 0, 0};
    volatile uint32_t local = 0x12340000u;
    uint32_t timeline;
    counter = 41;
    fill(0x1111u);
    set_registers(0x50500000u);
    timeline = oal_snapshot_take(&settings, &taken);
    if (timeline == OAL_SNAPSHOT_LIVE) {
        SAME(lives, 0);
        lives++;
        SAME(GetSnapshotState(), eSnapTaken);
        SAME(wrong(0x1111u), 0);
        local++;
        call_on(boot_stack + 2048, boot);
        SAME("a boot that", "does not return");
    }
    SAME(timeline, OAL_SNAPSHOT_RESTORED);
    SAME(lives, 1);
    lives++;
    check_registers(0x50500000u);
    SAME(wrong(0x1111u), 0);
    SAME(counter, 41);
    SAME(local, 0x12340000u);
    SAME(taken.id, 0);
    SAME(GetSnapshotState(), eSnapNone);
    SAME(oal_snapshot_confirm(), 0);
    SAME(report.attempt, 1);
    say("one call: taken, spoilt, restored in place\n");
}

/* The hooks. */

static uint32_t context[OAL_CPU_CONTEXT_BYTES / 4] NOSAVE;

/* Makes the image and writes it, on the boot stage's stack: the other one is saved. */
static uint32_t write_image(void)
{
    SNAP_HEADER *head = (SNAP_HEADER *)(void *)IMAGE;
    uint32_t *table = (uint32_t *)(void *)(IMAGE + 4096);
    uint32_t pages = (RAM_BYTES - NOSAVE_BYTES) / 4096u, contents = 4096u + ((pages * 4u + 4095u) & ~4095u), i;
    DWORD size = 0x1000000u;
    memset(IMAGE, 0, contents);
    for (i = 0; i < pages; i++) {
        table[i] = (RAM + NOSAVE_BYTES) / 4096u + i;
    }
    SAME(OEMCompressSnapshot((LPCVOID)(RAM + NOSAVE_BYTES), pages * 4096u, IMAGE + contents, &size), 1);
    memset(IMAGE + contents + size, 0, 4096u - size % 4096u);
    memcpy(IMAGE + sizeof *head, context, sizeof context);
    head->dwSig = OAL_SNAP_SIG;
    head->dwOfstSnapTable = 4096;
    head->cSnapPages = pages;
    head->cbCompressed = size;
    head->dwTableChkSum = SnapChkSum(table, pages * 4u);
    head->dwSnapChkSum = SnapChkSum(IMAGE + contents, size);
    head->dwHeaderAdjust = 0u - SnapChkSum(IMAGE, 4096);
    size = (contents + size + 4095u) & ~4095u;
    SAME(OEMPrepareSnapshot(size), 1);
    SAME(OEMWriteSnapshot(IMAGE, size, 0), 1);
    SAME(OEMWriteSnapshot(NULL, 0, 0), 1);
    return 0;
}

static uint32_t load(void)
{
    DWORD error = 9;
    LPVOID cpu;
    uint32_t i;
    for (i = 0; i < HEAP_WORDS; i++) {
        HEAP[i] = 0xdeadbeefu;
    }
    counter = 0x66666666u;
    set_registers(0xbad0bad0u);
    SAME(oal_snapshot_init(&config), 0);
    cpu = SnapRestore(OEMReadSnapshot, (DWORD)read_buffer, sizeof read_buffer, &error);
    SAME(error, 0);
    return oal_snapshot_restore_cpu(cpu);
}

static uint32_t resumed_state;

static BOOL resumed(void)
{
    OEMSnapshotResume();
    resumed_state = GetSnapshotState();
    return 0x7e7e;
}

static void hooks(void)
{
    volatile uint32_t local = 0x56780000u;
    BOOL timeline;
    lives = 0;
    counter = 43;
    fill(0x2222u);
    set_registers(0x60600000u);
    timeline = OEMTakeCPUSnapshot((DWORD)resumed, context, sizeof context);
    if (timeline == 1) {
        SAME(lives, 0);
        lives++;
        /* This stack is saved: the live machine goes on another until the image is written. */
        call_on(boot_stack + 2048, write_image);
        local = 99;
        call_on(boot_stack + 2048, load);
        SAME("a restore that", "does not return");
    }
    SAME(timeline, 0x7e7e);
    SAME(resumed_state, eSnapBoot);
    SAME(lives, 1);
    lives++;
    check_registers(0x60600000u);
    SAME(wrong(0x2222u), 0);
    SAME(counter, 43);
    SAME(local, 0x56780000u);
    SAME(oal_snapshot_set_state(eSnapNone), 0);
    SAME(oal_snapshot_confirm(), 0);
    SAME(report.refused_count, 0);
    say("hooks: taken, spoilt, restored in place\n");
}

void application(void)
{
    mmu();
    lives = 0;
    SAME(oal_snapshot_init(&config), 0);
    one_call();
    hooks();
    say("passed\n");
    leave(1);
}
