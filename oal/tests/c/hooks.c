/* The documented hooks, one by one: a kernel of its own takes the snapshot, a boot loader restores it. */
#define _GNU_SOURCE
#include "board.h"
#include "kernel.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *medium;
static uint8_t buffer[OAL_SNAP_BUFFER_BYTES] __attribute__((aligned(4096)));

struct cold {
    uint32_t seed;
    int packed;
    const char *failing; /* the hook that is to fail; NULL: none */
    uint32_t pageable;   /* pages in the pageable area */
};

static SnapshotSupport support;

/* How many pages of the pageable area are not those that the kernel knows by its own checksums. */
static uint32_t page_in(void)
{
    SNAP_HEADER head;
    uint32_t i, wrong = 0;
    SAME(OEMReadSnapshot(buffer, 4096, 0), 1);
    memcpy(&head, buffer, sizeof head);
    SAME(head.cbPageable, kernel_pageable * 4096u);
    for (i = 0; i < kernel_pageable; i++) {
        SAME(OEMReadSnapshot(buffer, 4096, head.dwOfstPageable + i * 4096u), 1);
        wrong += SnapChkSum(buffer, 4096) != kernel_page_sums[i];
    }
    return wrong;
}

/* A kernel that was restored and pages: nothing replaces the image that it pages from. */
static void pages_from_its_image(void)
{
    shared->wrong_pages = page_in();
    SAME(shared->report.pageable_bytes, kernel_pageable * 4096u);
    SAME(OEMPrepareSnapshot(4096), 0);
    SAME(oal_snapshot_last_error(), OAL_STAGE_PREPARE << 16 | OAL_ERROR_PAGED_FROM);
    SAME(oal_snapshot_take(NULL, NULL), OAL_STAGE_PREPARE << 16 | OAL_ERROR_PAGED_FROM);
    SAME(page_in(), shared->wrong_pages);
    SAME(oal_snapshot_paged_in(), 0);
    SAME(OEMPrepareSnapshot(4096), 1);
}

static int cold(void *argument)
{
    const struct cold *wanted = argument;
    int timeline;
    SAME(board_init(medium), 0);
    SAME(oal_snapshot_support(&support, 0xfeed), 0);
    if (wanted->pageable) {
        config.policy = OAL_POLICY_ONCE;
        SAME(oal_snapshot_init(&config), 0);
    }
    kernel_pageable = wanted->pageable;
    board_fill(wanted->seed);
    timeline = kernel_snapshot(&support, wanted->packed);
    if (timeline == 2) {
        CHECK(strcmp(shared->journal + strlen(shared->journal) - strlen("snapshot resume [boot]\n"),
                     "snapshot resume [boot]\n") == 0);
        SAME(board_wrong(wanted->seed), 0);
        SAME(oal_snapshot_confirm(), 0);
        /* The hook that pages: the image that was booted, whichever is the newest. */
        SAME(OEMReadSnapshot(buffer, 4096, 0), 1);
        SAME(memcmp(buffer, "OALK", 4), 0);
        if (kernel_pageable) {
            pages_from_its_image();
        }
        shared->restored = 1;
        _exit(0);
    }
    if (wanted->failing) {
        SAME(timeline, 0);
        CHECK(strncmp(kernel_failed, wanted->failing, strlen(wanted->failing)) == 0);
        SAME(OAL_ERROR_OF(oal_snapshot_last_error()), OAL_ERROR_DEVICE);
        return 0;
    }
    if (timeline != 1) {
        fprintf(stderr, "%s failed\n", kernel_failed);
    }
    SAME(timeline, 1);
    SAME(GetSnapshotState(), eSnapTaken);
    return 0;
}

static int refusals;

/* The boot loader. */
static int boot(void *argument)
{
    DWORD error = 77;
    LPVOID context;
    const OalError *expected = argument;
    board_noise(0x600d);
    SAME(board_init(medium), 0);
    SAME(oal_snapshot_next(), 0);
    refusals = 0;
    do {
        context = SnapRestore(OEMReadSnapshot, (DWORD)(uintptr_t)buffer, sizeof buffer, &error);
        refusals += context == NULL;
    } while (context == NULL && oal_snapshot_next());
    if (context == NULL) {
        SAME(OAL_ERROR_OF(oal_snapshot_last_error()), *expected);
        CHECK(error == SNAP_ERR_CHECKSUM_FAILURE || error == SNAP_ERR_READ_FAILURE);
        CHECK(shared->report.error != 0);
        return 7;
    }
    SAME(error, 0);
    oal_snapshot_restore_cpu(context);
    return 8;
}

