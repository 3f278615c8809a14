/* pass.c: forward and backward over the graph, in order and in reverse. A run of convolutional
   nodes is worked through in blocks of rows, so that what one layer writes the next still finds in
   the cache; gradients need no clearing, since it is known who writes each first. */
#include "nets/pass.h"

#include "core/memory.h"
#include "nets/state.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    LINE = 16,             /* floats of a cache line, which every array begins */
    BLOCK_FLOATS = 1 << 19 /* outputs of the convolutional layers that a block of rows may make */
};

struct pv_pass {
    const pv_net *net;
    int rows; /* most rows */
    int learns;
    int noise;     /* drawn */
    int forwarded; /* a forward waits for its backward */
    pv_net_batch batch;
    const void *input[PV_NODE_INPUTS]; /* of the batch */
    pv_rng rng;
    pv_run *run;      /* [n_nodes] */
    float **output;   /* [n_nodes] [rows][out_size]; NULL: an input or renamed */
    float **gradient; /* [n_nodes] by the output; NULL: none */
    float **row, **fixed;
    float *scratch;
    float *state_gradient; /* [rows][state_size] */
    float *arena;          /* all of these arrays */
};

/* --- life ------------------------------------------------------------------------------------ */

/* the next `count` floats of the arena; only counts while there is no arena yet */
static float *take(const pv_pass *pass, size_t *used, size_t count)
{
    float *array = pass->arena && count ? pass->arena + *used : NULL;
    *used += (count + LINE - 1) / LINE * LINE;
    return array;
}

static pv_workspace workspace_of(const pv_node *node, int rows)
{
    return node->layer->workspace ? node->layer->workspace(node, rows) : (pv_workspace){0, 0, 0};
}

/* lays the arrays out; returns the floats of all together */
static size_t lay_out(pv_pass *pass)
{
    const pv_graph *graph = pass->net->graph;
    const size_t rows = (size_t)pass->rows;
    size_t used = 0;
    size_t scratch = 0;
    for (int i = 0; i < graph->n_nodes; i++) {
        const pv_node *node = &graph->nodes[i];
        const int owns = node->root == i;
        const size_t size = rows * (size_t)node->out_size;
        const pv_workspace need = workspace_of(node, pass->rows);
        pass->output[i] = take(pass, &used, owns && node->source < 0 ? size : 0);
        pass->row[i] = take(pass, &used, rows * need.row);
        pass->fixed[i] = take(pass, &used, need.fixed);
        scratch = need.scratch > scratch ? need.scratch : scratch;
        if (pass->learns && owns && node->source < 0) {
            pass->gradient[i] = take(pass, &used, size);
        }
    }
    pass->scratch = take(pass, &used, scratch);
    if (pass->learns) {
        pass->state_gradient = take(pass, &used, rows * graph->state_size);
        for (int i = 0; i < graph->n_nodes; i++) { /* last: untouched while nobody asks for them */
            const pv_node *node = &graph->nodes[i];
            const size_t size = rows * (size_t)node->out_size;
            if (node->source >= 0 && node->dtype != PV_I32) {
                pass->gradient[i] = take(pass, &used, size);
            }
        }
    }
    return used;
}

pv_pass *pv_pass_create(const pv_net *net, const pv_pass_config *config)
{
    const size_t n = (size_t)net->graph->n_nodes;
    assert(config->rows > 0);
    pv_pass *pass = pv_alloc(sizeof *pass);
    if (!pass) {
        return NULL;
    }
    pass->net = net;
    pass->rows = config->rows;
    pass->learns = config->learns;
    pass->rng = pv_rng_split(config->seed, "dropout");
    pass->run = pv_alloc_array(n, sizeof *pass->run);
    pass->output = pv_alloc_array(n, sizeof *pass->output);
    pass->gradient = pv_alloc_array(n, sizeof *pass->gradient);
    pass->row = pv_alloc_array(n, sizeof *pass->row);
    pass->fixed = pv_alloc_array(n, sizeof *pass->fixed);
    if (pass->run && pass->output && pass->gradient && pass->row && pass->fixed) {
        pass->arena = pv_alloc_array(lay_out(pass), sizeof *pass->arena);
    }
    if (!pass->arena) {
        pv_pass_destroy(pass);
        return NULL;
    }
    (void)lay_out(pass);
    for (int i = 0; i < net->graph->n_nodes; i++) {
        pass->run[i].scratch = pass->scratch;
        pass->run[i].rng = &pass->rng;
    }
    return pass;
}

void pv_pass_destroy(pv_pass *pass)
{
    if (pass) {
        pv_free(pass->run);
        pv_free(pass->output);
        pv_free(pass->gradient);
        pv_free(pass->row);
        pv_free(pass->fixed);
        pv_free(pass->arena);
        pv_free(pass);
    }
}

pv_rng *pv_pass_rng(pv_pass *pass)
{
    return &pass->rng;
}

