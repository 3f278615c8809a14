/* overlay.h: what is drawn over a world's picture: a line of text, and the values and greedy
   actions of a tabular agent. */
#ifndef PAVLOV_MEDIA_OVERLAY_H
#define PAVLOV_MEDIA_OVERLAY_H

#include "agents/agent.h"
#include "pavlov/draw.h"

/* Writes a line of ASCII text in the top left corner on a dark strip: "step 12  return -12". */
void pv_overlay_text(const pv_canvas *canvas, const char *text);

/* Tints every cell of lane's picture by the value the agent gives its state and draws an arrow for
   each greedy action (direction from the keys that do it); states whose actions are all alike, as
   those never met, are left as they are. The canvas is the world's picture or that picture enlarged
   by a whole number. Worlds without `locate` and agents without values are left as they are and
   PV_ERROR_FIT is returned. */
pv_status pv_overlay_values(const pv_canvas *canvas, const pv_vector *vector, int lane,
                            pv_agent *agent);

#endif
