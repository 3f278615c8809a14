/* Overlays on a world's picture. The values of a tabular agent are asked for all states at once and
   laid over the places where the world draws them: a tint from the lowest value (violet) to the
   highest (yellow), the number where there is room, an arrow for each best action. */
#include "media/overlay.h"

#include "core/memory.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- a line of text --- */

/* letters of a size that leaves room for some forty */
static int caption_scale(int width)
{
    return width >= 480 ? width / 240 : 1;
}

int pv_caption_height(int width)
{
    return (PV_TEXT_HEIGHT + 5) * caption_scale(width);
}

void pv_overlay_caption(const pv_canvas *strip, const char *text)
{
    const int scale = caption_scale(strip->width);
    pv_paint_rect(strip, 0, 0, strip->width, strip->height, 0x20262C);
    pv_paint_text(strip, 4 * scale, 3 * scale, scale, 0xFFFFFF, text);
}

/* --- the values of a tabular agent --- */

/* what is known of all states */
typedef struct values {
    int states, actions; /* actions 0: the agent tells none apart */
    int32_t *obs;        /* [states] every observation */
    uint32_t *state;     /* [states] the same as numbers of states */
    double *value;       /* [states] */
    double *q;           /* [states][actions] */
    double low, high;    /* of the values that are drawn */
} values;

/* Says why there is nothing to lay over the picture. */
static pv_status check_fit(const pv_vector *vector, const pv_agent *agent)
{
    const pv_spec *spec = pv_vector_batch(vector)->spec;
    const char *world = pv_world_name(agent->world);
    if (!agent->agent_class->explain) {
        return pv_fail(PV_ERROR_FIT, "agent %s tells no values to draw", agent->agent_class->name);
    }
    if (!pv_world_class(agent->world)->locate) {
        return pv_fail(PV_ERROR_FIT, "world %s does not say where it draws its states", world);
    }
    if (spec->agents != 1 || spec->n_states == 0 || spec->n_obs != 1 ||
        spec->obs[0].n != spec->n_states || pv_space_count(&spec->obs[0]) != 1) {
        return pv_fail(PV_ERROR_FIT,
                       "world %s shows no values: its observation is not the number of its state",
                       world);
    }
    return PV_OK;
}

static void free_values(values *v)
{
    pv_free(v->obs);
    pv_free(v->state);
    pv_free(v->value);
    pv_free(v->q);
}

static pv_status take_values(values *v, const pv_spec *spec)
{
    v->states = (int)spec->n_states;
    v->actions = spec->n_action == 1 ? (int)spec->action[0].n : 0;
    v->obs = pv_alloc_array(spec->n_states, sizeof *v->obs);
    v->state = pv_alloc_array(spec->n_states, sizeof *v->state);
    v->value = pv_alloc_array(spec->n_states, sizeof *v->value);
    v->q = pv_alloc_array((size_t)v->states * (size_t)v->actions, sizeof *v->q);
    return v->obs && v->state && v->value && v->q ? PV_OK : PV_ERROR_MEMORY;
}

static pv_status ask_values(values *v, pv_agent *agent)
{
    for (int i = 0; i < v->states; i++) {
        v->obs[i] = i;
        v->state[i] = (uint32_t)i;
    }
    const void *const obs[1] = {v->obs};
    pv_explain explain = {.rows = v->states, .obs = obs, .state = v->state, .value = v->value};
    const pv_status status = agent->agent_class->explain(agent, &explain);
    if (status != PV_OK || v->actions == 0) {
        return status;
    }
    explain.value = NULL;
    explain.action_value = v->q;
    const pv_status told = agent->agent_class->explain(agent, &explain);
    if (told == PV_ERROR_FIT) {
        /* it values states only: no arrows */
        v->actions = 0;
        return PV_OK;
    }
    return told;
}

/* Where a state is on the canvas, which may be the world's picture enlarged; 0: nowhere. */
static int place_of(const pv_canvas *canvas, const pv_vector *vector, int lane, int state,
                    pv_rect *rect)
{
    const pv_spec *spec = pv_vector_batch(vector)->spec;
    if (!pv_vector_locate(vector, lane, (uint32_t)state, rect)) {
        return 0;
    }
    const int scale = canvas->width / (int)spec->width;
    *rect = (pv_rect){rect->x * scale, rect->y * scale, rect->width * scale, rect->height * scale};
    return 1;
}

