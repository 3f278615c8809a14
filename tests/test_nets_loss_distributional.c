/* test_nets_loss_distributional.c: losses on distributions against hand-computed cases, formulas
   written down again in double precision, and their finite differences. */
#include "nets_help.h"

#include "nets/loss_distributional.h"

enum { MOST = 512, ROUNDS = 60 };

/* --- projection ------------------------------------------------------------------------------ */

/* what a projection is, seen from the receiving atom: the sum of p_j (1 - |T z_j - z_i| / spacing)
   where that is positive (equation 7 of Bellemare et al. 2017) */
static void brute_projection(const pv_support *s, double reward, double discount, const float *p,
                             double *projected)
{
    const double spacing = ((double)s->high - (double)s->low) / (s->atoms - 1);
    for (int i = 0; i < s->atoms; i++) {
        projected[i] = 0.0;
        for (int j = 0; j < s->atoms; j++) {
            double moved = reward + discount * ((double)s->low + j * spacing);
            moved = fmin(fmax(moved, (double)s->low), (double)s->high);
            const double near = 1.0 - fabs(moved - ((double)s->low + i * spacing)) / spacing;
            projected[i] += near > 0.0 ? (double)p[j] * near : 0.0;
        }
    }
}

static void random_distribution(pv_rng *rng, int n, float *p)
{
    double sum = 0.0;
    for (int i = 0; i < n; i++) {
        p[i] = (float)pow(pv_rng_uniform(rng), 3.0);
        sum += (double)p[i];
    }
    for (int i = 0; i < n; i++) {
        p[i] = (float)((double)p[i] / sum);
    }
}

START_TEST(a_projection_is_what_each_atom_receives_of_its_neighbourhood)
{
    pv_rng rng;
    pv_rng_init(&rng, 1);
    for (int round = 0; round < ROUNDS; round++) {
        const pv_support s = {2 + (int)pv_rng_below(&rng, 50),
                              (float)(-10.0 * pv_rng_uniform(&rng)),
                              (float)(0.1 + 10.0 * pv_rng_uniform(&rng))};
        float p[3 * 52];
        float projected[3 * 52];
        float reward[3];
        float discount[3];
        for (int r = 0; r < 3; r++) {
            random_distribution(&rng, s.atoms, p + r * s.atoms);
            reward[r] = (float)(8.0 * pv_rng_normal(&rng));
            discount[r] = r == 1 ? 0.0f : (float)pv_rng_uniform(&rng);
        }
        pv_support_project(&s, 3, reward, discount, p, projected);
        for (int r = 0; r < 3; r++) {
            double right[52];
            double total = 0.0;
            brute_projection(&s, (double)reward[r], (double)discount[r], p + r * s.atoms, right);
            for (int i = 0; i < s.atoms; i++) {
                ck_assert_double_eq_tol((double)projected[r * s.atoms + i], right[i], 2e-6);
                total += (double)projected[r * s.atoms + i];
            }
            ck_assert_double_eq_tol(total, 1.0, 1e-5);
        }
    }
}
END_TEST

/* Atoms -1, 0, 1. Reward 0.25, discount 0.5: the atoms go to -0.25, 0.25, 0.75. A termination with
   reward 1 is the atom 1; a reward beyond the support is its end; a discount of 1 and no reward
   leaves everything where it was (where floor and ceiling are one atom). */
START_TEST(projections_worked_out_by_hand)
{
    const pv_support s = {3, -1.0f, 1.0f};
    const float p[12] = {0.2f, 0.3f, 0.5f, 0.2f, 0.3f, 0.5f, 0.2f, 0.3f, 0.5f, 0.2f, 0.3f, 0.5f};
    const float reward[4] = {0.25f, 1.0f, -7.0f, 0.0f};
    const float discount[4] = {0.5f, 0.0f, 0.9f, 1.0f};
    const float right[12] = {0.05f,
                             0.15f + 0.225f + 0.125f,
                             0.075f + 0.375f,
                             0.0f,
                             0.0f,
                             1.0f,
                             1.0f,
                             0.0f,
                             0.0f,
                             0.2f,
                             0.3f,
                             0.5f};
    float projected[12];
    pv_support_project(&s, 4, reward, discount, p, projected);
    for (int i = 0; i < 12; i++) {
        ck_assert_float_eq_tol(projected[i], right[i], 1e-6f);
    }
}
END_TEST

START_TEST(a_projection_inside_the_support_keeps_the_mean)
{
    const pv_support s = {51, -10.0f, 10.0f};
    float logits[51];
    float p[51];
    float projected[51];
    float log_projected[51];
    float mean;
    float after;
    const float reward = 0.7f;
    const float discount = 0.9f;
    pv_rng rng;
    pv_rng_init(&rng, 9);
    help_normal(&rng, 51, 1.0, logits);
    pv_support_mean(&s, 1, logits, p, &mean);
    pv_support_project(&s, 1, &reward, &discount, p, projected);
    for (int i = 0; i < 51; i++) {
        log_projected[i] = logf(projected[i]);
    }
    pv_support_mean(&s, 1, log_projected, NULL, &after);
    ck_assert_float_eq_tol(after, reward + discount * mean, 1e-5f);
}
END_TEST

