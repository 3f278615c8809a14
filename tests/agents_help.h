/* agents_help.h: tiny worlds given by a table of outcomes, and telling an agent single transitions
   of its row 0, for the tests of tabular agents. */
#ifndef PAVLOV_TESTS_AGENTS_HELP_H
#define PAVLOV_TESTS_AGENTS_HELP_H

#include "agents/agent.h"
#include "core/memory.h"
#include "envs/host/instance.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* one outcome of (state, action) */
typedef struct mdp_row {
    uint32_t state, action;
    pv_outcome outcome;
} mdp_row;

typedef struct mdp_table {
    uint32_t states, actions, start;
    const mdp_row *row;
    uint32_t rows;
    const uint8_t *mask; /* [states][actions], NULL: no mask */
} mdp_table;

struct pv_env {
    const pv_host *host;
    const mdp_table *table;
    pv_space obs[2], action;
    pv_rng rng;
    uint32_t state;
};

static inline pv_status mdp_create(const pv_host *host, const mdp_table *table, pv_env **created)
{
    pv_env *env = host->alloc(host->ctx, sizeof *env);
    if (!env) {
        host->log(host->ctx, 0, "out of memory");
        return -1;
    }
    env->host = host;
    env->table = table;
    env->obs[0] = (pv_space){.name = "state", .dtype = PV_I32, .n = table->states};
    env->obs[1] =
        (pv_space){.name = "action_mask", .dtype = PV_U8, .ndim = 1, .shape = {table->actions}};
    env->action = (pv_space){.name = "move", .dtype = PV_I32, .n = table->actions};
    *created = env;
    return 0;
}

static inline void mdp_destroy(pv_env *env)
{
    env->host->free(env->host->ctx, env);
}

static inline void mdp_spec(const pv_env *env, pv_spec *spec)
{
    spec->agents = 1;
    spec->n_obs = env->table->mask ? 2 : 1;
    spec->n_action = 1;
    spec->obs = env->obs;
    spec->action = &env->action;
    spec->n_states = env->table->states;
    spec->max_steps = 100;
}

static inline void mdp_show(const pv_env *env, const pv_io *io)
{
    *(int32_t *)io->obs[0] = (int32_t)env->state;
    if (env->table->mask) {
        const size_t n = env->table->actions;
        memcpy(io->obs[1], env->table->mask + env->state * n, n);
    }
}

static inline pv_status mdp_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    pv_rng_init(&env->rng, seed);
    env->state = env->table->start;
    mdp_show(env, io);
    return 0;
}

static inline uint32_t mdp_outcomes(const pv_env *env, uint32_t state, uint32_t action,
                                    pv_outcome *outcomes, uint32_t capacity)
{
    const mdp_table *table = env->table;
    uint32_t n = 0;
    if (state == UINT32_MAX) {
        if (capacity > 0) {
            outcomes[0] = (pv_outcome){.probability = 1.0, .next = table->start};
        }
        return 1;
    }
    for (uint32_t i = 0; i < table->rows; i++) {
        if (table->row[i].state == state && table->row[i].action == action) {
            if (n < capacity) {
                outcomes[n] = table->row[i].outcome;
            }
            n++;
        }
    }
    if (n == 0 && capacity > 0) { /* not in the table: an end */
        outcomes[0] = (pv_outcome){.probability = 1.0, .next = state, .terminated = 1};
    }
    return n ? n : 1;
}

static inline pv_status mdp_step(pv_env *env, const pv_io *io)
{
    pv_outcome outcomes[16];
    double probability[16];
    const uint32_t action = (uint32_t) * (const int32_t *)io->action[0];
    const uint32_t n = mdp_outcomes(env, env->state, action, outcomes, 16);
    for (uint32_t i = 0; i < n; i++) {
        probability[i] = outcomes[i].probability;
    }
    const pv_outcome *outcome =
        &outcomes[pv_draw_index(&env->rng, env->host->draws, probability, n)];
    env->state = outcome->next;
    io->reward[0] = (float)outcome->reward;
    io->terminated[0] = (uint8_t)outcome->terminated;
    io->truncated[0] = 0;
    mdp_show(env, io);
    return 0;
}

static inline uint32_t mdp_state(const pv_env *env)
{
    return env->state;
}

