/* overlay.h: what is drawn on a world's picture: a line of text below it, and the values and greedy
   actions of a tabular agent over it. */
#ifndef PAVLOV_MEDIA_OVERLAY_H
#define PAVLOV_MEDIA_OVERLAY_H

#include "agents/agent.h"
#include "pavlov/draw.h"

/* Returns the height of the strip that pv_overlay_caption wants below a picture so wide. */
int pv_caption_height(int width);

/* Fills a strip with dark and writes a line of ASCII text on it: "step 12  return -12". */
void pv_overlay_caption(const pv_canvas *strip, const char *text);

/* Tints every cell of lane's picture by the value the agent gives its state and draws an arrow for
   each greedy action (direction from the keys that do it); states whose actions are all alike, as
   those never met, are left as they are. The canvas is the world's picture or that picture enlarged
   by a whole number. Worlds without `locate` and agents without values are left as they are and
   PV_ERROR_FIT is returned. */
pv_status pv_overlay_values(const pv_canvas *canvas, const pv_vector *vector, int lane,
                            pv_agent *agent);

#endif
