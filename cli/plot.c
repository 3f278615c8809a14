/* plot.c: `pavlov plot`: the learning curves of runs: mean and interval over seeds, a line per
 * recipe. */
#include "cli/commands.h"
#include "cli/groups.h"

#include "core/memory.h"
#include "core/stats.h"
#include "media/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { POINTS = 200, RESAMPLES = 400 };

typedef struct wishes {
    const char *path, *title, *x; /* x: "steps", "episodes" or NULL: as the runs were bounded */
    uint64_t smooth;              /* episodes a point averages; 0: a twenty-fifth of the longest run */
    double y_low, y_high;         /* NaN: from the data */
} wishes;

/* one series and the numbers it points to */
typedef struct line {
    char *label;
    double *numbers; /* x, y, low, high [POINTS] each, then the members [n][POINTS] */
} line;

static double *row_of(const line *l, int i)
{
    return l->numbers + (size_t)i * POINTS;
}

/* --- a curve on the common grid --- */

/* episodes of a curve that ended at or before x */
static size_t ended_by(const pv_curve *curve, double x, int by_episodes, size_t from)
{
    if (by_episodes) {
        return x < (double)curve->n ? (size_t)x : curve->n;
    }
    size_t n = from;
    while (n < curve->n && curve->step[n] <= x) {
        n++;
    }
    return n;
}

static double last_x(const pv_curve *curve, int by_episodes)
{
    return curve->n == 0 ? 0.0 : by_episodes ? (double)curve->n : curve->step[curve->n - 1];
}

/* mean of the last `window` returns at every x; NaN before the first episode and after the last */
static void sample_curve(const pv_curve *curve, const double *x, int by_episodes, size_t window,
                         double *y)
{
    const double end = last_x(curve, by_episodes);
    size_t n = 0;
    size_t counted = 0;
    size_t dropped = 0;
    double sum = 0.0;
    for (int i = 0; i < POINTS; i++) {
        n = ended_by(curve, x[i], by_episodes, n);
        for (; counted < n; counted++) {
            sum += curve->episode_return[counted];
        }
        for (; counted - dropped > window; dropped++) {
            sum -= curve->episode_return[dropped];
        }
        /* the last grid point lies a rounding beyond the end */
        const int beyond = x[i] > end * (1.0 + 2.0 / POINTS);
        y[i] = n == 0 || beyond ? NAN : sum / (double)(counted - dropped);
    }
}

/* mean and interval over the members at every point */
static pv_status summarise(const pv_group *group, line *l)
{
    double *values = pv_alloc_array((size_t)group->n, sizeof *values);
    if (!values) {
        return pv_last_status();
    }
    pv_status status = PV_OK;
    for (int i = 0; i < POINTS && status == PV_OK; i++) {
        size_t n = 0;
        for (int k = 0; k < group->n; k++) {
            const double y = row_of(l, 4 + k)[i];
            if (!isnan(y)) {
                values[n++] = y;
            }
        }
        row_of(l, 1)[i] = pv_mean(values, n);
        row_of(l, 2)[i] = row_of(l, 3)[i] = NAN;
        if (n > 1 && pv_bootstrap(values, n, pv_mean_sorted, RESAMPLES, 0.95, 1, &row_of(l, 2)[i],
                                  &row_of(l, 3)[i])) {
            status = pv_last_status();
        }
    }
    pv_free(values);
    return status;
}

/* --- the figure --- */

static int same_world(const pv_groups *groups)
{
    for (int i = 1; i < groups->n; i++) {
        if (strcmp(groups->group[i].world, groups->group[0].world) != 0) {
            return 0;
        }
    }
    return 1;
}

static char *make_label(const pv_groups *groups, const pv_group *group)
{
    const int world = !same_world(groups);
    return pv_format_text("%s%s%s%s%s%s", group->agent, world ? ", " : "",
                          world ? group->world : "", *group->settings ? " (" : "", group->settings,
                          *group->settings ? ")" : "");
}

