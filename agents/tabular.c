/* What tabular learners share. An algorithm is then its target and little else: behaviour, learning
   rates, counting, saving and explaining are the same code for all of them. */
#include "agents/tabular.h"

#include "agents/semi_gradient.h"
#include "core/memory.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* --- making --- */

/* what learners with a table and those without have in common */
static pv_status init_shared(pv_tabular *agent, const pv_agent_config *config)
{
    const pv_params *params = config->params;
    const size_t actions = pv_world_spec(config->world)->action[0].n;
    agent->gamma = pv_params_number(params, "gamma");
    agent->explore = pv_rng_split(config->seed, "explore");
    agent->mean = pv_alloc_array(actions, sizeof *agent->mean);
    agent->probability = pv_alloc_array(actions, sizeof *agent->probability);
    if (!agent->mean || !agent->probability) {
        return PV_ERROR_MEMORY;
    }
    return pv_schedule_parse(&agent->alpha, "alpha", pv_params_text(params, "alpha"), 0.0, 1.0);
}

pv_status pv_tabular_init(pv_tabular *agent, const pv_agent_config *config, pv_table_kind kind)
{
    const pv_params *params = config->params;
    pv_status status = init_shared(agent, config);
    if (!status) {
        status =
            pv_table_init(&agent->table, config->world, kind, pv_params_number(params, "initial"));
    }
    if (status) {
        return status;
    }
    agent->predicts = kind == PV_TABLE_STATES;
    if (agent->predicts) {
        status = pv_given_init(&agent->given, &agent->table, pv_params_text(params, "policy"),
                               agent->gamma);
        return status ? status
                      : pv_exact_init(&agent->exact, config->world, &agent->given, agent->gamma);
    }
    return pv_policy_init(&agent->policy, params);
}

pv_status pv_tabular_init_values(pv_tabular *agent, const pv_agent_config *config, pv_target target)
{
    pv_approx_choice choice;
    pv_status status = pv_approx_choose(config, agent->base.agent_class->name, &choice);
    if (status || choice == PV_APPROX_TABLE) {
        return status ? status : pv_tabular_init(agent, config, PV_TABLE_ACTIONS);
    }
    status = init_shared(agent, config);
    status = status ? status : pv_policy_init(&agent->policy, config->params);
    if (status == PV_OK && agent->policy.explore == PV_EXPLORE_UCB) {
        status = pv_fail(PV_ERROR_ARGUMENT,
                         "explore=ucb counts how often each action was tried in a state, which "
                         "only values=table can");
    }
    if (status) {
        return status;
    }
    agent->target = target;
    agent->approx = choice == PV_APPROX_TILES ? pv_linear_create(config) : pv_neural_create(config);
    return agent->approx ? PV_OK : pv_last_status();
}

static void forget_pending(pv_tabular *agent)
{
    for (int row = 0; agent->pending && row < agent->base.rows; row++) {
        agent->pending[row] = -1;
    }
}

pv_status pv_tabular_plan_ahead(pv_tabular *agent)
{
    agent->pending = pv_alloc_array((size_t)agent->base.rows, sizeof *agent->pending);
    if (!agent->pending) {
        return PV_ERROR_MEMORY;
    }
    forget_pending(agent);
    return PV_OK;
}

void pv_tabular_free(pv_tabular *agent)
{
    if (agent->approx) {
        agent->approx->kind->destroy(agent->approx);
    }
    pv_free(agent->pending);
    pv_table_free(&agent->table);
    pv_given_free(&agent->given);
    pv_exact_free(&agent->exact);
    pv_free(agent->mean);
    pv_free(agent->probability);
}

/* --- behaving --- */

/* the values a control agent acts on: its own, or the mean of its two */
static const double *action_values(const pv_tabular *agent, size_t state)
{
    const pv_table *table = &agent->table;
    const size_t first = state * (size_t)table->width;
    if (!table->second) {
        return table->value + first;
    }
    for (int a = 0; a < table->actions; a++) {
        agent->mean[a] = 0.5 * (table->value[first + (size_t)a] + table->second[first + (size_t)a]);
    }
    return agent->mean;
}

static pv_choice choice_of(const pv_tabular *agent, size_t state, const uint8_t *mask)
{
    return (pv_choice){.n = agent->table.actions,
                       .value = action_values(agent, state),
                       .mask = mask,
                       .count = agent->table.count + state * (size_t)agent->table.width,
                       .step = agent->decisions,
                       .episode = agent->episodes + 1};
}

