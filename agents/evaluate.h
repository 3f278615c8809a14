/* evaluate.h: an agent playing a vector of lanes without learning: evaluation, recording, watching.
 */
#ifndef PAVLOV_AGENTS_EVALUATE_H
#define PAVLOV_AGENTS_EVALUATE_H

#include "agents/agent.h"
#include "pavlov/train.h"

/* An acting agent and its lanes. */
typedef struct pv_player {
    pv_vector *vector;
    pv_agent *agent;
    pv_act_mode mode;
    void *memory;    /* [rows][memory_size] */
    pv_rng *rng;     /* [rows], seeded by episode */
    uint32_t *state; /* [rows] for planners */
    uint64_t seed, next_number;
} pv_player;

/* Makes the lanes for config's world, seed, purpose, mode and max_length; frees nothing of the
 * caller's. */
pv_status pv_player_init(pv_player *player, const pv_evaluation_config *config, int lanes);
void pv_player_free(pv_player *player);

/* Begins an episode in every lane, and takes one step in every lane. */
pv_status pv_player_reset(pv_player *player);
pv_status pv_player_step(pv_player *player);

/* Returns the agent's discount, 1 if it has none. */
double pv_agent_gamma(const pv_agent *agent);

/* Writes the tabular state of every row's lane, for agents that plan. */
void pv_vector_states(const pv_vector *vector, uint32_t *state);

#endif
