/* What was checked is what is used: any one read of an image may give other bytes than all others, and SnapRestore loads
 * the right image, or an older one, or reports an error. It never returns a context for RAM with a wrong byte. */
#define _GNU_SOURCE
#include "board.h"
#include "kernel.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RAM_BYTES (RAM_PAGES * 4096u)
#define IMAGE_ROOM (RAM_BYTES + 0x100000u)
#define FAILED 2

enum kind { BIT, OTHER_PAGE, OLDER_PAGE, OLDER_READ, ZEROES, KINDS };
enum route { MEMORY, STORE, DEVICE };

/* Of the older image, and of the newer one. */
static uint8_t images[2][IMAGE_ROOM], wanted[2][RAM_BYTES];
static uint8_t noise[RAM_BYTES], in_image[RAM_PAGES];
static uint8_t buffer[512 * 4096] __attribute__((aligned(4096)));
static uint32_t buffer_bytes, table_pages;
static int packed;
static const char *medium;
static SnapshotSupport support;

static enum route route;
static enum kind kind;
static uint32_t reads, differs_at, altered;
static int and_later; /* all reads from that one on differ */

/* The page that is given instead of a page of the newer image: of the table the next one of the table, else the next. */
static uint32_t other_page(uint32_t page)
{
    if (page >= 1 && page <= table_pages) {
        return page == table_pages ? 1 : page + 1;
    }
    return (page + 1) * 4096u < kernel_image_bytes ? page + 1 : page - 1;
}

/* Changes a bit of what was read, or gives other bytes for one of its pages or for all of it. */
static void alter(uint8_t *bytes, uint32_t count, uint32_t offset)
{
    uint32_t page = differs_at * 2654435761u % (count / 4096u) * 4096u, from = offset + page;
    uint8_t other[4096] = {0};
    if (kind == OLDER_READ) {
        altered |= memcmp(bytes, images[0] + offset, count) != 0;
        memcpy(bytes, images[0] + offset, count);
        return;
    }
    if (kind == BIT) {
        memcpy(other, bytes + page, 4096);
        other[differs_at * 40503u % 4096u] ^= (uint8_t)(1u << differs_at % 8u);
    } else if (kind == OLDER_PAGE) {
        memcpy(other, images[0] + from, 4096);
    } else if (kind == OTHER_PAGE) {
        memcpy(other, images[1] + other_page(from / 4096u) * 4096u, 4096);
    }
    altered |= memcmp(bytes + page, other, 4096) != 0;
    memcpy(bytes + page, other, 4096);
}

static BOOL reader(LPVOID to, DWORD bytes, DWORD offset)
{
    CHECK(bytes <= sizeof buffer);
    if (route == MEMORY) {
        CHECK(offset + bytes <= IMAGE_ROOM); /* the older image's header may lead behind the end */
        memcpy(to, images[1] + offset, bytes);
    } else if (!OEMReadSnapshot(to, bytes, offset)) {
        return 0;
    }
    reads++;
    if (reads == differs_at || (and_later && differs_at && reads > differs_at)) {
        alter(to, bytes, offset);
    }
    return 1;
}

/* The same for the device's own reads, those of the store's records too. */
static void device_reads(void *bytes, size_t count)
{
    uint8_t *at = bytes;
    if (route == DEVICE && ++reads == differs_at) {
        altered = 1;
        if (kind == BIT) {
            at[differs_at * 2654435761u % count] ^= (uint8_t)(1u << differs_at % 8u);
        } else {
            memset(at, 0, count);
        }
    }
}

static int page_is(const uint8_t *all, uint32_t page)
{
    return memcmp(ram + page * 4096u, all + page * 4096u, 4096) == 0;
}

/* Whether RAM is what image `which` has; what it has not is as it was. */
static int ram_is(int which)
{
    uint32_t page;
    for (page = 0; page < RAM_PAGES; page++) {
        if (!page_is(in_image[page] ? wanted[which] : noise, page)) {
            return 0;
        }
    }
    return 1;
}

/* After a refusal pages of no image are as they were. The others are so too, or as the image has them, but for frames that
 * came from elsewhere: their own checksum is right, and only the image's, at the end, is not. */
static void check_refused(int any_frames)
{
    uint32_t page;
    for (page = 0; page < RAM_PAGES; page++) {
        CHECK(page_is(noise, page) || (in_image[page] && (any_frames || page_is(wanted[1], page))));
    }
}

