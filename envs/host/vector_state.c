/* Saving and loading the lanes of a vector. Counters and buffers are tensors; the worlds themselves
   are their saved states or, where a world cannot save, the actions of its running episode, which
   are taken again from the episode's seed and must lead to the same observation. */
#include "envs/host/vector.h"

#include "core/memory.h"
#include "envs/host/lanes.h"
#include "envs/host/statistics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* longest "<prefix>.<name>" */
enum { NAME_SIZE = 128 };

static const char *name_of(char name[NAME_SIZE], const char *prefix, const char *what)
{
    const size_t length = strlen(prefix);
    assert(length + strlen(what) + 2 <= NAME_SIZE);
    memcpy(name, prefix, length);
    name[length] = '.';
    strcpy(name + length + 1, what);
    return name;
}

/* --- what both directions agree on --- */

/* what two vectors must have in common for one to go on where the other was */
enum { LANES, AGENTS, SEED, PURPOSE, FIRST_LANE, SHARED_NUMBERS, MAX_STEPS, RECIPE_SIZE };
static const char *const recipe_names[RECIPE_SIZE] = {
    "lanes", "agents", "seed", "purpose", "first lane", "shared numbers", "step limit"};

static void make_recipe(const pv_vector *v, uint64_t recipe[RECIPE_SIZE])
{
    recipe[LANES] = (uint64_t)v->lanes;
    recipe[AGENTS] = (uint64_t)v->agents;
    recipe[SEED] = v->config.seed;
    recipe[PURPOSE] = (uint64_t)v->config.purpose;
    recipe[FIRST_LANE] = v->config.first_lane;
    recipe[SHARED_NUMBERS] = v->config.shared_numbers != 0;
    recipe[MAX_STEPS] = v->max_steps;
}

/* an array that is saved and loaded as it is */
typedef struct stored {
    const char *name;
    pv_dtype dtype;
    void *data;
    size_t count;
} stored;

enum { MAX_STORED = 16 };

/* where each lane is in its episodes */
static int list_episodes(const pv_vector *v, stored *list)
{
    const size_t lanes = (size_t)v->lanes;
    int n = 0;
    list[n++] = (stored){"number", PV_U64, v->number, lanes};
    list[n++] = (stored){"next_number", PV_U64, v->next_number, lanes};
    list[n++] = (stored){"seed", PV_U64, v->seed, lanes};
    list[n++] = (stored){"waiting", PV_U8, v->waiting, lanes};
    return n;
}

/* what the last step left */
static int list_rows(const pv_vector *v, stored *list)
{
    const size_t rows = (size_t)v->rows;
    int n = 0;
    list[n++] = (stored){"ended", PV_U8, v->ended, (size_t)v->lanes};
    list[n++] = (stored){"first", PV_U8, v->first, rows};
    list[n++] = (stored){"returns", PV_F64, v->returns, rows};
    list[n++] = (stored){"reward", PV_F32, v->reward, rows};
    list[n++] = (stored){"terminated", PV_U8, v->terminated, rows};
    list[n++] = (stored){"truncated", PV_U8, v->truncated, rows};
    list[n++] = (stored){"was_terminated", PV_U8, v->was_terminated, rows};
    list[n++] = (stored){"was_truncated", PV_U8, v->was_truncated, rows};
    list[n++] = (stored){"info", PV_F32, v->info, rows * v->spec->n_info};
    if (v->wrap) {
        list[n++] = (stored){"world_reward", PV_F32, v->world_reward, rows};
    }
    return n;
}

/* --- saving --- */

static pv_status save_listed(pv_tensors *tensors, const char *prefix, const stored *list, int n)
{
    char name[NAME_SIZE];
    for (int i = 0; i < n; i++) {
        if (pv_tensors_add(tensors, name_of(name, prefix, list[i].name), list[i].dtype,
                           list[i].data, list[i].count)) {
            return pv_last_status();
        }
    }
    return PV_OK;
}

