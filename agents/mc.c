/* Monte Carlo (Sutton & Barto, 2nd ed., 5.1 for prediction, 5.4 for on-policy control): when an
   episode has ended, its returns are averaged, last step first:

     G <- R + gamma G,   Q(S, A) <- Q(S, A) + alpha [G - Q(S, A)],   alpha = 1/k for averages

   of every visit or of the first in the episode only. Monte Carlo proper knows no truncation: there
   the rest of the return is the estimate at the last observation (partial-episode bootstrapping,
   Pardo et al. 2018), since taking the part for the whole, or dropping long episodes, would bias
   every value. An episode's steps are kept until it ends, so memory grows with the longest. */
#include "agents/given.h"
#include "agents/list.h"
#include "agents/lists.h"
#include "agents/tabular.h"

#include "core/memory.h"

#include <string.h>

typedef struct history {
    uint64_t length, capacity;
    uint64_t *entry; /* [capacity] */
    double *reward;  /* [capacity] */
} history;

typedef struct mc {
    pv_tabular tabular;
    history *episodes; /* [rows] */
    uint64_t *seen;    /* [entries] scratch: step of the first visit, counted from 1; NULL: every
                          visit counts */
} mc;

static const pv_param params[] = {
    {.name = "mode",
     .help = "learn to act, or predict a given policy",
     .choices = "control|prediction"},
    {.name = "visits", .help = "which visits of an episode count", .choices = "first|every"},
    PV_TABULAR_PARAMS("1/k"),
    PV_POLICY_PARAMS,
    PV_GIVEN_PARAM};

static pv_status accepts(const pv_world *world)
{
    return pv_table_fits(world, "mc");
}

static pv_status init(pv_agent *base, const pv_agent_config *config)
{
    mc *agent = (mc *)base;
    const int predicts = pv_params_number(config->params, "mode") > 0.0;
    const int every = pv_params_number(config->params, "visits") > 0.0;
    const pv_status status =
        pv_tabular_init(&agent->tabular, config, predicts ? PV_TABLE_STATES : PV_TABLE_ACTIONS);
    if (status) {
        return status;
    }
    agent->episodes = pv_alloc_array((size_t)config->rows, sizeof *agent->episodes);
    if (!every) {
        agent->seen = pv_alloc_array(agent->tabular.table.entries, sizeof *agent->seen);
    }
    return agent->episodes && (every || agent->seen) ? PV_OK : PV_ERROR_MEMORY;
}

static void free_all(pv_agent *base)
{
    mc *agent = (mc *)base;
    for (int row = 0; agent->episodes && row < base->rows; row++) {
        pv_free(agent->episodes[row].entry);
        pv_free(agent->episodes[row].reward);
    }
    pv_free(agent->episodes);
    pv_free(agent->seen);
    pv_tabular_free(&agent->tabular);
}

/* makes room for `length` steps */
static pv_status reserve(history *episode, uint64_t length)
{
    if (length <= episode->capacity) {
        return PV_OK;
    }
    uint64_t capacity = episode->capacity ? episode->capacity : 64;
    while (capacity < length) {
        capacity *= 2;
    }
    uint64_t *entry = pv_realloc(episode->entry, capacity * sizeof *entry);
    if (!entry) {
        return PV_ERROR_MEMORY;
    }
    episode->entry = entry;
    double *reward = pv_realloc(episode->reward, capacity * sizeof *reward);
    if (!reward) {
        return PV_ERROR_MEMORY;
    }
    episode->reward = reward;
    episode->capacity = capacity;
    return PV_OK;
}

/* marks every entry of an episode with its first visit, or unmarks them */
static void mark(const history *episode, uint64_t *seen, int on)
{
    for (uint64_t i = 0; seen && i < episode->length; i++) {
        uint64_t *first = &seen[episode->entry[i]];
        if (!on) {
            *first = 0;
        } else if (*first == 0) {
            *first = i + 1;
        }
    }
}

