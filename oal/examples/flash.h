/* The board's NOR flash: where it is, and a driver of one's own for it. */
#ifndef FLASH_H
#define FLASH_H

#include "oal_snapshot.h"

/* Both banks once more, for reading: normal memory without caches. Commands go to a bank's own address, as to a device. */
#define FLASH_WINDOW 0x70000000u
#define FLASH_START 0x40000000u
#define FLASH_END 0x48000000u
#define FLASH_BANK_BYTES 0x4000000u

/* Bank 1, all of it. The driver has no state. */
extern const OalNorFlash flash_bank1;

#endif
