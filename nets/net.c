/* net.c: a net is its graph and two blocks of numbers over it: the parameters, which optimisers
   change, and the running statistics, which passes bring up to date. */
#include "nets/net.h"

#include "core/memory.h"
#include "nets/state.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* --- life ------------------------------------------------------------------------------------ */

/* takes the graph over, whatever happens */
static pv_net *create_around(pv_graph *graph, const pv_kernels *kernels)
{
    pv_net *net = graph ? pv_alloc(sizeof *net) : NULL;
    if (!net) {
        pv_graph_destroy(graph);
        return NULL;
    }
    net->graph = graph;
    net->kernels = kernels;
    net->parameters = pv_alloc_array(graph->parameter_count, sizeof *net->parameters);
    net->statistics = pv_alloc_array(graph->statistic_count, sizeof *net->statistics);
    if (!net->parameters || !net->statistics) {
        pv_net_destroy(net);
        return NULL;
    }
    return net;
}

pv_net *pv_net_create(const pv_net_config *config)
{
    pv_net *net = create_around(pv_graph_create(config),
                                config->kernels ? config->kernels : pv_kernels_best());
    if (net) {
        pv_net_init_parameters(net, config->seed);
    }
    return net;
}

void pv_net_destroy(pv_net *net)
{
    if (net) {
        pv_graph_destroy(net->graph);
        pv_free(net->parameters);
        pv_free(net->statistics);
        pv_free(net);
    }
}

pv_net *pv_net_clone(const pv_net *net)
{
    pv_net *copy = create_around(pv_graph_copy(net->graph), net->kernels);
    if (copy) {
        pv_net_copy(copy, net);
    }
    return copy;
}

void pv_net_init_parameters(pv_net *net, uint64_t seed)
{
    const pv_graph *graph = net->graph;
    memset(net->parameters, 0, graph->parameter_count * sizeof *net->parameters);
    for (int i = 0; i < graph->n_nodes; i++) { /* a stream a layer: another layer changes none */
        const pv_node *node = &graph->nodes[i];
        if (node->layer->init && node->n_parameters > 0) {
            pv_rng rng = pv_rng_split(seed, node->name);
            node->layer->init(node, net->parameters + node->parameters, &rng);
        }
    }
    for (int i = 0; i < graph->n_statistics; i++) {
        const pv_graph_statistic *statistic = &graph->statistics[i];
        for (size_t k = 0; k < statistic->count; k++) {
            net->statistics[statistic->offset + k] = statistic->initial;
        }
    }
}

/* --- parameters ------------------------------------------------------------------------------ */

float *pv_net_parameters(pv_net *net)
{
    return net->parameters;
}

const float *pv_net_parameters_const(const pv_net *net)
{
    return net->parameters;
}

size_t pv_net_parameter_count(const pv_net *net)
{
    return net->graph->parameter_count;
}

int pv_net_tensor_count(const pv_net *net)
{
    return net->graph->n_tensors;
}

const pv_net_tensor *pv_net_tensor_at(const pv_net *net, int i)
{
    assert(i >= 0 && i < net->graph->n_tensors);
    return &net->graph->tensors[i];
}

const pv_net_tensor *pv_net_tensor_find(const pv_net *net, const char *name)
{
    for (int i = 0; i < net->graph->n_tensors; i++) {
        if (strcmp(net->graph->tensors[i].name, name) == 0) {
            return &net->graph->tensors[i];
        }
    }
    return NULL;
}

/* to copy between nets of two architectures is the caller's mistake */
static void assert_same_architecture(const pv_net *a, const pv_net *b)
{
    assert(a->graph->n_nodes == b->graph->n_nodes);
    assert(a->graph->parameter_count == b->graph->parameter_count);
    assert(a->graph->statistic_count == b->graph->statistic_count);
    (void)a;
    (void)b;
}

void pv_net_copy(pv_net *to, const pv_net *from)
{
    assert_same_architecture(to, from);
    memcpy(to->parameters, from->parameters, from->graph->parameter_count * sizeof(float));
    memcpy(to->statistics, from->statistics, from->graph->statistic_count * sizeof(float));
}

static void blend(size_t n, float tau, const float *from, float *to)
{
    for (size_t i = 0; i < n; i++) {
        to[i] += tau * (from[i] - to[i]);
    }
}

void pv_net_blend(pv_net *to, const pv_net *from, float tau)
{
    assert_same_architecture(to, from);
    blend(from->graph->parameter_count, tau, from->parameters, to->parameters);
    blend(from->graph->statistic_count, tau, from->statistics, to->statistics);
}

int pv_net_freeze(pv_net *net, const char *prefix, int frozen)
{
    int count = 0;
    for (int i = 0; i < net->graph->n_tensors; i++) {
        pv_net_tensor *tensor = &net->graph->tensors[i];
        if (strncmp(tensor->name, prefix, strlen(prefix)) == 0) {
            tensor->frozen = frozen != 0;
            count++;
        }
    }
    return count;
}

/* --- sizes ----------------------------------------------------------------------------------- */

int pv_net_head_count(const pv_net *net)
{
    return net->graph->n_heads;
}

