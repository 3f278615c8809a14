/* Value iteration (Bellman 1957; Sutton & Barto, 2nd ed., 4.4, equation 4.10), in place:

     V(s) <- max_a sum_{s', r} p(s', r | s, a) [r + gamma V(s')]

   where nothing follows a termination. Sweeps use the new values of the states before, which
   converges at least as fast as keeping two arrays. */
#include "agents/plan.h"

#include "core/memory.h"

#include <math.h>
#include <string.h>

pv_status pv_plan_fits(const pv_world *world, const char *agent)
{
    const pv_spec *spec = pv_world_spec(world);
    if (!pv_world_class(world)->outcomes || spec->n_states == 0) {
        return pv_fail(PV_ERROR_FIT, "agent %s plans by a table of transitions; world %s has none",
                       agent, pv_world_name(world));
    }
    if (spec->agents != 1 || spec->n_action != 1 || spec->action[0].n == 0 ||
        pv_space_count(&spec->action[0]) != 1) {
        return pv_fail(PV_ERROR_FIT, "agent %s plans one action of one agent; world %s has others",
                       agent, pv_world_name(world));
    }
    return PV_OK;
}

int pv_plan_sees_state(const pv_world *world)
{
    const pv_spec *spec = pv_world_spec(world);
    return spec->n_obs >= 1 && strcmp(spec->obs[0].name, "action_mask") != 0 &&
           spec->obs[0].n == spec->n_states && spec->n_states > 0 &&
           pv_space_count(&spec->obs[0]) == 1 &&
           (spec->n_obs == 1 ||
            (spec->n_obs == 2 && strcmp(spec->obs[1].name, "action_mask") == 0));
}

pv_status pv_plan_init(pv_plan *plan, const pv_model *model)
{
    memset(plan, 0, sizeof *plan);
    plan->states = pv_model_states(model);
    plan->actions = (int)pv_model_actions(model);
    plan->value = pv_alloc_array(plan->states, sizeof(double));
    plan->action_value = pv_alloc_array(plan->states, (size_t)plan->actions * sizeof(double));
    if (!plan->value || !plan->action_value) {
        pv_plan_free(plan);
        return PV_ERROR_MEMORY;
    }
    return PV_OK;
}

void pv_plan_free(pv_plan *plan)
{
    pv_free(plan->value);
    pv_free(plan->action_value);
    memset(plan, 0, sizeof *plan);
}

/* what an action is worth by the values of now; NaN if the model fails */
static double look_ahead(const pv_plan *plan, pv_model *model, double gamma, size_t state,
                         int action)
{
    uint32_t n = 0;
    const pv_outcome *outcome = pv_model_outcomes(model, (uint32_t)state, (uint32_t)action, &n);
    if (!outcome) {
        return NAN;
    }
    double sum = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        const double beyond = outcome[i].terminated ? 0.0 : plan->value[outcome[i].next];
        sum += outcome[i].probability * (outcome[i].reward + gamma * beyond);
    }
    return sum;
}

/* looks ahead from a state, keeps its action values and returns the best, NaN on failure */
static double back_up(pv_plan *plan, pv_model *model, double gamma, size_t state)
{
    double *action_value = plan->action_value + state * (size_t)plan->actions;
    double best = -INFINITY;
    for (int a = 0; a < plan->actions; a++) {
        action_value[a] = look_ahead(plan, model, gamma, state, a);
        if (isnan(action_value[a])) {
            return NAN;
        }
        best = fmax(best, action_value[a]);
    }
    return best;
}

static pv_status sweep(pv_plan *plan, pv_model *model, double gamma)
{
    plan->residual = 0.0;
    for (size_t s = 0; s < plan->states; s++) {
        const double best = back_up(plan, model, gamma, s);
        if (!isfinite(best)) {
            return pv_fail(PV_ERROR_NUMBER, "the value of state %zu is no finite number", s);
        }
        plan->residual = fmax(plan->residual, fabs(best - plan->value[s]));
        plan->value[s] = best;
    }
    plan->sweeps++;
    return PV_OK;
}

pv_status pv_plan_solve(pv_plan *plan, pv_model *model, double gamma, double tolerance, int sweeps)
{
    plan->residual = INFINITY;
    plan->sweeps = 0;
    while (plan->residual >= tolerance) {
        if (plan->sweeps >= (uint64_t)sweeps) {
            return pv_fail(PV_ERROR_NUMBER,
                           "value iteration has not converged after %d sweeps (last change %g); "
                           "a gamma below 1 or a larger tolerance lets it",
                           sweeps, plan->residual);
        }
        const pv_status status = sweep(plan, model, gamma);
        if (status) {
            return status;
        }
    }
    for (size_t s = 0; s < plan->states; s++) {
        back_up(plan, model, gamma, s); /* action values by the final values */
    }
    return PV_OK;
}
