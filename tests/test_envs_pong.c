/* test_envs_pong.c: the rules of Pong, seen through its observations, and how well players of known
   strength do. */
#include "pong_play.h"

#include "core/memory.h"

#include <stdio.h>

/* --- serves --- */

START_TEST(ten_thousand_serves_go_to_all_sides_equally)
{
    enum { SERVES = 10000 };
    int count[2][2] = {{0, 0}, {0, 0}};
    double slope = 0.0, height = 0.0;
    pong p;
    pong_open(&p, "Pong-v0:obs=state,pause=1,points=99,paddle=4", NULL);
    uint64_t seed = 0;
    p.terminated[0] = 1;
    for (int serves = 0, before = 0; serves < SERVES;) {
        if (p.terminated[0]) {
            pong_begin(&p, ++seed);
        }
        pong_go(&p, NOOP, NOOP);
        const ball b = pong_ball(&p, 0);
        if (pong_in_play(&p) && !before) {
            serves++;
            count[b.vx > 0.0][b.vy > 0.0]++;
            slope += b.vy;
            height += b.y;
            ck_assert(b.x == 0.0 && fabs(b.y) <= 16.0);
            ck_assert(fabs(b.vx) == 2.0 && fabs(b.vy) <= 1.0);
        }
        before = pong_in_play(&p);
    }
    for (int i = 0; i < 4; i++) { /* 2500 each, within 4 standard deviations */
        ck_assert_int_le(abs(count[i / 2][i % 2] - SERVES / 4), 175);
    }
    ck_assert_double_le(fabs(slope / SERVES), 4.0 * 0.58 / sqrt(SERVES));
    ck_assert_double_le(fabs(height / SERVES), 4.0 * 9.3 / sqrt(SERVES));
    pong_close(&p);
}
END_TEST

START_TEST(a_serve_comes_after_the_pause)
{
    pong p;
    int points = 0, waited = 0;
    pong_open(&p, "Pong-v0:obs=state,pause=17", NULL);
    pong_begin(&p, 5);
    for (int frame = 0; points < 10; frame++) {
        pong_go(&p, NOOP, NOOP);
        points += p.reward[0] != 0.0f;
        if (pong_in_play(&p)) {
            ck_assert(waited == 0 || waited == 16);
            waited = 0;
        } else {
            waited++;
            const ball b = pong_ball(&p, 0);
            ck_assert(b.x == 0.0 && b.y == 0.0 && b.vy == 0.0);
            waited -= p.reward[0] != 0.0f; /* the frame of the point itself */
        }
    }
    pong_close(&p);
}
END_TEST

/* --- the flight of the ball --- */

/* Holds one frame of the ball in play against the rules and counts the hits of its rally. */
static void expect_a_lawful_flight(const ball *was, const ball *is, int *hits)
{
    if (was->vx * is->vx < 0.0) {
        const double side = was->vx > 0.0 ? 1.0 : -1.0;
        const double offset = is->y - (side > 0.0 ? is->mine : is->other);
        const double speed = fmin(2.0 + 0.25 * ++*hits, 4.0);
        ck_assert(is->x == side * 59.0 && is->vx == -side * speed && fabs(offset) < 10.0);
        /* as steep as 1 at the tip, in proportion between; speeds are whole 1/256 */
        ck_assert_double_eq_tol(is->vy, speed * offset / 10.0, 1.0 / 256.0);
        return;
    }
    const double free = was->y + was->vy;
    const int reflected = fabs(free) > 78.0;
    ck_assert(is->vx == was->vx && is->x == was->x + was->vx);
    ck_assert(is->y == (reflected ? copysign(156.0, free) - free : free));
    ck_assert(is->vy == (reflected ? -was->vy : was->vy));
}

/* Two agents meet the ball with another part of the paddle each time. */
START_TEST(the_ball_flies_straight_reflects_and_gets_faster_by_hits)
{
    pong p;
    pv_rng rng;
    double aim = 0.0;
    int hits = 0, all = 0, most = 0;
    pv_rng_init(&rng, 8);
    pong_open(&p, "Pong-v0:obs=state,players=2,points=99,paddle_speed=8", NULL);
    pong_begin(&p, 3);
    ball was = pong_ball(&p, 0);
    while (all < 3000) {
        pong_go(&p, pong_towards(was.mine, was.y + aim, 4.0),
                pong_towards(was.other, was.y + aim, 4.0));
        const ball is = pong_ball(&p, 0);
        if (was.vx != 0.0 && is.vx != 0.0) {
            const int before = hits;
            expect_a_lawful_flight(&was, &is, &hits);
            all += hits - before;
            aim = hits > before ? 16.0 * pv_draw_uniform(&rng, NULL) - 8.0 : aim;
        } else {
            most = hits > most ? hits : most;
            hits = 0;
        }
        was = is;
        if (p.terminated[0]) {
            pong_begin(&p, 4);
            was = pong_ball(&p, 0);
        }
    }
    ck_assert_int_gt(most, 10); /* the top speed was reached */
    pong_close(&p);
}
END_TEST

