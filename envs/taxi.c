/* Taxi: fetch a passenger in a small town with walls and bring them to a destination (Dietterich
   2000), with optional rain (moves drift sideways) and fickle passengers (who change their mind).
   All there is to know is one number, ((row * 5 + column) * 5 + passenger) * 4 + destination, and
   one table of outcomes over it, from which both step() and outcomes() read. */
#include "pavlov/env.h"
#include "pavlov/draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    SIDE = 5,
    CELLS = SIDE * SIDE,
    LANDMARKS = 4,
    RIDING = 4, /* the passenger's place when in the taxi */
    STATES = CELLS * (LANDMARKS + 1) * LANDMARKS,
    MAX_OUTCOMES = 3
};

enum { SOUTH, NORTH, EAST, WEST, PICK_UP, DROP_OFF, ACTIONS };

enum { UNBORN, RUNNING, OVER };

static const uint32_t landmark_cell[LANDMARKS] = {0, 4, 20, 23};

/* bit i: a wall on the east side of cell i */
static const uint32_t walls_east = 1u << 1 | 1u << 6 | 1u << 15 | 1u << 17 | 1u << 20 | 1u << 22;

/* left and right of a heading */
static const uint32_t beside[4][2] = {[SOUTH] = {EAST, WEST},
                                      [NORTH] = {WEST, EAST},
                                      [EAST] = {NORTH, SOUTH},
                                      [WEST] = {SOUTH, NORTH}};

enum { RAIN, RAIN_RATE, FICKLE, FICKLE_RATE, MASK, PARAMS };

static const pv_param taxi_params[PARAMS] = {
    [RAIN] = {"rain", "1: a move goes sideways now and then", 0, 0, 1, "0|1", NULL},
    [RAIN_RATE] = {"rain_rate", "in rain, how often a move goes forward", 0.8, 0, 1, NULL, NULL},
    [FICKLE] = {"fickle", "1: the passenger may change the destination", 0, 0, 1, "0|1", NULL},
    [FICKLE_RATE] = {"fickle_rate", "how many passengers are fickle", 0.3, 0, 1, NULL, NULL},
    [MASK] = {"mask", "1: also observe which actions do something", 0, 0, 1, "0|1", NULL},
};

/* what save() writes; no padding */
typedef struct taxi_state {
    pv_rng rng;
    uint32_t number;  /* of the state */
    uint32_t heading; /* of the taxi in the picture */
    uint32_t fickle;  /* 1: will change the destination */
    uint32_t phase;
} taxi_state;

struct pv_env {
    const pv_host *host;
    uint32_t rain, fickle, mask;
    double rain_rate, fickle_rate;
    taxi_state now;
};

typedef struct taxi_place {
    uint32_t cell, passenger, destination;
} taxi_place;

static taxi_place place_of(uint32_t number)
{
    return (taxi_place){number / (LANDMARKS * (LANDMARKS + 1)),
                        number / LANDMARKS % (LANDMARKS + 1), number % LANDMARKS};
}

static uint32_t number_of(taxi_place place)
{
    return (place.cell * (LANDMARKS + 1) + place.passenger) * LANDMARKS + place.destination;
}

/* Returns the landmark in a cell, LANDMARKS where there is none. */
static uint32_t landmark_in(uint32_t cell)
{
    uint32_t landmark = 0;
    while (landmark < LANDMARKS && landmark_cell[landmark] != cell) {
        landmark++;
    }
    return landmark;
}

/* Returns the cell a move leads to: the same one at an edge or a wall. */
static uint32_t neighbour(uint32_t cell, uint32_t heading)
{
    switch (heading) {
    case SOUTH:
        return cell + SIDE < CELLS ? cell + SIDE : cell;
    case NORTH:
        return cell >= SIDE ? cell - SIDE : cell;
    case EAST:
        return cell % SIDE < SIDE - 1 && !(walls_east >> cell & 1u) ? cell + 1 : cell;
    default:
        return cell % SIDE > 0 && !(walls_east >> (cell - 1) & 1u) ? cell - 1 : cell;
    }
}

