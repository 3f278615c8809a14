/* kernels_neon.c: the kernels for 64-bit ARM: 4 floats a vector, 32 registers. */
#include "nets/kernels.h"

#ifdef __aarch64__

enum { LANES = 4, MOST_ROWS = 6, MOST_VECTORS = 8, MOST_SUMS = 24 };

typedef float neon __attribute__((vector_size(16)));
typedef float loose_neon __attribute__((vector_size(16), aligned(4), may_alias));

/* there are no masks: how many floats count */
typedef int part;

static inline part part_of(int n)
{
    return n;
}

static inline neon load_part(const float *x, part n)
{
    if (n == LANES) {
        return *(const loose_neon *)x;
    }
    return (neon){x[0], n > 1 ? x[1] : 0.0f, n > 2 ? x[2] : 0.0f, 0.0f};
}

static inline void store_part(float *x, part n, neon v)
{
    if (n == LANES) {
        *(loose_neon *)x = v;
        return;
    }
    for (int i = 0; i < n; i++) {
        x[i] = v[i];
    }
}

/* 24 sums at most: they leave registers for a row of b and the broadcast */
#define UP_TO_4(X, rows) X(rows, 1) X(rows, 2) X(rows, 3) X(rows, 4)
#define UP_TO_8(X, rows) UP_TO_4(X, rows) X(rows, 5) X(rows, 6) X(rows, 7) X(rows, 8)
#define TILES(X)                                                                                   \
    UP_TO_8(X, 1)                                                                                  \
    UP_TO_8(X, 2)                                                                                  \
    UP_TO_8(X, 3)                                                                                  \
    UP_TO_4(X, 4)                                                                                  \
    UP_TO_4(X, 5)                                                                                  \
    UP_TO_4(X, 6)

#define TABLE pv_kernels_table_neon
#define TABLE_NAME "neon"
#include "nets/kernels_vector.h"

#endif
