/* What a world says of itself is its own memory and may be wrong: it is checked once, when the
   world is opened, and then copied, so that nothing later has to doubt it. */
#include "envs/host/spec.h"

#include "core/memory.h"
#include "core/tensors.h"
#include "envs/host/block.h"

#include <math.h>
#include <string.h>

/* beyond these a spec is taken for garbage rather than for a large world */
enum { MAX_AGENTS = 1 << 16, MAX_LISTED = 1 << 12, MAX_ELEMENTS = 1 << 28, MAX_PIXELS = 1 << 14 };

size_t pv_space_count(const pv_space *space)
{
    size_t count = 1;
    for (uint32_t i = 0; i < space->ndim; i++) {
        count *= space->shape[i];
    }
    return count;
}

size_t pv_space_size(const pv_space *space)
{
    return pv_space_count(space) * pv_dtype_size(space->dtype);
}

/* a space and where it stands, for messages */
typedef struct named_space {
    const char *id, *kind;
    const pv_space *space;
} named_space;

static pv_status space_fail(const named_space *named, const char *problem)
{
    return pv_fail(PV_ERROR_WORLD, "world %s: %s space \"%s\" %s", named->id, named->kind,
                   named->space->name, problem);
}

static pv_status check_shape(const named_space *named)
{
    const pv_space *space = named->space;
    if (space->ndim > 4) {
        return space_fail(named, "has more than 4 dimensions");
    }
    size_t count = 1;
    for (uint32_t i = 0; i < space->ndim; i++) {
        if (space->shape[i] == 0) {
            return space_fail(named, "has a dimension of 0");
        }
        if (space->shape[i] > MAX_ELEMENTS / count) {
            return space_fail(named, "has more than 2^28 elements");
        }
        count *= space->shape[i];
    }
    return PV_OK;
}

static pv_status check_bounds(const named_space *named)
{
    const pv_space *space = named->space;
    const size_t count = space->low || space->high ? pv_space_count(space) : 0;
    for (size_t i = 0; i < count; i++) {
        const double low = space->low ? space->low[i] : -INFINITY;
        const double high = space->high ? space->high[i] : INFINITY;
        if (!(low <= high)) {
            return space_fail(named, "has a lower bound above its upper bound");
        }
    }
    return PV_OK;
}

static pv_status check_space(const named_space *named)
{
    const pv_space *space = named->space;
    if (!space->name || space->name[0] == '\0') {
        return pv_fail(PV_ERROR_WORLD, "world %s: an %s space has no name", named->id, named->kind);
    }
    if (space->dtype != PV_U8 && space->dtype != PV_I32 && space->dtype != PV_F32) {
        return space_fail(named, "has an unknown dtype; PV_U8, PV_I32 and PV_F32 are known");
    }
    if (space->n > 0 && (space->dtype != PV_I32 || space->n > INT32_MAX)) {
        return space_fail(named, "has categories (n > 0) and so must be PV_I32");
    }
    const pv_status status = check_shape(named);
    return status ? status : check_bounds(named);
}

static pv_status check_spaces(const pv_env_class *env_class, const char *kind,
                              const pv_space *spaces, uint32_t n)
{
    if (n == 0 || n > MAX_LISTED || !spaces) {
        return pv_fail(PV_ERROR_WORLD, "world %s: n_%s is %u; 1 to %d spaces are expected",
                       env_class->id, kind, (unsigned)n, MAX_LISTED);
    }
    for (uint32_t i = 0; i < n; i++) {
        const named_space named = {env_class->id, kind, &spaces[i]};
        const pv_status status = check_space(&named);
        if (status) {
            return status;
        }
        for (uint32_t j = 0; j < i; j++) {
            if (strcmp(spaces[i].name, spaces[j].name) == 0) {
                return space_fail(&named, "is listed twice");
            }
        }
    }
    return PV_OK;
}

/* the action space a mask speaks of, NULL if there is none */
static const pv_space *masked_space(const pv_spec *spec, const char *mask_name)
{
    const char *suffix = mask_name + strlen("action_mask");
    if (*suffix == '\0') {
        return spec->n_action == 1 ? &spec->action[0] : NULL;
    }
    for (uint32_t i = 0; i < spec->n_action; i++) {
        if (strcmp(spec->action[i].name, suffix + 1) == 0) {
            return &spec->action[i];
        }
    }
    return NULL;
}

static pv_status check_masks(const pv_spec *spec, const char *id)
{
    for (uint32_t i = 0; i < spec->n_obs; i++) {
        const pv_space *mask = &spec->obs[i];
        const named_space named = {id, "obs", mask};
        if (strcmp(mask->name, "action_mask") != 0 &&
            strncmp(mask->name, "action_mask.", strlen("action_mask.")) != 0) {
            continue;
        }
        const pv_space *action = masked_space(spec, mask->name);
        if (!action || action->n == 0) {
            return space_fail(&named, "masks no discrete action space; name it after one");
        }
        if (mask->dtype != PV_U8 || pv_space_count(mask) != action->n * pv_space_count(action)) {
            return space_fail(&named, "must be PV_U8 with one element an action");
        }
    }
    return PV_OK;
}

