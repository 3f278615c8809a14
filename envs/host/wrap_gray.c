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

/* a border between target pixels of a row, `part` units into source pixel `at` */
typedef struct border {
    uint32_t at, part;
} border;

typedef struct gray {
    axis y, x;
    uint32_t colours;
    uint64_t divisor, half;
    uint64_t inverse; /* quotient = n x inverse >> SHIFT; 0: divide */
    border right[];   /* [x.out] of each target pixel */
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
    const size_t width = (size_t)wrap->number[1];
    gray *g = pv_alloc(sizeof *g + width * sizeof g->right[0]);
    if (!g) {
        return PV_ERROR_MEMORY;
    }
    g->y = axis_of(in->shape[0], (uint32_t)wrap->number[0]);
    g->x = axis_of(in->shape[1], (uint32_t)wrap->number[1]);
    g->colours = colours_of(in);
    g->divisor = (uint64_t)g->y.step * g->x.step * (g->colours == COLOUR_MOST ? FULL : 1);
    g->half = g->divisor / 2;
    g->inverse = g->divisor < divisor_most ? ((uint64_t)1 << SHIFT) / g->divisor + 1 : 0;
    for (size_t j = 0; j < width; j++) {
        const uint64_t units = (uint64_t)(j + 1) * g->x.step;
        g->right[j] = (border){(uint32_t)(units / g->x.unit), (uint32_t)(units % g->x.unit)};
    }
    wrap->constant = g;
    return PV_OK;
}

/* --- one frame --- */

typedef struct gray_scratch {
    void *sum;        /* [width][colours] of the rows that a target row covers */
    uint64_t *before; /* [width + 2] grey sums of all pixels to the left; the last is not used */
} gray_scratch;

static void gray_layout(pv_wrap_layer *layer, pv_block *saved, pv_block *scratch)
{
    const pv_space *in = &layer->wrap->in->obs[layer->wrap->which];
    gray_scratch *s = pv_block_take(scratch, 1, sizeof *s);
    uint32_t *sum = pv_block_take(scratch, (size_t)in->shape[1] * COLOUR_MOST, sizeof *sum);
    uint64_t *before = pv_block_take(scratch, (size_t)in->shape[1] + 2, sizeof *before);
    (void)saved;
    (void)pv_wrap_take_own(layer, scratch, (uint32_t)layer->wrap->which);
    if (s) {
        *s = (gray_scratch){sum, before};
    }
    layer->scratch = s;
}

/* the source rows under a target row, and where it lies in units */
typedef struct span {
    uint32_t first, last;
    uint64_t begin, end;
} span;

static span rows_under(const gray *g, uint32_t i)
{
    const uint64_t begin = (uint64_t)i * g->y.step;
    const uint64_t end = begin + g->y.step;
    return (span){(uint32_t)(begin / g->y.unit), (uint32_t)((end - 1) / g->y.unit), begin, end};
}

/* the units of source row y inside a span */
static uint64_t covered(const gray *g, const span *rows, uint64_t y)
{
    const uint64_t top = y * g->y.unit > rows->begin ? y * g->y.unit : rows->begin;
    const uint64_t bottom = (y + 1) * g->y.unit < rows->end ? (y + 1) * g->y.unit : rows->end;
    return bottom - top;
}

