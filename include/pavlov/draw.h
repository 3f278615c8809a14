/* draw.h: a few shapes into an RGB picture, header-only, for the render() of a world.

   Colours are 0xRRGGBB, coordinates pixels from the top left corner; whatever lies outside the
   picture is cut off. Includes nothing of ours, so a plugin author may copy it. */
#ifndef PAVLOV_DRAW_H
#define PAVLOV_DRAW_H

#include <stddef.h>
#include <stdint.h>

typedef struct pv_canvas {
    uint8_t *rgb;  /* [height][stride] */
    size_t stride; /* bytes from one line to the next */
    int width, height;
} pv_canvas;

static inline void pv_paint_pixel(const pv_canvas *canvas, int x, int y, uint32_t colour)
{
    if (x >= 0 && y >= 0 && x < canvas->width && y < canvas->height) {
        uint8_t *p = canvas->rgb + (size_t)y * canvas->stride + (size_t)x * 3u;
        p[0] = (uint8_t)(colour >> 16);
        p[1] = (uint8_t)(colour >> 8);
        p[2] = (uint8_t)colour;
    }
}

/* A filled rectangle. */
static inline void pv_paint_rect(const pv_canvas *canvas, int x, int y, int width, int height,
                                 uint32_t colour)
{
    for (int row = y; row < y + height; row++) {
        for (int column = x; column < x + width; column++) {
            pv_paint_pixel(canvas, column, row, colour);
        }
    }
}

#endif
