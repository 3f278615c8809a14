/* gridworld.c: worlds on a grid: a map drawn as text and a few rules.

   One engine turns map and rules into a table of outcomes for every cell and move when a world is
   created; a step is then one draw and one look into that table, and the model that planners ask
   for is the same table. Every world below is a map, a set of rules and its parameters.

   CliffWalking, FrozenLake: as in Gymnasium 1.x, draw for draw (every step and every reset takes
   one uniform draw, even where the outcome is certain). CliffWalking is Example 6.6 and
   WindyGridWorld Example 6.5 with Exercises 6.9 and 6.10 of Sutton and Barto, Reinforcement
   Learning, 2nd ed. FourRooms: Sutton, Precup and Singh, Between MDPs and semi-MDPs (1999).
   GridWorld's own map and slip are the 4 x 3 world of Russell and Norvig, chapter 17. */
#include <math.h>

#include "grid_map.h"
#include "grid_picture.h"
#include "grid_table.h"

struct pv_env {
    uint32_t cell; /* where the agent is; UINT32_MAX before the first reset */
    uint32_t over; /* 1: the episode ended; the table alone would let the agent walk on from the
                      cliff's goal */
    pv_rng rng;
    pv_draws *draws;
    float reward[GRID_REWARDS];
    grid_table table;
    double start_chance;
    uint32_t move; /* its last; UINT32_MAX at the start of an episode */
    grid_map map;
    grid_rules rules;
    pv_host host;
    pv_space obs, action;
};

static const pv_key keys[2][GRID_MAX_MOVES] = {
    [GRID_UP_RIGHT_DOWN_LEFT] = {{0, "Up w", 0, 0, 0},
                                 {0, "Right d", 0, 1, 0},
                                 {0, "Down s", 0, 2, 0},
                                 {0, "Left a", 0, 3, 0},
                                 {0, "e", 0, 4, 0},
                                 {0, "c", 0, 5, 0},
                                 {0, "z", 0, 6, 0},
                                 {0, "q", 0, 7, 0},
                                 {0, "Space x", 0, 8, 0}},
    [GRID_LEFT_DOWN_RIGHT_UP] = {{0, "Left a", 0, 0, 0},
                                 {0, "Down s", 0, 1, 0},
                                 {0, "Right d", 0, 2, 0},
                                 {0, "Up w", 0, 3, 0}},
};

static void grid_destroy(pv_env *env)
{
    if (env) {
        const pv_host host = env->host;
        grid_map_free(&host, &env->map);
        grid_free(&host, env->table.codes);
        grid_free(&host, env);
    }
}

static pv_status grid_create(const pv_host *host, const grid_rules *rules, pv_env **result)
{
    pv_env *env = (pv_env *)host->alloc(host->ctx, sizeof *env);
    if (!env) {
        return grid_fail(host, GRID_NO_MEMORY, "out of memory for a grid world");
    }
    env->host = *host;
    env->draws = host->draws;
    env->rules = *rules;
    env->cell = UINT32_MAX;
    env->move = UINT32_MAX;
    pv_status status = grid_map_read(host, rules->map, &env->map);
    if (status == 0) {
        status = grid_table_make(host, &env->map, rules, &env->table);
    }
    if (status == 0) {
        status = grid_check_ways(host, &env->table, &env->map);
    }
    if (status < 0) {
        grid_destroy(env);
        return status;
    }
    env->rules.map = NULL; /* was the caller's */
    for (int i = 0; i < GRID_REWARDS; i++) {
        env->reward[i] = (float)rules->reward[i];
    }
    env->start_chance = 1.0 / env->map.n_starts;
    env->obs = (pv_space){.name = "state", .dtype = PV_I32, .n = env->table.n_cells};
    env->action = (pv_space){.name = "move", .dtype = PV_I32, .n = env->table.n_moves};
    *result = env;
    return 0;
}

static void grid_spec(const pv_env *env, pv_spec *spec)
{
    spec->agents = 1;
    spec->n_obs = 1;
    spec->obs = &env->obs;
    spec->n_action = 1;
    spec->action = &env->action;
    spec->n_info = 0;
    spec->info = NULL;
    spec->n_keys = env->table.n_moves;
    spec->keys = keys[env->rules.order];
    spec->max_steps = env->rules.max_steps;
    spec->solved = env->rules.solved;
    spec->n_states = env->table.n_cells;
    spec->width = (uint32_t)grid_picture_width(&env->map);
    spec->height = (uint32_t)grid_picture_height(&env->map);
    spec->fps = 0.0;
}

