/* window.h: the last n steps of every row, for n-step returns (Sutton & Barto, 2nd ed., 7.1). */
#ifndef PAVLOV_AGENTS_WINDOW_H
#define PAVLOV_AGENTS_WINDOW_H

#include "agents/tabular.h"

typedef struct pv_window {
    int rows, n;
    uint64_t *length; /* [rows] steps that wait for their return */
    uint64_t *entry;  /* [rows][n] of the table, oldest first */
    double *reward;   /* [rows][n] */
} pv_window;

/* clang-format off */
#define PV_WINDOW_PARAM                                                                            \
    {.name = "n", .help = "real rewards of a return before the estimate takes over",               \
     .initial = 1.0, .low = 1.0, .high = 100000.0}
/* clang-format on */

/* Reads parameter "n" and takes the memory for all rows. */
pv_status pv_window_init(pv_window *window, const pv_agent_config *config);
void pv_window_free(pv_window *window);

/* Refuses a window of several steps, for values that are no table's. */
pv_status pv_window_only_one(const pv_window *window);

/* Adds a step. The oldest step is updated if it now has its n rewards, all of them if the episode
   ended, towards G = r_1 + gamma r_2 + ... + gamma^k beyond, where `beyond` is the value of what
   follows the newest step (0 where nothing does). */
pv_status pv_window_push(pv_window *window, pv_tabular *agent, const pv_step *step, double beyond);

/* Adds the steps that wait as tensors "row.window..."; reads them back, or forgets them where the
   checkpoint is of other rows. */
pv_status pv_window_save(const pv_window *window, pv_tensors *tensors);
pv_status pv_window_load(pv_window *window, const pv_tabular *agent, const pv_tensors *tensors);

#endif