static void take(uint32_t seed, int packed)
{
    struct cold wanted = {seed, packed, NULL, 0};
    SAME(machine(cold, &wanted), 0);
}

static void boots(void)
{
    SAME(machine(boot, NULL), 0);
    SAME(restored_machine(), 0);
}

static void cold_boots(OalError why)
{
    SAME(machine(boot, &why), 7);
}

static void both_timelines(void)
{
    cold_boots(OAL_ERROR_NO_IMAGE);
    take(1, 1);
    boots();
    SAME(shared->report.attempt, 1);
    boots();
    take(2, 0);
    boots();
    SAME(shared->report.refused_count, 0);
    printf("%s: a kernel's image, compressed and not\n", medium);
}

static void broken_images(void)
{
    uint8_t piece[24];
    board_fill(2);
    memcpy(piece, ram + 4096u * board_noise_page(2) + 100u, sizeof piece);
    SAME(media_flip(medium, piece, sizeof piece), 1);
    boots();
    SAME(shared->report.refused_count, 1);
    SAME(shared->report.refused[0].error, OAL_STAGE_CHUNK << 16 | OAL_ERROR_BAD_CRC);
    board_fill(1);
    memcpy(piece, ram + 4096u * board_noise_page(1) + 100u, sizeof piece);
    SAME(media_flip(medium, piece, sizeof piece), 1);
    cold_boots(OAL_ERROR_BAD_CRC);
    SAME(shared->report.refused_count, 2);
    printf("%s: damaged images, one and both\n", medium);
}

static int forget(void *argument)
{
    (void)argument;
    SAME(board_init(medium), 0);
    SAME(oal_snapshot_invalidate(), 0);
    return 0;
}

/* A reader that fails, and one that lies the second time. */
static uint32_t reads, fail_from, lie_from;
static BOOL reader(LPVOID to, DWORD bytes, DWORD offset)
{
    CHECK(bytes % 4096u == 0 && offset % 4096u == 0 && (uintptr_t)to % 4096u == 0 && bytes > 0);
    reads++;
    if (fail_from && reads >= fail_from) {
        return 0;
    }
    if (offset + bytes > kernel_image_bytes) {
        return 0;
    }
    memcpy(to, kernel_image + offset, bytes);
    if (lie_from && reads >= lie_from) {
        memset(to, 0x99, bytes);
    }
    return 1;
}

/* Restores the image at hand and expects it to be refused. `untouched`: before a page was written. */
static void refused(DWORD code, OalStage stage, OalError why, int untouched)
{
    DWORD error = 0;
    int mapped;
    for (mapped = 0; mapped < 2; mapped++) {
        board_noise(3);
        if (mapped) {
            CHECK(SnapRestore(NULL, (DWORD)(uintptr_t)kernel_image, kernel_image_bytes, &error) == NULL);
        } else {
            CHECK(SnapRestore(reader, (DWORD)(uintptr_t)buffer, sizeof buffer, &error) == NULL);
        }
        if (error != code || oal_snapshot_last_error() != ((uint32_t)stage << 16 | why)) {
            fprintf(stderr, "%s, error %u: %s: %s\n", mapped ? "mapped" : "read", (unsigned)error,
                    oal_snapshot_strstage(oal_snapshot_last_error()), oal_snapshot_strerror(oal_snapshot_last_error()));
        }
        SAME(oal_snapshot_last_error(), (uint32_t)stage << 16 | why);
        SAME(error, code);
        CHECK(!untouched || board_untouched(3));
    }
}

static PCRamTable no_table(void *context)
{
    static const RamTable none = {0x10000, 0, NULL};
    (void)context;
    return &none;
}