static void observe(const pv_env *env, const pv_io *io)
{
    if (io->obs[0]) {
        *(int32_t *)io->obs[0] = (int32_t)env->cell;
    }
}

static pv_status grid_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    pv_rng_init(&env->rng, seed);
    const double u = pv_draw_uniform(&env->rng, env->draws);
    double sum = 0.0;
    env->cell = env->map.starts[0];
    for (uint32_t i = 0; i < env->map.n_starts; i++) {
        sum += env->start_chance;
        if (sum > u) {
            env->cell = env->map.starts[i];
            break;
        }
    }
    env->move = UINT32_MAX;
    env->over = 0;
    observe(env, io);
    return 0;
}

static pv_status refuse_step(const pv_env *env, int32_t move)
{
    if (env->cell == UINT32_MAX) {
        return grid_fail(&env->host, GRID_REFUSED, "step before the first reset");
    }
    if (env->over) {
        return grid_fail(&env->host, GRID_REFUSED, "step after the end, without a reset");
    }
    return grid_fail(&env->host, GRID_REFUSED, "move %d does not exist: 0 to %u do", (int)move,
                     env->table.n_moves - 1u);
}

static pv_status grid_step(pv_env *env, const pv_io *io)
{
    const int32_t move = *(const int32_t *)io->action[0];
    if (env->cell == UINT32_MAX || env->over || (uint32_t)move >= env->table.n_moves) {
        return refuse_step(env, move);
    }
    const double u = pv_draw_uniform(&env->rng, env->draws);
    const grid_table *table = &env->table;
    const uint32_t n = table->n_outcomes;
    uint32_t chosen = 0; /* the first outcome whose running sum exceeds u; counted, not branched */
    if (n > 1) {
        for (uint32_t i = 0; i < n; i++) {
            chosen += table->reach[i] <= u;
        }
        chosen = chosen < n ? chosen : 0;
    }
    const uint32_t code = grid_outcome(table, env->cell, (uint32_t)move, chosen);
    env->cell = grid_next(code);
    env->move = (uint32_t)move;
    observe(env, io);
    io->reward[0] = env->reward[grid_reward_kind(code)];
    env->over = grid_end(code);
    io->terminated[0] = (uint8_t)env->over;
    io->truncated[0] = 0;
    return 0;
}

/* --- saving --- */

typedef struct grid_state {
    uint32_t cell, move;
    pv_rng rng;
} grid_state;

static size_t grid_state_size(const pv_env *env)
{
    (void)env;
    return sizeof(grid_state);
}

static pv_status grid_save(const pv_env *env, void *state)
{
    const grid_state saved = {env->cell, env->move, env->rng};
    memcpy(state, &saved, sizeof saved);
    return 0;
}

static pv_status grid_load(pv_env *env, const void *state, size_t size)
{
    grid_state saved;
    if (size != sizeof saved) {
        return grid_fail(&env->host, GRID_REFUSED, "a saved state has %zu bytes, this one %zu",
                         sizeof saved, size);
    }
    memcpy(&saved, state, sizeof saved);
    const int cell_fits = saved.cell == UINT32_MAX ||
                          (saved.cell < env->table.n_cells && env->map.tiles[saved.cell] != '#');
    const int move_fits = saved.move == UINT32_MAX || saved.move < env->table.n_moves;
    const uint64_t *s = saved.rng.s;
    const int rng_fits = saved.cell == UINT32_MAX || (s[0] | s[1] | s[2] | s[3]) != 0;
    if (!cell_fits || !move_fits || !rng_fits) {
        return grid_fail(&env->host, GRID_REFUSED,
                         "saved state of another world: cell %u, move %u of %u cells, %u moves",
                         saved.cell, saved.move, env->table.n_cells, env->table.n_moves);
    }
    env->cell = saved.cell;
    env->over = saved.cell != UINT32_MAX && grid_end(grid_enter(&env->map, saved.cell));
    env->move = saved.move;
    env->rng = saved.rng;
    return 0;
}

