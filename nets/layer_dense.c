/* layer_dense.c: fully connected: y = activation(x W + b), W [in][out]. Bytes are read by the
   convolution's kernel, as pictures of one pixel. */
#include "nets/parse.h"

static pv_status parse(pv_parser *parser, pv_node *node)
{
    return pv_parse_integer(parser, "a number of units", 1, PV_UNITS_MAX, &node->units);
}

static pv_status shape(pv_parser *parser, pv_node *node)
{
    (void)parser;
    node->out = (pv_shape){1, {node->units}};
    return PV_OK;
}

static pv_status tensors(pv_graph *graph, pv_node *node)
{
    const int weight[] = {node->in_size, node->units};
    const pv_status status = pv_graph_add_tensor(graph, node, "weight", 1, 2, weight);
    return status == PV_OK ? pv_graph_add_tensor(graph, node, "bias", 0, 1, &node->units) : status;
}

static void init(const pv_node *node, float *parameters, pv_rng *rng)
{
    pv_init_matrix(node->init, rng, node->in_size, node->units, node->units, node->in_size,
                   node->units, parameters);
    pv_init_bias(node->init, rng, node->units, node->in_size,
                 parameters + (size_t)node->in_size * (size_t)node->units);
}

static int reads_bytes(const pv_node *node)
{
    return node->in_dtype == PV_U8;
}

/* the layer as a convolution over pictures of one pixel */
static pv_conv as_conv(const pv_node *node, int rows)
{
    return (pv_conv){rows, 1, 1, node->in_size, node->units, 1, 1, 1, 0, 1, 1};
}

static pv_workspace workspace(const pv_node *node, int rows)
{
    size_t scratch = (size_t)node->in_size * (size_t)node->units;
    if (reads_bytes(node)) {
        const pv_conv conv = as_conv(node, rows);
        const size_t other = pv_conv_scratch(&conv);
        scratch = other > scratch ? other : scratch;
    }
    return (pv_workspace){.scratch = scratch};
}

static void forward(const pv_run *run)
{
    const pv_node *node = run->node;
    const float *bias = run->parameters + (size_t)node->in_size * (size_t)node->units;
    if (reads_bytes(node)) {
        const pv_conv conv = as_conv(node, run->rows);
        run->kernels->conv_u8(&conv, run->x[0], node->rate, run->parameters, bias, node->activation,
                              node->slope, run->y, run->scratch);
    } else {
        run->kernels->dense(run->rows, node->units, node->in_size, run->x[0], run->parameters, bias,
                            node->activation, node->slope, run->y);
    }
}

static void backward(const pv_run *run)
{
    const pv_node *node = run->node;
    const pv_kernels *kernels = run->kernels;
    float *dbias = run->dparameters + (size_t)node->in_size * (size_t)node->units;
    pv_activation_back(run);
    if (reads_bytes(node)) {
        const pv_conv conv = as_conv(node, run->rows);
        kernels->conv_weights_u8(&conv, run->x[0], node->rate, run->dy, run->dparameters, dbias,
                                 run->scratch);
    } else {
        kernels->dense_weights(run->rows, node->units, node->in_size, run->x[0], run->dy,
                               run->dparameters, dbias);
    }
    if (run->dx[0]) {
        kernels->dense_input(run->rows, node->units, node->in_size, run->dy, run->parameters,
                             node->accumulate[0], run->dx[0], run->scratch);
    }
}

const pv_layer_class pv_layer_dense = {
    .info = {"dense", "dense N [activation] [init=...]", "every unit sees every number"},
    .flags = PV_LAYER_READS_BYTES | PV_LAYER_FUSES | PV_LAYER_INIT,
    .parse = parse,
    .shape = shape,
    .tensors = tensors,
    .init = init,
    .workspace = workspace,
    .forward = forward,
    .backward = backward};