static pv_status check_keys(const pv_spec *spec, const char *id)
{
    if (spec->n_keys > MAX_LISTED || (spec->n_keys > 0 && !spec->keys)) {
        return pv_fail(PV_ERROR_WORLD, "world %s: n_keys is %u without a list of keys", id,
                       (unsigned)spec->n_keys);
    }
    for (uint32_t i = 0; i < spec->n_keys; i++) {
        const pv_key *key = &spec->keys[i];
        if (!key->keys && !key->idle) {
            return pv_fail(PV_ERROR_WORLD, "world %s: key %u names no key", id, (unsigned)i);
        }
        if (key->agent >= spec->agents || key->action >= spec->n_action) {
            return pv_fail(PV_ERROR_WORLD,
                           "world %s: key \"%s\" is of an agent or action space "
                           "that is not there",
                           id, key->keys ? key->keys : "idle");
        }
        const uint32_t n = spec->action[key->action].n;
        if (n > 0 && !(key->value >= 0.0 && key->value < (double)n)) {
            return pv_fail(PV_ERROR_WORLD, "world %s: key \"%s\" gives action %g of 0 to %u", id,
                           key->keys ? key->keys : "idle", key->value, (unsigned)(n - 1));
        }
    }
    return PV_OK;
}

static pv_status check_picture(const pv_spec *spec, const pv_env_class *env_class)
{
    if (spec->width > MAX_PIXELS || spec->height > MAX_PIXELS ||
        (spec->width == 0) != (spec->height == 0)) {
        return pv_fail(PV_ERROR_WORLD, "world %s: a picture of %u x %u pixels is impossible",
                       env_class->id, (unsigned)spec->width, (unsigned)spec->height);
    }
    if (spec->width > 0 && !env_class->render) {
        return pv_fail(PV_ERROR_WORLD, "world %s: its picture has a size but there is no render",
                       env_class->id);
    }
    if (!(spec->fps >= 0.0 && spec->fps <= 1000.0)) {
        return pv_fail(PV_ERROR_WORLD, "world %s: fps is %g; 0 to 1000 is expected", env_class->id,
                       spec->fps);
    }
    return PV_OK;
}

static pv_status check_info(const pv_spec *spec, const char *id)
{
    if (spec->n_info > MAX_LISTED || (spec->n_info > 0 && !spec->info)) {
        return pv_fail(PV_ERROR_WORLD, "world %s: n_info is %u without a list of names", id,
                       (unsigned)spec->n_info);
    }
    for (uint32_t i = 0; i < spec->n_info; i++) {
        if (!spec->info[i] || spec->info[i][0] == '\0') {
            return pv_fail(PV_ERROR_WORLD, "world %s: info %u has no name", id, (unsigned)i);
        }
    }
    return PV_OK;
}

pv_status pv_spec_check(const pv_spec *spec, const pv_env_class *env_class)
{
    const char *id = env_class->id;
    if (spec->agents == 0 || spec->agents > MAX_AGENTS) {
        return pv_fail(PV_ERROR_WORLD, "world %s: %u agents; 1 to %d are expected", id,
                       (unsigned)spec->agents, MAX_AGENTS);
    }
    if (spec->n_states > INT32_MAX) {
        return pv_fail(PV_ERROR_WORLD, "world %s: more than 2^31 - 1 states", id);
    }
    if (check_spaces(env_class, "obs", spec->obs, spec->n_obs) ||
        check_spaces(env_class, "action", spec->action, spec->n_action) || check_masks(spec, id) ||
        check_info(spec, id) || check_keys(spec, id) || check_picture(spec, env_class)) {
        return pv_last_status();
    }
    return PV_OK;
}

static const char *keep_text(pv_block *block, const char *text)
{
    if (!text) {
        return NULL;
    }
    const size_t size = strlen(text) + 1;
    char *kept = pv_block_take(block, size, 1);
    return kept ? memcpy(kept, text, size) : NULL;
}

static const double *keep_numbers(pv_block *block, const double *numbers, size_t n)
{
    if (!numbers) {
        return NULL;
    }
    double *kept = pv_block_take(block, n, sizeof *kept);
    return kept ? memcpy(kept, numbers, n * sizeof *kept) : NULL;
}

static const pv_space *keep_spaces(pv_block *block, const pv_space *spaces, uint32_t n)
{
    pv_space *kept = pv_block_take(block, n, sizeof *kept);
    for (uint32_t i = 0; i < n; i++) {
        const size_t count = pv_space_count(&spaces[i]);
        pv_space space = spaces[i];
        space.name = keep_text(block, spaces[i].name);
        space.low = keep_numbers(block, spaces[i].low, count);
        space.high = keep_numbers(block, spaces[i].high, count);
        if (kept) {
            kept[i] = space;
        }
    }
    return kept;
}

static const char *const *keep_info(pv_block *block, const char *const *info, uint32_t n)
{
    const char **kept = pv_block_take(block, n, sizeof *kept);
    for (uint32_t i = 0; i < n; i++) {
        const char *name = keep_text(block, info[i]);
        if (kept) {
            kept[i] = name;
        }
    }
    return kept;
}

static const pv_key *keep_keys(pv_block *block, const pv_key *keys, uint32_t n)
{
    pv_key *kept = pv_block_take(block, n, sizeof *kept);
    for (uint32_t i = 0; i < n; i++) {
        pv_key key = keys[i];
        key.keys = keep_text(block, keys[i].keys);
        if (kept) {
            kept[i] = key;
        }
    }
    return kept;
}

static void keep_all(pv_block *block, const pv_spec *spec, pv_spec *copy)
{
    *copy = *spec;
    copy->size = (uint32_t)sizeof *copy;
    copy->obs = keep_spaces(block, spec->obs, spec->n_obs);
    copy->action = keep_spaces(block, spec->action, spec->n_action);
    copy->info = keep_info(block, spec->info, spec->n_info);
    copy->keys = keep_keys(block, spec->keys, spec->n_keys);
}

pv_status pv_spec_copy(pv_spec *copy, const pv_spec *spec, void **memory)
{
    pv_block block = {NULL, 0};
    keep_all(&block, spec, copy);
    block.memory = *memory = pv_alloc(block.used);
    if (!block.memory) {
        return PV_ERROR_MEMORY;
    }
    block.used = 0;
    keep_all(&block, spec, copy);
    return PV_OK;
}
