/* Eligibility traces, the backward view:

     e(x) <- e(x) + 1   accumulating (Sutton 1988)
     e(x) <- 1          replacing, the other actions of the state 0 (Singh & Sutton 1996)
     V    <- V + alpha delta e,   e <- gamma lambda e

   Strengths stand in a plain array, and a list names those that are not 0, so that a step costs as
   much as there are traces, not as there are states. */
#include "agents/traces.h"

#include "agents/lists.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

static const double forgotten = 1e-12;

pv_status pv_traces_init(pv_traces *traces, const pv_agent_config *config, const pv_table *table)
{
    const double lambda = pv_params_number(config->params, "lambda");
    const size_t rows = (size_t)config->rows;
    memset(traces, 0, sizeof *traces);
    traces->rows = config->rows;
    traces->entries = table->entries;
    traces->width = (size_t)table->width;
    traces->decay = lambda * pv_params_number(config->params, "gamma");
    traces->replaces = pv_params_number(config->params, "traces") > 0.0;
    if (lambda <= 0.0) {
        return PV_OK;
    }
    traces->length = pv_alloc_array(rows, sizeof *traces->length);
    traces->active = pv_alloc_array(rows, traces->entries * sizeof *traces->active);
    traces->strength = pv_alloc_array(rows, traces->entries * sizeof *traces->strength);
    return traces->length && traces->active && traces->strength ? PV_OK : PV_ERROR_MEMORY;
}

void pv_traces_free(pv_traces *traces)
{
    pv_free(traces->length);
    pv_free(traces->active);
    pv_free(traces->strength);
    memset(traces, 0, sizeof *traces);
}

int pv_traces_on(const pv_traces *traces)
{
    return traces->length != NULL;
}

pv_status pv_traces_or_window(const pv_traces *traces, const pv_window *window)
{
    if (pv_traces_on(traces) && window->n > 1) {
        return pv_fail(PV_ERROR_ARGUMENT,
                       "n = %d and lambda > 0 are two ways to look ahead; leave n at 1 or lambda "
                       "at 0",
                       window->n);
    }
    return PV_OK;
}

static void visit(pv_traces *traces, int row, size_t entry)
{
    const size_t first = (size_t)row * traces->entries;
    double *strength = traces->strength + first;
    if (strength[entry] == 0.0) {
        traces->active[first + traces->length[row]++] = (uint32_t)entry;
    }
    if (!traces->replaces) {
        strength[entry] += 1.0;
        return;
    }
    const size_t state = entry / traces->width * traces->width;
    for (size_t k = 0; k < traces->width; k++) {
        strength[state + k] = 0.0;
    }
    strength[entry] = 1.0;
}

/* weakens all traces of a row; those that are 0 or nearly so leave the list */
static void decay(pv_traces *traces, int row)
{
    const size_t first = (size_t)row * traces->entries;
    uint32_t *active = traces->active + first;
    uint64_t kept = 0;
    for (uint64_t i = 0; i < traces->length[row]; i++) {
        double *strength = &traces->strength[first + active[i]];
        *strength *= traces->decay;
        if (*strength < forgotten) {
            *strength = 0.0;
        } else {
            active[kept++] = active[i];
        }
    }
    traces->length[row] = kept;
}

void pv_traces_cut(pv_traces *traces, int row)
{
    const size_t first = (size_t)row * traces->entries;
    for (uint64_t i = 0; i < traces->length[row]; i++) {
        traces->strength[first + traces->active[first + i]] = 0.0;
    }
    traces->length[row] = 0;
}

pv_status pv_traces_update(pv_traces *traces, pv_tabular *agent, const pv_step *step, double error)
{
    double *value = agent->table.value;
    const double rate = pv_tabular_rate(agent, value, step->entry) * error;
    const size_t first = (size_t)step->row * traces->entries;
    size_t told = step->entry; /* or whichever stopped being a number */
    visit(traces, step->row, step->entry);
    for (uint64_t i = 0; i < traces->length[step->row]; i++) {
        const uint32_t entry = traces->active[first + i];
        value[entry] += rate * traces->strength[first + entry];
        told = isfinite(value[entry]) ? told : entry;
    }
    if (step->ended) {
        pv_traces_cut(traces, step->row);
    } else {
        decay(traces, step->row);
    }
    return pv_tabular_note(agent, told, error, value[told]);
}

/* --- saving --- */

static void fill(const pv_traces *traces, pv_lists *lists)
{
    size_t next = 0;
    for (int row = 0; row < traces->rows; row++) {
        const size_t first = (size_t)row * traces->entries;
        for (uint64_t i = 0; i < traces->length[row]; i++, next++) {
            lists->entry[next] = traces->active[first + i];
            lists->number[next] = traces->strength[first + lists->entry[next]];
        }
    }
}

pv_status pv_traces_save(const pv_traces *traces, pv_tensors *tensors)
{
    pv_lists lists;
    if (!pv_traces_on(traces)) {
        return PV_OK;
    }
    pv_status status = pv_lists_init(&lists, traces->rows, traces->length);
    if (status) {
        return status;
    }
    fill(traces, &lists);
    status = pv_lists_save(&lists, tensors, "row.traces");
    pv_lists_free(&lists);
    return status;
}

/* puts the lists back; an entry stands once and has a trace */
static pv_status put(pv_traces *traces, const pv_lists *lists)
{
    size_t next = 0;
    for (int row = 0; row < traces->rows; row++) {
        const size_t first = (size_t)row * traces->entries;
        for (uint64_t i = 0; i < lists->length[row]; i++, next++) {
            double *strength = &traces->strength[first + lists->entry[next]];
            if (*strength > 0.0 || !(lists->number[next] > 0.0)) {
                return pv_fail(PV_ERROR_FORMAT, "damaged checkpoint: the traces of row %d", row);
            }
            *strength = lists->number[next];
            traces->active[first + traces->length[row]++] = (uint32_t)lists->entry[next];
        }
    }
    return PV_OK;
}

pv_status pv_traces_load(pv_traces *traces, const pv_tabular *agent, const pv_tensors *tensors)
{
    pv_lists lists;
    if (!pv_traces_on(traces)) {
        return PV_OK;
    }
    pv_status status = pv_lists_load(&lists, agent, tensors, "row.traces");
    if (status) {
        return status;
    }
    for (int row = 0; row < traces->rows; row++) {
        pv_traces_cut(traces, row);
    }
    status = put(traces, &lists);
    pv_lists_free(&lists);
    return status;
}
