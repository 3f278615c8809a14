/* The grid worlds through their classes alone: the model against hand-written facts and published
   values, steps against the model, maps, saving, pictures. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/params.h"
#include "pavlov/draw.h"
#include "pavlov/env.h"

extern const pv_env_class *const pv_envs_gridworld[];

/* --- a world with a host of its own --- */

typedef struct world {
    const pv_env_class *class;
    pv_host host;
    pv_env *env;
    pv_spec spec;
    char message[256]; /* the last the world logged */
    pv_draws draws;
    double uniform; /* what a draw gives, when it comes from us */
    int drawn;
    int32_t action, state;
    float reward;
    uint8_t terminated, truncated;
} world;

static void keep_message(void *ctx, int32_t level, const char *message)
{
    world *w = (world *)ctx;
    ck_assert_int_eq(level, 0);
    ck_assert_ptr_null(strchr(message, '\n'));
    snprintf(w->message, sizeof w->message, "%s", message);
}

static void *take(void *ctx, size_t size)
{
    (void)ctx;
    return pv_alloc(size);
}

static void give(void *ctx, void *memory)
{
    (void)ctx;
    ck_assert_ptr_nonnull(memory);
    pv_free(memory);
}

static double our_uniform(void *ctx)
{
    world *w = (world *)ctx;
    w->drawn++;
    return w->uniform;
}

static int64_t no_integer(void *ctx, int64_t a, int64_t b)
{
    (void)ctx;
    ck_abort_msg("an integer in %d..%d was drawn", (int)a, (int)b);
    return a;
}

static const pv_env_class *class_of(const char *id)
{
    for (int i = 0; pv_envs_gridworld[i]; i++) {
        if (strcmp(pv_envs_gridworld[i]->id, id) == 0) {
            return pv_envs_gridworld[i];
        }
    }
    ck_abort_msg("there is no %s", id);
    return NULL;
}

static pv_status try_open(world *w, const char *id, const char *settings, int own_draws)
{
    memset(w, 0, sizeof *w);
    w->class = class_of(id);
    w->draws = (pv_draws){sizeof w->draws, w, our_uniform, no_integer};
    w->host = (pv_host){
        sizeof w->host, PV_ABI, w, keep_message, take, give, own_draws ? &w->draws : NULL};
    pv_params params;
    ck_assert_int_eq(pv_params_init(&params, id, w->class->params, (int)w->class->n_params), 0);
    ck_assert_msg(pv_params_parse(&params, settings, PV_SOURCE_USER) == 0, "%s", pv_last_error());
    const pv_status status = w->class->create(&w->host, params.value, &w->env);
    pv_params_free(&params);
    if (status == 0) {
        w->spec.size = sizeof w->spec;
        w->class->spec(w->env, &w->spec);
    }
    return status;
}

static void open_world(world *w, const char *id, const char *settings)
{
    ck_assert_msg(try_open(w, id, settings, 0) == 0, "%s", w->message);
}

/* every draw of it is w->uniform, counted in w->drawn */
static void open_drawn(world *w, const char *id, const char *settings)
{
    ck_assert_msg(try_open(w, id, settings, 1) == 0, "%s", w->message);
}

static void close_world(world *w)
{
    w->class->destroy(w->env);
    ck_assert_uint_eq(pv_memory_live(), 0);
}

static pv_status call(world *w, int is_reset, uint64_t seed, int wants_obs)
{
    const void *const action[] = {&w->action};
    void *const obs[] = {wants_obs ? &w->state : NULL};
    const pv_io io = {action, obs, &w->reward, &w->terminated, &w->truncated, NULL};
    return is_reset ? w->class->reset(w->env, seed, &io) : w->class->step(w->env, &io);
}

static void reset(world *w, uint64_t seed)
{
    ck_assert_int_eq(call(w, 1, seed, 1), 0);
}

static void step(world *w, int32_t action)
{
    w->action = action;
    ck_assert_msg(call(w, 0, 0, 1) == 0, "%s", w->message);
}

/* --- what the model says --- */

/* The i-th outcome of n in a line: "next reward end probability". */
static void check_outcome(const world *w, uint32_t state, uint32_t action, uint32_t i, uint32_t n,
                          const char *expected)
{
    pv_outcome all[16];
    char text[96];
    ck_assert_uint_eq(w->class->outcomes(w->env, state, action, all, 16), n);
    const pv_outcome *o = &all[i];
    snprintf(text, sizeof text, "%u %g %u %.17g", o->next, o->reward, o->terminated,
             o->probability);
    ck_assert_str_eq(text, expected);
}

/* The only outcome, certain. */
static void check_certain(const world *w, uint32_t state, uint32_t action, uint32_t next,
                          double reward, uint32_t end)
{
    char expected[64];
    snprintf(expected, sizeof expected, "%u %g %u 1", next, reward, end);
    check_outcome(w, state, action, 0, 1, expected);
}

static double action_value(const world *w, const double *values, double discount, uint32_t state,
                           uint32_t action)
{
    pv_outcome all[16];
    const uint32_t n = w->class->outcomes(w->env, state, action, all, 16);
    double value = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        const double beyond = all[i].terminated ? 0.0 : values[all[i].next];
        value += all[i].probability * (all[i].reward + discount * beyond);
    }
    return value;
}

enum { MOST_STATES = 256 };

