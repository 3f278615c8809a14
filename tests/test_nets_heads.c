/* test_nets_heads.c: the categorical policy against direct sums, counted draws and finite
   differences in double precision. (test_nets_reference.c has recorded numbers.) */
#include "nets_help.h"

#include "nets/heads.h"

enum { MOST = 64 };

/* --- categorical, written down again in double, naively --- */

typedef struct policy {
    int rows, n;
    float logits[MOST], coefficient[MOST], bonus;
    uint8_t mask[MOST];
    int32_t action[MOST];
    const uint8_t *masked; /* mask or NULL */
} policy;

/* random, with at least one legal action a row, among which the action is */
static policy random_policy(pv_rng *rng)
{
    policy p = {.rows = 1 + (int)pv_rng_below(rng, 6), .n = 1 + (int)pv_rng_below(rng, 8)};
    p.bonus = (float)pv_rng_uniform(rng) - 0.5f;
    for (int i = 0; i < MOST; i++) {
        p.logits[i] = (float)(2.0 * pv_rng_normal(rng));
        p.coefficient[i] = (float)pv_rng_normal(rng);
        p.mask[i] = (uint8_t)pv_rng_below(rng, 2);
    }
    for (int r = 0; r < p.rows; r++) {
        p.action[r] = (int32_t)pv_rng_below(rng, (uint32_t)p.n);
        p.mask[r * p.n + p.action[r]] = 255; /* any byte but 0 is legal */
    }
    return p;
}

static double probability(const policy *p, const double *x, int row, int i)
{
    double sum = 0.0;
    for (int k = row * p->n; k < (row + 1) * p->n; k++) {
        sum += !p->masked || p->mask[k] ? exp(x[k]) : 0.0;
    }
    return !p->masked || p->mask[row * p->n + i] ? exp(x[row * p->n + i]) / sum : 0.0;
}

static double entropy_of(const policy *p, const double *x, int row)
{
    double sum = 0.0;
    for (int i = 0; i < p->n; i++) {
        const double q = probability(p, x, row, i);
        sum -= q > 0.0 ? q * log(q) : 0.0;
    }
    return sum;
}

static double objective(const policy *p, const double *x)
{
    double sum = 0.0;
    for (int r = 0; r < p->rows; r++) {
        sum += (double)p->coefficient[r] * log(probability(p, x, r, p->action[r])) +
               (double)p->bonus * entropy_of(p, x, r);
    }
    return sum;
}

static void as_doubles(const float *from, double *to)
{
    for (int i = 0; i < MOST; i++) {
        to[i] = (double)from[i];
    }
}

START_TEST(log_probabilities_and_entropy_are_the_direct_sums)
{
    pv_rng rng = pv_rng_split(1, "heads");
    for (int round = 0; round < 200; round++) {
        policy p = random_policy(&rng);
        p.masked = _i ? p.mask : NULL;
        double x[MOST];
        float log_prob[MOST];
        float entropy[MOST];
        float chosen[MOST];
        as_doubles(p.logits, x);
        pv_categorical_log(p.rows, p.n, p.logits, p.masked, log_prob);
        pv_categorical_entropy(p.rows, p.n, log_prob, entropy);
        pv_categorical_chosen(p.rows, p.n, log_prob, p.action, chosen);
        for (int r = 0; r < p.rows; r++) {
            for (int i = 0; i < p.n; i++) {
                ck_assert_double_eq_tol(exp((double)log_prob[r * p.n + i]),
                                        probability(&p, x, r, i), 1e-6);
            }
            ck_assert_double_eq_tol((double)entropy[r], entropy_of(&p, x, r), 2e-6);
            ck_assert_float_eq(chosen[r], log_prob[r * p.n + p.action[r]]);
        }
    }
}
END_TEST

