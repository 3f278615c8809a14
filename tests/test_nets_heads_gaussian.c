/* test_nets_heads_gaussian.c: the Gaussian policy and its squashed form against the textbook
   formulas, numerical integration, the moments of its draws, and finite differences in double
   precision. (test_nets_reference.c has recorded numbers.) */
#include "nets_help.h"

#include "nets/heads.h"

enum { MOST = 64 };

static const double PI = 3.14159265358979323846;

/* a random policy, actions and objective */
typedef struct policy {
    pv_gaussian g;
    float mean[MOST], log_std[MOST], raw[MOST], coefficient[MOST], bonus;
} policy;

static void random_policy(policy *p, pv_rng *rng)
{
    p->g = (pv_gaussian){.rows = 1 + (int)pv_rng_below(rng, 6),
                         .n = 1 + (int)pv_rng_below(rng, 5),
                         .mean = p->mean,
                         .log_std = p->log_std,
                         .shared = (int)pv_rng_below(rng, 2),
                         .squash = (int)pv_rng_below(rng, 2)};
    p->bonus = (float)pv_rng_uniform(rng) - 0.5f;
    for (int i = 0; i < MOST; i++) {
        p->mean[i] = (float)pv_rng_normal(rng);
        p->log_std[i] = (float)(0.5 * pv_rng_normal(rng));
        p->raw[i] = (float)(1.5 * pv_rng_normal(rng));
        p->coefficient[i] = (float)pv_rng_normal(rng);
    }
}

/* where row r's k-th log_std is */
static int scale_at(const policy *p, int r, int k)
{
    return p->g.shared ? k : r * p->g.n + k;
}

/* the textbook density of raw at (mean, log_std), the squashed one by the change of variables */
static double row_log(const policy *p, const double *mean, const double *log_std, int r)
{
    double density = 1.0;
    for (int k = 0; k < p->g.n; k++) {
        const double std = exp(log_std[scale_at(p, r, k)]);
        const double x = (double)p->raw[r * p->g.n + k];
        const double off = x - mean[r * p->g.n + k];
        density *= exp(-off * off / (2.0 * std * std)) / (std * sqrt(2.0 * PI));
        density /= p->g.squash ? 1.0 - tanh(x) * tanh(x) : 1.0;
    }
    return log(density);
}

static double objective(const policy *p, const double *mean, const double *log_std)
{
    double sum = 0.0;
    for (int r = 0; r < p->g.rows; r++) {
        sum += (double)p->coefficient[r] * row_log(p, mean, log_std, r);
        for (int k = 0; k < p->g.n; k++) {
            const double std = exp(log_std[scale_at(p, r, k)]);
            sum += (double)p->bonus * 0.5 * log(2.0 * PI * exp(1.0) * std * std);
        }
    }
    return sum;
}

static void as_doubles(const float *from, double *to)
{
    for (int i = 0; i < MOST; i++) {
        to[i] = (double)from[i];
    }
}

START_TEST(log_densities_are_the_textbook_formula)
{
    pv_rng rng = pv_rng_split(1, "gaussian");
    for (int round = 0; round < 200; round++) {
        policy p;
        double mean[MOST];
        double log_std[MOST];
        float log_prob[MOST];
        random_policy(&p, &rng);
        as_doubles(p.mean, mean);
        as_doubles(p.log_std, log_std);
        pv_gaussian_log(&p.g, p.raw, log_prob);
        for (int r = 0; r < p.g.rows; r++) {
            const double expected = row_log(&p, mean, log_std, r);
            ck_assert_double_eq_tol((double)log_prob[r], expected, 1e-6 * (1.0 + fabs(expected)));
        }
    }
}
END_TEST

/* central differences by each of v[0..count-1], which are mean or log_std */
static void assert_slopes(const policy *p, const double *mean, const double *log_std, double *v,
                          const float *got, int count)
{
    for (int i = 0; i < MOST; i++) {
        const double h = 1e-6;
        const double here = v[i];
        v[i] = here + h;
        const double above = objective(p, mean, log_std);
        v[i] = here - h;
        const double slope = (above - objective(p, mean, log_std)) / (2.0 * h);
        v[i] = here;
        ck_assert_double_eq_tol((double)got[i], 0.5 + (i < count ? slope : 0.0),
                                1e-5 * (1.0 + fabs(slope)));
    }
}

