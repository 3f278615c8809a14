/* curve.c: the learning curve of one run. A run folder has a row for every episode and every
   report; a kept run has one table with fewer rows, which say how many episodes they stand for. */
#include "cli/curve.h"

#include "core/csv.h"
#include "core/file.h"
#include "core/memory.h"

#include <math.h>
#include <string.h>

void pv_curve_free(pv_curve *curve)
{
    pv_free(curve->dir);
    pv_free(curve->step);
    pv_free(curve->episode);
    pv_free(curve->value);
    pv_free(curve->weight);
}

/* --- reading --- */

static pv_status read_column(const pv_csv *csv, const char *name, double **column)
{
    const int at = pv_csv_column(csv, name);
    if (at < 0) {
        return pv_fail(PV_ERROR_FORMAT, "there is no column \"%s\"", name);
    }
    *column = pv_alloc_array(csv->rows ? csv->rows : 1, sizeof(double));
    return *column ? pv_csv_numbers(csv, at, *column) : pv_last_status();
}

/* takes memory for that many rows */
static pv_status take_rows(pv_curve *curve, size_t rows)
{
    rows = rows ? rows : 1;
    curve->step = pv_alloc_array(rows, sizeof(double));
    curve->episode = pv_alloc_array(rows, sizeof(double));
    curve->value = pv_alloc_array(rows, sizeof(double));
    curve->weight = pv_alloc_array(rows, sizeof(double));
    return curve->step && curve->episode && curve->value && curve->weight ? PV_OK
                                                                          : pv_last_status();
}

static void add_row(pv_curve *curve, double step, double episode, double value)
{
    curve->step[curve->n] = step;
    curve->episode[curve->n] = episode;
    curve->weight[curve->n] = 1.0;
    curve->value[curve->n++] = value;
}

/* fills a curve from episodes.csv: the rows of agent 0; `y` NULL: how many there are */
static pv_status fill_episodes(pv_curve *curve, const pv_csv *csv, const char *y)
{
    double *step = NULL;
    double *agent = NULL;
    double *value = NULL;
    pv_status status = read_column(csv, "step", &step);
    status = status ? status : read_column(csv, "agent", &agent);
    status = status || !y ? status : read_column(csv, y, &value);
    status = status ? status : take_rows(curve, csv->rows + 1);
    if (status == PV_OK && !y) {
        add_row(curve, 0.0, 0.0, 0.0);
    }
    for (size_t row = 0; row < csv->rows && status == PV_OK; row++) {
        if (agent[row] == 0.0) {
            curve->episodes += 1.0;
            curve->steps = step[row];
            add_row(curve, step[row], curve->episodes, value ? value[row] : curve->episodes);
        }
    }
    pv_free(step);
    pv_free(agent);
    pv_free(value);
    return status;
}