/* Returns 1 if the agent has learned something of a state: it does not hold all actions alike, as
   in states never met and at the end of an episode. */
static int is_known(const values *v, int state)
{
    if (!isfinite(v->value[state])) {
        return 0;
    }
    const double *q = v->q + (size_t)state * (size_t)v->actions;
    for (int a = 1; a < v->actions; a++) {
        if (q[a] != q[0]) {
            return 1;
        }
    }
    return v->actions < 2 && v->value[state] != 0.0;
}

static void find_range(values *v, const pv_canvas *canvas, const pv_vector *vector, int lane)
{
    pv_rect rect;
    v->low = INFINITY;
    v->high = -INFINITY;
    for (int i = 0; i < v->states; i++) {
        if (is_known(v, i) && place_of(canvas, vector, lane, i, &rect)) {
            v->low = fmin(v->low, v->value[i]);
            v->high = fmax(v->high, v->value[i]);
        }
    }
}

/* --- drawing --- */

/* Colours from violet over green to yellow, evenly lighter (after matplotlib's viridis). */
static uint32_t value_colour(double part)
{
    static const uint32_t stops[] = {0x440154, 0x3B528B, 0x21918C, 0x5EC962, 0xFDE725};
    const double place = fmin(fmax(part, 0.0), 1.0) * 4.0;
    const int i = place < 4.0 ? (int)place : 3;
    return pv_paint_mix(stops[i], stops[i + 1], place - i);
}

/* Black or white, whichever is easier to read on what is in the rectangle. */
static uint32_t readable_colour(const pv_canvas *canvas, int x, int y, int width, int height)
{
    double sum = 0.0;
    int n = 0;
    for (int row = y; row < y + height; row++) {
        for (int column = x; column < x + width; column++) {
            if (row >= 0 && column >= 0 && row < canvas->height && column < canvas->width) {
                const uint8_t *p = canvas->rgb + (size_t)row * canvas->stride + (size_t)column * 3u;
                sum += 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
                n++;
            }
        }
    }
    return n > 0 && sum / n < 135.0 ? 0xFFFFFF : 0x101010;
}

/* The number at the bottom of its cell, if it fits. */
static void draw_number(const pv_canvas *canvas, const pv_rect *cell, double value)
{
    char text[32];
    const double size = fabs(value);
    snprintf(text, sizeof text, "%.*f", size < 9.995 ? 2 : size < 99.95 ? 1 : 0, value);
    int scale = cell->width / 36;
    while (scale > 1 && pv_text_width(scale, text) + 4 * scale > cell->width) {
        scale--;
    }
    const int width = pv_text_width(scale, text);
    if (scale < 1 || width + 4 > cell->width || 3 * PV_TEXT_HEIGHT * scale > cell->height) {
        return;
    }
    const int x = cell->x + (cell->width - width) / 2;
    const int y = cell->y + cell->height - (PV_TEXT_ASCENT + 3) * scale;
    const uint32_t colour = readable_colour(canvas, x, y, width, PV_TEXT_ASCENT * scale);
    pv_paint_text(canvas, x, y, scale, colour, text);
}

static int has_word(const char *words, const char *word)
{
    const size_t n = strlen(word);
    for (const char *at = words; *at; at += strcspn(at, " "), at += strspn(at, " ")) {
        if (strcspn(at, " ") == n && strncmp(at, word, n) == 0) {
            return 1;
        }
    }
    return 0;
}

/* the arrow keys, and the letters around S, which mean diagonals in a world that uses all four */
static const struct {
    const char *key;
    int x, y;
} directions[] = {{"Left", -1, 0}, {"Right", 1, 0}, {"Up", 0, -1}, {"Down", 0, 1},
                  {"q", -1, -1},   {"e", 1, -1},    {"z", -1, 1},  {"c", 1, 1}};
enum { STRAIGHT = 4, DIRECTIONS = sizeof directions / sizeof directions[0] };

static int uses_key(const pv_spec *spec, const char *key)
{
    for (uint32_t i = 0; i < spec->n_keys; i++) {
        if (spec->keys[i].action == 0 && has_word(spec->keys[i].keys, key)) {
            return 1;
        }
    }
    return 0;
}