static pv_status save_recipe(const pv_vector *v, pv_tensors *tensors, const char *prefix)
{
    char name[NAME_SIZE];
    uint64_t recipe[RECIPE_SIZE];
    make_recipe(v, recipe);
    const uint64_t now = v->now;
    if (pv_tensors_set_text(tensors, name_of(name, prefix, "world"),
                            pv_world_folder(v->config.world)) ||
        pv_tensors_set_text(tensors, name_of(name, prefix, "version"), v->env_class->version) ||
        pv_tensors_add(tensors, name_of(name, prefix, "recipe"), PV_U64, recipe, RECIPE_SIZE) ||
        pv_tensors_add(tensors, name_of(name, prefix, "now"), PV_U64, &now, 1)) {
        return pv_last_status();
    }
    return PV_OK;
}

static pv_status save_lengths(const pv_vector *v, pv_tensors *tensors, const char *prefix)
{
    char name[NAME_SIZE];
    uint64_t *lengths = pv_alloc_array((size_t)v->lanes, sizeof *lengths);
    if (!lengths) {
        return PV_ERROR_MEMORY;
    }
    for (int lane = 0; lane < v->lanes; lane++) {
        lengths[lane] = v->now - v->began[lane];
    }
    const pv_status status =
        pv_tensors_add(tensors, name_of(name, prefix, "length"), PV_U64, lengths, (size_t)v->lanes);
    pv_free(lengths);
    return status;
}

static pv_status save_observations(const pv_vector *v, pv_tensors *tensors, const char *prefix)
{
    char name[NAME_SIZE];
    for (uint32_t i = 0; i < v->spec->n_obs; i++) {
        const pv_space *space = &v->spec->obs[i];
        const uint64_t shape[] = {(uint64_t)v->rows, pv_space_count(space)};
        char what[32];
        snprintf(what, sizeof what, "obs.%" PRIu32, i);
        if (pv_tensors_add_shaped(tensors, name_of(name, prefix, what), space->dtype,
                                  v->obs[v->half][i], 2, shape)) {
            return pv_last_status();
        }
    }
    return PV_OK;
}

/* all lanes' own states, [lanes][state_size] */
static pv_status save_worlds(const pv_vector *v, pv_tensors *tensors, const char *prefix)
{
    char name[NAME_SIZE];
    const size_t size = v->env_class->state_size(v->env[0]);
    uint8_t *states = pv_alloc_array((size_t)v->lanes, size);
    pv_status status = states ? PV_OK : PV_ERROR_MEMORY;
    for (int lane = 0; lane < v->lanes && status == PV_OK; lane++) {
        if (v->env_class->state_size(v->env[lane]) != size) {
            status = pv_fail(PV_ERROR_WORLD, "world %s: the size of its state changes",
                             v->env_class->id);
        } else if (v->env_class->save(v->env[lane], states + (size_t)lane * size)) {
            status = pv_lane_failed(v, lane);
        }
    }
    if (status == PV_OK) {
        const uint64_t shape[] = {(uint64_t)v->lanes, size};
        status =
            pv_tensors_add_shaped(tensors, name_of(name, prefix, "state"), PV_U8, states, 2, shape);
    }
    pv_free(states);
    return status;
}

static size_t logged_bytes(const pv_vector *v, int lane)
{
    return (size_t)(v->now - v->began[lane]) * v->action_bytes;
}

/* the running episodes' actions, lane after lane */
static pv_status save_actions(const pv_vector *v, pv_tensors *tensors, const char *prefix)
{
    char name[NAME_SIZE];
    size_t total = 0;
    for (int lane = 0; lane < v->lanes; lane++) {
        total += logged_bytes(v, lane);
    }
    uint8_t *actions = pv_alloc(total);
    if (!actions) {
        return PV_ERROR_MEMORY;
    }
    size_t used = 0;
    for (int lane = 0; lane < v->lanes; lane++) {
        const size_t bytes = logged_bytes(v, lane);
        if (bytes > 0) {
            memcpy(actions + used, v->log[lane].bytes, bytes);
        }
        used += bytes;
    }
    const pv_status status =
        pv_tensors_add(tensors, name_of(name, prefix, "actions"), PV_U8, actions, total);
    pv_free(actions);
    return status;
}