START_TEST(categorical_gradient_is_the_derivative)
{
    pv_rng rng = pv_rng_split(2, "heads");
    for (int round = 0; round < 200; round++) {
        policy p = random_policy(&rng);
        p.masked = _i ? p.mask : NULL;
        double x[MOST];
        float log_prob[MOST];
        float dlogits[MOST];
        as_doubles(p.logits, x);
        for (int i = 0; i < MOST; i++) {
            dlogits[i] = 0.5f;
        }
        pv_categorical_log(p.rows, p.n, p.logits, p.masked, log_prob);
        pv_categorical_gradient(p.rows, p.n, log_prob, p.action, p.coefficient, p.bonus, dlogits);
        for (int i = 0; i < p.rows * p.n; i++) {
            const double h = 1e-6;
            x[i] += h;
            const double above = objective(&p, x);
            x[i] -= 2.0 * h;
            const double slope = (above - objective(&p, x)) / (2.0 * h);
            x[i] += h;
            ck_assert_double_eq_tol((double)dlogits[i], 0.5 + slope, 5e-6 * (1.0 + fabs(slope)));
        }
    }
}
END_TEST

START_TEST(divergence_is_the_direct_sum)
{
    pv_rng rng = pv_rng_split(3, "heads");
    for (int round = 0; round < 100; round++) {
        const policy p = random_policy(&rng);
        policy q = random_policy(&rng);
        q.rows = p.rows;
        q.n = p.n;
        double x[MOST];
        double y[MOST];
        float log_p[MOST];
        float log_q[MOST];
        float kl[MOST];
        float none[MOST];
        as_doubles(p.logits, x);
        as_doubles(q.logits, y);
        pv_categorical_log(p.rows, p.n, p.logits, NULL, log_p);
        pv_categorical_log(p.rows, p.n, q.logits, NULL, log_q);
        pv_categorical_kl(p.rows, p.n, log_p, log_q, kl);
        pv_categorical_kl(p.rows, p.n, log_p, log_p, none);
        for (int r = 0; r < p.rows; r++) {
            double sum = 0.0;
            for (int i = 0; i < p.n; i++) {
                const double a = probability(&p, x, r, i);
                sum += a * log(a / probability(&q, y, r, i));
            }
            ck_assert_double_eq_tol((double)kl[r], sum, 1e-5 * (1.0 + sum));
            ck_assert_float_eq(none[r], 0.0f);
        }
    }
    /* what p excludes does not count, what q excludes is infinitely far */
    const float even[2] = {logf(0.5f), logf(0.5f)};
    const float sure[2] = {0.0f, -INFINITY};
    float kl;
    pv_categorical_kl(1, 2, sure, even, &kl);
    ck_assert_float_eq_tol(kl, logf(2.0f), 1e-6f);
    pv_categorical_kl(1, 2, even, sure, &kl);
    ck_assert_float_eq(kl, INFINITY);
}
END_TEST

START_TEST(extreme_logits_and_masks_stay_sound)
{
    const float logits[16] = {1e4f,  -1e4f, 0.0f, 1e4f,  /* far apart */
                              -1e4f, 1e4f,  0.0f, 5.0f,  /* the only legal one is the least */
                              1.0f,  2.0f,  3.0f, 4.0f,  /* nothing legal counts as all legal */
                              1.0f,  NAN,   1.0f, 1.0f}; /* illegal rubbish does no harm */
    const uint8_t mask[16] = {1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0};
    const int32_t action[4] = {1, 0, 3, 2};
    const float coefficient[4] = {1.0f, 1.0f, 1.0f, 1.0f};
    float l[16];
    float entropy[4];
    float d[16] = {0};
    int32_t best[4];
    pv_categorical_log(4, 4, logits, mask, l);
    pv_categorical_entropy(4, 4, l, entropy);
    pv_categorical_gradient(4, 4, l, action, coefficient, 0.5f, d);
    pv_categorical_best(4, 4, l, best);
    ck_assert_float_eq_tol(l[1], -2e4f - logf(2.0f), 0.01f);
    ck_assert_float_eq_tol(entropy[0], logf(2.0f), 1e-6f);
    ck_assert(l[4] == 0.0f && l[5] == -INFINITY && entropy[1] == 0.0f && d[4] == 0.0f);
    float all[4];
    pv_categorical_log(1, 4, logits + 8, NULL, all);
    ck_assert_mem_eq(all, l + 8, sizeof all);
    ck_assert_float_eq_tol(l[12], logf(0.5f), 1e-6f);
    ck_assert_float_eq(d[13], 0.0f);
    for (int i = 0; i < 16; i++) {
        ck_assert(isfinite(d[i]));
    }
    const int32_t expected[4] = {0, 0, 3, 0};
    ck_assert_mem_eq(best, expected, sizeof best);
}
END_TEST