static uint32_t move_outcomes(const pv_env *env, taxi_place place, uint32_t heading,
                              pv_outcome *outcome)
{
    const uint32_t here = place.cell;
    place.cell = neighbour(here, heading);
    outcome[0] = (pv_outcome){1.0, -1.0, number_of(place), 0};
    if (!env->rain) {
        return 1;
    }
    const int blocked = place.cell == here;
    outcome[0].probability = env->rain_rate;
    for (int side = 0; side < 2; side++) {
        /* a blocked taxi does not drift either */
        place.cell = blocked ? here : neighbour(here, beside[heading][side]);
        outcome[1 + side] = (pv_outcome){(1.0 - env->rain_rate) / 2.0, -1.0, number_of(place), 0};
    }
    return 3;
}

static pv_outcome pick_up_outcome(taxi_place place)
{
    if (place.passenger == RIDING || landmark_cell[place.passenger] != place.cell) {
        return (pv_outcome){1.0, -10.0, number_of(place), 0};
    }
    place.passenger = RIDING;
    return (pv_outcome){1.0, -1.0, number_of(place), 0};
}

static pv_outcome drop_off_outcome(taxi_place place)
{
    const uint32_t landmark = landmark_in(place.cell);
    if (place.passenger != RIDING || landmark == LANDMARKS) {
        return (pv_outcome){1.0, -10.0, number_of(place), 0};
    }
    const uint32_t arrived = landmark == place.destination;
    place.passenger = landmark;
    return (pv_outcome){1.0, arrived ? 20.0 : -1.0, number_of(place), arrived};
}

/* Writes the outcomes of a step, at most MAX_OUTCOMES, and returns their count. */
static uint32_t step_outcomes(const pv_env *env, uint32_t number, uint32_t action,
                              pv_outcome *outcome)
{
    const taxi_place place = place_of(number);
    if (action < PICK_UP) {
        return move_outcomes(env, place, action, outcome);
    }
    outcome[0] = action == PICK_UP ? pick_up_outcome(place) : drop_off_outcome(place);
    return 1;
}

static int is_start(uint32_t number)
{
    const taxi_place place = place_of(number);
    return place.passenger != RIDING && place.passenger != place.destination;
}

static const double start_probability =
    1.0 / (double)(CELLS * LANDMARKS * (LANDMARKS - 1)); /* of each start */

/* Draws one index over the start distribution; by cell, passenger and destination, which is the
   order of the numbers without a division for each. */
static uint32_t draw_start(pv_env *env)
{
    const double u = pv_draw_uniform(&env->now.rng, env->host->draws);
    double sum = 0.0;
    for (uint32_t cell = 0; cell < CELLS; cell++) {
        for (uint32_t passenger = 0; passenger < LANDMARKS; passenger++) {
            for (uint32_t destination = 0; destination < LANDMARKS; destination++) {
                sum += passenger == destination ? 0.0 : start_probability;
                if (sum > u) {
                    return number_of((taxi_place){cell, passenger, destination});
                }
            }
        }
    }
    return 0;
}

/* A fickle passenger now chooses another of the three other landmarks. */
static void change_destination(pv_env *env)
{
    taxi_place place = place_of(env->now.number);
    const uint32_t chosen =
        (uint32_t)pv_draw_integer(&env->now.rng, env->host->draws, 0, LANDMARKS - 1);
    place.destination = chosen < place.destination ? chosen : chosen + 1;
    env->now.number = number_of(place);
    env->now.fickle = 0;
}

static uint8_t does_something(taxi_place place, uint32_t action)
{
    switch (action) {
    case PICK_UP:
        return place.passenger != RIDING && landmark_cell[place.passenger] == place.cell;
    case DROP_OFF:
        return place.passenger == RIDING && landmark_in(place.cell) != LANDMARKS;
    default:
        return neighbour(place.cell, action) != place.cell;
    }
}

static void write_observation(const pv_env *env, const pv_io *io)
{
    if (io->obs[0]) {
        *(int32_t *)io->obs[0] = (int32_t)env->now.number;
    }
    if (env->mask && io->obs[1]) {
        const taxi_place place = place_of(env->now.number);
        for (uint32_t action = 0; action < ACTIONS; action++) {
            ((uint8_t *)io->obs[1])[action] = does_something(place, action);
        }
    }
}

static pv_status refuse(const pv_env *env, const char *message)
{
    env->host->log(env->host->ctx, 0, message);
    return -1;
}

