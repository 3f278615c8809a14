/* Which function holds action values: what every kind has in common. */
#include "agents/approx.h"

#include "agents/table.h"

/* few numbers, none of them a picture's */
static int suits_tiles(const pv_spec *spec)
{
    size_t count = 0;
    for (uint32_t i = 0; i < spec->n_obs; i++) {
        count += (int)i == pv_table_find_mask(spec) ? 0 : pv_space_count(&spec->obs[i]);
    }
    return count <= 6;
}

pv_status pv_approx_choose(const pv_agent_config *config, const char *agent,
                           pv_approx_choice *choice)
{
    *choice = (pv_approx_choice)pv_params_number(config->params, "values");
    if (*choice == PV_APPROX_TABLE) {
        return pv_table_fits(config->world, agent);
    }
    if (*choice == PV_APPROX_AUTO) {
        *choice = pv_table_fits(config->world, agent) == PV_OK ? PV_APPROX_TABLE
                  : suits_tiles(pv_world_spec(config->world))  ? PV_APPROX_TILES
                                                               : PV_APPROX_NET;
    }
    return PV_OK;
}

void pv_approx_init(pv_approx *approx, const pv_approx_class *kind, const pv_agent_config *config)
{
    const pv_params *params = config->params;
    const int has_traces = pv_params_find(params, "lambda") >= 0;
    *approx = (pv_approx){.kind = kind,
                          .world = config->world,
                          .rows = config->rows,
                          .actions = (int)pv_world_spec(config->world)->action[0].n,
                          .mask = pv_table_find_mask(pv_world_spec(config->world))};
    if (has_traces) {
        approx->decay = pv_params_number(params, "lambda") * pv_params_number(params, "gamma");
        approx->replaces = pv_params_number(params, "traces") > 0.0;
    }
}
