/* A board on the host: RAM, registers and media that every process of a test sees, and a system around the library.
 *
 * A machine is a process. Taking a snapshot forks it: the child stands still as the machine was at the capture, with its
 * stack and its statics, and goes on when a boot, in yet another process, restores it. RAM itself is shared memory, so
 * what the child finds there is what the boot put there. */
#ifndef BOARD_H
#define BOARD_H

#include "oal_snapshot.h"

#define MIB 5u /* the table of a kernel's image has more than one page */
#define RAM_BASE 0x80000000u
#define RAM_PAGES (MIB * 256u)
#define OEM_FIRST 1008u /* page of RAM at which the OEM's region starts; it goes to the end */
#define NOSAVE_FIRST 256u
#define NOSAVE_PAGES 16u
#define FREE_FIRST 700u
#define FREE_PAGES 100u
#define REGISTERS 24u

/* What survives a power-off, and what a test looks at. */
struct shared {
    volatile int restored;            /* exit code + 1 of the machine that was restored; 0: there was none yet */
    volatile int go;                  /* number of the capture that shall go on; captures count from 1 */
    volatile int captures;
    volatile int over;                /* the test is over: machines that stand still may end */
    uint32_t registers[REGISTERS];
    OalBootReport report;
    char journal[65536];
    uint32_t scratch;                 /* a register that survives a reset */
    uint32_t wrong_pages;             /* that a restored kernel paged in */
    /* the media's faults */
    long operations;                  /* so far */
    long cut_at;                      /* the operation in which power goes, from 1; 0: none */
    long fail_at;                     /* the operation that fails, from 1; 0: none */
    int fail_with;
};

extern struct shared *shared;
extern uint8_t *ram;
extern OalConfig config;
extern OalSystem board_system;
extern const OalAttemptRegister scratch_register;
extern const char *suspend_answer; /* what the system's suspend returns; NULL: it works */

/* Makes RAM and media; before the first fork. */
void board_start(void);
/* Starts the library on a medium: "block", "nand" or "nor". */
uint32_t board_init(const char *medium);
/* Fills RAM with contents made from a seed: noise, text, zeroes. */
void board_fill(uint32_t seed);
/* A page of it that is noise, so that images hold it as it is. */
uint32_t board_noise_page(uint32_t seed);
/* The first such page from `page` on. */
uint32_t board_noise_page_from(uint32_t seed, uint32_t page);
/* Power-on: noise in RAM, nothing in the registers. */
void board_noise(uint32_t seed);
/* How many bytes of saved memory, and registers, are not those of board_fill(seed). */
long board_wrong(uint32_t seed);
/* The same without the registers. */
long board_wrong_pages(uint32_t seed);
/* Whether all RAM is as board_noise(seed) left it. */
int board_untouched(uint32_t seed);
/* Notes a line, with the snapshot state. */
void note(const char *what);
/* Runs a machine in a process of its own and returns its exit code. */
int machine(int (*run)(void *), void *argument);
/* Waits for the machine that a boot let go on, and returns its exit code; -1 if there is none. */
int restored_machine(void);

/* The media. */
extern OalBlockDevice disk;
extern OalNandFlash nand;
extern OalNorFlash nor;
void media_start(void);
/* Flips a bit of every copy of these bytes on the medium; how many there were. */
int media_flip(const char *medium, const void *bytes, size_t count);
/* Has `each` called with the bytes of every read of the disk, which it may change. */
void media_watch_reads(void (*each)(void *bytes, size_t count));
/* Keeps the disk as it is, and puts it back. */
void media_save(void);
void media_load(void);

/* Ends the test with the line if the condition does not hold. */
#define CHECK(condition) check((condition) != 0, #condition, __FILE__, __LINE__)
/* The same for two numbers. */
#define SAME(left, right) same((unsigned long long)(left), (unsigned long long)(right), #left, __FILE__, __LINE__)
void check(int holds, const char *what, const char *file, int line);
void same(unsigned long long left, unsigned long long right, const char *what, const char *file, int line);

#endif