/* what to answer to the name of a metric that a run has not */
static pv_status fail_metric(const pv_csv *csv, int names, const char *y)
{
    const char *near = NULL;
    const char **known = pv_alloc_array(csv->rows ? csv->rows : 1, sizeof *known);
    for (size_t row = 0; known && row < csv->rows; row++) {
        known[row] = pv_csv_cell(csv, row, names);
    }
    if (known) {
        near = pv_near_name(y, known, (int)csv->rows);
    }
    pv_fail(PV_ERROR_ARGUMENT, "there is no metric \"%s\"%s%s%s", y,
            near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    pv_free(known);
    return PV_ERROR_ARGUMENT;
}

/* fills a curve from metrics.csv, `ended` being the curve of how many episodes had ended */
static pv_status fill_metric(pv_curve *curve, const pv_csv *csv, const char *y,
                             const pv_curve *ended)
{
    double *step = NULL;
    double *value = NULL;
    const int names = pv_csv_column(csv, "name");
    pv_status status = names < 0 ? pv_fail(PV_ERROR_FORMAT, "there is no column \"name\"") : PV_OK;
    status = status ? status : read_column(csv, "step", &step);
    status = status ? status : read_column(csv, "value", &value);
    status = status ? status : take_rows(curve, csv->rows);
    size_t k = 0;
    for (size_t row = 0; row < csv->rows && status == PV_OK; row++) {
        if (strcmp(pv_csv_cell(csv, row, names), y) == 0) {
            while (k + 1 < ended->n && ended->step[k + 1] <= step[row]) {
                k++;
            }
            add_row(curve, step[row], ended->episode[k], value[row]);
        }
    }
    if (status == PV_OK && curve->n == 0 && csv->rows > 0) {
        status = fail_metric(csv, names, y);
    }
    curve->steps = ended->steps;
    curve->episodes = ended->episodes;
    pv_free(step);
    pv_free(value);
    return status;
}

/* fills a curve from eval.csv: a row for each evaluation, the mean of its episodes */
static pv_status fill_evaluations(pv_curve *curve, const pv_csv *csv, const pv_curve *ended)
{
    double *step = NULL;
    double *value = NULL;
    pv_status status = read_column(csv, "step", &step);
    status = status ? status : read_column(csv, "return", &value);
    status = status ? status : take_rows(curve, csv->rows);
    size_t k = 0;
    double sum = 0.0;
    size_t count = 0;
    for (size_t row = 0; row < csv->rows && status == PV_OK; row++) {
        sum += value[row];
        count++;
        if (row + 1 == csv->rows || step[row + 1] != step[row]) {
            while (k + 1 < ended->n && ended->step[k + 1] <= step[row]) {
                k++;
            }
            add_row(curve, step[row], ended->episode[k], sum / (double)count);
            sum = 0.0;
            count = 0;
        }
    }
    curve->steps = ended->steps;
    curve->episodes = ended->episodes;
    pv_free(step);
    pv_free(value);
    return status;
}

/* fills a curve from the table of a kept run; "episodes" are counted by the rows of the return */
static pv_status fill_kept(pv_curve *curve, const pv_csv *csv, const char *y)
{
    const int counts = strcmp(y, "episodes") == 0;
    const int names = pv_csv_column(csv, "name");
    double *step = NULL;
    double *episode = NULL;
    double *value = NULL;
    pv_status status = names < 0 ? pv_fail(PV_ERROR_FORMAT, "there is no column \"name\"") : PV_OK;
    status = status ? status : read_column(csv, "step", &step);
    status = status ? status : read_column(csv, "episode", &episode);
    status = status ? status : read_column(csv, "value", &value);
    status = status ? status : take_rows(curve, csv->rows + 1);
    if (status == PV_OK && counts) {
        add_row(curve, 0.0, 0.0, 0.0);
    }
    for (size_t row = 0; row < csv->rows && status == PV_OK; row++) {
        const char *name = pv_csv_cell(csv, row, names);
        if (strcmp(name, counts ? "return" : y) == 0) {
            const double before = curve->n ? curve->episode[curve->n - 1] : 0.0;
            add_row(curve, step[row], episode[row], counts ? episode[row] : value[row]);
            if (pv_curve_of_episodes(y)) {
                curve->weight[curve->n - 1] = episode[row] - before;
            }
        }
        curve->steps = fmax(curve->steps, step[row]);
        curve->episodes = fmax(curve->episodes, episode[row]);
    }
    if (status == PV_OK && curve->n == 0 && csv->rows > 0) {
        status = fail_metric(csv, names, y);
    }
    pv_free(step);
    pv_free(episode);
    pv_free(value);
    return status;
}

/* how a table is read */
typedef enum source { EPISODES, METRICS, EVALUATIONS, SUMMARY } source;

/* reads a table of a run folder; one that is not there has no rows */
static pv_status read_table(pv_curve *curve, const pv_run *run, source from, const char *y,
                            const pv_curve *ended)
{
    static const char *const names[] = {"episodes.csv", "metrics.csv", "eval.csv", "curve.csv"};
    char *path = pv_run_path(run, names[from]);
    pv_csv csv;
    pv_status status = path ? PV_OK : pv_last_status();
    if (status == PV_OK && !pv_file_exists(path)) {
        status = take_rows(curve, 0);
    } else if (status == PV_OK) {
        status = pv_csv_read(&csv, path);
        if (status == PV_OK) {
            status = from == EPISODES  ? fill_episodes(curve, &csv, y)
                     : from == METRICS ? fill_metric(curve, &csv, y, ended)
                     : from == SUMMARY ? fill_kept(curve, &csv, y)
                                       : fill_evaluations(curve, &csv, ended);
            status = status ? pv_fail_in("%s", path) : PV_OK;
            pv_csv_free(&csv);
        }
    }
    pv_free(path);
    return status;
}

int pv_curve_of_episodes(const char *y)
{
    return strcmp(y, "return") == 0 || strcmp(y, "length") == 0;
}

static pv_status read_tables(pv_curve *curve, const pv_run *run, const char *y)
{
    const int counts = strcmp(y, "episodes") == 0;
    if (pv_run_is_kept(run)) {
        return read_table(curve, run, SUMMARY, y, NULL);
    }
    if (counts || pv_curve_of_episodes(y)) {
        return read_table(curve, run, EPISODES, counts ? NULL : y, NULL);
    }
    pv_curve ended = {0};
    pv_status status = read_table(&ended, run, EPISODES, NULL, NULL);
    const source from = strcmp(y, "evaluation") == 0 ? EVALUATIONS : METRICS;
    status = status ? status : read_table(curve, run, from, y, &ended);
    pv_curve_free(&ended);
    return status;
}

pv_status pv_curve_read(pv_curve *curve, const pv_run *run, const char *y)
{
    memset(curve, 0, sizeof *curve);
    const pv_status status = read_tables(curve, run, y);
    if (run->steps && !run->episodes && isnan(run->stop_at) &&
        strcmp(run->status, "finished") == 0) {
        curve->steps = (double)run->steps; /* the episode then running ended in no row */
    }
    curve->seconds = run->seconds;
    curve->dir = status ? NULL : pv_copy_text(run->dir);
    if (!curve->dir) {
        pv_curve_free(curve);
        return pv_last_status();
    }
    return PV_OK;
}

/* --- thinning --- */

void pv_curve_thin(pv_curve *curve, size_t points)
{
    enum { LAST = 100 };
    const size_t n = curve->n;
    const size_t size = (n + points - 1) / points;
    size_t rows = 0;
    double sum = 0.0;
    double weight = 0.0;
    for (size_t i = 0; i < n; i++) {
        const size_t left = n - i - 1;
        sum += curve->value[i] * curve->weight[i];
        weight += curve->weight[i];
        if (left % size == 0 || left == LAST) {
            curve->step[rows] = curve->step[i];
            curve->episode[rows] = curve->episode[i];
            curve->value[rows] = sum / weight;
            curve->weight[rows++] = weight;
            sum = weight = 0.0;
        }
    }
    curve->n = rows;
}

/* --- what is said of a curve --- */

double pv_curve_final(const pv_curve *curve, size_t window)
{
    size_t first = curve->n;
    double weight = 0.0;
    double sum = 0.0;
    while (first > 0 && weight < (double)window) {
        weight += curve->weight[--first];
    }
    for (size_t i = first; i < curve->n; i++) {
        sum += curve->value[i] * curve->weight[i];
    }
    return first < curve->n ? sum / weight : NAN;
}

double pv_curve_area(const pv_curve *curve)
{
    double area = 0.0;
    double before = 0.0;
    for (size_t i = 0; i < curve->n; i++) {
        area += curve->value[i] * (curve->step[i] - before);
        before = curve->step[i];
    }
    return before > 0.0 ? area / before : NAN;
}

double pv_curve_reached(const pv_curve *curve, double threshold)
{
    enum { WINDOW = 100 };
    size_t dropped = 0;
    double weight = 0.0;
    double sum = 0.0;
    for (size_t i = 0; i < curve->n; i++) {
        sum += curve->value[i] * curve->weight[i];
        weight += curve->weight[i];
        for (; weight - curve->weight[dropped] >= WINDOW; dropped++) {
            sum -= curve->value[dropped] * curve->weight[dropped];
            weight -= curve->weight[dropped];
        }
        if (weight >= WINDOW && sum / weight >= threshold) {
            return curve->step[i];
        }
    }
    return NAN;
}
