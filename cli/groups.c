/* groups.c: the learning curves of many runs, those of the same recipe but for the seed together.
 */
#include "cli/groups.h"

#include "cli/run.h"
#include "core/csv.h"
#include "core/file.h"
#include "core/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void free_curve(pv_curve *curve)
{
    pv_free(curve->dir);
    pv_free(curve->step);
    pv_free(curve->episode_return);
}

void pv_groups_free(pv_groups *groups)
{
    for (int i = 0; i < groups->n; i++) {
        pv_group *group = &groups->group[i];
        for (int k = 0; k < group->n; k++) {
            free_curve(&group->curves[k]);
        }
        pv_free(group->curves);
        pv_free(group->agent);
        pv_free(group->world);
        pv_free(group->settings);
        pv_free(group->recipe);
    }
    pv_free(groups->group);
    memset(groups, 0, sizeof *groups);
}

/* --- reading --- */

/* keeps the rows of agent 0 */
static pv_status fill_curve(pv_curve *curve, const pv_csv *csv)
{
    const char *const names[3] = {"step", "agent", "return"};
    double *column[3] = {NULL, NULL, NULL};
    pv_status status = PV_OK;
    for (int i = 0; i < 3 && status == PV_OK; i++) {
        const int at = pv_csv_column(csv, names[i]);
        column[i] = pv_alloc_array(csv->rows, sizeof(double));
        status = at < 0       ? pv_fail(PV_ERROR_FORMAT, "there is no column \"%s\"", names[i])
                 : !column[i] ? pv_last_status()
                              : pv_csv_numbers(csv, at, column[i]);
    }
    if (status == PV_OK) {
        for (size_t row = 0; row < csv->rows; row++) {
            if (column[1][row] == 0.0) {
                column[0][curve->n] = column[0][row];
                column[2][curve->n++] = column[2][row];
            }
        }
        curve->step = column[0];
        curve->episode_return = column[2];
        column[0] = column[2] = NULL;
    }
    for (int i = 0; i < 3; i++) {
        pv_free(column[i]);
    }
    return status;
}

static pv_status read_curve(pv_curve *curve, const pv_run *run)
{
    memset(curve, 0, sizeof *curve);
    char *path = pv_run_path(run, "episodes.csv");
    pv_csv csv;
    pv_status status = path ? PV_OK : pv_last_status();
    if (status == PV_OK && pv_file_exists(path)) {
        status = pv_csv_read(&csv, path);
        if (status == PV_OK) {
            status = fill_curve(curve, &csv) ? pv_fail_in("%s", path) : PV_OK;
            pv_csv_free(&csv);
        }
    }
    curve->dir = status ? NULL : pv_copy_text(run->dir);
    curve->seconds = run->seconds;
    pv_free(path);
    if (!curve->dir) {
        free_curve(curve);
        return pv_last_status();
    }
    return PV_OK;
}

/* every parameter of a run as "name=value, ...", only those where `differs` says so if it is given
 */
static char *settings_text(const pv_run *run)
{
    char *text = pv_format_text("lanes=%d", run->lanes);
    for (int i = 0; i < run->params.n && text; i++) {
        char *value = pv_params_value_text(&run->params, i);
        char *longer =
            value ? pv_format_text("%s, %s=%s", text, run->params.table[i].name, value) : NULL;
        pv_free(value);
        pv_free(text);
        text = longer;
    }
    return text;
}

static pv_group *find_group(pv_groups *groups, const pv_run *run, const char *recipe)
{
    for (int i = 0; i < groups->n; i++) {
        pv_group *group = &groups->group[i];
        if (strcmp(group->agent, run->agent_class->name) == 0 &&
            strcmp(group->world, pv_world_name(run->world)) == 0 &&
            strcmp(group->recipe, recipe) == 0) {
            return group;
        }
    }
    pv_group *grown = pv_realloc(groups->group, ((size_t)groups->n + 1) * sizeof *grown);
    if (!grown) {
        return NULL;
    }
    groups->group = grown;
    pv_group *group = &groups->group[groups->n];
    memset(group, 0, sizeof *group);
    group->agent = pv_copy_text(run->agent_class->name);
    group->world = pv_copy_text(pv_world_name(run->world));
    group->recipe = pv_copy_text(recipe);
    group->settings = pv_copy_text("");
    group->solved = pv_world_spec(run->world)->solved;
    group->by_episodes = run->steps == 0;
    groups->n++; /* counted even if a copy failed, so that all is freed */
    return group->agent && group->world && group->recipe && group->settings ? group : NULL;
}

