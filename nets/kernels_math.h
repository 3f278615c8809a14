/* kernels_math.h: activations and sums on vectors of LANES floats; included once by the file of
   each instruction set, after it has defined LANES and the part of a vector.

   All of e^x - 1, tanh, the logistic function and softplus come from one reduction: e^x = s (1 + q)
   with s = 2^n and q = e^r - 1, |r| <= ln(2)/2, by Taylor's series; e^x - 1 = s q + (s - 1) keeps
   its digits where x is small. NaN stays NaN everywhere. */
#ifndef PAVLOV_NETS_KERNELS_MATH_H
#define PAVLOV_NETS_KERNELS_MATH_H

#include "nets/kernels_tables.h"

#define INLINE static inline __attribute__((always_inline))

/* before a loop of constant length over registers */
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

typedef float vec __attribute__((vector_size(4 * LANES)));
typedef float loose __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef float loose_half __attribute__((vector_size(2 * LANES), aligned(4), may_alias));
typedef double wide __attribute__((vector_size(4 * LANES)));
typedef int32_t ivec __attribute__((vector_size(4 * LANES)));
typedef uint32_t uvec __attribute__((vector_size(4 * LANES)));

INLINE vec load(const float *x)
{
    return *(const loose *)x;
}

INLINE void store(float *x, vec v)
{
    *(loose *)x = v;
}

INLINE vec all(float x)
{
    return x - (vec){0};
}

INLINE vec select(ivec where, vec yes, vec no)
{
    return (vec)((where & (ivec)yes) | (~where & (ivec)no));
}

INLINE vec at_least(vec x, float low)
{
    return select(x < all(low), all(low), x);
}

INLINE vec at_most(vec x, float high)
{
    return select(x > all(high), all(high), x);
}

INLINE vec magnitude(vec x)
{
    return (vec)((ivec)x & 0x7fffffff);
}

INLINE vec with_sign_of(vec x, vec sign)
{
    return (vec)((ivec)x | ((ivec)sign & INT32_MIN));
}

/* e^x = s (1 + q); x is held where s is a normal number */
typedef struct power {
    vec s, q;
} power;

INLINE power exponential(vec x)
{
    const float to_integer = 12582912.0f; /* 1.5 2^23: what is added to it loses its fraction */
    x = at_most(at_least(x, -87.3f), 88.3f);
    vec n = x * 1.44269504f + to_integer;
    n = n - to_integer;
    vec r = x - n * 0.693359375f; /* ln 2 in two parts, the first short: n times it is exact */
    r = r + n * 2.12194440e-4f;
    vec series = r * (1.0f / 5040.0f) + 1.0f / 720.0f;
    series = series * r + 1.0f / 120.0f;
    series = series * r + 1.0f / 24.0f;
    series = series * r + 1.0f / 6.0f;
    series = series * r + 0.5f;
    return (power){.s = (vec)(((uvec) __builtin_convertvector(n, ivec) + 127u) << 23),
                   .q = series * (r * r) + r};
}

INLINE vec exp_of(vec x)
{
    power e = exponential(x);
    return e.s * e.q + e.s;
}

INLINE vec expm1_of(vec x)
{
    power e = exponential(x);
    return e.s * e.q + (e.s - 1.0f);
}

/* log(1 + u) for u in 0..1 as 2 artanh(u / (2 + u)) */
INLINE vec log1p_of(vec u)
{
    vec t = u / (u + 2.0f);
    vec z = t * t;
    vec series = z * (1.0f / 13.0f) + 1.0f / 11.0f;
    series = series * z + 1.0f / 9.0f;
    series = series * z + 1.0f / 7.0f;
    series = series * z + 1.0f / 5.0f;
    series = series * z + 1.0f / 3.0f;
    return 2.0f * t + 2.0f * t * z * series;
}

INLINE vec tanh_of(vec x)
{
    vec e = expm1_of(2.0f * magnitude(x));
    return with_sign_of(e / (e + 2.0f), x);
}

INLINE vec activation_of(pv_activation activation, float slope, vec x)
{
    switch (activation) {
    case PV_RELU:
        return at_least(x, 0.0f);
    case PV_LEAKY:
        return select(x < 0.0f, slope * x, x);
    case PV_ELU:
        return select(x < 0.0f, slope * expm1_of(x), x);
    case PV_SELU:
        return PV_SELU_SCALE * select(x < 0.0f, PV_SELU_ALPHA * expm1_of(x), x);
    case PV_TANH:
        return tanh_of(x);
    case PV_SIGMOID:
        return 1.0f / (1.0f + exp_of(-x));
    case PV_SOFTPLUS:
        return at_least(x, 0.0f) + log1p_of(exp_of(-magnitude(x)));
    default:
        return x;
    }
}

