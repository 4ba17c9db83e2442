#include "board.h"

#include "console.h"

void *memset(void *to, int value, size_t bytes);
void *memcpy(void *to, const void *from, size_t bytes);

/* gcc calls these two by itself. */
void *memset(void *to, int value, size_t bytes)
{
    uint8_t *at = to;
    while (bytes--) {
        *at++ = (uint8_t)value;
    }
    return to;
}

void *memcpy(void *to, const void *from, size_t bytes)
{
    uint8_t *at = to;
    const uint8_t *source = from;
    while (bytes--) {
        *at++ = *source++;
    }
    return to;
}

/* First-level sections (ARM DDI 0406C, B3.5.1): a device, shared and never executed from. */
#define DEVICE 0x0416u

void mmu_on(uint32_t *tables, const struct mapping *map, uint32_t count)
{
    uint32_t at, sctlr;
    for (at = 0; at < 4096; at++) {
        tables[at] = at ? at << 20 | DEVICE : 0;
    }
    for (; count; count--, map++) {
        for (at = map->start; at < map->end; at += 1u << 20) {
            tables[at >> 20] = (at - map->start + map->memory) | map->kind;
        }
    }
    /* TTBR0 with walks through the caches; domain 0 is checked. */
    __asm__ volatile("dsb\n mcr p15, 0, %0, c2, c0, 0\n mcr p15, 0, %1, c2, c0, 2\n mcr p15, 0, %2, c3, c0, 0\n isb\n"
                     "mcr p15, 0, %1, c8, c7, 0\n mcr p15, 0, %1, c7, c5, 0\n mcr p15, 0, %1, c7, c5, 6\n dsb\n isb\n"
                     :
                     : "r"((uint32_t)tables | 0x48u), "r"(0), "r"(1)
                     : "memory");
    /* TEX remap, access flag and alignment check off; MMU, caches and branch prediction on. */
    __asm__ volatile("mrc p15, 0, %0, c1, c0, 0" : "=r"(sctlr));
    sctlr = (sctlr & ~0x30000002u) | 0x1805u;
    __asm__ volatile("mcr p15, 0, %0, c1, c0, 0\n isb\n" : : "r"(sctlr) : "memory");
}

/* The motherboard's configuration registers, SYS_CFGDATA and SYS_CFGCTRL (DUI 0447, 4.3). */
void power_off(void)
{
    console_drain();
    REGISTER(0x100000a0u) = 0;
    REGISTER(0x100000a4u) = 0xc0800000u; /* start, write, function 8: shutdown */
    for (;;) {
    }
}

void unexpected(uint32_t address)
{
    print("An exception at 0x");
    print_hex(address, 8);
    print("\n@error reason=exception\n");
    power_off();
}
