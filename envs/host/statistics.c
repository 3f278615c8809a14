/* Running statistics of wrappers. A lane sees numbers on its own; what it has seen is merged into
   the statistics of all when every lane has stepped. */
#include "envs/host/statistics.h"

#include "core/memory.h"
#include "envs/host/instance.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 64 };

void pv_running_take(pv_running *running, pv_block *block, size_t count)
{
    running->count = count;
    running->n = pv_block_take(block, 1, sizeof *running->n);
    running->mean = pv_block_take(block, count, sizeof *running->mean);
    running->squares = pv_block_take(block, count, sizeof *running->squares);
    running->inverse = pv_block_take(block, count, sizeof *running->inverse);
}

void pv_running_add(pv_running *running, size_t at, double x, double n)
{
    const double delta = x - running->mean[at];
    running->mean[at] += delta / n;
    running->squares[at] += delta * (x - running->mean[at]);
}

/* variance as if one more had been seen that is 1 away: no division by nothing at the beginning */
static void find_inverse(pv_running *running)
{
    for (size_t i = 0; i < running->count; i++) {
        running->inverse[i] = 1.0 / sqrt((1.0 + running->squares[i]) / (1.0 + *running->n) + 1e-8);
    }
}

void pv_running_merge(pv_running *running, pv_running *seen)
{
    const double both = *running->n + *seen->n;
    if (*seen->n == 0.0) {
        return;
    }
    for (size_t i = 0; i < running->count; i++) {
        const double delta = seen->mean[i] - running->mean[i];
        running->mean[i] += delta * (*seen->n / both);
        running->squares[i] += seen->squares[i] + delta * delta * (*running->n * *seen->n / both);
        seen->mean[i] = seen->squares[i] = 0.0;
    }
    *running->n = both;
    *seen->n = 0.0;
    find_inverse(running);
}

/* --- making --- */

static void take_all(pv_statistics *statistics, pv_block *block, const pv_wraps *wraps)
{
    for (int i = 0; i < wraps->n; i++) {
        const pv_wrap *wrap = &wraps->wrap[i];
        const size_t count = wrap->wrap_class->moments ? wrap->wrap_class->moments(wrap) : 0;
        if (count > 0) {
            pv_running_take(&statistics->running[i], block, count);
        }
    }
}

pv_status pv_statistics_create(const pv_world *world, pv_statistics **statistics)
{
    const pv_wraps *wraps = world->wraps;
    pv_statistics counted = {.n = 0};
    pv_block block = {NULL, 0};
    *statistics = NULL;
    if (wraps) {
        take_all(&counted, &block, wraps);
    }
    if (block.used == 0) {
        return PV_OK;
    }
    pv_statistics *made = pv_alloc(sizeof *made);
    block.memory = made ? pv_alloc(block.used) : NULL;
    if (!block.memory) {
        pv_free(made);
        return PV_ERROR_MEMORY;
    }
    block.used = 0;
    made->memory = block.memory;
    made->n = wraps->n;
    take_all(made, &block, wraps);
    for (int i = 0; i < made->n; i++) {
        if (made->running[i].count > 0) {
            find_inverse(&made->running[i]);
        }
    }
    *statistics = made;
    return PV_OK;
}

void pv_statistics_destroy(pv_statistics *statistics)
{
    if (statistics) {
        pv_free(statistics->memory);
        pv_free(statistics);
    }
}

/* --- files --- */

static const char *name_of(char name[NAME_SIZE], int wrap, const char *what)
{
    (void)snprintf(name, NAME_SIZE, "norm.%d.%s", wrap, what);
    return name;
}

pv_status pv_statistics_save(const pv_statistics *statistics, pv_tensors *tensors)
{
    char name[NAME_SIZE];
    for (int i = 0; statistics && i < statistics->n; i++) {
        const pv_running *r = &statistics->running[i];
        if (r->count > 0 &&
            (pv_tensors_add(tensors, name_of(name, i, "n"), PV_F64, r->n, 1) ||
             pv_tensors_add(tensors, name_of(name, i, "mean"), PV_F64, r->mean, r->count) ||
             pv_tensors_add(tensors, name_of(name, i, "squares"), PV_F64, r->squares, r->count))) {
            return pv_last_status();
        }
    }
    return PV_OK;
}

/* statistics of a world that keeps none here */
static pv_status refuse_any(const pv_tensors *tensors)
{
    for (int i = 0; i < pv_tensors_count(tensors); i++) {
        if (strncmp(pv_tensors_at(tensors, i)->name, "norm.", strlen("norm.")) == 0) {
            return pv_fail(PV_ERROR_FIT,
                           "it was trained behind norm or norm-reward, and this world "
                           "is not behind them");
        }
    }
    return PV_OK;
}

pv_status pv_statistics_load(pv_statistics *statistics, const pv_tensors *tensors)
{
    char name[NAME_SIZE];
    for (int i = 0; statistics && i < statistics->n; i++) {
        pv_running *r = &statistics->running[i];
        if (r->count == 0) {
            continue;
        }
        if (pv_tensors_get(tensors, name_of(name, i, "n"), PV_F64, r->n, 1) ||
            pv_tensors_get(tensors, name_of(name, i, "mean"), PV_F64, r->mean, r->count) ||
            pv_tensors_get(tensors, name_of(name, i, "squares"), PV_F64, r->squares, r->count)) {
            return pv_last_status();
        }
        find_inverse(r);
    }
    return statistics ? PV_OK : refuse_any(tensors);
}
