/* Blackjack against a dealer with a fixed rule, cards drawn with replacement (Sutton & Barto 2018,
   Example 5.1). What the player sees (sum, dealer's first card, usable ace) and whether the hand is
   a natural make a state; cards only ever add to a sum, so one pass over rising sums gives the
   dealer's chances exactly. */
#include "pavlov/env.h"
#include "pavlov/draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    KINDS = 13,                   /* ace, 2 .. 10, and three faces */
    TOP = 10,                     /* value of the highest card */
    SUMS = 32,                    /* 0 .. 31: 21 and a ten on it */
    HANDS = SUMS * (TOP + 1) * 2, /* what the player sees */
    STATES = 2 * HANDS,           /* and whether it is a natural */
    MAX_CARDS = 23,               /* a player bust with aces holds 22 */
    DEALER_STANDS = 17,
    PICTURE_WIDTH = 480,
    PICTURE_HEIGHT = 360
};

enum { STICK, HIT, ACTIONS };
enum { PLAYER, DEALER };
enum { UNBORN, RUNNING, OVER };
enum { TEXTBOOK, NATURAL, PARAMS };

/* how a dealer's hand ends: bust, 17 .. 21, or a natural */
enum { DEALER_BUST, DEALER_17, DEALER_21 = 5, DEALER_NATURAL, DEALER_ENDS };

static const pv_param blackjack_params[PARAMS] = {
    [TEXTBOOK] = {"sab", "1: a natural wins against all but a natural, and pays no bonus", 1, 0, 1,
                  "0|1", NULL},
    [NATURAL] = {"natural", "1: a natural that wins pays 1.5 (if sab=0)", 0, 0, 1, "0|1", NULL},
};

typedef struct hand {
    uint8_t n, cards[MAX_CARDS]; /* kinds 0 (ace) .. 12 */
} hand;

/* what save() writes; no padding */
typedef struct blackjack_state {
    pv_rng rng;
    hand hands[2];
    uint32_t phase;
    int32_t paid; /* twice the reward of the last step, for the picture */
} blackjack_state;

struct pv_env {
    const pv_host *host;
    uint32_t textbook, natural;
    double dealer[TOP + 1][DEALER_ENDS]; /* by first card: chances of how the dealer ends */
    blackjack_state now;
};

/* what matters of a hand */
typedef struct tally {
    uint32_t sum, ace; /* usable: counted as eleven */
    uint32_t natural;
} tally;

static uint32_t value_of(uint32_t kind)
{
    return kind < TOP ? kind + 1 : TOP;
}

/* Returns how many of the thirteen kinds have a value. */
static double kinds_of(uint32_t value)
{
    return value == TOP ? KINDS - TOP + 1 : 1;
}

static tally count_hand(const hand *cards)
{
    tally counted = {0, 0, 0};
    for (uint32_t i = 0; i < cards->n; i++) {
        counted.sum += value_of(cards->cards[i]);
        counted.ace |= cards->cards[i] == 0;
    }
    counted.ace = counted.ace && counted.sum + 10 <= 21;
    counted.sum += counted.ace ? 10 : 0;
    counted.natural = cards->n == 2 && counted.ace && counted.sum == 21;
    return counted;
}

static uint32_t number_of(tally player, uint32_t dealer)
{
    return player.natural * HANDS + (player.sum * (TOP + 1) + dealer) * 2 + player.ace;
}

static tally count_of(uint32_t number)
{
    return (tally){number / 2 / (TOP + 1) % SUMS, number % 2, number / HANDS};
}

static uint32_t dealer_of(uint32_t number)
{
    return number / 2 % (TOP + 1);
}

static uint32_t score(uint32_t sum)
{
    return sum > 21 ? 0 : sum;
}