void pv_pass_draw_noise(pv_pass *pass, pv_rng *rng)
{
    const pv_graph *graph = pass->net->graph;
    pass->noise = rng != NULL;
    for (int i = 0; i < graph->n_nodes && rng; i++) {
        if (graph->nodes[i].layer->draw) {
            graph->nodes[i].layer->draw(&graph->nodes[i], pass->fixed[i], rng);
        }
    }
}

/* --- one node on some rows ------------------------------------------------------------------- */

static const void *output_row(const pv_pass *pass, const pv_graph *graph, int i, size_t first)
{
    const pv_node *root = &graph->nodes[graph->nodes[i].root];
    const size_t offset = first * (size_t)root->out_size;
    if (root->source < 0) {
        return pass->output[root - graph->nodes] + offset;
    }
    const char *input = pass->input[root->source];
    return input + offset * (root->dtype == PV_U8 ? 1u : 4u);
}

static pv_run *bind(pv_pass *pass, const pv_net *net, int i, int first, int rows)
{
    const pv_graph *graph = net->graph;
    const pv_node *node = &graph->nodes[i];
    const pv_net_batch *batch = &pass->batch;
    pv_run *run = &pass->run[i];
    run->node = node;
    run->kernels = net->kernels;
    run->rows = rows;
    run->training = batch->training;
    run->noise = pass->noise;
    for (int k = 0; k < node->n_inputs; k++) {
        run->x[k] = output_row(pass, graph, node->input[k], (size_t)first);
    }
    run->y = pass->output[i] + (size_t)first * (size_t)node->out_size;
    run->parameters = net->parameters + node->parameters;
    run->statistics = net->statistics + node->statistics;
    run->row = pass->row[i];
    run->fixed = pass->fixed[i];
    if (first > 0 && node->layer->workspace) {
        run->row += (size_t)first * workspace_of(node, pass->rows).row;
    }
    if (node->n_state > 0) {
        run->steps = batch->steps;
        run->sequences = batch->sequences;
        run->reset = batch->reset;
        run->state = batch->state ? batch->state + node->state : NULL;
        run->state_after = batch->state_after ? batch->state_after + node->state : NULL;
        run->state_stride = graph->state_size;
    }
    return run;
}

static void forward_node(pv_pass *pass, const pv_net *net, int i, int first, int rows)
{
    const pv_node *node = &net->graph->nodes[i];
    if (node->layer->forward) {
        node->layer->forward(bind(pass, net, i, first, rows));
    }
}

static void backward_node(pv_pass *pass, const pv_net *net, int i, int first, int rows,
                          float *gradient, int want_input)
{
    const pv_graph *graph = net->graph;
    const pv_node *node = &graph->nodes[i];
    if (!node->layer->backward || !(node->learns || (want_input && node->sees_input))) {
        return;
    }
    pv_run *run = bind(pass, net, i, first, rows);
    for (int k = 0; k < node->n_inputs; k++) {
        const pv_node *input = &graph->nodes[node->input[k]];
        const int wanted = input->learns || (want_input && input->sees_input);
        run->dx[k] =
            wanted ? pass->gradient[input->root] + (size_t)first * (size_t)input->out_size : NULL;
    }
    run->dy = pass->gradient[i] + (size_t)first * (size_t)node->out_size;
    run->dparameters = gradient + node->parameters;
    run->dstate = node->n_state > 0 ? pass->state_gradient + node->state : NULL;
    node->layer->backward(run);
}

/* --- blocks ---------------------------------------------------------------------------------- */

/* past the last node of the run of nodes from `first` that go together by blocks; without such,
   first + 1 */
static int run_end(const pv_graph *graph, int first)
{
    int end = first;
    while (end < graph->n_nodes && graph->nodes[end].by_blocks) {
        end++;
    }
    return end > first ? end : first + 1;
}

/* rows of a block for nodes first..end-1: as many as fit, in blocks of nearly the same size */
static int block_rows(const pv_graph *graph, int first, int end, int rows)
{
    size_t floats = 0;
    for (int i = first; i < end && graph->nodes[i].by_blocks; i++) {
        floats += (size_t)graph->nodes[i].out_size;
    }
    if (floats * (size_t)rows <= BLOCK_FLOATS) {
        return rows;
    }
    const int most = floats < BLOCK_FLOATS ? (int)(BLOCK_FLOATS / floats) : 1;
    const int blocks = (rows + most - 1) / most;
    return (rows + blocks - 1) / blocks;
}

void pv_pass_forward(pv_pass *pass, const pv_net *net, const pv_net_batch *batch)
{
    const pv_graph *graph = net->graph;
    const int rows = batch->steps * batch->sequences;
    assert(batch->steps > 0 && batch->sequences > 0 && rows <= pass->rows);
    assert(graph->n_nodes == pass->net->graph->n_nodes);
    pass->batch = *batch;
    memcpy(pass->input, batch->input, (size_t)graph->n_inputs * sizeof *pass->input);
    pass->forwarded = 1;
    for (int first = 0, end = 0; first < graph->n_nodes; first = end) {
        end = run_end(graph, first);
        const int block = block_rows(graph, first, end, rows);
        for (int row = 0; row < rows; row += block) {
            for (int i = first; i < end; i++) {
                forward_node(pass, net, i, row, rows - row < block ? rows - row : block);
            }
        }
    }
    for (int i = 0; i < graph->n_heads && pass->learns; i++) {
        const pv_node *head = &graph->nodes[graph->heads[i].node];
        memset(pass->gradient[head->root], 0,
               (size_t)rows * (size_t)head->out_size * sizeof(float));
    }
}

