/* test_envs_classic_motion.c: the worlds of classic control by the equations of motion of
   textbooks, worked out here from mass matrices, and their options. */
#include "classic_help.h"

#include "core/memory.h"

#include <stdlib.h>

/* Solves a x = b of two unknowns. */
static void solve(const double a[2][2], const double b[2], double x[2])
{
    const double det = a[0][0] * a[1][1] - a[0][1] * a[1][0];
    x[0] = (b[0] * a[1][1] - b[1] * a[0][1]) / det;
    x[1] = (a[0][0] * b[1] - a[1][0] * b[0]) / det;
}

/* --- CartPole --- */

START_TEST(cartpole_moves_as_lagrange_says)
{
    pv_rng rng;
    play played;
    pv_rng_init(&rng, 1);
    open_world(&played, "CartPole-v1");
    for (int round = 0; round < 1000; round++) {
        double s[4];
        static const double range[4] = {2.4, 3.0, 0.2, 3.0};
        for (int i = 0; i < 4; i++) {
            s[i] = range[i] * (2.0 * pv_draw_uniform(&rng, NULL) - 1.0);
        }
        const int action = round % 2;
        put(&played, CLASSIC_RUNNING, s[0], s[1], s[2], s[3]);
        ck_assert_int_eq(play_step(&played, action), PV_OK);
        /* cart of 1 kg, rod of 0.1 kg and 1 m that falls to the right: forces, moments */
        const double c = cos(s[2]);
        const double mass[2][2] = {{1.1, 0.05 * c}, {0.05 * c, 0.1 * 0.25 * 4.0 / 3.0}};
        const double pull[2] = {(action ? 10.0 : -10.0) + 0.05 * s[3] * s[3] * sin(s[2]),
                                0.05 * 9.8 * sin(s[2])};
        double turned[2];
        solve(mass, pull, turned);
        const classic_state now = state_of(&played);
        ck_assert_double_eq_tol(now.s[0], s[0] + 0.02 * s[1], 1e-14);
        ck_assert_double_eq_tol(now.s[1], s[1] + 0.02 * turned[0], 1e-13);
        ck_assert_double_eq_tol(now.s[2], s[2] + 0.02 * s[3], 1e-14);
        ck_assert_double_eq_tol(now.s[3], s[3] + 0.02 * turned[1], 1e-13);
    }
    play_close(&played);
}
END_TEST

START_TEST(cartpole_ends_beyond_its_limits_only)
{
    static const double limits[2] = {2.4, 12.0 / 180.0 * 3.141592653589793};
    play played;
    open_world(&played, "CartPole-v1");
    for (int i = 0; i < 8; i++) {
        const double side = i & 1 ? 1.0 : -1.0;
        const int beyond = i >> 1 & 1;
        const int angle = i >> 2;
        /* one step away from a place just within or just beyond, at 0.5 a second */
        const double place = side * (limits[angle] + (beyond ? 1e-9 : -1e-9) - 0.02 * 0.5);
        const double speed = side * 0.5;
        put(&played, CLASSIC_RUNNING, angle ? 0.0 : place, angle ? 0.0 : speed, angle ? place : 0.0,
            angle ? speed : 0.0);
        ck_assert_int_eq(play_step(&played, i % 2), PV_OK);
        ck_assert_int_eq(played.terminated, beyond);
        ck_assert(played.reward == 1.0f);
    }
    play_close(&played);
}
END_TEST

/* Pushes right until the pole falls; returns the sum of the rewards before the last. */
static double fall(play *played)
{
    double sum = 0.0;
    ck_assert_int_eq(play_reset(played, 1), PV_OK);
    do {
        sum += played->terminated ? 0.0 : (double)played->reward;
        ck_assert_int_eq(play_step(played, 1), PV_OK);
    } while (!played->terminated);
    return sum;
}

START_TEST(the_falling_step_pays_and_later_ones_do_not)
{
    play played;
    open_world(&played, "CartPole-v1");
    ck_assert_double_gt(fall(&played), 3.0);
    ck_assert(played.reward == 1.0f);
    for (int i = 0; i < 30; i++) {
        const classic_state before = state_of(&played);
        ck_assert_int_eq(play_step(&played, i % 2), PV_OK);
        ck_assert(played.reward == 0.0f && played.terminated == 1);
        ck_assert_double_eq(state_of(&played).s[0], before.s[0] + 0.02 * before.s[1]);
    }
    play_close(&played);
}
END_TEST