/* The reward of a player who stuck, once the dealer is done. */
static double payment(const pv_env *env, tally player, tally dealer)
{
    const uint32_t ours = score(player.sum);
    const uint32_t theirs = score(dealer.sum);
    if (env->textbook && player.natural && !dealer.natural) {
        return 1.0;
    }
    if (ours > theirs) {
        return !env->textbook && env->natural && player.natural ? 1.5 : 1.0;
    }
    return ours < theirs ? -1.0 : 0.0;
}

/* --- chances --- */

static void find_dealer_chances(uint32_t first, double *chance)
{
    /* of a hand still in play, by its sum with aces as one; a dealer draws at 16 at most */
    double p[DEALER_STANDS - 1 + TOP + 1][2] = {{0.0}};
    for (uint32_t value = 1; value <= TOP; value++) {
        const int ace = first == 1 || value == 1;
        if (ace && first + value == 11) {
            chance[DEALER_NATURAL] = kinds_of(value) / KINDS;
        } else {
            p[first + value][ace] = kinds_of(value) / KINDS;
        }
    }
    for (uint32_t sum = 2; sum < DEALER_STANDS + TOP; sum++) {
        for (uint32_t ace = 0; ace < 2; ace++) {
            const uint32_t best = ace && sum + 10 <= 21 ? sum + 10 : sum;
            if (best > 21) {
                chance[DEALER_BUST] += p[sum][ace];
            } else if (best >= DEALER_STANDS) {
                chance[DEALER_17 + best - DEALER_STANDS] += p[sum][ace];
            } else {
                for (uint32_t value = 1; value <= TOP; value++) {
                    p[sum + value][ace || value == 1] += p[sum][ace] * kinds_of(value) / KINDS;
                }
            }
        }
    }
}

static void put(pv_outcome *outcomes, uint32_t capacity, uint32_t *n, pv_outcome outcome)
{
    if (outcome.probability > 0.0) {
        if (*n < capacity) {
            outcomes[*n] = outcome;
        }
        (*n)++;
    }
}

static uint32_t start_outcomes(pv_outcome *outcomes, uint32_t capacity)
{
    double ways[STATES] = {0.0};
    for (uint32_t card = 0; card < KINDS * KINDS * KINDS; card++) {
        const hand player = {2, {(uint8_t)(card % KINDS), (uint8_t)(card / KINDS % KINDS)}};
        ways[number_of(count_hand(&player), value_of(card / KINDS / KINDS))] += 1.0;
    }
    uint32_t n = 0;
    for (uint32_t number = 0; number < STATES; number++) {
        put(outcomes, capacity, &n,
            (pv_outcome){ways[number] / (KINDS * KINDS * KINDS), 0.0, number, 0});
    }
    return n;
}

static uint32_t hit_outcomes(uint32_t number, pv_outcome *outcomes, uint32_t capacity)
{
    const tally before = count_of(number);
    uint32_t n = 0;
    for (uint32_t value = 1; value <= TOP; value++) {
        const uint32_t low = before.sum - (before.ace ? 10 : 0) + value; /* aces as one */
        const uint32_t ace = (before.ace || value == 1) && low + 10 <= 21;
        const tally after = {low + (ace ? 10 : 0), ace, 0};
        const uint32_t bust = after.sum > 21;
        put(outcomes, capacity, &n,
            (pv_outcome){kinds_of(value) / KINDS, bust ? -1.0 : 0.0,
                         number_of(after, dealer_of(number)), bust});
    }
    return n;
}

