/* number.c: the shortest text of a number, found by trying: 17 digits always suffice (IEEE 754). */
#include "core/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void pv_number_text(double value, char *text)
{
    if (fabs(value) < 1e15 && value == floor(value)) {
        (void)snprintf(text, PV_NUMBER_SIZE, "%.0f", value); /* 100000, not 1e+05 */
        return;
    }
    if (isnan(value)) {
        (void)snprintf(text, PV_NUMBER_SIZE, "nan"); /* printf shows the sign of some */
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        (void)snprintf(text, PV_NUMBER_SIZE, "%.*g", digits, value);
        if (strtod(text, NULL) == value) {
            return;
        }
    }
}

int pv_number_read(const char *text, double *value)
{
    char *end;
    const double number = strtod(text, &end);
    if (end == text || *end != '\0' || isnan(number)) {
        return -1;
    }
    *value = number;
    return 0;
}
