/* The board's time, which no snapshot holds and no restore sets back. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

/* Microseconds since power-on. */
uint64_t clock_us(void);

#endif