START_TEST(the_angle_is_steeper_the_farther_from_the_middle_the_ball_is_hit)
{
    double steepest = 0.0, flattest = 1.0;
    pong p;
    pong_open(&p, "Pong-v0:obs=state,players=2,points=99,steepness=2,top_speed=2", NULL);
    for (uint64_t seed = 1; seed <= 400; seed++) {
        pong_begin(&p, seed);
        for (float vx = 0.0f; p.state[0][2] * vx >= 0.0f && p.reward[0] == 0.0f;) {
            vx = p.state[0][2];
            pong_go(&p, NOOP, NOOP);
        }
        if (p.reward[0] != 0.0f) {
            p.reward[0] = 0.0f;
            continue;
        }
        const double offset = p.state[0][1] * 78.0; /* both paddles stand in the middle */
        const double slope = p.state[0][3] * 2.0 / fabs((double)p.state[0][2]);
        ck_assert_double_eq_tol(slope, 2.0 * offset / 10.0, 0.01);
        steepest = fmax(steepest, fabs(slope));
        flattest = fmin(flattest, fabs(slope));
    }
    ck_assert_double_gt(steepest, 1.9);
    ck_assert_double_lt(flattest, 0.1);
    pong_close(&p);
}
END_TEST

/* --- paddles and actions --- */

START_TEST(six_actions_move_as_atari_numbers_them)
{
    static const double moves[6] = {0.0, 0.0, -2.5, 2.5, -2.5, 2.5};
    pong p;
    pong_open(&p, "Pong-v0:obs=state", NULL);
    for (int action = 0; action < 6; action++) {
        pong_begin(&p, 1);
        for (int frame = 1; frame <= 60; frame++) {
            pong_go(&p, action, NOOP);
            /* to the edge of the field, 72 pixels from the middle, and no farther */
            const double expected = fmax(-72.0, fmin(72.0, moves[action] * frame));
            ck_assert_double_eq_tol(p.state[0][4] * 80.0, expected, 1e-4);
        }
    }
    pong_close(&p);
}
END_TEST

START_TEST(three_actions_are_stay_up_and_down)
{
    static const int32_t six[3] = {NOOP, UP, DOWN};
    pong three, all;
    pv_rng rng;
    pv_rng_init(&rng, 2);
    pong_open(&three, "Pong-v0:obs=state,actions=3", NULL);
    pong_open(&all, "Pong-v0:obs=state", NULL);
    ck_assert_uint_eq(pv_world_spec(three.world)->action[0].n, 3);
    pong_begin(&three, 9);
    pong_begin(&all, 9);
    while (!all.terminated[0]) {
        const int32_t action = (int32_t)pv_draw_integer(&rng, NULL, 0, 3);
        pong_go(&three, action, NOOP);
        pong_go(&all, six[action], NOOP);
        ck_assert_mem_eq(three.state[0], all.state[0], sizeof all.state[0]);
    }
    pong_close(&three);
    pong_close(&all);
}
END_TEST

START_TEST(a_sticky_action_is_the_one_before)
{
    pong p;
    int as_told = 0;
    pong_open(&p, "Pong-v0:obs=state,sticky=1", NULL);
    pong_begin(&p, 1);
    for (int frame = 0; frame < 50; frame++) {
        pong_go(&p, UP, NOOP);
        ck_assert(p.state[0][4] == 0.0f);
    }
    pong_close(&p);
    /* told to turn round each frame with sticky s it obeys in q of them: q = 1 - s + s (1 - q) */
    pong_open(&p, "Pong-v0:obs=state,sticky=0.25,paddle=4,paddle_speed=0.5,points=99", NULL);
    pong_begin(&p, 1);
    for (int frame = 0; frame < 4000; frame++) {
        const float before = p.state[0][4];
        const int32_t told = frame % 2 ? UP : DOWN;
        pong_go(&p, told, NOOP);
        as_told += told == UP ? p.state[0][4] < before : p.state[0][4] > before;
    }
    ck_assert_double_eq_tol(as_told / 4000.0, 0.8, 0.03);
    pong_close(&p);
}
END_TEST

