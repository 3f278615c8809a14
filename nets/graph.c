/* graph.c: the lists a graph is made of, which grow while it is built and are copied as arrays. */
#include "nets/graph.h"

#include "core/memory.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* most parameters of a net: 8 GiB of them */
static const size_t PARAMETERS_MAX = (size_t)1 << 31;

/* Makes room for one more element; lists double at powers of two. Returns 0, or -1. */
static int grow(void *list, int n, size_t size)
{
    void *memory = NULL;
    memcpy(&memory, list, sizeof memory);
    if (n > 0 && (n & (n - 1)) != 0) {
        return 0;
    }
    void *grown = pv_realloc(memory, (n ? 2 * (size_t)n : 1) * size);
    if (!grown) {
        return -1;
    }
    memcpy(list, &grown, sizeof grown);
    return 0;
}

void pv_graph_destroy(pv_graph *graph)
{
    if (graph) {
        pv_free(graph->nodes);
        pv_free(graph->tensors);
        pv_free(graph->statistics);
        pv_free(graph->lines);
        pv_free(graph->texts);
        pv_free(graph->inputs);
        pv_free(graph->heads);
        pv_free(graph);
    }
}

/* a copy of a list that may be empty; NULL if it is or for want of memory */
static void *copy_list(const void *list, size_t n, size_t size, int *failed)
{
    void *copy = n && !*failed ? pv_alloc(n * size) : NULL;
    if (copy) {
        memcpy(copy, list, n * size);
    } else if (n) {
        *failed = 1;
    }
    return copy;
}

pv_graph *pv_graph_copy(const pv_graph *graph)
{
    pv_graph *copy = pv_alloc(sizeof *copy);
    if (!copy) {
        return NULL;
    }
    int failed = 0;
    *copy = *graph;
    copy->nodes = copy_list(graph->nodes, (size_t)graph->n_nodes, sizeof *copy->nodes, &failed);
    copy->tensors =
        copy_list(graph->tensors, (size_t)graph->n_tensors, sizeof *copy->tensors, &failed);
    copy->statistics = copy_list(graph->statistics, (size_t)graph->n_statistics,
                                 sizeof *copy->statistics, &failed);
    copy->lines = copy_list(graph->lines, (size_t)graph->n_lines, sizeof *copy->lines, &failed);
    copy->texts = copy_list(graph->texts, graph->n_texts, 1, &failed);
    copy->inputs = copy_list(graph->inputs, (size_t)graph->n_inputs, sizeof *copy->inputs, &failed);
    copy->heads = copy_list(graph->heads, (size_t)graph->n_heads, sizeof *copy->heads, &failed);
    if (failed) {
        pv_graph_destroy(copy);
        return NULL;
    }
    return copy;
}

const char *pv_graph_where(const pv_graph *graph, int where)
{
    if (where == 0) {
        return "trunk";
    }
    return where > 0 ? graph->inputs[where - 1].name : graph->heads[-where - 1].name;
}

/* "policy.dense2": the second dense layer of the head policy */
static void name_node(const pv_graph *graph, pv_node *node)
{
    int number = 1;
    for (int i = 0; i < graph->n_nodes; i++) {
        number += graph->nodes[i].where == node->where && graph->nodes[i].layer == node->layer;
    }
    (void)snprintf(node->name, sizeof node->name, "%s%s%s%d",
                   node->where ? pv_graph_where(graph, node->where) : "", node->where ? "." : "",
                   node->layer->info.name, number);
}

int pv_graph_add_node(pv_graph *graph, const pv_node *draft)
{
    if (grow(&graph->nodes, graph->n_nodes, sizeof *graph->nodes) != 0) {
        return -1;
    }
    pv_node node = *draft;
    node.root = draft->root < 0 ? graph->n_nodes : draft->root;
    node.parameters = graph->parameter_count;
    node.statistics = graph->statistic_count;
    node.state = graph->state_size;
    for (int k = 0; k < node.n_inputs; k++) {
        node.sizes[k] = graph->nodes[node.input[k]].out_size;
    }
    node.in_dtype = node.n_inputs ? graph->nodes[node.input[0]].dtype : node.dtype;
    name_node(graph, &node);
    if (node.layer->tensors && node.layer->tensors(graph, &node) != PV_OK) {
        return -1;
    }
    node.n_parameters = graph->parameter_count - node.parameters;
    node.n_statistics = graph->statistic_count - node.statistics;
    node.n_state = graph->state_size - node.state;
    graph->nodes[graph->n_nodes] = node;
    return graph->n_nodes++;
}

