/* A kernel's boot loader, on a block device. */
#include "oal_snapshot.h"
extern OalConfig config;
const OalStore *volatile store;
void start(void)
{
    DWORD error;
    store = &oal_snapshot_block;
    oal_snapshot_init(&config);
    oal_snapshot_restore_cpu(SnapRestore(OEMReadSnapshot, 0x80000000u, OAL_SNAP_BUFFER_BYTES, &error));
}
