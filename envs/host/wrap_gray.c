/* Grey and small frames. With grey Y = 77 R + 150 G + 29 B (the weights of ITU-R BT.601 in 256ths)
   and every target pixel covering an area of height/h x width/w source pixels, the value is

     floor((sum of area in units x Y + D/2) / D),   D = 256 x units in the area

   where a unit is the part of a pixel by which borders fall: all sums are whole numbers, so that
   there is one rounding, at the end, and the same bytes on every machine. Frames of one colour have
   Y = that colour and D without the 256. */
#include "envs/host/wrap.h"

#include "core/memory.h"

#include <string.h>

enum { FULL = 256, RED = 77, GREEN = 150, BLUE = 29 };

/* one axis: target i covers source units [i x step, (i + 1) x step), a source pixel having `unit`
 */
typedef struct axis {
    uint32_t in, out;
    uint32_t unit, step; /* out and in without their common divisor */
} axis;

typedef struct gray {
    axis y, x;
    uint32_t colours;
    uint64_t divisor, half;
    uint64_t inverse; /* quotient = n x inverse >> SHIFT; 0: divide */
} gray;

/* n x inverse is exact for n up to 256 D if 256 D x D < 2^SHIFT, and fits 64 bits */
enum { SHIFT = 55, COLOUR_MOST = 3 };
static const uint64_t divisor_most = 11000000;

static axis axis_of(uint32_t in, uint32_t out)
{
    uint32_t a = in;
    uint32_t b = out;
    while (b) {
        const uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return (axis){in, out, out / a, in / a};
}

static uint32_t colours_of(const pv_space *space)
{
    return space->ndim == 2 ? 1 : space->shape[2];
}

static int is_frame(const pv_space *space)
{
    return !pv_wrap_is_mask(space) && space->dtype == PV_U8 &&
           (space->ndim == 2 ||
            (space->ndim == 3 && (space->shape[2] == 1 || space->shape[2] == 3)));
}

/* the widest bound of the source is one of every target pixel */
static const double *gray_bound(pv_wrap_draft *draft, const double *bound, size_t n, int sign,
                                size_t count)
{
    double *bounds = pv_wrap_bounds(draft, count);
    double widest = bound ? bound[0] : sign > 0 ? 255.0 : 0.0;
    for (size_t i = 1; bound && i < n; i++) {
        widest = sign * bound[i] > sign * widest ? bound[i] : widest;
    }
    for (size_t i = 0; bounds && i < count; i++) {
        bounds[i] = widest;
    }
    return bounds;
}

static pv_status gray_shape(pv_wrap_draft *draft)
{
    pv_wrap *wrap = draft->wrap;
    int n = 0;
    for (uint32_t i = 0; i < draft->spec.n_obs; i++) {
        pv_space *space = &draft->obs[i];
        if (!is_frame(space)) {
            continue;
        }
        if (n++) {
            return pv_wrap_fail(draft->wraps, wrap, "gray takes one frame, and %s has several",
                                draft->wraps->world);
        }
        const size_t before = pv_space_count(space);
        const double *low = space->low;
        const double *high = space->high;
        space->ndim = 3;
        space->shape[0] = (uint32_t)wrap->number[0];
        space->shape[1] = (uint32_t)wrap->number[1];
        space->shape[2] = 1;
        const size_t after = pv_space_count(space);
        space->low = gray_bound(draft, low, before, -1, after);
        space->high = gray_bound(draft, high, before, 1, after);
        if (!space->low || !space->high) {
            return PV_ERROR_MEMORY;
        }
        wrap->acts[i] = 1;
        wrap->which = (int)i;
    }
    return n ? PV_OK
             : pv_wrap_fail(draft->wraps, wrap,
                            "gray takes a frame of bytes, height x width x 3 (or 1), and %s has "
                            "none",
                            draft->wraps->world);
}

static pv_status gray_prepare(pv_wrap *wrap)
{
    const pv_space *in = &wrap->in->obs[wrap->which];
    gray *g = pv_alloc(sizeof *g);
    if (!g) {
        return PV_ERROR_MEMORY;
    }
    g->y = axis_of(in->shape[0], (uint32_t)wrap->number[0]);
    g->x = axis_of(in->shape[1], (uint32_t)wrap->number[1]);
    g->colours = colours_of(in);
    g->divisor = (uint64_t)g->y.step * g->x.step * (g->colours == COLOUR_MOST ? FULL : 1);
    g->half = g->divisor / 2;
    g->inverse = g->divisor < divisor_most ? ((uint64_t)1 << SHIFT) / g->divisor + 1 : 0;
    wrap->constant = g;
    return PV_OK;
}

/* --- one frame --- */

typedef struct gray_scratch {
    uint32_t *sum;    /* [width][colours] of the rows that a target row covers */
    uint64_t *before; /* [width + 1] grey sums of all pixels to the left */
} gray_scratch;

static void gray_layout(pv_wrap_layer *layer, pv_block *saved, pv_block *scratch)
{
    const pv_space *in = &layer->wrap->in->obs[layer->wrap->which];
    gray_scratch *s = pv_block_take(scratch, 1, sizeof *s);
    uint32_t *sum = pv_block_take(scratch, (size_t)in->shape[1] * COLOUR_MOST, sizeof *sum);
    uint64_t *before = pv_block_take(scratch, (size_t)in->shape[1] + 1, sizeof *before);
    (void)saved;
    (void)pv_wrap_take_own(layer, scratch, (uint32_t)layer->wrap->which);
    if (s) {
        *s = (gray_scratch){sum, before};
    }
    layer->scratch = s;
}

static void add_row(uint32_t *restrict sum, const uint8_t *restrict row, uint32_t weight, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sum[i] += weight * row[i];
    }
}

