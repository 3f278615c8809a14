/* n-step returns. A window of one step gives the one-step methods, one longer than the episode
   gives Monte Carlo: the same code, from end to end of the scale. */
#include "agents/window.h"

#include "core/memory.h"

#include <string.h>

pv_status pv_window_init(pv_window *window, const pv_agent_config *config)
{
    memset(window, 0, sizeof *window);
    const pv_status status = pv_tabular_whole(config->params, "n", &window->n);
    if (status) {
        return status;
    }
    const size_t rows = (size_t)config->rows;
    window->rows = config->rows;
    window->length = pv_alloc_array(rows, sizeof *window->length);
    window->entry = pv_alloc_array(rows, (size_t)window->n * sizeof *window->entry);
    window->reward = pv_alloc_array(rows, (size_t)window->n * sizeof *window->reward);
    return window->length && window->entry && window->reward ? PV_OK : PV_ERROR_MEMORY;
}

void pv_window_free(pv_window *window)
{
    pv_free(window->length);
    pv_free(window->entry);
    pv_free(window->reward);
    memset(window, 0, sizeof *window);
}

static double discounted_sum(const double *reward, int n, double gamma, double beyond)
{
    double sum = beyond;
    for (int k = n - 1; k >= 0; k--) {
        sum = reward[k] + gamma * sum;
    }
    return sum;
}

pv_status pv_window_push(pv_window *window, pv_tabular *agent, const pv_step *step, double beyond)
{
    const size_t first = (size_t)step->row * (size_t)window->n;
    uint64_t *entry = window->entry + first;
    double *reward = window->reward + first;
    int length = window->length[step->row];
    entry[length] = step->entry;
    reward[length] = step->reward;
    length++;
    const int due = step->ended ? length : length == window->n;
    pv_status status = PV_OK;
    for (int k = 0; k < due && !status; k++) {
        const double target = discounted_sum(reward + k, length - k, agent->gamma, beyond);
        status = pv_tabular_update(agent, agent->table.value, entry[k], target);
    }
    length -= due;
    memmove(entry, entry + due, (size_t)length * sizeof *entry);
    memmove(reward, reward + due, (size_t)length * sizeof *reward);
    window->length[step->row] = length;
    return status;
}

pv_status pv_window_save(const pv_window *window, pv_tensors *tensors)
{
    const uint64_t shape[2] = {(uint64_t)window->rows, (uint64_t)window->n};
    pv_status status =
        pv_tensors_add(tensors, "row.window.length", PV_I32, window->length, (size_t)window->rows);
    if (!status) {
        status =
            pv_tensors_add_shaped(tensors, "row.window.entry", PV_U64, window->entry, 2, shape);
    }
    return status ? status
                  : pv_tensors_add_shaped(tensors, "row.window.reward", PV_F64, window->reward, 2,
                                          shape);
}

/* a checkpoint is read with suspicion: no length or entry may lead out of the arrays */
static pv_status check(const pv_window *window, size_t entries)
{
    for (int row = 0; row < window->rows; row++) {
        const int length = window->length[row];
        int sound = length >= 0 && length < window->n;
        for (int k = 0; sound && k < length; k++) {
            sound = window->entry[(size_t)row * (size_t)window->n + (size_t)k] < entries;
        }
        if (!sound) {
            return pv_fail(PV_ERROR_FORMAT, "damaged checkpoint: the window of row %d", row);
        }
    }
    return PV_OK;
}

pv_status pv_window_load(pv_window *window, const pv_tabular *agent, const pv_tensors *tensors)
{
    const size_t rows = (size_t)window->rows;
    const size_t n = rows * (size_t)window->n;
    if (!pv_tabular_same_rows(&agent->base, tensors)) {
        memset(window->length, 0, rows * sizeof *window->length);
        return PV_OK;
    }
    pv_status status = pv_tensors_get(tensors, "row.window.length", PV_I32, window->length, rows);
    if (!status) {
        status = pv_tensors_get(tensors, "row.window.entry", PV_U64, window->entry, n);
    }
    if (!status) {
        status = pv_tensors_get(tensors, "row.window.reward", PV_F64, window->reward, n);
    }
    status = status ? status : check(window, agent->table.entries);
    if (status) {
        memset(window->length, 0, rows * sizeof *window->length);
    }
    return status;
}
