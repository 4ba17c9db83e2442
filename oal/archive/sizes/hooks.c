/* A kernel's side: the hooks, on a block device. */
#include "oal_snapshot.h"
SnapshotSupport support;
extern OalConfig config;
const OalStore *volatile store;
void start(void)
{
    store = &oal_snapshot_block;
    oal_snapshot_init(&config);
    oal_snapshot_support(&support, 0);
}
