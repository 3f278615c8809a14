/* schedule.h: a number that changes with time: epsilon, temperature, learning rate.

   Written as text, so that people can type it:
     0.1                    constant
     linear:1:0.05:10000    from 1 to 0.05 over 10000 steps, constant afterwards
     exp:1:0.05:10000       1 * (0.05/1)^(step/10000), at least 0.05 (at most, if rising)
     1/k                    one over the count k, the first being 1
     0.5/k^0.7              0.5 over k to the power 0.7 (the sums of Robbins and Monro need 1/2 < p
   <= 1) */
#ifndef PAVLOV_CORE_SCHEDULE_H
#define PAVLOV_CORE_SCHEDULE_H

#include "pavlov/status.h"

typedef enum pv_schedule_kind {
    PV_SCHEDULE_CONSTANT,
    PV_SCHEDULE_LINEAR,
    PV_SCHEDULE_EXPONENTIAL,
    PV_SCHEDULE_COUNT /* initial / k^power */
} pv_schedule_kind;

typedef struct pv_schedule {
    pv_schedule_kind kind;
    double initial, final;
    double steps; /* how long from initial to final */
    double power;
} pv_schedule;

/* Reads a schedule from text. `what` names it in the message of a failure; every value it can take
   must lie in low..high. */
pv_status pv_schedule_parse(pv_schedule *schedule, const char *what, const char *text, double low,
                            double high);

/* Returns its value at `step` (0 first); `count` (1 first) is what the 1/k kinds divide by. */
double pv_schedule_at(const pv_schedule *schedule, uint64_t step, uint64_t count);

#endif