#define BAD SNAP_ERR_CHECKSUM_FAILURE
/* Changes the image, seals it or not, sees it refused, and changes it back. */
#define TAMPER(change, seal, stage, why, untouched)                  \
    do {                                                             \
        memcpy(copy, kernel_image, kernel_image_bytes);              \
        bytes = kernel_image_bytes;                                  \
        change;                                                      \
        if (seal) {                                                  \
            kernel_seal();                                           \
        }                                                            \
        refused(BAD, stage, why, untouched);                         \
        memcpy(kernel_image, copy, bytes);                           \
        kernel_image_bytes = bytes;                                  \
    } while (0)

/* Every field of the image that can be wrong. */
static int hostile(void *argument)
{
    static uint8_t copy[MIB * 0x100000u + 0x100000u];
    SNAP_HEADER *head = (SNAP_HEADER *)(void *)kernel_image;
    uint32_t *table = (uint32_t *)(void *)(kernel_image + 4096);
    uint8_t *contents, *context = kernel_image + sizeof *head;
    uint32_t bytes, first_page, total;
    DWORD error = 0;
    LPVOID restored;
    (void)argument;
    SAME(board_init(medium), 0);
    SAME(oal_snapshot_support(&support, 0xfeed), 0);
    board_fill(5);
    if (kernel_snapshot(&support, 1) != 1) {
        _exit(0); /* the machine as it was at the capture, which nobody restores */
    }
    contents = kernel_image + 4096u + ((head->cSnapPages * 4u + 4095u) & ~4095u);
    first_page = table[0];

    /* As it is, it loads, both ways, with the reader of the store too. */
    restored = SnapRestore(NULL, (DWORD)(uintptr_t)kernel_image, kernel_image_bytes, &error);
    CHECK(restored != NULL && error == 0);
    SAME(SnapRestore(reader, (DWORD)(uintptr_t)buffer, sizeof buffer, &error) == restored, 1);
    total = reads;

    TAMPER(head->dwSig ^= 1, 1, OAL_STAGE_HEADER, OAL_ERROR_BAD_MAGIC, 1);
    TAMPER(head->dwHeaderAdjust ^= 1, 0, OAL_STAGE_HEADER, OAL_ERROR_BAD_CRC, 1);
    TAMPER(head->dwOemData ^= 1, 0, OAL_STAGE_HEADER, OAL_ERROR_BAD_CRC, 1);
    TAMPER(kernel_image[4095] ^= 1, 0, OAL_STAGE_HEADER, OAL_ERROR_BAD_CRC, 1);
    TAMPER(head->dwOfstSnapTable = 0, 1, OAL_STAGE_HEADER, OAL_ERROR_BAD_FIELD, 1);
    TAMPER(head->dwOfstSnapTable = 4095, 1, OAL_STAGE_HEADER, OAL_ERROR_BAD_FIELD, 1);
    TAMPER(head->dwOfstSnapTable = 0x11000, 1, OAL_STAGE_HEADER, OAL_ERROR_BAD_FIELD, 1);
    TAMPER(head->cSnapPages = 0, 1, OAL_STAGE_HEADER, OAL_ERROR_BAD_FIELD, 1);
    TAMPER(head->cSnapPages = 0xffffffffu, 1, OAL_STAGE_HEADER, OAL_ERROR_BAD_FIELD, 1);
    TAMPER((head->cbPageable = 4096, head->dwOfstPageable = 4096), 1, OAL_STAGE_HEADER, OAL_ERROR_BAD_FIELD, 1);
    TAMPER((head->dwSnapChkSum ^= 1, head->dwHeaderAdjust = 0, head->dwHeaderAdjust = 0u - SnapChkSum(kernel_image, 4096)),
           0, OAL_STAGE_CHUNK, OAL_ERROR_BAD_CRC, 0);
    TAMPER((head->cbCompressed = 0, kernel_seal(), head->cbCompressed = 0), 0, OAL_STAGE_HEADER, OAL_ERROR_BAD_FIELD, 1);
    TAMPER(context[100] ^= 1, 1, OAL_STAGE_CONTEXT, OAL_ERROR_BAD_CRC, 1);
    TAMPER(context[0] ^= 1, 1, OAL_STAGE_CONTEXT, OAL_ERROR_BAD_CRC, 1);
    TAMPER(table[1] = table[0], 1, OAL_STAGE_MAP, OAL_ERROR_OVERLAP, 1);
    TAMPER(table[0] = 0, 1, OAL_STAGE_MAP, OAL_ERROR_OUT_OF_RANGE, 1);
    TAMPER(table[NOSAVE_FIRST] = first_page + NOSAVE_FIRST, 1, OAL_STAGE_MAP, OAL_ERROR_OUT_OF_RANGE, 1);
    TAMPER(table[head->cSnapPages - 1] = 0xffffffffu, 1, OAL_STAGE_MAP, OAL_ERROR_OUT_OF_RANGE, 1);
    TAMPER(table[0] ^= 0x40000000u, 0, OAL_STAGE_MAP, OAL_ERROR_BAD_CRC, 1);
    /* Frames: version, any other number in the head, the stored bytes, their padding; too few of them. */
    TAMPER(contents[2] = 1, 1, OAL_STAGE_CHUNK, OAL_ERROR_WRONG_CODEC, 1);
    TAMPER(contents[3] ^= 1, 1, OAL_STAGE_CHUNK, OAL_ERROR_BAD_CRC, 1);
    TAMPER(contents[5] ^= 0x10, 1, OAL_STAGE_CHUNK, OAL_ERROR_BAD_CRC, 1);
    TAMPER(contents[8] ^= 1, 1, OAL_STAGE_CHUNK, OAL_ERROR_BAD_CRC, 1);
    TAMPER(memset(contents + 16, 0xff, 64), 1, OAL_STAGE_CHUNK, OAL_ERROR_BAD_CRC, 1);
    TAMPER(contents[16 + (contents[4] | (uint32_t)contents[5] << 8)] = 1, 1, OAL_STAGE_CHUNK, OAL_ERROR_BAD_PADDING, 1);
    /* Of a frame whose checksums are right. */
    TAMPER((contents[3] = 17, kernel_seal_frame(contents)), 1, OAL_STAGE_CHUNK, OAL_ERROR_BAD_FIELD, 1);
    TAMPER((contents[3] = 15, kernel_seal_frame(contents)), 1, OAL_STAGE_CHUNK, OAL_ERROR_CORRUPT_STREAM, 0);
    TAMPER((memset(contents + 16, 0xff, 64), kernel_seal_frame(contents)), 1, OAL_STAGE_CHUNK, OAL_ERROR_CORRUPT_STREAM, 0);
    TAMPER((head->cbCompressed -= 4096, kernel_seal()), 0, OAL_STAGE_CHUNK, OAL_ERROR_TRUNCATED, 0);

    /* Frames that are as long as the pages would be are frames. */
    memcpy(copy, kernel_image, kernel_image_bytes);
    bytes = kernel_image_bytes;
    CHECK(head->cbCompressed < head->cSnapPages * 4096u);
    memset(contents + head->cbCompressed, 0, head->cSnapPages * 4096u - head->cbCompressed);
    head->cbCompressed = head->cSnapPages * 4096u;
    kernel_seal();
    kernel_image_bytes = (uint32_t)(contents - kernel_image) + head->cbCompressed;
    board_noise(3);
    CHECK(SnapRestore(reader, (DWORD)(uintptr_t)buffer, sizeof buffer, &error) == restored);
    SAME(board_wrong_pages(5), 0);
    memcpy(kernel_image, copy, bytes);
    kernel_image_bytes = bytes;

    /* Another board, another build, other RAM. */
    config.board[0] ^= 1;
    refused(BAD, OAL_STAGE_HEADER, OAL_ERROR_WRONG_BOARD, 1);
    config.board[0] ^= 1;
    config.build[31] ^= 1;
    refused(BAD, OAL_STAGE_HEADER, OAL_ERROR_WRONG_BUILD, 1);
    config.build[31] ^= 1;
    {
        PCRamTable (*table_of_oem)(void *) = board_system.oem_table;
        board_system.oem_table = NULL;
        refused(BAD, OAL_STAGE_HEADER, OAL_ERROR_WRONG_RAM, 1);
        board_system.oem_table = table_of_oem;
    }

    /* Tables that name the library's own memory, though they did not when it was started. */
    {
        OalConfig other = config;
        PCRamTable (*nosave)(void *) = board_system.nosave_table;
        other.report = (OalBootReport *)(void *)(ram + NOSAVE_FIRST * 4096u);
        SAME(oal_snapshot_init(&other), 0);
        board_system.nosave_table = no_table;
        board_noise(3);
        CHECK(SnapRestore(reader, (DWORD)(uintptr_t)buffer, sizeof buffer, &error) == NULL);
        SAME(error, SNAP_ERR_INVALID_ARGUMENT);
        SAME(oal_snapshot_last_error(), OAL_STAGE_REGIONS << 16 | OAL_ERROR_IN_SAVED_MEMORY);
        CHECK(board_untouched(3));
        SAME(oal_snapshot_boot(), OAL_STAGE_REGIONS << 16 | OAL_ERROR_IN_SAVED_MEMORY);
        board_system.nosave_table = nosave;
        SAME(oal_snapshot_init(&config), 0);
    }

    /* A buffer in RAM: where the image has a page it is refused, elsewhere not. */
    board_noise(3);
    CHECK(SnapRestore(reader, (DWORD)(uintptr_t)(ram + 4096u), sizeof buffer, &error) == NULL);
    SAME(oal_snapshot_last_error(), OAL_STAGE_MAP << 16 | OAL_ERROR_OUT_OF_RANGE);
    SAME(error, SNAP_ERR_CHECKSUM_FAILURE);
    CHECK(SnapRestore(reader, (DWORD)(uintptr_t)(ram + FREE_FIRST * 4096u), sizeof buffer, &error) == restored);
    SAME(board_wrong_pages(5), 0);

    /* A reader that fails at any moment, and one that gives other bytes than before. */
    for (bytes = 1; bytes <= total; bytes += bytes < 8u ? 1u : total / 16u + 1u) {
        reads = 0;
        fail_from = bytes;
        CHECK(SnapRestore(reader, (DWORD)(uintptr_t)buffer, sizeof buffer, &error) == NULL);
        SAME(error, SNAP_ERR_READ_FAILURE);
        fail_from = 0;
        reads = 0;
        lie_from = bytes;
        CHECK(SnapRestore(reader, (DWORD)(uintptr_t)buffer, sizeof buffer, &error) == NULL);
        SAME(error, SNAP_ERR_CHECKSUM_FAILURE);
        lie_from = 0;
    }

    /* In full it still loads. */
    CHECK(SnapRestore(NULL, (DWORD)(uintptr_t)kernel_image, kernel_image_bytes, NULL) == restored);
    board_fill(5);
    shared->registers[REGISTERS - 1] = 0;
    CHECK(SnapRestore(reader, (DWORD)(uintptr_t)buffer, sizeof buffer, &error) == restored);
    SAME(board_wrong(5), 0);
    return 0;
}