START_TEST(sutton_and_bartos_reward_is_minus_one_at_the_end)
{
    play played;
    open_world(&played, "CartPole-v1:sutton_barto_reward=1");
    ck_assert_double_eq(fall(&played), 0.0);
    ck_assert(played.reward == -1.0f);
    play_close(&played);
}
END_TEST

START_TEST(a_pole_left_alone_for_long_is_refused_before_numbers_overflow)
{
    play played;
    int steps = 0;
    open_world(&played, "CartPole-v1");
    fall(&played);
    while (!play_step(&played, 1)) {
        ck_assert_int_lt(steps++, 100000);
        const classic_state now = state_of(&played);
        ck_assert_int_eq(played.env_class->load(played.env, &now, sizeof now), PV_OK);
    }
    ck_assert_int_gt(steps, 100);
    ck_assert_str_eq(played.instance.message, "step long after the end, without a reset");
    ck_assert_int_eq(play_reset(&played, 1), PV_OK);
    ck_assert_int_eq(play_step(&played, 1), PV_OK);
    play_close(&played);
}
END_TEST

/* --- the cars --- */

START_TEST(the_flag_counts_at_the_speed_asked_for)
{
    play played;
    for (int fast = 0; fast < 2; fast++) {
        open_world(&played, "MountainCar-v0:goal_velocity=0.05");
        put(&played, CLASSIC_RUNNING, 0.48, fast ? 0.06 : 0.03, 0, 0);
        ck_assert_int_eq(play_step(&played, 2), PV_OK);
        ck_assert_int_eq(played.terminated, fast);
        ck_assert(played.reward == -1.0f);
        play_close(&played);
        open_world(&played, "MountainCarContinuous-v0:goal_velocity=0.05");
        put(&played, CLASSIC_RUNNING, 0.43, fast ? 0.06 : 0.03, 0, 0);
        ck_assert_int_eq(play_push(&played, 0.5f), PV_OK);
        ck_assert_int_eq(played.terminated, fast);
        ck_assert_float_eq_tol(played.reward, (fast ? 100.0f : 0.0f) - 0.025f, 1e-5f);
        play_close(&played);
    }
}
END_TEST

START_TEST(the_left_wall_stops_a_car)
{
    static const char *const worlds[] = {"MountainCar-v0", "MountainCarContinuous-v0"};
    for (int i = 0; i < 2; i++) {
        play played;
        open_world(&played, worlds[i]);
        put(&played, CLASSIC_RUNNING, -1.19, -0.05, 0, 0);
        ck_assert_int_eq(i ? play_push(&played, -1.0f) : play_step(&played, 0), PV_OK);
        const classic_state now = state_of(&played);
        ck_assert_double_eq(now.s[0], i ? (double)-1.2f : -1.2);
        ck_assert_double_eq(now.s[1], 0.0);
        play_close(&played);
    }
}
END_TEST

START_TEST(an_effort_beyond_its_bounds_costs_but_does_not_push)
{
    play played;
    open_world(&played, "MountainCarContinuous-v0");
    put(&played, CLASSIC_RUNNING, -0.5, 0, 0, 0);
    ck_assert_int_eq(play_push(&played, 3.0f), PV_OK);
    const double strong = state_of(&played).s[1];
    ck_assert_float_eq_tol(played.reward, -0.9f, 1e-7f);
    put(&played, CLASSIC_RUNNING, -0.5, 0, 0, 0);
    ck_assert_int_eq(play_push(&played, 1.0f), PV_OK);
    ck_assert_double_eq_tol(state_of(&played).s[1], strong, 1e-9);
    ck_assert_float_eq_tol(played.reward, -0.1f, 1e-7f);
    play_close(&played);
}
END_TEST

/* --- Acrobot --- */

/* The accelerations of a double pendulum of rods by Lagrange; the book's links have their mass in
   the middle and a moment of inertia of 1. The angles are absolute, downwards being 0. */
