/* grid_table.h: what a map and a set of rules make of every cell and move: a table of outcomes, 32
   bits each, so that the tables of many instances fit into the cache. Part of gridworld.c, which
   alone includes it. */
#ifndef PAVLOV_ENVS_GRID_TABLE_H
#define PAVLOV_ENVS_GRID_TABLE_H

#include "grid_map.h"

/* --- rules --- */

typedef enum grid_order { GRID_UP_RIGHT_DOWN_LEFT, GRID_LEFT_DOWN_RIGHT_UP } grid_order;
enum { GRID_NOTHING, GRID_STEP, GRID_GOAL, GRID_HOLE, GRID_CLIFF, GRID_REWARDS };
enum { GRID_MAX_MOVES = 9, GRID_MAX_TURNS = 4, GRID_MAX_OUTCOMES = 3 * GRID_MAX_TURNS };

typedef struct grid_rules {
    const char *map;               /* rows, or a file */
    grid_order order;              /* of the first four moves */
    int moves;                     /* 4; 8: and diagonals; 9: and staying */
    double reward[GRID_REWARDS];   /* of entering a tile of that kind */
    int n_turns;                   /* where a move may go: */
    int turn[GRID_MAX_TURNS];      /* so many quarter turns off, */
    double chance[GRID_MAX_TURNS]; /* with these chances */
    int changing_wind;    /* a third of the time each: one cell less, as given, one cell more */
    int goal_is_ordinary; /* moves out of a goal's cell are in the model like any other */
    int ice;              /* how it looks */
    uint32_t max_steps;
    double solved;
} grid_rules;

/* Moves go astray: straight on with `straight`, a quarter turn to either side with `side`. */
static void grid_slip_sideways(grid_rules *rules, double straight, double side)
{
    static const int turns[] = {3, 0, 1};
    rules->n_turns = 3;
    for (int i = 0; i < 3; i++) {
        rules->turn[i] = turns[i];
        rules->chance[i] = turns[i] == 0 ? straight : side;
    }
}

/* Moves go astray: each of the other three ways with `other`. */
static void grid_slip_anywhere(grid_rules *rules, double straight, double other)
{
    rules->n_turns = 4;
    for (int i = 0; i < 4; i++) {
        rules->turn[i] = i;
        rules->chance[i] = i == 0 ? straight : other;
    }
}

/* --- moves --- */

typedef struct grid_move {
    int rows, columns;
} grid_move;

static const grid_move grid_moves[2][GRID_MAX_MOVES] = {
    [GRID_UP_RIGHT_DOWN_LEFT] =
        {{-1, 0}, {0, 1}, {1, 0}, {0, -1}, {-1, 1}, {1, 1}, {1, -1}, {-1, -1}, {0, 0}},
    [GRID_LEFT_DOWN_RIGHT_UP] = {{0, -1}, {1, 0}, {0, 1}, {-1, 0}},
};

/* The move so many quarter turns from another. */
static uint32_t grid_turned(uint32_t move, int turn)
{
    return move < 8 ? (move & 4u) + ((move + (uint32_t)turn) & 3u) : move;
}

/* The cell a step away, clamped to the grid; walls stop. */
static uint32_t grid_neighbour(const grid_map *map, uint32_t cell, int rows, int columns)
{
    int row = (int)cell / map->columns + rows;
    int column = (int)cell % map->columns + columns;
    row = row < 0 ? 0 : row >= map->rows ? map->rows - 1 : row;
    column = column < 0 ? 0 : column >= map->columns ? map->columns - 1 : column;
    const uint32_t next = (uint32_t)(row * map->columns + column);
    return map->tiles[next] == '#' ? cell : next;
}

/* Where a move ends with a wind that carries up: the rows of both are added first, so that wind
   against a step down at the lower edge is not lost. Walls stop the step and the wind. */