static uint32_t grid_current(const pv_env *env)
{
    return env->cell;
}

/* --- the model --- */

static uint32_t grid_outcomes(const pv_env *env, uint32_t state, uint32_t action,
                              pv_outcome *outcomes, uint32_t capacity)
{
    const grid_map *map = &env->map;
    if (state == UINT32_MAX) {
        for (uint32_t i = 0; i < map->n_starts && i < capacity; i++) {
            outcomes[i] = (pv_outcome){env->start_chance, 0.0, map->starts[i], 0};
        }
        return map->n_starts;
    }
    if (state >= env->table.n_cells || action >= env->table.n_moves) {
        return 0;
    }
    return grid_table_list(&env->table, map, &env->rules, state, action, outcomes, capacity);
}

/* --- the picture --- */

static pv_status grid_render(const pv_env *env, uint8_t *rgb, size_t stride)
{
    const pv_canvas canvas = {rgb, stride, grid_picture_width(&env->map),
                              grid_picture_height(&env->map)};
    grid_paint_map(&canvas, &env->map, env->rules.ice);
    if (env->cell != UINT32_MAX) {
        const grid_move still = {0, 0};
        const int moved = env->move != UINT32_MAX;
        grid_paint_agent(&canvas, &env->map, env->cell,
                         moved ? grid_moves[env->rules.order][env->move] : still);
    }
    return 0;
}

/* Walls and cliffs hold no one, so the picture has no place for them. */
static uint32_t grid_locate(const pv_env *env, uint32_t state, pv_rect *rect)
{
    if (state >= env->table.n_cells || strchr("#C", env->map.tiles[state])) {
        return 0;
    }
    *rect = grid_cell_rect(&env->map, state);
    return 1;
}

/* --- the worlds --- */

#define NO_SLIP .n_turns = 1, .turn = {0}, .chance = {1.0}

static pv_status create_cliff(const pv_host *host, const pv_value *params, pv_env **env)
{
    grid_rules rules = {.map = "............/............/............/SCCCCCCCCCCG",
                        .moves = 4,
                        .order = GRID_UP_RIGHT_DOWN_LEFT,
                        .reward = {[GRID_STEP] = -1.0, [GRID_GOAL] = -1.0, [GRID_CLIFF] = -100.0},
                        NO_SLIP,
                        .goal_is_ordinary = 1,
                        .solved = NAN};
    if (params[0].number != 0.0) {
        grid_slip_sideways(&rules, 1.0 / 3.0, 1.0 / 3.0);
    }
    return grid_create(host, &rules, env);
}

enum { LAKE_MAP, LAKE_SLIPPERY, LAKE_SUCCESS, LAKE_GOAL, LAKE_HOLE, LAKE_STEP };

static pv_status create_lake(const pv_host *host, const pv_value *params, pv_env **env,
                             uint32_t max_steps, double solved)
{
    grid_rules rules = {.map = params[LAKE_MAP].text,
                        .moves = 4,
                        .order = GRID_LEFT_DOWN_RIGHT_UP,
                        .reward = {[GRID_STEP] = params[LAKE_STEP].number,
                                   [GRID_GOAL] = params[LAKE_GOAL].number,
                                   [GRID_HOLE] = params[LAKE_HOLE].number,
                                   [GRID_CLIFF] = params[LAKE_HOLE].number},
                        NO_SLIP,
                        .ice = 1,
                        .max_steps = max_steps,
                        .solved = solved};
    if (params[LAKE_SLIPPERY].number != 0.0) {
        const double success = params[LAKE_SUCCESS].number;
        grid_slip_sideways(&rules, success, (1.0 - success) / 2.0);
    }
    return grid_create(host, &rules, env);
}

static pv_status create_lake_4(const pv_host *host, const pv_value *params, pv_env **env)
{
    return create_lake(host, params, env, 100, 0.70);
}

static pv_status create_lake_8(const pv_host *host, const pv_value *params, pv_env **env)
{
    return create_lake(host, params, env, 200, 0.85);
}