static int choose(const pv_tabular *agent, size_t state, const uint8_t *mask, pv_rng *rng)
{
    if (agent->predicts) {
        return pv_given_choose(&agent->given, state, mask, rng);
    }
    const pv_choice choice = choice_of(agent, state, mask);
    return pv_policy_choose(&agent->policy, &choice, rng);
}

int pv_tabular_choose(pv_tabular *agent, size_t state, const uint8_t *mask)
{
    return choose(agent, state, mask, &agent->explore);
}

static int choose_greedy(const pv_tabular *agent, size_t state, const uint8_t *mask, pv_rng *rng)
{
    if (agent->predicts) {
        return pv_given_choose(&agent->given, state, mask, rng);
    }
    const pv_choice choice = choice_of(agent, state, mask);
    return pv_policy_greedy(&choice);
}

double pv_tabular_best(const pv_tabular *agent, size_t state, const uint8_t *mask)
{
    const pv_choice choice = choice_of(agent, state, mask);
    return choice.value[pv_policy_greedy(&choice)];
}

double pv_tabular_expected(pv_tabular *agent, size_t state, const uint8_t *mask)
{
    const pv_choice choice = choice_of(agent, state, mask);
    pv_policy_probabilities(&agent->policy, &choice, agent->probability);
    double sum = 0.0;
    for (int a = 0; a < choice.n; a++) {
        sum += agent->probability[a] * choice.value[a];
    }
    return sum;
}

/* training's choice: what is pending, or a new one */
static int32_t choose_training(pv_tabular *agent, int row, size_t state, const uint8_t *mask)
{
    int32_t action = agent->pending ? agent->pending[row] : -1;
    if (action < 0) {
        action = pv_tabular_choose(agent, state, mask);
    } else {
        agent->pending[row] = -1;
    }
    agent->decisions++;
    return action;
}

pv_status pv_tabular_act(pv_agent *base, const pv_act *act)
{
    pv_tabular *agent = (pv_tabular *)base;
    int32_t *action = act->action[0];
    if (agent->approx) {
        return pv_semi_gradient_act(agent, act);
    }
    for (int row = 0; row < act->rows; row++) {
        const uint8_t *mask = pv_table_mask(&agent->table, act->obs, row);
        size_t state;
        if (!pv_mask_any(mask, agent->table.actions)) {
            action[row] = 0; /* does not act now */
            continue;
        }
        const pv_status status = pv_table_state(&agent->table, act->obs, row, &state);
        if (status) {
            return status;
        }
        switch (act->mode) {
        case PV_ACT_TRAIN:
            action[row] = choose_training(agent, row, state, mask);
            break;
        case PV_ACT_GREEDY:
            action[row] = choose_greedy(agent, state, mask, &act->rng[row]);
            break;
        case PV_ACT_SAMPLE:
            action[row] = choose(agent, state, mask, &act->rng[row]);
            break;
        }
    }
    return PV_OK;
}

/* --- learning --- */

static pv_status read_row(pv_tabular *agent, const pv_transitions *t, int row, pv_step *step)
{
    const pv_table *table = &agent->table;
    memset(step, 0, sizeof *step);
    step->row = row;
    step->action = ((const int32_t *)t->action[0])[row];
    assert(step->action >= 0 && step->action < table->actions);
    step->reward = (double)t->reward[row];
    step->legal = pv_table_mask(table, t->obs, row);
    step->ended = t->terminated[row] || t->truncated[row];
    step->bootstraps = !t->terminated[row];
    pv_status status = pv_table_state(table, t->obs, row, &step->state);
    if (!status && step->bootstraps) {
        const void *const *next = pv_transition_next(t, row);
        status = pv_table_state(table, next, row, &step->next);
        step->next_legal = pv_table_mask(table, next, row);
    }
    const size_t offset = table->width == 1 ? 0 : (size_t)step->action;
    step->entry = step->state * (size_t)table->width + offset;
    agent->episodes += step->ended != 0;
    return status;
}

