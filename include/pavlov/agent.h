/* agent.h: agents, made by name, that act and learn. */
#ifndef PAVLOV_AGENT_H
#define PAVLOV_AGENT_H

#include "pavlov/world.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pv_agent pv_agent;

/* Makes the agent `name` ("q-learning") for a world. `settings` is "name=value,name=value" or NULL;
   what it does not set comes from the tuned presets of this agent and world, then from the agent's
   defaults. `rows` is how many rows (lanes x agents) will learn at once. NULL on failure: an
   unknown name, a wrong setting, a world that does not fit. */
pv_agent *pv_agent_create(const char *name, const pv_world *world, const char *settings, int rows,
                          uint64_t seed);
void pv_agent_destroy(pv_agent *agent);

/* Returns its name ("q-learning"); static. */
const char *pv_agent_name(const pv_agent *agent);

/* how to choose: as learning wants it, the best known, or sampled from the policy learned */
typedef enum pv_act_mode { PV_ACT_TRAIN, PV_ACT_GREEDY, PV_ACT_SAMPLE } pv_act_mode;

/* Acts for lane by lane of a batch outside training: fills batch->action from batch->obs. `memory`
   is rows x pv_agent_memory_size bytes of the caller's, zeroed where an episode begins by the
   agent. `rng` is rows streams, one for each row's ties and samples. */
pv_status pv_agent_act(pv_agent *agent, const pv_batch *batch, void *memory, pv_act_mode mode,
                       pv_rng *rng);

/* Returns what the wrappers norm and norm-reward of its world have learned, for vectors it acts in
   (pv_vector_config.statistics); part of what it saves; NULL where the world has neither. */
pv_statistics *pv_agent_statistics(pv_agent *agent);

/* Returns the bytes of recurrent memory a row needs (0: none). */
size_t pv_agent_memory_size(const pv_agent *agent);

/* Writes what it has learned to a .safetensors file, and reads it back into an agent made with the
   same name, world and settings. */
pv_status pv_agent_save(const pv_agent *agent, const char *path);
pv_status pv_agent_load(pv_agent *agent, const char *path);

/* The action values of the first agent's one discrete action space at one observation (obs: [n_obs]
   pointers to one row each): values[n]. Returns PV_ERROR_FIT where the agent has none. */
pv_status pv_agent_values(pv_agent *agent, const void *const *obs, double *values);

#ifdef __cplusplus
}
#endif

#endif
