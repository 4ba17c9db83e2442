/* A part of ours alone. */
#include "oal_snapshot.h"
extern OalPart config;
OalBlockDevice table;
void start(void)
{
    oal_part_pl181(&config, (const OalPl181 *)(const void *)&config, &table);
}
