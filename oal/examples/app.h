/* What a snapshot must bring back, and how that is found out: memory whose contents follow from a number, registers, and the
 * application's own count of its boots. */
#ifndef APP_H
#define APP_H

#include <stdint.h>

#define PATTERN_PAGES 1024u
#define PATTERN_BYTES (PATTERN_PAGES * 4096u)
/* Where the application has it. */
#define PATTERN ((uint32_t *)(void *)__heap_start)

/* Words that load_registers takes. */
#define REGISTERS 71u

/* In saved memory. */
struct app {
    uint32_t seed, boots;
    const char *timeline;
};
extern struct app app;

/* Fills pages with what follows from the seed: runs of 40 pages that do not compress, that do, and that are zero. */
void pattern_fill(uint32_t *at, uint32_t pages);
/* How many of the pages are not like that. */
uint32_t pattern_wrong(const uint32_t *at, uint32_t pages);

/* The line `@status`, without its end. */
void life_status(void);

/* registers.S */
void load_registers(const uint32_t *from);
void store_registers(uint32_t *to);
/* Fills the registers with what follows from a number. */
void registers_set(uint32_t from);
/* The lines `@regs` and `@reg`, for what store_registers found. */
void registers_check(const uint32_t *values, uint32_t from);

#endif
