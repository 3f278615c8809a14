/* net_panels.h: the panels of a network's picture: matrices and rows of numbers as Hinton diagrams
   (net_hinton.c), filters, feature maps and frames as tiles (net_tiles.c). */
#ifndef PAVLOV_MEDIA_NET_PANELS_H
#define PAVLOV_MEDIA_NET_PANELS_H

#include "media/net_picture.h"
#include "media/sheet.h"

/* A matrix [in][out], the longer side across, and `bias` [out] apart (NULL: none). Large ones are
   reduced, which the note says. `words` tells what the sides are: "inputs", "units". */
pv_status pv_panel_matrix(pv_sheet *sheet, const char *title, const float *weight, int in, int out,
                          const float *bias, const char *const words[2]);

/* n numbers in lines of 64, with their values in the note where there are few. */
pv_status pv_panel_row(pv_sheet *sheet, const char *title, const float *x, int n);

/* Filters [kh][kw][channels][filters], a column for each, a row for each channel; three channels as
   colour. Many are shown in several panels. */
pv_status pv_panel_filters(pv_sheet *sheet, const char *title, const float *weight,
                           const int shape[4], int frames);

/* Feature maps [height][width][maps] of a layer. */
pv_status pv_panel_maps(pv_sheet *sheet, const char *title, const float *x, const int shape[3]);

/* An observation as a network sees it, a tile for each channel. */
pv_status pv_panel_observation(pv_sheet *sheet, const pv_net_view *view);

/* The world's picture. */
pv_status pv_panel_frame(pv_sheet *sheet, const char *title, const pv_canvas *frame);

#endif
