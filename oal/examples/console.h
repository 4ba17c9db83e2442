/* The console, and how its lines for programs are made (docs/console.md). */
#ifndef CONSOLE_H
#define CONSOLE_H

#include "oal_snapshot.h"

/* Puts the UART into a known state: 115200 8N1. */
void console_init(void);
/* Waits until everything was sent. */
void console_drain(void);
/* Waits for a line. */
const char *console_line(void);

/* Writes a text; a newline becomes CR LF. */
void print(const char *text);
/* The same, decimal. */
void print_number(uint64_t value);
/* The same, in so many hexadecimal digits. */
void print_hex(uint32_t value, int digits);
/* `key`, then the number. */
void print_pair(const char *key, uint64_t value);
/* A range of memory: `@what range=0x...`. */
void print_range(const char *what, const uint8_t *start, const uint8_t *end);
/* ` stage=... reason=...` for an error of a boot, and the end of the line. */
void print_why(uint32_t why);
/* The line `@reset`. */
void print_reset(const uint8_t *build, const char *medium);
/* The lines `@refused` and `@boot image`, from what the library tells of a boot. */
void print_progress(OalStep step, uint64_t done, uint64_t total);
/* The line `@cold`, and the same for people. */
void print_cold(uint32_t why);

/* Whether two texts are the same. */
int same(const char *left, const char *right);

#endif
