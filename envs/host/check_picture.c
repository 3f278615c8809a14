/* check_picture.c: tests of render: it paints all of the picture, nothing else, and looking at a
   world does not change it. */
#include "envs/host/check_tests.h"

#include <string.h>

#define CALLS 160  /* followed, with a picture after every sixteenth */
#define PADDING 13 /* bytes between the lines of the picture */

/* Two pictures of one moment, painted on two poisons. */
typedef struct pictures {
    pv_buffer a, b;
    size_t stride;
} pictures;

static int init_pictures(pv_rig *rig, pictures *p)
{
    p->stride = 3 * (size_t)rig->spec.width + PADDING;
    const size_t size = p->stride * rig->spec.height - PADDING;
    return pv_buffer_init(rig->check, &p->a, size, "the picture") == 0 &&
                   pv_buffer_init(rig->check, &p->b, size, "the picture") == 0
               ? 0
               : -1;
}

static int has_picture(pv_check *check)
{
    if (!check->env_class->render) {
        pv_check_skip(check, "the world has no picture");
        return 0;
    }
    return 1;
}

static int paint(pv_rig *rig, const pv_buffer *picture, size_t stride, int poison)
{
    memset(picture->data, poison, picture->size);
    const pv_status status = pv_rig_render(rig, picture->data, stride);
    if (status != 0) {
        return pv_check_fail(rig->check, "render failed with %d at step %llu: %s", status,
                             (unsigned long long)rig->step,
                             rig->message[0] ? rig->message : "it logged no reason");
    }
    return pv_buffer_guard(rig->check, picture);
}

static int check_picture(pv_rig *rig, pictures *p)
{
    if (paint(rig, &p->a, p->stride, 0xA5) != 0 || paint(rig, &p->b, p->stride, 0x5A) != 0) {
        return -1;
    }
    const size_t line = 3 * (size_t)rig->spec.width;
    for (size_t i = 0; i < p->a.size; i++) {
        const size_t x = i % p->stride, y = i / p->stride;
        const uint8_t a = p->a.data[i], b = p->b.data[i];
        if (x < line && a != b) {
            return pv_check_fail(rig->check,
                                 a == 0xA5 && b == 0x5A
                                     ? "render leaves the pixel at %zu,%zu as it was (step %llu)"
                                     : "two pictures of one moment differ at %zu,%zu (step %llu)",
                                 x / 3, y, (unsigned long long)rig->step);
        }
        if (x >= line && (a != 0xA5 || b != 0x5A)) {
            return pv_check_fail(rig->check, "render writes past the end of line %zu (step %llu)",
                                 y, (unsigned long long)rig->step);
        }
    }
    return 0;
}

static void render_fills_frame(pv_check *check)
{
    pictures p;
    pv_rig *rig = has_picture(check) ? pv_rig_create(check, NULL) : NULL;
    if (!rig || init_pictures(rig, &p) != 0) {
        return;
    }
    for (int i = 0; i < 5 && !pv_check_late(check); i++) {
        if ((i == 0 ? pv_rig_begin(rig, 1) : pv_rig_go_on(rig)) != 0 ||
            check_picture(rig, &p) != 0) {
            return;
        }
    }
}

/* Renders between two saves, which must be equal. */
static int look(pv_rig *rig, pictures *p, pv_buffer *before, pv_buffer *after)
{
    const int saves = rig->env_class->save != NULL;
    if ((saves && pv_rig_keep(rig, before->data) != 0) || paint(rig, &p->a, p->stride, 0) != 0 ||
        (saves && pv_rig_keep(rig, after->data) != 0)) {
        return -1;
    }
    if (saves && memcmp(before->data, after->data, before->size) != 0) {
        return pv_check_fail(rig->check, "the saved state is another after render (step %llu)",
                             (unsigned long long)rig->step);
    }
    return 0;
}

static void render_changes_nothing(pv_check *check)
{
    pictures p;
    pv_buffer before = {.size = 0}, after = {.size = 0};
    pv_trace *trace = has_picture(check) ? pv_trace_fresh(check, NULL, 1, CALLS) : NULL;
    pv_rig *rig = trace ? pv_rig_create(check, NULL) : NULL;
    if (!rig || init_pictures(rig, &p) != 0) {
        return;
    }
    for (int i = 0; i < trace->n && !pv_check_late(check); i++) {
        if (pv_trace_follow(trace, i, rig, "after render") != 0) {
            return;
        }
        const size_t size = i == 0 && rig->env_class->save ? pv_rig_state_size(rig) : 0;
        if (size > 0 && (pv_buffer_init(check, &before, size, "the state") != 0 ||
                         pv_buffer_init(check, &after, size, "the state") != 0)) {
            return;
        }
        if (i % 16 == 0 && look(rig, &p, &before, &after) != 0) {
            return;
        }
    }
}

const pv_check_test pv_check_picture[] = {
    {{"render-fills-frame", "picture",
      "render paints every pixel of the picture and nothing outside it, the same each time."},
     render_fills_frame,
     PV_CHECK_WORLD},
    {{"render-changes-nothing", "picture", "An episode goes on after render as it would without."},
     render_changes_nothing,
     PV_CHECK_WORLD},
    {{NULL, NULL, NULL}, NULL, 0}};