/* where the run of nodes that ends with `last` begins */
static int run_start(const pv_graph *graph, int last)
{
    int first = last;
    while (first > 0 && graph->nodes[first].by_blocks && graph->nodes[first - 1].by_blocks) {
        first--;
    }
    return first;
}

void pv_pass_backward(pv_pass *pass, const pv_net *net, float *gradient, int want_input)
{
    const pv_graph *graph = net->graph;
    const int rows = pass->batch.steps * pass->batch.sequences;
    assert(pass->learns && pass->forwarded);
    pass->forwarded = 0; /* gradients by outputs are used up */
    for (int last = graph->n_nodes - 1; last >= 0;) {
        const int first = run_start(graph, last);
        const int block = block_rows(graph, first, last + 1, rows);
        for (int row = 0; row < rows; row += block) {
            for (int i = last; i >= first; i--) {
                backward_node(pass, net, i, row, rows - row < block ? rows - row : block, gradient,
                              want_input);
            }
        }
        last = first - 1;
    }
}

/* --- what came out --------------------------------------------------------------------------- */

const float *pv_pass_output(const pv_pass *pass, int head)
{
    const pv_graph *graph = pass->net->graph;
    assert(head >= 0 && head < graph->n_heads);
    return output_row(pass, graph, graph->heads[head].node, 0);
}

float *pv_pass_output_gradient(pv_pass *pass, int head)
{
    const pv_graph *graph = pass->net->graph;
    assert(pass->learns && head >= 0 && head < graph->n_heads);
    return pass->gradient[graph->nodes[graph->heads[head].node].root];
}

const float *pv_pass_input_gradient(const pv_pass *pass, int input)
{
    const pv_graph *graph = pass->net->graph;
    assert(pass->learns && input >= 0 && input < graph->n_inputs);
    return pass->gradient[graph->inputs[input].node];
}

const float *pv_pass_state_gradient(const pv_pass *pass)
{
    return pass->state_gradient;
}

const float *pv_pass_layer_output(const pv_pass *pass, int line)
{
    const pv_graph *graph = pass->net->graph;
    assert(line >= 0 && line < graph->n_lines);
    const int node = graph->lines[line].node;
    return graph->nodes[node].dtype == PV_F32 ? output_row(pass, graph, node, 0) : NULL;
}

static int is_relu(const pv_node *node)
{
    return node->activation == PV_RELU &&
           (node->layer->flags & PV_LAYER_FUSES || node->layer == &pv_layer_relu);
}

double pv_pass_dead_units(const pv_pass *pass)
{
    const pv_graph *graph = pass->net->graph;
    const size_t rows = (size_t)pass->batch.steps * (size_t)pass->batch.sequences;
    double units = 0.0;
    double dead = 0.0;
    for (int i = 0; i < graph->n_nodes; i++) {
        const pv_node *node = &graph->nodes[i];
        if (!is_relu(node)) {
            continue;
        }
        const size_t channels = (size_t)node->out.size[node->out.ndim - 1]; /* a filter is one */
        const size_t count = rows * (size_t)node->out_size;
        for (size_t c = 0; c < channels; c++) {
            size_t k = c;
            while (k < count && pass->output[i][k] == 0.0f) {
                k += channels;
            }
            dead += k >= count;
            units += 1.0;
        }
    }
    return units > 0.0 ? dead / units : NAN;
}

pv_status pv_pass_check(const pv_pass *pass)
{
    const pv_net *net = pass->net;
    const pv_graph *graph = net->graph;
    const size_t rows = (size_t)pass->batch.steps * (size_t)pass->batch.sequences;
    int good = 1;
    for (int i = 0; i < graph->n_heads; i++) {
        good &= net->kernels->finite(rows * pv_net_head_size(net, i), pv_pass_output(pass, i));
    }
    for (int i = 0; i < graph->n_nodes && !good; i++) {
        const pv_node *node = &graph->nodes[i];
        if (node->dtype == PV_F32 &&
            !net->kernels->finite(rows * (size_t)node->out_size, output_row(pass, graph, i, 0))) {
            return pv_fail(PV_ERROR_NUMBER, "the output of %s %s is not finite",
                           node->source < 0 ? "layer" : "input",
                           node->source < 0 ? node->name : graph->inputs[node->source].name);
        }
    }
    return PV_OK;
}

void pv_pass_keep_statistics(const pv_pass *pass, pv_net *net)
{
    const pv_graph *graph = net->graph;
    if (!pass->batch.training) {
        return;
    }
    for (int i = 0; i < graph->n_nodes; i++) {
        const pv_node *node = &graph->nodes[i];
        if (node->n_statistics > 0) {
            node->layer->keep(&pass->run[i], net->statistics + node->statistics);
        }
    }
}
