/* params.c: parameter tables. The table row says what a value may be; a value is a number, an index
   into the row's choices, or a text that is owned here. */
#include "core/params.h"

#include "core/memory.h"
#include "core/number.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <string.h>

/* --- near names ------------------------------------------------------------------------------ */

enum { LONGEST_NAME = 64 }; /* longer words are near to nothing */

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* how many letters to insert, remove, replace or swap with their neighbour make `a` into `b` */
static int edit_distance(const char *a, int a_length, const char *b, int b_length)
{
    int rows[3][LONGEST_NAME + 1] = {{0}};
    for (int j = 0; j <= b_length; j++) {
        rows[0][j] = j;
    }
    for (int i = 1; i <= a_length; i++) {
        int *row = rows[i % 3];
        const int *above = rows[(i + 2) % 3];
        const int *above_that = rows[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= b_length; j++) {
            const int replaced = above[j - 1] + !same_letter(a[i - 1], b[j - 1]);
            row[j] = smaller(replaced, smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
                same_letter(a[i - 2], b[j - 1])) {
                row[j] = smaller(row[j], above_that[j - 2] + 1);
            }
        }
    }
    return rows[a_length % 3][b_length];
}

static int begins_with(const char *name, const char *word)
{
    while (*word && same_letter(*name, *word)) {
        name++;
        word++;
    }
    return *word == '\0';
}

const char *pv_near_name(const char *word, const char *const *names, int n)
{
    const size_t word_length = strlen(word);
    const char *nearest = NULL;
    int least = LONGEST_NAME;
    for (int i = 0; i < n; i++) {
        const size_t length = strlen(names[i]);
        if (word_length > LONGEST_NAME || length > LONGEST_NAME) {
            continue;
        }
        const int longer = (int)(word_length > length ? word_length : length);
        int distance = edit_distance(word, (int)word_length, names[i], (int)length);
        if (word_length >= 3 && begins_with(names[i], word)) {
            distance -= LONGEST_NAME; /* nearer than any misspelling */
        }
        if (distance <= longer / 3 && distance < least) {
            least = distance;
            nearest = names[i];
        }
    }
    return nearest;
}

/* --- a row of the table ---------------------------------------------------------------------- */

/* where choice `index` of "easy|hard" begins, and its length; NULL past the last */
static const char *choice_at(const char *choices, int index, size_t *length)
{
    for (; index > 0; index--) {
        choices += strcspn(choices, "|");
        if (*choices == '\0') {
            return NULL;
        }
        choices++;
    }
    *length = strcspn(choices, "|");
    return choices;
}

/* the index of the choice that is `text`, -1 if none is */
static int find_choice(const char *choices, const char *text)
{
    const size_t text_length = strlen(text);
    size_t length;
    const char *choice;
    for (int i = 0; (choice = choice_at(choices, i, &length)) != NULL; i++) {
        if (length == text_length && memcmp(choice, text, length) == 0) {
            return i;
        }
    }
    return -1;
}

static char *choice_text(const char *choices, int index)
{
    size_t length = 0;
    const char *choice = choice_at(choices, index, &length);
    assert(choice && index >= 0);
    return pv_format_text("%.*s", (int)length, choice);
}

static char *value_text(const pv_param *param, pv_value value)
{
    if (param->text) {
        return pv_copy_text(value.text);
    }
    if (param->choices) {
        return choice_text(param->choices, (int)value.number);
    }
    char text[PV_NUMBER_SIZE];
    pv_number_text(value.number, text);
    return pv_copy_text(text);
}

char *pv_param_default_text(const pv_param *param)
{
    return value_text(param, (pv_value){param->initial, param->text});
}

char *pv_param_range_text(const pv_param *param)
{
    if (param->text) {
        return pv_copy_text("text");
    }
    if (param->choices) {
        return pv_copy_text(param->choices);
    }
    char low[PV_NUMBER_SIZE];
    char high[PV_NUMBER_SIZE];
    pv_number_text(param->low, low);
    pv_number_text(param->high, high);
    if (isinf(param->low) && isinf(param->high)) {
        return pv_copy_text("any number");
    }
    if (isinf(param->high)) {
        return pv_format_text("at least %s", low);
    }
    if (isinf(param->low)) {
        return pv_format_text("at most %s", high);
    }
    return pv_format_text("%s to %s", low, high);
}

