/* list.c: `pavlov list`: which worlds, agents, wrappers and layers of networks there are.
 */
#include "cli/commands.h"
#include "cli/output.h"

#include "agents/agent.h"
#include "envs/host/wrap.h"
#include "nets/net.h"

#include <stdio.h>
#include <string.h>

/* one kind of thing that can be listed */
typedef struct kind {
    const char *name;
    pv_status (*list)(cJSON *rows); /* adds {"name", "summary", ...} */
} kind;

static pv_status memory_status(int failed)
{
    return failed ? pv_fail(PV_ERROR_MEMORY, "out of memory for the list") : PV_OK;
}

static pv_status list_envs(cJSON *rows)
{
    pv_world_entry *entries = NULL;
    int n = 0;
    int failed = 0;
    const pv_status status = pv_world_list(&entries, &n);
    for (int i = 0; i < n && !failed; i++) {
        cJSON *row = pv_put_row(rows, &failed);
        pv_put_text(row, "kind", "env", &failed);
        pv_put_text(row, "name", entries[i].env_class->id, &failed);
        pv_put_text(row, "summary", entries[i].env_class->summary, &failed);
        pv_put_text(row, "version", entries[i].env_class->version, &failed);
        pv_put_text(row, "file", entries[i].file, &failed);
    }
    pv_world_list_free(entries, n);
    return status ? status : memory_status(failed);
}

static pv_status list_agents(cJSON *rows)
{
    int failed = 0;
    for (int i = 0; pv_agent_classes[i] && !failed; i++) {
        cJSON *row = pv_put_row(rows, &failed);
        pv_put_text(row, "kind", "agent", &failed);
        pv_put_text(row, "name", pv_agent_classes[i]->name, &failed);
        pv_put_text(row, "summary", pv_agent_classes[i]->summary, &failed);
        pv_put_text(row, "source", pv_agent_classes[i]->source, &failed);
    }
    return memory_status(failed);
}

static pv_status list_layers(cJSON *rows)
{
    int failed = 0;
    const pv_layer_info *layer = NULL;
    for (int i = 0; (layer = pv_layer_info_at(i)) != NULL && !failed; i++) {
        cJSON *row = pv_put_row(rows, &failed);
        pv_put_text(row, "kind", "layer", &failed);
        pv_put_text(row, "name", layer->usage, &failed);
        pv_put_text(row, "layer", layer->name, &failed);
        pv_put_text(row, "summary", layer->summary, &failed);
    }
    return memory_status(failed);
}

static pv_status list_wrappers(cJSON *rows)
{
    int failed = 0;
    const pv_wrap_class *wrap = NULL;
    const pv_wrap_preset *preset = NULL;
    for (int i = 0; (wrap = pv_wrap_class_at(i)) != NULL && !failed; i++) {
        cJSON *row = pv_put_row(rows, &failed);
        pv_put_text(row, "kind", "wrapper", &failed);
        pv_put_text(row, "name", wrap->usage, &failed);
        pv_put_text(row, "wrapper", wrap->name, &failed);
        pv_put_text(row, "summary", wrap->help, &failed);
    }
    for (int i = 0; (preset = pv_wrap_preset_at(i)) != NULL && !failed; i++) {
        cJSON *row = pv_put_row(rows, &failed);
        pv_put_text(row, "kind", "wrapper", &failed);
        pv_put_text(row, "name", preset->name, &failed);
        pv_put_text(row, "wrapper", preset->name, &failed);
        pv_put_text(row, "stands_for", preset->text, &failed);
        pv_put_text(row, "summary", preset->help, &failed);
    }
    return memory_status(failed);
}

static const kind kinds[] = {{"envs", list_envs},
                             {"agents", list_agents},
                             {"wrappers", list_wrappers},
                             {"layers", list_layers}};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void print_rows(const cJSON *rows, const char *title)
{
    const cJSON *row = NULL;
    printf("%s\n", title);
    cJSON_ArrayForEach(row, rows)
    {
        const char *file = pv_json_text(row, "file", NULL);
        file = file ? file : pv_json_text(row, "stands_for", NULL);
        printf("  %-24s %s%s%s%s\n", pv_json_text(row, "name", ""),
               pv_json_text(row, "summary", ""), file ? " (" : "", file ? file : "",
               file ? ")" : "");
    }
}

static pv_status list_kind(const kind *k, cJSON *all, int print)
{
    cJSON *rows = print ? cJSON_CreateArray() : all;
    const pv_status status = rows ? k->list(rows) : memory_status(1);
    if (print && status == PV_OK) {
        print_rows(rows, k->name);
    }
    if (print) {
        cJSON_Delete(rows);
    }
    return status;
}

static pv_status check_kind(const char *name)
{
    const char *names[KINDS];
    for (int i = 0; i < KINDS; i++) {
        names[i] = kinds[i].name;
        if (!name || strcmp(name, names[i]) == 0) {
            return PV_OK;
        }
    }
    const char *near = pv_near_name(name, names, KINDS);
    return pv_fail(PV_ERROR_ARGUMENT, "cannot list \"%s\"; %s%s%s", name,
                   near ? "did you mean \"" : "it lists envs, agents, wrappers or layers",
                   near ? near : "", near ? "\"?" : "");
}

static pv_status run_list(const pv_arguments *a)
{
    const char *name = pv_argument(a, 0);
    const int print = pv_option_text(a, "--json") == NULL;
    pv_status status = pv_arguments_check(a);
    status = status ? status : check_kind(name);
    cJSON *all = cJSON_CreateArray();
    for (int i = 0; i < KINDS && status == PV_OK; i++) {
        if (!name || strcmp(name, kinds[i].name) == 0) {
            status = list_kind(&kinds[i], all, print);
        }
    }
    if (status == PV_OK && !print) {
        status = pv_print_json(all);
    }
    cJSON_Delete(all);
    return status;
}

static const pv_option options[] = {
    {"--json", NULL, "one JSON array on standard output", 0},
};

const pv_command pv_command_list = {
    .name = "list",
    .positional = "[envs|agents|wrappers|layers]",
    .summary = "which worlds, agents, wrappers and layers of networks there are",
    .least = 0,
    .most = 1,
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .run = run_list,
};