/* --- the end --- */

START_TEST(who_has_twenty_one_points_first_ends_it)
{
    pong p;
    pv_rng rng;
    pv_rng_init(&rng, 4);
    pong_open(&p, "Pong-v0:obs=state,players=2", NULL);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        int won = 0, lost = 0;
        pong_begin(&p, seed);
        while (!p.terminated[0]) {
            ck_assert(won < 21 && lost < 21);
            pong_go_random(&p, &rng, 6);
            ck_assert(p.reward[0] == -p.reward[1]);
            won += p.reward[0] == 1.0f;
            lost += p.reward[0] == -1.0f;
            ck_assert(p.info[0][0] == (float)won && p.info[0][1] == (float)lost);
            ck_assert(p.info[1][0] == (float)lost && p.info[1][1] == (float)won);
            ck_assert_double_eq_tol(p.state[0][6], won / 21.0, 1e-6);
            ck_assert_double_eq_tol(p.state[0][7], lost / 21.0, 1e-6);
            ck_assert(p.terminated[0] == p.terminated[1]);
            ck_assert(!p.truncated[0] && !p.truncated[1]);
        }
        ck_assert(won == 21 || lost == 21);
    }
    ck_assert_int_lt(p.instance.env_class->step(p.instance.env, &p.io), 0);
    ck_assert_ptr_nonnull(strstr(p.instance.message, "without a reset"));
    pong_close(&p);
}
END_TEST

START_TEST(a_lost_ball_pays_the_side_that_did_not_lose_it)
{
    pong p;
    int seen[2] = {0, 0};
    pong_open(&p, "Pong-v0:obs=state,players=2,paddle=4,points=99", NULL);
    pong_begin(&p, 6);
    while (!p.terminated[0]) {
        const double x = p.state[0][0] * 81.0;
        pong_go(&p, UP, DOWN);
        if (p.reward[0] != 0.0f) {
            ck_assert(p.reward[0] == (x < 0.0 ? 1.0f : -1.0f) && fabs(x) >= 81.0 - 4.0);
            seen[x < 0.0]++;
        }
    }
    ck_assert(seen[0] > 20 && seen[1] > 20);
    pong_close(&p);
}
END_TEST

/* --- both sides --- */

static void expect_mirrored(const float *a, const float *b)
{
    const float mirrored[SEEN] = {-a[0], a[1], -a[2], a[3], a[5], a[4], a[7], a[6]};
    for (int i = 0; i < SEEN; i++) {
        ck_assert(mirrored[i] == b[i]);
    }
}

/* draws of a stream of its own; `turned` serves to the other side */
typedef struct stream {
    pv_rng rng;
    int turned;
} stream;

static double stream_uniform(void *ctx)
{
    return pv_draw_uniform(&((stream *)ctx)->rng, NULL);
}

static int64_t stream_integer(void *ctx, int64_t a, int64_t b)
{
    stream *s = ctx;
    const int64_t drawn = pv_draw_integer(&s->rng, NULL, a, b);
    return s->turned && a == 0 && b == 2 ? 1 - drawn : drawn;
}

START_TEST(two_players_who_change_sides_play_the_mirrored_game)
{
    stream straight = {.turned = 0}, turned = {.turned = 1};
    pv_draws draws[2] = {{(uint32_t)sizeof(pv_draws), &straight, stream_uniform, stream_integer},
                         {(uint32_t)sizeof(pv_draws), &turned, stream_uniform, stream_integer}};
    pv_rng rng;
    pong a, b;
    int touched = 0;
    pv_rng_init(&straight.rng, 12);
    pv_rng_init(&turned.rng, 12);
    pv_rng_init(&rng, 13);
    pong_open(&a, "Pong-v0:obs=state,players=2,paddle=40", &draws[0]);
    pong_open(&b, "Pong-v0:obs=state,players=2,paddle=40", &draws[1]);
    pong_begin(&a, 0);
    pong_begin(&b, 0);
    while (!a.terminated[0]) {
        const float vx = a.state[0][2];
        const int32_t home = (int32_t)pv_draw_integer(&rng, NULL, 0, 6);
        const int32_t away = (int32_t)pv_draw_integer(&rng, NULL, 0, 6);
        pong_go(&a, home, away);
        pong_go(&b, away, home);
        expect_mirrored(a.state[0], a.state[1]); /* two agents of one game */
        expect_mirrored(a.state[0], b.state[0]); /* two games */
        ck_assert(a.reward[0] == b.reward[1] && a.terminated[0] == b.terminated[1]);
        touched += vx * a.state[0][2] < 0.0f;
    }
    ck_assert_int_gt(touched, 20);
    pong_close(&a);
    pong_close(&b);
}
END_TEST

