/* test_nets_loss.c: losses against finite differences of formulas written down again in double
   precision, and at the ends of the number line. (test_nets_reference.c has recorded numbers.) */
#include "nets_help.h"

#include "nets/loss.h"

enum { MOST = 64 };

/* a random problem */
typedef struct problem {
    int rows, n;
    float pred[MOST], target[MOST], weight[MOST], delta, scale;
    int32_t label[MOST];
    int weighted;
} problem;

static problem random_problem(pv_rng *rng)
{
    problem p = {.rows = 1 + (int)pv_rng_below(rng, 6), .n = 1 + (int)pv_rng_below(rng, 8)};
    p.delta = (float)(0.2 + 2.0 * pv_rng_uniform(rng));
    p.scale = (float)(0.1 + pv_rng_uniform(rng));
    p.weighted = (int)pv_rng_below(rng, 2);
    for (int i = 0; i < MOST; i++) {
        p.pred[i] = (float)(3.0 * pv_rng_normal(rng));
        p.target[i] = (float)pv_rng_uniform(rng);
        p.weight[i] = (float)(0.5 + pv_rng_uniform(rng));
        p.label[i] = (int32_t)pv_rng_below(rng, (uint32_t)p.n);
    }
    return p;
}

/* --- the formulas again, in double, naively: value of the loss at outputs x --- */

typedef double formula(const problem *p, const double *x);

static double weight_of(const problem *p, int row)
{
    return (double)p->scale * (p->weighted ? (double)p->weight[row] : 1.0);
}

static double huber(double e, double delta)
{
    return fabs(e) <= delta ? e * e / 2.0 : delta * (fabs(e) - delta / 2.0);
}

static double squared_formula(const problem *p, const double *x)
{
    double sum = 0.0;
    for (int i = 0; i < p->rows * p->n; i++) {
        sum += weight_of(p, i / p->n) * pow(x[i] - (double)p->target[i], 2.0) / 2.0;
    }
    return sum;
}

static double huber_formula(const problem *p, const double *x)
{
    double sum = 0.0;
    for (int i = 0; i < p->rows * p->n; i++) {
        sum += weight_of(p, i / p->n) * huber(x[i] - (double)p->target[i], (double)p->delta);
    }
    return sum;
}

static double chosen_formula(const problem *p, const double *x)
{
    double sum = 0.0;
    for (int r = 0; r < p->rows; r++) {
        sum += weight_of(p, r) *
               huber(x[r * p->n + p->label[r]] - (double)p->target[r], (double)p->delta);
    }
    return sum;
}

static double soft_formula(const problem *p, const double *x)
{
    double sum = 0.0;
    for (int r = 0; r < p->rows; r++) {
        double total = 0.0;
        for (int i = 0; i < p->n; i++) {
            total += exp(x[r * p->n + i]);
        }
        for (int i = 0; i < p->n; i++) {
            sum -= weight_of(p, r) * (double)p->target[r * p->n + i] *
                   log(exp(x[r * p->n + i]) / total);
        }
    }
    return sum;
}

static double class_formula(const problem *p, const double *x)
{
    problem hot = *p;
    for (int i = 0; i < p->rows * p->n; i++) {
        hot.target[i] = i % p->n == p->label[i / p->n] ? 1.0f : 0.0f;
    }
    return soft_formula(&hot, x);
}

static double binary_formula(const problem *p, const double *x)
{
    double sum = 0.0;
    for (int i = 0; i < p->rows * p->n; i++) {
        const double s = 1.0 / (1.0 + exp(-x[i]));
        const double t = (double)p->target[i];
        sum -= weight_of(p, i / p->n) * (t * log(s) + (1.0 - t) * log(1.0 - s));
    }
    return sum;
}

/* x: log-probabilities; target plays the old ones, pred's second half the advantages */
static double ppo_formula(const problem *p, const double *x)
{
    double sum = 0.0;
    for (int r = 0; r < p->rows; r++) {
        const double a = (double)p->pred[MOST / 2 + r];
        const double ratio = exp(x[r] - (double)p->target[r]);
        sum -= weight_of(p, r) * fmin(ratio * a, fmin(fmax(ratio, 0.8), 1.2) * a);
    }
    return sum;
}

/* --- the same through the library --- */

typedef double function(const problem *p, float *dpred);

static const float *weights(const problem *p)
{
    return p->weighted ? p->weight : NULL;
}

static double squared_function(const problem *p, float *dpred)
{
    return pv_loss_squared(p->rows, p->n, p->pred, p->target, weights(p), p->scale, dpred);
}

static double huber_function(const problem *p, float *dpred)
{
    return pv_loss_huber(p->rows, p->n, p->pred, p->target, p->delta, weights(p), p->scale, dpred);
}

