/* A built-in driver alone. */
#include "oal_snapshot.h"
extern OalDriver config;
OalBlockDevice table;
void start(void)
{
    oal_driver_sdhci(&config, (const OalSdhci *)(const void *)&config, &table);
}
