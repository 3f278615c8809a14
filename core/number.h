/* number.h: numbers as people write them. */
#ifndef PAVLOV_CORE_NUMBER_H
#define PAVLOV_CORE_NUMBER_H

/* the longest text of a number, its end included */
enum { PV_NUMBER_SIZE = 32 };

/* Writes into text[PV_NUMBER_SIZE] the decimal text with the fewest digits that reads back as
   `value`: 0.1, 100000, 1e-08, nan, -inf. */
void pv_number_text(double value, char *text);

/* Reads a number that is the whole of `text`. Returns 0, or -1 where it is none (NaN is none). */
int pv_number_read(const char *text, double *value);

#endif
