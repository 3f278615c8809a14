/* net_picture.h: a network as a picture: its weights as Hinton diagrams (area by magnitude, black
   or white by sign: Hinton and Shallice 1991), the filters of its first convolutions, and what its
   layers make of one observation. */
#ifndef PAVLOV_MEDIA_NET_PICTURE_H
#define PAVLOV_MEDIA_NET_PICTURE_H

#include "nets/pass.h"
#include "pavlov/draw.h"

/* what is shown; PV_SHOW_ALL is the first filters and the activations where there are convolutions,
   and Hinton diagrams of the other weights */
typedef enum pv_show { PV_SHOW_ALL, PV_SHOW_HINTON, PV_SHOW_FILTERS, PV_SHOW_ACTIVATIONS } pv_show;

/* an input, as a person sees it */
typedef struct pv_net_view {
    int frames;      /* stacked along the last axis, the oldest first; 1: one */
    const void *obs; /* the observation of which the activations are; NULL: none */
    pv_net_input input;
} pv_net_view;

typedef struct pv_net_picture {
    const pv_net *net;
    pv_show show;
    const char *layer; /* only layers of this name ("conv1", or "policy" for all of a head); NULL:
                          all */
    const pv_net_view *view; /* [n_inputs] of the net */
    const pv_pass *pass;     /* of one row, forwarded on the observations; NULL: no activations */
    const pv_canvas *frame;  /* the world's own picture beside the activations; NULL: none */
    const char *title, *note;
    const char *moment; /* when the observation was made: "after 100 decisions"; NULL: none */
} pv_net_picture;

/* Fails unless a picture can be written to a file of this name: by this build, with this ending. */
pv_status pv_net_picture_check(const char *path);

/* Draws it to a file; the ending chooses .svg, .png (2 pixels a point) or .pdf. A layer that the
   net does not have, or that has nothing to show, is an error that says what there is. */
pv_status pv_net_picture_write(const pv_net_picture *picture, const char *path);

#endif
