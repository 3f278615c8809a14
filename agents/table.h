/* table.h: values of states, or of states and actions, in a plain array.

   A world fits if everything it observes is categorical: the observations, read as the digits of
   one number in mixed radix, are the state. An observation named "action_mask" is no digit; it says
   which actions are legal. Every entry counts its updates. */
#ifndef PAVLOV_AGENTS_TABLE_H
#define PAVLOV_AGENTS_TABLE_H

#include "core/tensors.h"
#include "pavlov/world.h"

/* the largest table there may be, in entries */
#define PV_TABLE_MAX 100000000u

/* what has a value: states, states and actions, or these twice */
typedef enum pv_table_kind { PV_TABLE_STATES, PV_TABLE_ACTIONS, PV_TABLE_TWO } pv_table_kind;

typedef struct pv_table {
    const pv_world *world;
    pv_table_kind kind;
    size_t states;
    int actions;
    int width;       /* entries of a state: its actions, or 1 where only states have a value */
    size_t entries;  /* states * width */
    int mask;        /* number of the observation that is the mask, -1 if none */
    double *value;   /* [states][width] */
    double *second;  /* [states][width] of agents that keep two tables, else NULL */
    uint64_t *count; /* [states][width] updates so far, of both tables where there are two */
    uint64_t *first; /* [states][width] those of the first of two tables, else NULL */
    size_t visited;  /* states with an update */
} pv_table;

/* Returns the number of the observation that is the mask of the one action space, -1 if none. */
int pv_table_find_mask(const pv_spec *spec);

/* Says whether a world has categorical observations only, one categorical action and few enough of
   both; if not, PV_ERROR_FIT in words that begin with "agent <agent>". */
pv_status pv_table_fits(const pv_world *world, const char *agent);

/* Makes the table of a world that fits, every value `initial`. */
pv_status pv_table_init(pv_table *table, const pv_world *world, pv_table_kind kind, double initial);
void pv_table_free(pv_table *table);

/* Finds the state that row `row` observes; a category outside its space is the world's mistake. */
pv_status pv_table_state(const pv_table *table, const void *const *obs, int row, size_t *state);

/* Returns the mask of row `row`; NULL where every action is legal. A mask of zeros is returned as
   it is: the row does not act now. */
const uint8_t *pv_table_mask(const pv_table *table, const void *const *obs, int row);

/* Counts an update of an entry of `values` (table->value or table->second) and returns how many it
   has had there, this one included. */
uint64_t pv_table_touch(pv_table *table, const double *values, size_t entry);

/* Adds the values as "q" [states][actions] ("v" [states], or "q1" and "q2"), the counts as "visits"
   (and "visits1"). */
pv_status pv_table_save(const pv_table *table, pv_tensors *tensors);

/* Reads them back; a table of another shape is an error that tells both. */
pv_status pv_table_load(pv_table *table, const pv_tensors *tensors);

#endif
