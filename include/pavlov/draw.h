/* draw.h: shapes and text into an RGB picture, header-only, for the render() of a world.

   Colours are 0xRRGGBB. Coordinates are pixels from the top left corner: pixel (x, y) covers
   x..x+1, y..y+1, so its centre is (x + 0.5, y + 0.5). Whatever lies outside the picture is cut
   off. Rectangles and text take whole pixels; the other shapes take fractions and have smooth
   edges: a pixel is covered by how deep its centre lies inside the shape. Each shape has a twin
   _blend whose `opacity` (0 to 1) lets what is below shine through. Same arguments, same bytes,
   everywhere. Includes nothing of ours, so a plugin author may copy it (link with -lm). */
#ifndef PAVLOV_DRAW_H
#define PAVLOV_DRAW_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pv_canvas {
    uint8_t *rgb;  /* [height][stride] */
    size_t stride; /* bytes from one line to the next */
    int width, height;
} pv_canvas;

/* --- colours and pixels --- */

/* The colour a fraction t (0 to 1) of the way from `from` to `to`. */
static inline uint32_t pv_paint_mix(uint32_t from, uint32_t to, double t)
{
    const uint32_t b = t > 0.0 ? (t < 1.0 ? (uint32_t)(t * 256.0 + 0.5) : 256u) : 0u;
    const uint32_t a = 256u - b;
    const uint32_t red = ((from >> 16 & 255u) * a + (to >> 16 & 255u) * b + 128u) >> 8;
    const uint32_t green = ((from >> 8 & 255u) * a + (to >> 8 & 255u) * b + 128u) >> 8;
    const uint32_t blue = ((from & 255u) * a + (to & 255u) * b + 128u) >> 8;
    return red << 16 | green << 8 | blue;
}

static inline void pv_paint_pixel(const pv_canvas *canvas, int x, int y, uint32_t colour)
{
    if (x >= 0 && y >= 0 && x < canvas->width && y < canvas->height) {
        uint8_t *p = canvas->rgb + (size_t)y * canvas->stride + (size_t)x * 3u;
        p[0] = (uint8_t)(colour >> 16);
        p[1] = (uint8_t)(colour >> 8);
        p[2] = (uint8_t)colour;
    }
}

static inline void pv_paint_pixel_blend(const pv_canvas *canvas, int x, int y, uint32_t colour,
                                        double opacity)
{
    if (x >= 0 && y >= 0 && x < canvas->width && y < canvas->height && opacity > 0.0) {
        const uint8_t *p = canvas->rgb + (size_t)y * canvas->stride + (size_t)x * 3u;
        const uint32_t below = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        pv_paint_pixel(canvas, x, y, pv_paint_mix(below, colour, opacity));
    }
}

/* --- rectangles --- */

static inline void pv_paint_rect_blend(const pv_canvas *canvas, int x, int y, int width, int height,
                                       uint32_t colour, double opacity)
{
    const int64_t right = (int64_t)x + width < canvas->width ? (int64_t)x + width : canvas->width;
    const int64_t bottom =
        (int64_t)y + height < canvas->height ? (int64_t)y + height : canvas->height;
    for (int row = y > 0 ? y : 0; row < bottom; row++) {
        for (int column = x > 0 ? x : 0; column < right; column++) {
            if (opacity >= 1.0) {
                pv_paint_pixel(canvas, column, row, colour);
            } else {
                pv_paint_pixel_blend(canvas, column, row, colour, opacity);
            }
        }
    }
}

/* A filled rectangle. */
static inline void pv_paint_rect(const pv_canvas *canvas, int x, int y, int width, int height,
                                 uint32_t colour)
{
    pv_paint_rect_blend(canvas, x, y, width, height, colour, 1.0);
}

/* The whole picture. */
static inline void pv_paint_fill(const pv_canvas *canvas, uint32_t colour)
{
    pv_paint_rect(canvas, 0, 0, canvas->width, canvas->height, colour);
}

