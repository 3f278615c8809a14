/* What a policy is truly worth: values solved by hand and by sweeping over the table until nothing
   changes, and the error that prediction reports against them. */
#include "agents/exact.h"
#include "agents/plan.h"
#include "agents_help.h"

#include <math.h>

#define EQ(a, b) ck_assert_double_eq_tol(a, b, 1e-9)

/* a world, a policy for it and what that is worth */
typedef struct judged {
    pv_world *world;
    pv_table table;
    pv_given given;
    pv_exact exact;
} judged;

static judged judge(const char *world, const char *policy, double gamma)
{
    judged j = {.world = pv_world_open(world)};
    ck_assert_msg(j.world != NULL, "%s", pv_last_error());
    ck_assert_int_eq(pv_table_init(&j.table, j.world, PV_TABLE_STATES, 0.0), PV_OK);
    ck_assert_int_eq(pv_given_init(&j.given, &j.table, policy, gamma), PV_OK);
    ck_assert_int_eq(pv_exact_init(&j.exact, j.world, &j.given, gamma), PV_OK);
    return j;
}

static void forget(judged *j)
{
    pv_exact_free(&j->exact);
    pv_given_free(&j->given);
    pv_table_free(&j->table);
    pv_world_close(j->world);
}

START_TEST(walks_have_the_values_of_the_book)
{
    judged j = judge("RandomWalk-v0", "random", 1.0);
    ck_assert_uint_eq(j.exact.n, 5); /* the ends are not among them */
    for (size_t i = 0; i < j.exact.n; i++) {
        EQ(j.exact.value[i], (double)j.exact.state[i] / 6.0);
    }
    forget(&j);
    j = judge("RandomWalk-v0:states=19,left=-1", "random", 1.0);
    ck_assert_uint_eq(j.exact.n, 19);
    for (size_t i = 0; i < j.exact.n; i++) {
        EQ(j.exact.value[i], ((double)j.exact.state[i] - 10.0) / 10.0);
    }
    forget(&j);
}
END_TEST

START_TEST(states_that_the_policy_never_reaches_do_not_count)
{
    judged j = judge("RandomWalk-v0", "action:1", 0.9);
    static const size_t state[] = {3, 4, 5};
    static const double value[] = {0.81, 0.9, 1.0};
    ck_assert_uint_eq(j.exact.n, 3);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(j.exact.state[i], state[i]);
        EQ(j.exact.value[i], value[i]);
    }
    forget(&j);
}
END_TEST

/* sweeps V(s) <- sum_a pi(a | s) sum p [r + gamma V(s')] over all states until nothing changes */
static void sweep(const judged *j, double gamma, double *value)
{
    pv_model *model = pv_model_create(j->world);
    double change = 1.0;
    memset(value, 0, j->table.states * sizeof *value);
    while (change > 1e-13) {
        change = 0.0;
        for (size_t s = 0; s < j->table.states; s++) {
            double probability[16];
            double sum = 0.0;
            pv_given_probabilities(&j->given, s, NULL, probability);
            for (int a = 0; a < j->table.actions; a++) {
                uint32_t n;
                const pv_outcome *o = pv_model_outcomes(model, (uint32_t)s, (uint32_t)a, &n);
                for (uint32_t k = 0; k < n; k++) {
                    const double beyond = o[k].terminated ? 0.0 : gamma * value[o[k].next];
                    sum += probability[a] * o[k].probability * (o[k].reward + beyond);
                }
            }
            change = fmax(change, fabs(sum - value[s]));
            value[s] = sum;
        }
    }
    pv_model_destroy(model);
}

static const struct {
    const char *world, *policy;
    double gamma;
} cases[] = {{"CliffWalking-v1", "random", 0.9},
             {"FrozenLake-v1", "random", 1.0},
             {"FrozenLake8x8-v1", "optimal", 0.99},
             {"WindyGridWorld-v0", "random", 0.95},
             {"Taxi-v4", "random", 0.8},
             {"CliffWalking-v1", "optimal", 1.0}};
enum { CASES = sizeof cases / sizeof cases[0] };

START_TEST(solving_and_sweeping_agree)
{
    double swept[PV_EXACT_MAX];
    judged j = judge(cases[_i].world, cases[_i].policy, cases[_i].gamma);
    ck_assert_uint_gt(j.exact.n, 0);
    sweep(&j, cases[_i].gamma, swept);
    for (size_t i = 0; i < j.exact.n; i++) {
        EQ(j.exact.value[i], swept[j.exact.state[i]]);
    }
    ck_assert_double_lt(pv_exact_error(&j.exact, swept), 1e-9);
    forget(&j);
}
END_TEST

