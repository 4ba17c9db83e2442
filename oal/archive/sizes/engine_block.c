/* The one-call interface, on a block device. */
#include "oal_snapshot.h"
extern OalConfig config;
const OalStore *volatile store;
void start(void)
{
    store = &oal_snapshot_block;
    oal_snapshot_init(&config);
    oal_snapshot_boot();
    oal_snapshot_take(0, 0);
    oal_snapshot_confirm();
}