static double chosen_function(const problem *p, float *dpred)
{
    return pv_loss_chosen(p->rows, p->n, p->pred, p->label, p->target, p->delta, weights(p),
                          p->scale, dpred, NULL);
}

static double class_function(const problem *p, float *dpred)
{
    return pv_loss_cross_entropy(p->rows, p->n, p->pred, p->label, weights(p), p->scale, dpred);
}

static double soft_function(const problem *p, float *dpred)
{
    return pv_loss_cross_entropy_soft(p->rows, p->n, p->pred, p->target, weights(p), p->scale,
                                      dpred);
}

static double binary_function(const problem *p, float *dpred)
{
    return pv_loss_binary(p->rows, p->n, p->pred, p->target, weights(p), p->scale, dpred);
}

static double ppo_function(const problem *p, float *dpred)
{
    return pv_loss_ppo(p->rows, p->pred, p->target, p->pred + MOST / 2, 0.2f, weights(p), p->scale,
                       dpred, NULL);
}

/* Holds value and gradient against the formula and its central differences. The rows of PPO are one
   number wide. */
static void assert_gradients(function *f, formula *oracle, int one_wide)
{
    pv_rng rng = pv_rng_split(3, "loss");
    for (int round = 0; round < 200; round++) {
        problem p = random_problem(&rng);
        p.n = one_wide ? 1 : p.n;
        float dpred[MOST];
        double x[MOST];
        for (int i = 0; i < MOST; i++) {
            p.pred[i] *= one_wide && i < MOST / 2 ? 0.3f : 1.0f;
            dpred[i] = 0.25f;
            x[i] = (double)p.pred[i];
        }
        const double value = f(&p, dpred);
        ck_assert_double_eq_tol(value, oracle(&p, x), 1e-5 * (1.0 + fabs(value)));
        ck_assert_double_eq(value, f(&p, NULL));
        for (int i = 0; i < MOST; i++) {
            const double h = 1e-6;
            x[i] += h;
            const double above = oracle(&p, x);
            x[i] -= 2.0 * h;
            const double slope = i < p.rows * p.n ? (above - oracle(&p, x)) / (2.0 * h) : 0.0;
            x[i] += h;
            /* what was there is added to */
            ck_assert_double_eq_tol((double)dpred[i], 0.25 + slope, 2e-5 * (1.0 + fabs(slope)));
        }
    }
}

START_TEST(gradients_are_the_derivatives)
{
    static const struct {
        function *f;
        formula *oracle;
        int one_wide;
    } rows[] = {{squared_function, squared_formula, 0}, {huber_function, huber_formula, 0},
                {chosen_function, chosen_formula, 0},   {class_function, class_formula, 0},
                {soft_function, soft_formula, 0},       {binary_function, binary_formula, 0},
                {ppo_function, ppo_formula, 1}};
    assert_gradients(rows[_i].f, rows[_i].oracle, rows[_i].one_wide);
}
END_TEST

/* --- the ends of the number line --- */

START_TEST(extreme_logits_stay_finite)
{
    const float z[4] = {1e4f, -1e4f, 0.0f, 1e4f};
    const int32_t label = 1;
    float dz[4] = {0};
    /* log(2 e^10000 + ...) = 10000 + log 2 */
    ck_assert_double_eq_tol(pv_loss_cross_entropy(1, 4, z, &label, NULL, 1.0f, dz), 2e4 + log(2.0),
                            1e-9);
    const float expected[4] = {0.5f, -1.0f, 0.0f, 0.5f};
    for (int i = 0; i < 4; i++) {
        ck_assert_float_eq_tol(dz[i], expected[i], 1e-7f);
    }
    const float ends[4] = {1e4f, -1e4f, 1e4f, -1e4f};
    const float target[4] = {1.0f, 0.0f, 0.0f, 1.0f};
    float de[4] = {0};
    ck_assert_double_eq(pv_loss_binary(4, 1, ends, target, NULL, 1.0f, de), 2e4);
    ck_assert(de[0] == 0.0f && de[1] == 0.0f && de[2] == 1.0f && de[3] == -1.0f);
}
END_TEST

START_TEST(small_losses_do_not_round_to_zero)
{
    /* -log softmax = log(1 + e^-30) = e^-30 */
    const float z[2] = {30.0f, 0.0f};
    const int32_t label = 0;
    const double least = exp(-30.0);
    ck_assert_double_eq_tol(pv_loss_cross_entropy(1, 2, z, &label, NULL, 1.0f, NULL) / least, 1.0,
                            1e-2);
    const float one = 1.0f;
    ck_assert_double_eq_tol(pv_loss_binary(1, 1, z, &one, NULL, 1.0f, NULL) / least, 1.0, 1e-5);
}
END_TEST