START_TEST(an_agent_as_opponent_is_two_players)
{
    pong p;
    pong_open(&p, "Pong-v0:opponent=agent", NULL);
    ck_assert_uint_eq(pv_world_spec(p.world)->agents, 2);
    pong_close(&p);
    pong_open(&p, "Pong-v0", NULL);
    ck_assert_uint_eq(pv_world_spec(p.world)->agents, 1);
    pong_close(&p);
}
END_TEST

START_TEST(each_player_has_keys_of_its_own)
{
    pong p;
    pong_open(&p, _i ? "Pong-v0:players=2,actions=3" : "Pong-v0:players=2", NULL);
    const pv_spec *spec = pv_world_spec(p.world);
    int moves[2] = {0, 0};
    for (uint32_t i = 0; i < spec->n_keys; i++) {
        moves[spec->keys[i].agent] += !spec->keys[i].idle;
        for (uint32_t j = 0; j < i; j++) {
            ck_assert(!spec->keys[i].keys || !spec->keys[j].keys ||
                      strcmp(spec->keys[i].keys, spec->keys[j].keys) != 0);
        }
    }
    ck_assert(moves[0] == 2 && moves[1] == 2);
    pong_close(&p);
}
END_TEST

/* --- players of known strength --- */

typedef int32_t player(const pong *p, pv_rng *rng);

static int32_t play_random(const pong *p, pv_rng *rng)
{
    (void)p;
    return (int32_t)pv_draw_integer(rng, NULL, 0, 6);
}

/* follows the ball that comes, its middle at the ball */
static int32_t play_tracker(const pong *p, pv_rng *rng)
{
    const ball b = pong_ball(p, 0);
    (void)rng;
    return pong_towards(b.mine, b.vx > 0.0 ? b.y : 0.0, 2.0);
}

/* the same, to meet the ball with the paddle's lower half */
static int32_t play_edge(const pong *p, pv_rng *rng)
{
    const ball b = pong_ball(p, 0);
    (void)rng;
    return pong_towards(b.mine, b.vx > 0.0 ? b.y - 6.0 : 0.0, 2.0);
}

/* goes to where the ball will arrive, the paddle's middle there */
static int32_t play_middle(const pong *p, pv_rng *rng)
{
    const ball b = pong_ball(p, 0);
    (void)rng;
    return pong_towards(b.mine, b.vx > 0.0 ? pong_arrival(b) : 0.0, 1.0);
}

/* goes to where the ball will arrive and shoots to the far corner */
static int32_t play_perfect(const pong *p, pv_rng *rng)
{
    const ball b = pong_ball(p, 0);
    (void)rng;
    const double y = b.vx > 0.0 ? pong_arrival(b) : 0.0;
    return pong_towards(b.mine, b.vx > 0.0 ? y + copysign(7.0, y) : 0.0, 1.0);
}

/* one player against one opponent */
typedef struct strength {
    const char *name, *world;
    player *chooses;
    int every; /* how many frames a choice holds */
    int games;
    double low, high; /* of the mean return */
} strength;

static const strength strengths[] = {
    {"random", "Pong-v0:obs=state", play_random, 1, 200, -20.5, -19.9},
    {"random, every 4", "Pong-v0:obs=state", play_random, 4, 200, -20.5, -19.9},
    {"tracker", "Pong-v0:obs=state", play_tracker, 1, 10, 16.5, 19.5},
    {"tracker, every 4", "Pong-v0:obs=state", play_tracker, 4, 20, 16.0, 18.0},
    {"edge", "Pong-v0:obs=state", play_edge, 1, 40, 18.0, 20.5},
    {"edge, every 4", "Pong-v0:obs=state", play_edge, 4, 40, 15.5, 18.0},
    {"perfect", "Pong-v0:obs=state", play_perfect, 1, 40, 20.9, 21.0},
    {"perfect, every 4", "Pong-v0:obs=state", play_perfect, 4, 40, 18.0, 20.0},
    {"middle, every 4", "Pong-v0:obs=state", play_middle, 4, 20, 20.2, 21.0},
    {"edge against random", "Pong-v0:obs=state,opponent=random", play_edge, 1, 40, 20.0, 21.0},
    {"perfect against perfect", "Pong-v0:obs=state,opponent=perfect", play_perfect, 1, 2, 0.0, 0.0},
    {"random against perfect", "Pong-v0:obs=state,opponent=perfect", play_random, 1, 40, -21.0,
     -21.0},
};
enum { STRENGTHS = sizeof strengths / sizeof strengths[0] };

