/* csv.h: reading the comma-separated tables of the run folder. (Writing them is pv_append_print.)
 */
#ifndef PAVLOV_CORE_CSV_H
#define PAVLOV_CORE_CSV_H

#include "pavlov/status.h"

typedef struct pv_csv {
    int columns;
    size_t rows;
    char **name;  /* [columns] from the first line */
    char **cells; /* [rows][columns], pointing into `text` */
    char *text;   /* the file, cut up */
    char *path;   /* for messages */
} pv_csv;

/* Reads a table with a line of names on top. A row with another number of cells is an error that
   names its line; `"a,b"` quoting is understood, but a cell ends with its line, so that row r
   stands on line r + 2. On failure nothing needs to be freed. */
pv_status pv_csv_read(pv_csv *csv, const char *path);
void pv_csv_free(pv_csv *csv);

/* Returns the column of that name, -1 if there is none. */
int pv_csv_column(const pv_csv *csv, const char *name);

static inline const char *pv_csv_cell(const pv_csv *csv, size_t row, int column)
{
    return csv->cells[row * (size_t)csv->columns + (size_t)column];
}

/* Reads a whole column as numbers ("nan" and "inf" are some) into out[rows]; a cell that is none is
   an error that names its line. */
pv_status pv_csv_numbers(const pv_csv *csv, int column, double *out);

#endif