static pv_status create_windy(const pv_host *host, const pv_value *params, pv_env **env)
{
    static const int moves[] = {4, 8, 9};
    const grid_rules rules = {.map = "...1112210/...1112210/...1112210/S..1112G10/"
                                     "...1112210/...1112210/...1112210",
                              .moves = moves[(int)params[0].number],
                              .order = GRID_UP_RIGHT_DOWN_LEFT,
                              .reward = {[GRID_STEP] = -1.0, [GRID_GOAL] = -1.0},
                              NO_SLIP,
                              .changing_wind = params[1].number != 0.0,
                              .solved = NAN};
    return grid_create(host, &rules, env);
}

static pv_status create_rooms(const pv_host *host, const pv_value *params, pv_env **env)
{
    /* goals: the four hallways, a cell in the lower right room, its far corner */
    static const int goals[] = {7 * 14 + 9,  3 * 14 + 6, 6 * 14 + 2,
                                10 * 14 + 6, 9 * 14 + 9, 11 * 14 + 11};
    char map[] = "#############/#.....#.....#/#.....#.....#/#...........#/#.....#.....#/"
                 "#.....#.....#/##.####.....#/#.....###.###/#.....#.....#/#.....#.....#/"
                 "#...........#/#.....#.....#/#############";
    for (int i = 0; map[i] != '\0'; i++) {
        if (map[i] == '.' && (params[1].number != 0.0 || i == 1 * 14 + 1)) {
            map[i] = 'S';
        }
    }
    map[goals[(int)params[0].number]] = 'G';
    grid_rules rules = {.map = map,
                        .moves = 4,
                        .order = GRID_UP_RIGHT_DOWN_LEFT,
                        .reward = {[GRID_GOAL] = 1.0},
                        NO_SLIP,
                        .solved = NAN};
    if (params[2].number != 0.0) {
        grid_slip_anywhere(&rules, 2.0 / 3.0, 1.0 / 9.0);
    }
    return grid_create(host, &rules, env);
}

enum { OWN_MAP, OWN_MOVES, OWN_SLIP, OWN_STEP, OWN_GOAL, OWN_HOLE, OWN_CLIFF, OWN_WIND };

static pv_status create_own(const pv_host *host, const pv_value *params, pv_env **env)
{
    grid_rules rules = {.map = params[OWN_MAP].text,
                        .moves = params[OWN_MOVES].number != 0.0 ? 8 : 4,
                        .order = GRID_UP_RIGHT_DOWN_LEFT,
                        .reward = {[GRID_STEP] = params[OWN_STEP].number,
                                   [GRID_GOAL] = params[OWN_GOAL].number,
                                   [GRID_HOLE] = params[OWN_HOLE].number,
                                   [GRID_CLIFF] = params[OWN_CLIFF].number},
                        NO_SLIP,
                        .changing_wind = params[OWN_WIND].number != 0.0,
                        .solved = NAN};
    if (params[OWN_SLIP].number > 0.0) {
        grid_slip_sideways(&rules, 1.0 - params[OWN_SLIP].number, params[OWN_SLIP].number / 2.0);
    }
    return grid_create(host, &rules, env);
}

#define SWITCH(key, words, on)                                                                     \
    {                                                                                              \
        .name = key, .help = words, .initial = on, .choices = "0|1"                                \
    }
#define NUMBER(key, words, value, least, most)                                                     \
    {                                                                                              \
        .name = key, .help = words, .initial = value, .low = least, .high = most                   \
    }
#define TEXT(key, words, value)                                                                    \
    {                                                                                              \
        .name = key, .help = words, .text = value                                                  \
    }
#define MAP_HELP                                                                                   \
    "rows of tiles separated by '/', or a file with a row a line: . free, S start, G goal, "       \
    "# wall, H hole, C cliff, 1 to 9 wind upwards"

static const pv_param cliff_params[] = {
    SWITCH("slippery", "1: a third of the moves each go straight, left, right", 0)};
static const pv_param slippery_cliff_params[] = {
    SWITCH("slippery", "1: a third of the moves each go straight, left, right", 1)};

#define LAKE_PARAMS(tiles)                                                                         \
    {                                                                                              \
        [LAKE_MAP] = TEXT("map", MAP_HELP, tiles),                                                 \
        [LAKE_SLIPPERY] = SWITCH("slippery", "1: moves may go off at right angles", 1),            \
        [LAKE_SUCCESS] =                                                                           \
            NUMBER("success_rate", "chance that a move on slippery ice goes as meant", 1.0 / 3.0,  \
                   0.0, 1.0),                                                                      \
        [LAKE_GOAL] = NUMBER("goal_reward", "reward of reaching the goal", 1.0, -1e6, 1e6),        \
        [LAKE_HOLE] = NUMBER("hole_reward", "reward of falling into a hole", 0.0, -1e6, 1e6),      \
        [LAKE_STEP] = NUMBER("step_reward", "reward of any other step", 0.0, -1e6, 1e6)            \
    }