/* the rows under target row i, each by how much of it is covered */
static void sum_rows(const gray *g, uint32_t i, const uint8_t *frame, uint32_t *sum)
{
    const size_t length = (size_t)g->x.in * g->colours;
    const uint64_t begin = (uint64_t)i * g->y.step;
    const uint64_t end = begin + g->y.step;
    memset(sum, 0, length * sizeof *sum);
    for (uint64_t y = begin / g->y.unit; y * g->y.unit < end; y++) {
        const uint64_t top = y * g->y.unit > begin ? y * g->y.unit : begin;
        const uint64_t bottom = (y + 1) * g->y.unit < end ? (y + 1) * g->y.unit : end;
        add_row(sum, frame + y * length, (uint32_t)(bottom - top), length);
    }
}

static void sum_grey(const gray *g, const uint32_t *restrict sum, uint64_t *restrict before)
{
    uint64_t total = 0;
    before[0] = 0;
    for (size_t x = 0; x < g->x.in; x++) {
        total += g->colours == 1 ? sum[x]
                                 : (uint64_t)RED * sum[3 * x] + (uint64_t)GREEN * sum[3 * x + 1] +
                                       (uint64_t)BLUE * sum[3 * x + 2];
        before[x + 1] = total;
    }
}

/* the grey sum of everything left of a border, in units: whole pixels and a part of the next */
static uint64_t left_of(const gray *g, const uint64_t *before, uint64_t border)
{
    const uint64_t x = border / g->x.unit;
    const uint64_t part = border % g->x.unit;
    return before[x] * g->x.unit + (part ? part * (before[x + 1] - before[x]) : 0);
}

static void write_row(const gray *g, const uint64_t *before, uint8_t *to)
{
    uint64_t left = 0;
    for (uint32_t j = 0; j < g->x.out; j++) {
        const uint64_t right = left_of(g, before, (uint64_t)(j + 1) * g->x.step);
        const uint64_t n = right - left + g->half;
        to[j] = (uint8_t)(g->inverse ? n * g->inverse >> SHIFT : n / g->divisor);
        left = right;
    }
}

static void gray_after(pv_wrap_layer *layer, const pv_io *below, const pv_io *io, int first)
{
    const gray *g = layer->wrap->constant;
    const gray_scratch *s = layer->scratch;
    const int which = layer->wrap->which;
    const size_t size = pv_space_size(&layer->wrap->in->obs[which]);
    uint8_t *to = io->obs[which];
    (void)first;
    for (int agent = 0; to && agent < layer->lane->agents; agent++) {
        const uint8_t *frame = (const uint8_t *)below->obs[which] + (size_t)agent * size;
        for (uint32_t i = 0; i < g->y.out; i++) {
            sum_rows(g, i, frame, s->sum);
            sum_grey(g, s->sum, s->before);
            write_row(g, s->before, to);
            to += g->x.out;
        }
    }
}

const pv_wrap_class pv_wrap_gray = {
    .name = "gray",
    .usage = "gray HxW",
    .help = "the frame in grey, H x W x 1, each pixel the average of the area it covers",
    .takes = "a height and a width from 1 to 4096, like gray 84x84",
    .least = 2,
    .most = 2,
    .whole = 1,
    .separator = 'x',
    .low = 1,
    .high = 4096,
    .keeps_stack = 1,
    .keeps_outcomes = 1,
    .shape = gray_shape,
    .prepare = gray_prepare,
    .layout = gray_layout,
    .after = gray_after,
};
