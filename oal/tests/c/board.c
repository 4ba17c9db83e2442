#define _GNU_SOURCE
#include "board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct shared *shared;
uint8_t *ram;
OalConfig config;
const char *suspend_answer;

static uint8_t workspace[OAL_SNAPSHOT_WORKSPACE_BYTES(MIB)] __attribute__((aligned(OAL_SNAPSHOT_WORKSPACE_ALIGN)));

void check(int holds, const char *what, const char *file, int line)
{
    if (!holds) {
        fprintf(stderr, "%s:%d: does not hold: %s (last error: %s: %s)\n", file, line, what,
                oal_snapshot_strstage(oal_snapshot_last_error()), oal_snapshot_strerror(oal_snapshot_last_error()));
        fprintf(stderr, "journal:\n%s", shared->journal);
        _exit(1);
    }
}

void same(unsigned long long left, unsigned long long right, const char *what, const char *file, int line)
{
    if (left != right) {
        fprintf(stderr, "%s:%d: %s is %#llx, not %#llx\n", file, line, what, left, right);
        check(0, what, file, line);
    }
}

void note(const char *what)
{
    static const char *const names[] = {"none", "pass1", "pass2", "prepared", "taken", "boot"};
    size_t end = strlen(shared->journal);
    snprintf(shared->journal + end, sizeof shared->journal - end, "%s [%s]\n", what, names[GetSnapshotState()]);
}

/* The system. */

static const RAMTableEntry ram_entries[] = {{RAM_BASE >> 8, OEM_FIRST * 4096u, 0}};
static const RAMTableEntry oem_entries[] = {{(RAM_BASE + OEM_FIRST * 4096u) >> 8, (RAM_PAGES - OEM_FIRST) * 4096u, 0}};
static const RAMTableEntry nosave_entries[] = {{(RAM_BASE + NOSAVE_FIRST * 4096u) >> 8, NOSAVE_PAGES * 4096u, 0}};
static const RamTable ram_list = {0x10000, 1, ram_entries};
static const RamTable oem_list = {0x10000, 1, oem_entries};
static const RamTable nosave_list = {0x10000, 1, nosave_entries};

static PCRamTable ram_table(void *context)
{
    (void)context;
    return &ram_list;
}

static PCRamTable oem_table(void *context)
{
    (void)context;
    return &oem_list;
}

static PCRamTable nosave_table(void *context)
{
    (void)context;
    return &nosave_list;
}

static uint32_t page_class(void *context, uint64_t page)
{
    (void)context;
    page -= RAM_BASE / 4096u;
    return page >= FREE_FIRST && page < FREE_FIRST + FREE_PAGES ? OAL_PAGE_CLASS_FREE : OAL_PAGE_CLASS_USED;
}

static void reclaim(void *context)
{
    (void)context;
    note("reclaim");
}

static const char *suspend(void *context)
{
    (void)context;
    note("suspend");
    return suspend_answer;
}

static void resume(void *context, OalResume why)
{
    (void)context;
    note(why == OAL_RESUME_RESTORED ? "resume restored" : "resume live");
}

static void pause_(void *context, uint32_t milliseconds)
{
    char text[32];
    (void)context;
    snprintf(text, sizeof text, "pause %u", (unsigned)milliseconds);
    note(text);
}

static void snapshot_resume(void *context)
{
    (void)context;
    note("snapshot resume");
}

static void progress(void *context, OalStep step, uint64_t done, uint64_t total)
{
    (void)context;
    if (step == OAL_STEP_REFUSED) {
        char text[96];
        snprintf(text, sizeof text, "refused %s: %s", oal_snapshot_strstage((uint32_t)done),
                 oal_snapshot_strerror((uint32_t)done));
        note(text);
    } else if (step == OAL_STEP_CAPTURED || step == OAL_STEP_WRITTEN || step == OAL_STEP_LOADED) {
        note(step == OAL_STEP_CAPTURED ? "captured" : step == OAL_STEP_WRITTEN ? "written" : "loaded");
    } else {
        CHECK(step == OAL_STEP_CHOSEN || done <= total);
    }
}

OalSystem board_system = {NULL,    ram_table, oem_table, nosave_table,    page_class, reclaim,
                          suspend, resume,    pause_,    snapshot_resume, progress};

/* The CPU. */

static int32_t capture(void *context, uint32_t *words, void (*live)(void *), void *argument)
{
    int number = ++shared->captures;
    (void)context;
    memcpy(words, shared->registers, sizeof shared->registers);
    fflush(NULL);
    if (fork() == 0) {
        int waited;
        for (waited = 0; waited < 60000 && !shared->over; waited++) {
            if (shared->go == number) {
                shared->go = 0;
                /* This process stays as it is, for the next boot. */
                if (fork() == 0) {
                    return 1;
                }
            }
            usleep(500);
        }
        _exit(0);
    }
    live(argument);
    return 0;
}

/* The words end with the number of the capture. */
static void restore(void *context, const uint32_t *words)
{
    (void)context;
    memcpy(shared->registers, words, sizeof shared->registers);
    shared->go = (int)words[REGISTERS - 1];
    _exit(0);
}

static const OalCpu cpu = {NULL, REGISTERS, 0, capture, restore};

static uint32_t get_scratch(void *context)
{
    (void)context;
    return shared->scratch;
}

