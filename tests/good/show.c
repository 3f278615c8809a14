/* A world whose every number is a formula of the step t, the start s in 0..9 that the seed chooses
   and the last action, so that what wrappers make of it can be worked out by hand:

     frame    U8 [height][width][3]   (40 t + 17 (y / band) + 5 x + 60 c + s) mod 256
     numbers  F32 [4]                 t, 10 t, the last action (-1 after reset), s
     kind     I32 of 5                t mod 5
     reward                           t
     info     lives, how many frames were drawn since the reset, the last action

   It ends at step `end`, terminated or (cut=1) truncated; every `lose` steps a life is lost, the
   last of which ends it too. The count of drawn frames is against the rule that unwanted
   observations change nothing else, so that tests see which were wanted. test/ShowAgain-v1 is the
   same without save and load. */
#include "pavlov/env.h"

#include <string.h>

typedef struct show_state {
    int32_t t, start, action, lives, drawn, over;
} show_state;

struct pv_env {
    const pv_host *host;
    int32_t end, cut, lives, lose;
    uint32_t height, width, band;
    pv_space obs[3];
    double *zeros, *most; /* [height][width][3] bounds of the frame */
    show_state now;
};

static const pv_param show_params[] = {
    {.name = "end", .help = "the last step", .initial = 20, .low = 1, .high = 1000},
    {.name = "cut", .help = "1: the end truncates", .initial = 0, .low = 0, .high = 1},
    {.name = "lives", .help = "at the start", .initial = 0, .low = 0, .high = 9},
    {.name = "lose", .help = "steps a life lasts, 0: for ever", .initial = 0, .high = 1000},
    {.name = "height", .help = "of the frame", .initial = 4, .low = 1, .high = 300},
    {.name = "width", .help = "of the frame", .initial = 6, .low = 1, .high = 64},
    {.name = "band", .help = "rows that are alike", .initial = 1, .low = 1, .high = 300},
};

static void show_destroy(pv_env *env)
{
    const pv_host *host = env->host;
    host->free(host->ctx, env->zeros);
    host->free(host->ctx, env->most);
    host->free(host->ctx, env);
}

static pv_status show_create(const pv_host *host, const pv_value *params, pv_env **env)
{
    pv_env *made = (pv_env *)host->alloc(host->ctx, sizeof *made);
    if (!made) {
        host->log(host->ctx, 0, "out of memory");
        return -1;
    }
    made->host = host;
    made->end = (int32_t)params[0].number;
    made->cut = (int32_t)params[1].number;
    made->lives = (int32_t)params[2].number;
    made->lose = (int32_t)params[3].number;
    made->height = (uint32_t)params[4].number;
    made->width = (uint32_t)params[5].number;
    made->band = (uint32_t)params[6].number;
    const size_t count = (size_t)made->height * made->width * 3;
    made->zeros = (double *)host->alloc(host->ctx, count * sizeof(double));
    made->most = (double *)host->alloc(host->ctx, count * sizeof(double));
    if (!made->zeros || !made->most) {
        show_destroy(made);
        host->log(host->ctx, 0, "out of memory");
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        made->most[i] = 255.0;
    }
    made->obs[0] = (pv_space){.name = "frame",
                              .dtype = PV_U8,
                              .ndim = 3,
                              .shape = {made->height, made->width, 3},
                              .low = made->zeros,
                              .high = made->most};
    made->obs[1] = (pv_space){.name = "numbers", .dtype = PV_F32, .ndim = 1, .shape = {4}};
    made->obs[2] = (pv_space){.name = "kind", .dtype = PV_I32, .n = 5};
    *env = made;
    return 0;
}

static void show_spec(const pv_env *env, pv_spec *spec)
{
    static const pv_space action = {.name = "move", .dtype = PV_I32, .n = 4};
    static const char *const info[] = {"lives", "drawn", "action"};
    static const pv_key keys[] = {{.keys = "Right", .value = 1}, {.value = 2, .idle = 1}};
    spec->agents = 1;
    spec->n_obs = 3;
    spec->obs = env->obs;
    spec->n_action = 1;
    spec->action = &action;
    spec->n_info = 3;
    spec->info = info;
    spec->n_keys = 2;
    spec->keys = keys;
    spec->max_steps = 100;
    spec->width = 8;
    spec->height = 8;
    spec->fps = 60.0;
}

