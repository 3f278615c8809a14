/* schedule.c: numbers that change with time, read from text. A schedule is monotone, so that its
   first and last values are all that its bounds must hold against. */
#include "core/schedule.h"

#include "core/memory.h"
#include "core/number.h"
#include "core/params.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* reads "FROM:TO:STEPS" */
static int read_ramp(const char *text, pv_schedule *schedule)
{
    double *const parts[3] = {&schedule->initial, &schedule->final, &schedule->steps};
    for (int i = 0; i < 3; i++) {
        char part[64];
        const size_t length = strcspn(text, ":");
        if (length >= sizeof part || (text[length] == ':') != (i < 2)) {
            return -1;
        }
        memcpy(part, text, length);
        part[length] = '\0';
        if (pv_number_read(part, parts[i]) != 0) {
            return -1;
        }
        text += length + (i < 2);
    }
    return isfinite(schedule->steps) && schedule->steps > 0.0 ? 0 : -1;
}

/* reads "C/k" or "C/k^POWER" */
static int read_count(const char *text, pv_schedule *schedule)
{
    char part[64];
    const size_t length = strcspn(text, "/");
    if (length >= sizeof part || strncmp(text + length, "/k", 2) != 0) {
        return -1;
    }
    memcpy(part, text, length);
    part[length] = '\0';
    text += length + 2;
    schedule->power = 1.0;
    if (pv_number_read(part, &schedule->initial) != 0 ||
        (*text && (*text != '^' || pv_number_read(text + 1, &schedule->power) != 0))) {
        return -1;
    }
    return isfinite(schedule->power) && schedule->power > 0.0 ? 0 : -1;
}

static int read_kind(const char *text, pv_schedule *schedule)
{
    *schedule = (pv_schedule){.kind = PV_SCHEDULE_CONSTANT};
    if (strncmp(text, "linear:", 7) == 0) {
        schedule->kind = PV_SCHEDULE_LINEAR;
        return read_ramp(text + 7, schedule);
    }
    if (strncmp(text, "exp:", 4) == 0) {
        schedule->kind = PV_SCHEDULE_EXPONENTIAL;
        return read_ramp(text + 4, schedule);
    }
    if (strchr(text, '/')) {
        schedule->kind = PV_SCHEDULE_COUNT; /* its final value is the 0 it falls towards */
        return read_count(text, schedule);
    }
    const int status = pv_number_read(text, &schedule->initial);
    schedule->final = schedule->initial;
    return status;
}

static pv_status fail_bounds(const char *what, const char *text, double value, double low,
                             double high)
{
    const pv_param bounds = {.low = low, .high = high};
    char *range = pv_param_range_text(&bounds);
    char number[PV_NUMBER_SIZE];
    pv_number_text(value, number);
    if (range) {
        (void)pv_fail(PV_ERROR_ARGUMENT, "%s=%s reaches %s, which is out of bounds; it takes %s",
                      what, text, number, range);
    }
    pv_free(range);
    return pv_last_status();
}

pv_status pv_schedule_parse(pv_schedule *schedule, const char *what, const char *text, double low,
                            double high)
{
    pv_schedule read;
    if (read_kind(text, &read) != 0) {
        return pv_fail(PV_ERROR_ARGUMENT,
                       "%s=%s is no schedule; write a number, linear:FROM:TO:STEPS, "
                       "exp:FROM:TO:STEPS, C/k or C/k^POWER",
                       what, text);
    }
    const double ends[2] = {read.initial, read.final};
    for (int i = 0; i < 2; i++) {
        if (ends[i] < low || ends[i] > high || !isfinite(ends[i])) {
            return fail_bounds(what, text, ends[i], low, high);
        }
    }
    if (read.kind == PV_SCHEDULE_EXPONENTIAL && !(read.initial > 0.0 && read.final > 0.0)) {
        return pv_fail(PV_ERROR_ARGUMENT, "%s=%s must begin and end above 0; linear: may reach 0",
                       what, text);
    }
    *schedule = read;
    return PV_OK;
}

double pv_schedule_at(const pv_schedule *schedule, uint64_t step, uint64_t count)
{
    const double initial = schedule->initial;
    const double final = schedule->final;
    switch (schedule->kind) {
    case PV_SCHEDULE_CONSTANT:
        return initial;
    case PV_SCHEDULE_LINEAR:
        return (double)step >= schedule->steps
                   ? final
                   : initial + (final - initial) * ((double)step / schedule->steps);
    case PV_SCHEDULE_EXPONENTIAL:
        return (double)step >= schedule->steps
                   ? final
                   : initial * pow(final / initial, (double)step / schedule->steps);
    case PV_SCHEDULE_COUNT:
        assert(count > 0);
        return schedule->power == 1.0 ? initial / (double)count
                                      : initial / pow((double)count, schedule->power);
    }
    assert(0);
    return initial;
}
