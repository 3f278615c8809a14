/* Tile coding. Tiling t of T is shifted along axis i by t (2 i + 1) / T of a tile: the odd
   displacements that the book recommends against artefacts along the diagonals (Miller and Glanz
   1996). */
#include "agents/tiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- making --- */

static int is_mask(const pv_space *space)
{
    return strncmp(space->name, "action_mask", 11) == 0;
}

static pv_status add_axes(pv_tiles *tiles, const pv_world *world, uint32_t obs)
{
    const pv_space *space = &pv_world_spec(world)->obs[obs];
    const size_t count = pv_space_count(space);
    if ((size_t)tiles->dimensions + count > PV_TILES_DIMENSIONS) {
        return pv_fail(PV_ERROR_FIT,
                       "tiles are for at most %d numbers observed, world %s has more; use "
                       "values=net",
                       PV_TILES_DIMENSIONS, pv_world_name(world));
    }
    for (size_t k = 0; k < count; k++) {
        pv_tile_axis *axis = &tiles->axis[tiles->dimensions++];
        *axis = (pv_tile_axis){.obs = obs,
                               .element = (uint32_t)k,
                               .stride = count,
                               .dtype = space->dtype,
                               .low = space->low ? space->low[k] : -INFINITY,
                               .scale = space->high ? space->high[k] : INFINITY,
                               .cells = space->n,
                               .categorical = space->n > 0};
    }
    return PV_OK;
}

/* reads "LOW..HIGH" at *text into an axis and goes on behind it; 0: it is something else */
static int read_range(const char **text, double *low, double *high)
{
    char *end;
    *low = strtod(*text, &end);
    if (end == *text) {
        return 0;
    }
    /* strtod takes the first dot of "0..1" for its own */
    if (end[0] == '.' && end[-1] == '.') {
        end--;
    }
    if (end[0] != '.' || end[1] != '.') {
        return 0;
    }
    const char *second = end + 2;
    *high = strtod(second, &end);
    *text = end + strspn(end, " ");
    return end != second && (*end == ' ' || *end == '\0');
}

static pv_status read_ranges(pv_tiles *tiles, const pv_world *world, const char *ranges)
{
    const char *text = ranges + strspn(ranges, " ");
    for (int i = 0; *text && i < tiles->dimensions; i++) {
        pv_tile_axis *axis = &tiles->axis[i];
        const char *here = text;
        double low;
        double high;
        if (!read_range(&text, &low, &high)) {
            return pv_fail(PV_ERROR_ARGUMENT,
                           "ranges \"%s\": expected LOW..HIGH at \"%s\", such as -2.4..2.4", ranges,
                           here);
        }
        if (!axis->categorical) {
            axis->low = low;
            axis->scale = high;
        }
        if (!*text && i + 1 < tiles->dimensions) {
            return pv_fail(PV_ERROR_ARGUMENT, "ranges \"%s\": world %s observes %d numbers, not %d",
                           ranges, pv_world_name(world), tiles->dimensions, i + 1);
        }
    }
    return *text ? pv_fail(PV_ERROR_ARGUMENT,
                           "ranges \"%s\": world %s observes %d numbers; \"%s\" is too much",
                           ranges, pv_world_name(world), tiles->dimensions, text)
                 : PV_OK;
}

/* from ranges to scales; `scale` held the upper end so far */
static pv_status set_scales(pv_tiles *tiles, const pv_world *world, int per_axis)
{
    for (int i = 0; i < tiles->dimensions; i++) {
        pv_tile_axis *axis = &tiles->axis[i];
        const double width = axis->scale - axis->low;
        if (axis->categorical) {
            axis->low = 0.0;
            axis->scale = 1.0;
            continue;
        }
        if (!isfinite(width) || width <= 0.0 || width > 1e30) {
            return pv_fail(PV_ERROR_ARGUMENT,
                           "tiles need a range of number %d of what world %s observes (%g..%g is "
                           "none); set ranges=\"LOW..HIGH ...\"",
                           i + 1, pv_world_name(world), axis->low, axis->scale);
        }
        axis->scale = per_axis / width;
        axis->cells = (uint32_t)per_axis + 1; /* one more for the shift */
    }
    return PV_OK;
}

