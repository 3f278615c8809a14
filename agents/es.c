/* Evolution strategy (Salimans et al. 2017, algorithm 1): the gradient of the expected return under
   Gaussian noise in the parameters, estimated from members alone,

     theta <- theta + lr 1/(n sigma) sum over i of F_i e_i

   by an optimiser of choice. Noise comes in pairs e and -e (section 2.1), and F_i is the rank of
   member i among all, from -0.5 to 0.5, so that only the order of returns counts. */
#include "agents/list.h"
#include "agents/search.h"
#include "core/memory.h"

typedef struct es {
    pv_search search;
    pv_schedule sigma;
    double *shaped; /* [population] */
} es;

/* clang-format off */
static const pv_param params[] = {
    PV_DEEP_PARAMS("dense 16 tanh", "0.05"),
    PV_SEARCH_PARAMS(32.0, 1.0),
    {.name = "sigma", .help = "deviation of the noise in parameters; a schedule", .text = "0.1"},
};
/* clang-format on */

static pv_status accepts(const pv_world *world)
{
    return pv_actor_critic_fits(world, "es");
}

static void set_sigma(es *agent)
{
    pv_search_now *now = &agent->search.now;
    now->sigma = pv_schedule_at(&agent->sigma, now->decisions, agent->search.ac.deep.updates + 1);
}

static pv_status learn(pv_search *search)
{
    es *agent = (es *)search;
    pv_deep *deep = &search->ac.deep;
    const double scale = -1.0 / (search->population * search->now.sigma); /* updates descend */
    pv_search_ranks(search->fitness, search->population, agent->shaped);
    for (int i = 0; i < search->population; i += 2) {
        const double difference = agent->shaped[i] - agent->shaped[i + 1];
        pv_search_add_noise(search, i, scale * difference, deep->gradient);
    }
    const pv_status status =
        pv_deep_update(deep, search->ac.acting.pass, -search->told[0], search->now.decisions);
    set_sigma(agent);
    return status;
}

static pv_status init(pv_agent *base, const pv_agent_config *config)
{
    es *agent = (es *)base;
    pv_search *search = &agent->search;
    pv_status status = pv_schedule_parse(&agent->sigma, "sigma",
                                         pv_params_text(config->params, "sigma"), 1e-6, 1e3);
    status = status ? status : pv_search_init(search, config);
    if (status) {
        return status;
    }
    if (search->population % 2) {
        return pv_fail(PV_ERROR_ARGUMENT, "noise comes in pairs: population is even, not %d",
                       search->population);
    }
    search->antithetic = 1;
    search->learn = learn;
    set_sigma(agent);
    agent->shaped = pv_alloc_array((size_t)search->population, sizeof *agent->shaped);
    return agent->shaped ? PV_OK : pv_last_status();
}

static void free_all(pv_agent *base)
{
    pv_free(((es *)base)->shaped);
    pv_search_free(base);
}

static int metrics(pv_agent *base, pv_metric told[PV_METRICS_MAX])
{
    pv_search *search = (pv_search *)base;
    const int n = pv_search_metrics(search, told, 0);
    return pv_deep_metrics(&search->ac.deep, search->ac.acting.pass, told, n);
}

const pv_agent_class pv_agent_es = {
    .name = "es",
    .summary = "searches for a policy without gradients: evolution strategy, noise in parameters",
    .source = "Salimans et al. 2017, algorithm 1",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .size = sizeof(es),
    .accepts = accepts,
    .init = init,
    .free = free_all,
    .act = pv_search_act,
    .observe = pv_search_observe,
    .save = pv_search_save,
    .load = pv_search_load,
    .memory_size = pv_search_memory_size,
    .explain = pv_search_explain,
    .metrics = metrics,
    .net = pv_search_net,
    .learning_size = pv_search_learning_size,
    .begin = pv_search_begin,
    .save_data = pv_search_save_data,
    .load_data = pv_search_load_data,
};
