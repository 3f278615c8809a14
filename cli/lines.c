/* lines.c: the lines of a figure. Whatever x is, a line ends up as rows of numbers: x, mean, low,
   high, and, over time, a row for each run. */
#include "cli/lines.h"

#include "core/memory.h"
#include "core/stats.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS = 200, RESAMPLES = 400 };
enum { X, MEAN, LOW, HIGH, MEMBERS }; /* rows of numbers */

static double *row_of(const pv_plot_series *s, int row)
{
    /* the numbers are one block that begins with x */
    return (double *)(uintptr_t)s->x + (size_t)row * s->points;
}

void pv_lines_free(pv_lines *lines)
{
    for (int i = 0; lines->series && i < lines->n; i++) {
        pv_free((void *)(uintptr_t)lines->series[i].label);
        pv_free((void *)(uintptr_t)lines->series[i].x);
    }
    pv_free(lines->series);
    memset(lines, 0, sizeof *lines);
}

/* takes memory for one more line; `rows` after the first four are members */
static pv_plot_series *add_line(pv_lines *lines, size_t points, int members)
{
    pv_plot_series *grown = pv_realloc(lines->series, ((size_t)lines->n + 1) * sizeof *grown);
    if (!grown) {
        return NULL;
    }
    lines->series = grown;
    pv_plot_series *s = &lines->series[lines->n++];
    memset(s, 0, sizeof *s);
    s->points = points;
    s->x = pv_alloc_array((size_t)(MEMBERS + members) * points, sizeof(double));
    if (!s->x) {
        return NULL;
    }
    s->y = row_of(s, MEAN);
    return s;
}

/* --- what a line is called --- */

int pv_groups_same_world(const pv_groups *groups)
{
    for (int i = 1; i < groups->n; i++) {
        if (strcmp(groups->group[i].world, groups->group[0].world) != 0) {
            return 0;
        }
    }
    return 1;
}

static int same_agent(const pv_groups *groups)
{
    for (int i = 1; i < groups->n; i++) {
        if (strcmp(groups->group[i].agent, groups->group[0].agent) != 0) {
            return 0;
        }
    }
    return 1;
}

/* no more than what tells it from the other lines */
static char *make_label(const pv_groups *groups, const pv_group *group)
{
    const int worlds = !pv_groups_same_world(groups);
    const int settings = *group->settings != '\0';
    if (settings && !worlds && same_agent(groups)) {
        return pv_copy_text(group->settings);
    }
    return pv_format_text("%s%s%s%s%s%s", group->agent, worlds ? ", " : "",
                          worlds ? group->world : "", settings ? " (" : "", group->settings,
                          settings ? ")" : "");
}

/* --- mean and interval --- */

static double scaled(const pv_lines_config *config, double y)
{
    return isnan(config->low) ? y : 100.0 * (y - config->low) / (config->high - config->low);
}

/* writes point i: mean and interval of values[n], of which NaN do not count */
static pv_status summarise(pv_plot_series *s, size_t i, double *values, size_t n)
{
    size_t known = 0;
    for (size_t k = 0; k < n; k++) {
        if (!isnan(values[k])) {
            values[known++] = values[k];
        }
    }
    row_of(s, MEAN)[i] = pv_mean(values, known);
    row_of(s, LOW)[i] = row_of(s, HIGH)[i] = NAN;
    if (known > 1) {
        s->low = row_of(s, LOW);
        s->high = row_of(s, HIGH);
        if (pv_bootstrap(values, known, pv_mean_sorted, RESAMPLES, 0.95, 1, &row_of(s, LOW)[i],
                         &row_of(s, HIGH)[i])) {
            return pv_last_status();
        }
    }
    return PV_OK;
}

/* --- over time --- */

static double end_of(const pv_curve *curve, int by_episodes)
{
    return by_episodes ? curve->episodes : curve->steps;
}

/* the mean of a curve's last `window` episodes or rows at every x; NaN before the first and after
 * its end */
static void sample_curve(const pv_curve *curve, const pv_plot_series *s,
                         const pv_lines_config *config, double *y)
{
    const double *at = config->by_episodes ? curve->episode : curve->step;
    const double end = end_of(curve, config->by_episodes);
    size_t counted = 0;
    size_t dropped = 0;
    double weight = 0.0;
    double sum = 0.0;
    for (size_t i = 0; i < s->points; i++) {
        for (; counted < curve->n && at[counted] <= s->x[i]; counted++) {
            sum += curve->value[counted] * curve->weight[counted];
            weight += curve->weight[counted];
        }
        for (; dropped + 1 < counted && weight - curve->weight[dropped] >= (double)config->window;
             dropped++) {
            sum -= curve->value[dropped] * curve->weight[dropped];
            weight -= curve->weight[dropped];
        }
        /* the last point may lie a rounding beyond the end */
        const int beyond = s->x[i] > end * (1.0 + 2.0 / POINTS);
        y[i] = counted == 0 || beyond ? NAN : scaled(config, sum / weight);
    }
}

/* every episode where there are not too many, else evenly spread points */
static size_t count_points(double end, int by_episodes)
{
    return by_episodes && end < POINTS ? (end < 1.0 ? 1 : (size_t)end) : POINTS;
}

