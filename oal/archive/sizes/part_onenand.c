/* A part of ours alone. */
#include "oal_snapshot.h"
extern OalPart config;
OalNandFlash table;
void start(void)
{
    oal_part_onenand(&config, (const OalOneNand *)(const void *)&config, &table);
}
