/* n-step returns. A window of one step gives the one-step methods, one longer than the episode
   gives Monte Carlo: the same code, from end to end of the scale. */
#include "agents/window.h"

#include "agents/lists.h"
#include "core/memory.h"

#include <string.h>

pv_status pv_window_init(pv_window *window, const pv_agent_config *config)
{
    memset(window, 0, sizeof *window);
    const pv_status status = pv_agent_whole(config->params, "n", &window->n);
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

pv_status pv_window_only_one(const pv_window *window)
{
    return window->n == 1
               ? PV_OK
               : pv_fail(PV_ERROR_ARGUMENT,
                         "n = %d: returns of several steps need values=table; lambda looks ahead "
                         "with the others",
                         window->n);
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
    int length = (int)window->length[step->row];
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
    window->length[step->row] = (uint64_t)length;
    return status;
}

/* calls for every step that waits: window to lists, or back */
static void copy(const pv_window *window, const pv_lists *lists, int to_lists)
{
    const size_t n = (size_t)window->n;
    size_t next = 0;
    for (size_t row = 0; row < (size_t)window->rows; row++) {
        for (size_t k = 0; k < lists->length[row]; k++, next++) {
            uint64_t *entry = &window->entry[row * n + k];
            double *reward = &window->reward[row * n + k];
            if (to_lists) {
                lists->entry[next] = *entry;
                lists->number[next] = *reward;
            } else {
                *entry = lists->entry[next];
                *reward = lists->number[next];
            }
        }
    }
}

pv_status pv_window_save(const pv_window *window, pv_tensors *tensors)
{
    pv_lists lists;
    pv_status status = pv_lists_init(&lists, window->rows, window->length);
    if (status) {
        return status;
    }
    copy(window, &lists, 1);
    status = pv_lists_save(&lists, tensors, "row.window");
    pv_lists_free(&lists);
    return status;
}

pv_status pv_window_load(pv_window *window, const pv_tabular *agent, const pv_tensors *tensors)
{
    pv_lists lists;
    pv_status status = pv_lists_load(&lists, agent, tensors, "row.window");
    if (status) {
        return status;
    }
    for (int row = 0; row < window->rows && !status; row++) {
        if (lists.length[row] >= (uint64_t)window->n) {
            status = pv_fail(PV_ERROR_FORMAT, "damaged checkpoint: the window of row %d", row);
        }
    }
    if (!status) {
        memcpy(window->length, lists.length, (size_t)window->rows * sizeof *window->length);
        copy(window, &lists, 0);
    }
    pv_lists_free(&lists);
    return status;
}