static uint32_t grid_blow(const grid_map *map, uint32_t cell, grid_move move, int wind)
{
    int rows = move.rows - wind;
    const int own = rows * move.rows > 0 ? move.rows : 0;
    cell = grid_neighbour(map, cell, own, move.columns);
    for (rows -= own; rows != 0; rows += rows < 0 ? 1 : -1) {
        cell = grid_neighbour(map, cell, rows < 0 ? -1 : 1, 0);
    }
    return cell;
}

/* --- the table --- */

/* A move that goes astray does what another move does, so only what each move does in each wind is
   stored, and which of these an outcome of a move is. */
typedef struct grid_table {
    uint32_t *codes; /* [n_cells][n_moves][n_winds] */
    uint32_t row;    /* n_moves * n_winds */
    uint32_t n_cells, n_moves, n_winds, n_outcomes;
    double reach[GRID_MAX_OUTCOMES];                  /* running sums of the outcomes' chances */
    uint8_t place[GRID_MAX_MOVES][GRID_MAX_OUTCOMES]; /* of a move's outcome in the row of a cell */
} grid_table;

/* an outcome's code: the next cell in 24 bits, the kind of reward in 3, the end in the last */
static uint32_t grid_code(uint32_t next, uint32_t reward, uint32_t end)
{
    return next | reward << 24 | end << 31;
}

static uint32_t grid_next(uint32_t code)
{
    return code & 0xFFFFFFu;
}

static uint32_t grid_reward_kind(uint32_t code)
{
    return code >> 24 & 7u;
}

static uint32_t grid_end(uint32_t code)
{
    return code >> 31;
}

/* What entering a cell does. */
static uint32_t grid_enter(const grid_map *map, uint32_t next)
{
    switch (map->tiles[next]) {
    case 'G':
        return grid_code(next, GRID_GOAL, 1);
    case 'H':
        return grid_code(next, GRID_HOLE, 1);
    case 'C':
        return grid_code(map->starts[0], GRID_CLIFF, 0);
    default:
        return grid_code(next, GRID_STEP, 0);
    }
}

/* Returns 1 if nothing goes on from a cell: it stays, for no reward, and has ended. */
static int grid_is_over(const grid_map *map, const grid_rules *rules, uint32_t cell)
{
    const char tile = map->tiles[cell];
    return tile == '#' || tile == 'H' || (tile == 'G' && !rules->goal_is_ordinary);
}

/* What a move does in a cell when the wind is off by `gust`. */
static uint32_t grid_result(const grid_map *map, const grid_rules *rules, uint32_t cell,
                            uint32_t move, int gust)
{
    if (grid_is_over(map, rules, cell)) {
        return grid_code(cell, GRID_NOTHING, 1);
    }
    const int wind = grid_wind(map->tiles[cell]);
    const int felt = wind > 0 ? wind + gust : 0;
    return grid_enter(map, grid_blow(map, cell, grid_moves[rules->order][move], felt));
}

/* Lays out the outcomes of a move: turns, and within these the winds. */
static void grid_table_init(grid_table *table, const grid_map *map, const grid_rules *rules)
{
    const uint32_t winds = rules->changing_wind ? 3u : 1u;
    table->n_cells = (uint32_t)(map->rows * map->columns);
    table->n_moves = (uint32_t)rules->moves;
    table->n_winds = winds;
    table->n_outcomes = (uint32_t)rules->n_turns * winds;
    table->row = table->n_moves * winds;
    double sum = 0.0;
    for (uint32_t i = 0; i < table->n_outcomes; i++) {
        sum += rules->chance[i / winds] / winds;
        table->reach[i] = sum;
        for (uint32_t move = 0; move < GRID_MAX_MOVES; move++) {
            const uint32_t taken = grid_turned(move, rules->turn[i / winds]);
            table->place[move][i] = (uint8_t)(taken * winds + i % winds);
        }
    }
}