START_TEST(gaussian_gradient_is_the_derivative)
{
    pv_rng rng = pv_rng_split(2, "gaussian");
    for (int round = 0; round < 200; round++) {
        policy p;
        double mean[MOST];
        double log_std[MOST];
        float dmean[MOST];
        float dlog_std[MOST];
        random_policy(&p, &rng);
        as_doubles(p.mean, mean);
        as_doubles(p.log_std, log_std);
        for (int i = 0; i < MOST; i++) {
            dmean[i] = dlog_std[i] = 0.5f;
        }
        pv_gaussian_gradient(&p.g, p.raw, p.coefficient, p.bonus, dmean, dlog_std);
        const int count = p.g.rows * p.g.n;
        assert_slopes(&p, mean, log_std, mean, dmean, count);
        assert_slopes(&p, mean, log_std, log_std, dlog_std, p.g.shared ? p.g.n : count);
    }
}
END_TEST

/* Integrates f over the real line on a grid wide and fine enough for these densities. */
static double integral(double (*f)(const void *, double), const void *ctx)
{
    double sum = 0.0;
    for (int i = -20000; i <= 20000; i++) {
        sum += f(ctx, (double)i * 1e-3) * 1e-3;
    }
    return sum;
}

/* two one-dimensional policies */
typedef struct pair {
    pv_gaussian p, q;
} pair;

static double log_at(const pv_gaussian *g, double x)
{
    const float raw = (float)x;
    float log_prob;
    pv_gaussian_log(g, &raw, &log_prob);
    return (double)log_prob;
}

static double entropy_integrand(const void *ctx, double x)
{
    const pair *t = ctx;
    const double l = log_at(&t->p, x);
    return -exp(l) * l;
}

static double divergence_integrand(const void *ctx, double x)
{
    const pair *t = ctx;
    const double l = log_at(&t->p, x);
    return exp(l) * (l - log_at(&t->q, x));
}

START_TEST(entropy_and_divergence_are_the_integrals)
{
    const float mean[2] = {0.3f, -0.7f};
    const float log_std[2] = {-0.4f, 0.5f};
    const pair t = {{1, 1, &mean[0], &log_std[0], 0, 0}, {1, 1, &mean[1], &log_std[1], 1, 0}};
    float entropy;
    float kl;
    pv_gaussian_entropy(&t.p, &entropy);
    pv_gaussian_kl(&t.p, &t.q, &kl);
    ck_assert_double_eq_tol((double)entropy, integral(entropy_integrand, &t), 1e-5);
    ck_assert_double_eq_tol((double)kl, integral(divergence_integrand, &t), 1e-5);
    pv_gaussian_kl(&t.p, &t.p, &kl);
    ck_assert_float_eq(kl, 0.0f);
}
END_TEST

/* Squashing does not change the divergence: the integral over actions, by da = (1 - a^2) dx. */
static double squashed_divergence_integrand(const void *ctx, double x)
{
    const double slope = 1.0 / (cosh(x) * cosh(x));
    return divergence_integrand(ctx, x) * slope;
}

static double squashed_mass_integrand(const void *ctx, double x)
{
    const pair *t = ctx;
    return exp(log_at(&t->p, x)) / (cosh(x) * cosh(x));
}

START_TEST(squashed_density_integrates_to_one_over_actions)
{
    const float mean[2] = {0.8f, -0.5f};
    const float log_std[2] = {0.2f, 0.0f};
    const pair t = {{1, 1, &mean[0], &log_std[0], 0, 1}, {1, 1, &mean[1], &log_std[1], 0, 1}};
    float kl;
    pv_gaussian_kl(&t.p, &t.q, &kl);
    ck_assert_double_eq_tol(integral(squashed_mass_integrand, &t), 1.0, 1e-5);
    ck_assert_double_eq_tol(integral(squashed_divergence_integrand, &t), (double)kl, 1e-5);
}
END_TEST

