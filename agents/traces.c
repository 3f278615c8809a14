/* Eligibility traces, the backward view:

     e(x) <- e(x) + 1   accumulating (Sutton 1988)
     e(x) <- 1          replacing, the other actions of the state 0 (Singh & Sutton 1996)
     V    <- V + alpha delta e,   e <- gamma lambda e

   Strengths stand in a plain array, and a list names those that are not 0, so that a step costs as
   much as there are traces, not as there are states. */
#include "agents/traces.h"

#include "core/memory.h"

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
    visit(traces, step->row, step->entry);
    for (uint64_t i = 0; i < traces->length[step->row]; i++) {
        const uint32_t entry = traces->active[first + i];
        value[entry] += rate * traces->strength[first + entry];
    }
    if (step->ended) {
        pv_traces_cut(traces, step->row);
    } else {
        decay(traces, step->row);
    }
    return pv_tabular_note(agent, step->entry, error, value[step->entry]);
}

/* --- saving: the lists of all rows one after the other --- */

static pv_status add_lists(const pv_traces *traces, pv_tensors *tensors, uint64_t *entry,
                           double *strength)
{
    size_t n = 0;
    for (int row = 0; row < traces->rows; row++) {
        const size_t first = (size_t)row * traces->entries;
        for (uint64_t i = 0; i < traces->length[row]; i++) {
            entry[n] = traces->active[first + i];
            strength[n] = traces->strength[first + entry[n]];
            n++;
        }
    }
    pv_status status =
        pv_tensors_add(tensors, "row.traces.length", PV_U64, traces->length, (size_t)traces->rows);
    if (!status) {
        status = pv_tensors_add(tensors, "row.traces.entry", PV_U64, entry, n);
    }
    return status ? status : pv_tensors_add(tensors, "row.traces.strength", PV_F64, strength, n);
}

pv_status pv_traces_save(const pv_traces *traces, pv_tensors *tensors)
{
    if (!pv_traces_on(traces)) {
        return PV_OK;
    }
    size_t n = 0;
    for (int row = 0; row < traces->rows; row++) {
        n += traces->length[row];
    }
    uint64_t *entry = pv_alloc_array(n, sizeof *entry);
    double *strength = pv_alloc_array(n, sizeof *strength);
    const pv_status status =
        entry && strength ? add_lists(traces, tensors, entry, strength) : PV_ERROR_MEMORY;
    pv_free(entry);
    pv_free(strength);
    return status;
}

static pv_status damaged(int row)
{
    return pv_fail(PV_ERROR_FORMAT, "damaged checkpoint: the traces of row %d", row);
}

/* puts the lists back; a checkpoint is read with suspicion */
static pv_status put_lists(pv_traces *traces, const uint64_t *length, const uint64_t *entry,
                           const double *strength, size_t n)
{
    size_t next = 0;
    for (int row = 0; row < traces->rows; row++) {
        const size_t first = (size_t)row * traces->entries;
        if (length[row] > n - next) {
            return damaged(row);
        }
        for (uint64_t i = 0; i < length[row]; i++, next++) {
            if (entry[next] >= traces->entries || !(strength[next] > 0.0) ||
                traces->strength[first + entry[next]] > 0.0) {
                return damaged(row);
            }
            traces->active[first + traces->length[row]++] = (uint32_t)entry[next];
            traces->strength[first + entry[next]] = strength[next];
        }
    }
    return next == n ? PV_OK : damaged(traces->rows - 1);
}

/* the elements of a tensor of a type; NULL with the last error set where there is none */
static const void *elements(const pv_tensors *tensors, const char *name, pv_dtype dtype,
                            size_t count)
{
    const pv_tensor *tensor = pv_tensors_find(tensors, name);
    if (!tensor || tensor->dtype != dtype || tensor->count != count) {
        pv_fail(PV_ERROR_FORMAT, "damaged checkpoint: tensor \"%s\" is missing or misshapen", name);
        return NULL;
    }
    return tensor->data;
}

pv_status pv_traces_load(pv_traces *traces, const pv_tabular *agent, const pv_tensors *tensors)
{
    if (!pv_traces_on(traces)) {
        return PV_OK;
    }
    for (int row = 0; row < traces->rows; row++) {
        pv_traces_cut(traces, row);
    }
    if (!pv_tabular_same_rows(&agent->base, tensors)) {
        return PV_OK;
    }
    const pv_tensor *list = pv_tensors_find(tensors, "row.traces.entry");
    const size_t n = list ? list->count : 0;
    const uint64_t *length = elements(tensors, "row.traces.length", PV_U64, (size_t)traces->rows);
    const uint64_t *entry = length ? elements(tensors, "row.traces.entry", PV_U64, n) : NULL;
    const double *strength = entry ? elements(tensors, "row.traces.strength", PV_F64, n) : NULL;
    return strength ? put_lists(traces, length, entry, strength, n) : PV_ERROR_FORMAT;
}
