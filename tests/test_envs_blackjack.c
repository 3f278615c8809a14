/* test_envs_blackjack.c: hands dealt by the test, and the known optima of the game. */
#include "play.h"

#include "core/memory.h"

#include <math.h>
#include <stdlib.h>

enum { STICK, HIT };
enum { STATES = 1408, HANDS = 704 };

static uint32_t number_of(uint32_t sum, uint32_t dealer, uint32_t ace, uint32_t natural)
{
    return natural * HANDS + (sum * 11 + dealer) * 2 + ace;
}

/* hands: the cards by kind (0 ace, 1 two, 9 ten, 12 king) dealer first, dealer second, player
   first, player second, then as drawn; what is done, and the last reward and sum */
static const struct {
    const char *what, *world;
    double cards[12];
    int n;
    const char *actions; /* h hit, s stick */
    double reward;
    int sum;
} hands[] = {
    {"higher wins", "Blackjack-v1", {9, 7, 10, 8}, 4, "s", 1, 19},
    {"lower loses", "Blackjack-v1", {9, 8, 10, 7}, 4, "s", -1, 18},
    {"equal draws", "Blackjack-v1", {9, 8, 11, 8}, 4, "s", 0, 19},
    {"bust loses", "Blackjack-v1", {5, 9, 9, 5, 9}, 5, "h", -1, 26},
    {"21 after a hit stays in play", "Blackjack-v1", {5, 9, 9, 5, 4, 9}, 6, "hs", 1, 21},
    {"dealer draws to 16 and is bust", "Blackjack-v1", {9, 5, 9, 1, 9}, 5, "s", 1, 12},
    {"dealer stands on a soft 17", "Blackjack-v1", {0, 5, 9, 7}, 4, "s", 1, 18},
    {"dealer's soft hand turns hard", "Blackjack-v1", {0, 4, 9, 7, 9, 4}, 6, "s", -1, 18},
    {"a usable ace turns into one", "Blackjack-v1", {9, 8, 0, 6, 9, 2}, 6, "hhs", 1, 21},
    {"a second ace counts one", "Blackjack-v1", {9, 7, 0, 0}, 4, "s", -1, 12},
    {"a natural beats three cards of 21", "Blackjack-v1", {5, 4, 0, 12, 9}, 5, "s", 1, 21},
    {"and draws without the rule", "Blackjack-v1:sab=0", {5, 4, 0, 12, 9}, 5, "s", 0, 21},
    {"two naturals draw", "Blackjack-v1", {0, 10, 0, 12}, 4, "s", 0, 21},
    {"a natural pays 1.5", "Blackjack-v1:sab=0,natural=1", {9, 9, 12, 0}, 4, "s", 1.5, 21},
    {"not with the textbook rule", "Blackjack-v1:natural=1", {9, 9, 12, 0}, 4, "s", 1, 21},
    {"a later 21 is none", "Blackjack-v1:sab=0,natural=1", {9, 9, 0, 4, 4}, 5, "hs", 1, 21},
};
enum { DEALT = sizeof hands / sizeof hands[0] };

START_TEST(a_hand_ends_as_the_rules_say)
{
    script written = {hands[_i].cards, hands[_i].n, 0};
    pv_draws source = script_draws(&written);
    play played;
    ck_assert_int_eq(play_open(&played, hands[_i].world, &source), PV_OK);
    ck_assert_int_eq(play_reset(&played, 1), PV_OK);
    const double first = hands[_i].cards[0];
    ck_assert_int_eq(played.obs[1][0], first < 10 ? (int)first + 1 : 10);
    for (const char *action = hands[_i].actions; *action; action++) {
        ck_assert_int_eq(played.terminated, 0);
        ck_assert_int_eq(play_step(&played, *action == 'h' ? HIT : STICK), PV_OK);
    }
    ck_assert_msg(played.terminated == 1, "%s: not over", hands[_i].what);
    ck_assert_msg(played.reward == (float)hands[_i].reward, "%s: paid %g", hands[_i].what,
                  (double)played.reward);
    ck_assert_msg(played.obs[0][0] == hands[_i].sum, "%s: sum %d", hands[_i].what,
                  played.obs[0][0]);
    ck_assert_msg(written.used == hands[_i].n, "%s: %d cards", hands[_i].what, written.used);
    play_close(&played);
}
END_TEST

