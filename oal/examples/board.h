/* What the examples need of the Versatile Express with Cortex-A9 (motherboard DUI 0447, tile DUI 0448). */
#ifndef BOARD_H
#define BOARD_H

#include "oal_snapshot.h"

/* Memory that no snapshot holds; cleared at power-on. */
#define NOSAVE __attribute__((section(".nosave.bss")))

#define RAM_MIB 64u
#define FLASH_BLOCK 0x40000u /* bytes of an erase block */
#define FLASH_BLOCKS 256u

/* Of the linker's script. */
extern uint8_t __oal_code_start[], __oal_code_end[], __oal_nosave_start[], __oal_nosave_end[], __heap_start[];
extern uint8_t __ram_start[], __ram_end[], __oal_build_id_note[];

/* start.S */
void clear_data(void);
void enter_application(void) __attribute__((noreturn));

/* Maps memory where it is, and switches MMU and caches on. Called once, with both off. */
void mmu_on(void);

/* Puts the console's UART into a known state: 115200 8N1. */
void console_init(void);
/* Writes a text; a newline becomes CR LF. */
void print(const char *text);
/* The same, decimal. */
void print_number(uint64_t value);
/* The same, in so many hexadecimal digits. */
void print_hex(uint32_t value, int digits);
/* The next byte, or -1. */
int console_get(void);
/* Waits until everything was sent. */
void console_drain(void);

/* Powers the board off. */
void power_off(void) __attribute__((noreturn));

/* The NOR flash of bank 0, all of it. */
extern const OalNorFlash flash;

#endif
