/* q_actor.c: from values to actions. Rows go through the network together, as many at once as the
   pass has room for; recurrent state stays with the caller. */
#include "agents/q_actor.h"

#include "agents/table.h"
#include "core/memory.h"

pv_status pv_q_actor_init(pv_q_actor *actor, pv_q_net *q, const pv_agent_config *config, int rows)
{
    actor->q = q;
    actor->mask = pv_table_find_mask(pv_world_spec(config->world));
    actor->episode = 1;
    const pv_status status = pv_policy_init(&actor->policy, config->params);
    if (status) {
        return status;
    }
    actor->value = pv_alloc_array((size_t)q->actions, sizeof *actor->value);
    return actor->value ? pv_q_pass_init(&actor->pass, q, rows, 0) : pv_last_status();
}

void pv_q_actor_free(pv_q_actor *actor)
{
    pv_q_pass_free(&actor->pass);
    pv_free(actor->value);
}

const uint8_t *pv_q_actor_mask(const pv_q_actor *actor, const void *const *obs, int row)
{
    const size_t n = (size_t)actor->q->actions;
    return actor->mask < 0 ? NULL : (const uint8_t *)obs[actor->mask] + (size_t)row * n;
}

/* a choice among the legal actions of row `row`, whose values are `value` */
static pv_choice choice_of(pv_q_actor *actor, const float *value, const void *const *obs, int row)
{
    for (int a = 0; a < actor->q->actions; a++) {
        actor->value[a] = (double)value[a];
    }
    return (pv_choice){.n = actor->q->actions,
                       .value = actor->value,
                       .mask = pv_q_actor_mask(actor, obs, row),
                       .step = actor->step,
                       .episode = actor->episode};
}

/* the state of a row of recurrent memory, NULL without */
static float *state_of(const pv_q_actor *actor, void *memory, int row)
{
    const size_t size = pv_net_state_size(actor->q->deep.net);
    return memory && size ? (float *)memory + (size_t)row * size : NULL;
}

/* rows `first` to `end` of a batch, which moves `memory` on if `moves` */
typedef struct rows {
    const void *const *obs;
    const uint8_t *reset;
    void *memory;
    int first, end, moves;
} rows;

/* values of as many of them as the pass has room for; returns how many */
static int forward(pv_q_actor *actor, const rows *r)
{
    const int n = r->end - r->first < actor->pass.rows ? r->end - r->first : actor->pass.rows;
    float *state = state_of(actor, r->memory, r->first);
    const pv_net_batch batch = {.steps = 1,
                                .sequences = n,
                                .input = pv_deep_inputs(&actor->q->deep, r->obs, r->first),
                                .reset = r->reset && state ? r->reset + r->first : NULL,
                                .state = state,
                                .state_after = r->moves ? state : NULL};
    pv_q_forward(&actor->pass, actor->q, actor->q->deep.net, &batch);
    return n;
}

/* --- acting --- */

void pv_q_actor_act(pv_q_actor *actor, const pv_act *act, pv_rng *explore, pv_rng *noise,
                    pv_q_return *returns)
{
    const int training = act->mode == PV_ACT_TRAIN;
    const int actions = actor->q->actions;
    int32_t *action = act->action[0];
    rows r = {.obs = act->obs, .reset = act->first, .memory = act->memory, .moves = 1};
    pv_pass_draw_noise(actor->pass.pass, training ? noise : NULL);
    r.end = act->rows;
    for (int n = 0; r.first < r.end; r.first += n) {
        n = forward(actor, &r);
        for (int i = 0; i < n; i++) {
            const int row = r.first + i;
            const float *value = actor->pass.value + (size_t)i * (size_t)actions;
            const pv_choice choice = choice_of(actor, value, act->obs, row);
            if (!pv_mask_any(choice.mask, actions)) {
                action[row] = 0; /* does not act now */
            } else if (act->mode == PV_ACT_GREEDY) {
                action[row] = pv_policy_greedy(&choice);
            } else {
                action[row] =
                    pv_policy_choose(&actor->policy, &choice, training ? explore : &act->rng[row]);
                if (training) {
                    pv_q_return_choose(returns, row, choice.value[action[row]]);
                }
            }
        }
    }
}

double pv_q_actor_value(pv_q_actor *actor, const void *const *obs, void *memory, int row)
{
    const rows r = {.obs = obs, .memory = memory, .first = row, .end = row + 1};
    forward(actor, &r);
    const pv_choice choice = choice_of(actor, actor->pass.value, obs, row);
    return choice.value[pv_policy_greedy(&choice)];
}

/* --- explaining --- */

static void explain_row(pv_q_actor *actor, const pv_explain *explain, int row, const float *value)
{
    const size_t n = (size_t)actor->q->actions;
    const pv_choice choice = choice_of(actor, value, explain->obs, row);
    const int best = pv_policy_greedy(&choice);
    if (explain->value) {
        explain->value[row] = choice.value[best];
    }
    for (size_t a = 0; a < n; a++) {
        if (explain->action_value) {
            explain->action_value[(size_t)row * n + a] = choice.value[a];
        }
        if (explain->probability) {
            explain->probability[(size_t)row * n + a] = (int)a == best ? 1.0 : 0.0;
        }
    }
}

pv_status pv_q_actor_explain(pv_q_actor *actor, const pv_explain *explain)
{
    rows r = {.obs = explain->obs, .end = explain->rows};
    if (!explain->obs) {
        return pv_fail(PV_ERROR_FIT, "the agent values observations, and none was given");
    }
    pv_pass_draw_noise(actor->pass.pass, NULL);
    for (int n = 0; r.first < r.end; r.first += n) {
        n = forward(actor, &r);
        for (int i = 0; i < n; i++) {
            explain_row(actor, explain, r.first + i,
                        actor->pass.value + (size_t)i * (size_t)actor->q->actions);
        }
    }
    return PV_OK;
}