static pv_status make_line(const pv_groups *groups, const pv_group *group, int by_episodes,
                           size_t window, line *l, pv_plot_series *series)
{
    double end = 0.0;
    for (int k = 0; k < group->n; k++) {
        end = fmax(end, last_x(&group->curves[k], by_episodes));
    }
    l->label = make_label(groups, group);
    l->numbers = pv_alloc_array((size_t)(4 + group->n) * POINTS, sizeof(double));
    if (!l->label || !l->numbers) {
        return pv_last_status();
    }
    for (int i = 0; i < POINTS; i++) {
        const double x = end * (i + 1) / POINTS;
        row_of(l, 0)[i] = by_episodes ? ceil(x) : x;
    }
    for (int k = 0; k < group->n; k++) {
        sample_curve(&group->curves[k], row_of(l, 0), by_episodes, window, row_of(l, 4 + k));
    }
    const int several = group->n > 1;
    *series = (pv_plot_series){.label = l->label,
                               .points = POINTS,
                               .x = row_of(l, 0),
                               .y = row_of(l, 1),
                               .low = several ? row_of(l, 2) : NULL,
                               .high = several ? row_of(l, 3) : NULL,
                               .members = several ? group->n : 0,
                               .member = row_of(l, 4)};
    return summarise(group, l);
}

/* The lowest y worth showing: the first episodes of an ignorant agent can lie so far below all
   others that they would flatten the figure; NaN if the data may choose. */
static double robust_low(const pv_plot_series *series, int n)
{
    double low = INFINITY;
    double high = -INFINITY;
    double least = INFINITY;
    for (int i = 0; i < n; i++) {
        double sorted[POINTS];
        size_t known = 0;
        for (size_t k = 0; k < POINTS; k++) {
            if (!isnan(series[i].y[k])) {
                sorted[known++] = series[i].y[k];
            }
        }
        pv_sort(sorted, known);
        if (known) {
            low = fmin(low, pv_quantile(sorted, known, 0.05));
            high = fmax(high, sorted[known - 1]);
            least = fmin(least, sorted[0]);
        }
    }
    const double span = high - low;
    return low - least > span && span > 0.0 ? low - 0.25 * span : NAN;
}

static char *make_note(const pv_groups *groups, size_t window)
{
    int most = 0;
    int least = groups->group[0].n;
    for (int i = 0; i < groups->n; i++) {
        most = groups->group[i].n > most ? groups->group[i].n : most;
        least = groups->group[i].n < least ? groups->group[i].n : least;
    }
    char smoothing[96] = "every episode";
    char seeds[48];
    if (window > 1) {
        snprintf(smoothing, sizeof smoothing, "each point the mean of the last %zu episodes",
                 window);
    }
    if (most == 1) {
        return pv_format_text("one seed; %s", smoothing);
    }
    snprintf(seeds, sizeof seeds, least == most ? "%d" : "%d to %d", least, most);
    return pv_format_text(
        "mean of %s seeds, 95 %% bootstrap interval, thin lines: single seeds; %s", seeds,
        smoothing);
}

static size_t choose_window(const pv_groups *groups, const wishes *w)
{
    size_t longest = 0;
    for (int i = 0; i < groups->n; i++) {
        for (int k = 0; k < groups->group[i].n; k++) {
            const size_t n = groups->group[i].curves[k].n;
            longest = n > longest ? n : longest;
        }
    }
    return w->smooth ? (size_t)w->smooth : longest / 25 ? longest / 25 : 1;
}

static pv_status write_figure(const pv_groups *groups, const wishes *w,
                              const pv_plot_series *series, size_t window, int by_episodes)
{
    char *note = make_note(groups, window);
    if (!note) {
        return pv_last_status();
    }
    const pv_plot plot = {.title = w->title             ? w->title
                                   : same_world(groups) ? groups->group[0].world
                                                        : NULL,
                          .x_title = by_episodes ? "episode" : "step",
                          .y_title = "return",
                          .note = note,
                          .series = series,
                          .n_series = groups->n,
                          .y_low = isnan(w->y_low) ? robust_low(series, groups->n) : w->y_low,
                          .y_high = w->y_high};
    const pv_status status = pv_plot_write(&plot, w->path);
    pv_free(note);
    return status;
}

