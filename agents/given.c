/* A given policy is either uniform or one action for every state; whatever words it came in, that
   is what is left of them. */
#include "agents/given.h"

#include "agents/plan.h"
#include "core/memory.h"

#include <stdlib.h>
#include <string.h>

static const char suffix[] = ".safetensors";

/* the best action of every state by a table of action values, the lowest of several */
static void follow(pv_given *given, const double *q)
{
    const size_t n = (size_t)given->actions;
    for (size_t s = 0; s < given->states; s++) {
        size_t best = 0;
        for (size_t a = 1; a < n; a++) {
            if (q[s * n + a] > q[s * n + best]) {
                best = a;
            }
        }
        given->action[s] = (int32_t)best;
    }
}

static pv_status follow_one(pv_given *given, const char *number)
{
    char *end;
    const long action = strtol(number, &end, 10);
    if (end == number || *end != '\0' || action < 0 || action >= given->actions) {
        return pv_fail(PV_ERROR_ARGUMENT,
                       "policy \"action:%s\" names no action; this world has 0 to %d", number,
                       given->actions - 1);
    }
    for (size_t s = 0; s < given->states; s++) {
        given->action[s] = (int32_t)action;
    }
    return PV_OK;
}

static pv_status follow_plan(pv_given *given, const pv_world *world, double gamma)
{
    if (!pv_plan_sees_state(world)) {
        return pv_fail(PV_ERROR_FIT,
                       "policy \"optimal\" needs a world that observes its state as it "
                       "is; world %s does not",
                       pv_world_name(world));
    }
    pv_model *model = pv_model_create(world);
    if (!model) {
        return pv_last_status();
    }
    pv_plan plan;
    pv_status status = pv_plan_init(&plan, model);
    if (!status) {
        status = pv_plan_solve(&plan, model, gamma, 1e-10, 100000);
    }
    if (!status) {
        follow(given, plan.action_value);
    }
    pv_plan_free(&plan);
    pv_model_destroy(model);
    return status;
}

/* reads "q", or the sum of "q1" and "q2", into q[entries] */
static pv_status read_values(const pv_tensors *tensors, double *q, double *other, size_t entries)
{
    if (pv_tensors_find(tensors, "q") || !pv_tensors_find(tensors, "q1")) {
        return pv_tensors_get(tensors, "q", PV_F64, q, entries);
    }
    pv_status status = pv_tensors_get(tensors, "q1", PV_F64, q, entries);
    if (!status) {
        status = pv_tensors_get(tensors, "q2", PV_F64, other, entries);
    }
    for (size_t i = 0; i < entries && !status; i++) {
        q[i] += other[i];
    }
    return status;
}

static pv_status follow_file(pv_given *given, const char *path)
{
    const size_t entries = given->states * (size_t)given->actions;
    pv_tensors *tensors = pv_tensors_read(path);
    double *q = tensors ? pv_alloc_array(entries, 2 * sizeof *q) : NULL;
    pv_status status = q ? read_values(tensors, q, q + entries, entries) : pv_last_status();
    if (!status) {
        follow(given, q);
    } else {
        pv_fail_in("policy \"%s\"", path);
    }
    pv_free(q);
    pv_tensors_destroy(tensors);
    return status;
}

static int ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text);
    const size_t k = strlen(end);
    return n > k && strcmp(text + n - k, end) == 0;
}

pv_status pv_given_init(pv_given *given, const pv_table *table, const char *text, double gamma)
{
    memset(given, 0, sizeof *given);
    given->states = table->states;
    given->actions = table->actions;
    if (strcmp(text, "random") == 0) {
        return PV_OK;
    }
    given->action = pv_alloc_array(given->states, sizeof *given->action);
    if (!given->action) {
        return PV_ERROR_MEMORY;
    }
    if (strncmp(text, "action:", 7) == 0) {
        return follow_one(given, text + 7);
    }
    if (strcmp(text, "optimal") == 0) {
        return follow_plan(given, table->world, gamma);
    }
    if (ends_with(text, suffix)) {
        return follow_file(given, text);
    }
    return pv_fail(PV_ERROR_ARGUMENT,
                   "policy is random, optimal, action:K or FILE.safetensors, not \"%s\"", text);
}

void pv_given_free(pv_given *given)
{
    pv_free(given->action);
    memset(given, 0, sizeof *given);
}

/* the action a policy is sure of, -1 where it chooses at random */
static int sure_action(const pv_given *given, size_t state, const uint8_t *mask)
{
    const int action = given->action ? (int)given->action[state] : -1;
    return action >= 0 && mask && !mask[action] ? -1 : action;
}

int pv_given_choose(const pv_given *given, size_t state, const uint8_t *mask, pv_rng *rng)
{
    const int sure = sure_action(given, state, mask);
    return sure >= 0 ? sure : pv_mask_choose(mask, given->actions, rng);
}

void pv_given_probabilities(const pv_given *given, size_t state, const uint8_t *mask,
                            double *probability)
{
    const int sure = sure_action(given, state, mask);
    pv_mask_probabilities(mask, given->actions, probability);
    for (int a = 0; sure >= 0 && a < given->actions; a++) {
        probability[a] = a == sure ? 1.0 : 0.0;
    }
}
