/* What the OEM's side of a kernel and its boot loader have in common. */
#ifndef OAL_H
#define OAL_H

#include "oal_snapshot.h"

/* What a boot found: in nosave memory, at the same address in both. */
extern OalBootReport *const oal_report;

/* Starts the library, for images of the kernel with this build id; 0, or an error. `progress` may be NULL. */
uint32_t oal_start(const uint8_t *build, void (*progress)(void *, OalStep, uint64_t, uint64_t));

/* Fills in what both map alike: the boot loader's code, the flash for reading, RAM. What the caller adds goes over it. */
#define OAL_MAPPINGS 3u
struct mapping;
void oal_map(struct mapping *map);

#endif
