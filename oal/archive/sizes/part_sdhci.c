/* A part of ours alone. */
#include "oal_snapshot.h"
extern OalPart config;
OalBlockDevice table;
void start(void)
{
    oal_part_sdhci(&config, (const OalSdhci *)(const void *)&config, &table);
}