/* `sweeps` of value iteration from zero: the values of so many steps to go. */
static void iterate_values(const world *w, double discount, int sweeps, int is_random,
                           double *values)
{
    double old[MOST_STATES];
    const uint32_t n_actions = w->spec.action[0].n;
    memset(values, 0, MOST_STATES * sizeof *values);
    for (int k = 0; k < sweeps; k++) {
        memcpy(old, values, sizeof old);
        for (uint32_t s = 0; s < w->spec.n_states; s++) {
            double best = -HUGE_VAL;
            double sum = 0.0;
            for (uint32_t a = 0; a < n_actions; a++) {
                const double q = action_value(w, old, discount, s, a);
                best = q > best ? q : best;
                sum += q;
            }
            values[s] = is_random ? sum / n_actions : best;
        }
    }
}

static void check_optimum(const char *id, const char *settings, uint32_t state, int sweeps,
                          int is_random, double expected)
{
    world w;
    double values[MOST_STATES];
    open_world(&w, id, settings);
    iterate_values(&w, 1.0, sweeps, is_random, values);
    ck_assert_double_eq_tol(values[state], expected, 1e-6);
    close_world(&w);
}

START_TEST(cliff_moves_are_those_of_the_book)
{
    world w;
    open_world(&w, "CliffWalking-v1", "");
    ck_assert_uint_eq(w.spec.n_states, 48);
    ck_assert_uint_eq(w.spec.max_steps, 0);
    check_certain(&w, 36, 0, 24, -1, 0);   /* up from the start */
    check_certain(&w, 36, 1, 36, -100, 0); /* right: into the cliff, back */
    check_certain(&w, 36, 2, 36, -1, 0);
    check_certain(&w, 36, 3, 36, -1, 0);
    check_certain(&w, 35, 2, 47, -1, 1); /* down onto the goal */
    check_certain(&w, 30, 2, 36, -100, 0);
    check_certain(&w, 0, 0, 0, -1, 0); /* the edges */
    check_certain(&w, 11, 1, 11, -1, 0);
    check_certain(&w, 37, 0, 25, -1, 0); /* cells no one stands in are ordinary */
    check_certain(&w, 46, 1, 47, -1, 1);
    check_certain(&w, 47, 3, 36, -100, 0);
    ck_assert_uint_eq(w.class->outcomes(w.env, 48, 0, NULL, 0), 0);
    ck_assert_uint_eq(w.class->outcomes(w.env, 0, 4, NULL, 0), 0);
    close_world(&w);
}
END_TEST

START_TEST(slippery_cliff_goes_left_straight_right)
{
    static const char *const settings[] = {"slippery=1", ""};
    static const char *const ids[] = {"CliffWalking-v1", "CliffWalkingSlippery-v1"};
    for (int i = 0; i < 2; i++) {
        world w;
        open_world(&w, ids[i], settings[i]);
        check_outcome(&w, 24, 1, 0, 3, "12 -1 0 0.33333333333333331");
        check_outcome(&w, 24, 1, 1, 3, "25 -1 0 0.33333333333333331");
        check_outcome(&w, 24, 1, 2, 3, "36 -1 0 0.33333333333333331");
        check_outcome(&w, 25, 0, 0, 3, "24 -1 0 0.33333333333333331");
        check_outcome(&w, 25, 2, 1, 3, "36 -100 0 0.33333333333333331");
        close_world(&w);
    }
}
END_TEST

START_TEST(lake_holes_and_goal_end_the_episode)
{
    world w;
    open_world(&w, "FrozenLake-v1", "slippery=0");
    ck_assert_uint_eq(w.spec.max_steps, 100);
    ck_assert_double_eq(w.spec.solved, 0.70);
    check_certain(&w, 0, 0, 0, 0, 0); /* left, down, right, up */
    check_certain(&w, 0, 1, 4, 0, 0);
    check_certain(&w, 0, 2, 1, 0, 0);
    check_certain(&w, 0, 3, 0, 0, 0);
    check_certain(&w, 4, 2, 5, 0, 1);
    check_certain(&w, 14, 2, 15, 1, 1);
    for (uint32_t a = 0; a < 4; a++) {
        check_certain(&w, 5, a, 5, 0, 1);
        check_certain(&w, 15, a, 15, 0, 1);
    }
    close_world(&w);
    open_world(&w, "FrozenLake8x8-v1", "");
    ck_assert_uint_eq(w.spec.n_states, 64);
    ck_assert_uint_eq(w.spec.max_steps, 200);
    close_world(&w);
    open_world(&w, "FrozenLake-v1", "map=SFFFFFFF/FFFFFFFG");
    ck_assert_uint_eq(w.spec.n_states, 16);
    ck_assert_uint_eq(w.spec.max_steps, 100); /* the limit belongs to the id */
    close_world(&w);
}
END_TEST

START_TEST(lake_slips_with_the_rounding_of_its_definition)
{
    world w;
    open_world(&w, "FrozenLake-v1", "");
    check_outcome(&w, 14, 2, 0, 3, "14 0 0 0.33333333333333337");
    check_outcome(&w, 14, 2, 1, 3, "15 1 1 0.33333333333333331");
    check_outcome(&w, 14, 2, 2, 3, "10 0 0 0.33333333333333337");
    check_outcome(&w, 5, 2, 0, 1, "5 0 1 1");
    close_world(&w);
    open_world(&w, "FrozenLake-v1", "success_rate=0.8,goal_reward=5,hole_reward=-3,step_reward=-1");
    check_outcome(&w, 14, 2, 0, 3, "14 -1 0 0.099999999999999978");
    check_outcome(&w, 14, 2, 1, 3, "15 5 1 0.80000000000000004");
    check_outcome(&w, 4, 2, 1, 3, "5 -3 1 0.80000000000000004");
    close_world(&w);
}
END_TEST