/* what the wrappers remember, [lanes][state_size] */
static pv_status save_wraps(const pv_vector *v, pv_tensors *tensors, const char *prefix)
{
    char name[NAME_SIZE];
    const size_t size = v->wrap[0].state_size;
    const uint64_t shape[] = {(uint64_t)v->lanes, size};
    uint8_t *states = pv_alloc_array((size_t)v->lanes, size);
    if (!states || pv_tensors_set_text(tensors, name_of(name, prefix, "wrap"),
                                       pv_world_wrap(v->config.world))) {
        pv_free(states);
        return PV_ERROR_MEMORY;
    }
    for (int lane = 0; lane < v->lanes; lane++) {
        memcpy(states + (size_t)lane * size, v->wrap[lane].state, size);
    }
    const pv_status status =
        pv_tensors_add_shaped(tensors, name_of(name, prefix, "wraps"), PV_U8, states, 2, shape);
    pv_free(states);
    return status || !v->own_statistics ? status : pv_statistics_save(v->own_statistics, tensors);
}

pv_status pv_vector_save(const pv_vector *v, pv_tensors *tensors, const char *prefix)
{
    assert(v->next_number[0] > 0); /* reset before */
    stored list[MAX_STORED];
    const int episodes = list_episodes(v, list);
    const int n = episodes + list_rows(v, list + episodes);
    assert(n <= MAX_STORED);
    if (save_recipe(v, tensors, prefix) || save_lengths(v, tensors, prefix) ||
        save_listed(tensors, prefix, list, n) || save_observations(v, tensors, prefix)) {
        return pv_last_status();
    }
    if (v->wrap && save_wraps(v, tensors, prefix)) {
        return pv_last_status();
    }
    if (v->env_class->save) {
        return save_worlds(v, tensors, prefix);
    }
    return v->log ? save_actions(v, tensors, prefix) : PV_OK;
}

/* --- loading --- */

static pv_status load_listed(const pv_tensors *tensors, const char *prefix, const stored *list,
                             int n)
{
    char name[NAME_SIZE];
    for (int i = 0; i < n; i++) {
        if (pv_tensors_get(tensors, name_of(name, prefix, list[i].name), list[i].dtype,
                           list[i].data, list[i].count)) {
            return pv_last_status();
        }
    }
    return PV_OK;
}

static pv_status check_text(const pv_tensors *tensors, const char *prefix, const char *what,
                            const char *mine)
{
    char name[NAME_SIZE];
    const char *saved = pv_tensors_text(tensors, name_of(name, prefix, what));
    if (!saved) {
        return pv_fail(PV_ERROR_FORMAT, "there is no text \"%s\"; these are not saved lanes", name);
    }
    if (strcmp(saved, mine) != 0) {
        return pv_fail(PV_ERROR_VERSION, "the lanes were saved with %s \"%s\", these are of \"%s\"",
                       what, saved, mine);
    }
    return PV_OK;
}

/* lanes without wrappers say nothing of them */
static pv_status check_wrap(const pv_vector *v, const pv_tensors *tensors, const char *prefix)
{
    char name[NAME_SIZE];
    const char *saved = pv_tensors_text(tensors, name_of(name, prefix, "wrap"));
    const char *mine = pv_world_wrap(v->config.world);
    saved = saved ? saved : "";
    return strcmp(saved, mine) == 0
               ? PV_OK
               : pv_fail(PV_ERROR_VERSION,
                         "the lanes were saved behind wrappers \"%s\", these are behind \"%s\"",
                         saved, mine);
}

static pv_status check_recipe(const pv_vector *v, const pv_tensors *tensors, const char *prefix)
{
    char name[NAME_SIZE];
    uint64_t mine[RECIPE_SIZE];
    uint64_t saved[RECIPE_SIZE];
    make_recipe(v, mine);
    if (check_text(tensors, prefix, "world", pv_world_folder(v->config.world)) ||
        check_text(tensors, prefix, "version", v->env_class->version) ||
        check_wrap(v, tensors, prefix) ||
        pv_tensors_get(tensors, name_of(name, prefix, "recipe"), PV_U64, saved, RECIPE_SIZE)) {
        return pv_last_status();
    }
    for (int i = 0; i < RECIPE_SIZE; i++) {
        if (saved[i] != mine[i]) {
            return pv_fail(PV_ERROR_FORMAT,
                           "the lanes were saved with %s %" PRIu64 ", these have %" PRIu64,
                           recipe_names[i], saved[i], mine[i]);
        }
    }
    return PV_OK;
}

