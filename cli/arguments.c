/* arguments.c: command lines, read by the table each command declares. */
#include "cli/arguments.h"

#include "core/json.h"
#include "core/memory.h"
#include "core/params.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct given {
    const pv_option *option;
    const char *value;
} given;

struct pv_arguments {
    const pv_command *command;
    const char **positional;
    int n_positional;
    given *given;
    int n_given;
    int n_from_line; /* options of the command line itself; those of a config file follow */
    char **texts;    /* owned: values that came from a config file */
    int n_texts;
};

static const pv_option *find_option(const pv_command *command, const char *name, size_t length)
{
    for (int i = 0; i < command->n_options; i++) {
        const char *known = command->options[i].name;
        if (strlen(known) == length && memcmp(known, name, length) == 0) {
            return &command->options[i];
        }
    }
    return NULL;
}

static pv_status fail_unknown(const pv_command *command, const char *name)
{
    const char *names[64];
    int n = 0;
    for (; n < command->n_options && n < 64; n++) {
        names[n] = command->options[n].name;
    }
    const char *near = pv_near_name(name, names, n);
    return near ? pv_fail(PV_ERROR_ARGUMENT, "unknown option \"%s\"; did you mean \"%s\"?", name,
                          near)
                : pv_fail(PV_ERROR_ARGUMENT, "unknown option \"%s\"; see pavlov %s --help", name,
                          command->name);
}

static int is_given(const pv_arguments *arguments, const pv_option *option, int n)
{
    for (int i = 0; i < n; i++) {
        if (arguments->given[i].option == option) {
            return 1;
        }
    }
    return 0;
}

/* takes "--name value", "--name=value" or "--switch" at argv[*i] */
static pv_status read_option(pv_arguments *arguments, int argc, char **argv, int *i)
{
    const char *text = argv[*i];
    const char *equals = strchr(text, '=');
    const size_t length = equals ? (size_t)(equals - text) : strlen(text);
    const pv_option *option = find_option(arguments->command, text, length);
    if (!option) {
        return fail_unknown(arguments->command, text);
    }
    if (!option->value && equals) {
        return pv_fail(PV_ERROR_ARGUMENT, "%s takes no value", option->name);
    }
    if (!option->repeats && is_given(arguments, option, arguments->n_given)) {
        return pv_fail(PV_ERROR_ARGUMENT, "%s is given twice", option->name);
    }
    const char *value = equals ? equals + 1 : "";
    if (option->value && !equals) {
        if (*i + 1 >= argc) {
            return pv_fail(PV_ERROR_ARGUMENT, "%s needs a value: %s %s", option->name, option->name,
                           option->value);
        }
        value = argv[++*i];
    }
    arguments->given[arguments->n_given++] = (given){option, value};
    return PV_OK;
}

static pv_status read_all(pv_arguments *arguments, int argc, char **argv)
{
    int only_positional = 0;
    for (int i = 0; i < argc; i++) {
        if (!only_positional && strcmp(argv[i], "--") == 0) {
            only_positional = 1;
        } else if (!only_positional && strcmp(argv[i], "-o") == 0 &&
                   find_option(arguments->command, "-o", 2) == NULL) {
            return fail_unknown(arguments->command, argv[i]);
        } else if (!only_positional && argv[i][0] == '-' && argv[i][1] != '\0') {
            const pv_status status = read_option(arguments, argc, argv, &i);
            if (status) {
                return status;
            }
        } else {
            arguments->positional[arguments->n_positional++] = argv[i];
        }
    }
    arguments->n_from_line = arguments->n_given;
    return PV_OK;
}

pv_arguments *pv_arguments_create(const pv_command *command, int argc, char **argv)
{
    pv_arguments *arguments = pv_alloc(sizeof *arguments);
    if (!arguments) {
        return NULL;
    }
    arguments->command = command;
    arguments->positional = pv_alloc_array((size_t)argc + 2, sizeof(char *));
    arguments->given = pv_alloc_array((size_t)argc + 1, sizeof(given));
    if (!arguments->positional || !arguments->given || read_all(arguments, argc, argv)) {
        pv_arguments_destroy(arguments);
        return NULL;
    }
    return arguments;
}

