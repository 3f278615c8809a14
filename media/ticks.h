/* ticks.h: where an axis is marked, and what is written there. */
#ifndef PAVLOV_MEDIA_TICKS_H
#define PAVLOV_MEDIA_TICKS_H

enum { PV_TICKS_MAX = 24, PV_MINOR_TICKS_MAX = 128 };

typedef struct pv_ticks {
    int n;
    double at[PV_TICKS_MAX];
    char label[PV_TICKS_MAX][24]; /* "0.5", "−20", "100k", "1.5M"; UTF-8 */
    int n_minor;                  /* unlabelled, between them; logarithmic axes only */
    double minor[PV_MINOR_TICKS_MAX];
} pv_ticks;

/* Finds about `about` (2..10) round numbers (1, 2 or 5 times a power of ten apart) in low..high;
   low < high, both finite. */
void pv_ticks_linear(pv_ticks *ticks, double low, double high, int about);

/* The same for a logarithmic axis: powers of ten, with their doubles and fives where the axis is
   short; 0 < low < high. */
void pv_ticks_log(pv_ticks *ticks, double low, double high, int about);

#endif
