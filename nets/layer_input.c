/* layer_input.c: what comes in, read in place, and its two ways to floats where the layer behind
   wants them: bytes are scaled, categories become one-hot. flatten gives another shape to the same
   numbers and moves nothing. */
#include "nets/parse.h"

#include <assert.h>
#include <string.h>

const pv_layer_class pv_layer_input = {.info = {"input", NULL, "what comes in"}};

/* --- bytes ----------------------------------------------------------------------------------- */

static void forward_bytes(const pv_run *run)
{
    const uint8_t *x = run->x[0];
    const size_t n = (size_t)run->rows * (size_t)run->node->in_size;
    for (size_t i = 0; i < n; i++) {
        run->y[i] = run->node->rate * (float)x[i];
    }
}

static void backward_bytes(const pv_run *run)
{
    if (run->dx[0]) {
        pv_add_gradient(run->node->accumulate[0], (size_t)run->rows * (size_t)run->node->in_size,
                        run->dy, run->dx[0]);
    }
}

const pv_layer_class pv_layer_bytes = {.info = {"bytes", NULL, "bytes to numbers"},
                                       .flags = PV_LAYER_READS_BYTES,
                                       .forward = forward_bytes,
                                       .backward = backward_bytes};

/* --- categories ------------------------------------------------------------------------------ */

static void forward_categories(const pv_run *run)
{
    const int32_t *x = run->x[0];
    const size_t n = (size_t)run->rows * (size_t)run->node->in_size;
    const size_t units = (size_t)run->node->units;
    memset(run->y, 0, n * units * sizeof *run->y);
    for (size_t i = 0; i < n; i++) {
        assert(x[i] >= 0 && (size_t)x[i] < units);
        if (x[i] >= 0 && (size_t)x[i] < units) { /* none of them: all zero */
            run->y[i * units + (size_t)x[i]] = 1.0f;
        }
    }
}

const pv_layer_class pv_layer_categories = {.info = {"categories", NULL, "categories to one-hot"},
                                            .flags = PV_LAYER_READS_CATEGORIES,
                                            .forward = forward_categories};

/* --- flatten --------------------------------------------------------------------------------- */

static pv_status shape_flat(pv_parser *parser, pv_node *node)
{
    const pv_node *input = &parser->graph->nodes[node->input[0]];
    node->out = (pv_shape){1, {node->in_size}};
    node->dtype = input->dtype;
    node->root = input->root;
    node->units = input->units;
    return PV_OK;
}

const pv_layer_class pv_layer_flatten = {
    .info = {"flatten", "flatten", "one long row; dense does it by itself"},
    .flags = PV_LAYER_READS_BYTES | PV_LAYER_READS_CATEGORIES | PV_LAYER_TRANSPARENT,
    .shape = shape_flat};
