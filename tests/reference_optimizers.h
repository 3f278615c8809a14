/* reference_optimizers.h: the reference cases of optimisers, through pv_update on a net that is one
   table of numbers. */
#ifndef PAVLOV_TESTS_REFERENCE_OPTIMIZERS_H
#define PAVLOV_TESTS_REFERENCE_OPTIMIZERS_H

#include "nets/optimizer.h"
#include "reference_nets.h"

/* what the case's name and note fix */
static const struct {
    const char *name;
    pv_optimizer_config config;
} ref_optimizers[] = {
    {"opt_sgd", {.kind = PV_SGD, .lr = 0.1}},
    {"opt_sgd_l2", {.kind = PV_SGD, .lr = 0.1, .l2 = 0.05}},
    {"opt_momentum", {.kind = PV_MOMENTUM, .lr = 0.1, .momentum = 0.9}},
    {"opt_nesterov", {.kind = PV_NESTEROV, .lr = 0.1, .momentum = 0.9}},
    {"opt_adagrad", {.kind = PV_ADAGRAD, .lr = 0.1, .eps = 1e-10}},
    {"opt_rmsprop", {.kind = PV_RMSPROP, .lr = 0.01, .beta2 = 0.99, .eps = 1e-8, .eps_outside = 1}},
    {"opt_rmsprop_centered",
     {.kind = PV_RMSPROP_CENTERED, .lr = 0.01, .beta2 = 0.95, .eps = 1e-2, .eps_outside = 1}},
    {"opt_adam", {.kind = PV_ADAM, .lr = 0.01, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8}},
    {"opt_adamw",
     {.kind = PV_ADAMW, .lr = 0.01, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .l2 = 0.1}}};

/* a net of n weights and nothing else */
static inline ref_net open_weights(reference *ref, int n)
{
    const pv_net_input input = {.name = "x", .dtype = PV_I32, .n = (uint32_t)n};
    return ref_build(ref, &input, "embed 1", NULL, 0, 1);
}

static inline void run_optimizer(reference *ref)
{
    const array start = ref_array(ref, "start");
    const array gradients = ref_array(ref, "gradients");
    const array right = ref_array(ref, "parameters");
    const int n = start.n;
    float *own = ref_memory(ref, (size_t)right.n * sizeof *own);
    pv_optimizer *optimizer = NULL;
    for (size_t i = 0; i < sizeof ref_optimizers / sizeof ref_optimizers[0]; i++) {
        if (strcmp(ref->name, ref_optimizers[i].name) == 0) {
            optimizer = pv_optimizer_create(&ref_optimizers[i].config, (size_t)n);
        }
    }
    if (!optimizer) {
        ref_fail(ref, "no optimiser of this name");
        return;
    }
    ref_net r = open_weights(ref, n);
    memcpy(pv_net_parameters(r.net), start.x, (size_t)n * sizeof *own);
    for (int t = 0; t < gradients.shape[0]; t++) {
        memcpy(r.gradient, gradients.x + t * n, (size_t)n * sizeof *own);
        if (pv_update(optimizer, r.net, r.gradient, NULL, NULL) != PV_OK) {
            ref_fail(ref, "%s", pv_last_error());
        }
        memcpy(own + t * n, pv_net_parameters(r.net), (size_t)n * sizeof *own);
    }
    ref_compare(ref, "parameters", &right, own);
    pv_optimizer_destroy(optimizer);
    ref_destroy(&r);
}

/* the clipped gradient is what a step of size 1 takes away from zero */
static inline void run_clip_norm(reference *ref)
{
    const array a = ref_array(ref, "a");
    const array b = ref_array(ref, "b");
    const array clipped_a = ref_array(ref, "clipped_a");
    const array clipped_b = ref_array(ref, "clipped_b");
    const pv_optimizer_config config = {
        .kind = PV_SGD, .lr = 1.0, .clip_norm = ref_number(ref, "max_norm")};
    const int n = a.n + b.n;
    pv_update_report report = {0};
    float *own = ref_memory(ref, (size_t)n * sizeof *own);
    pv_optimizer *optimizer = pv_optimizer_create(&config, (size_t)n);
    ref_net r = open_weights(ref, n);
    memset(pv_net_parameters(r.net), 0, (size_t)n * sizeof *own);
    memcpy(r.gradient, a.x, (size_t)a.n * sizeof *own);
    memcpy(r.gradient + a.n, b.x, (size_t)b.n * sizeof *own);
    if (pv_update(optimizer, r.net, r.gradient, NULL, &report) != PV_OK) {
        ref_fail(ref, "%s", pv_last_error());
    }
    for (int i = 0; i < n; i++) {
        own[i] = -pv_net_parameters(r.net)[i];
    }
    ref_compare(ref, "clipped_a", &clipped_a, own);
    ref_compare(ref, "clipped_b", &clipped_b, own + a.n);
    ref_compare_number(ref, "norm", report.gradient_norm);
    pv_optimizer_destroy(optimizer);
    ref_destroy(&r);
}

#endif