pv_status pv_tabular_observe(pv_agent *agent, const pv_transitions *t, pv_learn *learn)
{
    pv_tabular *tabular = (pv_tabular *)agent;
    pv_status status = PV_OK;
    if (tabular->approx) {
        return pv_semi_gradient_observe(tabular, t);
    }
    for (int row = 0; row < t->rows && !status; row++) {
        pv_step step;
        if (t->valid[row]) {
            status = read_row(tabular, t, row, &step);
            status = status ? status : learn(tabular, &step);
        }
    }
    return status;
}

double pv_tabular_rate(pv_tabular *agent, const double *value, size_t entry)
{
    const uint64_t count = pv_table_touch(&agent->table, value, entry);
    agent->learned.alpha = pv_schedule_at(&agent->alpha, agent->decisions, count);
    return agent->learned.alpha;
}

static pv_status not_finite(const pv_tabular *agent, size_t entry)
{
    static const char advice[] = "rewards must be finite, and a smaller alpha keeps values so";
    const size_t width = (size_t)agent->table.width;
    const char *name = agent->base.agent_class->name;
    if (agent->predicts) {
        return pv_fail(PV_ERROR_NUMBER, "agent %s: the value of state %zu is no finite number; %s",
                       name, entry, advice);
    }
    return pv_fail(PV_ERROR_NUMBER,
                   "agent %s: the value of state %zu, action %zu is no finite number; %s", name,
                   entry / width, entry % width, advice);
}

pv_status pv_tabular_note(pv_tabular *agent, size_t entry, double error, double value)
{
    if (!isfinite(value)) {
        return not_finite(agent, entry);
    }
    agent->learned.updates++;
    agent->learned.error += fabs(error);
    agent->learned.value += value;
    return PV_OK;
}

pv_status pv_tabular_update(pv_tabular *agent, double *value, size_t entry, double target)
{
    const double error = target - value[entry];
    value[entry] += pv_tabular_rate(agent, value, entry) * error;
    return pv_tabular_note(agent, entry, error, value[entry]);
}

/* --- telling --- */

static void explain_row(pv_tabular *agent, const pv_explain *explain, int row, size_t state,
                        const uint8_t *mask)
{
    const int n = agent->table.actions;
    double *probability =
        explain->probability ? explain->probability + (size_t)row * (size_t)n : NULL;
    if (agent->predicts) {
        if (explain->value) {
            explain->value[row] = agent->table.value[state];
        }
        if (probability) {
            pv_given_probabilities(&agent->given, state, mask, probability);
        }
        return;
    }
    const pv_choice choice = choice_of(agent, state, mask);
    const int best = pv_policy_greedy(&choice);
    if (explain->value) {
        explain->value[row] = choice.value[best];
    }
    if (explain->action_value) {
        memcpy(explain->action_value + (size_t)row * (size_t)n, choice.value,
               (size_t)n * sizeof(double));
    }
    for (int a = 0; probability && a < n; a++) {
        probability[a] = a == best ? 1.0 : 0.0;
    }
}

pv_status pv_tabular_explain(pv_agent *base, const pv_explain *explain)
{
    pv_tabular *agent = (pv_tabular *)base;
    const char *name = base->agent_class->name;
    if (!explain->obs) {
        return pv_fail(PV_ERROR_FIT, "agent %s values observations, and none was given", name);
    }
    if (agent->predicts && explain->action_value) {
        return pv_fail(PV_ERROR_FIT, "agent %s values states, not actions", name);
    }
    if (agent->approx) {
        return pv_semi_gradient_explain(agent, explain);
    }
    for (int row = 0; row < explain->rows; row++) {
        size_t state;
        const pv_status status = pv_table_state(&agent->table, explain->obs, row, &state);
        if (status) {
            return status;
        }
        explain_row(agent, explain, row, state, pv_table_mask(&agent->table, explain->obs, row));
    }
    return PV_OK;
}

