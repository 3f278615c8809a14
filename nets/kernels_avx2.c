/* kernels_avx2.c: the kernels for processors with AVX2 and FMA: 8 floats a vector, 16 registers. */
#include "nets/kernels.h"

#ifdef __x86_64__

#include <immintrin.h>

enum { LANES = 8, MOST_ROWS = 6, MOST_VECTORS = 8, MOST_SUMS = 12 };

typedef __m256i part;

static inline part part_of(int n)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

static inline __m256 load_part(const float *x, part p)
{
    return _mm256_maskload_ps(x, p);
}

static inline void store_part(float *x, part p, __m256 v)
{
    if (_mm256_movemask_ps((__m256)p) == 255) { /* some processors take long over masks */
        _mm256_storeu_ps(x, v);
    } else {
        _mm256_maskstore_ps(x, p, v);
    }
}

/* 12 sums at most: they leave registers for a row of b and the broadcast */
#define TILES(X)                                                                                   \
    X(1, 1)                                                                                        \
    X(1, 2)                                                                                        \
    X(1, 3)                                                                                        \
    X(1, 4)                                                                                        \
    X(1, 5)                                                                                        \
    X(1, 6)                                                                                        \
    X(1, 7)                                                                                        \
    X(1, 8)                                                                                        \
    X(2, 1)                                                                                        \
    X(2, 2)                                                                                        \
    X(2, 3)                                                                                        \
    X(2, 4)                                                                                        \
    X(3, 1)                                                                                        \
    X(3, 2)                                                                                        \
    X(3, 3)                                                                                        \
    X(3, 4)                                                                                        \
    X(4, 1)                                                                                        \
    X(4, 2)                                                                                        \
    X(5, 1)                                                                                        \
    X(5, 2)                                                                                        \
    X(6, 1)                                                                                        \
    X(6, 2)

#define TABLE pv_kernels_table_avx2
#define TABLE_NAME "avx2"
#include "nets/kernels_vector.h"

#endif
