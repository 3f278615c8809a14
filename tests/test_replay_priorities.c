/* Prioritised drawing: frequencies, weights and priorities by hand. */
#include "replay_oracle.h"

static const o_shape shape = {4, 1, 2, 3};

/* one row whose first n transitions are pushed; rewards as given */
typedef struct rig {
    oracle o;
    pv_replay_config config;
    pv_replay *replay;
    pv_rng rng;
} rig;

static void set_up(rig *r, pv_replay_kind kind, double alpha, double epsilon, int n_step)
{
    o_init(&r->o, shape, 2, 1);
    r->config = o_config(&r->o, 60);
    r->config.kind = kind;
    r->config.alpha = alpha;
    r->config.epsilon = epsilon;
    r->config.n_step = n_step;
    r->config.batch = 64;
    r->replay = pv_replay_create(&r->config);
    r->rng = pv_rng_split(1, "test");
    for (int i = 0; i < 70; i++) {
        o_step(&r->o, r->replay);
    }
}

static void tear_down(rig *r)
{
    pv_replay_destroy(r->replay);
    o_free(&r->o);
}

/* an invented TD error of a transition, from its place */
static double error_of(const o_transition *t)
{
    return (t->place % 2 ? -1.0 : 1.0) * (0.25 + (double)(t->place * 7 % 11));
}

static double n_step_return(const o_row *r, size_t t, const pv_replay_config *config)
{
    double sum = 0.0;
    for (int i = 0; i < o_window(r, t, config->n_step); i++) {
        sum += pow(config->gamma, i) * (double)r->all[t + (size_t)i].reward;
    }
    return sum;
}

static double priority_of(const rig *r, const o_row *row, size_t t)
{
    const double size = r->config.kind == PV_REPLAY_REWARD ? fabs(n_step_return(row, t, &r->config))
                                                           : fabs(error_of(&row->all[t]));
    return pow(size + r->config.epsilon, r->config.alpha);
}

static double sum_of_priorities(const rig *r)
{
    double sum = 0.0;
    for (int row = 0; row < r->o.rows; row++) {
        for (size_t t = 0; t < r->o.row[row].n; t++) {
            if (o_drawable(&r->o.row[row], t, &r->config)) {
                sum += priority_of(r, &r->o.row[row], t);
            }
        }
    }
    return sum;
}

/* tells the invented TD error of everything that can be drawn */
static void tell_errors(rig *r)
{
    for (int row = 0; row < r->o.rows; row++) {
        for (size_t t = 0; t < r->o.row[row].n; t++) {
            const o_transition *at = &r->o.row[row].all[t];
            const uint64_t index = at->place * 2 + (uint64_t)row;
            const float error = (float)error_of(at);
            pv_replay_update(r->replay, &index, &error, 1); /* old places are passed over */
        }
    }
}

/* draws often, and holds the counts against p / sum by chi-square and the weights against
   (N P)^-beta */
static void check_draws(rig *r)
{
    enum { ROUNDS = 3000, SAMPLES = 16, MOST = 200 };
    const double beta = 0.7;
    const double sum = sum_of_priorities(r);
    const double n = (double)pv_replay_count(r->replay);
    int counts[2][MOST] = {{0}};
    for (int round = 0; round < ROUNDS; round++) {
        const pv_replay_batch *b = pv_replay_draw(r->replay, &r->rng, SAMPLES, beta);
        double weight[SAMPLES];
        double greatest = 0.0;
        for (int i = 0; i < SAMPLES; i++) {
            int row = 0;
            const size_t t = o_find(&r->o, b->index[i], &row);
            ck_assert(o_drawable(&r->o.row[row], t, &r->config));
            counts[row][t]++;
            weight[i] = pow(n * priority_of(r, &r->o.row[row], t) / sum, -beta);
            greatest = fmax(greatest, weight[i]);
        }
        for (int i = 0; i < SAMPLES; i++) {
            ck_assert_double_eq_tol(b->weight[i], weight[i] / greatest, 1e-5);
        }
    }
    double chi = 0.0;
    double cells = 0.0;
    for (int row = 0; row < 2; row++) {
        for (size_t t = 0; t < r->o.row[row].n; t++) {
            if (o_drawable(&r->o.row[row], t, &r->config)) {
                const double expected = ROUNDS * SAMPLES * priority_of(r, &r->o.row[row], t) / sum;
                chi += pow(counts[row][t] - expected, 2.0) / expected;
                cells += 1.0;
            }
        }
    }
    /* strata make the counts steadier than independent draws, so only the upper bound is sure */
    ck_assert_double_lt(chi, cells + 5.0 * sqrt(2.0 * cells));
    ck_assert_double_gt(cells, 30.0);
}