/* sets `now` and, by the lengths, the beginning of every lane's episode */
static pv_status load_lengths(pv_vector *v, const pv_tensors *tensors, const char *prefix)
{
    char name[NAME_SIZE];
    const stored list[] = {{"now", PV_U64, &v->now, 1},
                           {"length", PV_U64, v->began, (size_t)v->lanes}};
    if (load_listed(tensors, prefix, list, 2)) {
        return pv_last_status();
    }
    for (int lane = 0; lane < v->lanes; lane++) {
        const uint64_t length = v->began[lane];
        if (length > v->now) {
            return pv_fail(PV_ERROR_FORMAT,
                           "tensor \"%s\" is damaged: an episode of %" PRIu64
                           " steps after %" PRIu64,
                           name_of(name, prefix, "length"), length, v->now);
        }
        v->began[lane] = v->now - length;
    }
    return PV_OK;
}

/* the tensor of raw bytes that holds the worlds; its size is checked */
static const uint8_t *find_bytes(const pv_tensors *tensors, const char *prefix, const char *what,
                                 size_t bytes)
{
    char name[NAME_SIZE];
    const pv_tensor *tensor = pv_tensors_find(tensors, name_of(name, prefix, what));
    if (!tensor || tensor->dtype != PV_U8 || tensor->count != bytes) {
        pv_fail(PV_ERROR_FORMAT, "tensor \"%s\" is missing or not of %zu bytes", name, bytes);
        return NULL;
    }
    return tensor->data;
}

/* resets lane to its running episode, keeping where the episode stands in `began` */
static pv_status begin_again(pv_vector *v, int lane)
{
    const uint64_t began = v->began[lane];
    const pv_status status = pv_lane_reset(v, lane, &v->range[0]);
    if (status) {
        return pv_lane_failed(v, lane);
    }
    v->deadline[lane] -= v->deadline[lane] == UINT64_MAX ? 0 : v->now - began;
    v->began[lane] = began;
    return PV_OK;
}

static pv_status load_worlds(pv_vector *v, const pv_tensors *tensors, const char *prefix)
{
    const size_t size = v->env_class->state_size(v->env[0]);
    const uint8_t *states = find_bytes(tensors, prefix, "state", (size_t)v->lanes * size);
    if (!states) {
        return pv_last_status();
    }
    for (int lane = 0; lane < v->lanes; lane++) {
        const pv_status status = begin_again(v, lane);
        if (status) {
            return status;
        }
        if (v->env_class->load(v->env[lane], states + (size_t)lane * size, size)) {
            return pv_lane_failed(v, lane);
        }
    }
    return PV_OK;
}

static pv_status replay_step(pv_vector *v, int lane, const pv_io *io)
{
    if (!v->wrap) {
        return v->env_class->step(v->env[lane], io);
    }
    pv_wrap_lane *wrap = &v->wrap[lane];
    const pv_status status = pv_wrap_lane_step(wrap, io);
    return status == PV_OK && wrap->lost && !io->truncated[0] ? pv_wrap_lane_go_on(wrap, io)
                                                              : status;
}

/* takes the actions of lane's running episode once more */
static pv_status replay(pv_vector *v, int lane, const uint8_t *actions)
{
    const uint64_t length = v->now - v->began[lane];
    const pv_lane_range *scratch = &v->range[0];
    pv_io io = v->io[v->half][lane];
    io.reward = scratch->reward;
    io.terminated = scratch->terminated;
    io.truncated = scratch->truncated;
    io.info = scratch->info;
    for (uint64_t i = 0; i < length; i++) {
        for (uint32_t j = 0; j < v->spec->n_action; j++) {
            const size_t size = v->action_size[j];
            memcpy((char *)v->action[j] + (size_t)lane * size, actions, size);
            actions += size;
        }
        if (replay_step(v, lane, &io)) {
            return pv_lane_failed(v, lane);
        }
    }
    return PV_OK;
}