void pv_arguments_destroy(pv_arguments *arguments)
{
    if (arguments) {
        for (int i = 0; i < arguments->n_texts; i++) {
            pv_free(arguments->texts[i]);
        }
        pv_free(arguments->texts);
        pv_free(arguments->positional);
        pv_free(arguments->given);
        pv_free(arguments);
    }
}

/* --- a config file --- */

/* keeps a text until the arguments go; NULL for want of memory */
static const char *keep_text(pv_arguments *arguments, char *text)
{
    const size_t n = (size_t)arguments->n_texts;
    char **texts = text ? pv_realloc(arguments->texts, (n + 1) * sizeof *texts) : NULL;
    if (!texts) {
        pv_free(text);
        return NULL;
    }
    texts[n] = text;
    arguments->texts = texts;
    arguments->n_texts++;
    return text;
}

static char *value_text(const cJSON *value)
{
    char number[32];
    if (cJSON_IsNumber(value)) {
        pv_number_text(value->valuedouble, number);
        return pv_copy_text(number);
    }
    return pv_copy_text(cJSON_IsBool(value) ? (cJSON_IsTrue(value) ? "1" : "0")
                                            : value->valuestring);
}

static pv_status add_given(pv_arguments *arguments, const pv_option *option, char *text)
{
    const char *value = keep_text(arguments, text);
    given *grown =
        value ? pv_realloc(arguments->given, (size_t)(arguments->n_given + 2) * sizeof(given))
              : NULL;
    if (!grown) {
        return pv_last_status();
    }
    arguments->given = grown;
    arguments->given[arguments->n_given++] = (given){option, value};
    return PV_OK;
}

static pv_status add_config_option(pv_arguments *arguments, const char *path, const cJSON *item)
{
    char name[64];
    snprintf(name, sizeof name, "--%s", item->string);
    for (char *c = name; *c; c++) {
        *c = *c == '_' ? '-' : *c;
    }
    const pv_option *option = find_option(arguments->command, name, strlen(name));
    if (!option) {
        fail_unknown(arguments->command, name);
        return pv_fail_in("%s", path);
    }
    if (option->repeats && cJSON_IsObject(item)) {
        const cJSON *member = NULL;
        cJSON_ArrayForEach(member, item)
        {
            char *value = cJSON_IsObject(member) || cJSON_IsArray(member) || cJSON_IsNull(member)
                              ? NULL
                              : value_text(member);
            if (!value) {
                return pv_fail(PV_ERROR_ARGUMENT, "%s: \"%s\" must be a text or a number", path,
                               member->string);
            }
            const pv_status status =
                add_given(arguments, option, pv_format_text("%s=%s", member->string, value));
            pv_free(value);
            if (status) {
                return status;
            }
        }
        return PV_OK;
    }
    if (cJSON_IsObject(item) || cJSON_IsArray(item) || cJSON_IsNull(item)) {
        return pv_fail(PV_ERROR_ARGUMENT, "%s: \"%s\" must be a text or a number", path,
                       item->string);
    }
    if (is_given(arguments, option, arguments->n_from_line) || cJSON_IsFalse(item)) {
        return PV_OK;
    }
    return add_given(arguments, option, value_text(item));
}

pv_status pv_arguments_config(pv_arguments *arguments, const char *path)
{
    cJSON *json = pv_json_read(path);
    if (!json) {
        return pv_last_status();
    }
    pv_status status = PV_OK;
    if (!cJSON_IsObject(json)) {
        status = pv_fail(PV_ERROR_FORMAT, "%s: must hold one JSON object", path);
    }
    const char *const places[] = {"agent", "env"};
    for (int i = 0; i < 2 && status == PV_OK; i++) {
        const char *text = pv_json_text(json, places[i], NULL);
        if (text && arguments->n_positional == i) {
            const char *kept = keep_text(arguments, pv_copy_text(text));
            status = kept ? PV_OK : pv_last_status();
            arguments->positional[arguments->n_positional++] = kept;
        }
    }
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, json)
    {
        const int place = strcmp(item->string, "agent") == 0 || strcmp(item->string, "env") == 0;
        if (status == PV_OK && !place) {
            status = add_config_option(arguments, path, item);
        }
    }
    cJSON_Delete(json);
    return status;
}

