/* The values of a policy solve a linear system, one equation a state (Bellman 1957; Sutton & Barto,
   2nd ed., equation 4.4):

     V(s) - gamma sum_a pi(a | s) sum_{s'} p(s' | s, a) V(s') = sum_a pi(a | s) E[r | s, a]

   where nothing follows a termination. Gaussian elimination finds them to the last digits. */
#include "agents/exact.h"

#include "agents/plan.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

#define SINGULAR 1e-10 /* a pivot this small: the policy may go on for ever, undiscounted */

/* the system while it is set up and solved */
typedef struct equations {
    pv_model *model;
    const pv_given *given;
    double gamma;
    size_t states;
    size_t *number;      /* [states] 1 + index among the reached, 0: not reached */
    size_t *state;       /* [states] in order of reaching */
    size_t n;            /* reached */
    double *probability; /* [actions] scratch */
    double *matrix;      /* [n][n + 1], the right side last */
} equations;

static void reach(equations *e, uint32_t state)
{
    if (e->number[state] == 0) {
        e->state[e->n++] = state;
        e->number[state] = e->n;
    }
}

/* one outcome of a reached state and an action of probability `weight` */
typedef void visitor(equations *e, size_t i, double weight, const pv_outcome *outcome);

static void visit_reach(equations *e, size_t i, double weight, const pv_outcome *outcome)
{
    (void)i;
    if (weight * outcome->probability > 0.0 && !outcome->terminated) {
        reach(e, outcome->next);
    }
}

static void visit_write(equations *e, size_t i, double weight, const pv_outcome *outcome)
{
    double *row = e->matrix + i * (e->n + 1);
    const double p = weight * outcome->probability;
    row[e->n] += p * outcome->reward;
    if (p > 0.0 && !outcome->terminated) {
        row[e->number[outcome->next] - 1] -= p * e->gamma;
    }
}

/* visits every outcome of reached state i under the policy */
static pv_status visit_state(equations *e, size_t i, visitor *visit)
{
    const size_t state = e->state[i];
    pv_given_probabilities(e->given, state, NULL, e->probability);
    for (int a = 0; a < e->given->actions; a++) {
        uint32_t n = 0;
        const pv_outcome *outcomes = pv_model_outcomes(e->model, (uint32_t)state, (uint32_t)a, &n);
        if (!outcomes) {
            return pv_last_status();
        }
        for (uint32_t k = 0; k < n; k++) {
            visit(e, i, e->probability[a], &outcomes[k]);
        }
    }
    return PV_OK;
}

/* finds the states that the policy reaches */
static pv_status reach_all(equations *e)
{
    uint32_t n = 0;
    const pv_outcome *starts = pv_model_outcomes(e->model, UINT32_MAX, 0, &n);
    if (!starts) {
        return pv_last_status();
    }
    for (uint32_t k = 0; k < n; k++) {
        if (starts[k].probability > 0.0) {
            reach(e, starts[k].next);
        }
    }
    pv_status status = PV_OK;
    for (size_t i = 0; i < e->n && status == PV_OK; i++) {
        status = visit_state(e, i, visit_reach);
    }
    return status;
}

static pv_status write_all(equations *e)
{
    const size_t width = e->n + 1;
    e->matrix = pv_alloc_array(e->n, width * sizeof(double));
    pv_status status = e->matrix ? PV_OK : PV_ERROR_MEMORY;
    for (size_t i = 0; i < e->n && status == PV_OK; i++) {
        e->matrix[i * width + i] += 1.0;
        status = visit_state(e, i, visit_write);
    }
    return status;
}

/* --- solving --- */

/* exchanges row `column` with the row below that has the largest number in that column, which it
   returns */
static double pivot(equations *e, size_t column)
{
    const size_t width = e->n + 1;
    size_t best = column;
    for (size_t i = column + 1; i < e->n; i++) {
        if (fabs(e->matrix[i * width + column]) > fabs(e->matrix[best * width + column])) {
            best = i;
        }
    }
    for (size_t k = column; best != column && k < width; k++) {
        const double kept = e->matrix[column * width + k];
        e->matrix[column * width + k] = e->matrix[best * width + k];
        e->matrix[best * width + k] = kept;
    }
    return e->matrix[column * width + column];
}

