/* Hinton diagrams of matrices and rows. A matrix with more rows or columns than people can tell
   apart is reduced: a square then stands for a block of weights, by their mean magnitude and the
   sign of their mean. */
#include "media/net_panels.h"

#include "core/memory.h"
#include "core/stats.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    COLUMNS_MAX = 128,
    ROWS_MAX = 64,
    ROW = 64,
    ROW_SHOWN_MAX = 4096,
    VALUES_TOLD = 9,
    OUTLIERS_AMONG = 200
};

static const double SIDE_MAX = 13.0;
static const double HEIGHT_MAX = 330.0;
static const double VALUE_WIDTH = 36.0; /* of a number in a note */

/* a matrix seen so that its longer side lies across */
typedef struct view {
    const float *weight, *bias;
    int rows, columns;             /* of the weights */
    size_t row_step, column_step;  /* floats */
    int turned;                    /* 1: units are the rows */
    int block_rows, block_columns; /* weights of a square */
} view;

/* the mean magnitude of a block, with the sign of its mean */
static float block_value(const view *v, int row, int column)
{
    double sum = 0.0;
    double sizes = 0.0;
    int n = 0;
    for (int r = row; r < v->rows && r < row + v->block_rows; r++) {
        for (int c = column; c < v->columns && c < column + v->block_columns; c++) {
            const double w =
                (double)v->weight[(size_t)r * v->row_step + (size_t)c * v->column_step];
            sum += w;
            sizes += fabs(w);
            n++;
        }
    }
    return (float)copysign(sizes / n, sum);
}

static float bias_value(const view *v, int first, int count)
{
    const int n = v->turned ? v->rows : v->columns;
    double sum = 0.0;
    double sizes = 0.0;
    int i = first;
    for (; i < n && i < first + count; i++) {
        sum += (double)v->bias[i];
        sizes += fabs((double)v->bias[i]);
    }
    return (float)copysign(sizes / (i - first), sum);
}

static double side_of(int rows, int columns)
{
    const double side = fmin(SIDE_MAX, fmin(PV_SHEET_WIDTH / (double)columns, HEIGHT_MAX / rows));
    return side >= 2.0 ? floor(2.0 * side) / 2.0 : side;
}

/* What a full square stands for: the largest value, unless a few outliers would make all others
   small; then the size that one in a hundred exceeds, or twice the middle one, and what is larger
   is full too. */
static pv_status choose_full(pv_panel *panel)
{
    const size_t n = (size_t)panel->rows * (size_t)panel->columns;
    double *size = pv_alloc_array(n, sizeof *size);
    if (!size) {
        return pv_last_status();
    }
    for (size_t i = 0; i < n; i++) {
        size[i] = isnan(panel->cell[i]) ? 0.0 : fabs((double)panel->cell[i]);
    }
    pv_sort(size, n);
    const double most = fmax(pv_quantile(size, n, 0.99), 2.0 * pv_quantile(size, n, 0.5));
    panel->full = size[n - 1];
    if (n >= OUTLIERS_AMONG && most > 0.0 && most < 0.6 * size[n - 1]) {
        panel->full = most;
        panel->cut = 1;
    }
    pv_free(size);
    return PV_OK;
}

/* sets the panel's size and scale from its squares */
static pv_status measure(pv_panel *panel)
{
    panel->side = side_of(panel->rows, panel->columns);
    panel->width = panel->columns * panel->side + (panel->aside ? PV_PANEL_APART : 0.0);
    panel->height = panel->rows * panel->side + (panel->apart ? PV_PANEL_APART : 0.0);
    return choose_full(panel);
}

