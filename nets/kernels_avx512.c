/* kernels_avx512.c: the kernels for processors with AVX-512: 16 floats a vector, 32 registers. */
#include "nets/kernels.h"

#ifdef __x86_64__

#include <immintrin.h>

enum { LANES = 16, MOST_ROWS = 12, MOST_VECTORS = 8, MOST_SUMS = 24 };

typedef __mmask16 part;

static inline part part_of(int n)
{
    return (part)((1u << n) - 1u);
}

static inline __m512 load_part(const float *x, part p)
{
    return _mm512_maskz_loadu_ps(p, x);
}

static inline void store_part(float *x, part p, __m512 v)
{
    _mm512_mask_storeu_ps(x, p, v);
}

/* 24 sums, few enough to leave registers for a row of b and the broadcast */
#define UP_TO_2(X, rows) X(rows, 1) X(rows, 2)
#define UP_TO_4(X, rows) UP_TO_2(X, rows) X(rows, 3) X(rows, 4)
#define UP_TO_8(X, rows) UP_TO_4(X, rows) X(rows, 5) X(rows, 6) X(rows, 7) X(rows, 8)
#define TILES(X)                                                                                   \
    UP_TO_8(X, 1)                                                                                  \
    UP_TO_8(X, 2)                                                                                  \
    UP_TO_8(X, 3)                                                                                  \
    UP_TO_4(X, 4)                                                                                  \
    UP_TO_4(X, 5)                                                                                  \
    UP_TO_4(X, 6)                                                                                  \
    UP_TO_2(X, 7)                                                                                  \
    UP_TO_2(X, 8)                                                                                  \
    UP_TO_2(X, 9)                                                                                  \
    UP_TO_2(X, 10)                                                                                 \
    UP_TO_2(X, 11)                                                                                 \
    UP_TO_2(X, 12)

#define TABLE pv_kernels_table_avx512
#define TABLE_NAME "avx512"
#include "nets/kernels_vector.h"

#endif