static inline void pv_paint_frame_blend(const pv_canvas *canvas, int x, int y, int width,
                                        int height, int thickness, uint32_t colour, double opacity)
{
    const int t = thickness;
    if (2 * t >= width || 2 * t >= height) {
        pv_paint_rect_blend(canvas, x, y, width, height, colour, opacity);
        return;
    }
    pv_paint_rect_blend(canvas, x, y, width, t, colour, opacity);
    pv_paint_rect_blend(canvas, x, y + height - t, width, t, colour, opacity);
    pv_paint_rect_blend(canvas, x, y + t, t, height - 2 * t, colour, opacity);
    pv_paint_rect_blend(canvas, x + width - t, y + t, t, height - 2 * t, colour, opacity);
}

/* The outline of a rectangle; `thickness` pixels inside its edge. */
static inline void pv_paint_frame(const pv_canvas *canvas, int x, int y, int width, int height,
                                  int thickness, uint32_t colour)
{
    pv_paint_frame_blend(canvas, x, y, width, height, thickness, colour, 1.0);
}

/* --- smooth shapes: each is a signed distance from (x, y) to its edge, negative inside --- */

typedef double pv_paint_distance(const double *shape, int n, double x, double y);

/* A pixel bound as an int in 0..limit; not-a-number gives 0. */
static inline int pv_paint_bound_(double v, int limit)
{
    return v > 0.0 ? (v < (double)limit ? (int)v : limit) : 0;
}

/* Paints where `distance` is below `grow`, within the box low..high (corners x, y). */
static inline void pv_paint_shape_(const pv_canvas *canvas, pv_paint_distance *distance,
                                   const double *shape, int n, double grow, const double *low,
                                   const double *high, uint32_t colour, double opacity)
{
    const int left = pv_paint_bound_(low[0] - 1.0, canvas->width);
    const int right = pv_paint_bound_(high[0] + 2.0, canvas->width);
    const int top = pv_paint_bound_(low[1] - 1.0, canvas->height);
    const int bottom = pv_paint_bound_(high[1] + 2.0, canvas->height);
    for (int y = top; y < bottom; y++) {
        for (int x = left; x < right; x++) {
            const double cover = 0.5 + grow - distance(shape, n, x + 0.5, y + 0.5);
            if (cover > 0.0) {
                pv_paint_pixel_blend(canvas, x, y, colour, cover < 1.0 ? cover * opacity : opacity);
            }
        }
    }
}

/* shape: centre x, y, middle radius, half thickness (a disc: radius 0) */
static inline double pv_paint_ring_distance_(const double *shape, int n, double x, double y)
{
    const double dx = x - shape[0];
    const double dy = y - shape[1];
    (void)n;
    return fabs(sqrt(dx * dx + dy * dy) - shape[2]) - shape[3];
}

static inline void pv_paint_disc_blend(const pv_canvas *canvas, double x, double y, double radius,
                                       uint32_t colour, double opacity)
{
    const double shape[4] = {x, y, 0.0, radius};
    const double low[2] = {x - radius, y - radius};
    const double high[2] = {x + radius, y + radius};
    pv_paint_shape_(canvas, pv_paint_ring_distance_, shape, 4, 0.0, low, high, colour, opacity);
}

/* A filled circle. */
static inline void pv_paint_disc(const pv_canvas *canvas, double x, double y, double radius,
                                 uint32_t colour)
{
    pv_paint_disc_blend(canvas, x, y, radius, colour, 1.0);
}

static inline void pv_paint_ring_blend(const pv_canvas *canvas, double x, double y, double radius,
                                       double thickness, uint32_t colour, double opacity)
{
    const double shape[4] = {x, y, radius - thickness / 2.0, thickness / 2.0};
    const double low[2] = {x - radius, y - radius};
    const double high[2] = {x + radius, y + radius};
    pv_paint_shape_(canvas, pv_paint_ring_distance_, shape, 4, 0.0, low, high, colour, opacity);
}

/* The outline of a circle of outer radius `radius`; `thickness` pixels inside its edge. */
static inline void pv_paint_ring(const pv_canvas *canvas, double x, double y, double radius,
                                 double thickness, uint32_t colour)
{
    pv_paint_ring_blend(canvas, x, y, radius, thickness, colour, 1.0);
}

/* shape: centre x, y, half width and half height without the rounding, radius of the corners */
static inline double pv_paint_tile_distance_(const double *shape, int n, double x, double y)
{
    const double dx = fabs(x - shape[0]) - shape[2];
    const double dy = fabs(y - shape[1]) - shape[3];
    const double outside_x = dx > 0.0 ? dx : 0.0;
    const double outside_y = dy > 0.0 ? dy : 0.0;
    const double inside = dx > dy ? dx : dy;
    (void)n;
    return sqrt(outside_x * outside_x + outside_y * outside_y) + (inside < 0.0 ? inside : 0.0) -
           shape[4];
}