static void accelerate(const double *s, double torque, double *ds)
{
    const double upper = s[0];
    const double lower = s[0] + s[1];
    const double upper_spin = s[2];
    const double lower_spin = s[2] + s[3];
    const double c = 0.5 * cos(lower - upper);
    const double d = 0.5 * sin(lower - upper);
    const double mass[2][2] = {{1.0 + 0.25 + 1.0, c}, {c, 1.0 + 0.25}};
    const double pull[2] = {-torque + d * lower_spin * lower_spin - 1.5 * 9.8 * sin(upper),
                            torque - d * upper_spin * upper_spin - 0.5 * 9.8 * sin(lower)};
    double turned[2];
    solve(mass, pull, turned);
    ds[0] = s[2];
    ds[1] = s[3];
    ds[2] = turned[0];
    ds[3] = turned[1] - turned[0];
}

START_TEST(acrobot_moves_as_lagrange_says)
{
    enum { PARTS = 20000 };
    for (int action = 0; action < 3; action++) {
        play played;
        double s[4] = {0.3 - 0.2 * action, 0.5, -0.4, 0.6 * action};
        open_world(&played, "Acrobot-v1");
        put(&played, CLASSIC_RUNNING, s[0], s[1], s[2], s[3]);
        ck_assert_int_eq(play_step(&played, action), PV_OK);
        for (int part = 0; part < PARTS; part++) { /* the midpoint rule in small parts of 0.2 s */
            double ds[4];
            double middle[4];
            accelerate(s, action - 1.0, ds);
            for (int i = 0; i < 4; i++) {
                middle[i] = s[i] + 0.1 / PARTS * ds[i];
            }
            accelerate(middle, action - 1.0, ds);
            for (int i = 0; i < 4; i++) {
                s[i] += 0.2 / PARTS * ds[i];
            }
        }
        for (int i = 0; i < 4; i++) { /* one step of Runge and Kutta is that good */
            ck_assert_double_eq_tol(state_of(&played).s[i], s[i], 2e-4);
        }
        play_close(&played);
    }
}
END_TEST

START_TEST(the_papers_equations_differ_by_a_term_in_the_upper_speed)
{
    for (int spinning = 0; spinning < 2; spinning++) {
        play book;
        play nips;
        open_world(&book, "Acrobot-v1");
        open_world(&nips, "Acrobot-v1:book_or_nips=nips");
        put(&book, CLASSIC_RUNNING, 0, 0, 3.0 * spinning, 0);
        put(&nips, CLASSIC_RUNNING, 0, 0, 3.0 * spinning, 0);
        ck_assert_int_eq(play_step(&book, 1), PV_OK);
        ck_assert_int_eq(play_step(&nips, 1), PV_OK);
        const double apart = fabs(state_of(&book).s[3] - state_of(&nips).s[3]);
        ck_assert(spinning ? apart > 1e-3 : apart == 0.0); /* the term is 0 at rest */
        play_close(&book);
        play_close(&nips);
    }
}
END_TEST

START_TEST(noise_of_a_torque_is_one_draw_a_step)
{
    const double draws[] = {0.5, 0.5, 0.5, 0.5, 0.75};
    script written = {draws, 5, 0};
    pv_draws source = script_draws(&written);
    play noisy;
    ck_assert_int_eq(play_open(&noisy, "Acrobot-v1:torque_noise_max=2", &source), PV_OK);
    ck_assert_int_eq(play_reset(&noisy, 1), PV_OK);
    ck_assert_int_eq(play_step(&noisy, 1), PV_OK); /* torque 0 and noise of -2 + 4 * 0.75 */
    ck_assert_int_eq(written.used, 5);
    play plain;
    open_world(&plain, "Acrobot-v1");
    put(&plain, CLASSIC_BEGUN, 0, 0, 0, 0);
    ck_assert_int_eq(play_step(&plain, 2), PV_OK);
    const classic_state one = state_of(&noisy);
    const classic_state other = state_of(&plain);
    ck_assert_mem_eq(one.s, other.s, sizeof one.s);
    play_close(&noisy);
    play_close(&plain);
}
END_TEST