static pv_status taxi_create(const pv_host *host, const pv_value *params, pv_env **created)
{
    pv_env *env = host->alloc(host->ctx, sizeof *env);
    if (!env) {
        host->log(host->ctx, 0, "out of memory");
        return -1;
    }
    env->host = host;
    env->rain = params[RAIN].number != 0.0;
    env->rain_rate = params[RAIN_RATE].number;
    env->fickle = params[FICKLE].number != 0.0;
    env->fickle_rate = params[FICKLE_RATE].number;
    env->mask = params[MASK].number != 0.0;
    *created = env;
    return 0;
}

static void taxi_destroy(pv_env *env)
{
    if (env) {
        env->host->free(env->host->ctx, env);
    }
}

static pv_status taxi_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    pv_rng_init(&env->now.rng, seed);
    env->now.number = draw_start(env);
    env->now.heading = EAST;
    env->now.fickle = 0;
    if (env->fickle) {
        env->now.fickle = pv_draw_uniform(&env->now.rng, env->host->draws) < env->fickle_rate;
    }
    env->now.phase = RUNNING;
    write_observation(env, io);
    return 0;
}

static pv_status taxi_step(pv_env *env, const pv_io *io)
{
    const int32_t action = *(const int32_t *)io->action[0];
    if (env->now.phase != RUNNING) {
        return refuse(env, "step without a reset before it");
    }
    if (action < 0 || action >= ACTIONS) {
        char message[64];
        snprintf(message, sizeof message, "action %d is not one of 0 to 5", (int)action);
        return refuse(env, message);
    }
    pv_outcome outcome[MAX_OUTCOMES];
    double probability[MAX_OUTCOMES];
    const uint32_t n = step_outcomes(env, env->now.number, (uint32_t)action, outcome);
    for (uint32_t i = 0; i < n; i++) {
        probability[i] = outcome[i].probability;
    }
    const pv_outcome *drawn =
        &outcome[pv_draw_index(&env->now.rng, env->host->draws, probability, n)];

    const taxi_place before = place_of(env->now.number);
    env->now.number = drawn->next;
    if (action < PICK_UP) {
        env->now.heading = (uint32_t)action;
    }
    if (env->now.fickle && before.passenger == RIDING &&
        place_of(drawn->next).cell != before.cell) {
        change_destination(env);
    }
    io->reward[0] = (float)drawn->reward;
    io->terminated[0] = (uint8_t)drawn->terminated;
    io->truncated[0] = 0;
    env->now.phase = drawn->terminated ? OVER : RUNNING;
    write_observation(env, io);
    return 0;
}

static size_t taxi_state_size(const pv_env *env)
{
    return sizeof env->now;
}

static pv_status taxi_save(const pv_env *env, void *state)
{
    memcpy(state, &env->now, sizeof env->now);
    return 0;
}

static pv_status taxi_load(pv_env *env, const void *state, size_t size)
{
    taxi_state loaded;
    if (size != sizeof loaded) {
        return refuse(env, "a saved state of another size");
    }
    memcpy(&loaded, state, sizeof loaded);
    if (loaded.number >= STATES || loaded.heading > WEST || loaded.fickle > env->fickle ||
        loaded.phase > OVER) {
        return refuse(env, "a damaged saved state");
    }
    env->now = loaded;
    return 0;
}

/* With fickle passengers the number does not tell whether this one is: not a table of states. */
static uint32_t taxi_state_number(const pv_env *env)
{
    return env->fickle ? UINT32_MAX : env->now.number;
}

static uint32_t start_outcomes(pv_outcome *outcomes, uint32_t capacity)
{
    uint32_t n = 0;
    for (uint32_t number = 0; number < STATES; number++) {
        if (is_start(number)) {
            if (n < capacity) {
                outcomes[n] = (pv_outcome){start_probability, 0.0, number, 0};
            }
            n++;
        }
    }
    return n;
}

static uint32_t taxi_outcomes(const pv_env *env, uint32_t state, uint32_t action,
                              pv_outcome *outcomes, uint32_t capacity)
{
    if (env->fickle) {
        return 0;
    }
    if (state == UINT32_MAX) {
        return start_outcomes(outcomes, capacity);
    }
    if (state >= STATES || action >= ACTIONS) {
        return 0;
    }
    pv_outcome all[MAX_OUTCOMES];
    const uint32_t n = step_outcomes(env, state, action, all);
    for (uint32_t i = 0; i < n && i < capacity; i++) {
        outcomes[i] = all[i];
    }
    return n;
}

/* --- the picture: the town from above --- */

