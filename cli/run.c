/* run.c: the run folder. run.json holds the recipe with every value resolved, so that a run can be
   gone on with, repeated and compared without the command that began it. */
#include "cli/run.h"

#include "cli/output.h"
#include "core/file.h"
#include "core/json.h"
#include "core/memory.h"
#include "envs/host/instance.h"
#include "pavlov/pavlov.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#ifndef PV_COMMIT
#define PV_COMMIT "unknown"
#endif

enum { FORMAT = 1 };

void pv_run_init(pv_run *run)
{
    memset(run, 0, sizeof *run);
    run->seed = 1;
    run->lanes = 1;
    run->stop_at = NAN;
    run->eval_episodes = 10;
    run->max_length = 10000;
    run->checkpoint_every = 60.0;
    run->threads = 1;
}

void pv_run_free(pv_run *run)
{
    pv_world_close(run->world);
    pv_params_free(&run->params);
    pv_free(run->dir);
    pv_free(run->started);
    pv_free(run->finished);
    pv_free(run->status);
    pv_free(run->events);
    memset(run, 0, sizeof *run);
}

pv_status pv_run_set(char **text, const char *value)
{
    char *copy = pv_copy_text(value);
    if (!copy) {
        return pv_last_status();
    }
    pv_free(*text);
    *text = copy;
    return PV_OK;
}

char *pv_run_path(const pv_run *run, const char *name)
{
    return pv_path_join(run->dir, name);
}