/* brings the matrix to triangular form; returns 0 if it has no single solution */
static int eliminate(equations *e)
{
    const size_t width = e->n + 1;
    for (size_t column = 0; column < e->n; column++) {
        const double head = pivot(e, column);
        if (!(fabs(head) > SINGULAR)) {
            return 0;
        }
        const double *from = e->matrix + column * width;
        for (size_t i = column + 1; i < e->n; i++) {
            double *row = e->matrix + i * width;
            const double factor = row[column] / head;
            for (size_t k = column; factor != 0.0 && k < width; k++) {
                row[k] -= factor * from[k];
            }
        }
    }
    return 1;
}

/* reads the solution off the triangle, last state first; returns 0 if it is not finite */
static int substitute(const equations *e, double *value)
{
    const size_t width = e->n + 1;
    int finite = 1;
    for (size_t i = e->n; i-- > 0;) {
        const double *row = e->matrix + i * width;
        value[i] = row[e->n];
        for (size_t k = i + 1; k < e->n; k++) {
            value[i] -= row[k] * value[k];
        }
        value[i] /= row[i];
        finite &= isfinite(value[i]) != 0;
    }
    return finite;
}

/* --- making --- */

static int is_known(const pv_world *world)
{
    const pv_spec *spec = pv_world_spec(world);
    return pv_world_class(world)->outcomes && spec->n_states > 0 &&
           spec->n_states <= PV_EXACT_MAX && spec->agents == 1 && spec->n_action == 1 &&
           spec->n_obs == 1 && pv_plan_sees_state(world) && pv_model_holds(world);
}

static pv_status solve(equations *e, pv_exact *exact)
{
    pv_status status = reach_all(e);
    status = status ? status : write_all(e);
    if (status || e->n == 0) {
        return status;
    }
    exact->state = pv_alloc_array(e->n, sizeof *exact->state);
    exact->value = pv_alloc_array(e->n, sizeof *exact->value);
    if (!exact->state || !exact->value) {
        return PV_ERROR_MEMORY;
    }
    memcpy(exact->state, e->state, e->n * sizeof *exact->state);
    exact->n = eliminate(e) && substitute(e, exact->value) ? e->n : 0;
    return PV_OK;
}

pv_status pv_exact_init(pv_exact *exact, const pv_world *world, const pv_given *given, double gamma)
{
    memset(exact, 0, sizeof *exact);
    if (!is_known(world)) {
        return PV_OK;
    }
    const size_t states = pv_world_spec(world)->n_states;
    equations e = {.model = pv_model_create(world),
                   .given = given,
                   .gamma = gamma,
                   .states = states,
                   .number = pv_alloc_array(states, sizeof(size_t)),
                   .state = pv_alloc_array(states, sizeof(size_t)),
                   .probability = pv_alloc_array((size_t)given->actions, sizeof(double))};
    const int complete = e.model && e.number && e.state && e.probability;
    const pv_status status = complete ? solve(&e, exact) : pv_last_status();
    pv_model_destroy(e.model);
    pv_free(e.number);
    pv_free(e.state);
    pv_free(e.probability);
    pv_free(e.matrix);
    if (status) {
        pv_exact_free(exact);
    }
    return status;
}

void pv_exact_free(pv_exact *exact)
{
    pv_free(exact->state);
    pv_free(exact->value);
    memset(exact, 0, sizeof *exact);
}

double pv_exact_error(const pv_exact *exact, const double *value)
{
    double sum = 0.0;
    for (size_t i = 0; i < exact->n; i++) {
        const double error = value[exact->state[i]] - exact->value[i];
        sum += error * error;
    }
    return exact->n ? sqrt(sum / (double)exact->n) : NAN;
}