START_TEST(draws_follow_the_td_errors)
{
    rig r;
    set_up(&r, PV_REPLAY_PRIORITIZED, 0.6, 0.01, 1);
    tell_errors(&r);
    check_draws(&r);
    tear_down(&r);
    set_up(&r, PV_REPLAY_PRIORITIZED, 1.0, 0.5, 3);
    tell_errors(&r);
    check_draws(&r);
    tear_down(&r);
}
END_TEST

START_TEST(draws_follow_the_size_of_the_reward)
{
    rig r;
    set_up(&r, PV_REPLAY_REWARD, 0.8, 0.05, 1);
    tell_errors(&r); /* means nothing here */
    check_draws(&r);
    tear_down(&r);
    set_up(&r, PV_REPLAY_REWARD, 0.5, 0.05, 3);
    check_draws(&r);
    tear_down(&r);
}
END_TEST

START_TEST(prioritised_samples_are_what_was_pushed)
{
    rig r;
    set_up(&r, PV_REPLAY_PRIORITIZED, 0.6, 0.01, 2);
    for (int i = 0; i < 300; i++) {
        o_step(&r.o, r.replay);
        o_check_draw(&r.o, &r.config, r.replay, &r.rng, 32);
        tell_errors(&r);
    }
    tear_down(&r);
}
END_TEST

START_TEST(each_part_of_the_sum_gives_one_sample)
{
    /* with equal priorities and as many samples as transitions, each is drawn exactly once, but for
       the two neighbours of a border that rounding may move */
    rig r;
    set_up(&r, PV_REPLAY_PRIORITIZED, 1.0, 0.0, 1);
    const int n = (int)pv_replay_count(r.replay);
    ck_assert_int_le(n, 64);
    const pv_replay_batch *b = pv_replay_draw(r.replay, &r.rng, n, 1.0);
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < i; k++) {
            ck_assert_uint_ne(b->index[i], b->index[k]);
        }
        ck_assert_float_eq(b->weight[i], 1.0f);
    }
    tear_down(&r);
}
END_TEST

START_TEST(new_transitions_get_the_greatest_priority_so_far)
{
    rig r;
    set_up(&r, PV_REPLAY_PRIORITIZED, 1.0, 0.0, 1);
    /* everything becomes 1, one transition 50 */
    const uint64_t first = pv_replay_draw(r.replay, &r.rng, 1, 1.0)->index[0];
    pv_replay_update(r.replay, &first, &(float){-50.0f}, 1);
    const uint64_t before = pv_replay_pushed(r.replay);
    o_step(&r.o, r.replay);
    const int pushed = (int)(pv_replay_pushed(r.replay) - before);
    ck_assert_int_ge(pushed, 1);
    int newest = 0;
    int large = 0;
    int others = 0;
    enum { ROUNDS = 4000 };
    for (int i = 0; i < ROUNDS; i++) {
        const pv_replay_batch *b = pv_replay_draw(r.replay, &r.rng, 1, 1.0);
        newest += b->age[0] <= 1 && b->index[0] != first;
        large += b->index[0] == first;
        others += b->age[0] > 1 && b->index[0] != first;
    }
    const double n = (double)pv_replay_count(r.replay) - 1 - pushed;
    const double sum = 50.0 * (1 + pushed) + n;
    ck_assert_double_eq_tol(large / (double)ROUNDS, 50.0 / sum, 0.05);
    ck_assert_double_eq_tol(newest / (double)ROUNDS, 50.0 * pushed / sum, 0.05);
    ck_assert_double_eq_tol(others / (double)ROUNDS, n / sum, 0.05);
    tear_down(&r);
}
END_TEST

START_TEST(an_error_of_nothing_still_leaves_a_chance)
{
    rig r;
    set_up(&r, PV_REPLAY_PRIORITIZED, 0.6, 0.0, 1);
    for (int i = 0; i < 200; i++) {
        const pv_replay_batch *b = pv_replay_draw(r.replay, &r.rng, 64, 0.5);
        const float none[64] = {0};
        pv_replay_update(r.replay, b->index, none, 64);
    }
    o_check_draw(&r.o, &r.config, r.replay, &r.rng, 64);
    tear_down(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replay_priorities");
    TCase *priorities = tcase_create("priorities");
    tcase_add_test(priorities, draws_follow_the_td_errors);
    tcase_add_test(priorities, draws_follow_the_size_of_the_reward);
    tcase_add_test(priorities, prioritised_samples_are_what_was_pushed);
    tcase_add_test(priorities, each_part_of_the_sum_gives_one_sample);
    tcase_add_test(priorities, new_transitions_get_the_greatest_priority_so_far);
    tcase_add_test(priorities, an_error_of_nothing_still_leaves_a_chance);
    suite_add_tcase(suite, priorities);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