void pv_time_text(char *text)
{
    const time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

double pv_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* --- writing run.json --- */

static int add_params(cJSON *json, const char *name, const pv_params *params)
{
    cJSON *object = cJSON_AddObjectToObject(json, name);
    for (int i = 0; object && i < params->n; i++) {
        char *text = pv_params_value_text(params, i);
        if (!text || !cJSON_AddStringToObject(object, params->table[i].name, text)) {
            object = NULL;
        }
        pv_free(text);
    }
    return object ? 0 : -1;
}

static int add_machine(cJSON *json)
{
    struct utsname name;
    char text[256] = "unknown";
    if (uname(&name) == 0) {
        snprintf(text, sizeof text, "%.60s %.60s %.60s", name.sysname, name.release, name.machine);
    }
    return cJSON_AddStringToObject(json, "machine", text) ? 0 : -1;
}

static int add_recipe(cJSON *json, const pv_run *run)
{
    int failed = !cJSON_AddNumberToObject(json, "format", FORMAT);
    failed |= !cJSON_AddStringToObject(json, "agent", run->agent_class->name);
    failed |= !cJSON_AddStringToObject(json, "world", pv_world_name(run->world));
    failed |= !cJSON_AddStringToObject(json, "wrap", pv_world_wrap(run->world));
    failed |= add_params(json, "parameters", &run->params);
    failed |= add_params(json, "world_parameters", &run->world->params);
    failed |= pv_json_add_u64(json, "seed", run->seed);
    failed |= pv_json_add_number(json, "lanes", run->lanes);
    failed |= pv_json_add_number(json, "workers", 1);
    failed |= pv_json_add_u64(json, "steps", run->steps);
    failed |= pv_json_add_u64(json, "episodes", run->episodes);
    failed |= pv_json_add_number(json, "stop_at", run->stop_at);
    failed |= pv_json_add_u64(json, "eval_every", run->eval_every);
    failed |= pv_json_add_number(json, "eval_episodes", run->eval_episodes);
    failed |= pv_json_add_u64(json, "max_length", run->max_length);
    failed |= pv_json_add_u64(json, "metrics_every", run->metrics_every);
    failed |= pv_json_add_number(json, "checkpoint_every", run->checkpoint_every);
    failed |= pv_json_add_number(json, "lean", run->lean);
    return failed;
}

pv_status pv_run_write(const pv_run *run)
{
    cJSON *json = cJSON_CreateObject();
    int failed = !json || add_recipe(json, run);
    failed = failed || !cJSON_AddStringToObject(json, "version", PV_VERSION) ||
             !cJSON_AddStringToObject(json, "commit", PV_COMMIT) || add_machine(json) ||
             !cJSON_AddStringToObject(json, "started", run->started ? run->started : "") ||
             !cJSON_AddStringToObject(json, "finished", run->finished ? run->finished : "") ||
             pv_json_add_number(json, "seconds", run->seconds) ||
             !cJSON_AddStringToObject(json, "status", run->status ? run->status : "") ||
             !cJSON_AddStringToObject(json, "events", run->events ? run->events : "");
    char *path = pv_run_path(run, "run.json");
    pv_status status = failed || !path ? pv_fail(PV_ERROR_MEMORY, "out of memory for run.json")
                       : run->lean     ? pv_json_write_unsynced(path, json)
                                       : pv_json_write(path, json);
    pv_free(path);
    cJSON_Delete(json);
    return status;
}

pv_status pv_run_print(const pv_run *run)
{
    cJSON *json = cJSON_CreateObject();
    const pv_status status = !json || add_recipe(json, run)
                                 ? pv_fail(PV_ERROR_MEMORY, "out of memory for the recipe")
                                 : pv_print_json(json);
    cJSON_Delete(json);
    return status;
}

/* --- files that parameters name --- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

pv_status pv_run_copy_files(const pv_run *run, const char *dir)
{
    const pv_params *params = &run->world->params;
    pv_status status = PV_OK;
    for (int i = 0; i < params->n && status == PV_OK; i++) {
        const char *text = params->table[i].text ? params->value[i].text : NULL;
        if (text && pv_file_exists(text)) {
            char *copy = pv_path_join(dir, base_name(text));
            status = copy ? pv_file_copy(text, copy) : pv_last_status();
            pv_free(copy);
        }
    }
    return status;
}

/* Returns 1 if a parameter's value was a file that create copied into the folder. */
static int was_copied(const pv_run *run, const char *value)
{
    if (*value == '\0' || strchr(value, '\n') || *base_name(value) == '\0') {
        return 0;
    }
    char *copy = pv_run_path(run, base_name(value));
    const int copied = copy && pv_file_exists(copy);
    pv_free(copy);
    return copied;
}

/* Returns the world's text with every parameter written out, copied files by their place in the
 * folder. */
static char *world_text(const pv_run *run, const char *name, const cJSON *values)
{
    const char *hash = strchr(name, '#');
    const char *colon = strchr(hash ? hash : name, ':');
    char *text = pv_copy_text(name);
    const cJSON *item = NULL;
    char separator = ':';
    if (text && colon) {
        text[colon - name] = '\0';
    }
    cJSON_ArrayForEach(item, values)
    {
        const char *value = cJSON_IsString(item) ? item->valuestring : "";
        const int copied = was_copied(run, value);
        char *longer = text ? pv_format_text("%s%c%s=\"%s%s%s\"", text, separator, item->string,
                                             copied ? run->dir : "", copied ? "/" : "",
                                             copied ? base_name(value) : value)
                            : NULL;
        pv_free(text);
        text = longer;
        separator = ',';
    }
    return text;
}

static pv_status open_world(pv_run *run, const char *name, const cJSON *json)
{
    char *text = world_text(run, name, cJSON_GetObjectItemCaseSensitive(json, "world_parameters"));
    run->world = text ? pv_world_open_wrapped(text, pv_json_text(json, "wrap", "")) : NULL;
    pv_free(text);
    return run->world ? PV_OK : pv_last_status();
}

/* --- making and opening --- */

static pv_status claim_dir(const char *dir, int force)
{
    char **names = NULL;
    int n = 0;
    if (pv_file_exists(dir)) {
        return pv_fail(PV_ERROR_EXISTS, "%s is a file; a run needs a folder (--out DIR)", dir);
    }
    if (!pv_dir_exists(dir)) {
        return pv_dir_create(dir);
    }
    pv_status status = pv_dir_list(dir, &names, &n);
    pv_dir_list_free(names, n);
    if (status || n == 0) {
        return status;
    }
    if (!force) {
        return pv_fail(PV_ERROR_EXISTS,
                       "%s exists already; go on with \"pavlov resume %s\", replace it with "
                       "--force, or choose another folder with --out",
                       dir, dir);
    }
    char *recipe = pv_path_join(dir, "run.json");
    const int is_run = recipe && pv_file_exists(recipe);
    pv_free(recipe);
    if (!is_run) {
        return pv_fail(PV_ERROR_EXISTS,
                       "%s is not a run folder (it has no run.json), so --force does not empty it",
                       dir);
    }
    status = pv_path_remove(dir);
    return status ? status : pv_dir_create(dir);
}

pv_status pv_run_create(pv_run *run, const char *dir, int force)
{
    char now[32];
    pv_time_text(now);
    pv_status status = pv_run_set(&run->dir, dir);
    status = status ? status : claim_dir(dir, force);
    status = status ? status : pv_run_copy_files(run, run->dir);
    status = status ? status : pv_run_set(&run->started, now);
    status = status ? status : pv_run_set(&run->status, "running");
    if (status == PV_OK) {
        char name[64];
        snprintf(name, sizeof name, "events.out.tfevents.%lld.pavlov", (long long)time(NULL));
        status = pv_run_set(&run->events, name);
    }
    return status ? status : pv_run_write(run);
}

static pv_status read_params(pv_run *run, const cJSON *json)
{
    pv_status status = pv_agent_params(&run->params, run->agent_class, run->world);
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, "parameters"))
    {
        if (status == PV_OK) {
            status =
                cJSON_IsString(item)
                    ? pv_params_set(&run->params, item->string, item->valuestring, PV_SOURCE_USER)
                    : pv_fail(PV_ERROR_FORMAT, "parameter \"%s\" is not a text", item->string);
        }
    }
    return status;
}

