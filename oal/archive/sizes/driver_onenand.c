/* A built-in driver alone. */
#include "oal_snapshot.h"
extern OalDriver config;
OalNandFlash table;
void start(void)
{
    oal_driver_onenand(&config, (const OalOneNand *)(const void *)&config, &table);
}
