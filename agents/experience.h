/* experience.h: what an off-policy agent learns from: a replay memory by its parameters, or with
   replay=0 only what has just happened. */
#ifndef PAVLOV_AGENTS_EXPERIENCE_H
#define PAVLOV_AGENTS_EXPERIENCE_H

#include "agents/newest.h"
#include "core/schedule.h"

typedef struct pv_experience {
    const pv_world *world;
    int rows;  /* that tell */
    int batch; /* samples of a draw */
    int n_step;
    int steps;   /* of a sample: more than 1 for recurrent networks */
    int replays; /* 0: the newest only */
    int capacity;
    int prioritised, by_reward;
    double gamma, alpha;
    pv_schedule beta;

    /* taken by begin */
    pv_replay *replay;
    pv_newest newest;
    int begun;
} pv_experience;

/* clang-format off */
#define PV_EXPERIENCE_PARAMS                                                                       \
    {.name = "batch", .help = "transitions (stretches) of an update",                              \
     .initial = 32.0, .low = 1.0, .high = 65536.0},                                                \
    {.name = "replay", .help = "0: no memory, learns from the newest transition only",             \
     .initial = 1.0, .low = 0.0, .high = 1.0},                                                     \
    {.name = "capacity", .help = "transitions it remembers",                                       \
     .initial = 100000.0, .low = 1.0, .high = 1e9},                                                \
    {.name = "n-step", .help = "real rewards of a target before the estimate takes over",          \
     .initial = 1.0, .low = 1.0, .high = 1000.0},                                                  \
    {.name = "prioritised", .help = "1: what surprises is replayed more often",                    \
     .initial = 0.0, .low = 0.0, .high = 1.0},                                                     \
    {.name = "priority", .help = "what a priority comes from", .choices = "error|reward"},         \
    {.name = "alpha", .help = "prioritised: power of priorities; 0 is uniform",                    \
     .initial = 0.6, .low = 0.0, .high = 1.0},                                                     \
    {.name = "beta", .help = "prioritised: power of the correcting weights; a schedule",           \
     .text = "linear:0.4:1:100000"}
/* clang-format on */

/* Reads the parameters above and "gamma"; `steps` above 1 asks for stretches of so many steps. */
pv_status pv_experience_init(pv_experience *experience, const pv_agent_config *config, int steps);
void pv_experience_free(pv_experience *experience);

/* Returns how many bytes begin will take. */
uint64_t pv_experience_size(const pv_experience *experience);

/* Takes the memory; where it was taken before, ends the episodes that were running. */
pv_status pv_experience_begin(pv_experience *experience);

/* Keeps what the rows tell, with these rewards in place of theirs. */
void pv_experience_keep(pv_experience *experience, const pv_transitions *transitions,
                        const float *reward);

/* Returns a batch to learn from, NULL if there is none yet: sampled, or what was kept last. `step`
   and `count` are those of beta's schedule. */
const pv_replay_batch *pv_experience_batch(pv_experience *experience, pv_rng *rng, uint64_t step,
                                           uint64_t count);

/* Tells the errors of that batch's samples, where priorities come from them. */
void pv_experience_update(pv_experience *experience, const pv_replay_batch *batch,
                          const float *error);

/* The save_data and load_data of an agent. */
pv_status pv_experience_save(const pv_experience *experience, const char *folder,
                             pv_tensors *resume);
pv_status pv_experience_load(pv_experience *experience, const char *folder,
                             const pv_tensors *resume);

#endif
