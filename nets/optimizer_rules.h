/* optimizer_rules.h: what each kind of optimiser does to a stretch of parameters. */
#ifndef PAVLOV_NETS_OPTIMIZER_RULES_H
#define PAVLOV_NETS_OPTIMIZER_RULES_H

#include "nets/optimizer.h"

/* the constants of a step, prepared in double */
typedef struct pv_rule {
    float lr;                         /* adam: with the bias corrections in it */
    float scale;                      /* of the gradient, from clipping its norm */
    float momentum;                   /* momentum, nesterov */
    float keep1, take1, keep2, take2; /* beta1, 1 - beta1 ... */
    float inside, outside;            /* eps under the root, and added to it */
    float shrink;                     /* adamw: 1 - lr l2; else 1 */
} pv_rule;

/* Changes n parameters p by the gradient g, which it zeroes, and the moments a and b. */
typedef void pv_rule_function(size_t n, const pv_rule *rule, float *p, float *g, float *a,
                              float *b);

/* a row for each kind, in the order of pv_optimizer_kind */
typedef struct pv_rule_row {
    const char *name;
    const char *moment[2]; /* what a and b are called in files; NULL: not used */
    pv_rule_function *apply;
} pv_rule_row;

extern const pv_rule_row pv_rule_rows_plain[PV_OPTIMIZERS], pv_rule_rows_avx2[PV_OPTIMIZERS];

/* Returns the table that goes with the kernels in use (pv_kernels_best). */
const pv_rule_row *pv_rule_rows_best(void);

#endif