/* --- the values ------------------------------------------------------------------------------ */

static pv_status allocate(pv_params *params, const char *owner, const pv_param *table, int n)
{
    *params = (pv_params){.owner = owner, .table = table, .n = n};
    params->value = pv_alloc_array((size_t)n, sizeof *params->value);
    params->source = pv_alloc_array((size_t)n, sizeof *params->source);
    if (!params->value || !params->source) {
        pv_params_free(params);
        return pv_last_status();
    }
    return PV_OK;
}

/* gives value i a number, or a copy of a text */
static pv_status store(pv_params *params, int i, pv_value value, pv_source source)
{
    if (params->table[i].text) {
        value.text = pv_copy_text(value.text);
        if (!value.text) {
            return pv_last_status();
        }
    }
    pv_free((void *)(uintptr_t)params->value[i].text);
    params->value[i] = value;
    params->source[i] = source;
    return PV_OK;
}

const char *pv_source_name(pv_source source)
{
    static const char *const names[] = {"default", "preset", "switch", "given"};
    return names[source];
}

pv_status pv_params_init(pv_params *params, const char *owner, const pv_param *table, int n)
{
    pv_status status = allocate(params, owner, table, n);
    for (int i = 0; i < n && status == PV_OK; i++) {
        const pv_value initial = {table[i].initial, table[i].text};
        status = store(params, i, initial, PV_SOURCE_DEFAULT);
    }
    if (status != PV_OK) {
        pv_params_free(params);
    }
    return status;
}

void pv_params_free(pv_params *params)
{
    for (int i = 0; params->value && i < params->n; i++) {
        pv_free((void *)(uintptr_t)params->value[i].text);
    }
    pv_free(params->value);
    pv_free(params->source);
    *params = (pv_params){0};
}

pv_status pv_params_copy(pv_params *copy, const pv_params *params)
{
    pv_status status = allocate(copy, params->owner, params->table, params->n);
    for (int i = 0; i < params->n && status == PV_OK; i++) {
        status = store(copy, i, params->value[i], params->source[i]);
    }
    if (status != PV_OK) {
        pv_params_free(copy);
    }
    return status;
}

/* "slippery, map"; the caller frees it */
static char *join_names(const char *const *names, int n)
{
    char *list = pv_copy_text(n ? names[0] : "nothing");
    for (int i = 1; i < n && list; i++) {
        char *longer = pv_format_text("%s, %s", list, names[i]);
        pv_free(list);
        list = longer;
    }
    return list;
}

static pv_status fail_unknown(const pv_params *params, const char *name)
{
    const char **names = pv_alloc_array((size_t)params->n, sizeof *names);
    if (!names) {
        return pv_last_status();
    }
    for (int i = 0; i < params->n; i++) {
        names[i] = params->table[i].name;
    }
    const char *near = pv_near_name(name, names, params->n);
    char *list = join_names(names, params->n);
    if (near && list) {
        (void)pv_fail(PV_ERROR_ARGUMENT, "%s has no parameter \"%s\"; did you mean \"%s\"?",
                      params->owner, name, near);
    } else if (list) {
        (void)pv_fail(PV_ERROR_ARGUMENT, "%s has no parameter \"%s\"; it takes: %s", params->owner,
                      name, list);
    }
    pv_free(list);
    pv_free(names);
    return pv_last_status();
}

static pv_status fail_value(const pv_params *params, const pv_param *param, const char *text,
                            const char *fault)
{
    char *range = pv_param_range_text(param);
    if (range) {
        (void)pv_fail(PV_ERROR_ARGUMENT, "%s: %s=%s %s; it takes %s", params->owner, param->name,
                      text, fault, range);
    }
    pv_free(range);
    return pv_last_status();
}