static double value_of(const play *played, uint32_t state, uint32_t action, const double *value)
{
    pv_outcome outcomes[16];
    const uint32_t n = play_outcomes(played, state, action, outcomes, 16);
    double sum = 0.0;
    ck_assert(n >= 1 && n <= 16);
    for (uint32_t i = 0; i < n; i++) {
        const double after = outcomes[i].terminated ? 0.0 : value[outcomes[i].next];
        sum += outcomes[i].probability * (outcomes[i].reward + after);
    }
    return sum;
}

/* The value of the best policy over the start distribution. A hand grows by a card a step, so 22
   sweeps are exact. */
static double best_value(const char *world)
{
    static double value[STATES];
    pv_outcome starts[STATES];
    double mean = 0.0;
    play played;
    ck_assert_int_eq(play_open(&played, world, NULL), PV_OK);
    memset(value, 0, sizeof value);
    for (int sweep = 0; sweep < 22; sweep++) {
        for (uint32_t state = 0; state < STATES; state++) {
            value[state] =
                fmax(value_of(&played, state, STICK, value), value_of(&played, state, HIT, value));
        }
    }
    const uint32_t n = play_outcomes(&played, UINT32_MAX, 0, starts, STATES);
    for (uint32_t i = 0; i < n; i++) {
        mean += starts[i].probability * value[starts[i].next];
    }
    play_close(&played);
    return mean;
}

START_TEST(the_best_policy_has_the_known_value)
{
    ck_assert_double_eq_tol(best_value("Blackjack-v1"), -0.04311, 1e-5);
    ck_assert_double_eq_tol(best_value("Blackjack-v1:sab=0,natural=1"), -0.02573, 1e-5);
}
END_TEST

START_TEST(the_dealers_chances_are_those_of_thirteen_kinds)
{
    /* sticking at 12 wins exactly when the dealer is bust; with a ten shown, 21 loses to no hand
       but draws with the dealer's 21s; both from the usual tables of infinite decks */
    pv_outcome o[3];
    play played;
    ck_assert_int_eq(play_open(&played, "Blackjack-v1", NULL), PV_OK);
    ck_assert_uint_eq(play_outcomes(&played, number_of(12, 6, 0, 0), STICK, o, 3), 2);
    ck_assert_double_eq(o[1].reward, 1.0);
    ck_assert_double_eq_tol(o[1].probability, 0.42315, 1e-5);
    ck_assert_uint_eq(play_outcomes(&played, number_of(12, 10, 0, 0), STICK, o, 3), 2);
    ck_assert_double_eq_tol(o[1].probability, 0.21211, 1e-5);
    ck_assert_uint_eq(play_outcomes(&played, number_of(21, 1, 1, 1), STICK, o, 3), 2);
    ck_assert_double_eq(o[0].reward, 0.0);
    ck_assert_double_eq_tol(o[0].probability, 4.0 / 13.0, 1e-15);
    play_close(&played);
}
END_TEST

