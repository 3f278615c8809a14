/* layers.c: the table of layers, in the order in which people read it,
   and what several families share. */
#include "nets/parse.h"

#include <string.h>

static const pv_layer_class *const layers[] = {
    &pv_layer_dense,     &pv_layer_noisy,      &pv_layer_conv,     &pv_layer_maxpool,
    &pv_layer_avgpool,   &pv_layer_flatten,    &pv_layer_residual, &pv_layer_layernorm,
    &pv_layer_batchnorm, &pv_layer_dropout,    &pv_layer_embed,    &pv_layer_lstm,
    &pv_layer_gru,       &pv_layer_dueling,    &pv_layer_relu,     &pv_layer_leaky,
    &pv_layer_elu,       &pv_layer_selu,       &pv_layer_tanh,     &pv_layer_sigmoid,
    &pv_layer_softplus,  &pv_layer_swish,      &pv_layer_gelu,     &pv_layer_identity,
    &pv_layer_softmax,   &pv_layer_log_softmax};

enum { LAYERS = sizeof layers / sizeof layers[0] };

const pv_layer_class *pv_layer_at(int i)
{
    return i >= 0 && i < LAYERS ? layers[i] : NULL;
}

const pv_layer_class *pv_layer_find(const char *name, int length)
{
    for (int i = 0; i < LAYERS; i++) {
        if (strlen(layers[i]->info.name) == (size_t)length &&
            strncmp(layers[i]->info.name, name, (size_t)length) == 0) {
            return layers[i];
        }
    }
    return NULL;
}

int pv_shape_elements(const pv_shape *shape)
{
    long long count = 1;
    for (int i = 0; i < shape->ndim; i++) {
        count *= shape->size[i];
        if (count > PV_ROW_MAX) {
            return -1;
        }
    }
    return (int)count;
}

void pv_add_gradient(int accumulate, size_t n, const float *dy, float *dx)
{
    if (!accumulate) {
        memcpy(dx, dy, n * sizeof *dx);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        dx[i] += dy[i];
    }
}

void pv_activation_back(const pv_run *run)
{
    if (run->node->activation != PV_IDENTITY) {
        run->kernels->activate_back((size_t)run->rows * (size_t)run->node->out_size,
                                    run->node->activation, run->node->slope, run->y, run->dy,
                                    run->dy);
    }
}

pv_status pv_window_shape(pv_parser *parser, pv_node *node, int filters)
{
    char text[48];
    if (node->in.ndim == 2) {
        node->in = (pv_shape){3, {node->in.size[0], node->in.size[1], 1}};
    }
    const pv_shape *in = &node->in;
    if (in->ndim != 3) {
        return pv_parse_fail(parser, parser->start,
                             "%s takes rows, columns and channels, but %s comes in",
                             node->layer->info.name, pv_shape_text(in, text));
    }
    const int rows = in->size[0] + 2 * node->pad - node->kernel[0];
    const int columns = in->size[1] + 2 * node->pad - node->kernel[1];
    if (rows < 0 || columns < 0) {
        return pv_parse_fail(parser, parser->start,
                             "the window %dx%d is larger than the %s coming in", node->kernel[0],
                             node->kernel[1], pv_shape_text(in, text));
    }
    node->out = (pv_shape){
        3, {rows / node->stride + 1, columns / node->stride + 1, filters ? filters : in->size[2]}};
    return PV_OK;
}

pv_conv pv_window_conv(const pv_node *node, int rows)
{
    return (pv_conv){.batch = rows,
                     .height = node->in.size[0],
                     .width = node->in.size[1],
                     .channels = node->in.size[2],
                     .filters = node->out.size[2],
                     .kernel_height = node->kernel[0],
                     .kernel_width = node->kernel[1],
                     .stride = node->stride,
                     .pad = node->pad,
                     .out_height = node->out.size[0],
                     .out_width = node->out.size[1]};
}