/* Returns the mean return of n games and its standard error. */
static double mean_return(const strength *s, int n, double *error)
{
    pong p;
    pv_rng rng;
    double sum = 0.0, squares = 0.0;
    pv_rng_init(&rng, 21);
    pong_open(&p, s->world, NULL);
    for (int game = 0; game < n; game++) {
        double paid = 0.0;
        int32_t action = NOOP;
        pong_begin(&p, (uint64_t)game);
        for (int frame = 0; frame < 108000 && !p.terminated[0]; frame++) {
            action = frame % s->every == 0 ? s->chooses(&p, &rng) : action;
            pong_go(&p, action, NOOP);
            paid += (double)p.reward[0];
        }
        sum += paid;
        squares += paid * paid;
    }
    pong_close(&p);
    *error = sqrt(fmax(squares / n - sum / n * sum / n, 0.0) / n);
    return sum / n;
}

/* PAVLOV_PONG_GAMES=N plays N games each and prints what docs/environments.md quotes */
START_TEST(a_player_of_known_strength_wins_as_much_as_it_should)
{
    const strength *s = &strengths[_i];
    const char *asked = getenv("PAVLOV_PONG_GAMES");
    double error;
    const double mean = mean_return(s, asked ? atoi(asked) : s->games, &error);
    if (asked) {
        printf("%-24s %7.2f +- %.2f\n", s->name, mean, error);
    }
    ck_assert_msg(mean >= s->low && mean <= s->high, "%s: %.2f", s->name, mean);
}
END_TEST

/* --- refusals --- */

START_TEST(what_cannot_be_is_refused_with_a_reason)
{
    static const char *const wrong[][2] = {
        {"Pong-v0:points=2.5", "points must be a whole number"},
        {"Pong-v0:paddle=10.5", "paddle must be a whole number"},
        {"Pong-v0:pause=1.5", "pause must be a whole number"},
        {"Pong-v0:points=0", "points"},
        {"Pong-v0:opponent=human", "opponent"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        pv_world *world = pv_world_open(wrong[i][0]);
        ck_assert_ptr_null(world);
        ck_assert_ptr_nonnull(strstr(pv_last_error(), wrong[i][1]));
    }
    pong p;
    pong_open(&p, "Pong-v0:actions=3,players=2,obs=state", NULL);
    pong_begin(&p, 1);
    p.action[1] = 3;
    ck_assert_int_lt(p.instance.env_class->step(p.instance.env, &p.io), 0);
    ck_assert_str_eq(p.instance.message, "action 3 is not one of 0 to 2");
    pong_close(&p);
}
END_TEST

static void check_memory(void)
{
    ck_assert_uint_eq(pv_memory_live(), 0);
}

int main(void)
{
    Suite *suite = suite_create("pong");
    TCase *tests = tcase_create("pong");
    tcase_add_checked_fixture(tests, NULL, check_memory);
    tcase_add_test(tests, ten_thousand_serves_go_to_all_sides_equally);
    tcase_add_test(tests, a_serve_comes_after_the_pause);
    tcase_add_test(tests, the_ball_flies_straight_reflects_and_gets_faster_by_hits);
    tcase_add_test(tests, the_angle_is_steeper_the_farther_from_the_middle_the_ball_is_hit);
    tcase_add_test(tests, six_actions_move_as_atari_numbers_them);
    tcase_add_test(tests, three_actions_are_stay_up_and_down);
    tcase_add_test(tests, a_sticky_action_is_the_one_before);
    tcase_add_test(tests, who_has_twenty_one_points_first_ends_it);
    tcase_add_test(tests, a_lost_ball_pays_the_side_that_did_not_lose_it);
    tcase_add_test(tests, two_players_who_change_sides_play_the_mirrored_game);
    tcase_add_test(tests, an_agent_as_opponent_is_two_players);
    tcase_add_loop_test(tests, each_player_has_keys_of_its_own, 0, 2);
    tcase_add_loop_test(tests, a_player_of_known_strength_wins_as_much_as_it_should, 0, STRENGTHS);
    tcase_add_test(tests, what_cannot_be_is_refused_with_a_reason);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
