/* plot.c: `pavlov plot`: what runs told, as a figure: mean and interval over seeds, a line per
   recipe, over time or over one of the settings. */
#include "cli/commands.h"
#include "cli/lines.h"

#include "core/file.h"
#include "core/memory.h"
#include "core/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct wishes {
    const char *path, *title, *y_title;
    const char *x;   /* "steps", "episodes" or NULL: as the runs were bounded */
    uint64_t smooth; /* rows a point averages; 0: see choose_window */
    double y_low, y_high;
    int x_log;
    pv_reading reading;
    pv_lines_config lines;
    const pv_arguments *arguments; /* for what may be given several times; NULL: none */
} wishes;

static const char *y_of(const wishes *w)
{
    return w->reading.y ? w->reading.y : "return";
}

/* --- what is written on the figure --- */

/* The lowest y worth showing: the first episodes of an ignorant agent can lie so far below all
   others that they would flatten the figure; NaN if the data may choose. */
static double robust_low(const pv_lines *lines)
{
    double low = INFINITY;
    double high = -INFINITY;
    double least = INFINITY;
    for (int i = 0; i < lines->n; i++) {
        const pv_plot_series *s = &lines->series[i];
        double *sorted = pv_alloc_array(s->points, sizeof *sorted);
        size_t known = 0;
        for (size_t k = 0; sorted && k < s->points; k++) {
            if (!isnan(s->y[k])) {
                sorted[known++] = s->y[k];
            }
        }
        if (known) {
            pv_sort(sorted, known);
            low = fmin(low, pv_quantile(sorted, known, 0.05));
            high = fmax(high, sorted[known - 1]);
            least = fmin(least, sorted[0]);
        }
        pv_free(sorted);
    }
    const double span = high - low;
    return low - least > span && span > 0.0 ? low - 0.25 * span : NAN;
}

/* "rms_error" as a person writes it */
static char *make_y_title(const wishes *w)
{
    if (w->y_title) {
        return pv_copy_text(w->y_title);
    }
    char *title = pv_format_text("%s%s%s", strcmp(y_of(w), "length") == 0 ? "episode " : "",
                                 y_of(w), isnan(w->lines.low) ? "" : " (normalised, %)");
    for (char *c = title; c && *c; c++) {
        *c = *c == '_' ? ' ' : *c;
    }
    return title;
}

/* what a point is the mean of within a run, in words; nothing if it is one number */
static void describe_point(const wishes *w, char *text, size_t size)
{
    const int metric = strcmp(y_of(w), "return") != 0 && strcmp(y_of(w), "length") != 0;
    const char *row = metric ? "report" : "episode";
    text[0] = '\0';
    if (w->reading.against) {
        snprintf(text, size, "; each point the mean of a whole run");
    } else if (w->lines.window > 1) {
        snprintf(text, size, "; each point the mean of the last %zu %ss", w->lines.window, row);
    }
}

static char *make_note(const pv_groups *groups, const wishes *w)
{
    char point[96];
    char seeds[48];
    int most = 0;
    int least = groups->group[0].n;
    for (int i = 0; i < groups->n; i++) {
        most = groups->group[i].n > most ? groups->group[i].n : most;
        least = groups->group[i].n < least ? groups->group[i].n : least;
    }
    char thin[48] = "";
    describe_point(w, point, sizeof point);
    if (most == 1) {
        return pv_format_text("one seed%s", point);
    }
    snprintf(seeds, sizeof seeds, least == most ? "%d" : "%d to %d", least, most);
    if (w->lines.members && !w->reading.against) {
        snprintf(thin, sizeof thin,
                 most > PV_PLOT_MEMBERS_MAX ? ", thin lines: %d of the seeds"
                                            : ", thin lines: single seeds",
                 PV_PLOT_MEMBERS_MAX);
    }
    return pv_format_text("mean of %s seeds, 95 %% bootstrap interval%s%s", seeds, thin, point);
}

/* --- files --- */

