/* grid_picture.h: how a grid world looks. Part of gridworld.c, which alone includes it. */
#ifndef PAVLOV_ENVS_GRID_PICTURE_H
#define PAVLOV_ENVS_GRID_PICTURE_H

#include "grid_map.h"
#include "grid_table.h"
#include "pavlov/draw.h"

enum { GRID_MARGIN = 6 };

/* The side of a cell in pixels: pictures of about 560, but small maps need no huge cells. */
static int grid_cell_size(const grid_map *map)
{
    const int longest = map->rows > map->columns ? map->rows : map->columns;
    const int size = 560 / longest;
    return size > 96 ? 96 : size < 8 ? 8 : size;
}

static int grid_picture_width(const grid_map *map)
{
    return map->columns * grid_cell_size(map) + 2 * GRID_MARGIN;
}

static int grid_picture_height(const grid_map *map)
{
    return map->rows * grid_cell_size(map) + 2 * GRID_MARGIN;
}

static pv_rect grid_cell_rect(const grid_map *map, uint32_t cell)
{
    const int size = grid_cell_size(map);
    const pv_rect rect = {(int)cell % map->columns * size + GRID_MARGIN,
                          (int)cell / map->columns * size + GRID_MARGIN, size, size};
    return rect;
}

static char grid_tile_at(const grid_map *map, int row, int column)
{
    const int inside = row >= 0 && row < map->rows && column >= 0 && column < map->columns;
    return inside ? map->tiles[row * map->columns + column] : '\0';
}

/* A pole with a pennant on a green field. */
static void grid_paint_goal(const pv_canvas *canvas, pv_rect r)
{
    const double s = r.width;
    pv_paint_rect(canvas, r.x, r.y, r.width, r.height, 0xCFE8C9);
    pv_paint_disc_blend(canvas, r.x + 0.38 * s, r.y + 0.84 * s, 0.10 * s, 0x2F6B3A, 0.25);
    pv_paint_triangle(canvas, r.x + 0.38 * s, r.y + 0.16 * s, r.x + 0.80 * s, r.y + 0.32 * s,
                      r.x + 0.38 * s, r.y + 0.50 * s, 0x2E9E4F);
    pv_paint_line(canvas, r.x + 0.38 * s, r.y + 0.16 * s, r.x + 0.38 * s, r.y + 0.84 * s, 0.06 * s,
                  0x38553D);
}

/* An S of two half circles. */
static void grid_paint_start(const pv_canvas *canvas, pv_rect r)
{
    enum { POINTS = 21 };
    static const double letter[2 * POINTS] = {
        0.627, 0.346, 0.595, 0.304, 0.546, 0.277, 0.488, 0.270, 0.432, 0.285, 0.389,
        0.319, 0.367, 0.365, 0.370, 0.415, 0.397, 0.459, 0.443, 0.489, 0.500, 0.500,
        0.557, 0.511, 0.603, 0.541, 0.630, 0.585, 0.633, 0.635, 0.611, 0.681, 0.568,
        0.715, 0.512, 0.730, 0.454, 0.723, 0.405, 0.696, 0.373, 0.654};
    const double s = r.width;
    double path[2 * POINTS];
    for (int i = 0; i < 2 * POINTS; i++) {
        path[i] = (i % 2 ? r.y : r.x) + s * letter[i];
    }
    pv_paint_path(canvas, path, POINTS, 0.075 * s, 0x9AA3AE);
}

/* Dark depth; under ice it is water with a lighter rim. */
static void grid_paint_hole(const pv_canvas *canvas, pv_rect r, int ice)
{
    const double s = r.width;
    const double x = r.x + s / 2.0;
    const double y = r.y + s / 2.0;
    pv_paint_disc(canvas, x, y, 0.42 * s, ice ? 0xF4FAFD : 0xC9C2B4);
    pv_paint_disc(canvas, x, y, 0.37 * s, ice ? 0x1F4E79 : 0x33333B);
    pv_paint_disc_blend(canvas, x + 0.03 * s, y + 0.05 * s, 0.29 * s, ice ? 0x12324F : 0x1B1B20,
                        0.8);
}

/* The abyss, with teeth of rock along its upper edge. */
static void grid_paint_cliff(const pv_canvas *canvas, const grid_map *map, uint32_t cell)
{
    const pv_rect r = grid_cell_rect(map, cell);
    const double s = r.width;
    pv_paint_rect(canvas, r.x, r.y, r.width, r.height, 0x3A3136);
    pv_paint_rect_blend(canvas, r.x, r.y + r.height / 2, r.width, r.height - r.height / 2, 0x241E22,
                        0.6);
    if (grid_tile_at(map, (int)cell / map->columns - 1, (int)cell % map->columns) != 'C') {
        pv_paint_rect(canvas, r.x, r.y, r.width, (int)(0.12 * s), 0xA98C6B);
        for (int i = 0; i < 3; i++) {
            const double depth = (i + (int)cell) % 2 ? 0.42 : 0.30;
            pv_paint_triangle(canvas, r.x + i * s / 3.0, r.y + (int)(0.12 * s),
                              r.x + (i + 1) * s / 3.0, r.y + (int)(0.12 * s),
                              r.x + (i + 0.5) * s / 3.0, r.y + depth * s, 0xA98C6B);
        }
    }
}

