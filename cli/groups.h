/* groups.h: the learning curves of many runs, those of the same recipe but for the seed together.
 */
#ifndef PAVLOV_CLI_GROUPS_H
#define PAVLOV_CLI_GROUPS_H

#include "cli/curve.h"

/* what is read of every run */
typedef struct pv_reading {
    const char *y;       /* "return", "length", "episodes" (how many have ended), "evaluation"
                            or the name of a metric; NULL: return */
    const char *against; /* a number among the agent's settings, which then tells no groups of a
                            line apart; NULL: none */
} pv_reading;

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

#endif