/* Finds where an action leads by the keys that do it; 0: that is not told. */
static int direction_of(const pv_spec *spec, int action, int *x, int *y)
{
    int known = STRAIGHT;
    int diagonals = 0;
    for (int d = STRAIGHT; d < DIRECTIONS; d++) {
        diagonals += uses_key(spec, directions[d].key);
    }
    known = diagonals == DIRECTIONS - STRAIGHT ? DIRECTIONS : STRAIGHT;
    for (uint32_t i = 0; i < spec->n_keys; i++) {
        const pv_key *key = &spec->keys[i];
        for (int d = 0; d < known && key->action == 0 && (int)key->value == action; d++) {
            if (has_word(key->keys, directions[d].key)) {
                *x = directions[d].x;
                *y = directions[d].y;
                return 1;
            }
        }
    }
    return 0;
}

/* An arrow across the cell, thinner and from its middle where it is not the only one, or a ring for
   an action that leads nowhere; dark with a light edge, to be seen on any colour. */
static void draw_action(const pv_canvas *canvas, const pv_spec *spec, const pv_rect *cell,
                        int action, int alone)
{
    const double size = fmin(cell->width, cell->height);
    const double x = cell->x + cell->width / 2.0;
    const double y = cell->y + cell->height * 0.4;
    const double shaft = fmax(size / (alone ? 22.0 : 34.0), 1.0);
    int dx = 0;
    int dy = 0;
    if (!direction_of(spec, action, &dx, &dy)) {
        pv_paint_ring(canvas, x, y, 0.14 * size, 2.2 * shaft, 0xFFFFFF);
        pv_paint_ring(canvas, x, y, 0.14 * size - 0.6 * shaft, shaft, 0x101010);
        return;
    }
    const double reach = (alone ? 0.3 : 0.36) * size / (dx && dy ? sqrt(2.0) : 1.0);
    const double from = alone ? -0.7 : 0.0;
    const double to = alone ? 0.7 : 1.0;
    const double ends[4] = {x + from * dx * reach, y + from * dy * reach, x + to * dx * reach,
                            y + to * dy * reach};
    pv_paint_line_blend(canvas, ends[0], ends[1], ends[2], ends[3], shaft + 2.0, 0xFFFFFF, 0.8);
    pv_paint_arrow(canvas, ends[0], ends[1], ends[2], ends[3], shaft, 0x101010);
}

/* Every action whose value is the highest has an arrow. */
static void draw_actions(const pv_canvas *canvas, const pv_spec *spec, const pv_rect *cell,
                         const double *q, int n)
{
    double high = -INFINITY;
    for (int a = 0; a < n; a++) {
        high = fmax(high, q[a]);
    }
    const double best = high - 1e-9 * fmax(fabs(high), 1.0);
    int count = 0;
    for (int a = 0; a < n; a++) {
        count += q[a] >= best;
    }
    for (int a = 0; a < n; a++) {
        if (q[a] >= best) {
            draw_action(canvas, spec, cell, a, count == 1);
        }
    }
}

static void draw_values(const values *v, const pv_canvas *canvas, const pv_vector *vector, int lane)
{
    const pv_spec *spec = pv_vector_batch(vector)->spec;
    for (int i = 0; i < v->states; i++) {
        pv_rect cell;
        if (!is_known(v, i) || !place_of(canvas, vector, lane, i, &cell)) {
            continue;
        }
        if (v->high > v->low) {
            const double part = (v->value[i] - v->low) / (v->high - v->low);
            /* less where the agent stands, who is to be seen */
            const double opacity = pv_vector_state(vector, lane) == (uint32_t)i ? 0.2 : 0.5;
            pv_paint_rect_blend(canvas, cell.x, cell.y, cell.width, cell.height, value_colour(part),
                                opacity);
        }
        draw_number(canvas, &cell, v->value[i]);
        if (v->actions > 0 && cell.width >= 12 && cell.height >= 12) {
            draw_actions(canvas, spec, &cell, v->q + (size_t)i * (size_t)v->actions, v->actions);
        }
    }
}

pv_status pv_overlay_values(const pv_canvas *canvas, const pv_vector *vector, int lane,
                            pv_agent *agent)
{
    const pv_spec *spec = pv_vector_batch(vector)->spec;
    pv_status status = check_fit(vector, agent);
    if (status != PV_OK) {
        return status;
    }
    assert(spec->width > 0 && canvas->width >= (int)spec->width);
    values v = {0};
    status = take_values(&v, spec);
    if (status == PV_OK) {
        status = ask_values(&v, agent);
    }
    if (status == PV_OK) {
        find_range(&v, canvas, vector, lane);
        draw_values(&v, canvas, vector, lane);
    }
    free_values(&v);
    return status;
}
