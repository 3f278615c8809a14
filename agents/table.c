/* Tables over categorical observations. The one idea: observations are digits, a state is the
   number they spell in mixed radix, so that any world of categories has a table without saying
   more. */
#include "agents/table.h"

#include "core/memory.h"

#include <string.h>

int pv_table_find_mask(const pv_spec *spec)
{
    for (uint32_t i = 0; i < spec->n_obs; i++) {
        if (strcmp(spec->obs[i].name, "action_mask") == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* the number of states the observations spell, 0 if more than a table may have */
static size_t count_states(const pv_spec *spec, int mask)
{
    size_t states = 1;
    for (uint32_t i = 0; i < spec->n_obs; i++) {
        const size_t digits = (int)i == mask ? 0 : pv_space_count(&spec->obs[i]);
        for (size_t k = 0; k < digits; k++) {
            states *= spec->obs[i].n;
            if (states > PV_TABLE_MAX) {
                return 0;
            }
        }
    }
    return states;
}

static pv_status fits_spaces(const pv_spec *spec, const char *agent, const char *world)
{
    for (uint32_t i = 0; i < spec->n_obs; i++) {
        if (strcmp(spec->obs[i].name, "action_mask") != 0 && spec->obs[i].n == 0) {
            return pv_fail(PV_ERROR_FIT,
                           "agent %s needs categorical observations; world %s observes numbers "
                           "(\"%s\")",
                           agent, world, spec->obs[i].name);
        }
    }
    if (spec->n_action != 1) {
        return pv_fail(PV_ERROR_FIT, "agent %s needs one action space; world %s has %u", agent,
                       world, (unsigned)spec->n_action);
    }
    if (spec->action[0].n == 0 || pv_space_count(&spec->action[0]) != 1) {
        return pv_fail(PV_ERROR_FIT,
                       "agent %s needs one action out of several; the action \"%s\" of world %s "
                       "is %s",
                       agent, spec->action[0].name, world,
                       spec->action[0].n == 0 ? "a number" : "several choices at once");
    }
    return PV_OK;
}

pv_status pv_table_fits(const pv_world *world, const char *agent)
{
    const pv_spec *spec = pv_world_spec(world);
    const char *name = pv_world_name(world);
    const pv_status status = fits_spaces(spec, agent, name);
    if (status) {
        return status;
    }
    const uint32_t actions = spec->action[0].n;
    const int mask = pv_table_find_mask(spec);
    if (mask >= 0 &&
        (spec->obs[mask].dtype != PV_U8 || pv_space_count(&spec->obs[mask]) != actions)) {
        return pv_fail(PV_ERROR_FIT,
                       "agent %s needs an action mask of %u bytes; that of world %s is otherwise",
                       agent, (unsigned)actions, name);
    }
    const size_t states = count_states(spec, mask);
    if (states == 0 || states > PV_TABLE_MAX / actions) {
        return pv_fail(PV_ERROR_FIT,
                       "agent %s keeps at most %u values of states and actions; world %s has more",
                       agent, PV_TABLE_MAX, name);
    }
    return PV_OK;
}

pv_status pv_table_init(pv_table *table, const pv_world *world, pv_table_kind kind, double initial)
{
    const pv_spec *spec = pv_world_spec(world);
    memset(table, 0, sizeof *table);
    table->world = world;
    table->kind = kind;
    table->mask = pv_table_find_mask(spec);
    table->states = count_states(spec, table->mask);
    table->actions = (int)spec->action[0].n;
    table->width = kind == PV_TABLE_STATES ? 1 : table->actions;
    table->entries = table->states * (size_t)table->width;
    table->value = pv_alloc_array(table->entries, sizeof *table->value);
    table->count = pv_alloc_array(table->entries, sizeof *table->count);
    if (kind == PV_TABLE_TWO) {
        table->second = pv_alloc_array(table->entries, sizeof *table->second);
        table->first = pv_alloc_array(table->entries, sizeof *table->first);
    }
    if (!table->value || !table->count ||
        (kind == PV_TABLE_TWO && (!table->second || !table->first))) {
        pv_table_free(table);
        return PV_ERROR_MEMORY;
    }
    for (size_t i = 0; i < table->entries; i++) {
        table->value[i] = initial;
        if (table->second) {
            table->second[i] = initial;
        }
    }
    return PV_OK;
}

void pv_table_free(pv_table *table)
{
    pv_free(table->value);
    pv_free(table->second);
    pv_free(table->count);
    pv_free(table->first);
    memset(table, 0, sizeof *table);
}

static pv_status outside(const pv_table *table, const pv_space *space, int32_t digit)
{
    return pv_fail(PV_ERROR_WORLD, "world %s: observation \"%s\" is %d, outside 0 to %u",
                   pv_world_name(table->world), space->name, (int)digit, (unsigned)space->n - 1u);
}

pv_status pv_table_state(const pv_table *table, const void *const *obs, int row, size_t *state)
{
    const pv_spec *spec = pv_world_spec(table->world);
    size_t number = 0;
    for (uint32_t i = 0; i < spec->n_obs; i++) {
        if ((int)i == table->mask) {
            continue;
        }
        const pv_space *space = &spec->obs[i];
        const size_t digits = space->ndim == 0 ? 1 : pv_space_count(space);
        const int32_t *digit = (const int32_t *)obs[i] + (size_t)row * digits;
        for (size_t k = 0; k < digits; k++) {
            if ((uint32_t)digit[k] >= space->n) {
                return outside(table, space, digit[k]);
            }
            number = number * space->n + (size_t)digit[k];
        }
    }
    *state = number;
    return PV_OK;
}

const uint8_t *pv_table_mask(const pv_table *table, const void *const *obs, int row)
{
    if (table->mask < 0) {
        return NULL;
    }
    return (const uint8_t *)obs[table->mask] + (size_t)row * (size_t)table->actions;
}

uint64_t pv_table_touch(pv_table *table, const double *values, size_t entry)
{
    if (table->count[entry] == 0) {
        const size_t width = (size_t)table->width;
        const uint64_t *count = table->count + entry / width * width;
        uint64_t sum = 0;
        for (size_t k = 0; k < width; k++) {
            sum += count[k];
        }
        table->visited += sum == 0;
    }
    const uint64_t updates = ++table->count[entry];
    if (!table->second) {
        return updates;
    }
    return values == table->value ? ++table->first[entry] : updates - table->first[entry];
}

static pv_status add(const pv_table *table, pv_tensors *tensors, const char *name, pv_dtype dtype,
                     const void *data)
{
    const uint64_t shape[2] = {table->states, (uint64_t)table->width};
    return pv_tensors_add_shaped(tensors, name, dtype, data, table->kind == PV_TABLE_STATES ? 1 : 2,
                                 shape);
}

/* what the values are called: of states, of states and actions, or the first of two */
static const char *value_name(const pv_table *table)
{
    static const char *const names[] = {
        [PV_TABLE_STATES] = "v", [PV_TABLE_ACTIONS] = "q", [PV_TABLE_TWO] = "q1"};
    return names[table->kind];
}

pv_status pv_table_save(const pv_table *table, pv_tensors *tensors)
{
    pv_status status = add(table, tensors, value_name(table), PV_F64, table->value);
    if (!status && table->second) {
        status = add(table, tensors, "q2", PV_F64, table->second);
    }
    if (!status && table->first) {
        status = add(table, tensors, "visits1", PV_U64, table->first);
    }
    return status ? status : add(table, tensors, "visits", PV_U64, table->count);
}

pv_status pv_table_load(pv_table *table, const pv_tensors *tensors)
{
    pv_status status =
        pv_tensors_get(tensors, value_name(table), PV_F64, table->value, table->entries);
    if (!status && table->second) {
        status = pv_tensors_get(tensors, "q2", PV_F64, table->second, table->entries);
    }
    if (!status && table->first) {
        status = pv_tensors_get(tensors, "visits1", PV_U64, table->first, table->entries);
    }
    if (!status) {
        status = pv_tensors_get(tensors, "visits", PV_U64, table->count, table->entries);
    }
    if (status) {
        return status;
    }
    const size_t width = (size_t)table->width;
    table->visited = 0;
    for (size_t s = 0; s < table->states; s++) {
        uint64_t sum = 0;
        for (size_t k = 0; k < width; k++) {
            sum += table->count[s * width + k];
        }
        table->visited += sum > 0;
    }
    return PV_OK;
}
