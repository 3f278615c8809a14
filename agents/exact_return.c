/* The expected return of a policy over T steps, by carrying the distribution over states forward:

     mu_0 = the start distribution,   mu_{t+1}(s') = sum_{s,a} mu_t(s) pi(a | s) p(s' | s, a)
     E[G] = sum_{t < T} sum_{s,a} mu_t(s) pi(a | s) E[r | s, a]

   where what terminates leaves mu; what is left after T steps is cut by the limit. */
#include "agents/exact_return.h"

#include "agents/plan.h"
#include "core/memory.h"

#include <string.h>

/* where the policy leads from each state; transitions in one list, those of a state side by side */
typedef struct chain {
    pv_model *model;
    size_t states, actions;
    double *probability; /* [states][actions] of the policy */
    double *now, *next;  /* [states] mu */
} chain;

static pv_status check_fit(const pv_agent *agent, uint64_t steps)
{
    const pv_world *world = agent->world;
    const pv_spec *spec = pv_world_spec(world);
    const char *name = pv_world_name(world);
    if (!pv_world_class(world)->outcomes || spec->n_states == 0 || spec->agents != 1 ||
        spec->n_action != 1) {
        return pv_fail(PV_ERROR_FIT,
                       "%s has no table of outcomes to evaluate by exactly; play episodes instead",
                       name);
    }
    if (!pv_plan_sees_state(world) || spec->n_obs != 1) {
        return pv_fail(PV_ERROR_FIT,
                       "%s shows more or less than the number of its state, so a policy cannot be "
                       "read off its table; play episodes instead",
                       name);
    }
    if (!steps) {
        return pv_fail(PV_ERROR_FIT, "%s has no step limit; say one with --max-length", name);
    }
    if (!agent->agent_class->explain || pv_agent_memory_size(agent) > 0) {
        return pv_fail(PV_ERROR_FIT,
                       "agent %s has no policy by states alone; play episodes instead",
                       pv_agent_name(agent));
    }
    return PV_OK;
}

static pv_status read_policy(pv_agent *agent, chain *c)
{
    for (uint32_t s = 0; s < c->states; s++) {
        const int32_t number = (int32_t)s;
        const void *const obs[1] = {&number};
        double *probability = c->probability + s * c->actions;
        probability[0] = -1.0;
        const pv_explain explain = {.rows = 1, .obs = obs, .state = &s, .probability = probability};
        const pv_status status = agent->agent_class->explain(agent, &explain);
        if (status) {
            return status;
        }
        if (probability[0] < 0.0) {
            return pv_fail(PV_ERROR_FIT, "agent %s tells no probabilities of actions",
                           pv_agent_name(agent));
        }
    }
    return PV_OK;
}

/* spreads the mass of one state over what follows action a */
static pv_status spread(chain *c, size_t s, size_t a, double mass, double *reward)
{
    uint32_t n = 0;
    const pv_outcome *o = pv_model_outcomes(c->model, (uint32_t)s, (uint32_t)a, &n);
    if (!o) {
        return pv_last_status();
    }
    for (uint32_t k = 0; k < n; k++) {
        const double p = mass * o[k].probability;
        *reward += p * o[k].reward;
        if (!o[k].terminated) {
            c->next[o[k].next] += p;
        }
    }
    return PV_OK;
}

/* one step of all the mass */
static pv_status advance(chain *c, pv_exact_return *result)
{
    memset(c->next, 0, c->states * sizeof *c->next);
    for (size_t s = 0; s < c->states; s++) {
        result->mean_length += c->now[s];
        for (size_t a = 0; c->now[s] > 0.0 && a < c->actions; a++) {
            const double mass = c->now[s] * c->probability[s * c->actions + a];
            const pv_status status = mass > 0.0 ? spread(c, s, a, mass, &result->mean) : PV_OK;
            if (status) {
                return status;
            }
        }
    }
    double *flip = c->now;
    c->now = c->next;
    c->next = flip;
    return PV_OK;
}

static pv_status follow(chain *c, uint64_t steps, pv_exact_return *result)
{
    uint32_t n = 0;
    const pv_outcome *starts = pv_model_outcomes(c->model, UINT32_MAX, 0, &n);
    if (!starts) {
        return pv_last_status();
    }
    for (uint32_t k = 0; k < n; k++) {
        c->now[starts[k].next] += starts[k].probability;
    }
    pv_status status = PV_OK;
    for (uint64_t t = 0; t < steps && status == PV_OK; t++) {
        status = advance(c, result);
    }
    for (size_t s = 0; s < c->states; s++) {
        result->cut += c->now[s];
    }
    return status;
}

pv_status pv_exact_return_of(pv_agent *agent, uint64_t steps, pv_exact_return *result)
{
    memset(result, 0, sizeof *result);
    const uint64_t limit = steps ? steps : pv_world_spec(agent->world)->max_steps;
    pv_status status = check_fit(agent, limit);
    if (status) {
        return status;
    }
    chain c = {.model = pv_model_create(agent->world)};
    if (c.model) {
        c.states = pv_model_states(c.model);
        c.actions = pv_model_actions(c.model);
        c.probability = pv_alloc_array(c.states * c.actions, sizeof(double));
        c.now = pv_alloc_array(c.states, sizeof(double));
        c.next = pv_alloc_array(c.states, sizeof(double));
    }
    const int complete = c.model && c.probability && c.now && c.next;
    status = complete ? read_policy(agent, &c) : pv_last_status();
    status = status ? status : follow(&c, limit, result);
    pv_model_destroy(c.model);
    pv_free(c.probability);
    pv_free(c.now);
    pv_free(c.next);
    return status;
}
