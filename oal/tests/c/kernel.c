#include "kernel.h"

#include <string.h>

#define IMAGE_ROOM (MIB * 0x100000u + 0x100000u)

uint8_t kernel_image[IMAGE_ROOM] __attribute__((aligned(4096)));
uint32_t kernel_image_bytes;
const char *kernel_failed;
uint32_t kernel_pageable, kernel_page_sums[FREE_PAGES];
static uint8_t packed_pages[OAL_SNAP_COMPRESS_BOUND(0x10000)] __attribute__((aligned(4096)));
static uint8_t chunk[0x10000] __attribute__((aligned(4096)));
static const SnapshotSupport *hooks;
static uint32_t table_bytes, contents_at;

/* Where dwSnapPC leads. */
static BOOL kernel_resumed(void)
{
    hooks->pfnSnapshotResume();
    return 2;
}

static int failed(const char *hook)
{
    kernel_failed = hook;
    return 0;
}

static uint32_t align(uint32_t bytes)
{
    return (bytes + 4095u) & ~4095u;
}

static SNAP_HEADER *header(void)
{
    return (SNAP_HEADER *)(void *)kernel_image;
}

void kernel_seal(void)
{
    SNAP_HEADER *head = header();
    head->dwTableChkSum = SnapChkSum(kernel_image + 4096, table_bytes);
    head->dwSnapChkSum = SnapChkSum(kernel_image + contents_at, head->cbCompressed);
    head->dwHeaderAdjust = 0;
    head->dwHeaderAdjust = 0u - SnapChkSum(kernel_image, 4096);
}

static void put(uint8_t *to, uint32_t word)
{
    int i;
    for (i = 0; i < 4; i++) {
        to[i] = (uint8_t)(word >> 8 * i);
    }
}

void kernel_seal_frame(uint8_t *frame)
{
    put(frame + 8, SnapChkSum(frame + 16, frame[4] | (uint32_t)frame[5] << 8 | (uint32_t)frame[6] << 16));
    put(frame + 12, SnapChkSum(frame, 12));
}

/* The kernel's own list of pages: RAM that is in use, then what step 1 names. */
static uint32_t list_pages(PCRamTable oem, uint32_t *table)
{
    uint32_t count = 0, i, page;
    PCRamTable system = board_system.ram_table(NULL), nosave = board_system.nosave_table(NULL);
    PCRamTable lists[2];
    int l;
    lists[0] = system;
    lists[1] = oem;
    for (l = 0; l < 2; l++) {
        for (i = 0; i < lists[l]->dwNumEntries; i++) {
            const RAMTableEntry *entry = &lists[l]->pRamEntries[i];
            for (page = entry->ShiftedRamBase >> 4; page < (entry->ShiftedRamBase >> 4) + entry->RamSize / 4096u; page++) {
                uint32_t hole = nosave->pRamEntries[0].ShiftedRamBase >> 4;
                int is_nosave = page >= hole && page < hole + nosave->pRamEntries[0].RamSize / 4096u;
                if (!is_nosave && (l == 1 || board_system.page_class(NULL, page) == OAL_PAGE_CLASS_USED)) {
                    table[count++] = page;
                }
            }
        }
    }
    return count;
}

int kernel_snapshot(const SnapshotSupport *support, int packed)
{
    SNAP_HEADER *head = header();
    uint32_t *table = (uint32_t *)(void *)(kernel_image + 4096);
    PCRamTable oem;
    uint32_t at, done, pages, i;
    BOOL captured;

    hooks = support;
    memset(kernel_image, 0, sizeof kernel_image);
    oal_snapshot_set_state(eSnapPass1);
    oal_snapshot_set_state(eSnapPass2);
    oal_snapshot_set_state(eSnapPrepared);
    oem = support->pfnSnapGetOemRegions();
    for (i = 0; i < kernel_pageable; i++) {
        kernel_page_sums[i] = SnapChkSum(ram + (FREE_FIRST + i) * 4096u, 4096);
    }
    captured = support->pfnSnapCPU((DWORD)(uintptr_t)kernel_resumed, kernel_image + sizeof *head, OAL_CPU_CONTEXT_BYTES);
    if (captured == 2) {
        oal_snapshot_set_state(eSnapNone);
        return 2;
    }
    if (!captured) {
        return failed("OEMTakeCPUSnapshot");
    }
    pages = list_pages(oem, table);
    table_bytes = pages * 4u;
    contents_at = at = 4096u + align(table_bytes);
    for (done = 0; done < pages; done += 16) {
        uint32_t count = pages - done < 16u ? pages - done : 16u;
        DWORD size = sizeof packed_pages;
        for (i = 0; i < count; i++) {
            memcpy(chunk + i * 4096u, ram + (table[done + i] - RAM_BASE / 4096u) * 4096u, 4096);
        }
        if (packed) {
            if (!support->pfnCompress(chunk, count * 4096u, packed_pages, &size)) {
                return failed("OEMCompressSnapshot");
            }
            memcpy(kernel_image + at, packed_pages, size);
            /* Pieces may start where the one before ends, or on the next page. */
            at += done % 64u ? align(size) : size;
            at = done % 64u ? align(at) : at;
        } else {
            memcpy(kernel_image + at, chunk, count * 4096u);
            at += count * 4096u;
        }
    }
    head->dwSig = OAL_SNAP_SIG;
    head->dwOfstSnapTable = 4096;
    head->dwOfstPageable = align(at);
    head->cSnapPages = pages;
    head->cbCompressed = at - contents_at;
    head->cbPageable = kernel_pageable * 4096u;
    head->dwOemData = support->dwOemData;
    memcpy(kernel_image + head->dwOfstPageable, ram + FREE_FIRST * 4096u, head->cbPageable);
    head->dwPageableChkSum = SnapChkSum(kernel_image + head->dwOfstPageable, head->cbPageable);
    kernel_seal();
    kernel_image_bytes = head->dwOfstPageable + head->cbPageable;

    if (!support->pfnPrepareSnapshot(kernel_image_bytes)) {
        return failed("OEMPrepareSnapshot");
    }
    for (done = 0; done < kernel_image_bytes; done += 0x20000u) {
        uint32_t count = kernel_image_bytes - done < 0x20000u ? kernel_image_bytes - done : 0x20000u;
        if (!support->pfnSnapWrite(kernel_image + done, count, done)) {
            return failed("OEMWriteSnapshot");
        }
    }
    if (!support->pfnSnapWrite(NULL, 0, 0)) {
        return failed("OEMWriteSnapshot, the last call");
    }
    oal_snapshot_set_state(eSnapTaken);
    return 1;
}
