/* The one-call interface, on a nand device. */
#include "oal_snapshot.h"
extern OalConfig config;
const OalStore *volatile store;
void start(void)
{
    store = &oal_snapshot_nand_2048;
    oal_snapshot_init(&config);
    oal_snapshot_boot();
    oal_snapshot_take(0, 0);
    oal_snapshot_confirm();
}
