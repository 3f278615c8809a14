/* parity_compare.h: one trace being compared with one world, and what is counted. */
#ifndef PAVLOV_TESTS_PARITY_COMPARE_H
#define PAVLOV_TESTS_PARITY_COMPARE_H

#include "parity.h"
#include "play.h"

#include <stdarg.h>

typedef struct tally {
    FILE *out; /* NULL: says nothing */
    int traces, unknown;
    long long steps, mismatches;
} tally;

/* one trace being compared with one world */
typedef struct comparison {
    tally *total;
    const char *file;
    const trace *table;
    play played;
    double gamma;
    long long mismatches; /* of this file */
} comparison;

static void say(const tally *total, const char *format, ...) PV_PRINTF(2, 3);

static void say(const tally *total, const char *format, ...)
{
    if (total->out) {
        va_list arguments;
        va_start(arguments, format);
        vfprintf(total->out, format, arguments);
        va_end(arguments);
    }
}

/* Counts a row that does not match; the first few of a file are named. */
static void mismatch(comparison *compared, size_t row, const char *what)
{
    if (compared->mismatches++ < 3) {
        say(compared->total, "  %s: line %zu: %s\n", compared->file, row + 2, what);
    }
}

#endif