/* Fills a table; grid_free(table->codes) gives it back. */
static pv_status grid_table_make(const pv_host *host, const grid_map *map, const grid_rules *rules,
                                 grid_table *table)
{
    grid_table_init(table, map, rules);
    const size_t n = (size_t)table->n_cells * table->row;
    table->codes = (uint32_t *)host->alloc(host->ctx, n * sizeof *table->codes);
    if (!table->codes) {
        return grid_fail(host, GRID_NO_MEMORY, "out of memory for a table of outcomes");
    }
    for (size_t i = 0; i < n; i++) {
        const uint32_t cell = (uint32_t)(i / table->row);
        const uint32_t move = (uint32_t)(i % table->row) / table->n_winds;
        const int gust = table->n_winds == 3 ? (int)(i % 3) - 1 : 0;
        table->codes[i] = grid_result(map, rules, cell, move, gust);
    }
    return 0;
}

/* Returns the code of outcome i of a move. */
static uint32_t grid_outcome(const grid_table *table, uint32_t cell, uint32_t move, uint32_t i)
{
    return table->codes[(size_t)cell * table->row + table->place[move][i]];
}

/* Lists P(s', r | s, a) from the table; outcomes that cannot differ (still air under changing
   winds, a cell where it is over) are listed once. Returns their count. */
static uint32_t grid_table_list(const grid_table *table, const grid_map *map,
                                const grid_rules *rules, uint32_t cell, uint32_t move,
                                pv_outcome *outcomes, uint32_t capacity)
{
    const uint32_t felt = grid_wind(map->tiles[cell]) > 0 ? table->n_winds : 1u;
    const uint32_t n = grid_is_over(map, rules, cell) ? 1u : (uint32_t)rules->n_turns * felt;
    for (uint32_t i = 0; i < n && i < capacity; i++) {
        const uint32_t code = grid_outcome(table, cell, move, i * (table->n_winds / felt));
        outcomes[i].probability = n == 1 ? 1.0 : rules->chance[i / felt] / felt;
        outcomes[i].reward = rules->reward[grid_reward_kind(code)];
        outcomes[i].next = grid_next(code);
        outcomes[i].terminated = grid_end(code);
    }
    return n;
}

/* Looks for a way from a start to a goal, or to an earlier start that has one. `mark` says of each
   cell which start saw it last, UINT32_MAX for a start with a way. */
static int grid_has_way(const grid_table *table, const grid_map *map, uint32_t start,
                        uint32_t number, uint32_t *queue, uint32_t *mark)
{
    const uint32_t n_codes = table->n_moves * table->n_outcomes;
    uint32_t n = 1;
    queue[0] = start;
    mark[start] = number;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < n_codes; k++) {
            const uint32_t o = k % table->n_outcomes;
            const uint32_t next =
                grid_next(grid_outcome(table, queue[i], k / table->n_outcomes, o));
            const int possible = table->reach[o] > (o > 0 ? table->reach[o - 1] : 0.0);
            if (!possible || mark[next] == number) {
                continue;
            }
            if (map->tiles[next] == 'G' || mark[next] == UINT32_MAX) {
                mark[start] = UINT32_MAX;
                return 1;
            }
            mark[next] = number;
            queue[n++] = next;
        }
    }
    return 0;
}

/* Refuses a map where an episode could never reach a goal. */
static pv_status grid_check_ways(const pv_host *host, const grid_table *table, const grid_map *map)
{
    uint32_t *work = (uint32_t *)host->alloc(host->ctx, 2u * sizeof *work * table->n_cells);
    if (!work) {
        return grid_fail(host, GRID_NO_MEMORY, "out of memory for checking a map");
    }
    pv_status status = 0;
    for (uint32_t i = 0; i < map->n_starts && status == 0; i++) {
        const uint32_t start = map->starts[i];
        if (!grid_has_way(table, map, start, i + 1, work, work + table->n_cells)) {
            status = grid_fail(host, GRID_REFUSED,
                               "map: no goal can be reached from the start in row %d, column %d",
                               (int)start / map->columns + 1, (int)start % map->columns + 1);
        }
    }
    grid_free(host, work);
    return status;
}

#endif