START_TEST(a_reward_that_is_no_number_makes_a_loss_that_is_none)
{
    const pv_support s = {3, -1.0f, 1.0f};
    const float p[3] = {0.2f, 0.3f, 0.5f};
    const float reward = NAN;
    const float discount = 0.5f;
    const int32_t action = 0;
    float target[3];
    float d[3] = {0};
    float row;
    pv_support_project(&s, 1, &reward, &discount, p, target);
    ck_assert(isnan(pv_loss_atoms(1, 1, 3, p, &action, target, NULL, 1.0f, d, &row)));
    ck_assert(isnan(d[0]) && isnan(row));
    ck_assert(isnan(pv_loss_quantile(1, 1, 3, p, &action, 1, &reward, 1.0f, NULL, 1.0f, d, &row)));
    ck_assert(isnan(d[1]) && isnan(row));
}
END_TEST

/* --- losses ---------------------------------------------------------------------------------- */

/* a random problem */
typedef struct problem {
    int rows, actions, n, n_target, weighted;
    float out[MOST], target[MOST], weight[8], delta, scale;
    int32_t action[8];
} problem;

static problem random_problem(pv_rng *rng)
{
    problem p = {.rows = 1 + (int)pv_rng_below(rng, 5),
                 .actions = 1 + (int)pv_rng_below(rng, 4),
                 .n = 2 + (int)pv_rng_below(rng, 9),
                 .n_target = 1 + (int)pv_rng_below(rng, 9),
                 .weighted = (int)pv_rng_below(rng, 2)};
    p.delta = pv_rng_below(rng, 3) ? (float)(0.2 + 2.0 * pv_rng_uniform(rng)) : 0.0f;
    p.scale = (float)(0.1 + pv_rng_uniform(rng));
    help_normal(rng, MOST, 2.0, p.out);
    help_normal(rng, MOST, 2.0, p.target);
    for (int r = 0; r < p.rows; r++) {
        p.weight[r] = (float)(0.2 + pv_rng_uniform(rng));
        p.action[r] = (int32_t)pv_rng_below(rng, (uint32_t)p.actions);
    }
    return p;
}

typedef double formula(const problem *p, int row, const double *out);

static double atoms_formula(const problem *p, int row, const double *out)
{
    double total = 0.0;
    double loss = 0.0;
    for (int i = 0; i < p->n; i++) {
        total += exp(out[i]);
    }
    for (int i = 0; i < p->n; i++) {
        loss -= (double)p->target[row * p->n + i] * log(exp(out[i]) / total);
    }
    return loss;
}

static double quantile_formula(const problem *p, int row, const double *out)
{
    const double delta = (double)p->delta;
    double loss = 0.0;
    for (int i = 0; i < p->n; i++) {
        for (int j = 0; j < p->n_target; j++) {
            const double u = (double)p->target[row * p->n_target + j] - out[i];
            const double tau = (2.0 * i + 1.0) / (2.0 * p->n);
            const double size = fabs(u);
            const double h = delta <= 0.0    ? size
                             : size <= delta ? u * u / 2.0
                                             : delta * (size - delta / 2.0);
            loss += fabs(tau - (u < 0.0)) * h / p->n_target;
        }
    }
    return loss;
}

static formula *const formulas[] = {atoms_formula, quantile_formula};

static double own_loss(const problem *p, int which, float *d, float *row)
{
    const float *weight = p->weighted ? p->weight : NULL;
    return which == 0 ? pv_loss_atoms(p->rows, p->actions, p->n, p->out, p->action, p->target,
                                      weight, p->scale, d, row)
                      : pv_loss_quantile(p->rows, p->actions, p->n, p->out, p->action, p->n_target,
                                         p->target, p->delta, weight, p->scale, d, row);
}

/* the gradient of a row against the slopes of its formula; the other actions' are untouched */
static void check_gradient(const problem *p, int which, int row, const float *d)
{
    const double w = (double)p->scale * (p->weighted ? (double)p->weight[row] : 1.0);
    double out[16];
    for (int a = 0; a < p->actions; a++) {
        const int first = (row * p->actions + a) * p->n;
        for (int i = 0; i < p->n; i++) {
            out[i] = (double)p->out[first + i];
        }
        for (int i = 0; i < p->n; i++) {
            double slope = 0.0;
            if (a == p->action[row]) {
                const double step = 1e-6;
                out[i] += step;
                slope = formulas[which](p, row, out);
                out[i] -= 2.0 * step;
                slope = w * (slope - formulas[which](p, row, out)) / (2.0 * step);
                out[i] += step;
            }
            ck_assert_double_eq_tol((double)d[first + i] - 1.0, slope, 1e-5 * (1.0 + fabs(slope)));
        }
    }
}

