/* build.c: a graph from a config: what comes in, the text's chains, the heads; and then what only
   the whole graph knows: which initialiser suits each layer, who writes a gradient first. */
#include "nets/parse.h"

#include "core/memory.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- inputs and heads ------------------------------------------------------------------------ */

/* takes the name of an input or a head, each of which must be its own */
static pv_status name_port(pv_graph *graph, pv_port *port, const char *kind, const char *name)
{
    assert(name);
    if (name[0] == '\0' || strlen(name) >= sizeof port->name) {
        return pv_fail(PV_ERROR_ARGUMENT, "%s \"%s\" of a net: a name has 1 to %zu letters", kind,
                       name, sizeof port->name - 1);
    }
    int taken = 0;
    for (int i = 0; i < graph->n_inputs; i++) {
        taken |= strcmp(graph->inputs[i].name, name) == 0;
    }
    for (int i = 0; i < graph->n_heads; i++) {
        taken |= strcmp(graph->heads[i].name, name) == 0;
    }
    if (taken) {
        return pv_fail(PV_ERROR_ARGUMENT, "%s \"%s\" of a net: another input or head has this name",
                       kind, name);
    }
    strcpy(port->name, name);
    return PV_OK;
}

static pv_status add_input(pv_graph *graph, const pv_net_input *input)
{
    const int i = graph->n_inputs;
    assert(input->ndim <= 4 && (input->dtype != PV_I32 || input->n > 0));
    assert(input->dtype == PV_F32 || input->dtype == PV_U8 || input->dtype == PV_I32);
    if (name_port(graph, &graph->inputs[i], "input", input->name) != PV_OK) {
        return pv_last_status();
    }
    graph->n_inputs++;
    pv_node node = {.layer = &pv_layer_input,
                    .where = 1 + i,
                    .root = -1,
                    .source = i,
                    .dtype = input->dtype,
                    .rate = input->scale,
                    .units = (int)input->n};
    int fits = input->n <= PV_UNITS_MAX;
    node.out.ndim = input->ndim ? (int)input->ndim : 1;
    for (int d = 0; d < node.out.ndim; d++) {
        const uint32_t size = input->ndim ? input->shape[d] : 1;
        fits &= size > 0 && size <= PV_ROW_MAX;
        node.out.size[d] = fits ? (int)size : 1;
    }
    node.out_size = fits ? pv_shape_elements(&node.out) : -1;
    if (node.out_size < 1) {
        return pv_fail(PV_ERROR_ARGUMENT, "input \"%s\" of a net is empty or too large",
                       input->name);
    }
    node.in = node.out;
    node.in_size = node.out_size;
    graph->inputs[i].node = pv_graph_add_node(graph, &node);
    return graph->inputs[i].node < 0 ? pv_last_status() : PV_OK;
}

static pv_status add_head(pv_graph *graph, const pv_net_head *head, int trunk)
{
    char owner[PV_PORT_NAME + 16];
    pv_port *port = &graph->heads[graph->n_heads];
    if (name_port(graph, port, "head", head->name) != PV_OK) {
        return pv_last_status();
    }
    graph->n_heads++;
    (void)snprintf(owner, sizeof owner, "head \"%s\"", port->name);
    pv_parser parser = {.graph = graph,
                        .owner = owner,
                        .text = head->text,
                        .at = head->text,
                        .where = -graph->n_heads};
    port->node = trunk;
    if (pv_parse_chain(&parser, &port->node) != PV_OK) {
        return pv_last_status();
    }
    if (*parser.at != '\0') {
        return pv_parse_fail(&parser, pv_parse_peek(&parser),
                             *parser.at == ')' ? "no bracket was opened"
                                               : "a head is one chain of layers");
    }
    port->node = pv_graph_floats(graph, port->node);
    return port->node < 0 ? pv_last_status() : PV_OK;
}

pv_graph *pv_graph_create(const pv_net_config *config)
{
    static const pv_net_head only = {"output", ""};
    const int n_heads = config->n_heads ? config->n_heads : 1;
    int node[PV_NODE_INPUTS];
    int trunk = 0;
    assert(config->n_inputs > 0);
    if (config->n_inputs > PV_NODE_INPUTS) {
        (void)pv_fail(PV_ERROR_ARGUMENT, "a net takes at most %d inputs, not %d", PV_NODE_INPUTS,
                      config->n_inputs);
        return NULL;
    }
    pv_graph *graph = pv_alloc(sizeof *graph);
    if (!graph) {
        return NULL;
    }
    graph->inputs = pv_alloc_array((size_t)config->n_inputs, sizeof *graph->inputs);
    graph->heads = pv_alloc_array((size_t)n_heads, sizeof *graph->heads);
    int failed = !graph->inputs || !graph->heads;
    for (int i = 0; i < config->n_inputs && !failed; i++) {
        failed = add_input(graph, &config->inputs[i]) != PV_OK;
        node[i] = failed ? -1 : graph->inputs[i].node;
    }
    failed = failed || pv_parse_net(graph, config->text ? config->text : "", node, &trunk) != PV_OK;
    for (int i = 0; i < n_heads && !failed; i++) {
        failed = add_head(graph, config->n_heads ? &config->heads[i] : &only, trunk) != PV_OK;
    }
    if (failed) {
        pv_graph_destroy(graph);
        return NULL;
    }
    pv_graph_finish(graph);
    return graph;
}

