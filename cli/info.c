/* info.c: `pavlov info`: what a world or an agent is, and which values an agent would use in a
 * world. */
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/settings.h"

#include "agents/agent.h"
#include "agents/net_inputs.h"
#include "agents/presets.h"
#include "core/memory.h"
#include "core/number.h"
#include "envs/host/instance.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- as JSON --- */

/* adds the rows of a parameter table; with `params` the values in use and where they come from */
static void put_params(cJSON *array, const pv_param *table, int n, const pv_params *params,
                       int *failed)
{
    for (int i = 0; i < n; i++) {
        cJSON *row = pv_put_row(array, failed);
        char *initial = pv_param_default_text(&table[i]);
        char *range = pv_param_range_text(&table[i]);
        char *value = params ? pv_params_value_text(params, i) : NULL;
        *failed |= !initial || !range || (params && !value);
        pv_put_text(row, "name", table[i].name, failed);
        pv_put_text(row, "default", initial, failed);
        pv_put_text(row, "takes", range, failed);
        pv_put_text(row, "help", table[i].help, failed);
        if (params) {
            pv_put_text(row, "value", value, failed);
            pv_put_text(row, "from", pv_source_name(params->source[i]), failed);
        }
        pv_free(initial);
        pv_free(range);
        pv_free(value);
    }
}

static void put_bound(cJSON *row, const char *name, const double *bound, size_t count, int *failed)
{
    cJSON *array = bound ? pv_put_array(row, name, failed) : NULL;
    for (size_t i = 0; array && i < count && i < 64 && !*failed; i++) {
        *failed = !cJSON_AddItemToArray(array, isfinite(bound[i]) ? cJSON_CreateNumber(bound[i])
                                                                  : cJSON_CreateNull());
    }
}

static void put_shape(cJSON *row, uint32_t ndim, const uint32_t *shape, int *failed)
{
    cJSON *array = pv_put_array(row, "shape", failed);
    for (uint32_t i = 0; i < ndim && !*failed; i++) {
        *failed = !cJSON_AddItemToArray(array, cJSON_CreateNumber(shape[i]));
    }
}

static void put_spaces(cJSON *array, const pv_space *spaces, uint32_t n, int *failed)
{
    static const char *const dtypes[] = {"?", "u8", "i32", "f32"};
    for (uint32_t i = 0; i < n; i++) {
        const pv_space *space = &spaces[i];
        cJSON *row = pv_put_row(array, failed);
        pv_put_text(row, "name", space->name, failed);
        pv_put_text(row, "dtype", dtypes[space->dtype <= PV_F32 ? space->dtype : 0], failed);
        if (space->n) {
            pv_put_number(row, "categories", space->n, failed);
        }
        put_shape(row, space->ndim, space->shape, failed);
        put_bound(row, "low", space->low, pv_space_count(space), failed);
        put_bound(row, "high", space->high, pv_space_count(space), failed);
    }
}

static void put_wrap(cJSON *json, const pv_world *world, int *failed)
{
    if (*pv_world_wrap(world)) {
        pv_put_text(json, "wrap", pv_world_wrap(world), failed);
    }
}

static void put_world(cJSON *json, const pv_world *world, int *failed)
{
    const pv_env_class *env_class = pv_world_class(world);
    const pv_spec *spec = pv_world_spec(world);
    pv_put_text(json, "kind", "env", failed);
    pv_put_text(json, "name", env_class->id, failed);
    pv_put_text(json, "summary", env_class->summary, failed);
    pv_put_text(json, "version", env_class->version, failed);
    pv_put_text(json, "file", pv_world_file(world), failed);
    put_wrap(json, world, failed);
    pv_put_number(json, "agents", spec->agents, failed);
    put_spaces(pv_put_array(json, "observations", failed), spec->obs, spec->n_obs, failed);
    put_spaces(pv_put_array(json, "actions", failed), spec->action, spec->n_action, failed);
    pv_put_number(json, "states", spec->n_states, failed);
    pv_put_number(json, "max_steps", spec->max_steps, failed);
    pv_put_number(json, "solved", spec->solved, failed);
    pv_put_number(json, "width", spec->width, failed);
    pv_put_number(json, "height", spec->height, failed);
    put_params(pv_put_array(json, "parameters", failed), world->params.table, world->params.n,
               &world->params, failed);
}