static uint32_t stick_outcomes(const pv_env *env, uint32_t number, pv_outcome *outcomes,
                               uint32_t capacity)
{
    pv_outcome sorted[3] = {{0.0, -1.0, number, 1}, {0.0, 0.0, number, 1}, {0.0, 1.0, number, 1}};
    const double *chance = env->dealer[dealer_of(number)];
    for (uint32_t end = 0; end < DEALER_ENDS; end++) {
        const tally dealer = {end == DEALER_BUST      ? 22
                              : end == DEALER_NATURAL ? 21
                                                      : DEALER_STANDS + end - DEALER_17,
                              end == DEALER_NATURAL, end == DEALER_NATURAL};
        const double paid = payment(env, count_of(number), dealer);
        pv_outcome *outcome = &sorted[paid < 0.0 ? 0 : paid > 0.0 ? 2 : 1];
        outcome->probability += chance[end];
        outcome->reward = paid;
    }
    uint32_t n = 0;
    for (int i = 0; i < 3; i++) {
        put(outcomes, capacity, &n, sorted[i]);
    }
    return n;
}

/* Whether a player can be asked to act in a state. */
static int is_reachable(uint32_t number)
{
    const tally player = count_of(number);
    return dealer_of(number) >= 1 && player.sum >= 4 && player.sum <= 21 &&
           (!player.ace || player.sum >= 12) &&
           (!player.natural || (player.ace && player.sum == 21));
}

static uint32_t blackjack_outcomes(const pv_env *env, uint32_t state, uint32_t action,
                                   pv_outcome *outcomes, uint32_t capacity)
{
    if (state == UINT32_MAX) {
        return start_outcomes(outcomes, capacity);
    }
    if (state >= STATES || action >= ACTIONS) {
        return 0;
    }
    if (!is_reachable(state)) {
        uint32_t n = 0;
        put(outcomes, capacity, &n, (pv_outcome){1.0, 0.0, state, 1});
        return n;
    }
    return action == HIT ? hit_outcomes(state, outcomes, capacity)
                         : stick_outcomes(env, state, outcomes, capacity);
}

/* --- play --- */

static pv_status refuse(const pv_env *env, const char *message)
{
    env->host->log(env->host->ctx, 0, message);
    return -1;
}

static pv_status blackjack_create(const pv_host *host, const pv_value *params, pv_env **created)
{
    pv_env *env = host->alloc(host->ctx, sizeof *env);
    if (!env) {
        host->log(host->ctx, 0, "out of memory");
        return -1;
    }
    env->host = host;
    env->textbook = params[TEXTBOOK].number != 0.0;
    env->natural = params[NATURAL].number != 0.0;
    for (uint32_t first = 1; first <= TOP; first++) {
        find_dealer_chances(first, env->dealer[first]);
    }
    *created = env;
    return 0;
}

static void blackjack_destroy(pv_env *env)
{
    if (env) {
        env->host->free(env->host->ctx, env);
    }
}

static uint32_t first_card(const pv_env *env)
{
    return env->now.hands[DEALER].n ? value_of(env->now.hands[DEALER].cards[0]) : 0;
}

static void write_observation(const pv_env *env, const pv_io *io)
{
    const tally player = count_hand(&env->now.hands[PLAYER]);
    const uint32_t seen[3] = {player.sum, first_card(env), player.ace};
    for (int i = 0; i < 3; i++) {
        if (io->obs[i]) {
            *(int32_t *)io->obs[i] = (int32_t)seen[i];
        }
    }
}

static void draw_card(pv_env *env, int who)
{
    hand *cards = &env->now.hands[who];
    cards->cards[cards->n++] = (uint8_t)pv_draw_integer(&env->now.rng, env->host->draws, 0, KINDS);
}

static pv_status blackjack_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    memset(&env->now, 0, sizeof env->now);
    pv_rng_init(&env->now.rng, seed);
    draw_card(env, DEALER);
    draw_card(env, DEALER);
    draw_card(env, PLAYER);
    draw_card(env, PLAYER);
    env->now.phase = RUNNING;
    write_observation(env, io);
    return 0;
}

static double hit(pv_env *env)
{
    draw_card(env, PLAYER);
    if (count_hand(&env->now.hands[PLAYER]).sum <= 21) {
        return 0.0;
    }
    env->now.phase = OVER;
    return -1.0;
}