int pv_net_head_find(const pv_net *net, const char *name)
{
    for (int i = 0; i < net->graph->n_heads; i++) {
        if (strcmp(net->graph->heads[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

const char *pv_net_head_name(const pv_net *net, int head)
{
    assert(head >= 0 && head < net->graph->n_heads);
    return net->graph->heads[head].name;
}

const char *pv_net_input_name(const pv_net *net, int input)
{
    assert(input >= 0 && input < net->graph->n_inputs);
    return net->graph->inputs[input].name;
}

size_t pv_net_head_size(const pv_net *net, int head)
{
    assert(head >= 0 && head < net->graph->n_heads);
    return (size_t)net->graph->nodes[net->graph->heads[head].node].out_size;
}

int pv_net_input_count(const pv_net *net)
{
    return net->graph->n_inputs;
}

size_t pv_net_input_size(const pv_net *net, int input)
{
    assert(input >= 0 && input < net->graph->n_inputs);
    return (size_t)net->graph->nodes[net->graph->inputs[input].node].out_size;
}

size_t pv_net_state_size(const pv_net *net)
{
    return net->graph->state_size;
}

int pv_net_line_count(const pv_net *net)
{
    return net->graph->n_lines;
}

pv_net_line pv_net_line_at(const pv_net *net, int i)
{
    const pv_graph *graph = net->graph;
    assert(i >= 0 && i < graph->n_lines);
    const pv_graph_line *line = &graph->lines[i];
    const pv_shape *shape = &graph->nodes[line->node].out;
    pv_net_line told = {.layer = graph->texts + line->text,
                        .where = pv_graph_where(graph, line->where),
                        .name = graph->nodes[line->named].name,
                        .ndim = (uint32_t)shape->ndim,
                        .parameters = line->parameters};
    for (int d = 0; d < shape->ndim; d++) {
        told.shape[d] = (uint32_t)shape->size[d];
    }
    return told;
}

const pv_layer_info *pv_layer_info_at(int i)
{
    const pv_layer_class *layer = pv_layer_at(i);
    return layer ? &layer->info : NULL;
}

/* --- files ----------------------------------------------------------------------------------- */

enum { FILE_NAME = 256 }; /* bytes of a tensor's name with its prefix */

static void full_name(char *name, const char *prefix, const char *own)
{
    const int length = snprintf(name, FILE_NAME, "%s%s", prefix, own);
    assert(length < FILE_NAME);
    (void)length;
}

pv_status pv_net_save(const pv_net *net, pv_tensors *tensors, const char *prefix)
{
    const pv_graph *graph = net->graph;
    char name[FILE_NAME];
    pv_status status = PV_OK;
    for (int i = 0; i < graph->n_tensors && status == PV_OK; i++) {
        const pv_net_tensor *tensor = &graph->tensors[i];
        full_name(name, prefix, tensor->name);
        status = pv_tensors_add_shaped(tensors, name, PV_F32, net->parameters + tensor->offset,
                                       tensor->ndim, tensor->shape);
    }
    for (int i = 0; i < graph->n_statistics && status == PV_OK; i++) {
        const pv_graph_statistic *statistic = &graph->statistics[i];
        full_name(name, prefix, statistic->name);
        status = pv_tensors_add(tensors, name, PV_F32, net->statistics + statistic->offset,
                                statistic->count);
    }
    return status;
}

/* a tensor with this name and shape, NULL with the failure told */
static const pv_tensor *find_saved(const pv_tensors *tensors, const char *name, int ndim,
                                   const uint64_t *shape)
{
    const pv_tensor *tensor = pv_tensors_find(tensors, name);
    if (!tensor) {
        (void)pv_fail(PV_ERROR_FORMAT, "tensor \"%s\" is missing: the net was another one", name);
        return NULL;
    }
    int same = tensor->dtype == PV_F32 && tensor->ndim == ndim;
    for (int d = 0; d < ndim && same; d++) {
        same = tensor->shape[d] == shape[d];
    }
    if (!same) {
        (void)pv_fail(PV_ERROR_FORMAT,
                      "tensor \"%s\" has another type or shape than here: the net was another one",
                      name);
        return NULL;
    }
    return tensor;
}

/* reads all tensors, or with `check` only looks whether all are there */
static pv_status load(pv_net *net, const pv_tensors *tensors, const char *prefix, int check)
{
    const pv_graph *graph = net->graph;
    char name[FILE_NAME];
    for (int i = 0; i < graph->n_tensors; i++) {
        const pv_net_tensor *own = &graph->tensors[i];
        full_name(name, prefix, own->name);
        const pv_tensor *saved = find_saved(tensors, name, own->ndim, own->shape);
        if (!saved) {
            return PV_ERROR_FORMAT;
        }
        if (!check) {
            memcpy(net->parameters + own->offset, saved->data, own->count * sizeof(float));
        }
    }
    for (int i = 0; i < graph->n_statistics; i++) {
        const pv_graph_statistic *own = &graph->statistics[i];
        const uint64_t shape[] = {own->count};
        full_name(name, prefix, own->name);
        const pv_tensor *saved = find_saved(tensors, name, 1, shape);
        if (!saved) {
            return PV_ERROR_FORMAT;
        }
        if (!check) {
            memcpy(net->statistics + own->offset, saved->data, own->count * sizeof(float));
        }
    }
    return PV_OK;
}

pv_status pv_net_load(pv_net *net, const pv_tensors *tensors, const char *prefix)
{
    const pv_status status = load(net, tensors, prefix, 1); /* all or nothing */
    return status == PV_OK ? load(net, tensors, prefix, 0) : status;
}