static void count_features(pv_tiles *tiles, size_t memory)
{
    const size_t share = memory / (size_t)tiles->tilings;
    tiles->of_tiling = 1;
    for (int i = 0; i < tiles->dimensions && tiles->of_tiling; i++) {
        tiles->of_tiling *= tiles->axis[i].cells;
        if (tiles->of_tiling > share) {
            tiles->of_tiling = 0;
        }
    }
    const size_t all = tiles->of_tiling * (size_t)tiles->tilings;
    tiles->features = (uint32_t)(all ? all : memory);
}

pv_status pv_tiles_init(pv_tiles *tiles, const pv_world *world, int tilings, int per_axis,
                        size_t memory, const char *ranges)
{
    const pv_spec *spec = pv_world_spec(world);
    memset(tiles, 0, sizeof *tiles);
    tiles->tilings = tilings;
    pv_status status = PV_OK;
    for (uint32_t i = 0; i < spec->n_obs && !status; i++) {
        status = is_mask(&spec->obs[i]) ? PV_OK : add_axes(tiles, world, i);
    }
    status = status ? status : read_ranges(tiles, world, ranges);
    status = status ? status : set_scales(tiles, world, per_axis);
    if (!status) {
        count_features(tiles, memory);
    }
    return status;
}

/* --- finding --- */

static double read_number(const pv_tile_axis *axis, const void *const *obs, int row)
{
    const size_t at = (size_t)row * axis->stride + axis->element;
    switch (axis->dtype) {
    case PV_U8:
        return ((const uint8_t *)obs[axis->obs])[at];
    case PV_I32:
        return ((const int32_t *)obs[axis->obs])[at];
    default:
        return (double)((const float *)obs[axis->obs])[at];
    }
}

/* the cell of tiling t along axis i; `x` counts tiles from the low end */
static uint32_t find_cell(const pv_tiles *tiles, int i, int t, double x)
{
    const pv_tile_axis *axis = &tiles->axis[i];
    if (axis->categorical) {
        return (uint32_t)x;
    }
    const double shift = fmod((double)t * (2.0 * i + 1.0) / tiles->tilings, 1.0);
    return (uint32_t)(x + shift);
}

/* mixes one number into a hash (the finaliser of SplitMix64, Steele, Lea & Flood 2014) */
static uint64_t mix(uint64_t hash, uint64_t number)
{
    uint64_t z = hash + number + 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void pv_tiles_find(const pv_tiles *tiles, const void *const *obs, int row, uint32_t *feature)
{
    double x[PV_TILES_DIMENSIONS];
    for (int i = 0; i < tiles->dimensions; i++) {
        const pv_tile_axis *axis = &tiles->axis[i];
        x[i] = (read_number(axis, obs, row) - axis->low) * axis->scale;
        const double last = axis->categorical ? axis->cells - 1.0 : axis->cells - 1.0 - 1e-9;
        x[i] = !(x[i] > 0.0) ? 0.0 : x[i] > last ? last : x[i];
    }
    for (int t = 0; t < tiles->tilings; t++) {
        size_t index = 0;
        uint64_t hash = tiles->of_tiling ? 0 : mix(0, (uint64_t)t);
        for (int i = 0; i < tiles->dimensions; i++) {
            const uint32_t cell = find_cell(tiles, i, t, x[i]);
            index = index * tiles->axis[i].cells + cell;
            hash = tiles->of_tiling ? 0 : mix(hash, cell);
        }
        feature[t] = (uint32_t)(tiles->of_tiling ? (size_t)t * tiles->of_tiling + index
                                                 : hash % tiles->features);
    }
}