static inline void pv_paint_tile_blend(const pv_canvas *canvas, double x, double y, double width,
                                       double height, double radius, uint32_t colour,
                                       double opacity)
{
    const double shape[5] = {x + width / 2.0, y + height / 2.0, width / 2.0 - radius,
                             height / 2.0 - radius, radius};
    const double low[2] = {x, y};
    const double high[2] = {x + width, y + height};
    pv_paint_shape_(canvas, pv_paint_tile_distance_, shape, 5, 0.0, low, high, colour, opacity);
}

/* A filled rectangle with round corners of the given radius (0: square ones). */
static inline void pv_paint_tile(const pv_canvas *canvas, double x, double y, double width,
                                 double height, double radius, uint32_t colour)
{
    pv_paint_tile_blend(canvas, x, y, width, height, radius, colour, 1.0);
}

/* The square of the distance from (x, y) to the line from a to b (corners x, y). */
static inline double pv_paint_segment_(const double *a, const double *b, double x, double y)
{
    const double dx = b[0] - a[0];
    const double dy = b[1] - a[1];
    const double length = dx * dx + dy * dy;
    double t = length > 0.0 ? ((x - a[0]) * dx + (y - a[1]) * dy) / length : 0.0;
    t = t < 0.0 ? 0.0 : t > 1.0 ? 1.0 : t;
    const double off_x = x - a[0] - t * dx;
    const double off_y = y - a[1] - t * dy;
    return off_x * off_x + off_y * off_y;
}

/* shape: [n][x, y] */
static inline double pv_paint_path_distance_(const double *shape, int n, double x, double y)
{
    double nearest = pv_paint_segment_(shape, shape, x, y);
    for (int i = 0; i + 1 < n; i++) {
        const double *a = shape + (size_t)i * 2u;
        const double d = pv_paint_segment_(a, a + 2, x, y);
        nearest = d < nearest ? d : nearest;
    }
    return sqrt(nearest);
}

/* The box around corners [n][x, y]. */
static inline void pv_paint_box_(const double *corners, int n, double margin, double *low,
                                 double *high)
{
    for (int k = 0; k < 2; k++) {
        low[k] = HUGE_VAL;
        high[k] = -HUGE_VAL;
        for (int i = k; i < 2 * n; i += 2) {
            low[k] = corners[i] - margin < low[k] ? corners[i] - margin : low[k];
            high[k] = corners[i] + margin > high[k] ? corners[i] + margin : high[k];
        }
    }
}

static inline void pv_paint_path_blend(const pv_canvas *canvas, const double *points, int n,
                                       double width, uint32_t colour, double opacity)
{
    double low[2];
    double high[2];
    pv_paint_box_(points, n, width / 2.0, low, high);
    pv_paint_shape_(canvas, pv_paint_path_distance_, points, n, width / 2.0, low, high, colour,
                    opacity);
}

/* A line through points [n][x, y], of the given width, with round ends and corners. */
static inline void pv_paint_path(const pv_canvas *canvas, const double *points, int n, double width,
                                 uint32_t colour)
{
    pv_paint_path_blend(canvas, points, n, width, colour, 1.0);
}

static inline void pv_paint_line_blend(const pv_canvas *canvas, double x0, double y0, double x1,
                                       double y1, double width, uint32_t colour, double opacity)
{
    const double points[4] = {x0, y0, x1, y1};
    pv_paint_path_blend(canvas, points, 2, width, colour, opacity);
}

/* A line of the given width with round ends. */
static inline void pv_paint_line(const pv_canvas *canvas, double x0, double y0, double x1,
                                 double y1, double width, uint32_t colour)
{
    pv_paint_line_blend(canvas, x0, y0, x1, y1, width, colour, 1.0);
}