static const pv_param lake_4_params[] = LAKE_PARAMS("SFFF/FHFH/FFFH/HFFG");
static const pv_param lake_8_params[] =
    LAKE_PARAMS("SFFFFFFF/FFFFFFFF/FFFHFFFF/FFFFFHFF/FFFHFFFF/FHHFFFHF/FHFFHFHF/FFFHFFFG");

static const pv_param windy_params[] = {
    {.name = "moves",
     .help = "4; 8: diagonal moves too; 9: and staying (Exercise 6.9)",
     .choices = "4|8|9"},
    SWITCH("stochastic", "1: the wind varies by one cell (Exercise 6.10)", 0)};

static const pv_param rooms_params[] = {
    {.name = "goal",
     .help = "a hallway, a cell inside the lower right room, or its far corner",
     .choices = "east|north|west|south|room|corner"},
    {.name = "start",
     .help = "the upper left corner, or any free cell with equal chance",
     .choices = "corner|any"},
    SWITCH("slippery", "1: a third of the moves go one of the other three ways, as in the paper",
           0)};

static const pv_param own_params[] = {
    [OWN_MAP] = TEXT("map", MAP_HELP, "...G/.#.H/S..."),
    [OWN_MOVES] = {.name = "moves", .help = "4; 8: diagonal moves too", .choices = "4|8"},
    [OWN_SLIP] = NUMBER("slip", "chance that a move goes off at right angles, half to each side",
                        0.0, 0.0, 1.0),
    [OWN_STEP] = NUMBER("step_reward", "reward of a step onto a free tile", -0.04, -1e6, 1e6),
    [OWN_GOAL] = NUMBER("goal_reward", "reward of reaching a goal", 1.0, -1e6, 1e6),
    [OWN_HOLE] = NUMBER("hole_reward", "reward of falling into a hole", -1.0, -1e6, 1e6),
    [OWN_CLIFF] = NUMBER("cliff_reward", "reward of falling off a cliff, back to the first start",
                         -1.0, -1e6, 1e6),
    [OWN_WIND] = SWITCH("stochastic", "1: the wind varies by one cell", 0)};

#define GRID_CLASS(name, about, table, maker)                                                      \
    {                                                                                              \
        .size = sizeof(pv_env_class), .abi = PV_ABI, .id = name, .version = "1.0",                 \
        .summary = about, .params = table, .n_params = sizeof(table) / sizeof(table)[0],           \
        .create = maker, .destroy = grid_destroy, .spec = grid_spec, .reset = grid_reset,          \
        .step = grid_step, .render = grid_render, .state_size = grid_state_size,                   \
        .save = grid_save, .load = grid_load, .state = grid_current, .outcomes = grid_outcomes,    \
        .locate = grid_locate                                                                      \
    }

static const pv_env_class worlds[] = {
    GRID_CLASS("CliffWalking-v1", "walk along a cliff to the far corner", cliff_params,
               create_cliff),
    GRID_CLASS("CliffWalkingSlippery-v1", "the cliff with slippery ground", slippery_cliff_params,
               create_cliff),
    GRID_CLASS("FrozenLake-v1", "cross a slippery lake with holes, 4 x 4", lake_4_params,
               create_lake_4),
    GRID_CLASS("FrozenLake8x8-v1", "cross a slippery lake with holes, 8 x 8", lake_8_params,
               create_lake_8),
    GRID_CLASS("WindyGridWorld-v0", "reach the goal through a crosswind", windy_params,
               create_windy),
    GRID_CLASS("FourRooms-v0", "find the way through four rooms and their hallways", rooms_params,
               create_rooms),
    GRID_CLASS("GridWorld-v0", "a grid world from a map of one's own", own_params, create_own)};

PV_ENVS(&worlds[0], &worlds[1], &worlds[2], &worlds[3], &worlds[4], &worlds[5], &worlds[6]);
