/* Hill climbing: the best member of a generation takes the network's place if its return is at
   least as good. The noise adapts: it shrinks where something better was found, to look nearby, and
   grows where nothing was (the idea of the success rule of Rechenberg 1973). */
#include "agents/list.h"
#include "agents/search.h"

typedef struct hill_climb {
    pv_search search;
    double low, high, shrink, grow;
} hill_climb;

/* clang-format off */
static const pv_param params[] = {
    {.name = "net", .help = "layers of the network (pavlov list layers); --net TEXT is short for "
     "it", .text = ""},
    PV_SEARCH_PARAMS(1.0, 10.0),
    {.name = "sigma", .help = "first deviation of the noise in parameters", .initial = 0.5,
     .low = 1e-6, .high = 1e3},
    {.name = "sigma-low", .help = "least deviation", .initial = 0.01, .low = 1e-9, .high = 1e3},
    {.name = "sigma-high", .help = "greatest deviation", .initial = 10.0, .low = 1e-6, .high = 1e3},
    {.name = "shrink", .help = "of sigma when a member is better", .initial = 0.5, .low = 1e-3,
     .high = 1.0},
    {.name = "grow", .help = "of sigma when none is", .initial = 1.3, .low = 1.0, .high = 1e3},
};
/* clang-format on */

static pv_status accepts(const pv_world *world)
{
    return pv_actor_critic_fits(world, "hill-climb");
}

static double between(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

static pv_status learn(pv_search *search)
{
    hill_climb *agent = (hill_climb *)search;
    pv_search_now *now = &search->now;
    int best = 0;
    for (int i = 1; i < search->population; i++) {
        best = search->fitness[i] > search->fitness[best] ? i : best;
    }
    /* as good alone is a plateau, to be left by wider steps */
    const double factor = search->fitness[best] > now->best ? agent->shrink : agent->grow;
    if (search->fitness[best] >= now->best) {
        pv_search_add_noise(search, best, now->sigma, pv_net_parameters(search->ac.deep.net));
        now->best = search->fitness[best];
        search->ac.deep.updates++;
    }
    now->sigma = between(now->sigma * factor, agent->low, agent->high);
    return PV_OK;
}

static pv_status init(pv_agent *base, const pv_agent_config *config)
{
    hill_climb *agent = (hill_climb *)base;
    agent->search.learn = learn;
    agent->search.now.sigma = pv_params_number(config->params, "sigma");
    agent->low = pv_params_number(config->params, "sigma-low");
    agent->high = pv_params_number(config->params, "sigma-high");
    agent->shrink = pv_params_number(config->params, "shrink");
    agent->grow = pv_params_number(config->params, "grow");
    if (agent->low > agent->high) {
        return pv_fail(PV_ERROR_ARGUMENT, "sigma-low is at most sigma-high, %g; not %g",
                       agent->high, agent->low);
    }
    return pv_search_init(&agent->search, config);
}

static int metrics(pv_agent *base, pv_metric told[PV_METRICS_MAX])
{
    const pv_search *search = (const pv_search *)base;
    int n = pv_search_metrics(search, told, 0);
    told[n++] = (pv_metric){"updates", (double)search->ac.deep.updates};
    if (search->now.generation > 0) {
        told[n++] = (pv_metric){"kept_fitness", search->now.best};
    }
    return n;
}

const pv_agent_class pv_agent_hill_climb = {
    .name = "hill-climb",
    .summary = "searches for a policy without gradients: random steps, kept where no worse",
    .source = "random hill climbing with adaptive noise (Rechenberg 1973)",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .size = sizeof(hill_climb),
    .accepts = accepts,
    .init = init,
    .free = pv_search_free,
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