START_TEST(where_nothing_can_be_known_nothing_is)
{
    static const struct {
        const char *world, *policy;
        double gamma;
    } unknown[] = {
        {"CliffWalking-v1", "action:0", 1.0},         /* up against the wall for ever */
        {"RandomWalk-v0:states=1000", "random", 1.0}, /* too many states */
        {"Bandit-v0", "random", 1.0},                 /* no table */
        {"Taxi-v4:mask=1", "random", 0.9},            /* the table knows no mask */
        {"Blackjack-v1", "random", 1.0},              /* observes less than its state */
    };
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        judged j = judge(unknown[i].world, unknown[i].policy, unknown[i].gamma);
        ck_assert_uint_eq(j.exact.n, 0);
        ck_assert(isnan(pv_exact_error(&j.exact, j.table.value)));
        forget(&j);
    }
    judged j = judge("CliffWalking-v1", "action:0", 0.9); /* discounted it is -1 / (1 - 0.9) */
    ck_assert_uint_gt(j.exact.n, 0);
    EQ(j.exact.value[0], -10.0);
    forget(&j);
}
END_TEST

/* the metric of that name, NaN if it is not reported */
static double metric(pv_agent *agent, const char *name)
{
    pv_metric metrics[PV_METRICS_MAX];
    const int n = agent->agent_class->metrics(agent, metrics);
    for (int i = 0; i < n; i++) {
        if (strcmp(metrics[i].name, name) == 0) {
            return metrics[i].value;
        }
    }
    return NAN;
}

START_TEST(prediction_reports_its_error)
{
    static const char *const agents[] = {"td", "mc"};
    static const char *const settings[] = {"gamma=1,initial=0.5,alpha=0.1",
                                           "gamma=1,initial=0.5,mode=prediction,alpha=0.1"};
    for (int i = 0; i < 2; i++) {
        pv_world *world = pv_world_open("RandomWalk-v0");
        pv_agent *agent = make_agent(agents[i], world, settings[i]);
        /* errors 1/3, 1/6, 0, 1/6, 1/3 */
        EQ(metric(agent, "rms_error"), sqrt(2.0 * (1.0 / 9.0 + 1.0 / 36.0) / 5.0));
        tell(agent, 5, 1, 1.0f, 6, TERMINATES); /* 0.55 where 5/6 is true */
        const double error = 5.0 / 6.0 - 0.55;
        EQ(metric(agent, "rms_error"), sqrt((1.0 / 9.0 + 2.0 / 36.0 + error * error) / 5.0));
        pv_agent_destroy(agent);
        pv_world_close(world);
    }
    pv_world *world = pv_world_open("Blackjack-v1");
    pv_agent *agent = make_agent("td", world, NULL);
    ck_assert(isnan(metric(agent, "rms_error")));
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(want_of_memory_is_survived)
{
    judged j = judge("RandomWalk-v0", "random", 1.0);
    pv_status status = PV_ERROR_MEMORY;
    uint64_t k = 0;
    while (status) {
        pv_exact exact;
        const size_t before = pv_memory_live();
        pv_memory_fail_at(++k);
        status = pv_exact_init(&exact, j.world, &j.given, 1.0);
        pv_memory_fail_at(0);
        if (status == PV_OK) {
            ck_assert_uint_eq(exact.n, 5);
            pv_exact_free(&exact);
        }
        ck_assert_uint_eq(pv_memory_live(), before);
    }
    ck_assert_uint_gt(k, 5);
    forget(&j);
}
END_TEST

static void check_memory(void)
{
    ck_assert_uint_eq(pv_memory_live(), 0);
}

int main(void)
{
    Suite *suite = suite_create("agents/exact");
    TCase *tests = tcase_create("exact");
    tcase_add_checked_fixture(tests, NULL, check_memory);
    tcase_add_test(tests, walks_have_the_values_of_the_book);
    tcase_add_test(tests, states_that_the_policy_never_reaches_do_not_count);
    tcase_add_loop_test(tests, solving_and_sweeping_agree, 0, CASES);
    tcase_add_test(tests, where_nothing_can_be_known_nothing_is);
    tcase_add_test(tests, prediction_reports_its_error);
    tcase_add_test(tests, want_of_memory_is_survived);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
