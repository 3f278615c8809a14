/* Palettes. Colours are kept exactly in a hash table until there are too many; then all are counted
   in cells of 6 bits a channel and the cells are cut into boxes (median cut, Heckbert 1982, here
   cutting the box with the largest spread at its mean). */
#include "media/palette.h"

#include "core/memory.h"

#include <assert.h>
#include <string.h>

enum {
    SLOTS = 1024, /* of the exact table: four times what it ever holds */
    BITS = 6,
    SIDE = 1 << BITS,
    CELLS = 1 << (3 * BITS)
};

/* all pixels of one cell */
typedef struct cell {
    uint32_t n;
    uint8_t entry;
    uint64_t sum[3];
} cell;

/* a range of the list of used cells */
typedef struct box {
    uint32_t first, end;
    int axis;      /* along which it spreads most */
    double spread; /* sum of squared distances from its mean along that axis */
    double mean;
} box;

struct pv_palette {
    int limit, n, exact;
    uint32_t slot[SLOTS]; /* 0: empty; else 1 << 24 | colour */
    uint8_t slot_entry[SLOTS];
    uint8_t colour[256][3];
    cell *cells;    /* [CELLS] */
    uint32_t *used; /* [CELLS] those with pixels */
    uint32_t n_used;
    box boxes[256];
};

pv_palette *pv_palette_create(void)
{
    pv_palette *palette = pv_alloc(sizeof *palette);
    if (!palette) {
        return NULL;
    }
    palette->cells = pv_alloc_array(CELLS, sizeof *palette->cells);
    palette->used = pv_alloc_array(CELLS, sizeof *palette->used);
    if (!palette->cells || !palette->used) {
        pv_palette_destroy(palette);
        return NULL;
    }
    return palette;
}

void pv_palette_destroy(pv_palette *palette)
{
    if (palette) {
        pv_free(palette->cells);
        pv_free(palette->used);
        pv_free(palette);
    }
}

void pv_palette_begin(pv_palette *palette, int limit)
{
    assert(limit >= 1 && limit <= 256);
    for (uint32_t i = 0; i < palette->n_used; i++) {
        memset(&palette->cells[palette->used[i]], 0, sizeof *palette->cells);
    }
    memset(palette->slot, 0, sizeof palette->slot);
    palette->n_used = 0;
    palette->n = 0;
    palette->exact = 1;
    palette->limit = limit;
}

/* Returns the slot a colour is in, or the empty one it would go to. */
static uint32_t find_slot(const pv_palette *palette, uint32_t key)
{
    uint32_t i = (key * 2654435761u) >> 22;
    while (palette->slot[i] != 0 && palette->slot[i] != key) {
        i = (i + 1u) % SLOTS;
    }
    return i;
}

static uint32_t colour_key(const uint8_t rgb[3])
{
    return 1u << 24 | (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
}

static uint32_t colour_cell(const uint8_t rgb[3])
{
    const int drop = 8 - BITS;
    return (uint32_t)(rgb[0] >> drop) << (2 * BITS) | (uint32_t)(rgb[1] >> drop) << BITS |
           (uint32_t)(rgb[2] >> drop);
}

void pv_palette_count(pv_palette *palette, const uint8_t rgb[3])
{
    const uint32_t index = colour_cell(rgb);
    cell *c = &palette->cells[index];
    if (c->n++ == 0) {
        palette->used[palette->n_used++] = index;
    }
    for (int i = 0; i < 3; i++) {
        c->sum[i] += rgb[i];
    }
    if (!palette->exact) {
        return;
    }
    const uint32_t key = colour_key(rgb);
    const uint32_t slot = find_slot(palette, key);
    if (palette->slot[slot] == key) {
        return;
    }
    if (palette->n == palette->limit) {
        palette->exact = 0;
        return;
    }
    palette->slot[slot] = key;
    palette->slot_entry[slot] = (uint8_t)palette->n;
    memcpy(palette->colour[palette->n++], rgb, 3);
}

/* A cell's coordinate along an axis. */
static double cell_place(uint32_t index, int axis)
{
    return (double)(index >> (BITS * (2 - axis)) & (SIDE - 1));
}

/* Finds the axis along which a box spreads most. */
static void measure_box(const pv_palette *palette, box *b)
{
    b->spread = -1.0;
    for (int axis = 0; axis < 3; axis++) {
        double n = 0.0;
        double sum = 0.0;
        double squares = 0.0;
        for (uint32_t i = b->first; i < b->end; i++) {
            const double weight = palette->cells[palette->used[i]].n;
            const double place = cell_place(palette->used[i], axis);
            n += weight;
            sum += weight * place;
            squares += weight * place * place;
        }
        const double spread = squares - sum * sum / n;
        if (spread > b->spread) {
            b->spread = spread;
            b->axis = axis;
            b->mean = sum / n;
        }
    }
}

/* Moves the cells of box b beyond its mean to a new box. Returns 0 if they are all on one side. */
static int cut_box(pv_palette *palette, box *b, box *upper)
{
    uint32_t low = b->first;
    uint32_t high = b->end;
    while (low < high) {
        if (cell_place(palette->used[low], b->axis) <= b->mean) {
            low++;
        } else {
            const uint32_t index = palette->used[--high];
            palette->used[high] = palette->used[low];
            palette->used[low] = index;
        }
    }
    if (low == b->first || low == b->end) {
        return 0;
    }
    *upper = (box){.first = low, .end = b->end};
    b->end = low;
    measure_box(palette, b);
    measure_box(palette, upper);
    return 1;
}

/* The entry of a box is the mean of its pixels. */
static void name_box(pv_palette *palette, const box *b, int entry)
{
    uint64_t n = 0;
    uint64_t sum[3] = {0, 0, 0};
    for (uint32_t i = b->first; i < b->end; i++) {
        cell *c = &palette->cells[palette->used[i]];
        c->entry = (uint8_t)entry;
        n += c->n;
        for (int k = 0; k < 3; k++) {
            sum[k] += c->sum[k];
        }
    }
    for (int k = 0; k < 3; k++) {
        palette->colour[entry][k] = (uint8_t)((sum[k] + n / 2u) / n);
    }
}

int pv_palette_build(pv_palette *palette)
{
    if (palette->exact) {
        return palette->n;
    }
    int n = 1;
    palette->boxes[0] = (box){.first = 0, .end = palette->n_used};
    measure_box(palette, &palette->boxes[0]);
    while (n < palette->limit) {
        int widest = 0;
        for (int i = 1; i < n; i++) {
            if (palette->boxes[i].spread > palette->boxes[widest].spread) {
                widest = i;
            }
        }
        if (palette->boxes[widest].spread <= 0.0 ||
            !cut_box(palette, &palette->boxes[widest], &palette->boxes[n])) {
            break;
        }
        n++;
    }
    for (int i = 0; i < n; i++) {
        name_box(palette, &palette->boxes[i], i);
    }
    palette->n = n;
    return n;
}

const uint8_t *pv_palette_colour(const pv_palette *palette, int i)
{
    assert(i >= 0 && i < palette->n);
    return palette->colour[i];
}

uint8_t pv_palette_index(const pv_palette *palette, const uint8_t rgb[3])
{
    if (!palette->exact) {
        return palette->cells[colour_cell(rgb)].entry;
    }
    return palette->slot_entry[find_slot(palette, colour_key(rgb))];
}