static pv_status fill(pv_panel *panel, const view *v)
{
    const int rows = (v->rows + v->block_rows - 1) / v->block_rows;
    const int columns = (v->columns + v->block_columns - 1) / v->block_columns;
    panel->apart = v->bias && !v->turned;
    panel->aside = v->bias && v->turned;
    panel->rows = rows + panel->apart;
    panel->columns = columns + panel->aside;
    panel->cell = pv_alloc_array((size_t)panel->rows * (size_t)panel->columns, sizeof(float));
    if (!panel->cell) {
        return pv_last_status();
    }
    for (int r = 0; r < rows; r++) {
        float *cell = panel->cell + (size_t)r * (size_t)panel->columns;
        for (int c = 0; c < columns; c++) {
            cell[c] = block_value(v, r * v->block_rows, c * v->block_columns);
        }
        if (panel->aside) {
            cell[columns] = bias_value(v, r * v->block_rows, v->block_rows);
        }
    }
    for (int c = 0; c < columns && panel->apart; c++) {
        panel->cell[(size_t)rows * (size_t)panel->columns + (size_t)c] =
            bias_value(v, c * v->block_columns, v->block_columns);
    }
    return measure(panel);
}

pv_status pv_panel_matrix(pv_sheet *sheet, const char *title, const float *weight, int in, int out,
                          const float *bias, const char *const words[2])
{
    const int turned = in > out && (in > COLUMNS_MAX / 4 || in > 4 * out);
    const size_t along = (size_t)out;
    view v = {weight,
              bias,
              turned ? out : in,
              turned ? in : out,
              turned ? 1 : along,
              turned ? along : 1,
              turned,
              1,
              1};
    v.block_rows = (v.rows + ROWS_MAX - 1) / ROWS_MAX;
    v.block_columns = (v.columns + COLUMNS_MAX - 1) / COLUMNS_MAX;
    pv_panel *panel = pv_sheet_add(sheet);
    if (!panel || fill(panel, &v) != PV_OK) {
        return pv_last_status();
    }
    (void)snprintf(panel->title, sizeof panel->title, "%s", title);
    int n =
        snprintf(panel->note, sizeof panel->note, "%d %s down, %d %s across%s\nfull square: %.3g%s",
                 v.rows, words[turned], v.columns, words[!turned], bias ? ", biases apart" : "",
                 panel->full, panel->cut ? " or more" : "");
    if (v.block_rows * v.block_columns > 1) {
        (void)snprintf(panel->note + n, sizeof panel->note - (size_t)n,
                       "; each square %d x %d weights (mean size, sign of the mean)", v.block_rows,
                       v.block_columns);
    }
    return PV_OK;
}

/* "0.412  -1.3  0.05" behind the note */
static void tell_values(pv_panel *panel, const float *x, int n)
{
    size_t used = strlen(panel->note);
    for (int i = 0; i < n && used < sizeof panel->note; i++) {
        used += (size_t)snprintf(panel->note + used, sizeof panel->note - used, "%s%.3g",
                                 i ? "  " : "\n", (double)x[i]);
    }
}

pv_status pv_panel_row(pv_sheet *sheet, const char *title, const float *x, int n)
{
    const int shown = n < ROW_SHOWN_MAX ? n : ROW_SHOWN_MAX;
    pv_panel *panel = pv_sheet_add(sheet);
    if (!panel) {
        return pv_last_status();
    }
    panel->columns = shown < ROW ? shown : ROW;
    panel->rows = (shown + ROW - 1) / ROW;
    panel->cell = pv_alloc_array((size_t)panel->rows * (size_t)panel->columns, sizeof(float));
    if (!panel->cell) {
        return pv_last_status();
    }
    memcpy(panel->cell, x, (size_t)shown * sizeof *x);
    if (measure(panel) != PV_OK) {
        return pv_last_status();
    }
    (void)snprintf(panel->title, sizeof panel->title, "%s", title);
    const int used = snprintf(panel->note, sizeof panel->note, "%d number%s, full square: %.3g%s",
                              n, n == 1 ? "" : "s", panel->full, panel->cut ? " or more" : "");
    if (shown < n) {
        (void)snprintf(panel->note + used, sizeof panel->note - (size_t)used, "; the first %d",
                       shown);
    } else if (n <= VALUES_TOLD) {
        panel->width = fmax(panel->width, VALUE_WIDTH * n);
        tell_values(panel, x, n);
    }
    return PV_OK;
}