/* optima from the literature, and of a uniform policy, by dynamic programming on the model */
START_TEST(models_have_the_known_optima)
{
    check_optimum("CliffWalking-v1", "", 36, 100, 0, -13.0);
    check_optimum("FrozenLake-v1", "", 0, 100, 0, 0.744190);
    check_optimum("FrozenLake-v1", "", 0, 100, 1, 0.013940);
    check_optimum("FrozenLake-v1", "", 0, 5000, 0, 14.0 / 17.0);
    check_optimum("FrozenLake8x8-v1", "", 0, 200, 0, 0.913220);
    check_optimum("FrozenLake8x8-v1", "", 0, 200, 1, 0.001901);
    check_optimum("WindyGridWorld-v0", "", 30, 100, 0, -15.0);
    check_optimum("WindyGridWorld-v0", "moves=8", 30, 100, 0, -7.0);
    check_optimum("WindyGridWorld-v0", "moves=9", 30, 100, 0, -7.0);
}
END_TEST

/* utilities of Russell and Norvig, Artificial Intelligence, figure 17.3; theirs count the reward of
   a state when leaving it, ours when entering the next: the start's own -0.04 is what differs */
START_TEST(own_map_is_the_textbooks_four_by_three_world)
{
    static const double utilities[12] = {0.812, 0.868, 0.918, NAN,   0.762, NAN,
                                         0.660, NAN,   0.705, 0.655, 0.611, 0.388};
    world w;
    double values[MOST_STATES];
    open_world(&w, "GridWorld-v0", "slip=0.2");
    iterate_values(&w, 1.0, 300, 0, values);
    for (int i = 0; i < 12; i++) {
        if (!isnan(utilities[i])) {
            ck_assert_double_eq_tol(values[i] - 0.04, utilities[i], 0.0006);
        }
    }
    ck_assert_double_eq(values[3], 0.0);
    ck_assert_double_eq(values[5], 0.0);
    close_world(&w);
}
END_TEST

START_TEST(wind_carries_up_by_the_column_left)
{
    world w;
    open_world(&w, "WindyGridWorld-v0", "");
    ck_assert_uint_eq(w.spec.n_states, 70);
    check_certain(&w, 30, 1, 31, -1, 0); /* (3,0) right: still air */
    check_certain(&w, 33, 1, 24, -1, 0); /* (3,3) right: up one */
    check_certain(&w, 36, 1, 17, -1, 0); /* (3,6) right: up two */
    check_certain(&w, 38, 3, 27, -1, 0); /* (3,8) left */
    check_certain(&w, 38, 0, 18, -1, 0); /* (3,8) up: up two */
    check_certain(&w, 63, 2, 63, -1, 0); /* (6,3) down at the edge: the wind holds */
    check_certain(&w, 66, 2, 56, -1, 0); /* (6,6) down: up one */
    check_certain(&w, 6, 1, 7, -1, 0);   /* (0,6) right: the upper edge stops the wind */
    check_certain(&w, 16, 0, 6, -1, 0);  /* (1,6) up: not beyond the edge */
    check_certain(&w, 48, 3, 37, -1, 1); /* (4,8) left: the goal */
    check_certain(&w, 39, 2, 49, -1, 0); /* (3,9) down: still air */
    close_world(&w);
}
END_TEST

START_TEST(kings_moves_go_diagonally_and_stay)
{
    world w;
    open_world(&w, "WindyGridWorld-v0", "moves=9");
    ck_assert_uint_eq(w.spec.action[0].n, 9);
    check_certain(&w, 31, 4, 22, -1, 0); /* (3,1) up right */
    check_certain(&w, 31, 5, 42, -1, 0);
    check_certain(&w, 31, 6, 40, -1, 0);
    check_certain(&w, 31, 7, 20, -1, 0);
    check_certain(&w, 31, 8, 31, -1, 0);
    check_certain(&w, 33, 8, 23, -1, 0); /* staying in the wind */
    check_certain(&w, 33, 5, 34, -1, 0); /* down right against it */
    check_certain(&w, 0, 4, 1, -1, 0);   /* along the edge */
    close_world(&w);
}
END_TEST

START_TEST(changing_wind_varies_by_one_where_there_is_any)
{
    world w;
    open_world(&w, "WindyGridWorld-v0", "stochastic=1");
    check_certain(&w, 30, 1, 31, -1, 0);
    check_outcome(&w, 33, 1, 0, 3, "34 -1 0 0.33333333333333331");
    check_outcome(&w, 33, 1, 1, 3, "24 -1 0 0.33333333333333331");
    check_outcome(&w, 33, 1, 2, 3, "14 -1 0 0.33333333333333331");
    check_outcome(&w, 46, 1, 0, 3, "37 -1 1 0.33333333333333331");
    check_outcome(&w, 37, 1, 0, 1, "37 0 1 1");
    close_world(&w);
}
END_TEST

