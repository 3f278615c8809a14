/* layer_conv.c: convolution (as everyone, cross-correlation) over NHWC pictures with filters
   [kh][kw][c][f]; output size floor((in + 2 pad - kernel) / stride) + 1. */
#include "nets/parse.h"

static pv_status parse(pv_parser *parser, pv_node *node)
{
    const pv_status status =
        pv_parse_integer(parser, "a number of filters", 1, PV_UNITS_MAX, &node->units);
    return status == PV_OK ? pv_parse_window(parser, node, 1, 1) : status;
}

static pv_status shape(pv_parser *parser, pv_node *node)
{
    return pv_window_shape(parser, node, node->units);
}

static pv_status tensors(pv_graph *graph, pv_node *node)
{
    const int weight[] = {node->kernel[0], node->kernel[1], node->in.size[2], node->units};
    const pv_status status = pv_graph_add_tensor(graph, node, "weight", 1, 4, weight);
    return status == PV_OK ? pv_graph_add_tensor(graph, node, "bias", 0, 1, &node->units) : status;
}

/* numbers that a filter sees */
static int fan_in(const pv_node *node)
{
    return node->kernel[0] * node->kernel[1] * node->in.size[2];
}

static void init(const pv_node *node, float *parameters, pv_rng *rng)
{
    pv_init_matrix(node->init, rng, fan_in(node), node->units, node->units, fan_in(node),
                   node->kernel[0] * node->kernel[1] * node->units, parameters);
    pv_init_bias(node->init, rng, node->units, fan_in(node),
                 parameters + (size_t)fan_in(node) * (size_t)node->units);
}

static pv_workspace workspace(const pv_node *node, int rows)
{
    const pv_conv conv = pv_window_conv(node, rows);
    return (pv_workspace){.scratch = pv_conv_scratch(&conv)};
}

static void forward(const pv_run *run)
{
    const pv_node *node = run->node;
    const pv_conv conv = pv_window_conv(node, run->rows);
    const float *bias = run->parameters + (size_t)fan_in(node) * (size_t)node->units;
    if (node->in_dtype == PV_U8) {
        run->kernels->conv_u8(&conv, run->x[0], node->rate, run->parameters, bias, node->activation,
                              node->slope, run->y, run->scratch);
    } else {
        run->kernels->conv(&conv, run->x[0], run->parameters, bias, node->activation, node->slope,
                           run->y, run->scratch);
    }
}

static void backward(const pv_run *run)
{
    const pv_node *node = run->node;
    const pv_conv conv = pv_window_conv(node, run->rows);
    float *dbias = run->dparameters + (size_t)fan_in(node) * (size_t)node->units;
    pv_activation_back(run);
    if (node->in_dtype == PV_U8) {
        run->kernels->conv_weights_u8(&conv, run->x[0], node->rate, run->dy, run->dparameters,
                                      dbias, run->scratch);
    } else {
        run->kernels->conv_weights(&conv, run->x[0], run->dy, run->dparameters, dbias,
                                   run->scratch);
    }
    if (run->dx[0]) {
        run->kernels->conv_input(&conv, run->dy, run->parameters, node->accumulate[0], run->dx[0],
                                 run->scratch);
    }
}

const pv_layer_class pv_layer_conv = {
    .info = {"conv", "conv N KxK[/S] [pP] [activation] [init=...]",
             "N filters of KxK, stride S (1), padding P (0), over rows, columns and channels"},
    .flags = PV_LAYER_READS_BYTES | PV_LAYER_FUSES | PV_LAYER_INIT,
    .parse = parse,
    .shape = shape,
    .tensors = tensors,
    .init = init,
    .workspace = workspace,
    .forward = forward,
    .backward = backward};
