/* lines.h: the lines of a figure, from the groups of runs: over time, every curve brought onto
   common points, or over a setting, a point for each group; mean and interval over the runs. */
#ifndef PAVLOV_CLI_LINES_H
#define PAVLOV_CLI_LINES_H

#include "cli/groups.h"
#include "media/plot.h"

typedef struct pv_lines_config {
    int by_episodes;  /* x counts episodes, not steps */
    size_t window;    /* rows of a curve that a point averages */
    int members;      /* 1: thin lines of single runs */
    double low, high; /* what becomes 0 and 100; NaN: values stay as they are */
} pv_lines_config;

typedef struct pv_lines {
    pv_plot_series *series; /* [n] their labels and numbers owned here */
    int n;
} pv_lines;

/* Makes a line of every group: the mean of the last `window` rows at each point. */
pv_status pv_lines_over_time(pv_lines *lines, const pv_groups *groups,
                             const pv_lines_config *config);

/* Makes a line of every set of groups that differ in what they were read `against`: x is that
   setting, y the mean of all rows of a run. */
pv_status pv_lines_over_setting(pv_lines *lines, const pv_groups *groups,
                                const pv_lines_config *config);

/* Adds a dashed line at y, as long as the others. */
pv_status pv_lines_add_level(pv_lines *lines, double y, const char *label);

void pv_lines_free(pv_lines *lines);

/* Returns 1 if all groups are of one world. */
int pv_groups_same_world(const pv_groups *groups);

#endif