START_TEST(four_rooms_have_their_hallways)
{
    static const char *const goals[] = {"east", "north", "west", "south", "room", "corner"};
    static const uint32_t cells[] = {7 * 13 + 9,  3 * 13 + 6, 6 * 13 + 2,
                                     10 * 13 + 6, 9 * 13 + 9, 11 * 13 + 11};
    /* shortest ways from the upper left corner, counted on the map */
    static const int steps[] = {14, 7, 6, 14, 16, 20};
    for (int i = 0; i < 6; i++) {
        world w;
        char settings[32];
        double values[MOST_STATES];
        snprintf(settings, sizeof settings, "goal=%s", goals[i]);
        open_world(&w, "FourRooms-v0", settings);
        iterate_values(&w, 0.5, 40, 0, values);
        ck_assert_double_eq(values[14], pow(0.5, steps[i] - 1));
        int free_cells = 0;
        for (uint32_t s = 0; s < w.spec.n_states; s++) {
            pv_rect rect;
            free_cells += (int)w.class->locate(w.env, s, &rect);
        }
        ck_assert_int_eq(free_cells, 104);
        check_certain(&w, cells[i], 0, cells[i], 0, 1);
        close_world(&w);
    }
}
END_TEST

START_TEST(four_rooms_slip_and_start_as_asked)
{
    world w;
    pv_outcome starts[128];
    open_world(&w, "FourRooms-v0", "slippery=1,start=any");
    check_outcome(&w, 28, 1, 0, 4, "29 0 0 0.66666666666666663");
    check_outcome(&w, 28, 1, 1, 4, "41 0 0 0.1111111111111111");
    check_outcome(&w, 28, 1, 2, 4, "27 0 0 0.1111111111111111");
    check_outcome(&w, 28, 1, 3, 4, "15 0 0 0.1111111111111111");
    check_outcome(&w, 14, 0, 0, 4, "14 0 0 0.66666666666666663"); /* a wall stops */
    ck_assert_uint_eq(w.class->outcomes(w.env, UINT32_MAX, 0, starts, 128), 103);
    for (int i = 0; i < 103; i++) {
        ck_assert_uint_ne(starts[i].next, 7 * 13 + 9);
        ck_assert_double_eq(starts[i].probability, 1.0 / 103);
    }
    close_world(&w);
}
END_TEST

/* --- steps against the model --- */

static const char *const variants[][2] = {
    {"CliffWalking-v1", ""},
    {"CliffWalkingSlippery-v1", ""},
    {"FrozenLake-v1", ""},
    {"FrozenLake-v1", "success_rate=0.8"},
    {"FrozenLake8x8-v1", ""},
    {"WindyGridWorld-v0", ""},
    {"WindyGridWorld-v0", "moves=9,stochastic=1"},
    {"FourRooms-v0", "start=any,slippery=1"},
    {"GridWorld-v0", "slip=0.2"},
    {"GridWorld-v0", "map=S.3.G/.#2C./S.1HC,moves=8,slip=0.1,stochastic=1"}};
enum { VARIANTS = sizeof variants / sizeof variants[0] };

/* every step's outcome is the one the draw means in the listed order, of equal sums up to
   rounding */
START_TEST(steps_follow_the_listed_outcomes)
{
    world w;
    open_drawn(&w, variants[_i][0], variants[_i][1]);
    pv_rng rng;
    pv_rng_init(&rng, 3);
    reset(&w, 0);
    for (int k = 0; k < 3000; k++) {
        const uint32_t before = (uint32_t)w.state;
        const int32_t action = (int32_t)pv_draw_integer(&rng, NULL, 0, w.spec.action[0].n);
        pv_outcome all[16];
        const uint32_t n = w.class->outcomes(w.env, before, (uint32_t)action, all, 16);
        w.uniform = pv_draw_uniform(&rng, NULL);
        w.drawn = 0;
        step(&w, action);
        ck_assert_int_eq(w.drawn, 1);
        ck_assert_uint_eq(w.class->state(w.env), (uint32_t)w.state);
        ck_assert_uint_eq(w.truncated, 0);
        double sum = 0.0;
        uint32_t i = 0;
        while (i < n && (sum += all[i].probability) <= w.uniform) {
            i++;
        }
        ck_assert_uint_lt(i, n);
        ck_assert_uint_eq((uint32_t)w.state, all[i].next);
        ck_assert_float_eq(w.reward, (float)all[i].reward);
        ck_assert_uint_eq(w.terminated, all[i].terminated);
        if (w.terminated) {
            w.drawn = 0;
            reset(&w, 0);
            ck_assert_int_eq(w.drawn, 1);
        }
    }
    close_world(&w);
}
END_TEST

START_TEST(rounding_at_the_top_gives_the_first_outcome)
{
    world w;
    open_drawn(&w, "FrozenLake-v1", "success_rate=0.3"); /* 0.35 + 0.3 + 0.35 is below 1 */
    reset(&w, 0);
    w.uniform = 1.0 - ldexp(1.0, -53);
    step(&w, 2); /* right; the first outcome is down, the last up */
    ck_assert_int_eq(w.state, 4);
    close_world(&w);
}
END_TEST

START_TEST(starts_are_drawn_with_equal_chance)
{
    world w;
    int count[2] = {0, 0};
    open_world(&w, "GridWorld-v0", "map=S..G/...S");
    for (uint64_t seed = 0; seed < 4000; seed++) {
        reset(&w, seed);
        ck_assert(w.state == 0 || w.state == 7);
        count[w.state == 7]++;
    }
    ck_assert_int_gt(count[0], 1850); /* more than four deviations of 32 from 2000 */
    ck_assert_int_gt(count[1], 1850);
    close_world(&w);
}
END_TEST