static pv_status fill_over_time(pv_plot_series *s, const pv_group *group,
                                const pv_lines_config *config, double end)
{
    double *values = pv_alloc_array((size_t)group->n, sizeof *values);
    pv_status status = values ? PV_OK : pv_last_status();
    for (size_t i = 0; i < s->points; i++) {
        const double x = end * (double)(i + 1) / (double)s->points;
        row_of(s, X)[i] = config->by_episodes ? floor(x + 1e-9) : x;
    }
    for (int k = 0; k < group->n; k++) {
        sample_curve(&group->curves[k], s, config, row_of(s, MEMBERS + k));
    }
    for (size_t i = 0; i < s->points && status == PV_OK; i++) {
        for (int k = 0; k < group->n; k++) {
            values[k] = row_of(s, MEMBERS + k)[i];
        }
        status = summarise(s, i, values, (size_t)group->n);
    }
    if (config->members && group->n > 1) {
        s->members = group->n;
        s->member = row_of(s, MEMBERS);
    }
    pv_free(values);
    return status;
}

pv_status pv_lines_over_time(pv_lines *lines, const pv_groups *groups,
                             const pv_lines_config *config)
{
    memset(lines, 0, sizeof *lines);
    pv_status status = PV_OK;
    for (int i = 0; i < groups->n && status == PV_OK; i++) {
        const pv_group *group = &groups->group[i];
        double end = 0.0;
        for (int k = 0; k < group->n; k++) {
            end = fmax(end, end_of(&group->curves[k], config->by_episodes));
        }
        pv_plot_series *s = add_line(lines, count_points(end, config->by_episodes), group->n);
        status = s ? fill_over_time(s, group, config, end) : pv_last_status();
        if (status == PV_OK && !(s->label = make_label(groups, group))) {
            status = pv_last_status();
        }
    }
    if (status) {
        pv_lines_free(lines);
    }
    return status;
}

/* --- over a setting --- */

static int compare_at(const void *a, const void *b)
{
    const double x = (*(const pv_group *const *)a)->at;
    const double y = (*(const pv_group *const *)b)->at;
    return x < y ? -1 : x > y;
}

/* the groups of one line, in rising order of the setting */
static size_t gather(const pv_groups *groups, const pv_group *first, const pv_group **members)
{
    size_t n = 0;
    for (int i = 0; i < groups->n; i++) {
        if (pv_group_continues(&groups->group[i], first)) {
            members[n++] = &groups->group[i];
        }
    }
    qsort(members, n, sizeof *members, compare_at);
    return n;
}

static int is_first(const pv_groups *groups, int i)
{
    for (int k = 0; k < i; k++) {
        if (pv_group_continues(&groups->group[k], &groups->group[i])) {
            return 0;
        }
    }
    return 1;
}

static pv_status fill_point(pv_plot_series *s, size_t i, const pv_group *group,
                            const pv_lines_config *config)
{
    double *values = pv_alloc_array((size_t)group->n, sizeof *values);
    if (!values) {
        return pv_last_status();
    }
    for (int k = 0; k < group->n; k++) {
        const pv_curve *curve = &group->curves[k];
        values[k] = scaled(config, pv_curve_final(curve, SIZE_MAX));
    }
    row_of(s, X)[i] = group->at;
    const pv_status status = summarise(s, i, values, (size_t)group->n);
    pv_free(values);
    return status;
}

static pv_status add_setting_line(pv_lines *lines, const pv_groups *groups, int first,
                                  const pv_group **members, const pv_lines_config *config)
{
    const size_t n = gather(groups, &groups->group[first], members);
    pv_plot_series *s = add_line(lines, n, 0);
    if (!s) {
        return pv_last_status();
    }
    s->marks = 1;
    s->label = make_label(groups, &groups->group[first]);
    pv_status status = s->label ? PV_OK : pv_last_status();
    for (size_t i = 0; i < n && status == PV_OK; i++) {
        status = fill_point(s, i, members[i], config);
    }
    return status;
}

pv_status pv_lines_over_setting(pv_lines *lines, const pv_groups *groups,
                                const pv_lines_config *config)
{
    memset(lines, 0, sizeof *lines);
    const pv_group **members = pv_alloc_array((size_t)groups->n, sizeof *members);
    pv_status status = members ? PV_OK : pv_last_status();
    for (int i = 0; i < groups->n && status == PV_OK; i++) {
        if (is_first(groups, i)) {
            status = add_setting_line(lines, groups, i, members, config);
        }
    }
    pv_free(members);
    if (status) {
        pv_lines_free(lines);
    }
    return status;
}

/* --- levels --- */

pv_status pv_lines_add_level(pv_lines *lines, double y, const char *label)
{
    double low = INFINITY;
    double high = -INFINITY;
    for (int i = 0; i < lines->n; i++) {
        low = fmin(low, lines->series[i].x[0]);
        high = fmax(high, lines->series[i].x[lines->series[i].points - 1]);
    }
    pv_plot_series *s = add_line(lines, 2, 0);
    if (!s) {
        return pv_last_status();
    }
    row_of(s, X)[0] = low;
    row_of(s, X)[1] = high;
    row_of(s, MEAN)[0] = row_of(s, MEAN)[1] = y;
    s->dashed = 1;
    s->label = pv_copy_text(label);
    return s->label ? PV_OK : pv_last_status();
}