/* the world `name`, whose outcomes are `table` */
#define MDP_WORLD(name, table)                                                                     \
    static pv_status name##_create(const pv_host *host, const pv_value *params, pv_env **env)      \
    {                                                                                              \
        (void)params;                                                                              \
        return mdp_create(host, &(table), env);                                                    \
    }                                                                                              \
    static const pv_env_class name = {.size = sizeof name,                                         \
                                      .abi = PV_ABI,                                               \
                                      .id = #name "-v0",                                           \
                                      .version = "1",                                              \
                                      .summary = "a world of the tests",                           \
                                      .create = name##_create,                                     \
                                      .destroy = mdp_destroy,                                      \
                                      .spec = mdp_spec,                                            \
                                      .reset = mdp_reset,                                          \
                                      .step = mdp_step,                                            \
                                      .state = mdp_state,                                          \
                                      .outcomes = mdp_outcomes}

static inline pv_world *open_mdp(const pv_env_class *env_class)
{
    pv_world *world = pv_world_open_class(env_class, NULL, NULL);
    ck_assert_msg(world != NULL, "%s", pv_last_error());
    return world;
}

static inline pv_agent *make_agent(const char *name, const pv_world *world, const char *settings)
{
    pv_agent *agent = pv_agent_create(name, world, settings, 1, 1);
    ck_assert_msg(agent != NULL, "%s", pv_last_error());
    return agent;
}

/* what making an agent is refused with */
static inline void refused(const char *name, const pv_world *world, const char *settings,
                           pv_status status, const char *words)
{
    ck_assert_ptr_null(pv_agent_create(name, world, settings, 1, 1));
    ck_assert_msg(strstr(pv_last_error(), words) != NULL, "\"%s\" lacks \"%s\"", pv_last_error(),
                  words);
    ck_assert_int_eq(pv_last_status(), status);
}

/* --- one row, by hand --- */

/* ck_assert for what is called a million times: Check writes down every one of its own */
static inline void check(pv_status status)
{
    if (status) {
        ck_abort_msg("%s", pv_last_error());
    }
}

enum { GOES_ON, TERMINATES, TRUNCATES };

/* the mask of a state of a world that has one; any state of a world without */
static inline const uint8_t *mask_of(const pv_agent *agent, const uint8_t *mask, int32_t state)
{
    return mask ? mask + (size_t)state * pv_world_spec(agent->world)->action[0].n : NULL;
}

static inline int32_t ask_masked(pv_agent *agent, int32_t state, const uint8_t *mask,
                                 pv_act_mode mode, pv_rng *rng)
{
    int32_t action = -1;
    const uint8_t first = 0;
    const void *obs[2] = {&state, mask_of(agent, mask, state)};
    void *actions[1] = {&action};
    const pv_act act = {
        .rows = 1, .obs = obs, .first = &first, .mode = mode, .rng = rng, .action = actions};
    check(agent->agent_class->act(agent, &act));
    return action;
}

static inline int32_t ask(pv_agent *agent, int32_t state, pv_act_mode mode, pv_rng *rng)
{
    return ask_masked(agent, state, NULL, mode, rng);
}

/* tells row 0 that `action` in `state` earned `reward` and led to `next`; what begins after an end
   is state 0 */
static inline pv_status tell_masked(pv_agent *agent, int32_t state, int32_t action, float reward,
                                    int32_t next, int end, const uint8_t *mask)
{
    const uint8_t valid = 1;
    const uint8_t terminated = end == TERMINATES;
    const uint8_t truncated = end == TRUNCATES;
    const int32_t begin = end == GOES_ON ? next : 0;
    const void *obs[2] = {&state, mask_of(agent, mask, state)};
    const void *next_obs[2] = {&begin, mask_of(agent, mask, begin)};
    const void *final_obs[2] = {&next, mask_of(agent, mask, next)};
    const void *actions[1] = {&action};
    const pv_transitions transitions = {.rows = 1,
                                        .valid = &valid,
                                        .obs = obs,
                                        .action = actions,
                                        .reward = &reward,
                                        .terminated = &terminated,
                                        .truncated = &truncated,
                                        .next_obs = next_obs,
                                        .final_obs = final_obs};
    return agent->agent_class->observe(agent, &transitions);
}

static inline void tell(pv_agent *agent, int32_t state, int32_t action, float reward, int32_t next,
                        int end)
{
    check(tell_masked(agent, state, action, reward, next, end, NULL));
}

static inline double q_of(pv_agent *agent, int32_t state, int action)
{
    double value[16];
    const void *obs[1] = {&state};
    ck_assert_int_eq(pv_agent_values(agent, obs, value), PV_OK);
    return value[action];
}

static inline double v_of(pv_agent *agent, int32_t state)
{
    double value;
    const void *obs[1] = {&state};
    const pv_explain explain = {.rows = 1, .obs = obs, .value = &value};
    ck_assert_int_eq(agent->agent_class->explain(agent, &explain), PV_OK);
    return value;
}

#endif
