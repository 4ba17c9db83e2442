/* A kernel that knows nothing but SnapshotSupport and SNAP_HEADER, and its boot loader. */
#ifndef KERNEL_H
#define KERNEL_H

#include "board.h"

/* Images are made here. */
extern uint8_t kernel_image[];
extern uint32_t kernel_image_bytes;

/* Takes a snapshot by the hooks, in the documented order. 1: the machine goes on; 2: it was restored; 0: a hook failed, and
 * kernel_failed names it. `packed`: 0 stores the pages as they are. */
int kernel_snapshot(const SnapshotSupport *support, int packed);
extern const char *kernel_failed;
/* Pages, of those that are free, that images keep in the pageable area; and what such a kernel knows of them: its own
 * checksums, which are in the snapshot. */
extern uint32_t kernel_pageable;
extern uint32_t kernel_page_sums[FREE_PAGES];
/* Sets the checksums of the image after something was changed in it. */
void kernel_seal(void);
/* Sets the checksums of a frame after something was changed in it. */
void kernel_seal_frame(uint8_t *frame);

#endif