static pv_status read_recipe(pv_run *run, const cJSON *json)
{
    const double format = pv_json_number(json, "format", 0);
    if (format != FORMAT) {
        return pv_fail(PV_ERROR_VERSION, "format %g is not known to this program (it reads %d)",
                       format, FORMAT);
    }
    const char *agent = pv_json_text(json, "agent", NULL);
    const char *world = pv_json_text(json, "world", NULL);
    if (!agent || !world) {
        return pv_fail(PV_ERROR_FORMAT, "names no %s", agent ? "world" : "agent");
    }
    run->agent_class = pv_agent_class_find(agent);
    if (!run->agent_class) {
        return pv_last_status();
    }
    pv_status status = open_world(run, world, json);
    status = status ? status : read_params(run, json);
    run->seed = pv_json_u64(json, "seed", 1);
    run->lanes = (int)pv_json_number(json, "lanes", 1);
    run->steps = pv_json_u64(json, "steps", 0);
    run->episodes = pv_json_u64(json, "episodes", 0);
    run->stop_at = pv_json_number(json, "stop_at", NAN);
    run->eval_every = pv_json_u64(json, "eval_every", 0);
    run->eval_episodes = (int)pv_json_number(json, "eval_episodes", 10);
    run->max_length = pv_json_u64(json, "max_length", 10000);
    run->metrics_every = pv_json_u64(json, "metrics_every", 0);
    run->checkpoint_every = pv_json_number(json, "checkpoint_every", 60.0);
    run->lean = pv_json_number(json, "lean", 0.0) != 0.0;
    run->seconds = pv_json_number(json, "seconds", 0.0);
    status = status ? status : pv_run_set(&run->started, pv_json_text(json, "started", ""));
    status = status ? status : pv_run_set(&run->finished, pv_json_text(json, "finished", ""));
    status = status ? status : pv_run_set(&run->status, pv_json_text(json, "status", ""));
    status = status ? status : pv_run_set(&run->events, pv_json_text(json, "events", ""));
    if (status == PV_OK && (run->lanes < 1 || run->lanes > 1000000 || run->eval_episodes < 1)) {
        status = pv_fail(PV_ERROR_FORMAT, "holds numbers that cannot be");
    }
    return status;
}

pv_status pv_run_open(pv_run *run, const char *dir)
{
    pv_run_init(run);
    pv_status status = pv_run_set(&run->dir, dir);
    char *path = status ? NULL : pv_run_path(run, "run.json");
    if (!path) {
        return pv_last_status();
    }
    if (!pv_file_exists(path)) {
        status = pv_fail(PV_ERROR_FILE, "%s is not a run folder (it has no run.json)", dir);
    } else {
        cJSON *json = pv_json_read(path);
        status = json ? PV_OK : pv_last_status();
        if (json && read_recipe(run, json)) {
            status = pv_fail_in("%s", path);
        }
        cJSON_Delete(json);
    }
    pv_free(path);
    if (status) {
        pv_run_free(run);
    }
    return status;
}