START_TEST(impossible_class_costs_nothing_unless_asked_for)
{
    const float z[3] = {-INFINITY, 0.0f, 0.0f};
    const float target[3] = {0.0f, 1.0f, 0.0f};
    float dz[3] = {0};
    ck_assert_double_eq_tol(pv_loss_cross_entropy_soft(1, 3, z, target, NULL, 1.0f, dz), log(2.0),
                            1e-12);
    ck_assert(dz[0] == 0.0f && dz[1] == -0.5f && dz[2] == 0.5f);
    const int32_t label = 0;
    ck_assert_double_eq(pv_loss_cross_entropy(1, 3, z, &label, NULL, 1.0f, NULL), INFINITY);
}
END_TEST

START_TEST(not_a_number_reaches_value_and_gradient)
{
    static function *const functions[] = {squared_function, huber_function, chosen_function,
                                          class_function,   soft_function,  binary_function,
                                          ppo_function};
    pv_rng rng = pv_rng_split(4, "loss");
    problem p = random_problem(&rng);
    p.rows = 1;
    p.n = 1;
    p.label[0] = 0;
    p.pred[0] = NAN;
    float d = 0.0f;
    ck_assert(isnan(functions[_i](&p, &d)));
    ck_assert(isnan(d));
}
END_TEST

START_TEST(huber_slope_is_cut_at_delta)
{
    const float pred[3] = {10.0f, -10.0f, 0.5f};
    const float target[3] = {0};
    const int32_t action[3] = {0};
    float d[3] = {0};
    float error[3];
    /* 2 (10 - 1) twice, and 1/8 */
    ck_assert_double_eq(pv_loss_chosen(3, 1, pred, action, target, 2.0f, NULL, 1.0f, d, error),
                        36.125);
    ck_assert(d[0] == 2.0f && d[1] == -2.0f && d[2] == 0.5f);
    ck_assert(error[0] == 10.0f && error[1] == -10.0f && error[2] == 0.5f);
    /* without a delta: squared */
    ck_assert_double_eq(pv_loss_chosen(3, 1, pred, action, target, 0.0f, NULL, 1.0f, NULL, NULL),
                        100.125);
}
END_TEST

START_TEST(ppo_clips_only_where_it_lowers_the_objective)
{
    /* ratio 2 and 1/2 with either sign of the advantage, epsilon 0.2; by hand */
    const float log_prob[5] = {0.69314718f, 0.69314718f, -0.69314718f, -0.69314718f, 0.0f};
    const float old[5] = {0};
    const float advantage[5] = {1.0f, -1.0f, 1.0f, -1.0f, 3.0f};
    const double least[5] = {1.2, -2.0, 0.5, -0.8, 3.0};
    const float slope[5] = {0.0f, 2.0f, -0.5f, 0.0f, -3.0f};
    for (int i = 0; i < 5; i++) {
        float d = 0.0f;
        int clipped;
        const double loss =
            pv_loss_ppo(1, log_prob + i, old + i, advantage + i, 0.2f, NULL, 1.0f, &d, &clipped);
        ck_assert_double_eq_tol(loss, -least[i], 1e-6);
        ck_assert_float_eq_tol(d, slope[i], 1e-6f);
        ck_assert_int_eq(clipped, slope[i] == 0.0f);
    }
}
END_TEST

START_TEST(ppo_survives_a_ratio_beyond_all_numbers)
{
    const float log_prob[2] = {0.0f, 0.0f};
    const float old[2] = {-1e4f, -1e4f};
    const float advantage[2] = {1.0f, 0.0f};
    float d[2] = {0};
    int clipped;
    ck_assert_double_eq_tol(pv_loss_ppo(2, log_prob, old, advantage, 0.2f, NULL, 1.0f, d, &clipped),
                            -1.2, 1e-6);
    ck_assert(d[0] == 0.0f && d[1] == 0.0f && clipped == 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nets_loss");
    TCase *tests = tcase_create("losses");
    tcase_add_loop_test(tests, gradients_are_the_derivatives, 0, 7);
    tcase_add_test(tests, extreme_logits_stay_finite);
    tcase_add_test(tests, small_losses_do_not_round_to_zero);
    tcase_add_test(tests, impossible_class_costs_nothing_unless_asked_for);
    tcase_add_loop_test(tests, not_a_number_reaches_value_and_gradient, 0, 7);
    tcase_add_test(tests, huber_slope_is_cut_at_delta);
    tcase_add_test(tests, ppo_clips_only_where_it_lowers_the_objective);
    tcase_add_test(tests, ppo_survives_a_ratio_beyond_all_numbers);
    suite_add_tcase(suite, tests);
    return help_main(suite);
}
