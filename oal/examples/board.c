#include "board.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

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

/* MMU: first-level sections (ARM DDI 0406C, B3.5.1). */

#define SECTION 0x2u
#define BUFFERABLE 0x4u
#define CACHEABLE 0x8u
#define EXECUTE_NEVER 0x10u
#define PRIVILEGED 0x400u
#define TEX_1 0x1000u
#define READ_ONLY 0x8000u
/* Bank 0 of the flash once more, for reading: normal memory without caches. Commands go to its own address, as to a device. */
#define READ_WINDOW 0x70000000u
#define FLASH 0x40000000u
#define FLASH_BYTES (FLASH_BLOCK * FLASH_BLOCKS)

/* Nosave: the tables of the system and of the boot are the same, at the same place. */
static uint32_t translation[4096] NOSAVE __attribute__((aligned(16384)));

void mmu_on(void)
{
    const uint32_t ram = SECTION | PRIVILEGED | TEX_1 | CACHEABLE | BUFFERABLE;
    uint32_t i, sctlr;
    for (i = 0; i < 4096; i++) {
        uint32_t at = i << 20;
        if (at >= (uint32_t)__oal_code_start && at < (uint32_t)__oal_code_end) {
            translation[i] = at | ram | READ_ONLY;
        } else if (at >= (uint32_t)__ram_start && at < (uint32_t)__ram_end) {
            translation[i] = at | ram | EXECUTE_NEVER;
        } else if (at >= READ_WINDOW && at < READ_WINDOW + FLASH_BYTES) {
            translation[i] = (at - READ_WINDOW + FLASH) | SECTION | PRIVILEGED | TEX_1 | READ_ONLY | EXECUTE_NEVER;
        } else {
            translation[i] = at ? at | SECTION | PRIVILEGED | BUFFERABLE | EXECUTE_NEVER : 0;
        }
    }
    /* TTBR0 with walks through the caches; domain 0 is checked. */
    __asm__ volatile("dsb\n mcr p15, 0, %0, c2, c0, 0\n mcr p15, 0, %1, c2, c0, 2\n mcr p15, 0, %2, c3, c0, 0\n isb\n"
                     "mcr p15, 0, %1, c8, c7, 0\n mcr p15, 0, %1, c7, c5, 0\n mcr p15, 0, %1, c7, c5, 6\n dsb\n isb\n"
                     :
                     : "r"((uint32_t)translation | 0x48u), "r"(0), "r"(1)
                     : "memory");
    /* TEX remap, access flag and alignment check off; MMU, caches and branch prediction on. */
    __asm__ volatile("mrc p15, 0, %0, c1, c0, 0" : "=r"(sctlr));
    sctlr = (sctlr & ~0x30000002u) | 0x1805u;
    __asm__ volatile("mcr p15, 0, %0, c1, c0, 0\n isb\n" : : "r"(sctlr) : "memory");
}

/* Console: a PL011 at 24 MHz (DDI 0183). */

#define UART 0x10009000u
#define UART_DATA REGISTER(UART + 0x00)
#define UART_FLAGS REGISTER(UART + 0x18)
#define FLAG_BUSY 0x08u
#define FLAG_NOTHING_RECEIVED 0x10u
#define FLAG_FULL 0x20u
#define PATIENCE 10000000u /* polls; more than the FIFO takes to drain */

void console_init(void)
{
    REGISTER(UART + 0x30) = 0;       /* off */
    REGISTER(UART + 0x24) = 13;      /* 24 MHz / (16 * 115200) = 13 + 1/64 */
    REGISTER(UART + 0x28) = 1;
    REGISTER(UART + 0x2c) = 0x70;    /* 8N1, FIFOs */
    REGISTER(UART + 0x38) = 0;       /* no interrupts */
    REGISTER(UART + 0x30) = 0x301;   /* receiver, transmitter, UART */
}

static void put(char byte)
{
    uint32_t polls = PATIENCE;
    while ((UART_FLAGS & FLAG_FULL) && --polls) {
    }
    UART_DATA = (uint8_t)byte;
}

