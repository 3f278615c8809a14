/* groups.c: the learning curves of many runs, those of the same recipe but for the seed together.
 */
#include "cli/groups.h"

#include "cli/run.h"
#include "core/file.h"
#include "core/memory.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pv_groups_free(pv_groups *groups)
{
    for (int i = 0; i < groups->n; i++) {
        pv_group *group = &groups->group[i];
        for (int k = 0; k < group->n; k++) {
            pv_curve_free(&group->curves[k]);
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

/* --- grouping --- */

/* ", wrap=skip 4 + stack 4", for ", " parts settings; "" without wrappers */
static char *wrap_setting(const pv_world *world)
{
    const char *wrap = pv_world_wrap(world);
    char *text = pv_copy_text(*wrap ? ", wrap=" : "");
    while (text && *wrap) {
        const size_t length = strcspn(wrap, ",");
        char *longer =
            pv_format_text("%s%.*s%s", text, (int)length, wrap, wrap[length] ? " +" : "");
        pv_free(text);
        text = longer;
        wrap += length + (wrap[length] == ',');
    }
    return text;
}

/* every parameter of a run but `against` as "name=value, ..." */
static char *settings_text(const pv_run *run, const char *against)
{
    char *wrap = wrap_setting(run->world);
    char *text = wrap ? pv_format_text("lanes=%d%s", run->lanes, wrap) : NULL;
    pv_free(wrap);
    for (int i = 0; i < run->params.n && text; i++) {
        const char *name = run->params.table[i].name;
        if (against && strcmp(name, against) == 0) {
            continue;
        }
        char *value = pv_params_value_text(&run->params, i);
        char *longer = value ? pv_format_text("%s, %s=%s", text, name, value) : NULL;
        pv_free(value);
        pv_free(text);
        text = longer;
    }
    return text;
}

/* reads the number that a run has for `against`; NaN if there is none to read */
static pv_status read_against(const pv_run *run, const char *against, double *at)
{
    *at = NAN;
    if (!against) {
        return PV_OK;
    }
    const int i = pv_params_find(&run->params, against);
    if (i < 0) {
        return pv_fail(PV_ERROR_ARGUMENT, "%s: agent %s has no parameter \"%s\"", run->dir,
                       run->agent_class->name, against);
    }
    char *text = pv_params_value_text(&run->params, i);
    char *end = text;
    *at = text ? strtod(text, &end) : NAN;
    pv_status status = text ? PV_OK : pv_last_status();
    if (text && (end == text || *end != '\0' || !isfinite(*at))) {
        status = pv_fail(PV_ERROR_ARGUMENT, "%s: %s=%s is no number to plot against", run->dir,
                         against, text);
    }
    pv_free(text);
    return status;
}

static int same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static int is_recipe(const pv_group *group, const char *agent, const char *world,
                     const char *recipe)
{
    return strcmp(group->agent, agent) == 0 && strcmp(group->world, world) == 0 &&
           strcmp(group->recipe, recipe) == 0;
}

int pv_group_continues(const pv_group *a, const pv_group *b)
{
    return is_recipe(a, b->agent, b->world, b->recipe);
}

/* the group of a run, added if need be */
static pv_group *find_group(pv_groups *groups, const pv_run *run, const char *recipe, double at)
{
    const char *agent = run->agent_class->name;
    const char *world = pv_world_name(run->world);
    for (int i = 0; i < groups->n; i++) {
        pv_group *group = &groups->group[i];
        if (same_number(group->at, at) && is_recipe(group, agent, world, recipe)) {
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
    group->agent = pv_copy_text(agent);
    group->world = pv_copy_text(world);
    group->recipe = pv_copy_text(recipe);
    group->settings = pv_copy_text("");
    group->at = at;
    group->solved = pv_world_spec(run->world)->solved;
    group->by_episodes = run->steps == 0;
    groups->n++; /* counted even if a copy failed, so that all is freed */
    return group->agent && group->world && group->recipe && group->settings ? group : NULL;
}

static pv_status add_curve(pv_groups *groups, const pv_run *run, const char *recipe,
                           const pv_reading *reading)
{
    pv_curve curve;
    double at;
    pv_status status = read_against(run, reading->against, &at);
    status = status ? status : pv_curve_read(&curve, run, reading->y ? reading->y : "return");
    if (status) {
        return status;
    }
    pv_group *group = find_group(groups, run, recipe, at);
    pv_curve *grown =
        group ? pv_realloc(group->curves, ((size_t)group->n + 1) * sizeof *grown) : NULL;
    if (!grown) {
        pv_curve_free(&curve);
        return pv_last_status();
    }
    group->curves = grown;
    group->curves[group->n++] = curve;
    return PV_OK;
}

static pv_status add_run(pv_groups *groups, const char *dir, const pv_reading *reading)
{
    pv_run run;
    pv_status status = pv_run_open(&run, dir);
    if (status) {
        return status;
    }
    char *recipe = settings_text(&run, reading->against);
    status = recipe ? add_curve(groups, &run, recipe, reading) : pv_last_status();
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

static int find_family(const pv_groups *groups, int i)
{
    int family = 0;
    while (family < i && !is_kin(&groups->group[family], &groups->group[i])) {
        family++;
    }
    return family;
}

/* orders "alpha=0.05, n=2" before "alpha=0.1, n=1": numbers by their value */
static int compare_settings(const char *x, const char *y)
{
    while (*x && *y) {
        char *end_x = NULL;
        char *end_y = NULL;
        const double m = isdigit((unsigned char)*x) ? strtod(x, &end_x) : 0.0;
        const double n = isdigit((unsigned char)*y) ? strtod(y, &end_y) : 0.0;
        if (m != n || *x != *y) {
            return end_x && end_y ? (m < n ? -1 : 1) : (unsigned char)*x - (unsigned char)*y;
        }
        x = end_x ? end_x : x + 1;
        y = end_y ? end_y : y + 1;
    }
    return *x ? 1 : *y ? -1 : 0;
}

static int compare_groups(const void *a, const void *b)
{
    const pv_group *x = a;
    const pv_group *y = b;
    return x->family != y->family ? x->family - y->family
                                  : compare_settings(x->settings, y->settings);
}

pv_status pv_groups_read(pv_groups *groups, const pv_reading *reading, const char *const *paths,
                         int n)
{
    memset(groups, 0, sizeof *groups);
    pv_status status = PV_OK;
    for (int i = 0; i < n && status == PV_OK; i++) {
        char **dirs = NULL;
        int n_dirs = 0;
        status = pv_run_find(paths[i], &dirs, &n_dirs);
        for (int k = 0; k < n_dirs && status == PV_OK; k++) {
            status = add_run(groups, dirs[k], reading);
        }
        pv_dir_list_free(dirs, n_dirs);
    }
    for (int i = 0; i < groups->n && status == PV_OK; i++) {
        status = find_settings(groups, &groups->group[i]);
        groups->group[i].family = find_family(groups, i);
    }
    if (groups->n > 1) {
        qsort(groups->group, (size_t)groups->n, sizeof *groups->group, compare_groups);
    }
    if (status) {
        pv_groups_free(groups);
    }
    return status;
}