static double stick(pv_env *env)
{
    while (count_hand(&env->now.hands[DEALER]).sum < DEALER_STANDS) {
        draw_card(env, DEALER);
    }
    env->now.phase = OVER;
    return payment(env, count_hand(&env->now.hands[PLAYER]), count_hand(&env->now.hands[DEALER]));
}

static pv_status blackjack_step(pv_env *env, const pv_io *io)
{
    const int32_t action = *(const int32_t *)io->action[0];
    if (env->now.phase != RUNNING) {
        return refuse(env, "step without a reset before it");
    }
    if (action < 0 || action >= ACTIONS) {
        char message[64];
        snprintf(message, sizeof message, "action %d is not one of 0 to 1", (int)action);
        return refuse(env, message);
    }
    const double reward = action == HIT ? hit(env) : stick(env);
    env->now.paid = (int32_t)(2.0 * reward);
    io->reward[0] = (float)reward;
    io->terminated[0] = env->now.phase == OVER;
    io->truncated[0] = 0;
    write_observation(env, io);
    return 0;
}

static size_t blackjack_state_size(const pv_env *env)
{
    return sizeof env->now;
}

static pv_status blackjack_save(const pv_env *env, void *state)
{
    memcpy(state, &env->now, sizeof env->now);
    return 0;
}

static int is_sound(const blackjack_state *state)
{
    for (int who = 0; who < 2; who++) {
        const hand *cards = &state->hands[who];
        for (uint32_t i = 0; i < MAX_CARDS; i++) {
            if (cards->cards[i] >= KINDS) {
                return 0;
            }
        }
        if (cards->n > MAX_CARDS || (state->phase != UNBORN && cards->n < 2)) {
            return 0;
        }
    }
    /* a hand in play always has room for a card */
    const uint32_t most = state->phase == RUNNING ? 21 : SUMS - 1;
    return state->phase <= OVER && state->paid >= -2 && state->paid <= 3 &&
           count_hand(&state->hands[PLAYER]).sum <= most &&
           count_hand(&state->hands[DEALER]).sum <= most;
}

static pv_status blackjack_load(pv_env *env, const void *state, size_t size)
{
    blackjack_state loaded;
    if (size != sizeof loaded) {
        return refuse(env, "a saved state of another size");
    }
    memcpy(&loaded, state, sizeof loaded);
    if (!is_sound(&loaded)) {
        return refuse(env, "a damaged saved state");
    }
    env->now = loaded;
    return 0;
}

static uint32_t blackjack_state_number(const pv_env *env)
{
    return number_of(count_hand(&env->now.hands[PLAYER]), first_card(env));
}

/* --- the picture: cards on a green table --- */

enum { CARD_WIDTH = 68, CARD_HEIGHT = 96, MARGIN = 28 };

static const uint32_t black = 0x1F2430, red = 0xC8102E, white = 0xFBFAF5, gold = 0xF0C75E;

/* A suit about 2r wide around (x, y): hearts, spades, diamonds, clubs. */
static void paint_suit(const pv_canvas *canvas, double x, double y, double r, int suit)
{
    const double up = suit == 1 ? -1.0 : 1.0; /* a spade is a heart upside down */
    const double rhomb[8] = {x, y - 1.25 * r, x + 0.9 * r, y, x, y + 1.25 * r, x - 0.9 * r, y};
    if (suit == 2) {
        pv_paint_polygon(canvas, rhomb, 4, red);
        return;
    }
    const uint32_t colour = suit == 0 ? red : black;
    if (suit == 3) {
        pv_paint_disc(canvas, x, y - 0.55 * r, 0.5 * r, colour);
        pv_paint_disc(canvas, x - 0.52 * r, y + 0.25 * r, 0.5 * r, colour);
        pv_paint_disc(canvas, x + 0.52 * r, y + 0.25 * r, 0.5 * r, colour);
    } else {
        pv_paint_disc(canvas, x - 0.46 * r, y - 0.35 * r * up, 0.52 * r, colour);
        pv_paint_disc(canvas, x + 0.46 * r, y - 0.35 * r * up, 0.52 * r, colour);
        pv_paint_triangle(canvas, x - 0.95 * r, y - 0.15 * r * up, x + 0.95 * r, y - 0.15 * r * up,
                          x, y + 1.05 * r * up, colour);
    }
    if (suit != 0) {
        pv_paint_triangle(canvas, x, y, x - 0.45 * r, y + 1.1 * r, x + 0.45 * r, y + 1.1 * r,
                          colour);
    }
}