START_TEST(hands_played_pay_as_often_as_the_table_says)
{
    /* the random policy: played many times against its exact value */
    static double value[STATES];
    double exact = 0.0;
    double sum = 0.0;
    pv_outcome starts[STATES];
    pv_rng choice;
    play played;
    enum { MANY = 100000 };
    ck_assert_int_eq(play_open(&played, "Blackjack-v1", NULL), PV_OK);
    for (int sweep = 0; sweep < 22; sweep++) {
        for (uint32_t state = 0; state < STATES; state++) {
            value[state] =
                (value_of(&played, state, STICK, value) + value_of(&played, state, HIT, value)) /
                2.0;
        }
    }
    const uint32_t n = play_outcomes(&played, UINT32_MAX, 0, starts, STATES);
    for (uint32_t i = 0; i < n; i++) {
        exact += starts[i].probability * value[starts[i].next];
    }
    pv_rng_init(&choice, 5);
    for (int hand = 0; hand < MANY; hand++) {
        ck_assert_int_eq(play_reset(&played, (uint64_t)hand), PV_OK);
        do {
            ck_assert_int_eq(play_step(&played, (int)pv_draw_integer(&choice, NULL, 0, 2)), PV_OK);
            sum += (double)played.reward;
        } while (!played.terminated);
    }
    /* a reward has a standard deviation below 1: five of the mean's */
    ck_assert_double_eq_tol(sum / MANY, exact, 5.0 / sqrt(MANY));
    play_close(&played);
}
END_TEST

START_TEST(states_no_hand_can_be_in_end_at_once)
{
    pv_outcome outcome;
    play played;
    const uint32_t none[] = {number_of(3, 5, 0, 0),  number_of(11, 5, 1, 0),
                             number_of(21, 5, 0, 1), number_of(20, 5, 1, 1),
                             number_of(18, 0, 0, 0), number_of(25, 5, 0, 0)};
    ck_assert_int_eq(play_open(&played, "Blackjack-v1", NULL), PV_OK);
    for (int i = 0; i < 6; i++) {
        for (uint32_t action = 0; action < 2; action++) {
            ck_assert_uint_eq(play_outcomes(&played, none[i], action, &outcome, 1), 1);
            ck_assert(outcome.probability == 1.0 && outcome.reward == 0.0 &&
                      outcome.next == none[i] && outcome.terminated == 1);
        }
    }
    play_close(&played);
}
END_TEST

START_TEST(a_hand_of_21_aces_takes_one_card_more)
{
    double cards[25] = {9, 9}; /* the rest are aces */
    script written = {cards, 25, 0};
    pv_draws source = script_draws(&written);
    play played;
    ck_assert_int_eq(play_open(&played, "Blackjack-v1", &source), PV_OK);
    ck_assert_int_eq(play_reset(&played, 1), PV_OK);
    int aces = 2;
    while (!played.terminated) {
        ck_assert_int_eq(play_step(&played, HIT), PV_OK);
        aces++;
        ck_assert_int_eq(played.obs[0][0], aces <= 11 ? aces + 10 : aces);
        ck_assert_int_eq(played.obs[2][0], aces <= 11);
    }
    ck_assert_int_eq(aces, 22);
    uint8_t *picture = malloc((size_t)played.spec->width * played.spec->height * 3);
    ck_assert_ptr_nonnull(picture);
    ck_assert_int_eq(played.env_class->render(played.env, picture, (size_t)played.spec->width * 3),
                     PV_OK);
    free(picture);
    play_close(&played);
}
END_TEST

static void check_memory(void)
{
    ck_assert_uint_eq(pv_memory_live(), 0);
}

int main(void)
{
    Suite *suite = suite_create("blackjack");
    TCase *tests = tcase_create("blackjack");
    tcase_add_checked_fixture(tests, NULL, check_memory);
    tcase_add_loop_test(tests, a_hand_ends_as_the_rules_say, 0, DEALT);
    tcase_add_test(tests, the_best_policy_has_the_known_value);
    tcase_add_test(tests, the_dealers_chances_are_those_of_thirteen_kinds);
    tcase_add_test(tests, hands_played_pay_as_often_as_the_table_says);
    tcase_add_test(tests, states_no_hand_can_be_in_end_at_once);
    tcase_add_test(tests, a_hand_of_21_aces_takes_one_card_more);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
