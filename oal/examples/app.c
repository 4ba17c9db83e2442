#include "app.h"

#include "board.h"
#include "console.h"

struct app app;

static uint32_t word(uint32_t page, uint32_t at)
{
    uint32_t mixed;
    switch (page / 40u % 3u) {
    case 0:
        mixed = (page * 1024u + at + 1u) * 2654435761u ^ app.seed * 40503u;
        mixed = (mixed ^ mixed >> 15) * 2246822519u;
        mixed = (mixed ^ mixed >> 13) * 3266489917u;
        return mixed ^ mixed >> 16;
    case 1:
        return app.seed + page + at / 16u;
    default:
        return 0;
    }
}

void pattern_fill(uint32_t *at, uint32_t pages)
{
    uint32_t page, i;
    for (page = 0; page < pages; page++) {
        for (i = 0; i < 1024u; i++) {
            *at++ = word(page, i);
        }
    }
}

uint32_t pattern_wrong(const uint32_t *at, uint32_t pages)
{
    uint32_t page, i, wrong = 0;
    for (page = 0; page < pages; page++, at += 1024) {
        for (i = 0; i < 1024u && at[i] == word(page, i); i++) {
        }
        wrong += i < 1024u;
    }
    return wrong;
}

void life_status(void)
{
    static const char *const states[] = {"none", "pass1", "pass2", "prepared", "taken", "boot"};
    print("@status state=");
    print(states[GetSnapshotState()]);
    print(" timeline=");
    print(app.timeline);
    print_pair(" boots=", app.boots);
    print_pair(" seed=", app.seed);
    print_pair(" pages=", PATTERN_PAGES);
    print_pair(" wrong=", pattern_wrong(PATTERN, PATTERN_PAGES));
    print(" digest=");
    print_hex(SnapChkSum(PATTERN, PATTERN_BYTES), 8);
}

/* Places 2, 5, ... of the first 15 are program status registers, which do not hold just anything. */
static uint32_t pattern_of(uint32_t place, uint32_t from)
{
    uint32_t value = (place + 1u) * 0x01030507u ^ from;
    return place < 15u && place % 3u == 2u ? (value & 0xf0000000u) | 0x1d0u : value;
}

void registers_set(uint32_t from)
{
    uint32_t values[REGISTERS], i;
    for (i = 0; i < REGISTERS; i++) {
        values[i] = pattern_of(i, from);
    }
    load_registers(values);
}

void registers_check(const uint32_t *values, uint32_t from)
{
    uint32_t i, wrong = 0;
    for (i = 0; i < REGISTERS; i++) {
        wrong += values[i] != pattern_of(i, from);
    }
    print_pair("@regs checked=", REGISTERS);
    print_pair(" wrong=", wrong);
    print("\n");
    for (i = 0; i < REGISTERS; i++) {
        if (values[i] != pattern_of(i, from)) {
            print_pair("@reg name=", i);
            print(" want=");
            print_hex(pattern_of(i, from), 8);
            print(" got=");
            print_hex(values[i], 8);
            print("\n");
        }
    }
}