static void paint_card(const pv_canvas *canvas, int x, int y, uint32_t kind, int suit)
{
    static const char *const names[KINDS] = {"A", "2", "3",  "4", "5", "6", "7",
                                             "8", "9", "10", "J", "Q", "K"};
    pv_paint_tile_blend(canvas, x + 2, y + 3, CARD_WIDTH, CARD_HEIGHT, 7, 0x000000, 0.3);
    pv_paint_tile(canvas, x, y, CARD_WIDTH, CARD_HEIGHT, 7, 0x8C8F8A);
    pv_paint_tile(canvas, x + 1, y + 1, CARD_WIDTH - 2, CARD_HEIGHT - 2, 6, white);
    pv_paint_text(canvas, x + 7, y + 8, 2, suit % 2 ? black : red, names[kind]);
    paint_suit(canvas, x + 13, y + 33, 6, suit);
    paint_suit(canvas, x + CARD_WIDTH / 2.0 + 5, y + CARD_HEIGHT / 2.0 + 9, 17, suit);
}

static void paint_back(const pv_canvas *canvas, int x, int y)
{
    pv_paint_tile_blend(canvas, x + 2, y + 3, CARD_WIDTH, CARD_HEIGHT, 7, 0x000000, 0.3);
    pv_paint_tile(canvas, x, y, CARD_WIDTH, CARD_HEIGHT, 7, white);
    pv_paint_tile(canvas, x + 4, y + 4, CARD_WIDTH - 8, CARD_HEIGHT - 8, 5, 0x2B5C9E);
    for (int row = 0; row < 7; row++) {
        for (int column = 0; column < 5; column++) {
            pv_paint_disc(canvas, x + 12 + column * 11, y + 12 + row * 12, 2.5, 0x86A9D6);
        }
    }
}

/* The cards of a hand from the left, closer together where there are many. */
static void paint_hand(const pv_canvas *canvas, const pv_env *env, int who, int y)
{
    const hand *cards = &env->now.hands[who];
    const int room = PICTURE_WIDTH - 2 * MARGIN - CARD_WIDTH;
    const int steps = cards->n > 1 ? cards->n - 1 : 1;
    const int apart = room / steps < CARD_WIDTH + 10 ? room / steps : CARD_WIDTH + 10;
    for (int i = 0; i < cards->n; i++) {
        const int x = MARGIN + i * apart;
        if (who == DEALER && i == 1 && env->now.phase == RUNNING) {
            paint_back(canvas, x, y);
        } else {
            /* a suit is nothing but decoration */
            paint_card(canvas, x, y, cards->cards[i], (cards->cards[i] * 3 + i * 5 + who) % 4);
        }
    }
}

static void paint_sum(const pv_canvas *canvas, const pv_env *env, int who, int y)
{
    const tally counted = count_hand(&env->now.hands[who]);
    char text[40];
    if (who == DEALER && env->now.phase == RUNNING) {
        snprintf(text, sizeof text, "Dealer %u + ?", first_card(env));
    } else {
        snprintf(text, sizeof text, "%s %u%s", who == DEALER ? "Dealer" : "Player", counted.sum,
                 counted.natural    ? "  natural"
                 : counted.sum > 21 ? "  bust"
                 : counted.ace      ? "  ace as 11"
                                    : "");
    }
    pv_paint_text(canvas, MARGIN, y, 2, white, text);
}

