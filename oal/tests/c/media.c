/* Media that keep their chips' rules strictly: what breaks one ends the test. Power can go in any operation, and leaves
 * it half done. */
#define _GNU_SOURCE
#include "board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DISK_FIRST 100u
#define DISK_SECTORS 24000u
#define DISK_END (DISK_FIRST + DISK_SECTORS)
#define NAND_PAGE 2048u
#define NAND_SPARE 64u
#define NAND_PAGES 64u
#define NAND_BLOCKS 120u
#define NOR_BLOCK 65536u
#define NOR_BLOCKS 180u

static uint8_t *disk_bytes, *disk_cache, *disk_dirty;
static uint8_t *nand_bytes, *nand_next, *nand_bad;
static uint8_t *nor_bytes;
static void (*watch_read)(void *bytes, size_t count);

static void *shared_bytes(size_t bytes, int value)
{
    void *place = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    memset(place, value, bytes);
    return place;
}

/* Counts an operation that changes the medium: 0 go on, 1 power goes in it, else it fails. */
static int fault(void)
{
    shared->operations++;
    if (shared->operations == shared->cut_at) {
        return 1;
    }
    return shared->operations == shared->fail_at ? shared->fail_with : 0;
}

/* The disk: a cache that a power cut loses by halves, behind it the sectors. */

static int32_t disk_read(void *context, uint64_t sector, uint32_t count, void *buffer)
{
    uint32_t i;
    CHECK(context == &disk_bytes && sector >= DISK_FIRST && sector + count <= DISK_END && count > 0);
    for (i = 0; i < count; i++) {
        const uint8_t *from = disk_dirty[sector + i] ? disk_cache : disk_bytes;
        memcpy((uint8_t *)buffer + i * 512u, from + (sector + i) * 512u, 512);
    }
    if (watch_read) {
        watch_read(buffer, count * 512u);
    }
    return 0;
}

static void disk_settle(int cut)
{
    uint32_t i;
    for (i = DISK_FIRST; i < DISK_END; i++) {
        if (disk_dirty[i] && !(cut && i % 2u)) {
            memcpy(disk_bytes + i * 512u, disk_cache + i * 512u, 512);
        }
        disk_dirty[i] = 0;
    }
}

static int32_t disk_write(void *context, uint64_t sector, uint32_t count, const void *data)
{
    int what = fault();
    CHECK(context == &disk_bytes && sector >= DISK_FIRST && sector + count <= DISK_END && count > 0);
    memcpy(disk_cache + sector * 512u, data, (size_t)count * 512u);
    memset(disk_dirty + sector, 1, count);
    if (what == 1) {
        disk_settle(1);
        _exit(99);
    }
    return what;
}

static int32_t disk_discard(void *context, uint64_t sector, uint64_t count)
{
    CHECK(context == &disk_bytes && sector >= DISK_FIRST && sector + count <= DISK_END);
    memset(disk_bytes + sector * 512u, 0xee, (size_t)count * 512u);
    memset(disk_dirty + sector, 0, (size_t)count);
    return 0;
}

static int32_t disk_flush(void *context)
{
    int what = fault();
    CHECK(context == &disk_bytes);
    disk_settle(what == 1);
    if (what == 1) {
        _exit(99);
    }
    return what;
}

OalBlockDevice disk = {&disk_bytes, DISK_FIRST, DISK_SECTORS, disk_read, disk_write, NULL, disk_discard, disk_flush};

/* The NAND: erased before programmed, pages in order, each once; a cut tears a page or a block. */

static uint8_t *nand_page(uint32_t block, uint32_t page)
{
    CHECK(block < NAND_BLOCKS && page < NAND_PAGES);
    return nand_bytes + ((size_t)block * NAND_PAGES + page) * (NAND_PAGE + NAND_SPARE);
}

static int32_t nand_read(void *context, uint32_t block, uint32_t page, void *data, void *spare, uint32_t spare_bytes)
{
    const uint8_t *from = nand_page(block, page);
    (void)context;
    CHECK(spare_bytes <= NAND_SPARE);
    memcpy(data, from, NAND_PAGE);
    memcpy(spare, from + NAND_PAGE, spare_bytes);
    return 0;
}

static int32_t nand_program(void *context, uint32_t block, uint32_t page, const void *data, const void *spare,
                            uint32_t spare_bytes)
{
    uint8_t *to = nand_page(block, page);
    int what = fault();
    (void)context;
    CHECK(!nand_bad[block] && page == nand_next[block] && spare_bytes <= NAND_SPARE);
    nand_next[block] = (uint8_t)(page + 1u);
    memcpy(to, data, what == 1 ? NAND_PAGE / 3u : NAND_PAGE);
    if (what == 1) {
        _exit(99);
    }
    memcpy(to + NAND_PAGE, spare, spare_bytes);
    return what;
}

