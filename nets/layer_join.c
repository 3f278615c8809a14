/* layer_join.c: where ways meet: inputs side by side, and a residual's sum (He et al. 2016). */
#include "nets/layer.h"

#include <string.h>

/* --- join ------------------------------------------------------------------------------------ */

/* copies columns between rows of `out_size` and the rows of each input */
static void forward_join(const pv_run *run)
{
    const pv_node *node = run->node;
    size_t column = 0;
    for (int k = 0; k < node->n_inputs; k++) {
        const float *x = run->x[k];
        const size_t size = (size_t)node->sizes[k];
        for (size_t row = 0; row < (size_t)run->rows; row++) {
            memcpy(run->y + row * (size_t)node->out_size + column, x + row * size,
                   size * sizeof *x);
        }
        column += size;
    }
}

static void backward_join(const pv_run *run)
{
    const pv_node *node = run->node;
    size_t column = 0;
    for (int k = 0; k < node->n_inputs; k++) {
        const size_t size = (size_t)node->sizes[k];
        for (size_t row = 0; row < (size_t)run->rows && run->dx[k]; row++) {
            pv_add_gradient(node->accumulate[k], size,
                            run->dy + row * (size_t)node->out_size + column,
                            run->dx[k] + row * size);
        }
        column += size;
    }
}

const pv_layer_class pv_layer_join = {.info = {"join", NULL, "inputs side by side"},
                                      .forward = forward_join,
                                      .backward = backward_join};

/* --- residual -------------------------------------------------------------------------------- */

static void forward_sum(const pv_run *run)
{
    const float *a = run->x[0];
    const float *b = run->x[1];
    const size_t n = (size_t)run->rows * (size_t)run->node->out_size;
    for (size_t i = 0; i < n; i++) {
        run->y[i] = a[i] + b[i];
    }
}

static void backward_sum(const pv_run *run)
{
    const size_t n = (size_t)run->rows * (size_t)run->node->out_size;
    for (int k = 0; k < 2; k++) {
        if (run->dx[k]) {
            pv_add_gradient(run->node->accumulate[k], n, run->dy, run->dx[k]);
        }
    }
}

const pv_layer_class pv_layer_residual = {
    .info = {"residual", "residual( layers )", "what comes in plus what the layers make of it"},
    .forward = forward_sum,
    .backward = backward_sum};
