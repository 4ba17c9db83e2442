/* The calls for firmware without a kernel that knows the hooks: both timelines, on every kind of medium. */
#define _GNU_SOURCE
#include "board.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *medium;
static const OalTakeSettings settings = {25, 0xc0ffee, OAL_SLOTS_TWO, OAL_POLICY_ALWAYS};
static const OalTakeSettings once = {0, 0, OAL_SLOTS_TWO, OAL_POLICY_ONCE};

/* What a take and a boot call, in order, each with the state it saw. */
static const char taken_journal[] =
    "reclaim [pass1]\nsuspend [pass1]\nresume live [pass1]\npause 25 [pass2]\nsuspend [pass2]\n"
    "captured [prepared]\nwritten [prepared]\nresume live [pass2]\n";
static const char restored_journal[] = "snapshot resume [boot]\nresume restored [boot]\n";

struct cold {
    uint32_t seed;
    const OalTakeSettings *settings;
    uint32_t expected;
    int confirm;
};

/* A machine that starts cold, works, and takes a snapshot: from there on it is two machines. */
static int cold(void *argument)
{
    const struct cold *wanted = argument;
    OalTakeReport report = {0, 0, 0, 0, 0, 0, 0};
    uint32_t result;
    SAME(board_init(medium), 0);
    board_fill(wanted->seed);
    shared->journal[0] = 0;
    result = oal_snapshot_take(wanted->settings, &report);
    if (result == OAL_SNAPSHOT_RESTORED) {
        const char *tail = strstr(shared->journal, "snapshot resume");
        CHECK(tail != NULL && strcmp(tail, restored_journal) == 0);
        SAME(GetSnapshotState(), eSnapNone);
        SAME(board_wrong(wanted->seed), 0);
        SAME(report.id, 0);
        CHECK(shared->report.id != 0 && shared->report.error == 0);
        if (wanted->confirm) {
            SAME(oal_snapshot_confirm(), 0);
        }
        shared->restored = 1;
        _exit(0);
    }
    SAME(result, wanted->expected);
    SAME(board_wrong(wanted->seed), 0);
    if (result == OAL_SNAPSHOT_LIVE) {
        if (wanted->settings == &settings) {
            CHECK(strcmp(shared->journal, taken_journal) == 0);
        }
        SAME(GetSnapshotState(), eSnapTaken);
        CHECK(report.id != 0);
        SAME(report.pages, RAM_PAGES - NOSAVE_PAGES - FREE_PAGES);
        SAME(report.free_pages, FREE_PAGES);
        CHECK(report.zero_pages > 0 && report.image_bytes % 4096u == 0);
    } else {
        SAME(report.id, 0);
    }
    return 0;
}

/* Power-on: boots, or comes back with the reason. */
static int boot(void *argument)
{
    uint32_t expected = *(const uint32_t *)argument;
    board_noise(0x600d);
    SAME(board_init(medium), 0);
    SAME(oal_snapshot_boot(), expected);
    SAME(shared->report.error, expected);
    SAME(oal_snapshot_last_error(), expected);
    return 7;
}

static void take(uint32_t seed, const OalTakeSettings *with, uint32_t expected, int confirm)
{
    struct cold wanted = {seed, with, expected, confirm};
    SAME(machine(cold, &wanted), 0);
}

/* Boots into the image; its machine checks itself. */
static void boots(void)
{
    uint32_t none = 0;
    SAME(machine(boot, &none), 0);
    SAME(restored_machine(), 0);
}

static void cold_boots(OalStage stage, OalError why)
{
    uint32_t expected = (uint32_t)stage << 16 | why;
    SAME(machine(boot, &expected), 7);
}

static void both_timelines(void)
{
    int i;
    cold_boots(OAL_STAGE_SELECT, OAL_ERROR_NO_IMAGE);
    take(1, &settings, OAL_SNAPSHOT_LIVE, 1);
    for (i = 0; i < 5; i++) {
        boots(); /* confirmed each time */
        SAME(shared->report.attempt, 1);
    }
    /* A newer one, never confirmed: three attempts, then the one before it. */
    take(2, &settings, OAL_SNAPSHOT_LIVE, 0);
    for (i = 0; i < 3; i++) {
        boots();
        SAME(shared->report.attempt, i + 1);
    }
    boots();
    SAME(shared->report.refused_count, 1);
    SAME(OAL_ERROR_OF(shared->report.refused[0].error), OAL_ERROR_ATTEMPTS_EXHAUSTED);
    printf("%s: both timelines, confirmed and not\n", medium);
}