/* the numbers of a figure as a table */
static pv_status write_table(const pv_lines *lines, const char *path)
{
    char *text = pv_copy_text("line,x,y,low,high\n");
    for (int i = 0; i < lines->n; i++) {
        const pv_plot_series *s = &lines->series[i];
        size_t length = text ? strlen(text) : 0;
        char *grown =
            text ? pv_realloc(text, length + s->points * (strlen(s->label) + 80) + 1) : NULL;
        if (!grown) {
            pv_free(text);
            return pv_last_status();
        }
        text = grown;
        for (size_t k = 0; k < s->points; k++) {
            length +=
                (size_t)sprintf(text + length, "\"%s\",%.6g,%.6g,%.6g,%.6g\n", s->label, s->x[k],
                                s->y[k], s->low ? s->low[k] : NAN, s->high ? s->high[k] : NAN);
        }
    }
    const pv_status status = text ? pv_file_write(path, text, strlen(text)) : pv_last_status();
    pv_free(text);
    return status;
}

static pv_status draw(const pv_groups *groups, const pv_lines *lines, const wishes *w,
                      const char *path)
{
    char *note = make_note(groups, w);
    char *y_title = make_y_title(w);
    const int returns = strcmp(y_of(w), "return") == 0;
    const pv_plot plot = {.title = w->title                       ? w->title
                                   : pv_groups_same_world(groups) ? groups->group[0].world
                                                                  : NULL,
                          .x_title = w->reading.against     ? w->reading.against
                                     : w->lines.by_episodes ? "episode"
                                                            : "step",
                          .y_title = y_title,
                          .note = note,
                          .series = lines->series,
                          .n_series = lines->n,
                          .y_low = returns && isnan(w->y_low) ? robust_low(lines) : w->y_low,
                          .y_high = w->y_high,
                          .x_log = w->x_log};
    const pv_status status = note && y_title ? pv_plot_write(&plot, path) : pv_last_status();
    pv_free(note);
    pv_free(y_title);
    return status;
}

/* --- from runs to lines --- */

/* returns are smoothed over a twenty-fifth of the longest run; metrics are means already */
static size_t choose_window(const pv_groups *groups, const wishes *w)
{
    size_t longest = 0;
    if (w->smooth || strcmp(y_of(w), "return") != 0) {
        return w->smooth ? (size_t)w->smooth : 1;
    }
    for (int i = 0; i < groups->n; i++) {
        for (int k = 0; k < groups->group[i].n; k++) {
            const size_t n = (size_t)groups->group[i].curves[k].episodes;
            longest = n > longest ? n : longest;
        }
    }
    return longest / 25 ? longest / 25 : 1;
}

static int choose_episodes(const pv_groups *groups, const wishes *w)
{
    int by_episodes = 1;
    if (w->x) {
        return strcmp(w->x, "episodes") == 0;
    }
    for (int i = 0; i < groups->n; i++) {
        by_episodes &= groups->group[i].by_episodes;
    }
    return by_episodes;
}

/* adds the lines of --level Y or --level Y:LABEL */
static pv_status add_levels(pv_lines *lines, const wishes *w)
{
    const char *text = NULL;
    pv_status status = PV_OK;
    for (int i = 0; status == PV_OK && w->arguments; i++) {
        text = pv_option_each(w->arguments, "--level", i);
        if (!text) {
            break;
        }
        char *end = NULL;
        const double y = strtod(text, &end);
        if (end == text || (*end != '\0' && *end != ':') || !isfinite(y)) {
            return pv_fail(PV_ERROR_ARGUMENT, "--level %s: it takes a number, or NUMBER:LABEL",
                           text);
        }
        status = pv_lines_add_level(lines, y, *end ? end + 1 : "");
    }
    return status;
}

static int is_table(const char *path)
{
    const size_t length = strlen(path);
    return length > 4 && strcasecmp(path + length - 4, ".csv") == 0;
}

/* where to: path i, NULL past the last */
static const char *path_of(const wishes *w, int i)
{
    return w->arguments ? pv_option_each(w->arguments, "-o", i) : i == 0 ? w->path : NULL;
}

static pv_status plot_groups(const pv_groups *groups, const wishes *asked)
{
    wishes w = *asked;
    pv_lines lines;
    w.lines.by_episodes = choose_episodes(groups, &w);
    w.lines.window = choose_window(groups, &w);
    pv_status status = w.reading.against ? pv_lines_over_setting(&lines, groups, &w.lines)
                                         : pv_lines_over_time(&lines, groups, &w.lines);
    if (status) {
        return status;
    }
    status = add_levels(&lines, &w);
    const char *path = NULL;
    for (int i = 0; status == PV_OK && (path = path_of(&w, i)); i++) {
        status = is_table(path) ? write_table(&lines, path) : draw(groups, &lines, &w, path);
    }
    pv_lines_free(&lines);
    return status;
}

