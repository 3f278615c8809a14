/* grid_map.h: a map drawn as text becomes tiles. Part of gridworld.c, which alone includes it.

   Rows are separated by '/' or by line ends, one character a cell:
   . F 0  free        1 to 9  free, with wind that carries up so many cells
   S  start           G  goal, ends the episode
   #  wall            H  hole, ends the episode
   C  cliff: back to the first start
   A text that names a file which can be opened is that file's content. */
#ifndef PAVLOV_ENVS_GRID_MAP_H
#define PAVLOV_ENVS_GRID_MAP_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pavlov/env.h"

enum { GRID_FAILED = -1, GRID_NO_MEMORY = -2, GRID_REFUSED = -3, GRID_NO_FILE = -4 };
enum { GRID_MAX_SIDE = 256 };

typedef struct grid_map {
    int rows, columns;
    char *tiles;      /* [rows][columns] */
    uint32_t *starts; /* cells of the starts, in reading order */
    uint32_t n_starts;
} grid_map;

/* Tells the host one line and returns `status`. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static pv_status
grid_fail(const pv_host *host, pv_status status, const char *format, ...)
{
    char message[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    host->log(host->ctx, 0, message);
    return status;
}

/* The wind that blows in a cell, upwards. */
static int grid_wind(char tile)
{
    return tile >= '1' && tile <= '9' ? tile - '0' : 0;
}

static void grid_free(const pv_host *host, void *memory)
{
    if (memory) {
        host->free(host->ctx, memory);
    }
}

static void grid_map_free(const pv_host *host, grid_map *map)
{
    grid_free(host, map->tiles);
    grid_free(host, map->starts);
    map->tiles = NULL;
    map->starts = NULL;
}

/* Reads a whole file into *text (host->alloc, 0 at its end). */
static pv_status grid_read_file(const pv_host *host, FILE *file, const char *path, char **text)
{
    const size_t most = (GRID_MAX_SIDE + 2) * (size_t)GRID_MAX_SIDE;
    *text = (char *)host->alloc(host->ctx, most + 2);
    if (!*text) {
        return grid_fail(host, GRID_NO_MEMORY, "out of memory for map file %s", path);
    }
    const size_t size = fread(*text, 1, most + 1, file);
    if (ferror(file)) {
        return grid_fail(host, GRID_NO_FILE, "map file %s cannot be read: %s", path,
                         strerror(errno));
    }
    if (size > most) {
        return grid_fail(host, GRID_REFUSED, "map file %s is too large: at most %d x %d cells",
                         path, (int)GRID_MAX_SIDE, (int)GRID_MAX_SIDE);
    }
    if (memchr(*text, 0, size)) {
        return grid_fail(host, GRID_REFUSED, "map file %s is not text", path);
    }
    return 0;
}

/* The cells of the row that begins at `row`; *next is where the one after begins, NULL after the
   last. */
static size_t grid_row_length(const char *row, const char **next)
{
    size_t length = strcspn(row, "/\r\n");
    const char *end = row + length;
    end += *end == '\r';
    end += *end == '/' || *end == '\n';
    *next = end[strspn(end, "/\r\n")] != '\0' ? end : NULL;
    return length;
}

/* Checks one row's tiles; `where` names the map in messages. */
static pv_status grid_check_row(const pv_host *host, const char *where, int row, const char *tiles,
                                size_t length, size_t expected)
{
    for (size_t i = 0; i < length; i++) {
        const unsigned char tile = (unsigned char)tiles[i];
        if (!strchr(".F#SGHC0123456789", tile)) {
            const char shown = tile > 32 && tile < 127 ? (char)tile : '?';
            return grid_fail(host, GRID_REFUSED,
                             "%s row %d, column %d: '%c' (byte %u) is no tile; tiles are "
                             ". F # S G H C and the winds 0 to 9",
                             where, row + 1, (int)i + 1, shown, tile);
        }
    }
    if (length == 0) {
        return grid_fail(host, GRID_REFUSED, "%s row %d is empty", where, row + 1);
    }
    if (length != expected) {
        return grid_fail(host, GRID_REFUSED,
                         "%s row %d has %zu cells, row 1 has %zu: all rows must be equally long",
                         where, row + 1, length, expected);
    }
    if (length > GRID_MAX_SIDE || row >= GRID_MAX_SIDE) {
        return grid_fail(host, GRID_REFUSED, "%s is too large: at most %d rows of %d cells", where,
                         (int)GRID_MAX_SIDE, (int)GRID_MAX_SIDE);
    }
    return 0;
}

/* Fills map->tiles from the rows of `text`. */
static pv_status grid_parse(const pv_host *host, const char *where, const char *text, grid_map *map)
{
    const char *next = text;
    const size_t columns = strcspn(text, "/\r\n");
    int rows = 0;
    while (next) {
        const char *row = next;
        const size_t length = grid_row_length(row, &next);
        const pv_status status = grid_check_row(host, where, rows, row, length, columns);
        if (status < 0) {
            return status;
        }
        rows++;
    }
    map->rows = rows;
    map->columns = (int)columns;
    map->tiles = (char *)host->alloc(host->ctx, (size_t)rows * columns);
    if (!map->tiles) {
        return grid_fail(host, GRID_NO_MEMORY, "out of memory for a map");
    }
    next = text;
    for (size_t r = 0; next; r++) {
        const char *row = next;
        memcpy(map->tiles + r * columns, row, grid_row_length(row, &next));
    }
    return 0;
}

/* Lists the starts; a map needs one, and a goal. */
static pv_status grid_find_starts(const pv_host *host, const char *where, grid_map *map)
{
    const uint32_t n = (uint32_t)(map->rows * map->columns);
    uint32_t goals = 0;
    for (uint32_t i = 0; i < n; i++) {
        map->n_starts += map->tiles[i] == 'S';
        goals += map->tiles[i] == 'G';
    }
    if (map->n_starts == 0 || goals == 0) {
        return grid_fail(host, GRID_REFUSED, "%s has no %s: put at least one '%c' into it", where,
                         goals == 0 ? "goal" : "start", goals == 0 ? 'G' : 'S');
    }
    map->starts = (uint32_t *)host->alloc(host->ctx, map->n_starts * sizeof *map->starts);
    if (!map->starts) {
        return grid_fail(host, GRID_NO_MEMORY, "out of memory for a map");
    }
    uint32_t found = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (map->tiles[i] == 'S') {
            map->starts[found++] = i;
        }
    }
    return 0;
}

/* Makes a map from a text or the file it names; grid_map_free gives it back, also after failure. */
static pv_status grid_map_read(const pv_host *host, const char *text, grid_map *map)
{
    char where[128];
    char *content = NULL;
    pv_status status = 0;
    FILE *file = fopen(text, "rb");
    if (file) {
        snprintf(where, sizeof where, "map file %.100s", text);
        status = grid_read_file(host, file, text, &content);
        fclose(file);
    } else {
        snprintf(where, sizeof where, "map \"%.32s\" (as a file: %.40s; as rows:)", text,
                 strerror(errno));
    }
    if (status == 0) {
        status = grid_parse(host, where, content ? content : text, map);
    }
    if (status == 0) {
        status = grid_find_starts(host, where, map);
    }
    grid_free(host, content);
    return status;
}

#endif
