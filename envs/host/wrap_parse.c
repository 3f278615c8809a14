/* Reading a line of wrappers. Words stand between commas: the name of a wrapper with its numbers,
   or a preset, which stands for a line of its own. Messages show the line and where in it. */
#include "envs/host/wrap.h"

#include "core/number.h"
#include "core/params.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_SHOWN = 160, NAMES_MAX = 48, WORD_MAX = 48 };

static const pv_wrap_class *const classes[] = {
    &pv_wrap_noop,    &pv_wrap_sticky, &pv_wrap_skip,  &pv_wrap_max,  &pv_wrap_limit,
    &pv_wrap_life,    &pv_wrap_gray,   &pv_wrap_stack, &pv_wrap_hide, &pv_wrap_onehot,
    &pv_wrap_flatten, &pv_wrap_clip,   &pv_wrap_scale, &pv_wrap_norm, &pv_wrap_norm_reward,
};

enum { CLASSES = sizeof classes / sizeof classes[0] };

/* a name with '?' behind it is left out where the world has nothing for it */
static const pv_wrap_preset presets[] = {
    {"atari", "frames as DQN saw them (Mnih et al. 2015); life only where the world says lives",
     "noop 30, skip 4, max 2, gray 84x84, life?, stack 4, clip 1"},
    {"minatar",
     "MinAtar as published (Young and Tian 2019): its frames are small, its sticky "
     "actions are the world's own; only an end for games that have none",
     "limit 10000"},
};

enum { PRESETS = sizeof presets / sizeof presets[0] };

const pv_wrap_class *pv_wrap_class_at(int i)
{
    return i < CLASSES ? classes[i] : NULL;
}

const pv_wrap_preset *pv_wrap_preset_at(int i)
{
    return i < PRESETS ? &presets[i] : NULL;
}

/* --- messages --- */

static pv_status fail_at(const pv_wraps *wraps, int column, int length, const char *message)
{
    const char *line = wraps->line;
    const char *dots = strlen(line) > TEXT_SHOWN ? "..." : "";
    if (line[column] == '\0') {
        return pv_fail(PV_ERROR_ARGUMENT, "wrap \"%.*s%s\": %s, at the end (column %d)", TEXT_SHOWN,
                       line, dots, message, column + 1);
    }
    return pv_fail(PV_ERROR_ARGUMENT, "wrap \"%.*s%s\": %s, at \"%.*s\" (column %d)", TEXT_SHOWN,
                   line, dots, message, length < 80 ? length : 80, line + column, column + 1);
}

pv_status pv_wrap_fail(const pv_wraps *wraps, const pv_wrap *wrap, const char *format, ...)
{
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return fail_at(wraps, wrap->column, wrap->length, message);
}

/* --- words --- */

typedef struct parser {
    pv_wraps *wraps;
    const char *text, *at;
    int column, length; /* where a preset stands in the line; length 0: `text` is the line itself */
} parser;

typedef struct word {
    const char *at;
    int length; /* 0: a comma or the end */
} word;

static word peek(parser *p)
{
    while (*p->at == ' ' || *p->at == '\t' || *p->at == '\n') {
        p->at++;
    }
    return (word){p->at, (int)strcspn(p->at, " \t\n,")};
}

static word take(parser *p)
{
    const word w = peek(p);
    p->at += w.length;
    return w;
}

static pv_status fail_word(const parser *p, word w, const char *message)
{
    return p->length ? fail_at(p->wraps, p->column, p->length, message)
                     : fail_at(p->wraps, (int)(w.at - p->text), w.length ? w.length : 1, message);
}

static int is(word w, const char *text)
{
    return (size_t)w.length == strlen(text) && memcmp(w.at, text, (size_t)w.length) == 0;
}

static pv_status unknown(const parser *p, word w)
{
    const char *names[NAMES_MAX];
    char name[WORD_MAX];
    char message[200];
    int n = 0;
    for (int i = 0; i < CLASSES; i++) {
        names[n++] = classes[i]->name;
    }
    for (int i = 0; i < PRESETS; i++) {
        names[n++] = presets[i].name;
    }
    snprintf(name, sizeof name, "%.*s", w.length, w.at);
    const char *near = pv_near_name(name, names, n);
    if (near) {
        snprintf(message, sizeof message, "unknown wrapper \"%s\"; did you mean \"%s\"?", name,
                 near);
    } else {
        snprintf(message, sizeof message,
                 "unknown wrapper \"%s\"; \"pavlov list wrappers\" tells all", name);
    }
    return fail_word(p, w, message);
}

