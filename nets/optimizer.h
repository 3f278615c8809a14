/* optimizer.h: how gradients change parameters. All changes go through pv_update. */
#ifndef PAVLOV_NETS_OPTIMIZER_H
#define PAVLOV_NETS_OPTIMIZER_H

#include "core/threads.h"
#include "nets/net.h"

/* p parameter, g gradient, lr learning rate; moments begin at 0 */
typedef enum pv_optimizer_kind {
    PV_SGD,              /* p -= lr g */
    PV_MOMENTUM,         /* Polyak 1964: v = momentum v + g; p -= lr v */
    PV_NESTEROV,         /* Sutskever et al. 2013: v as above; p -= lr (g + momentum v) */
    PV_ADAGRAD,          /* Duchi et al. 2011: s += g^2; p -= lr g / (sqrt(s) + eps) */
    PV_RMSPROP,          /* Tieleman & Hinton 2012: s = beta2 s + (1 - beta2) g^2;
                            p -= lr g / sqrt(s + eps), or / (sqrt(s) + eps) if eps_outside */
    PV_RMSPROP_CENTERED, /* Graves 2013: m likewise of g, and s - m^2 in the place of s */
    PV_ADAM,             /* Kingma & Ba 2015, eps outside the root */
    PV_ADAMW,            /* Loshchilov & Hutter 2019: Adam, and p -= lr l2 p */
    PV_OPTIMIZERS
} pv_optimizer_kind;

/* the names of the kinds in their order, as the choices of a parameter (pavlov/env.h) */
#define PV_OPTIMIZER_CHOICES "sgd|momentum|nesterov|adagrad|rmsprop|rmsprop-centered|adam|adamw"

typedef struct pv_optimizer_config {
    pv_optimizer_kind kind;
    double lr;
    double momentum;     /* momentum, nesterov */
    double beta1, beta2; /* adam, adamw; rmsprop: beta2 */
    double eps;          /* adagrad, rmsprop, adam, adamw */
    int eps_outside;     /* rmsprop: eps is added to the root, not under it */
    double l1, l2;       /* l2 p + l1 sign(p) is added to the gradient of weights (not of biases and
                            gains); adamw: l2 is the decoupled decay instead */
    double clip_value;   /* every element of the gradient is cut to this; 0: do not */
    double clip_norm;    /* then its global norm, by scaling all of it; 0: do not */
} pv_optimizer_config;

/* Returns the usual values of a kind. */
pv_optimizer_config pv_optimizer_config_default(pv_optimizer_kind kind);

/* Reads "adam", "rmsprop-centered" ...; an unknown name is an error with the nearest. */
pv_status pv_optimizer_kind_parse(const char *name, pv_optimizer_kind *kind);

typedef struct pv_optimizer pv_optimizer;

/* Takes the moments for `count` parameters (none for sgd, one block of that length for momentum,
   nesterov, adagrad and rmsprop, two for the others); NULL on failure. */
pv_optimizer *pv_optimizer_create(const pv_optimizer_config *config, size_t count);
void pv_optimizer_destroy(pv_optimizer *optimizer);

/* Changes the learning rate (schedules). */
void pv_optimizer_set_lr(pv_optimizer *optimizer, double lr);

/* Lets updates run on the threads of a pool, which must outlive them; NULL: on the calling one. The
   numbers are the same on any number of threads. */
void pv_optimizer_set_pool(pv_optimizer *optimizer, pv_pool *pool);

/* what an update tells */
typedef struct pv_update_report {
    double gradient_norm; /* with penalties, before clipping; of what is not frozen */
    double lr;
} pv_update_report;

/* the one hook: may change the gradient before it is used (all-reduce), or fail */
typedef struct pv_gradient_hook {
    pv_status (*apply)(void *ctx, float *gradient, size_t count);
    void *ctx;
} pv_gradient_hook;

/* One step: hook, penalties, clipping, the rule; frozen tensors stay. `gradient` is used up
   (zeroed). A gradient or parameter that is not finite is PV_ERROR_NUMBER naming the tensor and the
   step, and neither parameters nor moments change; so is a gradient whose square no float holds.
   hook and report may be NULL. */
pv_status pv_update(pv_optimizer *optimizer, pv_net *net, float *gradient,
                    const pv_gradient_hook *hook, pv_update_report *report);

/* The same for a block of parameters that is no net's (a shared log_std), of which `tensors` gives
   names and places. */
pv_status pv_update_block(pv_optimizer *optimizer, float *parameters, const pv_net_tensor *tensors,
                          int n_tensors, float *gradient, const pv_gradient_hook *hook,
                          pv_update_report *report);

/* Saves and loads moments, step count and learning rate as tensors "<prefix>step" ...; after a
   failed load the optimizer is fit only to be destroyed. */
pv_status pv_optimizer_save(const pv_optimizer *optimizer, pv_tensors *tensors, const char *prefix);
pv_status pv_optimizer_load(pv_optimizer *optimizer, const pv_tensors *tensors, const char *prefix);

#endif