pv_status pv_graph_add_tensor(pv_graph *graph, pv_node *node, const char *name, int decay, int ndim,
                              const int *shape)
{
    if (grow(&graph->tensors, graph->n_tensors, sizeof *graph->tensors) != 0) {
        return PV_ERROR_MEMORY;
    }
    pv_net_tensor *tensor = &graph->tensors[graph->n_tensors];
    *tensor = (pv_net_tensor){.offset = graph->parameter_count, .ndim = ndim, .decay = decay};
    (void)snprintf(tensor->name, sizeof tensor->name, "%s.%s", node->name, name);
    tensor->count = 1;
    for (int i = 0; i < ndim; i++) {
        tensor->shape[i] = (uint64_t)shape[i];
        tensor->count *= (size_t)shape[i]; /* at most 2^28 times 2^24 for the last two factors */
        if (tensor->count > PARAMETERS_MAX - graph->parameter_count) {
            return pv_fail(PV_ERROR_ARGUMENT,
                           "a net would have more than %zu parameters with %s; take smaller layers",
                           PARAMETERS_MAX, tensor->name);
        }
    }
    graph->parameter_count += tensor->count;
    graph->n_tensors++;
    return PV_OK;
}

pv_status pv_graph_add_statistic(pv_graph *graph, pv_node *node, const char *name, int count,
                                 float initial)
{
    if (grow(&graph->statistics, graph->n_statistics, sizeof *graph->statistics) != 0) {
        return PV_ERROR_MEMORY;
    }
    pv_graph_statistic *statistic = &graph->statistics[graph->n_statistics++];
    *statistic = (pv_graph_statistic){
        .offset = graph->statistic_count, .count = (size_t)count, .initial = initial};
    (void)snprintf(statistic->name, sizeof statistic->name, "%s.%s", node->name, name);
    graph->statistic_count += (size_t)count;
    return PV_OK;
}

void pv_graph_add_state(pv_graph *graph, pv_node *node, int count)
{
    assert(node->state <= graph->state_size);
    (void)node;
    graph->state_size += (size_t)count;
}

pv_status pv_graph_add_line(pv_graph *graph, const char *text, int length, int where, int named,
                            int node, size_t parameters)
{
    char *texts = pv_realloc(graph->texts, graph->n_texts + (size_t)length + 1);
    if (!texts) {
        return PV_ERROR_MEMORY;
    }
    graph->texts = texts;
    if (grow(&graph->lines, graph->n_lines, sizeof *graph->lines) != 0) {
        return PV_ERROR_MEMORY;
    }
    graph->lines[graph->n_lines++] =
        (pv_graph_line){graph->n_texts, where, node, named, parameters};
    for (int i = 0; i < length; i++) {
        texts[graph->n_texts++] = text[i] == '\n' || text[i] == '\r' ? ' ' : text[i];
    }
    texts[graph->n_texts++] = '\0';
    return PV_OK;
}

int pv_graph_floats(pv_graph *graph, int node)
{
    const pv_node *input = &graph->nodes[node];
    if (input->dtype == PV_F32) {
        return node;
    }
    const pv_layer_class *layer = input->dtype == PV_U8 ? &pv_layer_bytes : &pv_layer_categories;
    for (int i = 0; i < graph->n_nodes; i++) {
        if (graph->nodes[i].layer == layer && graph->nodes[i].input[0] == node) {
            return i;
        }
    }
    pv_node draft = {.layer = layer,
                     .where = input->where,
                     .n_inputs = 1,
                     .input = {node},
                     .root = -1,
                     .source = -1,
                     .dtype = PV_F32,
                     .in = input->out,
                     .in_size = input->out_size,
                     .out = input->out,
                     .out_size = input->out_size,
                     .rate = graph->nodes[input->root].rate,
                     .units = input->units};
    if (input->dtype == PV_I32) { /* one number for each category, last */
        const int last = draft.out.ndim;
        if (last == 4) {
            draft.out.size[3] *= draft.units;
        } else if (last == 1 && draft.out.size[0] == 1) {
            draft.out.size[0] = draft.units;
        } else {
            draft.out.size[last] = draft.units;
            draft.out.ndim++;
        }
        draft.out_size = pv_shape_elements(&draft.out);
        if (draft.out_size < 0) {
            (void)pv_fail(PV_ERROR_ARGUMENT,
                          "input \"%s\" has too many categories for a row of numbers; embed them",
                          input->name);
            return -1;
        }
    }
    return pv_graph_add_node(graph, &draft);
}
