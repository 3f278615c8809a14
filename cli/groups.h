/* groups.h: the learning curves of many runs, those of the same recipe but for the seed together.
 */
#ifndef PAVLOV_CLI_GROUPS_H
#define PAVLOV_CLI_GROUPS_H

#include "pavlov/status.h"

/* what is read of every run */
typedef struct pv_reading {
    const char *y;       /* "return", "length", "episodes" (how many have ended) or the name of a
                            metric; NULL: return */
    const char *against; /* a number among the agent's settings, which then tells no groups of a
                            line apart; NULL: none */
} pv_reading;

/* what one run has told: a row per finished training episode of agent 0, or per report of metrics
 */
typedef struct pv_curve {
    char *dir;
    size_t n;
    double *step;           /* [n] at which it was told */
    double *episode;        /* [n] how many had ended by then */
    double *value;          /* [n] */
    double steps, episodes; /* how far the run has come */
    double seconds;         /* of training */
} pv_curve;

/* runs of one agent in one world with the same settings */
typedef struct pv_group {
    char *agent, *world;
    char *settings;  /* "alpha=0.2": what differs between groups of this agent and world, "" if
                        nothing */
    char *recipe;    /* every parameter but `against` */
    double at;       /* the value of `against`; NaN: none */
    int family;      /* number of the first group read of this agent and world */
    double solved;   /* the world's score, NaN: none */
    int by_episodes; /* 1: bounded by episodes, not by steps */
    pv_curve *curves;
    int n;
} pv_group;

typedef struct pv_groups {
    pv_group *group;
    int n;
} pv_groups;

/* Reads the runs at or below each path. Groups stand in the order of the paths, those of one agent
   and world together and in rising order of their settings. Free with pv_groups_free. */
pv_status pv_groups_read(pv_groups *groups, const pv_reading *reading, const char *const *paths,
                         int n);
void pv_groups_free(pv_groups *groups);

/* Returns 1 if two groups differ in nothing but `against`. */
int pv_group_continues(const pv_group *a, const pv_group *b);

/* Returns the mean of a curve's last `window` rows (of all, if fewer); NaN if it has none. */
double pv_curve_final(const pv_curve *curve, size_t window);

/* Returns the area under the curve over steps, divided by the steps: every episode's return
   weighted by its length; NaN if it has none. */
double pv_curve_area(const pv_curve *curve);

/* Returns the step at which the mean of the last 100 episodes first reached `threshold`; NaN:
 * never. */
double pv_curve_reached(const pv_curve *curve, double threshold);

#endif