static void once_only(void)
{
    take(3, &once, OAL_SNAPSHOT_LIVE, 0);
    boots();
    CHECK(shared->report.slot < 2);
    boots(); /* the one before it, which may boot always */
    SAME(OAL_ERROR_OF(shared->report.refused[0].error), OAL_ERROR_CONSUMED);
    printf("%s: an image that boots once\n", medium);
}

static int forget(void *argument)
{
    (void)argument;
    SAME(board_init(medium), 0);
    SAME(oal_snapshot_invalidate(), 0);
    return 0;
}

static void broken_images(void)
{
    static uint8_t piece[24];
    SAME(machine(forget, NULL), 0);
    cold_boots(OAL_STAGE_SELECT, OAL_ERROR_NO_IMAGE);
    take(4, &settings, OAL_SNAPSHOT_LIVE, 1);
    take(5, &settings, OAL_SNAPSHOT_LIVE, 1);
    /* A piece of a page of noise, which is stored as it is: in the newer image only. */
    board_fill(5);
    memcpy(piece, ram + 4096u * board_noise_page(5) + 100u, sizeof piece);
    SAME(media_flip(medium, piece, sizeof piece), 1);
    boots(); /* board_wrong looks at the memory of the image's own machine: this is the older one */
    SAME(shared->report.refused_count, 1);
    SAME(shared->report.refused[0].error, OAL_STAGE_CHUNK << 16 | OAL_ERROR_BAD_CRC);
    board_fill(4);
    memcpy(piece, ram + 4096u * board_noise_page(4) + 100u, sizeof piece);
    SAME(media_flip(medium, piece, sizeof piece), 1);
    cold_boots(OAL_STAGE_CHUNK, OAL_ERROR_BAD_CRC);
    SAME(shared->report.refused_count, 2);
    printf("%s: damaged images, one and both\n", medium);
}

static void failures(void)
{
    OalErrorInfo info;
    SAME(machine(forget, NULL), 0);
    take(6, &settings, OAL_SNAPSHOT_LIVE, 1);
    shared->operations = 0;
    shared->fail_at = 40;
    shared->fail_with = -1234;
    take(7, &settings, OAL_STAGE_WRITE << 16 | OAL_ERROR_DEVICE, 1);
    SAME(shared->operations >= 40, 1);
    shared->fail_at = 0;
    boots(); /* the one before */
    suspend_answer = "the modem";
    take(7, &settings, OAL_STAGE_PASS1 << 16 | OAL_ERROR_SUSPEND_FAILED, 1);
    SAME(board_init(medium), 0);
    SAME(oal_snapshot_take(&settings, NULL), OAL_STAGE_PASS1 << 16 | OAL_ERROR_SUSPEND_FAILED);
    SAME(oal_snapshot_error_info(&info), 0);
    CHECK(info.who == suspend_answer && info.error == oal_snapshot_last_error());
    suspend_answer = NULL;
    printf("%s: a medium that fails, a system that does not stop\n", medium);
}

/* Power goes in one operation after another: what boots is the old image or the new one. */
static void cuts(void)
{
    long cut, old = 0, new_ = 0;
    SAME(machine(forget, NULL), 0);
    take(8, &settings, OAL_SNAPSHOT_LIVE, 1);
    for (cut = 1;; cut += cut < 8 ? 1 : 23) {
        struct cold wanted = {9, &settings, OAL_SNAPSHOT_LIVE, 1};
        int end;
        shared->operations = 0;
        shared->cut_at = cut;
        end = machine(cold, &wanted);
        shared->cut_at = 0;
        boots();
        if (shared->registers[0] == 8 * 77u) {
            old++;
        } else {
            SAME(shared->registers[0], 9 * 77u);
            new_++;
        }
        if (end == 0) {
            break; /* there were fewer operations than that */
        }
        SAME(end, 99);
        SAME(machine(forget, NULL), 0);
        take(8, &settings, OAL_SNAPSHOT_LIVE, 1);
    }
    CHECK(old > 8 && new_ >= 1);
    printf("%s: power cuts, %ld left the old image and %ld the new one\n", medium, old, new_);
}

int main(int count, char **arguments)
{
    medium = count > 1 ? arguments[1] : "block";
    board_start();
    both_timelines();
    once_only();
    broken_images();
    failures();
    cuts();
    shared->over = 1;
    puts("passed");
    return 0;
}