pv_status pv_params_set(pv_params *params, const char *name, const char *text, pv_source source)
{
    const int i = pv_params_find(params, name);
    if (i < 0) {
        return fail_unknown(params, name);
    }
    const pv_param *param = &params->table[i];
    pv_value value = {0.0, param->text ? text : NULL};
    const int is_number = pv_number_read(text, &value.number) == 0;
    if (param->text) {
        value.number = param->initial;
    } else if (param->choices) {
        const int choice = find_choice(param->choices, text);
        if (choice < 0) {
            return fail_value(params, param, text,
                              is_number ? "is out of bounds" : "is none of its choices");
        }
        value.number = choice;
    } else if (!is_number) {
        return fail_value(params, param, text, "is not a number");
    } else if (value.number < param->low || value.number > param->high) {
        return fail_value(params, param, text, "is out of bounds");
    }
    return source < params->source[i] ? PV_OK : store(params, i, value, source);
}

/* --- "name=value,name=value" ----------------------------------------------------------------- */

/* ends the text at its last letter that is no space and returns its first */
static char *trim(char *text)
{
    text += strspn(text, " ");
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ') {
        length--;
    }
    text[length] = '\0';
    return text;
}

/* takes the value at `text`, quoted or up to the next comma, ends it with 0 and stores it; returns
   what follows the comma, NULL at the end of the list or, with *value NULL, of a bad quotation */
static char *take_value(char *text, char **value)
{
    text += strspn(text, " ");
    const char quote = *text;
    const int quoted = quote == '"' || quote == '\'';
    char *end = quoted ? strchr(text + 1, quote) : text + strcspn(text, ",");
    char *comma = quoted && end ? end + 1 + strspn(end + 1, " ") : end;
    if (!end || (*comma != ',' && *comma != '\0')) {
        *value = NULL;
        return NULL;
    }
    char *next = *comma == ',' ? comma + 1 : NULL;
    *end = '\0';
    *value = quoted ? text + 1 : trim(text);
    return next;
}

static pv_status parse(pv_params *params, char *list, pv_source source)
{
    pv_status status = PV_OK;
    for (char *next = list; next && status == PV_OK;) {
        char *name = next;
        char *equals = name + strcspn(name, "=,");
        if (*equals != '=') {
            *equals = '\0';
            return pv_fail(PV_ERROR_ARGUMENT,
                           "%s: \"%s\" sets no parameter; write name=value,name=value",
                           params->owner, trim(name));
        }
        *equals = '\0';
        name = trim(name);
        char *value;
        next = take_value(equals + 1, &value);
        if (!value) {
            return pv_fail(PV_ERROR_ARGUMENT,
                           "%s: the quoted value of %s must end with its quote, then a comma or "
                           "nothing",
                           params->owner, name);
        }
        status = pv_params_set(params, name, value, source);
    }
    return status;
}

pv_status pv_params_parse(pv_params *params, const char *list, pv_source source)
{
    if (list[strspn(list, " ")] == '\0') {
        return PV_OK;
    }
    char *copy = pv_copy_text(list);
    if (!copy) {
        return pv_last_status();
    }
    const pv_status status = parse(params, copy, source);
    pv_free(copy);
    return status;
}

/* --- asking ---------------------------------------------------------------------------------- */

int pv_params_find(const pv_params *params, const char *name)
{
    for (int i = 0; i < params->n; i++) {
        if (strcmp(params->table[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

double pv_params_number(const pv_params *params, const char *name)
{
    const int i = pv_params_find(params, name);
    assert(i >= 0 && !params->table[i].text);
    return params->value[i].number;
}

const char *pv_params_text(const pv_params *params, const char *name)
{
    const int i = pv_params_find(params, name);
    assert(i >= 0 && params->table[i].text);
    return params->value[i].text;
}

char *pv_params_value_text(const pv_params *params, int i)
{
    assert(i >= 0 && i < params->n);
    return value_text(&params->table[i], params->value[i]);
}

int pv_params_changed(const pv_params *params, int i)
{
    assert(i >= 0 && i < params->n);
    const pv_param *param = &params->table[i];
    if (param->text) {
        return strcmp(params->value[i].text, param->text) != 0;
    }
    const double number = params->value[i].number;
    return number != param->initial && !(isnan(number) && isnan(param->initial));
}