static void put_agent(cJSON *json, const pv_agent_class *agent_class, const pv_params *params,
                      int *failed)
{
    pv_put_text(json, "kind", "agent", failed);
    pv_put_text(json, "name", agent_class->name, failed);
    pv_put_text(json, "summary", agent_class->summary, failed);
    pv_put_text(json, "source", agent_class->source, failed);
    put_params(pv_put_array(json, "parameters", failed), agent_class->params, agent_class->n_params,
               params, failed);
}

static void put_layers(cJSON *json, const pv_net *net, int *failed)
{
    cJSON *layers = pv_put_array(json, "layers", failed);
    for (int i = 0; i < pv_net_line_count(net); i++) {
        const pv_net_line line = pv_net_line_at(net, i);
        cJSON *row = pv_put_row(layers, failed);
        pv_put_text(row, "layer", line.layer, failed);
        pv_put_text(row, "where", line.where, failed);
        put_shape(row, line.ndim, line.shape, failed);
        pv_put_number(row, "parameters", (double)line.parameters, failed);
    }
    pv_put_number(json, "net_parameters", (double)pv_net_parameter_count(net), failed);
}

/* the layers that a line of text makes of a world's observations */
static pv_status put_net(cJSON *json, const pv_world *world, const char *text, int *failed)
{
    int n = 0;
    pv_net_input *inputs = pv_net_inputs_create(pv_world_spec(world), &n);
    const pv_net_head out = {"out", ""};
    const pv_net_config config = {.inputs = inputs,
                                  .n_inputs = n,
                                  .text = text,
                                  .heads = &out,
                                  .n_heads = 1,
                                  .kernels = pv_kernels_plain(),
                                  .seed = 1};
    pv_net *net = inputs ? pv_net_create(&config) : NULL;
    pv_free(inputs);
    if (!net) {
        return pv_last_status();
    }
    put_layers(json, net, failed);
    pv_net_destroy(net);
    return PV_OK;
}

/* --- as text, from the JSON --- */

static void print_text(const cJSON *object, const char *label, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    char number[32];
    if (cJSON_IsString(item)) {
        printf("  %-14s%s\n", label, item->valuestring);
    } else if (cJSON_IsRaw(item) && strcmp(item->valuestring, "0") != 0) {
        printf("  %-14s%s\n", label, item->valuestring);
    } else if (cJSON_IsNumber(item) && item->valuedouble != 0.0) {
        pv_number_text(item->valuedouble, number);
        printf("  %-14s%s\n", label, number);
    }
}

static int are_equal(const cJSON *numbers)
{
    const cJSON *number = NULL;
    cJSON_ArrayForEach(number, numbers)
    {
        if (!cJSON_Compare(number, numbers->child, 1)) {
            return 0;
        }
    }
    return 1;
}

/* The bounds of the first elements, or one pair of bounds that holds for all. */
static void print_range(const cJSON *space)
{
    const cJSON *low = cJSON_GetObjectItemCaseSensitive(space, "low");
    const cJSON *high = cJSON_GetObjectItemCaseSensitive(space, "high");
    const int elements = cJSON_GetArraySize(low);
    const int n = elements > 0 && are_equal(low) && are_equal(high) ? 1 : elements;
    for (int i = 0; i < n && i < 8; i++) {
        const cJSON *a = cJSON_GetArrayItem(low, i);
        const cJSON *b = cJSON_GetArrayItem(high, i);
        char low_text[32] = "-inf";
        char high_text[32] = "inf";
        if (cJSON_IsNumber(a)) {
            pv_number_text(a->valuedouble, low_text);
        }
        if (cJSON_IsNumber(b)) {
            pv_number_text(b->valuedouble, high_text);
        }
        printf("%s[%s, %s]", i ? " " : ", in ", low_text, high_text);
    }
    printf(n > 8 ? " ...\n" : "\n");
}

