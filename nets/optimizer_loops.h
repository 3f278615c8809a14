/* optimizer_loops.h: the update rules, each one loop that reads and writes every array once: a step
   over more parameters than the cache holds takes the time of moving them. The equations stand in
   nets/optimizer.h. Included once by the file of each instruction set, which names the TABLE: the
   compiler turns the loops into its vector code, with the same numbers in all of them. (It needs
   -fno-math-errno for the roots.) */
#ifndef PAVLOV_NETS_OPTIMIZER_LOOPS_H
#define PAVLOV_NETS_OPTIMIZER_LOOPS_H

#include "nets/optimizer_rules.h"

#include <math.h>

/* A moment that decays towards nothing ends at 0, not in numbers so small that processors count
   slowly with them (units that have died have no gradient ever after). */
static inline float settle(float x)
{
    return fabsf(x) > 1e-36f ? x : 0.0f;
}

static void sgd(size_t n, const pv_rule *rule, float *restrict p, float *restrict g,
                float *restrict a, float *restrict b)
{
    const pv_rule r = *rule;
    (void)a;
    (void)b;
    for (size_t i = 0; i < n; i++) {
        p[i] -= r.lr * (r.scale * g[i]);
        g[i] = 0.0f;
    }
}

static void momentum(size_t n, const pv_rule *rule, float *restrict p, float *restrict g,
                     float *restrict v, float *restrict b)
{
    const pv_rule r = *rule;
    (void)b;
    for (size_t i = 0; i < n; i++) {
        v[i] = settle(r.momentum * v[i] + r.scale * g[i]);
        p[i] -= r.lr * v[i];
        g[i] = 0.0f;
    }
}

static void nesterov(size_t n, const pv_rule *rule, float *restrict p, float *restrict g,
                     float *restrict v, float *restrict b)
{
    const pv_rule r = *rule;
    (void)b;
    for (size_t i = 0; i < n; i++) {
        const float x = r.scale * g[i];
        v[i] = settle(r.momentum * v[i] + x);
        p[i] -= r.lr * (x + r.momentum * v[i]);
        g[i] = 0.0f;
    }
}

static void adagrad(size_t n, const pv_rule *rule, float *restrict p, float *restrict g,
                    float *restrict s, float *restrict b)
{
    const pv_rule r = *rule;
    (void)b;
    for (size_t i = 0; i < n; i++) {
        const float x = r.scale * g[i];
        s[i] += x * x;
        p[i] -= r.lr * x / (sqrtf(s[i]) + r.outside);
        g[i] = 0.0f;
    }
}

static void rmsprop(size_t n, const pv_rule *rule, float *restrict p, float *restrict g,
                    float *restrict s, float *restrict b)
{
    const pv_rule r = *rule;
    (void)b;
    for (size_t i = 0; i < n; i++) {
        const float x = r.scale * g[i];
        s[i] = settle(r.keep2 * s[i] + r.take2 * (x * x));
        p[i] -= r.lr * x / (sqrtf(s[i] + r.inside) + r.outside);
        g[i] = 0.0f;
    }
}

static void rmsprop_centered(size_t n, const pv_rule *rule, float *restrict p, float *restrict g,
                             float *restrict s, float *restrict m)
{
    const pv_rule r = *rule;
    for (size_t i = 0; i < n; i++) {
        const float x = r.scale * g[i];
        s[i] = settle(r.keep2 * s[i] + r.take2 * (x * x));
        m[i] = settle(r.keep2 * m[i] + r.take2 * x);
        const float variance = s[i] - m[i] * m[i];
        /* rounding may leave a little less than nothing */
        const float root = sqrtf((variance > 0.0f ? variance : 0.0f) + r.inside);
        p[i] -= r.lr * x / (root + r.outside);
        g[i] = 0.0f;
    }
}

static void adam(size_t n, const pv_rule *rule, float *restrict p, float *restrict g,
                 float *restrict m, float *restrict s)
{
    const pv_rule r = *rule;
    for (size_t i = 0; i < n; i++) {
        const float x = r.scale * g[i];
        m[i] = settle(r.keep1 * m[i] + r.take1 * x);
        s[i] = settle(r.keep2 * s[i] + r.take2 * (x * x));
        p[i] = r.shrink * p[i] - r.lr * m[i] / (sqrtf(s[i]) + r.outside);
        g[i] = 0.0f;
    }
}

const pv_rule_row TABLE[PV_OPTIMIZERS] = {
    {"sgd", {NULL, NULL}, sgd},
    {"momentum", {"velocity", NULL}, momentum},
    {"nesterov", {"velocity", NULL}, nesterov},
    {"adagrad", {"square", NULL}, adagrad},
    {"rmsprop", {"square", NULL}, rmsprop},
    {"rmsprop-centered", {"square", "mean"}, rmsprop_centered},
    {"adam", {"mean", "square"}, adam},
    {"adamw", {"mean", "square"}, adam},
};

#endif