START_TEST(draws_have_the_frequencies_of_the_policy)
{
    enum { ACTIONS = 6, ROWS = 64, ROUNDS = 1000 };
    static float log_prob[ROWS * ACTIONS];
    const float p[ACTIONS] = {0.05f, 0.3f, 0.0f, 0.4f, 0.05f, 0.2f};
    pv_rng rng[ROWS];
    double counts[ACTIONS] = {0};
    for (int i = 0; i < ROWS * ACTIONS; i++) {
        log_prob[i] = logf(p[i % ACTIONS]);
    }
    for (int r = 0; r < ROWS; r++) {
        pv_rng_init(&rng[r], pv_seed_hash(7, &(uint64_t){(uint64_t)r}, 1));
    }
    for (int k = 0; k < ROUNDS; k++) {
        int32_t action[ROWS];
        pv_categorical_sample(ROWS, ACTIONS, log_prob, rng, action);
        for (int r = 0; r < ROWS; r++) {
            counts[action[r]] += 1.0;
        }
    }
    double chi = 0.0;
    for (int i = 0; i < ACTIONS; i++) {
        const double expected = (double)p[i] * ROWS * ROUNDS;
        chi += expected > 0.0 ? pow(counts[i] - expected, 2.0) / expected : 0.0;
    }
    ck_assert_double_eq(counts[2], 0.0);
    ck_assert_double_lt(chi, 18.47); /* 4 degrees of freedom, one in a thousand */
}
END_TEST

START_TEST(draws_are_legal_whatever_rounding_leaves)
{
    /* probabilities whose sum rounds below 1, the last one illegal */
    float logits[7] = {0};
    const uint8_t mask[7] = {0, 1, 1, 1, 1, 1, 0};
    float log_prob[7];
    pv_rng rng = pv_rng_split(5, "heads");
    pv_categorical_log(1, 7, logits, mask, log_prob);
    for (int i = 0; i < 10000; i++) {
        int32_t action;
        pv_categorical_sample(1, 7, log_prob, &rng, &action);
        ck_assert(mask[action]);
    }
    for (int i = 1; i < 6; i++) {
        log_prob[i] = -20.0f; /* nearly everything is left over */
    }
    int32_t action;
    pv_categorical_sample(1, 7, log_prob, &rng, &action);
    ck_assert_int_eq(action, 5);
}
END_TEST

START_TEST(rows_draw_from_their_own_streams)
{
    const float log_prob[8] = {-1.3862944f, -1.3862944f, -1.3862944f, -1.3862944f,
                               -1.3862944f, -1.3862944f, -1.3862944f, -1.3862944f};
    pv_rng together[2] = {pv_rng_split(1, "a"), pv_rng_split(1, "b")};
    pv_rng alone = pv_rng_split(1, "b");
    for (int i = 0; i < 100; i++) {
        int32_t both[2];
        int32_t second;
        pv_categorical_sample(2, 4, log_prob, together, both);
        pv_categorical_sample(1, 4, log_prob, &alone, &second);
        ck_assert_int_eq(both[1], second);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nets_heads");
    TCase *tests = tcase_create("categorical");
    tcase_add_loop_test(tests, log_probabilities_and_entropy_are_the_direct_sums, 0, 2);
    tcase_add_loop_test(tests, categorical_gradient_is_the_derivative, 0, 2);
    tcase_add_test(tests, divergence_is_the_direct_sum);
    tcase_add_test(tests, extreme_logits_and_masks_stay_sound);
    tcase_add_test(tests, draws_have_the_frequencies_of_the_policy);
    tcase_add_test(tests, draws_are_legal_whatever_rounding_leaves);
    tcase_add_test(tests, rows_draw_from_their_own_streams);
    suite_add_tcase(suite, tests);
    return help_main(suite);
}
