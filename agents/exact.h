/* exact.h: what a given policy is truly worth, where the world tells how it works: the yardstick of
   prediction. */
#ifndef PAVLOV_AGENTS_EXACT_H
#define PAVLOV_AGENTS_EXACT_H

#include "agents/given.h"

/* more states than this are not solved for: the cost grows with the cube of their number */
enum { PV_EXACT_MAX = 500 };

typedef struct pv_exact {
    size_t n;      /* states in which the policy may have to act; 0: values are not known */
    size_t *state; /* [n] */
    double *value; /* [n] */
} pv_exact;

/* Solves for the values of the states that the policy can reach from the start. Where a world has
   no table of outcomes, does not observe its states as they are, has too many of them, or where the
   values are not finite, none are known; that is no failure. */
pv_status pv_exact_init(pv_exact *exact, const pv_world *world, const pv_given *given,
                        double gamma);
void pv_exact_free(pv_exact *exact);

/* Returns the root of the mean squared error of value[states], each known state counting the same;
   NaN where none is known. */
double pv_exact_error(const pv_exact *exact, const double *value);

#endif