int pv_run_is_kept(const pv_run *run)
{
    char *path = pv_run_path(run, "curve.csv");
    const int kept = path && pv_file_exists(path);
    pv_free(path);
    return kept;
}

static const char *why_missing(const pv_run *run, const char *checkpoint)
{
    return pv_run_is_kept(run) ? "; the run was kept without its agent"
           : run->lean         ? "; it was trained with --lean, which keeps none"
           : strcmp(checkpoint, "best.safetensors") == 0
               ? "; it is kept when training with --eval-every N"
               : " yet";
}

pv_agent *pv_run_agent(const pv_run *run, const char *checkpoint)
{
    const int rows = run->lanes * (int)pv_world_spec(run->world)->agents;
    pv_agent *agent =
        pv_agent_create_from(run->agent_class, run->world, &run->params, rows, run->seed);
    if (agent && checkpoint) {
        char *path = pv_run_path(run, checkpoint);
        pv_status status = path ? PV_OK : pv_last_status();
        if (path && !pv_file_exists(path)) {
            status = pv_fail(PV_ERROR_FILE, "%s has no %s%s", run->dir, checkpoint,
                             why_missing(run, checkpoint));
        }
        status = status ? status : pv_agent_load(agent, path);
        pv_free(path);
        if (status) {
            pv_agent_destroy(agent);
            return NULL;
        }
    }
    return agent;
}

/* --- finding --- */

typedef struct found {
    char **dirs;
    int n;
} found;

static pv_status add_found(found *list, const char *dir)
{
    char **dirs = pv_realloc(list->dirs, ((size_t)list->n + 1) * sizeof *dirs);
    char *copy = dirs ? pv_copy_text(dir) : NULL;
    list->dirs = dirs ? dirs : list->dirs;
    if (!copy) {
        return pv_last_status();
    }
    list->dirs[list->n++] = copy;
    return PV_OK;
}

/* orders "seed-2" before "seed-10" */
static int compare_names(const void *a, const void *b)
{
    const char *x = *(char *const *)a;
    const char *y = *(char *const *)b;
    while (*x && *y) {
        if (isdigit((unsigned char)*x) && isdigit((unsigned char)*y)) {
            char *end_x = NULL;
            char *end_y = NULL;
            const unsigned long long m = strtoull(x, &end_x, 10);
            const unsigned long long n = strtoull(y, &end_y, 10);
            if (m != n) {
                return m < n ? -1 : 1;
            }
            x = end_x;
            y = end_y;
        } else if (*x != *y) {
            return (unsigned char)*x < (unsigned char)*y ? -1 : 1;
        } else {
            x++;
            y++;
        }
    }
    return *x ? 1 : *y ? -1 : 0;
}

static pv_status search_dir(found *list, const char *dir, int depth)
{
    char *recipe = pv_path_join(dir, "run.json");
    const int is_run = recipe && pv_file_exists(recipe);
    pv_free(recipe);
    if (is_run || depth == 0) {
        return is_run ? add_found(list, dir) : PV_OK;
    }
    char **names = NULL;
    int n = 0;
    pv_status status = pv_dir_list(dir, &names, &n);
    for (int i = 0; i < n && status == PV_OK; i++) {
        char *below = pv_path_join(dir, names[i]);
        if (below && pv_dir_exists(below)) {
            status = search_dir(list, below, depth - 1);
        }
        pv_free(below);
    }
    pv_dir_list_free(names, n);
    return status;
}

pv_status pv_run_find(const char *path, char ***dirs, int *n)
{
    found list = {NULL, 0};
    pv_status status = PV_OK;
    if (!pv_dir_exists(path)) {
        status = pv_fail(PV_ERROR_FILE, "there is no run folder %s", path);
    } else {
        status = search_dir(&list, path, 6);
    }
    if (status == PV_OK && list.n == 0) {
        status = pv_fail(PV_ERROR_FILE, "%s holds no run (no run.json in it or below)", path);
    }
    if (status) {
        pv_dir_list_free(list.dirs, list.n);
        return status;
    }
    qsort(list.dirs, (size_t)list.n, sizeof *list.dirs, compare_names);
    *dirs = list.dirs;
    *n = list.n;
    return PV_OK;
}