/* shape: [n][x, y]; inside by the even-odd rule */
static inline double pv_paint_polygon_distance_(const double *shape, int n, double x, double y)
{
    double nearest = HUGE_VAL;
    int inside = 0;
    for (int i = 0; i < n; i++) {
        const double *a = shape + (size_t)i * 2u;
        const double *b = i + 1 < n ? a + 2 : shape;
        const double d = pv_paint_segment_(a, b, x, y);
        nearest = d < nearest ? d : nearest;
        if ((a[1] > y) != (b[1] > y) && x < a[0] + (y - a[1]) * (b[0] - a[0]) / (b[1] - a[1])) {
            inside = !inside;
        }
    }
    return inside ? -sqrt(nearest) : sqrt(nearest);
}

static inline void pv_paint_polygon_blend(const pv_canvas *canvas, const double *corners, int n,
                                          uint32_t colour, double opacity)
{
    double low[2];
    double high[2];
    pv_paint_box_(corners, n, 0.0, low, high);
    pv_paint_shape_(canvas, pv_paint_polygon_distance_, corners, n, 0.0, low, high, colour,
                    opacity);
}

/* A filled polygon; corners: [n][x, y]. */
static inline void pv_paint_polygon(const pv_canvas *canvas, const double *corners, int n,
                                    uint32_t colour)
{
    pv_paint_polygon_blend(canvas, corners, n, colour, 1.0);
}

static inline void pv_paint_triangle_blend(const pv_canvas *canvas, double x0, double y0, double x1,
                                           double y1, double x2, double y2, uint32_t colour,
                                           double opacity)
{
    const double corners[6] = {x0, y0, x1, y1, x2, y2};
    pv_paint_polygon_blend(canvas, corners, 3, colour, opacity);
}

/* A filled triangle. */
static inline void pv_paint_triangle(const pv_canvas *canvas, double x0, double y0, double x1,
                                     double y1, double x2, double y2, uint32_t colour)
{
    pv_paint_triangle_blend(canvas, x0, y0, x1, y1, x2, y2, colour, 1.0);
}

static inline void pv_paint_arrow_blend(const pv_canvas *canvas, double x0, double y0, double x1,
                                        double y1, double width, uint32_t colour, double opacity)
{
    const double length = sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0));
    if (!(length > 0.0)) {
        return;
    }
    const double ux = (x1 - x0) / length; /* along */
    const double uy = (y1 - y0) / length;
    const double head = 3.0 * width < length ? 3.0 * width : length;
    const double w = width / 2.0;
    const double wing = 0.6 * head;
    const double neck_x = x1 - ux * head;
    const double neck_y = y1 - uy * head;
    const double corners[14] = {x0 - uy * w,
                                y0 + ux * w,
                                neck_x - uy * w,
                                neck_y + ux * w,
                                neck_x - uy * wing,
                                neck_y + ux * wing,
                                x1,
                                y1,
                                neck_x + uy * wing,
                                neck_y - ux * wing,
                                neck_x + uy * w,
                                neck_y - ux * w,
                                x0 + uy * w,
                                y0 - ux * w};
    pv_paint_polygon_blend(canvas, corners, 7, colour, opacity);
}

/* An arrow that ends with its point at (x1, y1); `width` is of the shaft, the head is about three
   times as wide and long. One that is shorter than a head is all head. */
static inline void pv_paint_arrow(const pv_canvas *canvas, double x0, double y0, double x1,
                                  double y1, double width, uint32_t colour)
{
    pv_paint_arrow_blend(canvas, x0, y0, x1, y1, width, colour, 1.0);
}

/* --- text: letters of 5 x 7 dots and two lines below for the tails of g, j, p, q, y --- */

enum {
    PV_TEXT_ADVANCE = 6, /* dots from one letter to the next */
    PV_TEXT_ASCENT = 7,  /* dots above the base line */
    PV_TEXT_HEIGHT = 9   /* dots with tails */
};

