/* traces.h: eligibility traces of every row (Sutton & Barto, 2nd ed., chapter 12).

   A trace remembers how recently and how often an entry was visited; every TD error then updates
   all entries in proportion. Lists are sparse: a trace below 1e-12 is forgotten. */
#ifndef PAVLOV_AGENTS_TRACES_H
#define PAVLOV_AGENTS_TRACES_H

#include "agents/tabular.h"
#include "agents/window.h"

typedef struct pv_traces {
    int rows;
    size_t entries, width; /* of the table */
    double decay;          /* gamma * lambda */
    int replaces;          /* 0: accumulating traces, 1: replacing */
    uint64_t *length;      /* [rows] traces that are not 0 */
    uint32_t *active;      /* [rows][entries] whose */
    double *strength;      /* [rows][entries] of every entry */
} pv_traces;

/* clang-format off */
#define PV_TRACES_PARAMS                                                                           \
    {.name = "lambda", .help = "decay of eligibility traces; 0: none",                             \
     .initial = 0.0, .low = 0.0, .high = 1.0},                                                     \
    {.name = "traces", .help = "what a visit does to a trace",                                     \
     .choices = "accumulate|replace"}
/* clang-format on */

/* Reads parameters "lambda" and "traces" and takes the memory for all rows; none if lambda is 0. */
pv_status pv_traces_init(pv_traces *traces, const pv_agent_config *config, const pv_table *table);
void pv_traces_free(pv_traces *traces);

/* Returns 1 if lambda is above 0. */
int pv_traces_on(const pv_traces *traces);

/* Refuses traces beside a window of several steps: both look ahead, and only one can. */
pv_status pv_traces_or_window(const pv_traces *traces, const pv_window *window);

/* Visits the step's entry, updates all entries of the row by `error` in proportion to their traces,
   and lets the traces decay (or forgets them if the episode ended). The learning rate is that of
   the entry visited. */
pv_status pv_traces_update(pv_traces *traces, pv_tabular *agent, const pv_step *step, double error);

/* Forgets a row's traces. */
void pv_traces_cut(pv_traces *traces, int row);

/* Adds the traces as tensors "row.traces..."; reads them back, or forgets them where the
   checkpoint is of other rows. */
pv_status pv_traces_save(const pv_traces *traces, pv_tensors *tensors);
pv_status pv_traces_load(pv_traces *traces, const pv_tabular *agent, const pv_tensors *tensors);

#endif