/* fnv-1a over observation, reward and flags of 10,000 random steps */
static uint64_t trajectory_hash(world *w)
{
    uint64_t hash = 14695981039346656037u;
    uint64_t episode = 0;
    pv_rng rng;
    pv_rng_init(&rng, 7);
    reset(w, episode);
    for (int k = 0; k < 10000; k++) {
        step(w, (int32_t)pv_draw_integer(&rng, NULL, 0, w->spec.action[0].n));
        uint8_t bytes[10];
        memcpy(bytes, &w->state, 4);
        memcpy(bytes + 4, &w->reward, 4);
        bytes[8] = w->terminated;
        bytes[9] = w->truncated;
        for (size_t i = 0; i < sizeof bytes; i++) {
            hash = (hash ^ bytes[i]) * 1099511628211u;
        }
        if (w->terminated) {
            reset(w, ++episode);
        }
    }
    return hash;
}

static const uint64_t golden[VARIANTS] = {
    16743399934060177000u, 2887905431318783686u, 16200281056502310881u, 10284361817516668729u,
    14764205153190643179u, 7374979993381962631u, 17316927386449739221u, 2778812297097407454u,
    17788403248558373671u, 7650829233137417100u};

START_TEST(trajectories_are_the_same_everywhere)
{
    world w;
    open_world(&w, variants[_i][0], variants[_i][1]);
    const uint64_t hash = trajectory_hash(&w);
    ck_assert_msg(hash == golden[_i], "%s:%s has %lluu", variants[_i][0], variants[_i][1],
                  (unsigned long long)hash);
    ck_assert_uint_eq(trajectory_hash(&w), hash); /* nothing survives a reset */
    close_world(&w);
}
END_TEST

START_TEST(wrong_calls_are_refused_in_words)
{
    world w;
    open_world(&w, "CliffWalking-v1", "");
    w.action = 0;
    ck_assert_int_lt(call(&w, 0, 0, 1), 0);
    ck_assert_str_eq(w.message, "step before the first reset");
    reset(&w, 1);
    static const int32_t wrong[] = {4, -1, INT32_MAX, INT32_MIN};
    for (int i = 0; i < 4; i++) {
        w.action = wrong[i];
        ck_assert_int_lt(call(&w, 0, 0, 1), 0);
        ck_assert_ptr_nonnull(strstr(w.message, "does not exist: 0 to 3 do"));
    }
    ck_assert_uint_eq(w.class->state(w.env), 36);
    close_world(&w);
}
END_TEST

START_TEST(observations_not_wanted_are_not_written)
{
    world w;
    open_world(&w, "CliffWalking-v1", "");
    w.state = -7;
    ck_assert_int_eq(call(&w, 1, 1, 0), 0);
    w.action = 0;
    ck_assert_int_eq(call(&w, 0, 0, 0), 0);
    ck_assert_int_eq(w.state, -7);
    ck_assert_uint_eq(w.class->state(w.env), 24);
    close_world(&w);
}
END_TEST

/* the model's table alone would walk on from the cliff's goal */
START_TEST(after_the_end_steps_are_refused_until_a_reset)
{
    world w;
    uint8_t saved[256];
    open_world(&w, "CliffWalking-v1", "");
    reset(&w, 1);
    step(&w, 0);
    for (int i = 0; i < 11; i++) {
        step(&w, 1);
    }
    step(&w, 2);
    ck_assert_int_eq(w.state, 47);
    ck_assert_uint_eq(w.terminated, 1);
    ck_assert_int_lt(call(&w, 0, 0, 1), 0);
    ck_assert_str_eq(w.message, "step after the end, without a reset");
    ck_assert_int_eq(w.class->save(w.env, saved), 0);
    reset(&w, 2);
    step(&w, 0);
    ck_assert_int_eq(w.state, 24);
    ck_assert_int_eq(w.class->load(w.env, saved, w.class->state_size(w.env)), 0);
    ck_assert_int_lt(call(&w, 0, 0, 1), 0);
    close_world(&w);
}
END_TEST

/* --- maps of one's own --- */

START_TEST(own_maps_know_every_tile)
{
    world w;
    open_world(&w, "GridWorld-v0",
               "map=S.C#/.2H./.FG#,step_reward=-2,goal_reward=10,hole_reward=-5,cliff_reward=-50");
    check_certain(&w, 0, 2, 4, -2, 0);
    check_certain(&w, 1, 1, 0, -50, 0); /* off the cliff, back to the start */
    check_certain(&w, 1, 2, 5, -2, 0);
    check_certain(&w, 5, 1, 0, -50, 0); /* right, and blown up into the cliff */
    check_certain(&w, 5, 2, 1, -2, 0);  /* down against a wind of two */
    check_certain(&w, 7, 0, 7, -2, 0);  /* a wall above */
    check_certain(&w, 7, 3, 6, -5, 1);
    check_certain(&w, 9, 1, 10, 10, 1);
    check_certain(&w, 10, 0, 10, 0, 1);
    check_certain(&w, 3, 0, 3, 0, 1); /* inside a wall is nowhere */
    close_world(&w);
    open_world(&w, "GridWorld-v0", "map=.../###/S3G,moves=8");
    check_certain(&w, 7, 0, 7, -0.04, 0); /* walls stop the wind */
    check_certain(&w, 6, 4, 6, -0.04, 0); /* and diagonal moves */
    close_world(&w);
    open_world(&w, "GridWorld-v0", "map=SG/..,slip=1");
    check_outcome(&w, 0, 1, 0, 3, "0 -0.04 0 0.5");
    check_outcome(&w, 0, 1, 1, 3, "1 1 1 0");
    check_outcome(&w, 0, 1, 2, 3, "2 -0.04 0 0.5");
    close_world(&w);
}
END_TEST

