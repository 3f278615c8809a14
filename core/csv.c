/* csv.c: tables read in one go: the file is kept as one text, cut into cells where it lies. */
#include "core/csv.h"

#include "core/file.h"
#include "core/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

typedef struct cell_list {
    char **cell;
    size_t n, capacity;
} cell_list;

/* Cuts off the cell at *at, which begins with a quote, and moves on. Returns what ended it: ',',
   '\n', or '\0' at the end of the file; '"' if the quote is not closed or not by the cell's end. */
static char cut_quoted(char **at)
{
    char *out = *at;
    char *in = *at + 1;
    for (;;) {
        if (*in == '\0' || *in == '\n') {
            return '"';
        }
        if (*in == '"') {
            in++;
            if (*in != '"') {
                break;
            }
        }
        *out++ = *in++;
    }
    if (in[0] == '\r' && in[1] == '\n') {
        in++;
    }
    const char end = *in;
    *out = '\0';
    *at = end ? in + 1 : in;
    return end == ',' || end == '\n' || end == '\0' ? end : '"';
}

/* cut_quoted for a cell without quotes */
static char cut_bare(char **at)
{
    char *in = *at + strcspn(*at, ",\n");
    const char end = *in;
    *in = '\0';
    if (end != ',' && in > *at && in[-1] == '\r') {
        in[-1] = '\0';
    }
    *at = end ? in + 1 : in;
    return end;
}

/* Adds the cells of one line to the list and moves on to the next. */
static pv_status read_line(cell_list *list, char **at, const char *path, size_t line)
{
    char end;
    do {
        if (list->n == list->capacity) {
            const size_t capacity = list->capacity ? list->capacity * 2 : 64;
            char **grown = pv_realloc(list->cell, capacity * sizeof *grown);
            if (!grown) {
                return PV_ERROR_MEMORY;
            }
            list->cell = grown;
            list->capacity = capacity;
        }
        list->cell[list->n++] = *at;
        end = **at == '"' ? cut_quoted(at) : cut_bare(at);
        if (end == '"') {
            return pv_fail(PV_ERROR_FORMAT,
                           "%s line %zu: a quoted cell must end with a quote and then a comma or "
                           "the line",
                           path, line);
        }
    } while (end == ',');
    return PV_OK;
}

/* Cuts csv->text up. */
static pv_status read_table(pv_csv *csv, const char *path)
{
    char *at = csv->text;
    cell_list list = {0};
    pv_status status = read_line(&list, &at, path, 1);
    csv->name = list.cell;
    csv->columns = (int)list.n;
    list = (cell_list){0};
    while (*at && status == PV_OK) {
        const size_t before = list.n;
        const size_t line = csv->rows + 2;
        status = read_line(&list, &at, path, line);
        if (status == PV_OK && list.n - before != (size_t)csv->columns) {
            status = pv_fail(PV_ERROR_FORMAT,
                             "%s line %zu: the number of cells is %zu; the first line names %d",
                             path, line, list.n - before, csv->columns);
        }
        csv->rows++;
    }
    csv->cells = list.cell;
    return status;
}

pv_status pv_csv_read(pv_csv *csv, const char *path)
{
    size_t size;
    *csv = (pv_csv){0};
    pv_status status = pv_file_read(path, &csv->text, &size);
    if (status != PV_OK) {
        csv->text = NULL;
        return status;
    }
    csv->path = pv_copy_text(path);
    if (!csv->path) {
        status = PV_ERROR_MEMORY;
    } else if (size == 0) {
        status = pv_fail(PV_ERROR_FORMAT, "%s is empty; a table begins with a line of names", path);
    } else if (strlen(csv->text) < size) {
        status = pv_fail(PV_ERROR_FORMAT, "%s is no table: it holds a zero byte", path);
    } else {
        status = read_table(csv, path);
    }
    if (status != PV_OK) {
        pv_csv_free(csv);
    }
    return status;
}

void pv_csv_free(pv_csv *csv)
{
    pv_free(csv->name);
    pv_free(csv->cells);
    pv_free(csv->text);
    pv_free(csv->path);
    *csv = (pv_csv){0};
}

int pv_csv_column(const pv_csv *csv, const char *name)
{
    for (int i = 0; i < csv->columns; i++) {
        if (strcmp(csv->name[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

pv_status pv_csv_numbers(const pv_csv *csv, int column, double *out)
{
    assert(column >= 0 && column < csv->columns);
    for (size_t row = 0; row < csv->rows; row++) {
        const char *cell = pv_csv_cell(csv, row, column);
        char *end;
        out[row] = strtod(cell, &end);
        if (end == cell || *end != '\0') {
            return pv_fail(PV_ERROR_FORMAT, "%s line %zu: \"%.40s\" in column %s is not a number",
                           csv->path, row + 2, cell, csv->name[column]);
        }
    }
    return PV_OK;
}
