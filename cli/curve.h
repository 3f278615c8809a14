/* curve.h: the learning curve of one run: read from the tables of its folder, or from the one small
   table curve.csv that `pavlov keep` makes of them. */
#ifndef PAVLOV_CLI_CURVE_H
#define PAVLOV_CLI_CURVE_H

#include "cli/run.h"

/* what one run has told: a row per finished training episode of agent 0, or per report of metrics;
   in a kept run a row may stand for several episodes and holds their mean */
typedef struct pv_curve {
    char *dir;
    size_t n;
    double *step;           /* [n] at which it was told */
    double *episode;        /* [n] how many had ended by then */
    double *value;          /* [n] */
    double *weight;         /* [n] episodes that the value is the mean of; 1 for metrics */
    double steps, episodes; /* how far the run has come */
    double seconds;         /* of training */
} pv_curve;

/* Reads "return", "length", "episodes" (how many have ended), "evaluation" (the mean returns of
   --eval-every) or a metric of a run. Free with
   pv_curve_free; on failure nothing needs to be freed. */
pv_status pv_curve_read(pv_curve *curve, const pv_run *run, const char *y);
void pv_curve_free(pv_curve *curve);

/* Returns 1 if y is told by every finished episode, 0 if it is a metric. */
int pv_curve_of_episodes(const char *y);

/* Joins rows to about `points`, each the mean of the same number of episodes, but so that the last
   100 episodes are the whole of the last rows. */
void pv_curve_thin(pv_curve *curve, size_t points);

/* Returns the mean of a curve's last `window` rows (of all, if fewer); NaN if it has none. Rows
   that stand for several episodes count as so many. */
double pv_curve_final(const pv_curve *curve, size_t window);

/* Returns the area under the curve over steps, divided by the steps: every episode's return
   weighted by its length; NaN if it has none. */
double pv_curve_area(const pv_curve *curve);

/* Returns the step at which the mean of the last 100 episodes first reached `threshold`; NaN:
   never. */
double pv_curve_reached(const pv_curve *curve, double threshold);

#endif
