/* newest.c: transitions of now in the shape of a sampled batch: rows without anything to tell are
   left out, and the next observation is the one that ended the episode where it did. */
#include "agents/newest.h"

#include "core/memory.h"

#include <string.h>

static pv_status make_obs(pv_newest *newest, const pv_spec *spec, size_t rows)
{
    newest->n_obs = (int)spec->n_obs;
    newest->row_size = pv_alloc_array(spec->n_obs, sizeof *newest->row_size);
    newest->obs = pv_alloc_array(spec->n_obs, sizeof *newest->obs);
    newest->next = pv_alloc_array(spec->n_obs, sizeof *newest->next);
    int failed = !newest->row_size || !newest->obs || !newest->next;
    for (uint32_t i = 0; i < spec->n_obs && !failed; i++) {
        newest->row_size[i] = pv_space_size(&spec->obs[i]);
        newest->obs[i] = pv_alloc_array(rows, newest->row_size[i]);
        newest->next[i] = pv_alloc_array(rows, newest->row_size[i]);
        failed = !newest->obs[i] || !newest->next[i];
    }
    return failed ? pv_last_status() : PV_OK;
}

pv_status pv_newest_init(pv_newest *newest, const pv_world *world, int rows, double gamma)
{
    const size_t n = (size_t)rows;
    const pv_status status = make_obs(newest, pv_world_spec(world), n);
    newest->gamma = gamma;
    newest->action = pv_alloc_array(n, sizeof *newest->action);
    newest->reward = pv_alloc_array(n, sizeof *newest->reward);
    newest->discount = pv_alloc_array(n, sizeof *newest->discount);
    newest->weight = pv_alloc_array(n, sizeof *newest->weight);
    newest->reset = pv_alloc_array(n, sizeof *newest->reset);
    newest->zero = pv_alloc_array(n, sizeof *newest->zero);
    if (status || !newest->action || !newest->reward || !newest->discount || !newest->weight ||
        !newest->reset || !newest->zero) {
        return pv_last_status();
    }
    for (size_t i = 0; i < n; i++) {
        newest->weight[i] = 1.0f;
    }
    newest->actions[0] = newest->action;
    newest->batch = (pv_replay_batch){.steps = 1,
                                      .obs = (const void *const *)newest->obs,
                                      .action = newest->actions,
                                      .reward = newest->reward,
                                      .discount = newest->discount,
                                      .next_obs = (const void *const *)newest->next,
                                      .reset = newest->reset,
                                      .weight = newest->weight,
                                      .index = newest->zero,
                                      .age = newest->zero};
    return PV_OK;
}

void pv_newest_free(pv_newest *newest)
{
    for (int i = 0; newest->obs && newest->next && i < newest->n_obs; i++) {
        pv_free(newest->obs[i]);
        pv_free(newest->next[i]);
    }
    pv_free(newest->row_size);
    pv_free(newest->obs);
    pv_free(newest->next);
    pv_free(newest->action);
    pv_free(newest->reward);
    pv_free(newest->discount);
    pv_free(newest->weight);
    pv_free(newest->reset);
    pv_free(newest->zero);
}

void pv_newest_keep(pv_newest *newest, const pv_transitions *t, const float *reward)
{
    size_t n = 0;
    for (int row = 0; row < t->rows; row++) {
        const void *const *next = pv_transition_next(t, row);
        if (!t->valid[row]) {
            continue;
        }
        for (int i = 0; i < newest->n_obs; i++) {
            const size_t size = newest->row_size[i];
            const size_t from = (size_t)row * size;
            memcpy(newest->obs[i] + n * size, (const char *)t->obs[i] + from, size);
            memcpy(newest->next[i] + n * size, (const char *)next[i] + from, size);
        }
        newest->action[n] = ((const int32_t *)t->action[0])[row];
        newest->reward[n] = reward[row];
        newest->discount[n++] = t->terminated[row] ? 0.0f : (float)newest->gamma;
    }
    newest->batch.samples = (int)n;
}
