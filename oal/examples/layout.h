/* Where a kernel lies in the board's flash, and what its boot loader finds at its start. */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stdint.h>

/* Bank 0 of the flash: the boot loader at its start, the kernel behind the first MiB. Bank 1 is the store. */
#define KERNEL_IN_FLASH 0x40100000u
#define KERNEL_ROOM 0x100000u
#define KERNEL_MAGIC 0x4c4e524bu /* "KRNL" */

/* The first bytes of a kernel; kernel.ld makes them. */
struct kernel_head {
    uint32_t magic;
    uint32_t start;    /* where its first byte belongs in memory */
    uint32_t bytes;    /* so many are to be copied there */
    uint32_t entry;    /* where execution begins, with the MMU off */
    uint32_t build_id; /* offset of the linker's build id, BUILD_ID_BYTES */
};

#endif