int pv_tabular_metrics(pv_agent *base, pv_metric metrics[PV_METRICS_MAX])
{
    pv_tabular *agent = (pv_tabular *)base;
    const pv_learned *learned = &agent->learned;
    int n = 0;
    double now;
    const char *exploration = agent->predicts ? NULL
                                              : pv_policy_metric(&agent->policy, agent->decisions,
                                                                 agent->episodes + 1, &now);
    if (exploration) {
        metrics[n++] = (pv_metric){exploration, now};
    }
    if (learned->updates > 0) {
        const double updates = (double)learned->updates;
        metrics[n++] = (pv_metric){"alpha", learned->alpha};
        metrics[n++] = (pv_metric){"td_error", learned->error / updates};
        metrics[n++] = (pv_metric){agent->predicts ? "mean_v" : "mean_q", learned->value / updates};
    }
    if (agent->approx) {
        n += agent->approx->kind->metrics ? agent->approx->kind->metrics(agent->approx, metrics + n)
                                          : 0;
    } else {
        metrics[n++] = (pv_metric){"states_visited",
                                   (double)agent->table.visited / (double)agent->table.states};
    }
    if (agent->exact.n > 0) {
        metrics[n++] = (pv_metric){"rms_error", pv_exact_error(&agent->exact, agent->table.value)};
    }
    agent->learned = (pv_learned){0};
    return n;
}

const pv_net *pv_tabular_net(const pv_agent *base)
{
    const pv_approx *approx = ((const pv_tabular *)base)->approx;
    return approx && approx->kind->net ? approx->kind->net(approx) : NULL;
}

/* --- saving --- */

static pv_status save_values(const pv_tabular *agent, pv_tensors *tensors)
{
    if (!agent->approx) {
        return pv_table_save(&agent->table, tensors);
    }
    const pv_status status = pv_tensors_add(tensors, "moves", PV_U64, &agent->moves, 1);
    return status ? status : agent->approx->kind->save(agent->approx, tensors);
}

static pv_status load_values(pv_tabular *agent, const pv_tensors *tensors)
{
    if (!agent->approx) {
        return pv_table_load(&agent->table, tensors);
    }
    const pv_status status = pv_tensors_get(tensors, "moves", PV_U64, &agent->moves, 1);
    return status ? status
                  : agent->approx->kind->load(agent->approx, tensors,
                                              pv_tabular_same_rows(&agent->base, tensors));
}

enum { DECISIONS, EPISODES, ROWS, COUNTERS };

pv_status pv_tabular_save(const pv_agent *base, pv_tensors *tensors)
{
    const pv_tabular *agent = (const pv_tabular *)base;
    const uint64_t counters[COUNTERS] = {agent->decisions, agent->episodes, (uint64_t)base->rows};
    pv_status status = save_values(agent, tensors);
    if (!status) {
        status = pv_tensors_add(tensors, "counters", PV_U64, counters, COUNTERS);
    }
    if (!status && agent->pending) {
        status = pv_tensors_add(tensors, "row.pending", PV_I32, agent->pending, (size_t)base->rows);
    }
    return status ? status : pv_tensors_add(tensors, "rng", PV_U64, agent->explore.s, 4);
}

static pv_status load_pending(pv_tabular *agent, const pv_tensors *tensors)
{
    const size_t rows = (size_t)agent->base.rows;
    const int actions = agent->approx ? agent->approx->actions : agent->table.actions;
    if (!agent->pending || !pv_tabular_same_rows(&agent->base, tensors)) {
        forget_pending(agent);
        return PV_OK;
    }
    const pv_status status = pv_tensors_get(tensors, "row.pending", PV_I32, agent->pending, rows);
    for (size_t row = 0; row < rows; row++) {
        if (agent->pending[row] < -1 || agent->pending[row] >= actions) {
            agent->pending[row] = -1;
            return pv_fail(PV_ERROR_FORMAT, "damaged checkpoint: the action pending in row %zu",
                           row);
        }
    }
    return status;
}

pv_status pv_tabular_load(pv_agent *base, const pv_tensors *tensors)
{
    pv_tabular *agent = (pv_tabular *)base;
    uint64_t counters[COUNTERS];
    pv_status status = load_values(agent, tensors);
    if (!status) {
        status = pv_tensors_get(tensors, "counters", PV_U64, counters, COUNTERS);
    }
    if (!status) {
        status = pv_tensors_get(tensors, "rng", PV_U64, agent->explore.s, 4);
    }
    if (status) {
        return status;
    }
    agent->decisions = counters[DECISIONS];
    agent->episodes = counters[EPISODES];
    return load_pending(agent, tensors);
}

int pv_tabular_same_rows(const pv_agent *base, const pv_tensors *tensors)
{
    uint64_t counters[COUNTERS] = {0};
    return pv_tensors_get(tensors, "counters", PV_U64, counters, COUNTERS) == PV_OK &&
           counters[ROWS] == (uint64_t)base->rows;
}