/* The dots of a letter: PV_TEXT_HEIGHT rows from the top, bit 4 the leftmost. */
static inline const uint8_t *pv_paint_letter_(unsigned char letter)
{
    static const uint8_t letters[96][9] = {
        {0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}, /* space */
        {0x04, 0x04, 0x04, 0x04, 0x04, 0x00, 0x04, 0x00, 0x00}, /* ! */
        {0x0A, 0x0A, 0x0A, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}, /* " */
        {0x0A, 0x0A, 0x1F, 0x0A, 0x1F, 0x0A, 0x0A, 0x00, 0x00}, /* # */
        {0x04, 0x0F, 0x14, 0x0E, 0x05, 0x1E, 0x04, 0x00, 0x00}, /* $ */
        {0x19, 0x19, 0x02, 0x04, 0x08, 0x13, 0x13, 0x00, 0x00}, /* % */
        {0x0C, 0x12, 0x12, 0x0C, 0x15, 0x12, 0x0D, 0x00, 0x00}, /* & */
        {0x04, 0x04, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}, /* ' */
        {0x02, 0x04, 0x08, 0x08, 0x08, 0x04, 0x02, 0x00, 0x00}, /* ( */
        {0x08, 0x04, 0x02, 0x02, 0x02, 0x04, 0x08, 0x00, 0x00}, /* ) */
        {0x00, 0x04, 0x15, 0x0E, 0x15, 0x04, 0x00, 0x00, 0x00}, /* star */
        {0x00, 0x04, 0x04, 0x1F, 0x04, 0x04, 0x00, 0x00, 0x00}, /* + */
        {0x00, 0x00, 0x00, 0x00, 0x00, 0x0C, 0x0C, 0x04, 0x08}, /* , */
        {0x00, 0x00, 0x00, 0x0E, 0x00, 0x00, 0x00, 0x00, 0x00}, /* - */
        {0x00, 0x00, 0x00, 0x00, 0x00, 0x0C, 0x0C, 0x00, 0x00}, /* . */
        {0x01, 0x01, 0x02, 0x04, 0x08, 0x10, 0x10, 0x00, 0x00}, /* slash */
        {0x0E, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0E, 0x00, 0x00}, /* 0 */
        {0x04, 0x0C, 0x14, 0x04, 0x04, 0x04, 0x1F, 0x00, 0x00}, /* 1 */
        {0x0E, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1F, 0x00, 0x00}, /* 2 */
        {0x1F, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0E, 0x00, 0x00}, /* 3 */
        {0x02, 0x06, 0x0A, 0x12, 0x1F, 0x02, 0x02, 0x00, 0x00}, /* 4 */
        {0x1F, 0x10, 0x1E, 0x01, 0x01, 0x11, 0x0E, 0x00, 0x00}, /* 5 */
        {0x06, 0x08, 0x10, 0x1E, 0x11, 0x11, 0x0E, 0x00, 0x00}, /* 6 */
        {0x1F, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08, 0x00, 0x00}, /* 7 */
        {0x0E, 0x11, 0x11, 0x0E, 0x11, 0x11, 0x0E, 0x00, 0x00}, /* 8 */
        {0x0E, 0x11, 0x11, 0x0F, 0x01, 0x02, 0x0C, 0x00, 0x00}, /* 9 */
        {0x00, 0x0C, 0x0C, 0x00, 0x0C, 0x0C, 0x00, 0x00, 0x00}, /* : */
        {0x00, 0x00, 0x0C, 0x0C, 0x00, 0x0C, 0x0C, 0x04, 0x08}, /* ; */
        {0x02, 0x04, 0x08, 0x10, 0x08, 0x04, 0x02, 0x00, 0x00}, /* < */
        {0x00, 0x00, 0x1F, 0x00, 0x1F, 0x00, 0x00, 0x00, 0x00}, /* = */
        {0x08, 0x04, 0x02, 0x01, 0x02, 0x04, 0x08, 0x00, 0x00}, /* > */
        {0x0E, 0x11, 0x01, 0x02, 0x04, 0x00, 0x04, 0x00, 0x00}, /* ? */
        {0x0E, 0x11, 0x17, 0x15, 0x16, 0x10, 0x0F, 0x00, 0x00}, /* @ */
        {0x0E, 0x11, 0x11, 0x1F, 0x11, 0x11, 0x11, 0x00, 0x00}, /* A */
        {0x1E, 0x11, 0x11, 0x1E, 0x11, 0x11, 0x1E, 0x00, 0x00}, /* B */
        {0x0E, 0x11, 0x10, 0x10, 0x10, 0x11, 0x0E, 0x00, 0x00}, /* C */
        {0x1E, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1E, 0x00, 0x00}, /* D */
        {0x1F, 0x10, 0x10, 0x1E, 0x10, 0x10, 0x1F, 0x00, 0x00}, /* E */
        {0x1F, 0x10, 0x10, 0x1E, 0x10, 0x10, 0x10, 0x00, 0x00}, /* F */
        {0x0E, 0x11, 0x10, 0x17, 0x11, 0x11, 0x0F, 0x00, 0x00}, /* G */
        {0x11, 0x11, 0x11, 0x1F, 0x11, 0x11, 0x11, 0x00, 0x00}, /* H */
        {0x0E, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0E, 0x00, 0x00}, /* I */
        {0x07, 0x02, 0x02, 0x02, 0x02, 0x12, 0x0C, 0x00, 0x00}, /* J */
        {0x11, 0x12, 0x14, 0x18, 0x14, 0x12, 0x11, 0x00, 0x00}, /* K */
        {0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1F, 0x00, 0x00}, /* L */
        {0x11, 0x1B, 0x15, 0x15, 0x11, 0x11, 0x11, 0x00, 0x00}, /* M */
        {0x11, 0x19, 0x19, 0x15, 0x13, 0x13, 0x11, 0x00, 0x00}, /* N */
        {0x0E, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0E, 0x00, 0x00}, /* O */
        {0x1E, 0x11, 0x11, 0x1E, 0x10, 0x10, 0x10, 0x00, 0x00}, /* P */
        {0x0E, 0x11, 0x11, 0x11, 0x15, 0x12, 0x0D, 0x00, 0x00}, /* Q */
        {0x1E, 0x11, 0x11, 0x1E, 0x14, 0x12, 0x11, 0x00, 0x00}, /* R */
        {0x0F, 0x10, 0x10, 0x0E, 0x01, 0x01, 0x1E, 0x00, 0x00}, /* S */
        {0x1F, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x00, 0x00}, /* T */
        {0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0E, 0x00, 0x00}, /* U */
        {0x11, 0x11, 0x11, 0x11, 0x0A, 0x0A, 0x04, 0x00, 0x00}, /* V */
        {0x11, 0x11, 0x11, 0x15, 0x15, 0x1B, 0x11, 0x00, 0x00}, /* W */
        {0x11, 0x11, 0x0A, 0x04, 0x0A, 0x11, 0x11, 0x00, 0x00}, /* X */
        {0x11, 0x11, 0x0A, 0x04, 0x04, 0x04, 0x04, 0x00, 0x00}, /* Y */
        {0x1F, 0x01, 0x02, 0x04, 0x08, 0x10, 0x1F, 0x00, 0x00}, /* Z */
        {0x0E, 0x08, 0x08, 0x08, 0x08, 0x08, 0x0E, 0x00, 0x00}, /* [ */
        {0x10, 0x10, 0x08, 0x04, 0x02, 0x01, 0x01, 0x00, 0x00}, /* backslash */
        {0x0E, 0x02, 0x02, 0x02, 0x02, 0x02, 0x0E, 0x00, 0x00}, /* ] */
        {0x04, 0x0A, 0x11, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}, /* ^ */
        {0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x1F, 0x00}, /* _ */
        {0x08, 0x04, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}, /* ` */
        {0x00, 0x00, 0x0E, 0x01, 0x0F, 0x11, 0x0F, 0x00, 0x00}, /* a */
        {0x10, 0x10, 0x1E, 0x11, 0x11, 0x11, 0x1E, 0x00, 0x00}, /* b */
        {0x00, 0x00, 0x0F, 0x10, 0x10, 0x10, 0x0F, 0x00, 0x00}, /* c */
        {0x01, 0x01, 0x0F, 0x11, 0x11, 0x11, 0x0F, 0x00, 0x00}, /* d */
        {0x00, 0x00, 0x0E, 0x11, 0x1F, 0x10, 0x0F, 0x00, 0x00}, /* e */
        {0x06, 0x08, 0x1E, 0x08, 0x08, 0x08, 0x08, 0x00, 0x00}, /* f */
        {0x00, 0x00, 0x0F, 0x11, 0x11, 0x11, 0x0F, 0x01, 0x0E}, /* g */
        {0x10, 0x10, 0x1E, 0x11, 0x11, 0x11, 0x11, 0x00, 0x00}, /* h */
        {0x04, 0x00, 0x0C, 0x04, 0x04, 0x04, 0x0E, 0x00, 0x00}, /* i */
        {0x02, 0x00, 0x06, 0x02, 0x02, 0x02, 0x02, 0x12, 0x0C}, /* j */
        {0x10, 0x10, 0x12, 0x14, 0x18, 0x14, 0x12, 0x00, 0x00}, /* k */
        {0x0C, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0E, 0x00, 0x00}, /* l */
        {0x00, 0x00, 0x1A, 0x15, 0x15, 0x15, 0x15, 0x00, 0x00}, /* m */
        {0x00, 0x00, 0x1E, 0x11, 0x11, 0x11, 0x11, 0x00, 0x00}, /* n */
        {0x00, 0x00, 0x0E, 0x11, 0x11, 0x11, 0x0E, 0x00, 0x00}, /* o */
        {0x00, 0x00, 0x1E, 0x11, 0x11, 0x11, 0x1E, 0x10, 0x10}, /* p */
        {0x00, 0x00, 0x0F, 0x11, 0x11, 0x11, 0x0F, 0x01, 0x01}, /* q */
        {0x00, 0x00, 0x16, 0x19, 0x10, 0x10, 0x10, 0x00, 0x00}, /* r */
        {0x00, 0x00, 0x0F, 0x10, 0x0E, 0x01, 0x1E, 0x00, 0x00}, /* s */
        {0x08, 0x08, 0x1E, 0x08, 0x08, 0x08, 0x06, 0x00, 0x00}, /* t */
        {0x00, 0x00, 0x11, 0x11, 0x11, 0x11, 0x0F, 0x00, 0x00}, /* u */
        {0x00, 0x00, 0x11, 0x11, 0x11, 0x0A, 0x04, 0x00, 0x00}, /* v */
        {0x00, 0x00, 0x11, 0x15, 0x15, 0x15, 0x0A, 0x00, 0x00}, /* w */
        {0x00, 0x00, 0x11, 0x0A, 0x04, 0x0A, 0x11, 0x00, 0x00}, /* x */
        {0x00, 0x00, 0x11, 0x11, 0x11, 0x11, 0x0F, 0x01, 0x0E}, /* y */
        {0x00, 0x00, 0x1F, 0x02, 0x04, 0x08, 0x1F, 0x00, 0x00}, /* z */
        {0x03, 0x04, 0x04, 0x08, 0x04, 0x04, 0x03, 0x00, 0x00}, /* { */
        {0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04, 0x00, 0x00}, /* | */
        {0x18, 0x04, 0x04, 0x02, 0x04, 0x04, 0x18, 0x00, 0x00}, /* } */
        {0x00, 0x00, 0x09, 0x16, 0x00, 0x00, 0x00, 0x00, 0x00}, /* ~ */
        {0x1F, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1F, 0x00, 0x00}, /* a box for all others */
    };
    return letters[letter >= 32u && letter < 127u ? letter - 32u : 95u];
}