static void write_file(const char *path, const char *text, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, size, file), size);
    fclose(file);
}

START_TEST(a_map_file_is_the_map_it_holds)
{
    static const char *const texts[] = {"S.#\n.1G\n", "S.#\r\n.1G", "S.#\n.1G\n\n\n", "S.#/.1G"};
    const char *path = PV_TEST_BUILD_DIR "/gridworld_map.txt";
    for (int i = 0; i < 4; i++) {
        world a, b;
        write_file(path, texts[i], strlen(texts[i]));
        open_world(&a, "GridWorld-v0", "map=" PV_TEST_BUILD_DIR "/gridworld_map.txt");
        open_world(&b, "GridWorld-v0", "map=S.#/.1G");
        ck_assert_uint_eq(a.spec.n_states, 6);
        ck_assert_uint_eq(trajectory_hash(&a), trajectory_hash(&b));
        a.class->destroy(a.env);
        close_world(&b);
    }
    remove(path);
}
END_TEST

static void check_refused(const char *map, const char *words)
{
    world w;
    char *settings = pv_format_text("map='%s'", map);
    const pv_status status = try_open(&w, "GridWorld-v0", settings, 0);
    pv_free(settings);
    ck_assert_int_lt(status, 0);
    ck_assert_ptr_null(w.env);
    ck_assert_msg(strstr(w.message, words) != NULL, "\"%s\" lacks \"%s\"", w.message, words);
    ck_assert_uint_eq(pv_memory_live(), 0);
}

START_TEST(bad_maps_are_refused_in_one_line)
{
    check_refused("S.x/..G", "row 1, column 3: 'x' (byte 120) is no tile");
    check_refused("S. /..G", "row 1, column 3: '?' (byte 32) is no tile");
    check_refused("S../..G/.", "row 3 has 1 cells, row 1 has 3");
    check_refused("S..//..G", "row 2 is empty");
    check_refused("", "row 1 is empty");
    check_refused("/", "cannot be read"); /* a folder */
    check_refused("/S/G", "row 1 is empty");
    check_refused("...G", "has no start: put at least one 'S'");
    check_refused("S...", "has no goal: put at least one 'G'");
    check_refused("S.#G", "no goal can be reached from the start in row 1, column 1");
    check_refused("maze.txt", "No such file or directory");
    check_refused("maze.txt", "row 1, column 1: 'm'");
}
END_TEST

START_TEST(a_start_cut_off_from_the_goal_is_named)
{
    check_refused("S.G#S/...#.", "no goal can be reached from the start in row 1, column 5");
    world w; /* one that reaches another start's way is fine */
    open_world(&w, "GridWorld-v0", "map=SSSSSSSS/SSSSSSSG");
    close_world(&w);
}
END_TEST

START_TEST(bad_map_files_are_refused_in_one_line)
{
    const char *path = PV_TEST_BUILD_DIR "/gridworld_bad.txt";
    static char large[70000];
    memset(large, '.', sizeof large);
    write_file(path, large, sizeof large);
    check_refused(path, "too large");
    write_file(path, "S.\n.G\0", 6);
    check_refused(path, "is not text");
    write_file(path, "S.\n.Q\n", 6);
    check_refused(path, "gridworld_bad.txt row 2, column 2: 'Q'");
    for (int i = 0; i < 300; i++) {
        large[i] = i == 0 ? 'S' : 'G';
    }
    write_file(path, large, 300);
    check_refused(path, "too large: at most 256 rows of 256 cells");
    write_file(path, "", 0);
    check_refused(path, "row 1 is empty");
    remove(path);
    check_refused(PV_TEST_BUILD_DIR, "cannot be read");
}
END_TEST

START_TEST(the_largest_map_works)
{
    static char text[257 * 256 + 1];
    memset(text, 'S', sizeof text - 1);
    for (int row = 0; row < 256; row++) {
        text[row * 257 + 256] = '/';
    }
    text[255 * 257 + 255] = 'G';
    char *settings = pv_format_text("map=%s", text);
    world w;
    open_world(&w, "GridWorld-v0", settings);
    pv_free(settings);
    ck_assert_uint_eq(w.spec.n_states, 65536);
    reset(&w, 5);
    step(&w, 1);
    close_world(&w);
}
END_TEST

/* --- saving, pictures, failure --- */

START_TEST(restored_state_continues_equally)
{
    world a, b;
    open_world(&a, variants[_i][0], variants[_i][1]);
    open_world(&b, variants[_i][0], variants[_i][1]);
    pv_rng rng;
    pv_rng_init(&rng, 11);
    reset(&a, 4);
    reset(&b, 999);
    const size_t size = a.class->state_size(a.env);
    uint8_t saved[256], again[256];
    ck_assert_uint_le(size, sizeof saved);
    for (int k = 0; k < 500; k++) {
        const int32_t action = (int32_t)pv_draw_integer(&rng, NULL, 0, a.spec.action[0].n);
        ck_assert_int_eq(a.class->save(a.env, saved), 0);
        step(&a, action);
        ck_assert_int_eq(b.class->load(b.env, saved, size), 0);
        ck_assert_int_eq(b.class->save(b.env, again), 0);
        ck_assert_mem_eq(saved, again, size);
        step(&b, action);
        ck_assert_int_eq(a.state, b.state);
        ck_assert_float_eq(a.reward, b.reward);
        if (a.terminated) {
            reset(&a, (uint64_t)k);
        }
    }
    b.class->destroy(b.env);
    close_world(&a);
}
END_TEST