static void show_write(pv_env *env, const pv_io *io)
{
    show_state *now = &env->now;
    uint8_t *frame = (uint8_t *)io->obs[0];
    float *numbers = (float *)io->obs[1];
    if (frame) {
        now->drawn++;
        for (uint32_t y = 0; y < env->height; y++) {
            for (uint32_t x = 0; x < env->width; x++) {
                for (uint32_t c = 0; c < 3; c++) {
                    *frame++ = (uint8_t)(40u * (uint32_t)now->t + 17u * (y / env->band) + 5u * x +
                                         60u * c + (uint32_t)now->start);
                }
            }
        }
    }
    if (numbers) {
        numbers[0] = (float)now->t;
        numbers[1] = 10.0f * (float)now->t;
        numbers[2] = (float)now->action;
        numbers[3] = (float)now->start;
    }
    if (io->obs[2]) {
        *(int32_t *)io->obs[2] = now->t % 5;
    }
    io->info[0] = (float)now->lives;
    io->info[1] = (float)now->drawn;
    io->info[2] = (float)now->action;
}

static pv_status show_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    pv_rng rng;
    pv_rng_init(&rng, seed);
    env->now = (show_state){.start = (int32_t)pv_draw_integer(&rng, env->host->draws, 0, 10),
                            .action = -1,
                            .lives = env->lives};
    show_write(env, io);
    return 0;
}

static pv_status show_refuse(const pv_env *env, const char *reason)
{
    env->host->log(env->host->ctx, 0, reason);
    return -1;
}

static pv_status show_step(pv_env *env, const pv_io *io)
{
    show_state *now = &env->now;
    const int32_t action = *(const int32_t *)io->action[0];
    if (now->over) {
        return show_refuse(env, "the show is over: reset begins one");
    }
    if (action < 0 || action > 3) {
        return show_refuse(env, "the action is not 0 to 3");
    }
    now->t++;
    now->action = action;
    now->lives -= env->lose && now->t % env->lose == 0 && now->lives > 0;
    const int dead = env->lives > 0 && now->lives == 0;
    const int late = now->t >= env->end;
    now->over = dead || late;
    io->reward[0] = (float)now->t;
    io->terminated[0] = (uint8_t)(dead || (late && !env->cut));
    io->truncated[0] = (uint8_t)(late && env->cut && !dead);
    show_write(env, io);
    return 0;
}

static pv_status show_render(const pv_env *env, uint8_t *rgb, size_t stride)
{
    for (size_t y = 0; y < 8; y++) {
        memset(rgb + y * stride, (int)(env->now.t & 255), 24);
    }
    return 0;
}

static size_t show_state_size(const pv_env *env)
{
    return sizeof env->now;
}

static pv_status show_save(const pv_env *env, void *state)
{
    memcpy(state, &env->now, sizeof env->now);
    return 0;
}

static pv_status show_load(pv_env *env, const void *state, size_t size)
{
    show_state loaded;
    if (size != sizeof loaded) {
        return show_refuse(env, "a saved state of another size");
    }
    memcpy(&loaded, state, size);
    if (loaded.t < 0 || loaded.t > 1000 || loaded.start < 0 || loaded.start > 9 ||
        loaded.action < -1 || loaded.action > 3 || loaded.lives < 0 || loaded.lives > 9 ||
        loaded.drawn < 0 || loaded.drawn > 1001 || loaded.over < 0 || loaded.over > 1) {
        return show_refuse(env, "a damaged saved state");
    }
    env->now = loaded;
    return 0;
}

#define SHOW_CLASS(...)                                                                            \
    {                                                                                              \
        .size = sizeof(pv_env_class), .abi = PV_ABI, .version = "1",                               \
        .summary = "formulas of the step", .params = show_params, .n_params = 7,                   \
        .create = show_create, .destroy = show_destroy, .spec = show_spec, .reset = show_reset,    \
        .step = show_step, .render = show_render, __VA_ARGS__                                      \
    }

static const pv_env_class show_class =
    SHOW_CLASS(.id = "test/Show-v1", .state_size = show_state_size, .save = show_save,
               .load = show_load);
static const pv_env_class again_class = SHOW_CLASS(.id = "test/ShowAgain-v1");

PV_ENVS(&show_class, &again_class);