/* by the value y */
INLINE vec derivative_of(pv_activation activation, float slope, vec y)
{
    switch (activation) {
    case PV_RELU:
        return select(y > 0.0f, all(1.0f), all(0.0f));
    case PV_LEAKY:
        return select(y > 0.0f, all(1.0f), all(slope));
    case PV_ELU:
        return select(y > 0.0f, all(1.0f), y + slope);
    case PV_SELU:
        return select(y > 0.0f, all(PV_SELU_SCALE), y + PV_SELU_SCALE * PV_SELU_ALPHA);
    case PV_TANH:
        return 1.0f - y * y;
    case PV_SIGMOID:
        return y * (1.0f - y);
    case PV_SOFTPLUS:
        return -expm1_of(-y);
    default:
        return all(1.0f);
    }
}

/* Both loops over an array are compiled for each activation, which is a constant to them. */
INLINE void activate_all(size_t n, pv_activation activation, float slope, const float *x, float *y)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        store(y + i, activation_of(activation, slope, load(x + i)));
    }
    if (i < n) {
        part rest = part_of((int)(n - i));
        store_part(y + i, rest, activation_of(activation, slope, (vec)load_part(x + i, rest)));
    }
}

INLINE void derive_all(size_t n, pv_activation activation, float slope, const float *y,
                       const float *dy, float *dx)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        store(dx + i, load(dy + i) * derivative_of(activation, slope, load(y + i)));
    }
    if (i < n) {
        part rest = part_of((int)(n - i));
        vec slopes = derivative_of(activation, slope, (vec)load_part(y + i, rest));
        store_part(dx + i, rest, (vec)load_part(dy + i, rest) * slopes);
    }
}

#define EACH_ACTIVATION(X)                                                                         \
    X(PV_IDENTITY)                                                                                 \
    X(PV_RELU)                                                                                     \
    X(PV_LEAKY)                                                                                    \
    X(PV_ELU)                                                                                      \
    X(PV_SELU)                                                                                     \
    X(PV_TANH)                                                                                     \
    X(PV_SIGMOID)                                                                                  \
    X(PV_SOFTPLUS)

static void activate(size_t n, pv_activation activation, float slope, const float *x, float *y)
{
#define ACTIVATE(kind)                                                                             \
    case kind:                                                                                     \
        activate_all(n, kind, slope, x, y);                                                        \
        break;
    switch (activation) {
        EACH_ACTIVATION(ACTIVATE)
    default:
        break;
    }
#undef ACTIVATE
}

static void activate_back(size_t n, pv_activation activation, float slope, const float *y,
                          const float *dy, float *dx)
{
#define DERIVE(kind)                                                                               \
    case kind:                                                                                     \
        derive_all(n, kind, slope, y, dy, dx);                                                     \
        break;
    switch (activation) {
        EACH_ACTIVATION(DERIVE)
    default:
        break;
    }
#undef DERIVE
}

/* four blocks of doubles add up on their own */
static double squares(size_t n, const float *x)
{
    wide sums[4] = {0};
    size_t i = 0;
    for (; i + 2 * LANES <= n; i += 2 * LANES) {
        UNROLL for (int s = 0; s < 4; s++)
        {
            const loose_half *part_x = (const loose_half *)(x + i + (size_t)s * LANES / 2);
            const wide v = __builtin_convertvector(*part_x, wide);
            sums[s] += v * v;
        }
    }
    const wide sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    double total = 0.0;
    for (; i < n; i++) {
        total += (double)x[i] * (double)x[i];
    }
    for (int lane = 0; lane < LANES / 2; lane++) {
        total += sum[lane];
    }
    return total;
}

/* 0 x is 0 unless x is NaN or infinite, and then it is NaN */
static int finite(size_t n, const float *x)
{
    vec zero = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        zero += 0.0f * load(x + i);
    }
    if (i < n) {
        zero += 0.0f * (vec)load_part(x + i, part_of((int)(n - i)));
    }
    float sum = 0.0f;
    for (int lane = 0; lane < LANES; lane++) {
        sum += zero[lane];
    }
    return sum == 0.0f;
}

/* enough chains to cover the latency of two units, few enough for 16 registers */
static double multiply_add(size_t rounds, float *result)
{
    enum { CHAINS = 12 };
    vec sum[CHAINS];
    UNROLL for (int k = 0; k < CHAINS; k++)
    {
        sum[k] = (vec){0} + (float)k;
    }
    for (size_t i = 0; i < rounds; i++) {
        UNROLL for (int k = 0; k < CHAINS; k++)
        {
            sum[k] = sum[k] * 0.5f + 1.0f;
        }
    }
    *result = 0.0f;
    for (int k = 0; k < CHAINS; k++) {
        *result += sum[k][0];
    }
    return 2.0 * CHAINS * LANES * (double)rounds;
}

#endif