static pv_status add_run(pv_groups *groups, const char *dir)
{
    pv_run run;
    pv_curve curve;
    pv_status status = pv_run_open(&run, dir);
    if (status) {
        return status;
    }
    char *recipe = settings_text(&run);
    status = recipe ? read_curve(&curve, &run) : pv_last_status();
    if (status == PV_OK) {
        pv_group *group = find_group(groups, &run, recipe);
        pv_curve *grown =
            group ? pv_realloc(group->curves, ((size_t)group->n + 1) * sizeof *grown) : NULL;
        if (grown) {
            group->curves = grown;
            group->curves[group->n++] = curve;
        } else {
            free_curve(&curve);
            status = pv_last_status();
        }
    }
    pv_free(recipe);
    pv_run_free(&run);
    return status;
}

/* --- what tells groups of one agent and world apart --- */

static int has_setting(const char *recipe, const char *setting, size_t length)
{
    for (const char *at = recipe; at; at = strstr(at, ", ") ? strstr(at, ", ") + 2 : NULL) {
        if (strncmp(at, setting, length) == 0 && (at[length] == ',' || at[length] == '\0')) {
            return 1;
        }
    }
    return 0;
}

static int is_kin(const pv_group *a, const pv_group *b)
{
    return a != b && strcmp(a->agent, b->agent) == 0 && strcmp(a->world, b->world) == 0;
}

/* keeps of the recipe what some kin does not share */
static pv_status find_settings(const pv_groups *groups, pv_group *group)
{
    const char *at = group->recipe;
    while (*at) {
        const char *end = strstr(at, ", ");
        const size_t length = end ? (size_t)(end - at) : strlen(at);
        int shared = 1;
        for (int i = 0; i < groups->n; i++) {
            shared &= !is_kin(group, &groups->group[i]) ||
                      has_setting(groups->group[i].recipe, at, length);
        }
        if (!shared) {
            char *longer = pv_format_text("%s%s%.*s", group->settings, *group->settings ? ", " : "",
                                          (int)length, at);
            if (!longer) {
                return pv_last_status();
            }
            pv_free(group->settings);
            group->settings = longer;
        }
        at += length + (end ? 2 : 0);
    }
    return PV_OK;
}

pv_status pv_groups_read(pv_groups *groups, const char *const *paths, int n)
{
    memset(groups, 0, sizeof *groups);
    pv_status status = PV_OK;
    for (int i = 0; i < n && status == PV_OK; i++) {
        char **dirs = NULL;
        int n_dirs = 0;
        status = pv_run_find(paths[i], &dirs, &n_dirs);
        for (int k = 0; k < n_dirs && status == PV_OK; k++) {
            status = add_run(groups, dirs[k]);
        }
        pv_dir_list_free(dirs, n_dirs);
    }
    for (int i = 0; i < groups->n && status == PV_OK; i++) {
        status = find_settings(groups, &groups->group[i]);
    }
    if (status) {
        pv_groups_free(groups);
    }
    return status;
}

/* --- what is said of a curve --- */

double pv_curve_final(const pv_curve *curve, size_t window)
{
    const size_t n = curve->n < window ? curve->n : window;
    double sum = 0.0;
    for (size_t i = curve->n - n; i < curve->n; i++) {
        sum += curve->episode_return[i];
    }
    return n ? sum / (double)n : NAN;
}

double pv_curve_area(const pv_curve *curve)
{
    double area = 0.0;
    double before = 0.0;
    for (size_t i = 0; i < curve->n; i++) {
        area += curve->episode_return[i] * (curve->step[i] - before);
        before = curve->step[i];
    }
    return before > 0.0 ? area / before : NAN;
}

double pv_curve_reached(const pv_curve *curve, double threshold)
{
    enum { WINDOW = 100 };
    double sum = 0.0;
    for (size_t i = 0; i < curve->n; i++) {
        sum += curve->episode_return[i];
        sum -= i >= WINDOW ? curve->episode_return[i - WINDOW] : 0.0;
        if (i + 1 >= WINDOW && sum / WINDOW >= threshold) {
            return curve->step[i];
        }
    }
    return NAN;
}