START_TEST(states_of_another_world_are_refused)
{
    world small, large;
    uint8_t saved[256];
    open_world(&large, "CliffWalking-v1", "");
    open_world(&small, "FrozenLake-v1", "");
    reset(&large, 1);
    reset(&small, 1);
    const size_t size = large.class->state_size(large.env);
    ck_assert_int_eq(large.class->save(large.env, saved), 0);
    ck_assert_int_lt(small.class->load(small.env, saved, size), 0); /* cell 36 of 16 */
    ck_assert_ptr_nonnull(strstr(small.message, "cell 36"));
    ck_assert_int_lt(large.class->load(large.env, saved, size - 1), 0);
    ck_assert_int_lt(large.class->load(large.env, saved, size + 1), 0);
    memset(saved + 8, 0, size - 8); /* a stream of zeros never leaves zero */
    ck_assert_int_lt(large.class->load(large.env, saved, size), 0);
    ck_assert_uint_eq(small.class->state(small.env), 0);
    ck_assert_uint_eq(large.class->state(large.env), 36);
    small.class->destroy(small.env);
    close_world(&large);
}
END_TEST

START_TEST(a_world_before_its_first_reset_can_be_saved)
{
    world w;
    uint8_t saved[256];
    open_world(&w, "CliffWalking-v1", "");
    ck_assert_int_eq(w.class->save(w.env, saved), 0);
    ck_assert_int_eq(w.class->load(w.env, saved, w.class->state_size(w.env)), 0);
    ck_assert_uint_eq(w.class->state(w.env), UINT32_MAX);
    close_world(&w);
}
END_TEST

/* The picture of now, with a margin of 0xA5 after each line that must stay. */
static uint8_t *picture(const world *w, size_t *stride)
{
    *stride = w->spec.width * 3u + 5u;
    uint8_t *rgb = (uint8_t *)malloc(*stride * w->spec.height);
    ck_assert_ptr_nonnull(rgb);
    memset(rgb, 0xA5, *stride * w->spec.height);
    ck_assert_int_eq(w->class->render(w->env, rgb, *stride), 0);
    for (size_t y = 0; y < w->spec.height; y++) {
        for (size_t i = 0; i < 5; i++) {
            ck_assert_uint_eq(rgb[y * *stride + w->spec.width * 3u + i], 0xA5);
        }
    }
    return rgb;
}

/* how many pixels of a state's cell have the colour of the agent */
static int agent_pixels(const world *w, const uint8_t *rgb, size_t stride, uint32_t state)
{
    pv_rect r;
    int n = 0;
    ck_assert_uint_eq(w->class->locate(w->env, state, &r), 1);
    for (int y = r.y; y < r.y + r.height; y++) {
        for (int x = r.x; x < r.x + r.width; x++) {
            const uint8_t *p = rgb + (size_t)y * stride + (size_t)x * 3u;
            n += p[0] == 0xF2 && p[1] == 0x78 && p[2] == 0x4B;
        }
    }
    return n;
}

START_TEST(pictures_show_the_agent_where_it_is)
{
    world w;
    size_t stride;
    open_world(&w, variants[_i][0], variants[_i][1]);
    reset(&w, 2);
    const uint32_t before = (uint32_t)w.state;
    uint8_t *first = picture(&w, &stride);
    ck_assert_int_gt(agent_pixels(&w, first, stride, before), 20);
    uint8_t *same = picture(&w, &stride);
    ck_assert_mem_eq(first, same, stride * w.spec.height); /* painting changes nothing */
    for (int32_t k = 0; (uint32_t)w.state == before; k++) {
        step(&w, k % 4);
    }
    uint8_t *second = picture(&w, &stride);
    ck_assert_int_eq(agent_pixels(&w, second, stride, before), 0);
    ck_assert_int_gt(agent_pixels(&w, second, stride, (uint32_t)w.state), 20);
    free(first);
    free(same);
    free(second);
    close_world(&w);
}
END_TEST

START_TEST(pictures_fit_slides_whatever_the_map)
{
    static const char *const maps[] = {"SG", "S/G", "S........................G",
                                       "....................................................."
                                       "....................................................."
                                       "....................................................."
                                       "..............................................SG"};
    for (int i = 0; i < 4; i++) {
        world w;
        size_t stride;
        char settings[256];
        snprintf(settings, sizeof settings, "map=%s", maps[i]);
        open_world(&w, "GridWorld-v0", settings);
        reset(&w, 1);
        ck_assert_uint_le(w.spec.width, 2100);
        ck_assert_uint_ge(w.spec.height, 16);
        free(picture(&w, &stride));
        close_world(&w);
    }
}
END_TEST

