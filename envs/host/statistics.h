/* statistics.h: what `norm` and `norm-reward` have learned of observations and rewards.

   Training vectors add to them, once a step and in order of lanes, so that threads change nothing;
   all others only read. An agent owns those of its world and keeps them in its checkpoint. */
#ifndef PAVLOV_ENVS_HOST_STATISTICS_H
#define PAVLOV_ENVS_HOST_STATISTICS_H

#include "core/tensors.h"
#include "envs/host/wrap.h"

/* running mean and spread of `count` numbers (Welford 1962; Chan, Golub and LeVeque 1979) */
typedef struct pv_running {
    size_t count;
    double *n;       /* one: how often each was seen */
    double *mean;    /* [count] */
    double *squares; /* [count] sum of squared differences from the mean */
    double *inverse; /* [count] 1 / deviation, of which one seen more with variance 1 is a part */
} pv_running;

struct pv_statistics {
    pv_running running[PV_WRAPS_MAX]; /* by wrapper of the line; count 0: it has none */
    int n;                            /* wrappers of the line */
    void *memory;
};

/* Makes empty ones for a world; *statistics is NULL where no wrapper of it keeps any. */
pv_status pv_statistics_create(const pv_world *world, pv_statistics **statistics);
void pv_statistics_destroy(pv_statistics *statistics);

/* Takes the arrays for `count` numbers from a block. */
void pv_running_take(pv_running *running, pv_block *block, size_t count);

/* Adds one sighting, the n-th, of number `at`; the caller counts *running->n. */
void pv_running_add(pv_running *running, size_t at, double x, double n);

/* Adds what `seen` has seen to `running` and empties it. */
void pv_running_merge(pv_running *running, pv_running *seen);

/* Adds tensors norm.<wrapper>.n, .mean and .squares, and reads them back. NULL statistics have
   none, and tensors that have some then do not fit. */
pv_status pv_statistics_save(const pv_statistics *statistics, pv_tensors *tensors);
pv_status pv_statistics_load(pv_statistics *statistics, const pv_tensors *tensors);

#endif
