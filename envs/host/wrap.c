/* A line of wrappers, made once for an opened world: each wrapper in turn says whether it fits what
   lies below it and what the world then looks like from above. */
#include "envs/host/wrap.h"

#include "core/memory.h"
#include "core/number.h"
#include "envs/host/spec.h"

#include <string.h>

int pv_wrap_is_mask(const pv_space *space)
{
    return strcmp(space->name, "action_mask") == 0 ||
           strncmp(space->name, "action_mask.", strlen("action_mask.")) == 0;
}

/* --- the spec --- */

static void draft_free(pv_wrap_draft *draft)
{
    for (int i = 0; draft->bounds && i < draft->n_bounds; i++) {
        pv_free(draft->bounds[i]);
    }
    pv_free(draft->bounds);
    pv_free(draft->obs);
}

static pv_status draft_init(pv_wrap_draft *draft, pv_wraps *wraps, pv_wrap *wrap)
{
    memset(draft, 0, sizeof *draft);
    draft->wraps = wraps;
    draft->wrap = wrap;
    draft->spec = *wrap->in;
    draft->obs = pv_alloc_array(wrap->in->n_obs, sizeof *draft->obs);
    draft->bounds = pv_alloc_array((size_t)wrap->in->n_obs * 2, sizeof *draft->bounds);
    if (!draft->obs || !draft->bounds) {
        draft_free(draft);
        return PV_ERROR_MEMORY;
    }
    memcpy(draft->obs, wrap->in->obs, wrap->in->n_obs * sizeof *draft->obs);
    draft->spec.obs = draft->obs;
    return PV_OK;
}

double *pv_wrap_bounds(pv_wrap_draft *draft, size_t count)
{
    double *bounds = pv_alloc_array(count, sizeof *bounds);
    if (bounds) {
        draft->bounds[draft->n_bounds++] = bounds;
    }
    return bounds;
}

/* fits wrapper i on what lies below it */
static pv_status fit(pv_wraps *wraps, int i)
{
    pv_wrap *wrap = &wraps->wrap[i];
    pv_wrap_draft draft;
    wrap->index = i;
    wrap->in = &wraps->spec[i];
    wrap->acts = pv_alloc(wrap->in->n_obs);
    if (!wrap->acts || draft_init(&draft, wraps, wrap)) {
        return PV_ERROR_MEMORY;
    }
    pv_status status = wrap->wrap_class->shape ? wrap->wrap_class->shape(&draft) : PV_OK;
    if (status == PV_OK) {
        status = pv_spec_copy(&wraps->spec[i + 1], &draft.spec, &wraps->memory[i + 1]);
    }
    draft_free(&draft);
    wrap->out = &wraps->spec[i + 1];
    if (status == PV_OK && wrap->wrap_class->prepare) {
        status = wrap->wrap_class->prepare(wrap);
    }
    return status;
}

/* takes a wrapper that the preset leaves to the world out of the line again */
static void leave_out(pv_wraps *wraps, int i)
{
    pv_free(wraps->wrap[i].acts);
    wraps->n--;
    memmove(&wraps->wrap[i], &wraps->wrap[i + 1], (size_t)(wraps->n - i) * sizeof wraps->wrap[0]);
    memset(&wraps->wrap[wraps->n], 0, sizeof wraps->wrap[0]);
}

static pv_status fit_all(pv_wraps *wraps, const pv_spec *spec)
{
    pv_status status = pv_spec_copy(&wraps->spec[0], spec, &wraps->memory[0]);
    for (int i = 0; i < wraps->n && status == PV_OK;) {
        status = fit(wraps, i);
        if (status == PV_ERROR_ARGUMENT && wraps->wrap[i].optional) {
            leave_out(wraps, i);
            status = PV_OK;
            continue;
        }
        i++;
    }
    return status;
}

/* --- the text --- */

static char *wrap_text(const pv_wrap *wrap)
{
    const pv_wrap_class *row = wrap->wrap_class;
    char *text = pv_copy_text(row->name);
    for (int i = 0; text && i < wrap->n; i++) {
        char number[PV_NUMBER_SIZE];
        pv_number_text(wrap->number[i], number);
        char *longer =
            pv_format_text("%s%c%s", text, i && row->separator ? row->separator : ' ', number);
        pv_free(text);
        text = longer;
    }
    return text;
}

static pv_status write_text(pv_wraps *wraps)
{
    wraps->text = pv_copy_text("");
    for (int i = 0; wraps->text && i < wraps->n; i++) {
        char *word = wrap_text(&wraps->wrap[i]);
        char *longer = word ? pv_format_text("%s%s%s", wraps->text, i ? ", " : "", word) : NULL;
        pv_free(word);
        pv_free(wraps->text);
        wraps->text = longer;
    }
    return wraps->text ? PV_OK : PV_ERROR_MEMORY;
}

/* --- making --- */

pv_wraps *pv_wraps_create(const char *line, const char *world, const pv_spec *spec)
{
    pv_wraps *wraps = pv_alloc(sizeof *wraps);
    if (!wraps) {
        return NULL;
    }
    wraps->world = world;
    wraps->line = pv_copy_text(line);
    if (!wraps->line || pv_wraps_parse(wraps) || fit_all(wraps, spec) || write_text(wraps)) {
        pv_wraps_destroy(wraps);
        return NULL;
    }
    return wraps;
}

void pv_wraps_destroy(pv_wraps *wraps)
{
    if (!wraps) {
        return;
    }
    for (int i = 0; i < PV_WRAPS_MAX; i++) {
        pv_free(wraps->wrap[i].acts);
        pv_free(wraps->wrap[i].constant);
    }
    for (int i = 0; i <= PV_WRAPS_MAX; i++) {
        pv_free(wraps->memory[i]);
    }
    pv_free(wraps->line);
    pv_free(wraps->text);
    pv_free(wraps);
}

/* --- asking --- */

uint32_t pv_wraps_stack(const pv_wraps *wraps, uint32_t i)
{
    for (int k = wraps->n - 1; k >= 0; k--) {
        const pv_wrap *wrap = &wraps->wrap[k];
        if (wrap->wrap_class == &pv_wrap_stack && wrap->acts[i]) {
            return (uint32_t)wrap->number[0];
        }
        if (!wrap->wrap_class->keeps_stack || wrap->acts[i]) {
            return 1;
        }
    }
    return 1;
}

int pv_wraps_change_outcomes(const pv_wraps *wraps)
{
    for (int i = 0; i < wraps->n; i++) {
        if (!wraps->wrap[i].wrap_class->keeps_outcomes) {
            return 1;
        }
    }
    return 0;
}
