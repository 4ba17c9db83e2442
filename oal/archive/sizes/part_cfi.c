/* A part of ours alone. */
#include "oal_snapshot.h"
extern OalPart config;
OalNorFlash table;
void start(void)
{
    oal_part_cfi(&config, (const OalCfi *)(const void *)&config, &table);
}