static void set_scratch(void *context, uint32_t value)
{
    (void)context;
    shared->scratch = value;
}

const OalAttemptRegister scratch_register = {NULL, get_scratch, set_scratch};

void board_start(void)
{
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    /* In the first 4 GiB, so that SnapRestore's buffer can lie in it. */
    ram = mmap((void *)0x20000000u, RAM_PAGES * 4096u, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || ram == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    CHECK((uint64_t)(uintptr_t)ram + RAM_PAGES * 4096u < 0x100000000u);
    media_start();
}

uint32_t board_init(const char *medium)
{
    memset(&config, 0, sizeof config);
    config.size = sizeof config;
    memcpy(config.board, "a board in C    ", 16);
    memset(config.build, 0x5a, sizeof config.build);
    config.ram_offset = (size_t)ram - (size_t)RAM_BASE;
    config.workspace = workspace;
    config.workspace_bytes = sizeof workspace;
    config.report = &shared->report;
    config.system = &board_system;
    config.cpu = &cpu;
    config.slots = OAL_SLOTS_TWO;
    config.policy = OAL_POLICY_ALWAYS;
    config.max_attempts = 3;
    if (strcmp(medium, "nand") == 0) {
        config.store = &oal_snapshot_nand_2048;
        config.nand = &nand;
    } else if (strcmp(medium, "nor") == 0) {
        config.store = &oal_snapshot_nor;
        config.nor = &nor;
    } else {
        config.store = &oal_snapshot_block;
        config.block = &disk;
    }
    return oal_snapshot_init(&config);
}

static uint32_t seed_of(uint32_t seed, uint32_t page)
{
    return seed * 2654435761u + page * 40503u + 1u;
}

static uint32_t kind_of(uint32_t seed, uint32_t page)
{
    return (seed_of(seed, page) >> 7) % 4u;
}

uint32_t board_noise_page(uint32_t seed)
{
    return board_noise_page_from(seed, 0);
}

uint32_t board_noise_page_from(uint32_t seed, uint32_t page)
{
    while (kind_of(seed, page) != 1) {
        page++;
    }
    return page;
}

/* The contents of page `page`: a quarter noise, a quarter zeroes, the rest text. */
static void contents(uint32_t seed, uint32_t page, uint8_t *bytes)
{
    uint32_t word = seed_of(seed, page), kind = kind_of(seed, page);
    int i;
    for (i = 0; i < 4096; i++) {
        word = word * 1664525u + 1013904223u;
        bytes[i] = kind == 0 ? 0 : kind == 1 ? (uint8_t)(word >> 24) : (uint8_t)("snapshot "[(i + page + seed) % 9]);
    }
}

static int is_saved(uint32_t page)
{
    return !(page >= NOSAVE_FIRST && page < NOSAVE_FIRST + NOSAVE_PAGES) &&
           !(page >= FREE_FIRST && page < FREE_FIRST + FREE_PAGES);
}

void board_fill(uint32_t seed)
{
    uint32_t i;
    for (i = 0; i < RAM_PAGES; i++) {
        contents(seed, i, ram + i * 4096u);
    }
    for (i = 0; i < REGISTERS; i++) {
        shared->registers[i] = seed * 77u + i;
    }
    shared->registers[REGISTERS - 1] = (uint32_t)shared->captures + 1u;
}

static uint8_t noise(uint32_t seed, uint32_t at)
{
    return (uint8_t)((at * 2246822519u + seed * 3266489917u) >> 13);
}

void board_noise(uint32_t seed)
{
    uint32_t i;
    for (i = 0; i < RAM_PAGES * 4096u; i++) {
        ram[i] = noise(seed, i);
    }
    memset(shared->registers, 0, sizeof shared->registers);
    shared->journal[0] = 0;
}

int board_untouched(uint32_t seed)
{
    uint32_t i;
    for (i = 0; i < RAM_PAGES * 4096u; i++) {
        if (ram[i] != noise(seed, i)) {
            return 0;
        }
    }
    return 1;
}

long board_wrong_pages(uint32_t seed)
{
    static uint8_t wanted[4096];
    uint32_t page, i;
    long wrong = 0;
    for (page = 0; page < RAM_PAGES; page++) {
        if (!is_saved(page)) {
            continue;
        }
        contents(seed, page, wanted);
        for (i = 0; i < 4096u; i++) {
            wrong += ram[page * 4096u + i] != wanted[i];
        }
    }
    return wrong;
}

long board_wrong(uint32_t seed)
{
    long wrong = board_wrong_pages(seed);
    uint32_t i;
    for (i = 0; i + 1 < REGISTERS; i++) {
        wrong += shared->registers[i] != seed * 77u + i;
    }
    return wrong;
}

int machine(int (*run)(void *), void *argument)
{
    int status;
    pid_t child;
    fflush(NULL);
    child = fork();
    if (child == 0) {
        _exit(run(argument));
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
        return -1;
    }
    return WEXITSTATUS(status);
}

int restored_machine(void)
{
    int waited, code;
    for (waited = 0; shared->restored == 0; waited++) {
        if (waited > 20000) {
            return -1;
        }
        usleep(500);
    }
    code = shared->restored - 1;
    shared->restored = 0;
    return code;
}