/* --- initialisers ---------------------------------------------------------------------------- */

/* the first layer behind node i that is not transparent, NULL if there is none */
static const pv_node *follower(const pv_graph *graph, int i)
{
    for (int j = i + 1; j < graph->n_nodes; j++) {
        const pv_node *node = &graph->nodes[j];
        if (node->n_inputs > 0 && node->input[0] == i) {
            if (!(node->layer->flags & PV_LAYER_TRANSPARENT)) {
                return node;
            }
            i = j;
        }
    }
    return NULL;
}

/* what suits a layer by the activation it is followed by: He for those like relu, which halve the
   variance; Glorot for those that saturate on both sides; LeCun for selu, whose fixed point needs
   variance 1; small numbers where none follows */
static pv_init_kind suits(const pv_layer_class *activation, pv_activation fused)
{
    if (activation == &pv_layer_swish || activation == &pv_layer_gelu) {
        return PV_INIT_HE;
    }
    switch (activation ? activation->activation : fused) {
    case PV_RELU:
    case PV_LEAKY:
    case PV_ELU:
    case PV_SOFTPLUS:
        return PV_INIT_HE;
    case PV_SELU:
        return PV_INIT_LECUN;
    case PV_TANH:
    case PV_SIGMOID:
        return PV_INIT_XAVIER;
    default:
        return PV_INIT_UNIFORM;
    }
}

/* settles the initialiser of a layer that has one */
static void choose_init(const pv_graph *graph, int i)
{
    pv_node *node = &graph->nodes[i];
    const pv_node *next = node;
    if (!(node->layer->flags & PV_LAYER_FUSES) || node->activation == PV_IDENTITY) {
        next = follower(graph, i);
    }
    const int is_activation = next && next != node && next->layer->flags & PV_LAYER_ACTIVATION;
    const int fused = next == node;
    const pv_init_kind kind =
        suits(is_activation ? next->layer : NULL, fused ? node->activation : PV_IDENTITY);
    if (node->init.kind == PV_INIT_DEFAULT) {
        node->init.kind = node->layer->usual != PV_INIT_DEFAULT ? node->layer->usual : kind;
    }
    const int leaks = (is_activation || fused) && next->activation == PV_LEAKY;
    const float gain = kind == PV_INIT_HE
                           ? sqrtf(2.0f / (1.0f + (leaks ? next->slope * next->slope : 0.0f)))
                           : 1.0f;
    if (node->init.value == 0.0f &&
        (node->init.kind == PV_INIT_ORTHOGONAL || node->init.kind == kind)) {
        node->init.value = node->init.kind == PV_INIT_UNIFORM ? 0.0f : gain;
    }
}

/* --- gradients ------------------------------------------------------------------------------- */

/* who writes the gradient by a node's output first, going backward, and who adds to it */
static void order_gradients(pv_graph *graph)
{
    for (int i = 0; i < graph->n_heads; i++) { /* heads begin with the caller's */
        graph->nodes[graph->nodes[graph->heads[i].node].root].written = 1;
    }
    for (int i = graph->n_nodes - 1; i >= 0; i--) {
        pv_node *node = &graph->nodes[i];
        for (int k = 0; k < node->n_inputs && node->root == i; k++) {
            pv_node *root = &graph->nodes[graph->nodes[node->input[k]].root];
            node->accumulate[k] = root->written;
            root->written = 1;
        }
    }
}

void pv_graph_finish(pv_graph *graph)
{
    for (int i = 0; i < graph->n_nodes; i++) {
        pv_node *node = &graph->nodes[i];
        node->learns = node->n_parameters > 0;
        node->sees_input = node->source >= 0 && node->dtype != PV_I32;
        for (int k = 0; k < node->n_inputs; k++) {
            node->learns |= graph->nodes[node->input[k]].learns;
            node->sees_input |= graph->nodes[node->input[k]].sees_input;
        }
        node->by_blocks = node->out.ndim == 3 && node->source < 0 && node->root == i &&
                          !(node->layer->flags & PV_LAYER_WHOLE_BATCH);
        if (node->layer->flags & PV_LAYER_INIT) {
            choose_init(graph, i);
        }
    }
    order_gradients(graph);
}