/* The width of a text in pixels. */
static inline int pv_text_width(int scale, const char *text)
{
    int n = 0;
    while (text[n] != '\0') {
        n++;
    }
    return n > 0 ? (n * PV_TEXT_ADVANCE - 1) * scale : 0;
}

/* Writes one line of ASCII text, its top left corner at (x, y); a dot is scale x scale pixels. */
static inline void pv_paint_text(const pv_canvas *canvas, int x, int y, int scale, uint32_t colour,
                                 const char *text)
{
    for (int i = 0; text[i] != '\0'; i++) {
        const uint8_t *dots = pv_paint_letter_((unsigned char)text[i]);
        for (int k = 0; k < PV_TEXT_HEIGHT * 5; k++) {
            if (dots[k / 5] >> (4 - k % 5) & 1) {
                pv_paint_rect(canvas, x + (i * PV_TEXT_ADVANCE + k % 5) * scale, y + k / 5 * scale,
                              scale, scale, colour);
            }
        }
    }
}

/* Writes a line of text with the middle of its capitals at (x, y). */
static inline void pv_paint_text_centred(const pv_canvas *canvas, int x, int y, int scale,
                                         uint32_t colour, const char *text)
{
    pv_paint_text(canvas, x - pv_text_width(scale, text) / 2, y - PV_TEXT_ASCENT * scale / 2, scale,
                  colour, text);
}

#ifdef __cplusplus
}
#endif

#endif