START_TEST(squashed_density_is_exact_where_tanh_rounds_to_one)
{
    /* log(1 - tanh(x)^2) = log 4 - 2 |x| up to e^-2|x|, where float and double tanh are 1 */
    const float zero = 0.0f;
    const float far[4] = {30.0f, -30.0f, 300.0f, -300.0f};
    for (int i = 0; i < 4; i++) {
        const double x = (double)far[i];
        const double normal = -0.5 * x * x - 0.5 * log(2.0 * PI);
        const pv_gaussian g = {1, 1, &zero, &zero, 1, 1};
        float log_prob;
        pv_gaussian_log(&g, &far[i], &log_prob);
        const double expected = normal - log(4.0) + 2.0 * fabs(x);
        ck_assert_double_eq_tol((double)log_prob, expected, 1e-6 * fabs(expected));
        float d = 0.0f;
        float dl = 0.0f;
        const float one = 1.0f;
        pv_gaussian_gradient(&g, &far[i], &one, 0.0f, &d, &dl);
        ck_assert(isfinite(d) && isfinite(dl));
    }
}
END_TEST

START_TEST(draws_have_the_moments_of_the_policy)
{
    enum { ROUNDS = 20000 };
    const float mean[4] = {1.0f, -2.0f, 0.0f, 0.5f};
    const float log_std[2] = {-1.0f, 0.5f};
    const pv_gaussian g = {2, 2, mean, log_std, 1, 1};
    pv_rng rng[2] = {pv_rng_split(9, "a"), pv_rng_split(9, "b")};
    double sum[4] = {0};
    double squares[4] = {0};
    for (int k = 0; k < ROUNDS; k++) {
        float action[4];
        float raw[4];
        pv_gaussian_sample(&g, rng, action, raw);
        for (int i = 0; i < 4; i++) {
            ck_assert_float_eq(action[i], tanhf(raw[i]));
            sum[i] += (double)raw[i];
            squares[i] += (double)raw[i] * (double)raw[i];
        }
    }
    for (int i = 0; i < 4; i++) {
        /* four standard errors */
        const double m = sum[i] / ROUNDS;
        const double std = exp((double)log_std[i % 2]);
        ck_assert_double_eq_tol(m, (double)mean[i], 4.0 * std / sqrt(ROUNDS));
        ck_assert_double_eq_tol(squares[i] / ROUNDS - m * m, std * std,
                                4.0 * std * std * sqrt(2.0 / ROUNDS));
    }
}
END_TEST

START_TEST(rows_draw_from_their_own_streams_and_best_is_the_mean)
{
    const float mean[2] = {0.25f, -3.0f};
    const float log_std[2] = {0.0f, 0.0f};
    const pv_gaussian both = {2, 1, mean, log_std, 0, 0};
    const pv_gaussian second = {1, 1, mean + 1, log_std, 0, 0};
    const pv_gaussian squashed = {2, 1, mean, log_std, 0, 1};
    pv_rng together[2] = {pv_rng_split(1, "a"), pv_rng_split(1, "b")};
    pv_rng alone = pv_rng_split(1, "b");
    float action[2];
    for (int i = 0; i < 100; i++) {
        float one;
        pv_gaussian_sample(&both, together, action, NULL);
        pv_gaussian_sample(&second, &alone, &one, NULL);
        ck_assert_float_eq(action[1], one);
    }
    pv_gaussian_best(&both, action);
    ck_assert(action[0] == 0.25f && action[1] == -3.0f);
    pv_gaussian_best(&squashed, action);
    ck_assert(action[0] == tanhf(0.25f) && action[1] == tanhf(-3.0f));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nets_heads_gaussian");
    TCase *tests = tcase_create("gaussian");
    tcase_add_test(tests, log_densities_are_the_textbook_formula);
    tcase_add_test(tests, gaussian_gradient_is_the_derivative);
    tcase_add_test(tests, entropy_and_divergence_are_the_integrals);
    tcase_add_test(tests, squashed_density_integrates_to_one_over_actions);
    tcase_add_test(tests, squashed_density_is_exact_where_tanh_rounds_to_one);
    tcase_add_test(tests, draws_have_the_moments_of_the_policy);
    tcase_add_test(tests, rows_draw_from_their_own_streams_and_best_is_the_mean);
    suite_add_tcase(suite, tests);
    return help_main(suite);
}