START_TEST(losses_and_gradients_are_those_of_the_formulas)
{
    pv_rng rng;
    pv_rng_init(&rng, (uint64_t)_i);
    for (int round = 0; round < ROUNDS; round++) {
        problem p = random_problem(&rng);
        float d[MOST];
        float row_loss[8];
        double sum = 0.0;
        for (int r = 0; r < p.rows && _i == 0; r++) {
            random_distribution(&rng, p.n, p.target + r * p.n);
        }
        for (int i = 0; i < MOST; i++) {
            d[i] = 1.0f; /* it is added to what is there */
        }
        const double own = own_loss(&p, _i, d, row_loss);
        for (int r = 0; r < p.rows; r++) {
            double out[16];
            for (int i = 0; i < p.n; i++) {
                out[i] = (double)p.out[(r * p.actions + p.action[r]) * p.n + i];
            }
            const double right = formulas[_i](&p, r, out);
            ck_assert_double_eq_tol((double)row_loss[r], right, 1e-5 * (1.0 + right));
            sum += (double)p.scale * (p.weighted ? (double)p.weight[r] : 1.0) * right;
            check_gradient(&p, _i, r, d);
        }
        ck_assert_double_eq_tol(own, sum, 1e-5 * (1.0 + sum));
        ck_assert(own_loss(&p, _i, NULL, NULL) == own);
    }
}
END_TEST

/* two quantiles 0 and 1 (tau 1/4 and 3/4) against the targets -1 and 3, delta 1:
   u = -1, 3 for the first: 3/4 * 1/2 and 1/4 * 2.5; u = -2, 2 for the second: 1/4 * 1.5 and
   3/4 * 1.5; means over the two targets, and their sum */
START_TEST(a_quantile_loss_worked_out_by_hand)
{
    const float quantile[2] = {0.0f, 1.0f};
    const float target[2] = {-1.0f, 3.0f};
    const int32_t action = 0;
    float d[2] = {0};
    const double loss =
        pv_loss_quantile(1, 1, 2, quantile, &action, 2, target, 1.0f, NULL, 1.0f, d, NULL);
    ck_assert_double_eq_tol(loss, (0.375 + 0.625) / 2.0 + (0.375 + 1.125) / 2.0, 1e-7);
    ck_assert_float_eq_tol(d[0], (0.75f - 0.25f) / 2.0f, 1e-7f);
    ck_assert_float_eq_tol(d[1], (0.25f - 0.75f) / 2.0f, 1e-7f);
}
END_TEST

/* quantile regression on samples finds their quantiles: 3 of {1, 2, ... 9} are those at 1/6, 1/2,
   5/6: 2, 5, 8 */
START_TEST(quantile_regression_ends_at_the_quantiles)
{
    const float samples[9] = {1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f, 7.0f, 8.0f, 9.0f};
    const int32_t action = 0;
    float quantile[3] = {0.0f, 0.0f, 0.0f};
    float mean;
    for (int step = 0; step < 4000; step++) {
        float d[3] = {0};
        (void)pv_loss_quantile(1, 1, 3, quantile, &action, 9, samples, 0.0f, NULL, 1.0f, d, NULL);
        for (int i = 0; i < 3; i++) {
            quantile[i] -= 0.02f * d[i];
        }
    }
    for (int i = 0; i < 3; i++) {
        ck_assert_float_eq_tol(quantile[i], 2.0f + 3.0f * (float)i, 0.05f);
    }
    pv_quantile_mean(1, 3, quantile, &mean);
    ck_assert_float_eq_tol(mean, 5.0f, 0.05f);
}
END_TEST

START_TEST(huge_logits_stay_finite)
{
    const pv_support s = {3, 0.0f, 1.0f};
    const float logits[3] = {3e38f, -3e38f, 0.0f};
    const float target[3] = {0.5f, 0.0f, 0.5f};
    const int32_t action = 0;
    float d[3] = {0};
    float p[3];
    float mean;
    (void)pv_loss_atoms(1, 1, 3, logits, &action, target, NULL, 1.0f, d, NULL);
    pv_support_mean(&s, 1, logits, p, &mean);
    ck_assert(isfinite(d[0]) && isfinite(d[1]) && isfinite(d[2]));
    ck_assert(p[0] == 1.0f && p[1] == 0.0f && mean == 0.0f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nets_loss_distributional");
    TCase *tests = tcase_create("distributions");
    tcase_add_test(tests, a_projection_is_what_each_atom_receives_of_its_neighbourhood);
    tcase_add_test(tests, projections_worked_out_by_hand);
    tcase_add_test(tests, a_projection_inside_the_support_keeps_the_mean);
    tcase_add_test(tests, a_reward_that_is_no_number_makes_a_loss_that_is_none);
    tcase_add_loop_test(tests, losses_and_gradients_are_those_of_the_formulas, 0, 2);
    tcase_add_test(tests, a_quantile_loss_worked_out_by_hand);
    tcase_add_test(tests, quantile_regression_ends_at_the_quantiles);
    tcase_add_test(tests, huge_logits_stay_finite);
    suite_add_tcase(suite, tests);
    return help_main(suite);
}
