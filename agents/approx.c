/* Which function holds action values: what every kind has in common. */
#include "agents/approx.h"

#include "agents/table.h"

pv_status pv_approx_fits(const pv_world *world, const char *agent)
{
    const pv_spec *spec = pv_world_spec(world);
    const char *name = pv_world_name(world);
    if (spec->n_action != 1) {
        return pv_fail(PV_ERROR_FIT, "agent %s needs one action space; world %s has %u", agent,
                       name, (unsigned)spec->n_action);
    }
    if (spec->action[0].n == 0 || pv_space_count(&spec->action[0]) != 1) {
        return pv_fail(PV_ERROR_FIT,
                       "agent %s needs one action out of several; the action \"%s\" of world %s "
                       "is %s",
                       agent, spec->action[0].name, name,
                       spec->action[0].n == 0 ? "a number" : "several choices at once");
    }
    const int mask = pv_table_find_mask(spec);
    if (mask >= 0 &&
        (spec->obs[mask].dtype != PV_U8 || pv_space_count(&spec->obs[mask]) != spec->action[0].n)) {
        return pv_fail(PV_ERROR_FIT,
                       "agent %s needs an action mask of %u bytes; that of world %s is otherwise",
                       agent, (unsigned)spec->action[0].n, name);
    }
    return PV_OK;
}

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