/* averages the returns of an episode that ended, `beyond` being the value of what follows it */
static pv_status learn_episode(mc *agent, const history *episode, double beyond)
{
    pv_tabular *tabular = &agent->tabular;
    pv_status status = PV_OK;
    double sum = beyond;
    mark(episode, agent->seen, 1);
    for (uint64_t i = episode->length; i > 0 && !status; i--) {
        const uint64_t entry = episode->entry[i - 1];
        sum = episode->reward[i - 1] + tabular->gamma * sum;
        if (!agent->seen || agent->seen[entry] == i) {
            status = pv_tabular_update(tabular, tabular->table.value, entry, sum);
        }
    }
    mark(episode, agent->seen, 0);
    return status;
}

static double look_beyond(pv_tabular *tabular, const pv_step *step)
{
    if (!step->bootstraps) {
        return 0.0;
    }
    return tabular->predicts ? tabular->table.value[step->next]
                             : pv_tabular_expected(tabular, step->next, step->next_legal);
}

static pv_status learn(pv_tabular *tabular, const pv_step *step)
{
    mc *agent = (mc *)tabular;
    history *episode = &agent->episodes[step->row];
    pv_status status = reserve(episode, episode->length + 1);
    if (status) {
        return status;
    }
    episode->entry[episode->length] = step->entry;
    episode->reward[episode->length] = step->reward;
    episode->length++;
    if (step->ended) {
        status = learn_episode(agent, episode, look_beyond(tabular, step));
        episode->length = 0;
    }
    return status;
}

static pv_status observe(pv_agent *base, const pv_transitions *transitions)
{
    return pv_tabular_observe(base, transitions, learn);
}

/* --- saving --- */

static pv_status save_episodes(const mc *agent, pv_tensors *tensors)
{
    const int rows = agent->tabular.base.rows;
    uint64_t *length = pv_alloc_array((size_t)rows, sizeof *length);
    if (!length) {
        return PV_ERROR_MEMORY;
    }
    for (int row = 0; row < rows; row++) {
        length[row] = agent->episodes[row].length;
    }
    pv_lists lists;
    pv_status status = pv_lists_init(&lists, rows, length);
    pv_free(length);
    size_t next = 0;
    for (int row = 0; row < rows && !status; row++) {
        const history *episode = &agent->episodes[row];
        for (uint64_t i = 0; i < episode->length; i++, next++) {
            lists.entry[next] = episode->entry[i];
            lists.number[next] = episode->reward[i];
        }
    }
    if (!status) {
        status = pv_lists_save(&lists, tensors, "row.episode");
        pv_lists_free(&lists);
    }
    return status;
}

static pv_status load_episodes(mc *agent, const pv_tensors *tensors)
{
    pv_lists lists;
    pv_status status = pv_lists_load(&lists, &agent->tabular, tensors, "row.episode");
    if (status) {
        return status;
    }
    size_t next = 0;
    for (int row = 0; row < lists.rows && !status; row++) {
        history *episode = &agent->episodes[row];
        const uint64_t length = lists.length[row];
        status = reserve(episode, length);
        episode->length = 0;
        for (; !status && episode->length < length; episode->length++, next++) {
            episode->entry[episode->length] = lists.entry[next];
            episode->reward[episode->length] = lists.number[next];
        }
    }
    pv_lists_free(&lists);
    return status;
}

static pv_status save(const pv_agent *base, pv_tensors *tensors)
{
    const pv_status status = pv_tabular_save(base, tensors);
    return status ? status : save_episodes((const mc *)base, tensors);
}

static pv_status load(pv_agent *base, const pv_tensors *tensors)
{
    const pv_status status = pv_tabular_load(base, tensors);
    return status ? status : load_episodes((mc *)base, tensors);
}

const pv_agent_class pv_agent_mc = {
    .name = "mc",
    .summary = "averages whole returns: Monte Carlo control, or prediction of a given policy",
    .source = "Sutton & Barto, 2nd ed., 5.1 and 5.4; Singh & Sutton 1996 for first and every visit",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .size = sizeof(mc),
    .accepts = accepts,
    .init = init,
    .free = free_all,
    .act = pv_tabular_act,
    .observe = observe,
    .save = save,
    .load = load,
    .explain = pv_tabular_explain,
    .metrics = pv_tabular_metrics,
};
