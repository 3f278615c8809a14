/* plan.h: solving a world whose transition table is known. */
#ifndef PAVLOV_AGENTS_PLAN_H
#define PAVLOV_AGENTS_PLAN_H

#include "envs/host/model.h"

typedef struct pv_plan {
    size_t states;
    int actions;
    double *value;        /* [states] V* */
    double *action_value; /* [states][actions] Q* */
    uint64_t sweeps;
    double residual; /* largest change of the last sweep */
} pv_plan;

/* Takes the memory of a plan for a model, all values 0. */
pv_status pv_plan_init(pv_plan *plan, const pv_model *model);
void pv_plan_free(pv_plan *plan);

/* Value iteration, in place, until a sweep changes no value by `tolerance` or more. PV_ERROR_NUMBER
   if `sweeps` of them do not suffice. */
pv_status pv_plan_solve(pv_plan *plan, pv_model *model, double gamma, double tolerance, int sweeps);

/* Says whether a world has a table to plan by and one categorical action; if not, PV_ERROR_FIT in
   words that begin with "agent <agent>". */
pv_status pv_plan_fits(const pv_world *world, const char *agent);

/* Returns 1 if a world observes its state as it is: one category, as many as states. */
int pv_plan_sees_state(const pv_world *world);

#endif
