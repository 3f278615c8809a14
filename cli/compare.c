/* compare.c: `pavlov compare`: what many runs reached, as numbers. */
#include "cli/commands.h"
#include "cli/groups.h"
#include "cli/output.h"

#include "core/memory.h"
#include "core/stats.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RESAMPLES = 10000 };

/* what is compared */
typedef struct wishes {
    const char *y;    /* "return", "length" or a metric */
    uint64_t last;    /* rows of a run that its final value averages */
    double threshold; /* NaN: the world's solved score */
    int as_json;
} wishes;

typedef struct row {
    double final, low, high, iqm, auc, steps, seconds;
    double threshold,
        reached; /* median step of the runs that reached it, NaN if less than half did */
    int solved;  /* how many runs did */
} row;

/* half of the runs must have reached it for a median; those that did not count as later than all */
static double median_reached(double *reached, int n, int solved)
{
    for (int i = 0; i < n; i++) {
        reached[i] = isnan(reached[i]) ? INFINITY : reached[i];
    }
    pv_sort(reached, (size_t)n);
    return 2 * solved > n ? reached[n / 2] : NAN;
}

static pv_status fill_row(const pv_group *group, const wishes *w, row *r)
{
    const size_t n = (size_t)group->n;
    double *final = pv_alloc_array(n, sizeof *final);
    double *reached = pv_alloc_array(n, sizeof *reached);
    pv_status status = final && reached ? PV_OK : pv_last_status();
    size_t known = 0;
    const int returns = strcmp(w->y, "return") == 0;
    *r = (row){.threshold = returns && isnan(w->threshold) ? group->solved : w->threshold};
    for (size_t i = 0; i < n && status == PV_OK; i++) {
        const pv_curve *curve = &group->curves[i];
        if (curve->n == 0) {
            continue; /* no episode has ended yet */
        }
        final[known] = pv_curve_final(curve, (size_t)w->last);
        reached[known] = pv_curve_reached(curve, r->threshold);
        r->solved += !isnan(reached[known]);
        r->auc += pv_curve_area(curve);
        r->steps += curve->steps;
        r->seconds += curve->seconds;
        known++;
    }
    if (status == PV_OK) {
        const double count = (double)known;
        r->auc /= count;
        r->steps /= count;
        r->seconds /= count;
        r->final = pv_mean(final, known);
        r->low = r->high = NAN;
        if (known &&
            pv_bootstrap(final, known, pv_mean_sorted, RESAMPLES, 0.95, 1, &r->low, &r->high)) {
            status = pv_last_status();
        }
        pv_sort(final, known);
        r->iqm = pv_iqm(final, known);
        r->reached = known ? median_reached(reached, (int)known, r->solved) : NAN;
    }
    pv_free(final);
    pv_free(reached);
    return status;
}

static void put_row(cJSON *array, const pv_group *group, const wishes *w, const row *r, int *failed)
{
    char name[64];
    cJSON *json = pv_put_row(array, failed);
    snprintf(name, sizeof name, "final_%.50s", w->y);
    pv_put_text(json, "agent", group->agent, failed);
    pv_put_text(json, "world", group->world, failed);
    pv_put_text(json, "settings", group->settings, failed);
    pv_put_number(json, "runs", group->n, failed);
    pv_put_number(json, name, r->final, failed);
    pv_put_number(json, "final_low", r->low, failed);
    pv_put_number(json, "final_high", r->high, failed);
    pv_put_number(json, "iqm", r->iqm, failed);
    pv_put_number(json, "auc", r->auc, failed);
    pv_put_number(json, "steps", r->steps, failed);
    pv_put_number(json, "seconds", r->seconds, failed);
    pv_put_number(json, "threshold", r->threshold, failed);
    pv_put_number(json, "reached", r->solved, failed);
    pv_put_number(json, "steps_to_threshold", r->reached, failed);
}

static void print_row(const pv_group *group, const row *r)
{
    char reached[48] = "-";
    if (!isnan(r->threshold)) {
        snprintf(reached, sizeof reached, "%.4g (%d of %d)", r->reached, r->solved, group->n);
    }
    printf("%-16s %-22s %4d %9.4g  [%.4g, %.4g] %9.4g %9.4g %9.4g %8.3g  %s%s%s\n", group->agent,
           group->world, group->n, r->final, r->low, r->high, r->iqm, r->auc, r->steps, r->seconds,
           reached, *group->settings ? "  " : "", group->settings);
}

static pv_status compare(const pv_groups *groups, const wishes *w)
{
    pv_status status = PV_OK;
    int failed = 0;
    cJSON *json = cJSON_CreateObject();
    cJSON *array = json ? pv_put_array(json, "groups", &failed) : NULL;
    failed |= !array;
    if (!w->as_json) {
        printf("%-16s %-22s %4s %9s  %-18s %9s %9s %9s %8s  %s\n", "agent", "world", "runs",
               "final", "95 % interval", "iqm", "auc", "steps", "seconds", "steps to threshold");
    }
    for (int i = 0; i < groups->n && status == PV_OK; i++) {
        row r;
        status = fill_row(&groups->group[i], w, &r);
        if (status == PV_OK && w->as_json) {
            put_row(array, &groups->group[i], w, &r, &failed);
        } else if (status == PV_OK) {
            print_row(&groups->group[i], &r);
        }
    }
    if (status == PV_OK && w->as_json) {
        status =
            failed ? pv_fail(PV_ERROR_MEMORY, "out of memory for the answer") : pv_print_json(json);
    }
    cJSON_Delete(json);
    return status;
}

static pv_status read_wishes(const pv_arguments *a, wishes *w)
{
    const char *y = pv_option_text(a, "--y");
    *w = (wishes){.y = y ? y : "return",
                  .last = 100,
                  .threshold = NAN,
                  .as_json = pv_option_text(a, "--json") != NULL};
    pv_status status = pv_option_count(a, "--last", 1, UINT32_MAX, &w->last);
    return status ? status : pv_option_number(a, "--threshold", -INFINITY, INFINITY, &w->threshold);
}

static pv_status run_compare(const pv_arguments *a)
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
    pv_groups groups;
    const pv_reading reading = {.y = w.y};
    status = paths ? pv_groups_read(&groups, &reading, paths, n) : pv_last_status();
    pv_free(paths);
    if (status == PV_OK) {
        status = compare(&groups, &w);
        pv_groups_free(&groups);
    }
    return status;
}

static const pv_option options[] = {
    {"--y", "WHAT", "compare this: return (if not given), length, evaluation or a metric's name",
     0},
    {"--last", "N", "the final value of a run is the mean of its last N rows, 100", 0},
    {"--threshold", "RETURN",
     "count the steps until the last 100 episodes average this; the "
     "world's solved score if not given",
     0},
    {"--json", NULL, "one JSON value on standard output", 0},
};

const pv_command pv_command_compare = {
    .name = "compare",
    .positional = "RUN...",
    .summary = "what runs reached, as numbers",
    .least = 1,
    .most = -1,
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .run = run_compare,
};
