/* search.c: members of a generation, given to rows as these begin episodes. A row whose network is
   a member's acts by it alone, always with what it thinks best: the noise in the parameters is all
   there is of exploring. */
#include "agents/search.h"

#include "core/memory.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* --- making --- */

pv_status pv_search_init(pv_search *search, const pv_agent_config *config)
{
    search->noise = pv_seed_split(config->seed, "noise");
    search->now.best = -INFINITY;
    pv_status status = pv_agent_whole(config->params, "population", &search->population);
    status = status ? status : pv_agent_whole(config->params, "episodes", &search->episodes);
    return status ? status : pv_actor_critic_init(&search->ac, config, 0);
}

static void free_learning(pv_search *search)
{
    for (int row = 0; search->net && row < search->base.rows; row++) {
        pv_net_destroy(search->net[row]);
    }
    pv_free(search->net);
    pv_free(search->row);
    pv_free(search->fitness);
    pv_free(search->obs);
    search->net = NULL;
    search->row = NULL;
    search->fitness = NULL;
    search->obs = NULL;
}

void pv_search_free(pv_agent *base)
{
    pv_search *search = (pv_search *)base;
    free_learning(search);
    pv_actor_critic_free(&search->ac);
}

uint64_t pv_search_learning_size(const pv_agent *base)
{
    const pv_search *search = (const pv_search *)base;
    const uint64_t parameters = pv_net_parameter_count(search->ac.deep.net);
    return (uint64_t)base->rows * parameters * sizeof(float);
}

static pv_status make_learning(pv_search *search)
{
    const size_t rows = (size_t)search->base.rows;
    search->row = pv_alloc_array(rows, sizeof *search->row);
    search->fitness = pv_alloc_array((size_t)search->population, sizeof *search->fitness);
    search->obs = pv_alloc_array(pv_world_spec(search->base.world)->n_obs, sizeof *search->obs);
    search->net = pv_alloc_array(rows, sizeof *search->net);
    for (size_t row = 0; search->net && row < rows; row++) {
        search->net[row] = pv_net_clone(search->ac.deep.net);
        if (!search->net[row]) {
            return pv_last_status();
        }
    }
    const int complete = search->row && search->fitness && search->obs && search->net;
    return complete ? PV_OK : pv_last_status();
}

/* --- members --- */

static int sign_of(const pv_search *search, int member)
{
    return search->antithetic && member % 2 ? -1 : 1;
}

void pv_search_add_noise(const pv_search *search, int member, double scale, float *block)
{
    const size_t n = pv_net_parameter_count(search->ac.deep.net);
    const int drawn = search->antithetic ? member / 2 : member;
    const uint64_t numbers[2] = {search->now.generation, (uint64_t)drawn};
    pv_rng rng;
    pv_rng_init(&rng, pv_seed_hash(search->noise, numbers, 2));
    scale *= sign_of(search, member);
    for (size_t i = 0; i < n; i++) {
        block[i] += (float)(scale * pv_rng_normal(&rng));
    }
}

void pv_search_member(const pv_search *search, int member, float *parameters)
{
    const size_t n = pv_net_parameter_count(search->ac.deep.net);
    memcpy(parameters, pv_net_parameters_const(search->ac.deep.net), n * sizeof *parameters);
    pv_search_add_noise(search, member, search->now.sigma, parameters);
}

/* gives a row that begins an episode the next member, if one is left */
static void give(pv_search *search, int row)
{
    search->row[row] = (pv_search_row){.member = -1};
    if (search->given < search->population) {
        search->row[row].member = search->given++;
        pv_net_copy(search->net[row], search->ac.deep.net);
        pv_search_member(search, search->row[row].member, pv_net_parameters(search->net[row]));
    }
}

static void begin_generation(pv_search *search)
{
    memset(search->fitness, 0, (size_t)search->population * sizeof *search->fitness);
    search->given = search->judged = 0;
}

/* begins the generation anew, with all rows at the beginning of an episode */
static void restart(pv_search *search)
{
    begin_generation(search);
    for (int row = 0; row < search->base.rows; row++) {
        give(search, row);
    }
}

pv_status pv_search_begin(pv_agent *base)
{
    pv_search *search = (pv_search *)base;
    if (!search->begun) {
        const pv_status status = make_learning(search);
        if (status) {
            free_learning(search);
            return status;
        }
        search->begun = 1;
    }
    restart(search);
    return PV_OK;
}

