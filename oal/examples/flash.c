/* Two 16-bit chips side by side with Intel's command set, each command for both (StrataFlash J3 data sheet, "Command
 * Definitions"). */
#include "flash.h"

#include "board.h"

#define BANK (FLASH_START + FLASH_BANK_BYTES)
#define WINDOW (FLASH_WINDOW + FLASH_BANK_BYTES)
#define BLOCK_BYTES 0x40000u
#define BLOCKS 256u

#define BOTH(value) ((uint32_t)(value) * 0x10001u)
#define READY BOTH(0x80)
#define ERRORS BOTH(0x3a)  /* erase, program, voltage, lock */
#define BUFFER_WORDS 8u    /* of 32 bits; J3's buffer is the smallest, 32 bytes a chip, and a word has 2 of each */
#define POLLS 100000000u   /* longer than the 4 s that an erase may take */

void *memcpy(void *to, const void *from, size_t bytes);

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
    memcpy(buffer, (const uint8_t *)(WINDOW + (uint32_t)at), bytes);
    return 0;
}

static int32_t flash_program(void *context, uint64_t start, const void *data, uint32_t bytes)
{
    const uint8_t *from = data;
    uint32_t at = BANK + (uint32_t)start, end = at + bytes;
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
    volatile uint32_t *block = (volatile uint32_t *)(BANK + number * BLOCK_BYTES);
    (void)context;
    *block = BOTH(0x20);
    *block = BOTH(0xd0);
    return finish(block);
}

const OalNorFlash flash_bank1 = {
    NULL, BLOCK_BYTES, BLOCKS, 4, 0, (const void *)WINDOW, flash_read, flash_program, flash_erase};
