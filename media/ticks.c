/* Round numbers for an axis, 1, 2 or 5 times a power of ten apart, and how they are written:
   thousands as k, millions as M, with a true minus sign. */
#include "media/ticks.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MINUS "\xE2\x88\x92"

static const double UNITS_FROM = 1e4; /* an axis that stays below writes its thousands out */
static const double UNITS_UNTIL = 1e15;
static const double SMALLEST_PLAIN = 1e-5;

/* Copies a number that printf wrote: a true minus, "1e6" for "1e+06". */
static void tidy(char *label, size_t size, const char *text)
{
    const int negative = text[0] == '-';
    const char *digits = text + negative;
    const char *e = strchr(digits, 'e');
    const int mantissa = (int)(e ? (size_t)(e - digits) : strlen(digits));
    int exponent = 0;
    if (e) {
        sscanf(e + 1, "%d", &exponent);
    }
    if (exponent == 0) {
        snprintf(label, size, "%s%.*s", negative ? MINUS : "", mantissa, digits);
    } else {
        snprintf(label, size, "%s%.*se%s%d", negative ? MINUS : "", mantissa, digits,
                 exponent < 0 ? MINUS : "", exponent < 0 ? -exponent : exponent);
    }
}

/* Digits behind the point that tell multiples of step apart. */
static int decimals_of(double step)
{
    int n = 0;
    while (n < 9 && fabs(step - round(step)) > 1e-6 * step) {
        step *= 10.0;
        n++;
    }
    return n;
}

/* Writes a multiple of `step` on an axis whose largest number is `largest`. */
static void write_label(char *label, size_t size, double value, double step, double largest)
{
    static const struct {
        double factor;
        const char *name;
    } units[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}};
    char text[64];
    if (fabs(value) < 0.5 * step) {
        snprintf(label, size, "0");
        return;
    }
    if (largest >= UNITS_UNTIL || step < SMALLEST_PLAIN) {
        snprintf(text, sizeof text, "%.6g", value);
        tidy(label, size, text);
        return;
    }
    if (largest < UNITS_FROM) {
        snprintf(text, sizeof text, "%.*f", decimals_of(step), value);
        tidy(label, size, text);
        return;
    }
    int i = 0;
    while (i < 3 && fabs(value) < units[i].factor * 0.999999) {
        i++;
    }
    const double factor = fabs(value) < 999.999 ? 1.0 : units[i].factor;
    /* each label as short as it can be: 500k, 1M, 1.5M */
    snprintf(text, sizeof text, "%.12g", value / factor);
    tidy(label, size - 1u, text);
    strcat(label, factor > 1.0 ? units[i].name : "");
}

void pv_ticks_linear(pv_ticks *ticks, double low, double high, int about)
{
    const double raw = high / about - low / about;
    const double power = pow(10.0, floor(log10(raw)));
    const double part = raw / power;
    const double step = power * (part < 1.5 ? 1.0 : part < 3.5 ? 2.0 : part < 7.5 ? 5.0 : 10.0);
    const double first = ceil(low / step - 1e-6);
    const double largest = fmax(fabs(low), fabs(high));
    ticks->n = 0;
    ticks->n_minor = 0;
    for (int i = 0; i < PV_TICKS_MAX && (first + i) <= high / step + 1e-6; i++) {
        const double at = (first + i) * step;
        ticks->at[i] = fmin(fmax(at, low), high);
        write_label(ticks->label[i], sizeof ticks->label[i], at, step, largest);
        ticks->n++;
    }
}

static void add_log_tick(pv_ticks *ticks, double value, double high, int labelled)
{
    if (labelled && ticks->n < PV_TICKS_MAX) {
        ticks->at[ticks->n] = value;
        write_label(ticks->label[ticks->n], sizeof ticks->label[0], value, value, high);
        ticks->n++;
    } else if (!labelled && ticks->n_minor < PV_MINOR_TICKS_MAX) {
        ticks->minor[ticks->n_minor++] = value;
    }
}

void pv_ticks_log(pv_ticks *ticks, double low, double high, int about)
{
    const int first = (int)floor(log10(low));
    const int last = (int)ceil(log10(high));
    const double decades = log10(high / low);
    const int every = (int)ceil(decades / about);
    const int with_doubles = decades * 3.0 <= about + 3.5; /* 1, 2, 5 of each decade */
    if (decades < 0.7) {
        pv_ticks_linear(ticks, low, high, about);
        return;
    }
    ticks->n = 0;
    ticks->n_minor = 0;
    for (int exponent = first; exponent <= last; exponent++) {
        for (int digit = 1; digit <= 9; digit++) {
            const double value =
                exponent < 0 ? digit / pow(10.0, -exponent) : digit * pow(10.0, exponent);
            if (value < low * (1.0 - 1e-9) || value > high * (1.0 + 1e-9)) {
                continue;
            }
            const int labelled =
                digit == 1 ? exponent % every == 0 : with_doubles && (digit == 2 || digit == 5);
            if (labelled || every == 1) {
                add_log_tick(ticks, value, high, labelled);
            }
        }
    }
}
