/* A built-in driver alone. */
#include "oal_snapshot.h"
extern OalDriver config;
OalNorFlash table;
void start(void)
{
    oal_driver_cfi(&config, (const OalCfi *)(const void *)&config, &table);
}
