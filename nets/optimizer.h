/* optimizer.h: how gradients change parameters. All changes go through pv_update. */
#ifndef PAVLOV_NETS_OPTIMIZER_H
#define PAVLOV_NETS_OPTIMIZER_H

#include "nets/net.h"

typedef enum pv_optimizer_kind {
    PV_SGD,
    PV_MOMENTUM, /* Polyak 1964: v = momentum v + g; p -= lr v */
    PV_NESTEROV, /* Sutskever et al. 2013, in the form of p -= lr (g + momentum v) */
    PV_ADAGRAD,  /* Duchi et al. 2011 */
    PV_RMSPROP,  /* Tieleman & Hinton 2012: p -= lr g / sqrt(s + eps), eps inside the root unless
                    eps_outside */
    PV_RMSPROP_CENTERED, /* Graves 2013: s - m^2 in the root */
    PV_ADAM,             /* Kingma & Ba 2015 */
    PV_ADAMW             /* Loshchilov & Hutter 2019 */
} pv_optimizer_kind;

typedef struct pv_optimizer_config {
    pv_optimizer_kind kind;
    double lr, momentum, beta1, beta2, eps;
    int eps_outside;   /* RMSProp: eps is added to the root, not under it */
    double l1, l2;     /* penalties added to the gradient; AdamW: l2 is the decoupled decay */
    double clip_norm;  /* clip the gradient's global norm; 0: do not */
    double clip_value; /* clip every element; 0: do not */
} pv_optimizer_config;

/* Returns the usual values of a kind. */
pv_optimizer_config pv_optimizer_config_default(pv_optimizer_kind kind);

/* Reads "adam", "rmsprop-centered" ...; an unknown name is an error with the nearest. */
pv_status pv_optimizer_kind_parse(const char *name, pv_optimizer_kind *kind);

typedef struct pv_optimizer pv_optimizer;

/* Takes the moments for `count` parameters; NULL on failure. */
pv_optimizer *pv_optimizer_create(const pv_optimizer_config *config, size_t count);
void pv_optimizer_destroy(pv_optimizer *optimizer);

/* Changes the learning rate (schedules). */
void pv_optimizer_set_lr(pv_optimizer *optimizer, double lr);

/* what an update tells */
typedef struct pv_update_report {
    double gradient_norm; /* before clipping */
    double lr;
} pv_update_report;

/* the one hook: may change the gradient before it is used (all-reduce), or fail */
typedef struct pv_gradient_hook {
    pv_status (*apply)(void *ctx, float *gradient, size_t count);
    void *ctx;
} pv_gradient_hook;

/* One step: hook, penalties, clipping, the rule; frozen tensors stay. `gradient` is used up
   (zeroed). A gradient or parameter that is not finite is PV_ERROR_NUMBER naming the tensor, and
   nothing changes. hook and report may be NULL. */
pv_status pv_update(pv_optimizer *optimizer, pv_net *net, float *gradient,
                    const pv_gradient_hook *hook, pv_update_report *report);

/* Saves and loads moments and step count as tensors "<prefix>…". */
pv_status pv_optimizer_save(const pv_optimizer *optimizer, pv_tensors *tensors, const char *prefix);
pv_status pv_optimizer_load(pv_optimizer *optimizer, const pv_tensors *tensors, const char *prefix);

#endif
