/* turns.h: transitions of agents that do not act in every step.

   In a world of several agents one whose action mask is all zero does not act: its last choice
   stays open, rewards add up, and the transition closes when the agent acts again or its task ends.
 */
#ifndef PAVLOV_AGENTS_TURNS_H
#define PAVLOV_AGENTS_TURNS_H

#include "agents/agent.h"

typedef struct pv_turns pv_turns;

/* Returns 1 if a world needs this: several agents. */
int pv_turns_needed(const pv_spec *spec);

/* Makes it for a vector of that many rows; NULL on failure. */
pv_turns *pv_turns_create(const pv_spec *spec, int rows);
void pv_turns_destroy(pv_turns *turns);

/* Before a step: notes who acts on which observation with which action. */
void pv_turns_before(pv_turns *turns, const pv_batch *batch);

/* After it: fills the transitions that closed in this step; the buffers are its own. */
void pv_turns_after(pv_turns *turns, const pv_batch *batch, pv_transitions *transitions);

/* Saves and loads what is open, as tensors "turns.…". */
pv_status pv_turns_save(const pv_turns *turns, pv_tensors *tensors);
pv_status pv_turns_load(pv_turns *turns, const pv_tensors *tensors);

#endif
