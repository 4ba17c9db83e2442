#include "oal.h"

#include "board.h"
#include "flash.h"

extern uint8_t __loader_start[], __loader_end[], __panel_start[], __panel_end[];

/* At the same address in both programs: layout.ld. */
struct shared {
    uint8_t workspace[OAL_SNAPSHOT_WORKSPACE_BYTES(RAM_MIB)] __attribute__((aligned(OAL_SNAPSHOT_WORKSPACE_ALIGN)));
    OalBootReport report;
};
static struct shared shared __attribute__((section(".shared")));

OalBootReport *const oal_report = &shared.report;

/* Filled in by oal_start, and constant from then on. */
static RAMTableEntry ram_entry, panel_entry, nosave_entry;
static RamTable ram, panel, nosave;
static OalSystem oal_system;
static OalConfig config;

static void table(RamTable *list, RAMTableEntry *entry, const uint8_t *start, const uint8_t *end)
{
    entry->ShiftedRamBase = (uint32_t)start >> 8;
    entry->RamSize = (uint32_t)(end - start);
    list->dwVersion = 0x00010000;
    list->dwNumEntries = 1;
    list->pRamEntries = entry;
}

static PCRamTable ram_table(void *context)
{
    (void)context;
    return &ram;
}

static PCRamTable oem_table(void *context)
{
    (void)context;
    return &panel;
}

static PCRamTable nosave_table(void *context)
{
    (void)context;
    return &nosave;
}

uint32_t oal_start(const uint8_t *build, void (*progress)(void *, OalStep, uint64_t, uint64_t))
{
    static const char name[] = "vexpress-a9-c";
    uint32_t i;
    table(&ram, &ram_entry, __ram_start, __ram_end);
    table(&panel, &panel_entry, __panel_start, __panel_end);
    table(&nosave, &nosave_entry, __oal_nosave_start, __oal_nosave_end);
    oal_system.ram_table = ram_table;
    oal_system.oem_table = oem_table;
    oal_system.nosave_table = nosave_table;
    oal_system.progress = progress;
    config.size = sizeof config;
    config.flags = OAL_FLAG_SECURE;
    for (i = 0; i < sizeof name; i++) {
        config.board[i] = (uint8_t)name[i];
    }
    for (i = 0; i < BUILD_ID_BYTES; i++) {
        config.build[i] = build[i];
    }
    config.workspace = shared.workspace;
    config.workspace_bytes = sizeof shared.workspace;
    config.report = &shared.report;
    config.system = &oal_system;
    config.store = &oal_snapshot_nor;
    config.nor = &flash_bank1;
    config.slots = OAL_SLOTS_TWO;
    config.policy = OAL_POLICY_ALWAYS;
    config.max_attempts = 3;
    return oal_snapshot_init(&config);
}

static struct mapping mapping(uint32_t start, uint32_t end, uint32_t memory, uint32_t kind)
{
    struct mapping made;
    made.start = start;
    made.end = end;
    made.memory = memory;
    made.kind = kind;
    return made;
}

void oal_map(struct mapping *map)
{
    map[0] = mapping((uint32_t)__loader_start, (uint32_t)__loader_end, (uint32_t)__loader_start, MAP_FLASH_CODE);
    map[1] = mapping(FLASH_WINDOW, FLASH_WINDOW + FLASH_END - FLASH_START, FLASH_START, MAP_FLASH);
    map[2] = mapping((uint32_t)__ram_start, (uint32_t)__panel_end, (uint32_t)__ram_start, MAP_RAM);
}
