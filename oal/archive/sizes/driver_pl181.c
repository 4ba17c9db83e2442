/* A built-in driver alone. */
#include "oal_snapshot.h"
extern OalDriver config;
OalBlockDevice table;
void start(void)
{
    oal_driver_pl181(&config, (const OalPl181 *)(const void *)&config, &table);
}