/* --- acting --- */

/* one row, by the network of its member */
static void act_row(pv_search *search, const pv_act *act, int row)
{
    pv_actor_critic *ac = &search->ac;
    const pv_spec *spec = pv_world_spec(search->base.world);
    const size_t memory = pv_net_state_size(ac->deep.net) * sizeof(float);
    for (uint32_t i = 0; i < spec->n_obs; i++) {
        search->obs[i] = (const char *)act->obs[i] + (size_t)row * pv_space_size(&spec->obs[i]);
    }
    void *const action[1] = {(char *)act->action[0] +
                             (size_t)row * pv_space_size(&spec->action[0])};
    const pv_act one = {.rows = 1,
                        .obs = search->obs,
                        .first = act->first + row,
                        .memory = act->memory ? (char *)act->memory + (size_t)row * memory : NULL,
                        .mode = PV_ACT_GREEDY,
                        .action = action};
    pv_net *own = ac->deep.net;
    ac->deep.net = search->row[row].member < 0 ? own : search->net[row];
    pv_actor_critic_act(ac, &one, NULL);
    ac->deep.net = own;
}

pv_status pv_search_act(pv_agent *base, const pv_act *act)
{
    pv_search *search = (pv_search *)base;
    if (act->mode != PV_ACT_TRAIN) {
        pv_act best = *act;
        best.mode = PV_ACT_GREEDY;
        pv_actor_critic_act(&search->ac, &best, NULL);
        return PV_OK;
    }
    assert(search->begun);
    for (int row = 0; row < act->rows; row++) {
        act_row(search, act, row);
    }
    return PV_OK;
}

size_t pv_search_memory_size(const pv_agent *base)
{
    return pv_net_state_size(((const pv_search *)base)->ac.deep.net) * sizeof(float);
}

/* --- observing --- */

static pv_status end_generation(pv_search *search)
{
    double sum = 0.0;
    double best = -INFINITY;
    for (int i = 0; i < search->population; i++) {
        sum += search->fitness[i];
        best = fmax(best, search->fitness[i]);
    }
    search->told[0] = sum / search->population;
    search->told[1] = best;
    const pv_status status = search->learn(search);
    if (status) {
        return pv_fail_in("agent %s", pv_agent_name(&search->base));
    }
    search->now.generation++;
    begin_generation(search);
    return PV_OK;
}

/* an episode of a row is over */
static pv_status end_episode(pv_search *search, int index)
{
    pv_search_row *row = &search->row[index];
    pv_status status = PV_OK;
    if (row->member >= 0) {
        if (++row->episodes < search->episodes) {
            return PV_OK;
        }
        const double fitness = row->sum / search->episodes;
        if (!isfinite(fitness)) {
            return pv_fail(PV_ERROR_NUMBER,
                           "agent %s: the return of an episode is not finite; rewards must be",
                           pv_agent_name(&search->base));
        }
        search->fitness[row->member] = fitness;
        status = ++search->judged == search->population ? end_generation(search) : PV_OK;
    }
    give(search, index);
    return status;
}

pv_status pv_search_observe(pv_agent *base, const pv_transitions *t)
{
    pv_search *search = (pv_search *)base;
    pv_status status = PV_OK;
    assert(search->begun);
    for (int row = 0; row < t->rows && status == PV_OK; row++) {
        if (t->valid[row]) {
            search->now.decisions++;
            search->row[row].sum += (double)t->reward[row];
            if (t->terminated[row] || t->truncated[row]) {
                status = end_episode(search, row);
            }
        }
    }
    return status;
}

void pv_search_ranks(const double *fitness, int n, double *shaped)
{
    for (int i = 0; i < n; i++) {
        int below = 0;
        int equal = -1; /* itself */
        for (int k = 0; k < n; k++) {
            below += fitness[k] < fitness[i];
            equal += fitness[k] == fitness[i];
        }
        shaped[i] = n > 1 ? (below + 0.5 * equal) / (n - 1) - 0.5 : 0.0;
    }
}

/* --- telling --- */

