/* layer_recurrent.c: lstm (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al.
   2000) and gru (Cho et al. 2014). The products with what comes in are one for all steps; only
   those with the state go step by step. Going backward, gradients run through all steps of the
   batch and stop where an episode began. */
#include "nets/graph.h"
#include "nets/parse.h"

#include <string.h>

static pv_status parse(pv_parser *parser, pv_node *node)
{
    return pv_parse_integer(parser, "a number of cells", 1, PV_UNITS_MAX, &node->units);
}

static pv_status shape(pv_parser *parser, pv_node *node)
{
    (void)parser;
    node->out = (pv_shape){1, {node->units}};
    return PV_OK;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* The state before step t into before[sequences][H]: the first one, or that after the step before,
   zero where an episode begins. `first` is NULL for zero. */
static void state_before(const pv_run *run, int t, const float *first, const float *previous,
                         float *before)
{
    const size_t h = (size_t)run->node->units;
    for (size_t b = 0; b < (size_t)run->sequences; b++) {
        const float *from = t > 0 ? previous + b * h : first ? first + b * run->state_stride : NULL;
        const size_t row = (size_t)t * (size_t)run->sequences + b;
        if (!from || (run->reset && run->reset[row])) {
            memset(before + b * h, 0, h * sizeof *before);
        } else {
            memcpy(before + b * h, from, h * sizeof *before);
        }
    }
}

/* no gradient goes back through the beginning of an episode */
static void stop_at_resets(const pv_run *run, int t, float *gradient)
{
    const size_t h = (size_t)run->node->units;
    for (size_t b = 0; b < (size_t)run->sequences && run->reset; b++) {
        if (run->reset[(size_t)t * (size_t)run->sequences + b]) {
            memset(gradient + b * h, 0, h * sizeof *gradient);
        }
    }
}

/* rows of a state [sequences][h] to or from the caller's, which are `stride` floats apart */
static void copy_rows(int rows, size_t h, const float *from, size_t from_stride, float *to,
                      size_t to_stride)
{
    for (size_t b = 0; b < (size_t)rows; b++) {
        memcpy(to + b * to_stride, from + b * from_stride, h * sizeof *to);
    }
}

static void add(size_t n, const float *x, float *y)
{
    for (size_t i = 0; i < n; i++) {
        y[i] += x[i];
    }
}

/* draws the weights gate by gate: by `init` from the input, orthogonal from the state */
static void init_gates(const pv_node *node, int gates, float *weight, pv_rng *rng)
{
    const int h = node->units;
    for (int gate = 0; gate < gates; gate++) {
        pv_init_matrix(node->init, rng, node->in_size, h, gates * h, node->in_size, h,
                       weight + (size_t)gate * (size_t)h);
    }
}

static void init_recurrent(const pv_node *node, int gates, float *recurrent, pv_rng *rng)
{
    const int h = node->units;
    const pv_init orthogonal = {PV_INIT_ORTHOGONAL, 1.0f};
    for (int gate = 0; gate < gates; gate++) {
        pv_init_matrix(orthogonal, rng, h, h, gates * h, h, h,
                       recurrent + (size_t)gate * (size_t)h);
    }
}

/* --- lstm: gates i f g o; c' = f c + i g; h' = o tanh(c') ------------------------------------- */

static pv_status lstm_tensors(pv_graph *graph, pv_node *node)
{
    const int h = node->units;
    const int weight[] = {node->in_size, 4 * h};
    const int recurrent[] = {h, 4 * h};
    const int bias[] = {4 * h};
    pv_graph_add_state(graph, node, 2 * h); /* h, c */
    pv_status status = pv_graph_add_tensor(graph, node, "weight", 1, 2, weight);
    if (status == PV_OK) {
        status = pv_graph_add_tensor(graph, node, "recurrent", 1, 2, recurrent);
    }
    return status == PV_OK ? pv_graph_add_tensor(graph, node, "bias", 0, 1, bias) : status;
}

/* the parameters, or their gradients */
typedef struct lstm_block {
    size_t weight, recurrent, bias; /* offsets */
} lstm_block;

static lstm_block lstm_block_of(const pv_node *node)
{
    const size_t h = (size_t)node->units;
    const size_t recurrent = (size_t)node->in_size * 4 * h;
    return (lstm_block){0, recurrent, recurrent + 4 * h * h};
}

static void lstm_init(const pv_node *node, float *parameters, pv_rng *rng)
{
    const lstm_block block = lstm_block_of(node);
    init_gates(node, 4, parameters, rng);
    init_recurrent(node, 4, parameters + block.recurrent, rng);
    for (int i = 0; i < node->units; i++) { /* it remembers at first (Gers et al. 2000) */
        parameters[block.bias + (size_t)(node->units + i)] = 1.0f;
    }
}

static pv_workspace lstm_workspace(const pv_node *node, int rows)
{
    const size_t h = (size_t)node->units;
    const size_t transposed = larger((size_t)node->in_size, h) * 4 * h;
    return (pv_workspace){.row = 8 * h, .scratch = transposed + (size_t)rows * 4 * h};
}

/* the row workspace: arrays over all rows of the batch */
typedef struct lstm_rows {
    float *gates;               /* [rows][4H], later their gradients */
    float *h_before, *c_before; /* [rows][H] */
    float *c, *squashed;        /* [rows][H] the cell and its tanh */
} lstm_rows;

static lstm_rows lstm_rows_of(const pv_run *run)
{
    const size_t n = (size_t)run->rows * (size_t)run->node->units;
    float *gates = run->row;
    return (lstm_rows){gates, gates + 4 * n, gates + 5 * n, gates + 6 * n, gates + 7 * n};
}

static void lstm_step(const pv_run *run, const lstm_rows *w, int t)
{
    const size_t h = (size_t)run->node->units;
    const size_t first = (size_t)t * (size_t)run->sequences;
    float *gates = w->gates + first * 4 * h;
    const float *recurrent = run->parameters + lstm_block_of(run->node).recurrent;
    run->kernels->dense(run->sequences, 4 * run->node->units, run->node->units,
                        w->h_before + first * h, recurrent, NULL, PV_IDENTITY, 0.0f, run->scratch);
    add((size_t)run->sequences * 4 * h, run->scratch, gates);
    for (size_t row = first; row < first + (size_t)run->sequences; row++) {
        float *gate = w->gates + row * 4 * h;
        run->kernels->activate(2 * h, PV_SIGMOID, 0.0f, gate, gate);
        run->kernels->activate(h, PV_TANH, 0.0f, gate + 2 * h, gate + 2 * h);
        run->kernels->activate(h, PV_SIGMOID, 0.0f, gate + 3 * h, gate + 3 * h);
        float *c = w->c + row * h;
        for (size_t i = 0; i < h; i++) {
            c[i] = gate[h + i] * w->c_before[row * h + i] + gate[i] * gate[2 * h + i];
        }
        run->kernels->activate(h, PV_TANH, 0.0f, c, w->squashed + row * h);
        for (size_t i = 0; i < h; i++) {
            run->y[row * h + i] = gate[3 * h + i] * w->squashed[row * h + i];
        }
    }
}

static void lstm_forward(const pv_run *run)
{
    const size_t h = (size_t)run->node->units;
    const lstm_block block = lstm_block_of(run->node);
    const lstm_rows w = lstm_rows_of(run);
    const size_t step = (size_t)run->sequences * h;
    run->kernels->dense(run->rows, 4 * run->node->units, run->node->in_size, run->x[0],
                        run->parameters, run->parameters + block.bias, PV_IDENTITY, 0.0f, w.gates);
    for (int t = 0; t < run->steps; t++) {
        const size_t at = (size_t)t * step;
        const size_t before = t > 0 ? at - step : 0;
        state_before(run, t, run->state, run->y + before, w.h_before + at);
        state_before(run, t, run->state ? run->state + h : NULL, w.c + before, w.c_before + at);
        lstm_step(run, &w, t);
    }
    if (run->state_after) {
        const size_t last = (size_t)(run->steps - 1) * step;
        copy_rows(run->sequences, h, run->y + last, h, run->state_after, run->state_stride);
        copy_rows(run->sequences, h, w.c + last, h, run->state_after + h, run->state_stride);
    }
}

/* gates of a row become their gradients; dc becomes the gradient by the cell before */
static void lstm_back_row(const lstm_rows *w, size_t row, size_t h, const float *dy,
                          const float *dh, float *dc)
{
    float *gate = w->gates + row * 4 * h;
    for (size_t k = 0; k < h; k++) {
        const float i = gate[k];
        const float f = gate[h + k];
        const float g = gate[2 * h + k];
        const float o = gate[3 * h + k];
        const float squashed = w->squashed[row * h + k];
        const float by_h = dy[row * h + k] + dh[k];
        const float by_c = dc[k] + by_h * o * (1.0f - squashed * squashed);
        gate[k] = by_c * g * i * (1.0f - i);
        gate[h + k] = by_c * w->c_before[row * h + k] * f * (1.0f - f);
        gate[2 * h + k] = by_c * i * (1.0f - g * g);
        gate[3 * h + k] = by_h * squashed * o * (1.0f - o);
        dc[k] = by_c * f;
    }
}

/* what both kinds do once the gates' gradients stand in gates[rows][columns] */
static void back_through_input(const pv_run *run, int columns, const float *gates, float *dbias)
{
    const pv_node *node = run->node;
    run->kernels->dense_weights(run->rows, columns, node->in_size, run->x[0], gates,
                                run->dparameters, dbias);
    if (run->dx[0]) {
        run->kernels->dense_input(run->rows, columns, node->in_size, gates, run->parameters,
                                  node->accumulate[0], run->dx[0], run->scratch);
    }
}

static void lstm_backward(const pv_run *run)
{
    const pv_node *node = run->node;
    const size_t h = (size_t)node->units;
    const size_t sequences = (size_t)run->sequences;
    const lstm_block block = lstm_block_of(node);
    const lstm_rows w = lstm_rows_of(run);
    float *dh = run->scratch + larger((size_t)node->in_size, h) * 4 * h;
    float *dc = dh + sequences * h;
    memset(dh, 0, 2 * sequences * h * sizeof *dh);
    for (int t = run->steps - 1; t >= 0; t--) {
        const size_t first = (size_t)t * sequences;
        for (size_t b = 0; b < sequences; b++) {
            lstm_back_row(&w, first + b, h, run->dy, dh + b * h, dc + b * h);
        }
        run->kernels->dense_input(run->sequences, 4 * node->units, node->units,
                                  w.gates + first * 4 * h, run->parameters + block.recurrent, 0, dh,
                                  run->scratch);
        stop_at_resets(run, t, dh);
        stop_at_resets(run, t, dc);
    }
    copy_rows(run->sequences, h, dh, h, run->dstate, run->state_stride);
    copy_rows(run->sequences, h, dc, h, run->dstate + h, run->state_stride);
    run->kernels->dense_weights(run->rows, 4 * node->units, node->units, w.h_before, w.gates,
                                run->dparameters + block.recurrent, NULL);
    back_through_input(run, 4 * node->units, w.gates, run->dparameters + block.bias);
}

const pv_layer_class pv_layer_lstm = {
    .info = {"lstm", "lstm N [init=...]", "N cells that remember over the steps of an episode"},
    .flags = PV_LAYER_INIT | PV_LAYER_WHOLE_BATCH,
    .usual = PV_INIT_XAVIER,
    .parse = parse,
    .shape = shape,
    .tensors = lstm_tensors,
    .init = lstm_init,
    .workspace = lstm_workspace,
    .forward = lstm_forward,
    .backward = lstm_backward};

/* --- gru: gates z r; n = tanh(W x + U (r h) + b); h' = (1 - z) h + z n --------------------------
 */

static pv_status gru_tensors(pv_graph *graph, pv_node *node)
{
    const int h = node->units;
    const int weight[] = {node->in_size, 3 * h}; /* z r n */
    const int recurrent[] = {h, 2 * h};          /* z r */
    const int candidate[] = {h, h};              /* n */
    const int bias[] = {3 * h};
    pv_graph_add_state(graph, node, h);
    pv_status status = pv_graph_add_tensor(graph, node, "weight", 1, 2, weight);
    if (status == PV_OK) {
        status = pv_graph_add_tensor(graph, node, "recurrent", 1, 2, recurrent);
    }
    if (status == PV_OK) {
        status = pv_graph_add_tensor(graph, node, "candidate", 1, 2, candidate);
    }
    return status == PV_OK ? pv_graph_add_tensor(graph, node, "bias", 0, 1, bias) : status;
}

typedef struct gru_block {
    size_t weight, recurrent, candidate, bias; /* offsets */
} gru_block;

static gru_block gru_block_of(const pv_node *node)
{
    const size_t h = (size_t)node->units;
    const size_t recurrent = (size_t)node->in_size * 3 * h;
    return (gru_block){0, recurrent, recurrent + 2 * h * h, recurrent + 3 * h * h};
}

static void gru_init(const pv_node *node, float *parameters, pv_rng *rng)
{
    const gru_block block = gru_block_of(node);
    init_gates(node, 3, parameters, rng);
    init_recurrent(node, 2, parameters + block.recurrent, rng);
    init_recurrent(node, 1, parameters + block.candidate, rng);
}

static pv_workspace gru_workspace(const pv_node *node, int rows)
{
    const size_t h = (size_t)node->units;
    const size_t transposed = larger((size_t)node->in_size * 3 * h, h * 2 * h);
    return (pv_workspace){.row = 8 * h, .scratch = transposed + (size_t)rows * 3 * h};
}

/* the row workspace: arrays over all rows of the batch */
typedef struct gru_rows {
    float *gates;    /* [rows][3H] z r n, later their gradients */
    float *h_before; /* [rows][H] */
    float *reset;    /* [rows][H] r h */
    float *dzr, *dn; /* [rows][2H], [rows][H] the gradients again, as the products want them */
} gru_rows;

static gru_rows gru_rows_of(const pv_run *run)
{
    const size_t n = (size_t)run->rows * (size_t)run->node->units;
    float *gates = run->row;
    return (gru_rows){gates, gates + 3 * n, gates + 4 * n, gates + 5 * n, gates + 7 * n};
}

static void gru_step(const pv_run *run, const gru_rows *w, int t)
{
    const int units = run->node->units;
    const size_t h = (size_t)units;
    const size_t sequences = (size_t)run->sequences;
    const size_t first = (size_t)t * sequences;
    const gru_block block = gru_block_of(run->node);
    const float *before = w->h_before + first * h;
    float *product = run->scratch;
    run->kernels->dense(run->sequences, 2 * units, units, before, run->parameters + block.recurrent,
                        NULL, PV_IDENTITY, 0.0f, product);
    for (size_t b = 0; b < sequences; b++) {
        float *gate = w->gates + (first + b) * 3 * h;
        float *reset = w->reset + (first + b) * h;
        add(2 * h, product + b * 2 * h, gate);
        run->kernels->activate(2 * h, PV_SIGMOID, 0.0f, gate, gate);
        for (size_t i = 0; i < h; i++) {
            reset[i] = gate[h + i] * before[b * h + i];
        }
    }
    run->kernels->dense(run->sequences, units, units, w->reset + first * h,
                        run->parameters + block.candidate, NULL, PV_IDENTITY, 0.0f, product);
    for (size_t b = 0; b < sequences; b++) {
        float *gate = w->gates + (first + b) * 3 * h;
        float *y = run->y + (first + b) * h;
        add(h, product + b * h, gate + 2 * h);
        run->kernels->activate(h, PV_TANH, 0.0f, gate + 2 * h, gate + 2 * h);
        for (size_t i = 0; i < h; i++) {
            y[i] = (1.0f - gate[i]) * before[b * h + i] + gate[i] * gate[2 * h + i];
        }
    }
}

static void gru_forward(const pv_run *run)
{
    const pv_node *node = run->node;
    const size_t h = (size_t)node->units;
    const gru_rows w = gru_rows_of(run);
    const size_t step = (size_t)run->sequences * h;
    run->kernels->dense(run->rows, 3 * node->units, node->in_size, run->x[0], run->parameters,
                        run->parameters + gru_block_of(node).bias, PV_IDENTITY, 0.0f, w.gates);
    for (int t = 0; t < run->steps; t++) {
        const size_t at = (size_t)t * step;
        state_before(run, t, run->state, run->y + (t > 0 ? at - step : 0), w.h_before + at);
        gru_step(run, &w, t);
    }
    if (run->state_after) {
        copy_rows(run->sequences, h, run->y + (size_t)(run->steps - 1) * step, h, run->state_after,
                  run->state_stride);
    }
}

/* dh, the gradient by this step's output from later ones, becomes that by the state before, without
   what goes through the gates z and r */
static void gru_back_step(const pv_run *run, const gru_rows *w, int t, float *dh, float *dreset)
{
    const int units = run->node->units;
    const size_t h = (size_t)units;
    const size_t sequences = (size_t)run->sequences;
    const size_t first = (size_t)t * sequences;
    const float *candidate = run->parameters + gru_block_of(run->node).candidate;
    for (size_t k = 0; k < sequences * h; k++) {
        float *gate = w->gates + (first + k / h) * 3 * h + k % h;
        const float n = gate[2 * h];
        const float by_h = run->dy[first * h + k] + dh[k];
        dh[k] = by_h * (1.0f - gate[0]);
        w->dn[first * h + k] = by_h * gate[0] * (1.0f - n * n);
        gate[2 * h] = w->dn[first * h + k];
        gate[0] = by_h * (n - w->h_before[first * h + k]) * gate[0] * (1.0f - gate[0]);
    }
    run->kernels->dense_input(run->sequences, units, units, w->dn + first * h, candidate, 0, dreset,
                              run->scratch);
    for (size_t k = 0; k < sequences * h; k++) {
        float *gate = w->gates + (first + k / h) * 3 * h + k % h;
        float *dzr = w->dzr + (first + k / h) * 2 * h + k % h;
        const float r = gate[h];
        dh[k] += dreset[k] * r;
        gate[h] = dreset[k] * w->h_before[first * h + k] * r * (1.0f - r);
        dzr[0] = gate[0];
        dzr[h] = gate[h];
    }
}

static void gru_backward(const pv_run *run)
{
    const pv_node *node = run->node;
    const int units = node->units;
    const size_t h = (size_t)units;
    const size_t sequences = (size_t)run->sequences;
    const gru_block block = gru_block_of(node);
    const gru_rows w = gru_rows_of(run);
    float *dh = run->scratch + larger((size_t)node->in_size * 3 * h, h * 2 * h);
    float *dreset = dh + sequences * h;
    memset(dh, 0, sequences * h * sizeof *dh);
    for (int t = run->steps - 1; t >= 0; t--) {
        gru_back_step(run, &w, t, dh, dreset);
        run->kernels->dense_input(run->sequences, 2 * units, units,
                                  w.dzr + (size_t)t * sequences * 2 * h,
                                  run->parameters + block.recurrent, 1, dh, run->scratch);
        stop_at_resets(run, t, dh);
    }
    copy_rows(run->sequences, h, dh, h, run->dstate, run->state_stride);
    run->kernels->dense_weights(run->rows, 2 * units, units, w.h_before, w.dzr,
                                run->dparameters + block.recurrent, NULL);
    run->kernels->dense_weights(run->rows, units, units, w.reset, w.dn,
                                run->dparameters + block.candidate, NULL);
    back_through_input(run, 3 * units, w.gates, run->dparameters + block.bias);
}

const pv_layer_class pv_layer_gru = {
    .info = {"gru", "gru N [init=...]", "as lstm, with fewer weights"},
    .flags = PV_LAYER_INIT | PV_LAYER_WHOLE_BATCH,
    .usual = PV_INIT_XAVIER,
    .parse = parse,
    .shape = shape,
    .tensors = gru_tensors,
    .init = gru_init,
    .workspace = gru_workspace,
    .forward = gru_forward,
    .backward = gru_backward};
