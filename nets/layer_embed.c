/* layer_embed.c: N numbers for each category, a row of a table [categories][N] (Bengio et al.
   2003). What is one-hot already, in its last dimension, is multiplied by the same table. */
#include "nets/parse.h"

#include <assert.h>
#include <string.h>

static pv_status parse(pv_parser *parser, pv_node *node)
{
    return pv_parse_integer(parser, "how many numbers stand for a category", 1, PV_UNITS_MAX,
                            &node->units);
}

/* Puts the numbers of a category where it stood, or behind it as one more dimension. */
static pv_status shape(pv_parser *parser, pv_node *node)
{
    const pv_node *input = &parser->graph->nodes[node->input[0]];
    const int last = node->in.ndim - 1;
    if (input->dtype != PV_I32) {
        node->kernel[0] = node->in.size[last]; /* rows of the table */
        node->out.size[last] = node->units;
        return PV_OK;
    }
    node->kernel[0] = input->units;
    if (node->in_size == 1) {
        node->out = (pv_shape){1, {node->units}};
    } else if (last == 3) {
        const long long size = (long long)node->in.size[3] * node->units;
        node->out.size[3] = size < PV_ROW_MAX ? (int)size : PV_ROW_MAX;
    } else {
        node->out.size[node->out.ndim++] = node->units;
    }
    return PV_OK;
}

static pv_status tensors(pv_graph *graph, pv_node *node)
{
    const int weight[] = {node->kernel[0], node->units};
    return pv_graph_add_tensor(graph, node, "weight", 1, 2, weight);
}

static void init(const pv_node *node, float *parameters, pv_rng *rng)
{
    const int fan_in = node->in_dtype == PV_I32 ? 1 : node->kernel[0];
    pv_init_matrix(node->init, rng, node->kernel[0], node->units, node->units, fan_in, node->units,
                   parameters);
}

/* how many categories, or one-hot stretches, come in */
static int places(const pv_run *run)
{
    const int size = run->node->in_dtype == PV_I32 ? 1 : run->node->kernel[0];
    return run->rows * (run->node->in_size / size);
}

/* one-hot bytes as pictures of one pixel */
static pv_conv as_conv(const pv_node *node, int batch)
{
    return (pv_conv){batch, 1, 1, node->kernel[0], node->units, 1, 1, 1, 0, 1, 1};
}

static pv_workspace workspace(const pv_node *node, int rows)
{
    size_t scratch = (size_t)node->kernel[0] * (size_t)node->units;
    if (node->in_dtype == PV_U8) {
        const pv_conv conv = as_conv(node, rows * (node->in_size / node->kernel[0]));
        const size_t other = pv_conv_scratch(&conv);
        scratch = other > scratch ? other : scratch;
    }
    return (pv_workspace){.scratch = node->in_dtype == PV_I32 ? 0 : scratch};
}

/* the row of the table for a category, -1 if it is none of them */
static long find_row(const pv_node *node, int32_t category)
{
    assert(category >= 0 && category < node->kernel[0]);
    return category >= 0 && category < node->kernel[0] ? (long)category * node->units : -1;
}

static void look_up(const pv_run *run)
{
    const size_t units = (size_t)run->node->units;
    const int32_t *x = run->x[0];
    for (size_t i = 0; i < (size_t)places(run); i++) {
        const long row = find_row(run->node, x[i]);
        if (row >= 0) {
            memcpy(run->y + i * units, run->parameters + row, units * sizeof *run->y);
        } else {
            memset(run->y + i * units, 0, units * sizeof *run->y);
        }
    }
}

static void forward(const pv_run *run)
{
    const pv_node *node = run->node;
    if (node->in_dtype == PV_I32) {
        look_up(run);
    } else if (node->in_dtype == PV_U8) {
        const pv_conv conv = as_conv(node, places(run));
        run->kernels->conv_u8(&conv, run->x[0], node->rate, run->parameters, NULL, PV_IDENTITY,
                              0.0f, run->y, run->scratch);
    } else {
        run->kernels->dense(places(run), node->units, node->kernel[0], run->x[0], run->parameters,
                            NULL, PV_IDENTITY, 0.0f, run->y);
    }
}

static void backward(const pv_run *run)
{
    const pv_node *node = run->node;
    const size_t units = (size_t)node->units;
    const int32_t *category = run->x[0];
    const int n = places(run);
    for (size_t i = 0; i < (size_t)n && node->in_dtype == PV_I32; i++) {
        const long row = find_row(node, category[i]);
        if (row >= 0) {
            pv_add_gradient(1, units, run->dy + i * units, run->dparameters + row);
        }
    }
    if (node->in_dtype == PV_U8) {
        const pv_conv conv = as_conv(node, n);
        run->kernels->conv_weights_u8(&conv, run->x[0], node->rate, run->dy, run->dparameters, NULL,
                                      run->scratch);
    } else if (node->in_dtype == PV_F32) {
        run->kernels->dense_weights(n, node->units, node->kernel[0], run->x[0], run->dy,
                                    run->dparameters, NULL);
    }
    if (run->dx[0]) {
        run->kernels->dense_input(n, node->units, node->kernel[0], run->dy, run->parameters,
                                  node->accumulate[0], run->dx[0], run->scratch);
    }
}

const pv_layer_class pv_layer_embed = {
    .info = {"embed", "embed N [init=...]", "N numbers for each category, or for each one-hot"},
    .flags = PV_LAYER_READS_BYTES | PV_LAYER_READS_CATEGORIES | PV_LAYER_INIT,
    .parse = parse,
    .shape = shape,
    .tensors = tensors,
    .init = init,
    .workspace = workspace,
    .forward = forward,
    .backward = backward};