void print(const char *text)
{
    for (; *text; text++) {
        if (*text == '\n') {
            put('\r');
        }
        put(*text);
    }
}

void print_number(uint64_t value)
{
    char text[21];
    int at = 20;
    text[at] = 0;
    do {
        text[--at] = (char)('0' + value % 10u);
        value /= 10u;
    } while (value);
    print(text + at);
}

void print_hex(uint32_t value, int digits)
{
    while (digits-- > 0) {
        put("0123456789abcdef"[value >> (4 * digits) & 15u]);
    }
}

int console_get(void)
{
    return UART_FLAGS & FLAG_NOTHING_RECEIVED ? -1 : (int)(UART_DATA & 0xffu);
}

void console_drain(void)
{
    uint32_t polls = PATIENCE;
    while ((UART_FLAGS & FLAG_BUSY) && --polls) {
    }
}

/* Power: the motherboard's configuration registers, SYS_CFGDATA and SYS_CFGCTRL (DUI 0447, 4.3). */
void power_off(void)
{
    console_drain();
    REGISTER(0x100000a0u) = 0;
    REGISTER(0x100000a4u) = 0xc0800000u; /* start, write, function 8: shutdown */
    for (;;) {
    }
}

/* NOR flash: two 16-bit chips side by side with Intel's command set, each command for both (StrataFlash J3 data sheet,
 * "Command Definitions"). The driver has no state, and nothing in the picture. */

#define BOTH(value) ((uint32_t)(value) * 0x10001u)
#define READY BOTH(0x80)
#define ERRORS BOTH(0x3a)  /* erase, program, voltage, lock */
#define BUFFER_WORDS 8u    /* of 32 bits; J3's buffer is the smallest, 32 bytes a chip, and a word has 2 of each */
#define POLLS 100000000u   /* longer than the 4 s that an erase may take */

static int32_t finish(volatile uint32_t *at)
{
    uint32_t polls = POLLS, status;
    do {
        status = *at;
    } while ((status & READY) != READY && --polls);
    *at = BOTH(0x50); /* clear status */
    *at = BOTH(0xff); /* read array */
    return (status & READY) != READY ? -1 : status & ERRORS ? (int32_t)(status & ERRORS) : 0;
}

static int32_t flash_read(void *context, uint64_t at, void *buffer, uint32_t bytes)
{
    (void)context;
    memcpy(buffer, (const uint8_t *)(READ_WINDOW + (uint32_t)at), bytes);
    return 0;
}

static int32_t flash_program(void *context, uint64_t start, const void *data, uint32_t bytes)
{
    const uint8_t *from = data;
    uint32_t at = FLASH + (uint32_t)start, end = at + bytes;
    (void)context;
    while (at < end) {
        /* A buffer does not cross a boundary of its own size. */
        uint32_t words = BUFFER_WORDS - at / 4u % BUFFER_WORDS, i, polls = POLLS;
        /* Any address of the erase block will do for the chip; QEMU wants the buffer's own. */
        volatile uint32_t *block = (volatile uint32_t *)at;
        int32_t failed;
        if (words > (end - at) / 4u) {
            words = (end - at) / 4u;
        }
        do {
            *block = BOTH(0xe8); /* write to buffer */
        } while ((*block & READY) != READY && --polls);
        *block = BOTH(words - 1u);
        for (i = 0; i < words; i++, at += 4, from += 4) {
            uint32_t word;
            memcpy(&word, from, 4);
            REGISTER(at) = word;
        }
        *block = BOTH(0xd0); /* confirm */
        failed = finish(block);
        if (failed) {
            return failed;
        }
    }
    return 0;
}

static int32_t flash_erase(void *context, uint32_t number)
{
    volatile uint32_t *block = (volatile uint32_t *)(FLASH + number * FLASH_BLOCK);
    (void)context;
    *block = BOTH(0x20);
    *block = BOTH(0xd0);
    return finish(block);
}

const OalNorFlash flash = {
    NULL, FLASH_BLOCK, FLASH_BLOCKS, 4, 0, (const void *)READ_WINDOW, flash_read, flash_program, flash_erase};