static void print_spaces(const cJSON *object, const char *label, const char *name)
{
    const cJSON *space = NULL;
    cJSON_ArrayForEach(space, cJSON_GetObjectItemCaseSensitive(object, name))
    {
        const cJSON *categories = cJSON_GetObjectItemCaseSensitive(space, "categories");
        printf("  %-14s%s: ", label, pv_json_text(space, "name", ""));
        if (categories) {
            printf("one of %s categories", categories->valuestring);
        } else {
            printf("%s", pv_json_text(space, "dtype", ""));
        }
        const cJSON *size = NULL;
        cJSON_ArrayForEach(size, cJSON_GetObjectItemCaseSensitive(space, "shape"))
        {
            printf(" x %d", size->valueint);
        }
        print_range(space);
    }
}

static void print_params(const cJSON *object)
{
    const cJSON *row = NULL;
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(object, "parameters");
    if (cJSON_GetArraySize(rows) == 0) {
        printf("  no parameters\n");
        return;
    }
    printf("  parameters\n");
    cJSON_ArrayForEach(row, rows)
    {
        const char *value = pv_json_text(row, "value", NULL);
        const char *from = pv_json_text(row, "from", "default");
        printf("    %-14s %-12s %s (%s%s%s)\n", pv_json_text(row, "name", ""),
               value ? value : pv_json_text(row, "default", ""), pv_json_text(row, "help", ""),
               pv_json_text(row, "takes", ""), value ? "; " : "", value ? from : "");
    }
}

static void print_layers(const cJSON *object)
{
    const cJSON *row = NULL;
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(object, "layers");
    if (rows) {
        printf("  net of %.0f parameters\n", pv_json_number(object, "net_parameters", 0.0));
    }
    cJSON_ArrayForEach(row, rows)
    {
        char shape[64] = "";
        const cJSON *size = NULL;
        cJSON_ArrayForEach(size, cJSON_GetObjectItemCaseSensitive(row, "shape"))
        {
            const size_t n = strlen(shape);
            snprintf(shape + n, sizeof shape - n, "%s%d", n ? " x " : "", size->valueint);
        }
        const char *where = pv_json_text(row, "where", "");
        printf("    %-28s %-16s %10.0f parameters%s%s\n", pv_json_text(row, "layer", ""), shape,
               pv_json_number(row, "parameters", 0.0), strcmp(where, "trunk") ? "  " : "",
               strcmp(where, "trunk") ? where : "");
    }
}

static void print_info(const cJSON *json)
{
    printf("%s: %s\n", pv_json_text(json, "name", ""), pv_json_text(json, "summary", ""));
    print_text(json, "source", "source");
    print_text(json, "file", "file");
    print_text(json, "wrappers", "wrap");
    print_spaces(json, "observation", "observations");
    print_spaces(json, "action", "actions");
    print_text(json, "states", "states");
    print_text(json, "step limit", "max_steps");
    print_text(json, "solved at", "solved");
    print_text(json, "world", "world");
    print_text(json, "steps", "steps");
    print_text(json, "episodes", "episodes");
    print_params(json);
    print_layers(json);
}

/* --- what is asked for --- */

static pv_status world_info(const char *text, const pv_arguments *a, cJSON *json, int *failed)
{
    const char *net = pv_option_text(a, "--net");
    pv_world *world = pv_world_open_wrapped(text, pv_option_text(a, "--wrap"));
    if (!world) {
        return pv_last_status();
    }
    put_world(json, world, failed);
    const pv_status status = net ? put_net(json, world, net, failed) : PV_OK;
    pv_world_close(world);
    return status;
}