/* Sums of 16 bits, twice as many at a time, hold what is usual; those of 32 hold everything. */
#define SUMS(bits)                                                                                 \
    static void weigh_rows_##bits(uint##bits##_t *restrict sum, const uint8_t *restrict a,         \
                                  const uint8_t *restrict b, const uint8_t *restrict c,            \
                                  const uint##bits##_t weight[3], size_t n)                        \
    {                                                                                              \
        const uint##bits##_t p = weight[0], q = weight[1], r = weight[2];                          \
        for (size_t i = 0; i < n; i++) {                                                           \
            sum[i] = (uint##bits##_t)(p * a[i] + q * b[i] + r * c[i]);                             \
        }                                                                                          \
    }                                                                                              \
    static void add_row_##bits(uint##bits##_t *restrict sum, const uint8_t *restrict row,          \
                               uint##bits##_t weight, size_t n)                                    \
    {                                                                                              \
        for (size_t i = 0; i < n; i++) {                                                           \
            sum[i] = (uint##bits##_t)(sum[i] + weight * row[i]);                                   \
        }                                                                                          \
    }                                                                                              \
    /* rows first..last, each by how much of it the target row covers */                           \
    static void sum_rows_##bits(const gray *g, const span *rows, const uint8_t *frame,             \
                                uint##bits##_t *sum)                                               \
    {                                                                                              \
        const size_t n = (size_t)g->x.in * g->colours;                                             \
        const uint8_t *row[3];                                                                     \
        uint##bits##_t weight[3];                                                                  \
        for (uint32_t k = 0; k < 3; k++) {                                                         \
            const uint32_t y = rows->first + k <= rows->last ? rows->first + k : rows->last;       \
            row[k] = frame + y * n;                                                                \
            weight[k] = (uint##bits##_t)(y == rows->first + k ? covered(g, rows, y) : 0);          \
        }                                                                                          \
        weigh_rows_##bits(sum, row[0], row[1], row[2], weight, n);                                 \
        for (uint32_t y = rows->first + 3; y <= rows->last; y++) {                                 \
            add_row_##bits(sum, frame + y * n, (uint##bits##_t)covered(g, rows, y), n);            \
        }                                                                                          \
    }                                                                                              \
    /* running sums of grey over the pixels to the left */                                         \
    static void sum_grey_##bits(const gray *g, const uint##bits##_t *restrict sum,                 \
                                uint64_t *restrict before)                                         \
    {                                                                                              \
        uint64_t total = 0;                                                                        \
        before[0] = 0;                                                                             \
        if (g->colours == 1) {                                                                     \
            for (size_t x = 0; x < g->x.in; x++) {                                                 \
                before[x + 1] = total += sum[x];                                                   \
            }                                                                                      \
            return;                                                                                \
        }                                                                                          \
        for (size_t x = 0; x < g->x.in; x++) {                                                     \
            const uint##bits##_t *rgb = sum + 3 * x;                                               \
            total += (uint64_t)RED * rgb[0] + (uint64_t)GREEN * rgb[1] + (uint64_t)BLUE * rgb[2];  \
            before[x + 1] = total;                                                                 \
        }                                                                                          \
    }

SUMS(16)
SUMS(32)

static void write_row(const gray *g, const uint64_t *restrict before, uint8_t *restrict to)
{
    const uint64_t unit = g->x.unit;
    uint64_t left = 0;
    for (uint32_t j = 0; j < g->x.out; j++) {
        /* the grey sum of everything left of the border: whole pixels and a part of the next */
        const border b = g->right[j];
        const uint64_t whole = before[b.at];
        const uint64_t right = whole * unit + b.part * (before[b.at + 1] - whole);
        const uint64_t n = right - left + g->half;
        to[j] = (uint8_t)(g->inverse ? n * g->inverse >> SHIFT : n / g->divisor);
        left = right;
    }
}

/* one frame; rows of a target that show what the row above does, common in games, are copied */
static void shrink(const gray *g, const gray_scratch *s, const uint8_t *frame, uint8_t *to)
{
    const size_t length = (size_t)g->x.in * g->colours;
    uint32_t alike = 0; /* the first of the source rows equal to the one looked at last */
    uint32_t seen = 0;
    for (uint32_t i = 0; i < g->y.out; i++, to += g->x.out) {
        const span rows = rows_under(g, i);
        for (; seen < rows.last; seen++) {
            const uint8_t *row = frame + seen * length;
            alike = memcmp(row, row + length, length) == 0 ? alike : seen + 1;
        }
        if (i > 0 && alike <= rows_under(g, i - 1).first) {
            memcpy(to, to - g->x.out, g->x.out);
            continue;
        }
        if (g->y.step <= UINT16_MAX / 255) {
            sum_rows_16(g, &rows, frame, s->sum);
            sum_grey_16(g, s->sum, s->before);
        } else {
            sum_rows_32(g, &rows, frame, s->sum);
            sum_grey_32(g, s->sum, s->before);
        }
        write_row(g, s->before, to);
    }
}

static void gray_after(pv_wrap_layer *layer, const pv_io *below, const pv_io *io, int first)
{
    const gray *g = layer->wrap->constant;
    const int which = layer->wrap->which;
    const size_t size = pv_space_size(&layer->wrap->in->obs[which]);
    const size_t small = (size_t)g->y.out * g->x.out;
    uint8_t *to = io->obs[which];
    (void)first;
    for (int agent = 0; to && agent < layer->lane->agents; agent++) {
        shrink(g, layer->scratch, (const uint8_t *)below->obs[which] + (size_t)agent * size,
               to + (size_t)agent * small);
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