int pv_search_metrics(const pv_search *search, pv_metric *metrics, int n)
{
    metrics[n++] = (pv_metric){"generation", (double)search->now.generation};
    metrics[n++] = (pv_metric){"sigma", search->now.sigma};
    if (search->now.generation > 0) {
        metrics[n++] = (pv_metric){"mean_fitness", search->told[0]};
        metrics[n++] = (pv_metric){"best_fitness", search->told[1]};
    }
    return n;
}

pv_status pv_search_explain(pv_agent *base, const pv_explain *explain)
{
    return pv_actor_critic_explain(&((pv_search *)base)->ac, explain);
}

const pv_net *pv_search_net(const pv_agent *base)
{
    return ((const pv_search *)base)->ac.deep.net;
}

/* --- saving --- */

pv_status pv_search_save(const pv_agent *base, pv_tensors *tensors)
{
    const pv_search *search = (const pv_search *)base;
    const pv_search_now *now = &search->now;
    const double numbers[4] = {now->sigma, now->best, search->told[0], search->told[1]};
    const uint64_t counters[2] = {now->decisions, now->generation};
    pv_status status = pv_deep_save(&search->ac.deep, tensors);
    status = status ? status : pv_tensors_add(tensors, "search", PV_F64, numbers, 4);
    return status ? status : pv_tensors_add(tensors, "counters", PV_U64, counters, 2);
}

pv_status pv_search_load(pv_agent *base, const pv_tensors *tensors)
{
    pv_search *search = (pv_search *)base;
    double numbers[4];
    uint64_t counters[2];
    pv_status status = pv_deep_load(&search->ac.deep, tensors);
    status = status ? status : pv_tensors_get(tensors, "search", PV_F64, numbers, 4);
    status = status ? status : pv_tensors_get(tensors, "counters", PV_U64, counters, 2);
    if (status) {
        return status;
    }
    search->now = (pv_search_now){numbers[0], numbers[1], counters[0], counters[1]};
    memcpy(search->told, numbers + 2, sizeof search->told);
    if (search->begun) {
        restart(search);
    }
    return PV_OK;
}

pv_status pv_search_save_data(pv_agent *base, const char *folder, pv_tensors *resume)
{
    const pv_search *search = (const pv_search *)base;
    const int32_t counts[2] = {search->given, search->judged};
    (void)folder;
    if (!search->begun) {
        return PV_OK;
    }
    pv_status status = pv_tensors_add(resume, "generation.counts", PV_I32, counts, 2);
    status = status ? status
                    : pv_tensors_add(resume, "generation.fitness", PV_F64, search->fitness,
                                     (size_t)search->population);
    return status ? status
                  : pv_tensors_add(resume, "generation.rows", PV_U8, search->row,
                                   (size_t)base->rows * sizeof *search->row);
}

static int is_whole(const pv_search *search)
{
    int whole = search->given >= 0 && search->given <= search->population && search->judged >= 0 &&
                search->judged <= search->given;
    for (int i = 0; i < search->base.rows; i++) {
        const pv_search_row *row = &search->row[i];
        whole = whole && row->member >= -1 && row->member < search->given && row->episodes >= 0 &&
                row->episodes < search->episodes;
    }
    return whole;
}

pv_status pv_search_load_data(pv_agent *base, const char *folder, const pv_tensors *resume)
{
    pv_search *search = (pv_search *)base;
    int32_t counts[2];
    (void)folder;
    if (!search->begun) {
        return PV_OK;
    }
    pv_status status = pv_tensors_get(resume, "generation.counts", PV_I32, counts, 2);
    status = status ? status
                    : pv_tensors_get(resume, "generation.fitness", PV_F64, search->fitness,
                                     (size_t)search->population);
    status = status ? status
                    : pv_tensors_get(resume, "generation.rows", PV_U8, search->row,
                                     (size_t)base->rows * sizeof *search->row);
    if (status) {
        return status;
    }
    search->given = counts[0];
    search->judged = counts[1];
    if (!is_whole(search)) {
        return pv_fail(PV_ERROR_FORMAT, "damaged checkpoint: a generation of %d with member %d",
                       search->population, (int)counts[0]);
    }
    for (int row = 0; row < base->rows; row++) {
        if (search->row[row].member >= 0) {
            pv_search_member(search, search->row[row].member, pv_net_parameters(search->net[row]));
        }
    }
    return PV_OK;
}
