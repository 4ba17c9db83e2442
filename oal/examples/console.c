#include "console.h"

#include "board.h"

/* A PL011 at 24 MHz (DDI 0183). */

#define UART 0x10009000u
#define UART_DATA REGISTER(UART + 0x00)
#define UART_FLAGS REGISTER(UART + 0x18)
#define FLAG_BUSY 0x08u
#define FLAG_NOTHING_RECEIVED 0x10u
#define FLAG_FULL 0x20u
#define PATIENCE 10000000u /* polls; more than the FIFO takes to drain */

void console_init(void)
{
    REGISTER(UART + 0x30) = 0;       /* off */
    REGISTER(UART + 0x24) = 13;      /* 24 MHz / (16 * 115200) = 13 + 1/64 */
    REGISTER(UART + 0x28) = 1;
    REGISTER(UART + 0x2c) = 0x70;    /* 8N1, FIFOs */
    REGISTER(UART + 0x38) = 0;       /* no interrupts */
    REGISTER(UART + 0x30) = 0x301;   /* receiver, transmitter, UART */
}

void console_drain(void)
{
    uint32_t polls = PATIENCE;
    while ((UART_FLAGS & FLAG_BUSY) && --polls) {
    }
}

const char *console_line(void)
{
    static char line[64];
    uint32_t length = 0;
    for (;;) {
        char byte;
        while (UART_FLAGS & FLAG_NOTHING_RECEIVED) {
        }
        byte = (char)(UART_DATA & 0x7fu);
        if (byte != '\r' && byte != '\n') {
            if (length < sizeof line - 1u) {
                line[length++] = byte;
            }
        } else if (length != 0) {
            line[length] = 0;
            return line;
        }
    }
}

static void put(char byte)
{
    uint32_t polls = PATIENCE;
    while ((UART_FLAGS & FLAG_FULL) && --polls) {
    }
    UART_DATA = (uint8_t)byte;
}

void print(const char *text)
{
    for (; *text; text++) {
        if (*text == '\n') {
            put('\r');
        }
        put(*text);
    }
}

void print_number(uint64_t value)
{
    char text[21];
    int at = 20;
    text[at] = 0;
    do {
        text[--at] = (char)('0' + value % 10u);
        value /= 10u;
    } while (value);
    print(text + at);
}

void print_hex(uint32_t value, int digits)
{
    while (digits-- > 0) {
        put("0123456789abcdef"[value >> (4 * digits) & 15u]);
    }
}

void print_pair(const char *key, uint64_t value)
{
    print(key);
    print_number(value);
}

void print_range(const char *what, const uint8_t *start, const uint8_t *end)
{
    print("@");
    print(what);
    print(" range=0x");
    print_hex((uint32_t)start, 8);
    print("..0x");
    print_hex((uint32_t)end, 8);
    print("\n");
}

void print_why(uint32_t why)
{
    static const char *const stages[] = {"medium",  "partition", "select", "header", "context",
                                         "map", "index", "chunk", "cpu"};
    static const char *const errors[] = {
        "no-medium", "medium-error", "blank", "no-partition-table", "no-partition", "no-image", "log-corrupt",
        "newer-record", "consumed", "attempts-exhausted", "truncated", "bad-magic", "newer-version", "bad-crc",
        "bad-field", "wrong-architecture", "wrong-board", "wrong-build", "wrong-ram", "wrong-codec", "wrong-image",
        "out-of-range", "overlap", "corrupt-stream", "read-failed", "write-failed", "bad-memory-map", "bad-padding",
        "unsupported-feature", "context-too-large"};
    uint32_t stage = OAL_STAGE_OF(why) - OAL_STAGE_MEDIUM, error = OAL_ERROR_OF(why) - OAL_ERROR_NO_MEDIUM;
    print(" stage=");
    print(stage < sizeof stages / sizeof stages[0] ? stages[stage] : "other");
    print(" reason=");
    print(error < sizeof errors / sizeof errors[0] ? errors[error] : "other");
    print("\n");
}

void print_reset(const uint8_t *build, const char *medium)
{
    uint32_t i;
    print("@reset board=vexpress-a9-c build=");
    for (i = 0; i < BUILD_ID_BYTES; i++) {
        print_hex(build[i], 2);
    }
    print_pair(" ram_mib=", RAM_MIB);
    print(" medium=");
    print(medium);
    print("\n");
}

void print_progress(OalStep step, uint64_t done, uint64_t total)
{
    if (step == OAL_STEP_REFUSED) {
        print_pair("@refused seq=", total);
        print_why((uint32_t)done);
    } else if (step == OAL_STEP_CHOSEN) {
        print_pair("@boot image seq=", done);
        print_pair(" pages=", total);
        print("\n");
    }
}

void print_cold(uint32_t why)
{
    print("@cold");
    print_why(why);
    print("Cold boot: ");
    print(oal_snapshot_strstage(why));
    print(": ");
    print(oal_snapshot_strerror(why));
    print("\n");
}

int same(const char *left, const char *right)
{
    while (*left && *left == *right) {
        left++;
        right++;
    }
    return *left == *right;
}