START_TEST(the_line_is_one_link_above_the_bar)
{
    /* at rest, nearly: the end stands at -cos(a) - cos(a + b) */
    static const struct {
        double upper, lower;
        int above;
    } arms[] = {{3.0, 0.1, 1}, {3.0, 2.0, 0}, {0.0, 0.0, 0}, {2.0, 1.1, 1}, {1.6, 1.5, 0}};
    for (int i = 0; i < 5; i++) {
        play played;
        open_world(&played, "Acrobot-v1");
        put(&played, CLASSIC_RUNNING, arms[i].upper, arms[i].lower, 0, 0);
        ck_assert_int_eq(play_step(&played, 1), PV_OK);
        const classic_state now = state_of(&played);
        const int above = -cos(now.s[0]) - cos(now.s[0] + now.s[1]) > 1.0;
        ck_assert_int_eq(above, arms[i].above);
        ck_assert_int_eq(played.terminated, above);
        ck_assert(played.reward == (above ? 0.0f : -1.0f));
        play_close(&played);
    }
}
END_TEST

/* --- Pendulum --- */

START_TEST(gravity_is_what_was_asked_for)
{
    static const double gravities[] = {10.0, 9.81, 0.0, -5.0};
    static const char *const worlds[] = {"Pendulum-v1", "Pendulum-v1:g=9.81", "Pendulum-v1:g=0",
                                         "Pendulum-v1:g=-5"};
    for (int i = 0; i < 4; i++) {
        play played;
        open_world(&played, worlds[i]);
        put(&played, CLASSIC_RUNNING, 1.0, 0.5, 0, 0);
        ck_assert_int_eq(play_push(&played, 1.0f), PV_OK);
        /* a rod of 1 kg and 1 m about its end: moment 1/3, weight in the middle */
        const double spin = 0.5 + 0.05 * 3.0 * (0.5 * gravities[i] * sin(1.0) + 1.0);
        const classic_state now = state_of(&played);
        ck_assert_double_eq_tol(now.s[1], spin, 1e-14);
        ck_assert_double_eq_tol(now.s[0], 1.0 + 0.05 * spin, 1e-14);
        ck_assert_double_eq_tol((double)played.reward, -(1.0 + 0.1 * 0.25 + 0.001), 1e-6);
        play_close(&played);
    }
}
END_TEST

START_TEST(the_cost_knows_no_full_turns)
{
    play played;
    open_world(&played, "Pendulum-v1");
    for (int turns = -3; turns <= 3; turns++) {
        put(&played, CLASSIC_RUNNING, -0.7 + turns * 2.0 * classic_pi, 0, 0, 0);
        ck_assert_int_eq(play_push(&played, 0.0f), PV_OK);
        ck_assert_double_eq_tol((double)played.reward, -0.49, 1e-6);
    }
    play_close(&played);
}
END_TEST

static void check_memory(void)
{
    ck_assert_uint_eq(pv_memory_live(), 0);
}

static void add_motion(TCase *tests)
{
    tcase_add_test(tests, cartpole_moves_as_lagrange_says);
    tcase_add_test(tests, cartpole_ends_beyond_its_limits_only);
    tcase_add_test(tests, the_falling_step_pays_and_later_ones_do_not);
    tcase_add_test(tests, sutton_and_bartos_reward_is_minus_one_at_the_end);
    tcase_add_test(tests, a_pole_left_alone_for_long_is_refused_before_numbers_overflow);
    tcase_add_test(tests, the_flag_counts_at_the_speed_asked_for);
    tcase_add_test(tests, the_left_wall_stops_a_car);
    tcase_add_test(tests, an_effort_beyond_its_bounds_costs_but_does_not_push);
    tcase_add_test(tests, acrobot_moves_as_lagrange_says);
    tcase_add_test(tests, the_papers_equations_differ_by_a_term_in_the_upper_speed);
    tcase_add_test(tests, noise_of_a_torque_is_one_draw_a_step);
    tcase_add_test(tests, the_line_is_one_link_above_the_bar);
    tcase_add_test(tests, gravity_is_what_was_asked_for);
    tcase_add_test(tests, the_cost_knows_no_full_turns);
}

int main(void)
{
    Suite *suite = suite_create("classic motion");
    TCase *tests = tcase_create("classic motion");
    tcase_add_checked_fixture(tests, NULL, check_memory);
    add_motion(tests);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
