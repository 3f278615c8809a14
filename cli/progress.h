/* progress.h: how far a training run is, for a person: one line kept up to date on a terminal, a
   plain line every few seconds in a pipe. */
#ifndef PAVLOV_CLI_PROGRESS_H
#define PAVLOV_CLI_PROGRESS_H

#include "pavlov/train.h"

#include <stdatomic.h>

typedef struct pv_progress {
    int quiet, terminal;
    int runs;            /* how many this command trains; above 1 they share one line */
    atomic_int done;     /* runs that ended */
    atomic_ullong steps; /* of all runs in this sitting */
    atomic_flag writing; /* one thread writes at a time */
    double began, last;  /* seconds; last is guarded by `writing` */
} pv_progress;

void pv_progress_init(pv_progress *progress, int runs, int quiet);

/* Tells of a single run; prints if it is time to, or if `now` is set. `loss` may be NaN: not known.
 */
void pv_progress_run(pv_progress *progress, const pv_trainer *trainer, uint64_t bound_steps,
                     uint64_t bound_episodes, double loss, int now);

/* Tells of many runs. */
void pv_progress_many(pv_progress *progress, int now);

/* Ends the line. */
void pv_progress_end(pv_progress *progress);

#endif