/* A brick pattern of two courses a cell. */
static void grid_paint_wall(const pv_canvas *canvas, pv_rect r)
{
    const int half = r.height / 2;
    const int joint = r.width / 24 > 0 ? r.width / 24 : 1;
    pv_paint_rect(canvas, r.x, r.y, r.width, r.height, 0x6E7683);
    if (r.width >= 16) {
        pv_paint_rect(canvas, r.x, r.y, r.width, joint, 0x7F8794);
        pv_paint_rect(canvas, r.x, r.y + half, r.width, joint, 0x7F8794);
        pv_paint_rect(canvas, r.x + r.width / 4, r.y, joint, half, 0x7F8794);
        pv_paint_rect(canvas, r.x + r.width * 3 / 4, r.y + half, joint, r.height - half, 0x7F8794);
    }
}

/* As many light arrows as the wind has strength; one and a number where they would not fit. */
static void grid_paint_wind(const pv_canvas *canvas, pv_rect r, int strength)
{
    const double s = r.width;
    const int arrows = strength <= 3 ? strength : 1;
    for (int i = 0; i < arrows; i++) {
        const double x = r.x + s * (strength <= 3 ? (i + 1.0) / (arrows + 1.0) : 0.35);
        pv_paint_arrow(canvas, x, r.y + 0.80 * s, x, r.y + 0.20 * s, s / 14.0, 0xC5D8E8);
    }
    if (strength > 3) {
        const char text[2] = {(char)('0' + strength), '\0'};
        const int scale = r.width / 22 > 0 ? r.width / 22 : 1;
        pv_paint_text_centred(canvas, r.x + (int)(0.65 * s), r.y + r.height / 2, scale, 0x7FA3C0,
                              text);
    }
}

/* Two strokes of light on the ice, different from cell to cell. */
static void grid_paint_shine(const pv_canvas *canvas, pv_rect r, uint32_t cell)
{
    const double s = r.width;
    const double x = r.x + s * (0.22 + 0.12 * (cell * 0x9E3779B1u >> 30));
    const double y = r.y + s * (0.26 + 0.12 * (cell * 0x85EBCA77u >> 30));
    pv_paint_line(canvas, x, y + 0.16 * s, x + 0.16 * s, y, 0.03 * s, 0xF6FBFE);
    pv_paint_line(canvas, x + 0.10 * s, y + 0.20 * s, x + 0.20 * s, y + 0.10 * s, 0.03 * s,
                  0xF6FBFE);
}

static void grid_paint_cell(const pv_canvas *canvas, const grid_map *map, uint32_t cell, int ice)
{
    const pv_rect r = grid_cell_rect(map, cell);
    const char tile = map->tiles[cell];
    if (ice && strchr("F.0", tile)) {
        grid_paint_shine(canvas, r, cell);
    }
    switch (tile) {
    case 'G':
        grid_paint_goal(canvas, r);
        break;
    case 'H':
        grid_paint_hole(canvas, r, ice);
        break;
    case 'C':
        grid_paint_cliff(canvas, map, cell);
        break;
    case '#':
        grid_paint_wall(canvas, r);
        break;
    case 'S':
        if (map->n_starts <= 8) { /* where nearly every cell is a start the letters say nothing */
            grid_paint_start(canvas, r);
        }
        break;
    default:
        grid_paint_wind(canvas, r, grid_wind(tile));
        break;
    }
}

/* Everything but the agent. */
static void grid_paint_map(const pv_canvas *canvas, const grid_map *map, int ice)
{
    const int size = grid_cell_size(map);
    const int width = map->columns * size;
    const int height = map->rows * size;
    const uint32_t line = ice ? 0xB4D0E2 : 0xDAD3C6;
    pv_paint_fill(canvas, 0xFFFFFF);
    pv_paint_rect(canvas, GRID_MARGIN, GRID_MARGIN, width, height, ice ? 0xDCECF5 : 0xF8F5EE);
    for (uint32_t i = 0; i < (uint32_t)(map->rows * map->columns); i++) {
        grid_paint_cell(canvas, map, i, ice);
    }
    for (uint32_t i = 0; i < (uint32_t)(map->rows * map->columns); i++) {
        const pv_rect r = grid_cell_rect(map, i);
        if (!strchr("#C", map->tiles[i])) {
            pv_paint_frame(canvas, r.x, r.y, size + 1, size + 1, 1, line);
        }
    }
    pv_paint_frame(canvas, GRID_MARGIN - 2, GRID_MARGIN - 2, width + 4, height + 4, 2, 0x5F6773);
}

/* A round fellow with two eyes that look where it went. */
static void grid_paint_agent(const pv_canvas *canvas, const grid_map *map, uint32_t cell,
                             grid_move look)
{
    const pv_rect r = grid_cell_rect(map, cell);
    const double s = map->tiles[cell] == 'H' ? 0.7 * r.width : r.width; /* deep down it is small */
    const double x = r.x + (r.width + 1.0) / 2.0;
    const double y = r.y + (r.width + 1.0) / 2.0;
    pv_paint_disc_blend(canvas, x + 0.02 * s, y + 0.05 * s, 0.33 * s, 0x000000, 0.18);
    pv_paint_disc(canvas, x, y, 0.33 * s, 0x8C3B1E);
    pv_paint_disc(canvas, x, y, 0.33 * s - (s > 30.0 ? s / 28.0 : 1.0), 0xF2784B);
    if (s < 16.0) {
        return;
    }
    for (int side = -1; side <= 1; side += 2) {
        const double eye_x = x + side * 0.12 * s + look.columns * 0.06 * s;
        const double eye_y = y - 0.04 * s + look.rows * 0.06 * s;
        pv_paint_disc(canvas, eye_x, eye_y, 0.085 * s, 0xFFFFFF);
        pv_paint_disc(canvas, eye_x + look.columns * 0.03 * s, eye_y + look.rows * 0.03 * s,
                      0.045 * s, 0x2B2B2B);
    }
}

#endif
