/* exact_return.h: what an agent's greedy policy earns on average, to the last digit, where the
   world tells how it works: no episode is played, so no luck is in the figure. */
#ifndef PAVLOV_AGENTS_EXACT_RETURN_H
#define PAVLOV_AGENTS_EXACT_RETURN_H

#include "agents/agent.h"

typedef struct pv_exact_return {
    double mean;        /* expected undiscounted return of an episode */
    double mean_length; /* expected steps of an episode */
    double cut;         /* probability that the step limit ends it */
} pv_exact_return;

/* Follows the distribution over states from the start for `steps` steps (0: the world's own limit).
   PV_ERROR_FIT, in words, where the world has no table of outcomes, shows something else than its
   state, or has no limit while steps is 0; or where the agent remembers or tells no probabilities.
 */
pv_status pv_exact_return_of(pv_agent *agent, uint64_t steps, pv_exact_return *result);

#endif