enum { CELL = 72, MARGIN = 20, PICTURE = SIDE * CELL + 2 * MARGIN };

static const uint32_t landmark_colour[LANDMARKS] = {0xD55E00, 0x009E73, 0xE6C700, 0x0072B2};
static const char *const landmark_name[LANDMARKS] = {"R", "G", "Y", "B"};
static const uint32_t ink = 0x2B2F36;

static int left_of(uint32_t cell)
{
    return MARGIN + (int)(cell % SIDE) * CELL;
}

static int top_of(uint32_t cell)
{
    return MARGIN + (int)(cell / SIDE) * CELL;
}

static void paint_town(const pv_canvas *canvas)
{
    pv_paint_fill(canvas, 0x7E9C74);
    pv_paint_tile(canvas, MARGIN - 8, MARGIN - 8, SIDE * CELL + 16, SIDE * CELL + 16, 12, ink);
    pv_paint_tile(canvas, MARGIN - 3, MARGIN - 3, SIDE * CELL + 6, SIDE * CELL + 6, 8, 0xE6E4DE);
    for (int i = 1; i < SIDE; i++) {
        for (int dash = 4; dash < SIDE * CELL; dash += 12) {
            pv_paint_rect(canvas, MARGIN + i * CELL - 1, MARGIN + dash, 2, 5, 0xC2BFB6);
            pv_paint_rect(canvas, MARGIN + dash, MARGIN + i * CELL - 1, 5, 2, 0xC2BFB6);
        }
    }
    for (uint32_t i = 0; i < LANDMARKS; i++) {
        const int x = left_of(landmark_cell[i]);
        const int y = top_of(landmark_cell[i]);
        pv_paint_tile_blend(canvas, x + 3, y + 3, CELL - 6, CELL - 6, 8, landmark_colour[i], 0.45);
        pv_paint_text(canvas, x + 9, y + 9, 3, ink, landmark_name[i]);
    }
    for (uint32_t cell = 0; cell < CELLS; cell++) {
        if (walls_east >> cell & 1u) {
            const int x = left_of(cell) + CELL;
            pv_paint_line(canvas, x, top_of(cell), x, top_of(cell) + CELL, 8, ink);
        }
    }
}

/* The flag of the destination, in the upper right corner of its cell. */
static void paint_flag(const pv_canvas *canvas, uint32_t landmark)
{
    const int x = left_of(landmark_cell[landmark]) + CELL - 32;
    const int y = top_of(landmark_cell[landmark]) + 8;
    pv_paint_rect(canvas, x - 2, y - 2, 24, 16, ink);
    for (int square = 0; square < 8; square++) {
        const int row = square / 4;
        const int column = square % 4;
        pv_paint_rect(canvas, x + column * 5, y + row * 6, 5, 6,
                      (row + column) % 2 ? 0xFFFFFF : landmark_colour[landmark]);
    }
    pv_paint_rect(canvas, x - 2, y - 2, 2, 30, ink);
}

/* A person with the head at (x, y). */
static void paint_passenger(const pv_canvas *canvas, double x, double y)
{
    pv_paint_tile(canvas, x - 11, y + 6, 22, 17, 8, 0xFFFFFF);
    pv_paint_disc(canvas, x, y, 8, 0xFFFFFF);
    pv_paint_tile(canvas, x - 9, y + 8, 18, 13, 6, 0xB0307F);
    pv_paint_disc(canvas, x, y, 6, 0xB0307F);
}

/* A rounded part of the taxi: `ahead` of its middle, `length` along and `width` across it. */
static void paint_part(const pv_canvas *canvas, const pv_env *env, double ahead, double length,
                       double width, double radius, uint32_t colour)
{
    const uint32_t cell = place_of(env->now.number).cell;
    const uint32_t heading = env->now.heading;
    const int lengthways = heading == EAST || heading == WEST;
    const double offset = heading == EAST || heading == SOUTH ? ahead : -ahead;
    const double x = left_of(cell) + CELL / 2.0 + (lengthways ? offset : 0.0);
    const double y = top_of(cell) + CELL / 2.0 + (lengthways ? 0.0 : offset);
    const double w = lengthways ? length : width;
    const double h = lengthways ? width : length;
    pv_paint_tile(canvas, x - w / 2.0, y - h / 2.0, w, h, radius, colour);
}