static void failing_media(void)
{
    struct cold wanted = {6, 1, "OEMWriteSnapshot", 0};
    SAME(machine(forget, NULL), 0);
    take(4, 1);
    shared->operations = 0;
    take(4, 1);
    shared->fail_at = shared->operations - 4;
    shared->operations = 0;
    shared->fail_with = -7;
    SAME(machine(cold, &wanted), 0);
    shared->fail_at = 0;
    boots();
    SAME(shared->registers[0], 4 * 77u);
    printf("%s: a medium that fails\n", medium);
}

/* The kernel's own checksums find what OEMReadSnapshot does not look for. */
static void paging(void)
{
    struct cold wanted = {8, 1, NULL, FREE_PAGES};
    uint8_t piece[24];
    SAME(machine(forget, NULL), 0);
    SAME(machine(cold, &wanted), 0);
    boots();
    SAME(shared->wrong_pages, 0);
    SAME(machine(forget, NULL), 0);
    SAME(machine(cold, &wanted), 0);
    board_fill(8);
    memcpy(piece, ram + 4096u * board_noise_page_from(8, FREE_FIRST) + 100u, sizeof piece);
    CHECK(media_flip(medium, piece, sizeof piece) > 0);
    boots();
    SAME(shared->wrong_pages, 1);
    printf("%s: a pageable area\n", medium);
}

int main(int count, char **arguments)
{
    medium = count > 1 ? arguments[1] : "block";
    board_start();
    both_timelines();
    broken_images();
    failing_media();
    paging();
    SAME(machine(hostile, NULL), 0);
    printf("%s: hostile images\n", medium);
    shared->over = 1;
    puts("passed");
    return 0;
}
