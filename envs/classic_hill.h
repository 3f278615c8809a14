/* classic_hill.h: the valley of both mountain cars: its limits, and how it looks. Part of their
   files. */
#ifndef PAVLOV_ENVS_CLASSIC_HILL_H
#define PAVLOV_ENVS_CLASSIC_HILL_H

#include "classic.h"

enum { HILL_PLACE, HILL_SPEED }; /* s[] */

static const double hill_left = -1.2;
static const double hill_right = 0.6;
static const double hill_fastest = 0.07;

/* --- the picture --- */

/* The valley is drawn as wide as the picture and sin(3 x) high, as in the original. */
static inline double hill_x(double place)
{
    return CLASSIC_WIDTH * (place - hill_left) / (hill_right - hill_left);
}

static inline double hill_y(double place)
{
    return CLASSIC_HEIGHT - 48.0 - 130.0 * (sin(3.0 * place) + 1.0);
}

/* One column of the ground from a height that is no whole pixel down to another. */
static inline void hill_paint_column(const pv_canvas *canvas, int x, double top, double bottom,
                                     uint32_t colour)
{
    const int first = (int)floor(top);
    const int last = (int)floor(bottom);
    pv_paint_pixel_blend(canvas, x, first, colour, first + 1 - top);
    pv_paint_rect(canvas, x, first + 1, 1, last - first - 1, colour);
    pv_paint_pixel_blend(canvas, x, last, colour, bottom - last);
}

static inline void hill_paint_ground(const pv_canvas *canvas)
{
    for (int y = 0; y < CLASSIC_HEIGHT; y++) {
        pv_paint_rect(canvas, 0, y, CLASSIC_WIDTH, 1,
                      pv_paint_mix(0xCFE4F3, 0xFFF6E4, (double)y / CLASSIC_HEIGHT));
    }
    for (int x = 0; x < CLASSIC_WIDTH; x++) {
        const double place = hill_left + (x + 0.5) * (hill_right - hill_left) / CLASSIC_WIDTH;
        const double y = hill_y(place);
        const double slope = hill_y(place + 0.001) - hill_y(place - 0.001);
        const double road = 7.0 * sqrt(1.0 + slope * slope * 2.25); /* 2.25: 1 / 0.667^2 pixels */
        hill_paint_column(canvas, x, y, CLASSIC_HEIGHT, 0x4F555D);
        hill_paint_column(canvas, x, y + road, CLASSIC_HEIGHT, 0x86AB70);
        hill_paint_column(canvas, x, y + road + 30.0, CLASSIC_HEIGHT, 0x769C62);
        hill_paint_column(canvas, x, y + road + 75.0, CLASSIC_HEIGHT, 0x678C55);
    }
}

static inline void hill_paint_flag(const pv_canvas *canvas, double goal)
{
    const double x = hill_x(goal);
    const double y = hill_y(goal);
    pv_paint_line(canvas, x, y + 2, x, y - 62, 4, 0x3A4048);
    pv_paint_triangle(canvas, x + 1, y - 62, x + 31, y - 51, x + 1, y - 37, 0xD64541);
}

/* A point of the car: `along` the road and `above` it, from between the wheels. */
typedef struct hill_car {
    double x, y, along_x, along_y;
} hill_car;

static inline double hill_car_x(const hill_car *car, double along, double above)
{
    return car->x + along * car->along_x + above * car->along_y;
}

static inline double hill_car_y(const hill_car *car, double along, double above)
{
    return car->y + along * car->along_y - above * car->along_x;
}

static inline void hill_paint_body(const pv_canvas *canvas, const hill_car *car,
                                   const double *outline, int n, uint32_t colour)
{
    double corner[2 * 12];
    for (int i = 0; i < n; i++) {
        corner[2 * i] = hill_car_x(car, outline[2 * i], outline[2 * i + 1]);
        corner[2 * i + 1] = hill_car_y(car, outline[2 * i], outline[2 * i + 1]);
    }
    pv_paint_polygon(canvas, corner, n, colour);
}

/* The car on the road, with an arrow as long as its push of -1 to 1. */
static inline void hill_paint_car(const pv_canvas *canvas, double place, double push)
{
    static const double body[] = {-27, 7, -27, 17, -22, 20, 20, 20, 27, 15, 27, 7};
    static const double cabin[] = {-17, 19, -11, 31, 8, 31, 16, 19};
    static const double window[] = {-12, 20, -8, 28, 6, 28, 11, 20};
    const double slope =
        atan2(hill_y(place - 0.02) - hill_y(place + 0.02), hill_x(0.04) - hill_x(0.0));
    const hill_car car = {hill_x(place), hill_y(place), cos(slope), -sin(slope)};
    hill_paint_body(canvas, &car, cabin, 4, 0x274E78);
    hill_paint_body(canvas, &car, window, 4, 0xCFE3F2);
    hill_paint_body(canvas, &car, body, 6, 0x2F6DA8);
    for (int side = -1; side <= 1; side += 2) {
        const double x = hill_car_x(&car, side * 16.0, 7.0);
        const double y = hill_car_y(&car, side * 16.0, 7.0);
        pv_paint_disc(canvas, x, y, 7.5, 0x20252B);
        pv_paint_disc(canvas, x, y, 3, 0xAEB6BF);
    }
    if (fabs(push) > 0.08) {
        pv_paint_arrow(canvas, hill_car_x(&car, 0, 44), hill_car_y(&car, 0, 44),
                       hill_car_x(&car, 46.0 * push, 44), hill_car_y(&car, 46.0 * push, 44), 6,
                       0xE08A1E);
    }
}

/* --- what both are --- */

static inline void hill_spec(pv_spec *spec)
{
    static const double low[2] = {-1.2, -0.07};
    static const double high[2] = {0.6, 0.07};
    static const pv_space obs = {"state", PV_F32, 0, 1, {2}, low, high};
    spec->agents = 1;
    spec->n_obs = 1;
    spec->obs = &obs;
    spec->n_action = 1;
    spec->width = CLASSIC_WIDTH;
    spec->height = CLASSIC_HEIGHT;
    spec->fps = 30.0;
}

#endif