static int32_t nand_erase(void *context, uint32_t block)
{
    int what = fault();
    (void)context;
    CHECK(!nand_bad[block]);
    memset(nand_page(block, 0), 0xff, (size_t)(NAND_PAGE + NAND_SPARE) * (what == 1 ? NAND_PAGES / 2u : NAND_PAGES));
    nand_next[block] = what == 1 ? NAND_PAGES : 0;
    if (what == 1) {
        _exit(99);
    }
    return what;
}

static int32_t nand_is_bad(void *context, uint32_t block, uint32_t *bad)
{
    (void)context;
    CHECK(block < NAND_BLOCKS);
    *bad = nand_bad[block];
    return 0;
}

static int32_t nand_mark_bad(void *context, uint32_t block)
{
    (void)context;
    CHECK(block < NAND_BLOCKS);
    nand_bad[block] = 1;
    return 0;
}

OalNandFlash nand = {NULL,       NAND_PAGE,    NAND_PAGES,  NAND_BLOCKS, 0, nand_read,
                     nand_program, nand_erase, nand_is_bad, nand_mark_bad};

/* The NOR: ones to zeroes, erased by blocks. */

static int32_t nor_read(void *context, uint64_t at, void *buffer, uint32_t bytes)
{
    (void)context;
    CHECK(at + bytes <= NOR_BLOCK * NOR_BLOCKS);
    memcpy(buffer, nor_bytes + at, bytes);
    return 0;
}

static int32_t nor_program(void *context, uint64_t at, const void *data, uint32_t bytes)
{
    int what = fault();
    uint32_t i;
    (void)context;
    CHECK(at + bytes <= NOR_BLOCK * NOR_BLOCKS && at % 4u == 0 && bytes % 4u == 0);
    for (i = 0; i < (what == 1 ? bytes / 2u : bytes); i++) {
        nor_bytes[at + i] &= ((const uint8_t *)data)[i];
    }
    if (what == 1) {
        _exit(99);
    }
    return what;
}

static int32_t nor_erase(void *context, uint32_t block)
{
    int what = fault();
    (void)context;
    CHECK(block < NOR_BLOCKS);
    memset(nor_bytes + (size_t)block * NOR_BLOCK, 0xff, what == 1 ? NOR_BLOCK / 2u : NOR_BLOCK);
    if (what == 1) {
        _exit(99);
    }
    return what;
}

OalNorFlash nor = {NULL, NOR_BLOCK, NOR_BLOCKS, 4, 0, NULL, nor_read, nor_program, nor_erase};

void media_watch_reads(void (*each)(void *bytes, size_t count))
{
    watch_read = each;
}

static uint8_t disk_kept[DISK_END * 512u];

void media_save(void)
{
    disk_settle(0);
    memcpy(disk_kept, disk_bytes, sizeof disk_kept);
}

void media_load(void)
{
    disk_settle(0);
    memcpy(disk_bytes, disk_kept, sizeof disk_kept);
}

void media_start(void)
{
    disk_bytes = shared_bytes(DISK_END * 512u, 0);
    disk_cache = shared_bytes(DISK_END * 512u, 0);
    disk_dirty = shared_bytes(DISK_END, 0);
    nand_bytes = shared_bytes((size_t)(NAND_PAGE + NAND_SPARE) * NAND_PAGES * NAND_BLOCKS, 0xff);
    nand_next = shared_bytes(NAND_BLOCKS, (int)NAND_PAGES);
    nand_bad = shared_bytes(NAND_BLOCKS, 0);
    nand_bad[9] = nand_bad[40] = 1;
    nor_bytes = shared_bytes((size_t)NOR_BLOCK * NOR_BLOCKS, 0xff);
    nor.mapped = nor_bytes;
}

int media_flip(const char *medium, const void *bytes, size_t count)
{
    uint8_t *start = disk_bytes;
    size_t size = DISK_END * 512u;
    int found = 0;
    uint8_t *at;
    if (strcmp(medium, "nand") == 0) {
        start = nand_bytes;
        size = (size_t)(NAND_PAGE + NAND_SPARE) * NAND_PAGES * NAND_BLOCKS;
    } else if (strcmp(medium, "nor") == 0) {
        start = nor_bytes;
        size = (size_t)NOR_BLOCK * NOR_BLOCKS;
    }
    at = start;
    while ((at = memmem(at, size - (size_t)(at - start), bytes, count)) != NULL) {
        at[count - 1] ^= 1;
        at += count;
        found++;
    }
    return found;
}
