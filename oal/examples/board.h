/* What the examples need of the Versatile Express with Cortex-A9 (motherboard DUI 0447, tile DUI 0448). */
#ifndef BOARD_H
#define BOARD_H

#include "oal_snapshot.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

/* Memory that no snapshot holds; cleared at power-on. */
#define NOSAVE __attribute__((section(".nosave.bss")))

#define RAM_MIB 64u
#define BUILD_ID_BYTES 20u /* of the linker, in a note behind three lengths and the name "GNU" */
#define BUILD_ID (__oal_build_id_note + 16)

/* Places for a debugger to stop at. */
#define MARKER(name, number) \
    void name(void); \
    __attribute__((noinline, used)) void name(void) { __asm__ volatile("nop\n mov r12, #" number : : : "r12", "memory"); }

/* Of the linker's scripts. */
extern uint8_t __oal_code_start[], __oal_code_end[], __oal_nosave_start[], __oal_nosave_end[], __heap_start[];
extern uint8_t __ram_start[], __ram_end[], __oal_build_id_note[];

/* Each program's own: what start.S calls, on the boot stack with the MMU off, and where an exception ends. */
void boot(void) __attribute__((noreturn));
void unexpected(uint32_t address) __attribute__((noreturn));

/* start.S */
void clear_data(void);
void enter_application(void) __attribute__((noreturn));
const char *call_on(void *stack, const char *(*function)(void));
void start_program(uint32_t entry) __attribute__((noreturn));

/* Whole MiB of the address space: where they lie in memory, and as what. */
struct mapping {
    uint32_t start, end, memory, kind;
};
#define MAP_RAM 0x141eu        /* cached, to read and write */
#define MAP_CODE 0x940eu       /* cached, to read and execute */
#define MAP_FLASH 0x9412u      /* not cached, to read */
#define MAP_FLASH_CODE 0x9402u /* not cached, to read and execute */

/* Switches MMU and caches on, with tables of 4096 words, aligned to 16384. What the map does not name is device memory, where it
 * is; but nothing is at address 0. Called once, with both off. */
void mmu_on(uint32_t *tables, const struct mapping *map, uint32_t count);

/* Powers the board off. */
void power_off(void) __attribute__((noreturn));

#endif