static void paint_taxi(const pv_canvas *canvas, const pv_env *env)
{
    const taxi_place place = place_of(env->now.number);
    paint_part(canvas, env, 14, 9, 35, 2, ink); /* wheels */
    paint_part(canvas, env, -14, 9, 35, 2, ink);
    paint_part(canvas, env, 0, 54, 31, 9, ink);
    paint_part(canvas, env, 0, 50, 27, 7, 0xFFC20E);
    paint_part(canvas, env, 24, 3, 23, 1, 0xFFF6D0); /* headlights */
    paint_part(canvas, env, 22, 3, 11, 1, 0xFFC20E);
    paint_part(canvas, env, 0, 32, 23, 6, 0x3C4A59); /* windows */
    paint_part(canvas, env, -1, 19, 21, 4, 0xFFD75E);
    if (place.passenger == RIDING) {
        const double x = left_of(place.cell) + CELL / 2.0;
        paint_passenger(canvas, x, top_of(place.cell) + CELL / 2.0 - 7);
    }
}

static pv_status taxi_render(const pv_env *env, uint8_t *rgb, size_t stride)
{
    const pv_canvas canvas = {rgb, stride, PICTURE, PICTURE};
    const taxi_place place = place_of(env->now.number);
    paint_town(&canvas);
    paint_taxi(&canvas, env);
    paint_flag(&canvas, place.destination);
    if (place.passenger != RIDING) {
        const uint32_t cell = landmark_cell[place.passenger];
        paint_passenger(&canvas, left_of(cell) + CELL - 17, top_of(cell) + CELL - 29);
    }
    return 0;
}

/* The picture shows the states with the passenger and the destination of now, by the taxi's cell.
 */
static uint32_t taxi_locate(const pv_env *env, uint32_t state, pv_rect *rect)
{
    const taxi_place now = place_of(env->now.number);
    const taxi_place asked = place_of(state);
    if (env->fickle || state >= STATES || asked.passenger != now.passenger ||
        asked.destination != now.destination) {
        return 0;
    }
    *rect = (pv_rect){left_of(asked.cell), top_of(asked.cell), CELL, CELL};
    return 1;
}

/* --- what it is --- */

static const double zeros[ACTIONS] = {0, 0, 0, 0, 0, 0};
static const double ones[ACTIONS] = {1, 1, 1, 1, 1, 1};

static const pv_space taxi_obs[2] = {
    {"state", PV_I32, STATES, 0, {0}, NULL, NULL},
    {"action_mask", PV_U8, 0, 1, {ACTIONS}, zeros, ones},
};

static const pv_space taxi_action = {"action", PV_I32, ACTIONS, 0, {0}, NULL, NULL};

static const pv_key taxi_keys[ACTIONS] = {
    {0, "Down s", 0, SOUTH, 0}, {0, "Up w", 0, NORTH, 0},      {0, "Right d", 0, EAST, 0},
    {0, "Left a", 0, WEST, 0},  {0, "Space p", 0, PICK_UP, 0}, {0, "Return o", 0, DROP_OFF, 0},
};

static void taxi_spec(const pv_env *env, pv_spec *spec)
{
    spec->agents = 1;
    spec->n_obs = env->mask ? 2 : 1;
    spec->obs = taxi_obs;
    spec->n_action = 1;
    spec->action = &taxi_action;
    spec->n_info = 0;
    spec->info = NULL;
    spec->n_keys = ACTIONS;
    spec->keys = taxi_keys;
    spec->max_steps = 200;
    spec->solved = 8.0;
    spec->n_states = env->fickle ? 0 : STATES;
    spec->width = PICTURE;
    spec->height = PICTURE;
    spec->fps = 0.0;
}

static const pv_env_class taxi = {
    .size = sizeof(pv_env_class),
    .abi = PV_ABI,
    .id = "Taxi-v4",
    .version = "1.0",
    .summary = "fetch a passenger in a small town and bring them to a destination",
    .params = taxi_params,
    .n_params = PARAMS,
    .create = taxi_create,
    .destroy = taxi_destroy,
    .spec = taxi_spec,
    .reset = taxi_reset,
    .step = taxi_step,
    .render = taxi_render,
    .state_size = taxi_state_size,
    .save = taxi_save,
    .load = taxi_load,
    .state = taxi_state_number,
    .outcomes = taxi_outcomes,
    .locate = taxi_locate,
};

PV_ENVS(&taxi);