static void paint_verdict(const pv_canvas *canvas, const pv_env *env)
{
    static const char *const verdicts[6] = {"loses -1", "", "draw 0", "", "wins +1", "wins +1.5"};
    const int x = PICTURE_WIDTH - MARGIN - 150;
    const int y = PICTURE_HEIGHT / 2 - 18;
    if (env->now.phase == OVER) {
        pv_paint_tile(canvas, x, y, 150, 36, 18, env->now.paid < 0 ? 0x7A1F2B : gold);
        pv_paint_text_centred(canvas, x + 75, y + 18, 2, env->now.paid < 0 ? white : black,
                              verdicts[env->now.paid + 2]);
    }
}

static pv_status blackjack_render(const pv_env *env, uint8_t *rgb, size_t stride)
{
    const pv_canvas canvas = {rgb, stride, PICTURE_WIDTH, PICTURE_HEIGHT};
    pv_paint_fill(&canvas, 0x4A2F1B);
    pv_paint_tile(&canvas, 8, 8, PICTURE_WIDTH - 16, PICTURE_HEIGHT - 16, 22, 0x0F5B3A);
    pv_paint_tile(&canvas, 12, 12, PICTURE_WIDTH - 24, PICTURE_HEIGHT - 24, 19, 0x14704A);
    pv_paint_rect(&canvas, MARGIN, PICTURE_HEIGHT / 2 - 1, PICTURE_WIDTH - 2 * MARGIN, 2, 0x2A8A62);
    paint_sum(&canvas, env, DEALER, 26);
    paint_hand(&canvas, env, DEALER, 52);
    paint_hand(&canvas, env, PLAYER, 206);
    paint_sum(&canvas, env, PLAYER, 318);
    paint_verdict(&canvas, env);
    return 0;
}

/* --- what it is --- */

static const pv_space blackjack_obs[3] = {
    {"sum", PV_I32, SUMS, 0, {0}, NULL, NULL},
    {"dealer", PV_I32, TOP + 1, 0, {0}, NULL, NULL},
    {"ace", PV_I32, 2, 0, {0}, NULL, NULL},
};

static const pv_space blackjack_action = {"action", PV_I32, ACTIONS, 0, {0}, NULL, NULL};

static const pv_key blackjack_keys[ACTIONS] = {
    {0, "Return s", 0, STICK, 0},
    {0, "Space h", 0, HIT, 0},
};

static void blackjack_spec(const pv_env *env, pv_spec *spec)
{
    (void)env;
    spec->agents = 1;
    spec->n_obs = 3;
    spec->obs = blackjack_obs;
    spec->n_action = 1;
    spec->action = &blackjack_action;
    spec->n_info = 0;
    spec->info = NULL;
    spec->n_keys = ACTIONS;
    spec->keys = blackjack_keys;
    spec->max_steps = 0;
    spec->solved = (double)NAN;
    spec->n_states = STATES;
    spec->width = PICTURE_WIDTH;
    spec->height = PICTURE_HEIGHT;
    spec->fps = 0.0;
}

static const pv_env_class blackjack = {
    .size = sizeof(pv_env_class),
    .abi = PV_ABI,
    .id = "Blackjack-v1",
    .version = "1.0",
    .summary = "draw cards towards 21 and beat a dealer with a fixed rule",
    .params = blackjack_params,
    .n_params = PARAMS,
    .create = blackjack_create,
    .destroy = blackjack_destroy,
    .spec = blackjack_spec,
    .reset = blackjack_reset,
    .step = blackjack_step,
    .render = blackjack_render,
    .state_size = blackjack_state_size,
    .save = blackjack_save,
    .load = blackjack_load,
    .state = blackjack_state_number,
    .outcomes = blackjack_outcomes,
};

PV_ENVS(&blackjack);
