/* newest.h: a batch of what has just happened, for learning without a replay memory. */
#ifndef PAVLOV_AGENTS_NEWEST_H
#define PAVLOV_AGENTS_NEWEST_H

#include "agents/agent.h"
#include "replay/replay.h"

typedef struct pv_newest {
    pv_replay_batch batch;
    double gamma;
    int n_obs;
    size_t *row_size;   /* [n_obs] bytes */
    char **obs, **next; /* [n_obs] -> [rows][...] */
    int32_t *action;    /* [rows], the one action */
    const void *actions[1];
    float *reward, *discount, *weight;
    uint8_t *reset;
    uint64_t *zero; /* [rows] index and age */
} pv_newest;

pv_status pv_newest_init(pv_newest *newest, const pv_world *world, int rows, double gamma);
void pv_newest_free(pv_newest *newest);

/* Makes batch the transitions of the rows that have something to tell, with these rewards in place
   of theirs; batch.samples counts them. */
void pv_newest_keep(pv_newest *newest, const pv_transitions *transitions, const float *reward);

#endif
