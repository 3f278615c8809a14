/* groups.h: the learning curves of many runs, those of the same recipe but for the seed together.
 */
#ifndef PAVLOV_CLI_GROUPS_H
#define PAVLOV_CLI_GROUPS_H

#include "pavlov/status.h"

/* what one run has reached: a row per finished training episode of agent 0 */
typedef struct pv_curve {
    char *dir;
    size_t n;
    double *step;           /* [n] at which it ended */
    double *episode_return; /* [n] */
    double seconds;         /* of training */
} pv_curve;

/* runs of one agent in one world with the same settings */
typedef struct pv_group {
    char *agent, *world;
    char *settings;  /* "alpha=0.2": what differs between groups of this agent and world, "" if
                        nothing */
    char *recipe;    /* every parameter; what makes runs alike */
    double solved;   /* the world's score, NaN: none */
    int by_episodes; /* 1: bounded by episodes, not by steps */
    pv_curve *curves;
    int n;
} pv_group;

typedef struct pv_groups {
    pv_group *group;
    int n;
} pv_groups;

/* Reads the runs at or below each path. Free with pv_groups_free. */
pv_status pv_groups_read(pv_groups *groups, const char *const *paths, int n);
void pv_groups_free(pv_groups *groups);

/* Returns the mean return of a curve's last `window` episodes (of all, if fewer); NaN if it has
 * none. */
double pv_curve_final(const pv_curve *curve, size_t window);

/* Returns the area under the curve of return over steps, divided by the steps: every episode's
   return weighted by its length; NaN if it has none. */
double pv_curve_area(const pv_curve *curve);

/* Returns the step at which the mean of the last 100 episodes first reached `threshold`; NaN:
 * never. */
double pv_curve_reached(const pv_curve *curve, double threshold);

#endif