pv_status pv_arguments_check(const pv_arguments *arguments)
{
    const pv_command *command = arguments->command;
    if (arguments->n_positional < command->least) {
        return pv_fail(PV_ERROR_ARGUMENT, "too few arguments; it takes: pavlov %s %s",
                       command->name, command->positional);
    }
    if (command->most >= 0 && arguments->n_positional > command->most) {
        return pv_fail(PV_ERROR_ARGUMENT, "unexpected argument \"%s\"; it takes: pavlov %s %s",
                       arguments->positional[command->most], command->name, command->positional);
    }
    return PV_OK;
}

/* --- asking --- */

const char *pv_argument(const pv_arguments *arguments, int i)
{
    return i < arguments->n_positional ? arguments->positional[i] : NULL;
}

int pv_argument_count(const pv_arguments *arguments)
{
    return arguments->n_positional;
}

const char *pv_option_each(const pv_arguments *arguments, const char *name, int i)
{
    const pv_option *option = find_option(arguments->command, name, strlen(name));
    assert(option);
    /* those of a config file first, so that the command line has the last word */
    for (int k = 0; k < arguments->n_given; k++) {
        const int at = (k + arguments->n_from_line) % arguments->n_given;
        if (arguments->given[at].option == option && i-- == 0) {
            return arguments->given[at].value;
        }
    }
    return NULL;
}

const char *pv_option_text(const pv_arguments *arguments, const char *name)
{
    return pv_option_each(arguments, name, 0);
}

static pv_status fail_number(const char *name, const char *text, const char *what, double low,
                             double high)
{
    char low_text[32];
    char high_text[32];
    pv_number_text(low, low_text);
    pv_number_text(high, high_text);
    if (high > 1e15) {
        return pv_fail(PV_ERROR_ARGUMENT, "%s %s: it takes %s of at least %s", name, text, what,
                       low_text);
    }
    return pv_fail(PV_ERROR_ARGUMENT, "%s %s: it takes %s from %s to %s", name, text, what,
                   low_text, high_text);
}

pv_status pv_option_count(const pv_arguments *arguments, const char *name, uint64_t low,
                          uint64_t high, uint64_t *value)
{
    const char *text = pv_option_text(arguments, name);
    if (!text) {
        return PV_OK;
    }
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    const unsigned long long unit = *end == 'k' ? 1000u : *end == 'M' ? 1000000u : 1u;
    end += unit != 1u;
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno || number > UINT64_MAX / unit ||
        number * unit < low || number * unit > high) {
        return fail_number(name, text, "a whole number", (double)low, (double)high);
    }
    *value = number * unit;
    return PV_OK;
}

pv_status pv_option_number(const pv_arguments *arguments, const char *name, double low, double high,
                           double *value)
{
    const char *text = pv_option_text(arguments, name);
    if (!text) {
        return PV_OK;
    }
    char *end = NULL;
    const double number = strtod(text, &end);
    if (end == text || *end != '\0' || isnan(number) || number < low || number > high) {
        return fail_number(name, text, "a number", low, high);
    }
    *value = number;
    return PV_OK;
}

void pv_command_help(const pv_command *command)
{
    printf("pavlov %s %s\n\n%s\n", command->name, command->positional, command->summary);
    if (command->n_options) {
        printf("\noptions:\n");
    }
    for (int i = 0; i < command->n_options; i++) {
        const pv_option *option = &command->options[i];
        char head[48];
        snprintf(head, sizeof head, "%s %s", option->name, option->value ? option->value : "");
        printf("  %-24s %s%s\n", head, option->help, option->repeats ? " (repeats)" : "");
    }
}