static pv_status load_actions(pv_vector *v, const pv_tensors *tensors, const char *prefix)
{
    size_t total = 0;
    for (int lane = 0; lane < v->lanes; lane++) {
        const uint64_t length = v->now - v->began[lane];
        if (length > (SIZE_MAX / 2 - total) / (v->action_bytes + 1)) {
            return pv_fail(PV_ERROR_FORMAT, "the saved episodes are impossibly long");
        }
        total += logged_bytes(v, lane);
    }
    const uint8_t *actions = find_bytes(tensors, prefix, "actions", total);
    if (!actions) {
        return pv_last_status();
    }
    for (int lane = 0; lane < v->lanes; lane++) {
        const size_t bytes = logged_bytes(v, lane);
        if (pv_lane_log_reserve(v, lane, v->now - v->began[lane] + 1)) {
            return PV_ERROR_MEMORY;
        }
        memcpy(v->log[lane].bytes, actions, bytes);
        if (begin_again(v, lane) || replay(v, lane, actions)) {
            return pv_last_status();
        }
        actions += bytes;
    }
    return PV_OK;
}

static pv_status fail_repeating(const pv_vector *v)
{
    return pv_fail(PV_ERROR_WORLD,
                   "world %s does not repeat from its seed; the run cannot be resumed exactly",
                   v->env_class->id);
}

/* Loads the observations; those of a replayed world are there already and must be the same. */
static pv_status load_observations(pv_vector *v, const pv_tensors *tensors, const char *prefix)
{
    char name[NAME_SIZE];
    for (uint32_t i = 0; i < v->spec->n_obs; i++) {
        const pv_space *space = &v->spec->obs[i];
        const size_t count = (size_t)v->rows * pv_space_count(space);
        void *now = v->obs[v->half][i];
        void *saved = v->log ? v->obs[1 - v->half][i] : now;
        char what[32];
        snprintf(what, sizeof what, "obs.%" PRIu32, i);
        if (pv_tensors_get(tensors, name_of(name, prefix, what), space->dtype, saved, count)) {
            return pv_last_status();
        }
        if (v->config.statistics) {
            memcpy(now, saved, count * pv_dtype_size(space->dtype)); /* normed as it was then */
        }
        if (memcmp(saved, now, count * pv_dtype_size(space->dtype)) != 0) {
            return fail_repeating(v);
        }
    }
    return PV_OK;
}

static pv_status load_wraps(pv_vector *v, const pv_tensors *tensors, const char *prefix)
{
    const size_t size = v->wrap[0].state_size;
    const uint8_t *states = find_bytes(tensors, prefix, "wraps", (size_t)v->lanes * size);
    for (int lane = 0; states && lane < v->lanes; lane++) {
        memcpy(v->wrap[lane].state, states + (size_t)lane * size, size);
        if (v->learns) {
            pv_wrap_lane_learn(&v->wrap[lane], 1); /* the way here was learned from long ago */
        }
    }
    if (!states) {
        return pv_last_status();
    }
    return v->own_statistics ? pv_statistics_load(v->own_statistics, tensors) : PV_OK;
}

static pv_status load_lanes(pv_vector *v, const pv_tensors *tensors, const char *prefix)
{
    if (v->env_class->save) {
        return load_worlds(v, tensors, prefix);
    }
    return v->log ? load_actions(v, tensors, prefix) : fail_repeating(v);
}

pv_status pv_vector_load(pv_vector *v, const pv_tensors *tensors, const char *prefix)
{
    stored episodes[MAX_STORED];
    stored rows[MAX_STORED];
    const int n_episodes = list_episodes(v, episodes);
    const int n_rows = list_rows(v, rows);
    if (check_recipe(v, tensors, prefix) || load_listed(tensors, prefix, episodes, n_episodes) ||
        load_lengths(v, tensors, prefix) || load_lanes(v, tensors, prefix) ||
        (v->wrap && load_wraps(v, tensors, prefix)) || load_observations(v, tensors, prefix) ||
        load_listed(tensors, prefix, rows, n_rows)) {
        return pv_last_status();
    }
    v->n_waiting = 0;
    for (int lane = 0; lane < v->lanes; lane++) {
        v->n_waiting += v->waiting[lane] != 0;
    }
    v->marked = 1;
    v->batch.episodes = 0;
    return PV_OK;
}