/* --- one wrapper --- */

static pv_status read_number(const parser *p, word whole, word part, pv_wrap *wrap)
{
    const pv_wrap_class *row = wrap->wrap_class;
    char text[WORD_MAX];
    char message[200];
    double value = 0.0;
    const int fits = part.length > 0 && part.length < WORD_MAX && wrap->n < row->most;
    snprintf(text, sizeof text, "%.*s", fits ? part.length : 0, part.at);
    if (!fits || pv_number_read(text, &value) || !(value >= row->low && value <= row->high) ||
        (row->whole && value != floor(value))) {
        snprintf(message, sizeof message, "%s takes %s", row->name, row->takes);
        return fail_word(p, whole, message);
    }
    wrap->number[wrap->n++] = value;
    return PV_OK;
}

static pv_status read_numbers(parser *p, pv_wrap *wrap)
{
    const pv_wrap_class *row = wrap->wrap_class;
    for (word w = peek(p); w.length; w = peek(p)) {
        (void)take(p);
        word part = w;
        const char *cut = row->separator ? memchr(w.at, row->separator, (size_t)w.length) : NULL;
        part.length = cut ? (int)(cut - w.at) : w.length;
        pv_status status = read_number(p, w, part, wrap);
        if (cut && status == PV_OK) {
            const word rest = {cut + 1, w.length - part.length - 1};
            status = read_number(p, w, rest, wrap);
        }
        if (status) {
            return status;
        }
    }
    if (wrap->n < row->least) {
        char message[200];
        snprintf(message, sizeof message, "%s takes %s", row->name, row->takes);
        return fail_word(p, peek(p), message);
    }
    for (int i = wrap->n; i < row->most; i++) {
        wrap->number[i] = row->usual;
    }
    return PV_OK;
}

static pv_status parse_line(parser *p);

static pv_status parse_preset(const parser *outer, word w, const pv_wrap_preset *preset)
{
    parser p = {outer->wraps, preset->text, preset->text, (int)(w.at - outer->text), w.length};
    return parse_line(&p);
}

static pv_status parse_wrap(parser *p)
{
    word w = take(p);
    if (w.length == 0) {
        return fail_word(p, w, "a wrapper is missing");
    }
    for (int i = 0; i < PRESETS && p->length == 0; i++) {
        if (is(w, presets[i].name)) {
            return parse_preset(p, w, &presets[i]);
        }
    }
    pv_wraps *wraps = p->wraps;
    if (wraps->n == PV_WRAPS_MAX) {
        return fail_word(p, w, "there are too many wrappers; 32 fit");
    }
    pv_wrap *wrap = &wraps->wrap[wraps->n];
    wrap->optional = p->length && w.at[w.length - 1] == '?';
    w.length -= wrap->optional;
    for (int i = 0; i < CLASSES && !wrap->wrap_class; i++) {
        wrap->wrap_class = is(w, classes[i]->name) ? classes[i] : NULL;
    }
    if (!wrap->wrap_class) {
        return unknown(p, w);
    }
    const pv_status status = read_numbers(p, wrap);
    const char *end = p->at;
    while (end > w.at && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\n')) {
        end--;
    }
    wrap->column = p->length ? p->column : (int)(w.at - p->text);
    wrap->length = p->length ? p->length : (int)(end - w.at);
    wraps->n++;
    return status;
}

static pv_status parse_line(parser *p)
{
    for (;;) {
        const pv_status status = parse_wrap(p);
        if (status) {
            return status;
        }
        const word sign = peek(p);
        if (*sign.at == '\0') {
            return PV_OK;
        }
        if (*sign.at != ',') {
            return fail_word(p, (word){sign.at, (int)strcspn(sign.at, " \t\n,")},
                             "a comma should stand between wrappers");
        }
        p->at++;
    }
}

pv_status pv_wraps_parse(pv_wraps *wraps)
{
    parser p = {wraps, wraps->line, wraps->line, 0, 0};
    return parse_line(&p);
}