static pv_status plot_groups(const pv_groups *groups, const wishes *w)
{
    int by_episodes = w->x ? strcmp(w->x, "episodes") == 0 : 1;
    for (int i = 0; i < groups->n && !w->x; i++) {
        by_episodes &= groups->group[i].by_episodes;
    }
    const size_t n = (size_t)groups->n;
    const size_t window = choose_window(groups, w);
    line *lines = pv_alloc_array(n, sizeof *lines);
    pv_plot_series *series = pv_alloc_array(n, sizeof *series);
    pv_status status = lines && series ? PV_OK : pv_last_status();
    for (size_t i = 0; i < n && status == PV_OK; i++) {
        status = make_line(groups, &groups->group[i], by_episodes, window, &lines[i], &series[i]);
    }
    status = status ? status : write_figure(groups, w, series, window, by_episodes);
    for (size_t i = 0; lines && i < n; i++) {
        pv_free(lines[i].label);
        pv_free(lines[i].numbers);
    }
    pv_free(lines);
    pv_free(series);
    return status;
}

static pv_status plot_paths(const char *const *paths, int n, const wishes *w)
{
    pv_groups groups;
    pv_status status = pv_groups_read(&groups, paths, n);
    if (status == PV_OK) {
        status = plot_groups(&groups, w);
        pv_groups_free(&groups);
    }
    return status;
}

pv_status pv_plot_runs(const char *const *dirs, int n, const char *path)
{
    const wishes w = {.path = path, .y_low = NAN, .y_high = NAN};
    return plot_paths(dirs, n, &w);
}

static pv_status read_wishes(const pv_arguments *a, wishes *w)
{
    *w = (wishes){.path = pv_option_text(a, "-o"),
                  .title = pv_option_text(a, "--title"),
                  .x = pv_option_text(a, "--x"),
                  .y_low = NAN,
                  .y_high = NAN};
    if (!w->path) {
        return pv_fail(PV_ERROR_ARGUMENT, "where to? add -o FILE.svg (or .png, .pdf)");
    }
    if (w->x && strcmp(w->x, "steps") != 0 && strcmp(w->x, "episodes") != 0) {
        return pv_fail(PV_ERROR_ARGUMENT, "--x %s: it takes steps or episodes", w->x);
    }
    pv_status status = pv_option_count(a, "--smooth", 1, 1000000000, &w->smooth);
    status = status ? status : pv_option_number(a, "--y-low", -INFINITY, INFINITY, &w->y_low);
    return status ? status : pv_option_number(a, "--y-high", -INFINITY, INFINITY, &w->y_high);
}

static pv_status run_plot(const pv_arguments *a)
{
    wishes w;
    pv_status status = pv_arguments_check(a);
    status = status ? status : read_wishes(a, &w);
    if (status) {
        return status;
    }
    const int n = pv_argument_count(a);
    const char **paths = pv_alloc_array((size_t)n, sizeof *paths);
    for (int i = 0; paths && i < n; i++) {
        paths[i] = pv_argument(a, i);
    }
    status = paths ? plot_paths(paths, n, &w) : pv_last_status();
    pv_free(paths);
    return status;
}

static const pv_option options[] = {
    {"-o", "FILE", "the figure; its ending chooses .svg, .png or .pdf", 0},
    {"--smooth", "N", "episodes a point averages; a twenty-fifth of the longest run if not given", 0},
    {"--x", "steps|episodes", "what the axis counts; what the runs were bounded by if not given",
     0},
    {"--y-low", "Y", "lower end of the axis", 0},
    {"--y-high", "Y", "upper end of the axis", 0},
    {"--title", "TEXT", "the world's name if not given", 0},
};

const pv_command pv_command_plot = {
    .name = "plot",
    .positional = "RUN... -o FILE",
    .summary = "reward curves: mean and 95 % interval over seeds",
    .least = 1,
    .most = -1,
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .run = run_plot,
};