/* Restores as a boot loader does, and says which image that was. */
static int restore(void)
{
    DWORD error = 77;
    LPVOID context;
    int tries = 0;
    memcpy(ram, noise, RAM_BYTES);
    SAME(board_init(medium), 0);
    /* Attempts are not counted, so that every boot finds the same. */
    config.max_attempts = 0;
    SAME(oal_snapshot_init(&config), 0);
    shared->journal[0] = 0;
    reads = altered = 0;
    do {
        context = SnapRestore(reader, (DWORD)(uintptr_t)buffer, buffer_bytes, &error);
        if (context == NULL) {
            CHECK(error == SNAP_ERR_CHECKSUM_FAILURE || error == SNAP_ERR_READ_FAILURE);
            check_refused(tries > 0 || and_later || (packed && kind != BIT));
        }
        tries++;
    } while (context == NULL && oal_snapshot_next());
    if (context == NULL) {
        return FAILED;
    }
    SAME(error, 0);
    if (ram_is(1)) {
        return 1;
    }
    /* All of an older image is an image. */
    CHECK((route != MEMORY || (and_later && kind == OLDER_READ)) && ram_is(0));
    return 0;
}

static void take(int which)
{
    uint32_t i;
    board_fill(1u + (uint32_t)which);
    memcpy(wanted[which], ram, RAM_BYTES);
    if (kernel_snapshot(&support, packed) != 1) {
        _exit(0); /* the machine as it was at the capture, which nobody restores */
    }
    memcpy(images[which], kernel_image, kernel_image_bytes);
    memset(in_image, 0, sizeof in_image);
    table_pages = (((const SNAP_HEADER *)(const void *)kernel_image)->cSnapPages * 4u + 4095u) / 4096u;
    CHECK(table_pages > 1);
    for (i = 0; i < ((const SNAP_HEADER *)(const void *)kernel_image)->cSnapPages; i++) {
        in_image[((const uint32_t *)(const void *)(kernel_image + 4096))[i] - RAM_BASE / 4096u] = 1;
    }
}

static void every_read(enum route by, uint32_t bytes, int from_then_on)
{
    uint32_t total, refused = 0, older = 0, newer = 0;
    static const char *const routes[] = {"memory", "OEMReadSnapshot", "the device"};
    route = by;
    buffer_bytes = bytes;
    and_later = from_then_on;
    differs_at = 0;
    SAME(restore(), 1);
    total = reads;
    for (kind = BIT; kind < KINDS; kind++) {
        if (by == DEVICE && kind != BIT && kind != ZEROES) {
            continue;
        }
        for (differs_at = 1; differs_at <= total; differs_at++) {
            int loaded;
            if (by == DEVICE) {
                media_save();
            }
            loaded = restore();
            if (by == DEVICE) {
                media_load();
            }
            CHECK(reads >= differs_at || loaded == FAILED);
            CHECK(loaded == 1 || altered);
            refused += loaded == FAILED;
            older += loaded == 0;
            newer += loaded == 1;
        }
    }
    /* What is altered in an image is found. */
    CHECK(refused > 0 || older > 0);
    differs_at = 0;
    SAME(restore(), 1);
    printf("%s, %s by %s: of %u reads one%s; the right image %u times, the older one %u times, none %u times\n", medium,
           packed ? "frames" : "pages", routes[by], (unsigned)total, and_later ? " and all later ones differ" : " differs",
           (unsigned)newer, (unsigned)older, (unsigned)refused);
}

static int rereads(void *argument)
{
    packed = *(int *)argument;
    SAME(board_init(medium), 0);
    SAME(oal_snapshot_invalidate(), 0);
    SAME(oal_snapshot_support(&support, 0xfeed), 0);
    board_noise(9);
    memcpy(noise, ram, RAM_BYTES);
    take(0);
    take(1);
    /* Small pieces; and the contents of frames at once, which may then be those of another image from end to end. */
    every_read(STORE, packed ? OAL_SNAP_BUFFER_BYTES : 0x40000u, 0);
    if (strcmp(medium, "block") == 0) {
        every_read(MEMORY, packed ? OAL_SNAP_BUFFER_BYTES : 0x40000u, 0);
        every_read(MEMORY, sizeof buffer, 0);
        every_read(MEMORY, sizeof buffer, 1);
        every_read(STORE, sizeof buffer, 1);
        every_read(DEVICE, packed ? OAL_SNAP_BUFFER_BYTES : 0x40000u, 0);
    }
    fflush(stdout);
    return 0;
}

int main(int count, char **arguments)
{
    int form;
    medium = count > 1 ? arguments[1] : "block";
    board_start();
    media_watch_reads(device_reads);
    for (form = 0; form < 2; form++) {
        SAME(machine(rereads, &form), 0);
    }
    shared->over = 1;
    puts("passed");
    return 0;
}