/* the layers of an agent's network, its heads included */
static pv_status put_agent_net(cJSON *json, const pv_agent_class *agent_class,
                               const pv_world *world, const pv_params *params, int *failed)
{
    if (!agent_class->net) {
        return PV_OK;
    }
    const int rows = (int)pv_world_spec(world)->agents;
    pv_agent *agent = pv_agent_create_from(agent_class, world, params, rows, 1);
    const pv_net *net = agent ? agent_class->net(agent) : NULL; /* a table is none */
    if (net) {
        put_layers(json, net, failed);
    }
    const pv_status status = agent ? PV_OK : pv_last_status();
    pv_agent_destroy(agent);
    return status;
}

static pv_status pair_info(const pv_arguments *a, cJSON *json, int *failed)
{
    const pv_agent_class *agent_class = pv_agent_class_find(pv_argument(a, 0));
    pv_world *world = agent_class ? pv_preset_open(agent_class->name, pv_argument(a, 1),
                                                   pv_option_text(a, "--wrap"))
                                  : NULL;
    if (!world) {
        return pv_last_status();
    }
    pv_params params = {0};
    pv_status status = agent_class->accepts(world);
    status = status ? status : pv_settings_read(a, agent_class, world, &params);
    if (status == PV_OK) {
        const pv_preset *preset = pv_preset_find(agent_class->name, pv_world_class(world)->id);
        put_agent(json, agent_class, &params, failed);
        pv_put_text(json, "world", pv_world_name(world), failed);
        put_wrap(json, world, failed);
        pv_put_number(json, "steps", (double)preset->steps, failed);
        pv_put_number(json, "episodes", (double)preset->episodes, failed);
        pv_put_number(json, "lanes", preset->lanes > 0 ? preset->lanes : 1, failed);
        status = put_agent_net(json, agent_class, world, &params, failed);
    }
    pv_params_free(&params);
    pv_world_close(world);
    return status;
}

/* a name alone may be an agent or a world */
static pv_status name_info(const pv_arguments *a, cJSON *json, int *failed)
{
    const char *name = pv_argument(a, 0);
    for (int i = 0; pv_agent_classes[i]; i++) {
        if (strcmp(pv_agent_classes[i]->name, name) == 0) {
            put_agent(json, pv_agent_classes[i], NULL, failed);
            return PV_OK;
        }
    }
    const pv_status status = world_info(name, a, json, failed);
    if (status && !strstr(pv_last_error(), "did you mean")) {
        char message[512];
        snprintf(message, sizeof message, "%s", pv_last_error());
        pv_agent_class_find(name);
        return strstr(pv_last_error(), "did you mean") ? PV_ERROR_ARGUMENT
                                                       : pv_fail(status, "%s", message);
    }
    return status;
}

static pv_status run_info(const pv_arguments *a)
{
    pv_status status = pv_arguments_check(a);
    if (status) {
        return status;
    }
    int failed = 0;
    cJSON *list = cJSON_CreateArray();
    cJSON *json = list ? pv_put_row(list, &failed) : NULL;
    if (json) {
        status =
            pv_argument_count(a) == 2 ? pair_info(a, json, &failed) : name_info(a, json, &failed);
    }
    if (status == PV_OK && (failed || !json)) {
        status = pv_fail(PV_ERROR_MEMORY, "out of memory for the answer");
    } else if (status == PV_OK && pv_option_text(a, "--json")) {
        status = pv_print_json(list);
    } else if (status == PV_OK) {
        print_info(json);
    }
    cJSON_Delete(list);
    return status;
}

static const pv_option options[] = {
    {"--net", "TEXT", "with ENV: the layers and sizes a network has on it (pavlov list layers)", 0},
    {"--set", "name=value", "with AGENT ENV: as train takes it", 1},
    {"--wrap", "TEXT", "with ENV: what it is behind wrappers (pavlov list wrappers)", 0},
    {"--json", NULL, "one JSON array on standard output", 0},
};

const pv_command pv_command_info = {
    .name = "info",
    .positional = "ENV | AGENT | AGENT ENV",
    .summary = "spaces and parameters, and which values an agent would use in a world",
    .least = 1,
    .most = 2,
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .run = run_info,
};
