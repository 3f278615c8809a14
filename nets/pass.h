/* pass.h: what one thread computes with a net: activations, their gradients and scratch for a
   batch. Nothing allocates after create. */
#ifndef PAVLOV_NETS_PASS_H
#define PAVLOV_NETS_PASS_H

#include "nets/net.h"

typedef struct pv_pass pv_pass;

typedef struct pv_pass_config {
    int rows;      /* most rows of a batch (steps x sequences) */
    int learns;    /* 1: backward will be asked for */
    uint64_t seed; /* of dropout */
} pv_pass_config;

/* Makes a pass for a net, which must outlive it; NULL on failure. */
pv_pass *pv_pass_create(const pv_net *net, const pv_pass_config *config);
void pv_pass_destroy(pv_pass *pass);

/* A batch. Rows are steps x sequences, step by step: row t * sequences + b. Nets without recurrent
   layers take steps = 1. */
typedef struct pv_net_batch {
    int steps, sequences;
    const void *const *input; /* [n_inputs] -> [rows][...] */
    const uint8_t
        *reset; /* [rows] 1: an episode begins here: state is zeroed before; NULL: nowhere */
    const float *state; /* [sequences][state_size] before the first step; NULL: zero */
    float
        *state_after; /* [sequences][state_size] after the last; NULL: not wanted; may be `state` */
    int training;     /* 1: dropout drops, batchnorm uses the batch */
} pv_net_batch;

/* Draws the noise of the pass anew for all noisy layers, in their order: a normal number for each
   input, then for each unit. It holds for every forward until the next draw; rng NULL: no noise, as
   in a new pass, and the weights are their means. Not between a forward and its backward. A stream
   kept as it was before a draw draws the same noise again. */
void pv_pass_draw_noise(pv_pass *pass, pv_rng *rng);

/* Computes every head. Inputs and resets are read in place and must stay until backward. */
void pv_pass_forward(pv_pass *pass, const pv_net *net, const pv_net_batch *batch);

/* Returns a head's output [rows][size] of the last forward. */
const float *pv_pass_output(const pv_pass *pass, int head);

/* Returns where to write the gradient of the loss by a head's output, [rows][size]; zeroed by
 * forward. */
float *pv_pass_output_gradient(pv_pass *pass, int head);

/* Adds the gradient by the parameters to `gradient` (a block like the net's parameters) and
   computes the gradient by the inputs if `want_input`. Goes with the last forward of the same net,
   once: the gradients by the outputs are used up. */
void pv_pass_backward(pv_pass *pass, const pv_net *net, float *gradient, int want_input);

/* Returns the gradient by input i, [rows][elements], after a backward that was asked for it; by the
   scaled number where the input is bytes, NULL where it is categories. */
const float *pv_pass_input_gradient(const pv_pass *pass, int input);

/* Returns the gradient by the first state, [sequences][state_size], after a backward. */
const float *pv_pass_state_gradient(const pv_pass *pass);

/* Returns the outputs of layer i (pv_net_line_at) of the last forward, [rows][elements], for
   pictures and diagnostics; NULL where they are still the bytes or categories that came in. */
const float *pv_pass_layer_output(const pv_pass *pass, int line);

/* Returns the part of the relu units (of a convolution: filters) that were zero in every row of the
   last forward; NaN without such. */
double pv_pass_dead_units(const pv_pass *pass);

/* Says whether all outputs are finite; if not, PV_ERROR_NUMBER with a last error that names the
   first layer where one is not. */
pv_status pv_pass_check(const pv_pass *pass);

/* Moves the net's running statistics (batchnorm) a tenth of the way towards those of the last
   forward, if that was one with `training`. A learner calls it beside pv_update; forward and
   backward leave the net alone. */
void pv_pass_keep_statistics(const pv_pass *pass, pv_net *net);

/* Returns the stream that dropout draws from, so that a learner can save and restore it. */
pv_rng *pv_pass_rng(pv_pass *pass);

#endif