START_TEST(walls_and_cliffs_have_no_place)
{
    world w;
    pv_rect rect = {-1, -1, -1, -1};
    open_world(&w, "GridWorld-v0", "map=S.C/#.G");
    ck_assert_uint_eq(w.class->locate(w.env, 2, &rect), 0);
    ck_assert_uint_eq(w.class->locate(w.env, 3, &rect), 0);
    ck_assert_uint_eq(w.class->locate(w.env, 6, &rect), 0);
    ck_assert_uint_eq(w.class->locate(w.env, UINT32_MAX, &rect), 0);
    ck_assert_int_eq(rect.width, -1);
    ck_assert_uint_eq(w.class->locate(w.env, 5, &rect), 1);
    ck_assert_int_gt(rect.width, 0);
    ck_assert_uint_le((uint32_t)(rect.x + rect.width), w.spec.width);
    close_world(&w);
}
END_TEST

START_TEST(every_move_has_a_key)
{
    for (int i = 0; i < VARIANTS; i++) {
        world w;
        open_world(&w, variants[i][0], variants[i][1]);
        ck_assert_uint_eq(w.spec.n_keys, w.spec.action[0].n);
        for (uint32_t k = 0; k < w.spec.n_keys; k++) {
            ck_assert_double_eq(w.spec.keys[k].value, k);
            for (uint32_t j = 0; j < k; j++) {
                ck_assert_str_ne(w.spec.keys[k].keys, w.spec.keys[j].keys);
            }
        }
        close_world(&w);
    }
}
END_TEST

START_TEST(creation_survives_a_failing_allocator)
{
    for (int i = 0; pv_envs_gridworld[i]; i++) {
        const pv_env_class *c = pv_envs_gridworld[i];
        pv_params params;
        world w = {.class = c};
        w.host = (pv_host){sizeof w.host, PV_ABI, &w, keep_message, take, give, NULL};
        ck_assert_int_eq(pv_params_init(&params, c->id, c->params, (int)c->n_params), 0);
        const size_t before = pv_memory_live();
        pv_status status = -1;
        int failures = 0;
        for (uint64_t n = 1; status < 0; n++) {
            pv_memory_fail_at(n);
            w.message[0] = '\0';
            status = c->create(&w.host, params.value, &w.env);
            pv_memory_fail_at(0);
            if (status < 0) {
                failures++;
                ck_assert_ptr_nonnull(strstr(w.message, "out of memory"));
                ck_assert_uint_eq(pv_memory_live(), before);
            }
        }
        ck_assert_int_ge(failures, 5);
        c->destroy(w.env);
        pv_params_free(&params);
        ck_assert_uint_eq(pv_memory_live(), 0);
    }
    class_of("GridWorld-v0")->destroy(NULL);
}
END_TEST

static TCase *model_tests(void)
{
    TCase *tests = tcase_create("model");
    tcase_add_test(tests, cliff_moves_are_those_of_the_book);
    tcase_add_test(tests, slippery_cliff_goes_left_straight_right);
    tcase_add_test(tests, lake_holes_and_goal_end_the_episode);
    tcase_add_test(tests, lake_slips_with_the_rounding_of_its_definition);
    tcase_add_test(tests, models_have_the_known_optima);
    tcase_add_test(tests, own_map_is_the_textbooks_four_by_three_world);
    tcase_add_test(tests, wind_carries_up_by_the_column_left);
    tcase_add_test(tests, kings_moves_go_diagonally_and_stay);
    tcase_add_test(tests, changing_wind_varies_by_one_where_there_is_any);
    tcase_add_test(tests, four_rooms_have_their_hallways);
    tcase_add_test(tests, four_rooms_slip_and_start_as_asked);
    return tests;
}

static TCase *step_tests(void)
{
    TCase *tests = tcase_create("steps");
    tcase_add_loop_test(tests, steps_follow_the_listed_outcomes, 0, VARIANTS);
    tcase_add_test(tests, rounding_at_the_top_gives_the_first_outcome);
    tcase_add_test(tests, starts_are_drawn_with_equal_chance);
    tcase_add_loop_test(tests, trajectories_are_the_same_everywhere, 0, VARIANTS);
    tcase_add_test(tests, wrong_calls_are_refused_in_words);
    tcase_add_test(tests, observations_not_wanted_are_not_written);
    tcase_add_test(tests, after_the_end_steps_are_refused_until_a_reset);
    return tests;
}

static TCase *map_tests(void)
{
    TCase *tests = tcase_create("maps");
    tcase_add_test(tests, own_maps_know_every_tile);
    tcase_add_test(tests, a_map_file_is_the_map_it_holds);
    tcase_add_test(tests, bad_maps_are_refused_in_one_line);
    tcase_add_test(tests, a_start_cut_off_from_the_goal_is_named);
    tcase_add_test(tests, bad_map_files_are_refused_in_one_line);
    tcase_add_test(tests, the_largest_map_works);
    return tests;
}

static TCase *state_tests(void)
{
    TCase *tests = tcase_create("state");
    tcase_add_loop_test(tests, restored_state_continues_equally, 0, VARIANTS);
    tcase_add_test(tests, states_of_another_world_are_refused);
    tcase_add_test(tests, a_world_before_its_first_reset_can_be_saved);
    tcase_add_loop_test(tests, pictures_show_the_agent_where_it_is, 0, VARIANTS);
    tcase_add_test(tests, pictures_fit_slides_whatever_the_map);
    tcase_add_test(tests, walls_and_cliffs_have_no_place);
    tcase_add_test(tests, every_move_has_a_key);
    tcase_add_test(tests, creation_survives_a_failing_allocator);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("gridworld");
    suite_add_tcase(suite, model_tests());
    suite_add_tcase(suite, step_tests());
    suite_add_tcase(suite, map_tests());
    suite_add_tcase(suite, state_tests());
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