static pv_status plot_paths(const char *const *paths, int n, const wishes *w)
{
    pv_groups groups;
    pv_status status = pv_groups_read(&groups, &w->reading, paths, n);
    if (status == PV_OK) {
        status = plot_groups(&groups, w);
        pv_groups_free(&groups);
    }
    return status;
}

static wishes default_wishes(const char *path)
{
    return (wishes){.path = path,
                    .y_low = NAN,
                    .y_high = NAN,
                    .lines = {.members = 1, .low = NAN, .high = NAN}};
}

pv_status pv_plot_runs(const char *const *dirs, int n, const char *path)
{
    const wishes w = default_wishes(path);
    return plot_paths(dirs, n, &w);
}

/* --- the command line --- */

static pv_status read_normalise(const char *text, pv_lines_config *lines)
{
    char *middle = NULL;
    char *end = NULL;
    if (!text) {
        return PV_OK;
    }
    lines->low = strtod(text, &middle);
    lines->high = *middle == ':' ? strtod(middle + 1, &end) : NAN;
    if (middle == text || !end || end == middle + 1 || *end != '\0' ||
        !isfinite(lines->high - lines->low) || lines->high == lines->low) {
        return pv_fail(PV_ERROR_ARGUMENT,
                       "--normalise %s: it takes LOW:HIGH, two different numbers", text);
    }
    return PV_OK;
}

static pv_status read_wishes(const pv_arguments *a, wishes *w)
{
    *w = default_wishes(pv_option_text(a, "-o"));
    w->title = pv_option_text(a, "--title");
    w->y_title = pv_option_text(a, "--y-title");
    w->x = pv_option_text(a, "--x");
    w->x_log = pv_option_text(a, "--x-log") != NULL;
    w->reading.y = pv_option_text(a, "--y");
    w->reading.against = pv_option_text(a, "--against");
    w->lines.members = pv_option_text(a, "--mean-only") == NULL;
    w->arguments = a;
    if (!w->path) {
        return pv_fail(PV_ERROR_ARGUMENT, "where to? add -o FILE.svg (or .png, .pdf, .csv)");
    }
    if (w->x && strcmp(w->x, "steps") != 0 && strcmp(w->x, "episodes") != 0) {
        return pv_fail(PV_ERROR_ARGUMENT, "--x %s: it takes steps or episodes", w->x);
    }
    if (w->x && w->reading.against) {
        return pv_fail(PV_ERROR_ARGUMENT, "--x and --against both say what x is; give one of them");
    }
    pv_status status = read_normalise(pv_option_text(a, "--normalise"), &w->lines);
    status = status ? status : pv_option_count(a, "--smooth", 1, 1000000000, &w->smooth);
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
    {"-o", "FILE", "the figure; its ending chooses .svg, .png, .pdf or .csv: the numbers", 1},
    {"--y", "WHAT",
     "return (if not given), length, episodes (ended so far), evaluation or a metric's name", 0},
    {"--x", "steps|episodes", "what the axis counts; what the runs were bounded by if not given",
     0},
    {"--against", "NAME", "x is this setting of the agents, y the mean of whole runs", 0},
    {"--smooth", "N", "rows a point averages; for returns a twenty-fifth of the longest run", 0},
    {"--normalise", "LOW:HIGH", "show y in percent of the way from LOW to HIGH", 0},
    {"--level", "Y[:LABEL]", "a dashed line at Y", 1},
    {"--mean-only", NULL, "no thin lines of single seeds", 0},
    {"--y-low", "Y", "lower end of the axis", 0},
    {"--y-high", "Y", "upper end of the axis", 0},
    {"--x-log", NULL, "a logarithmic x axis", 0},
    {"--y-title", "TEXT", "what y is, in words", 0},
    {"--title", "TEXT", "the world's name if not given", 0},
};

const pv_command pv_command_plot = {
    .name = "plot",
    .positional = "RUN... -o FILE",
    .summary = "curves of runs: mean and 95 % interval over seeds",
    .least = 1,
    .most = -1,
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .run = run_plot,
};
