/* MinAtar/SpaceInvaders (Young and Tian 2019): shoot waves of aliens that march and shoot back.
   Aliens and bullets are maps of ten rows with a bit for each column, so that all that march do so
   in one shift. */
#include <stdint.h>

#define MINATAR_CHANNELS 6

enum {
    WAVE_ROWS = 4,
    WAVE = 0xFC,        /* columns 2 to 7 */
    LEFTMOST = 1,       /* column 0 */
    RIGHTMOST = 1 << 9, /* column 9 */
    GROUND = 9,         /* the cannon's row */
    SHOT_PAUSE = 5,     /* of the player */
    ALIEN_SHOT_PAUSE = 10,
    SLOWEST = 12, /* alien move interval of the first wave */
    FASTEST = 6   /* and of late ones */
};

enum { TO_LEFT, TO_RIGHT };

typedef struct minatar_game {
    int32_t x; /* of the cannon */
    int32_t direction, interval, move_wait;
    int32_t alien_shot_wait, shot_wait;
    uint16_t bullets[10], enemy_bullets[10], aliens[10]; /* by row; bit x: column x */
} minatar_game;

#include "minatar.h"

static const minatar_about *game_about(void)
{
    static const minatar_channel channels[MINATAR_CHANNELS] = {
        {"cannon", 0x4FA8FF, 1},        {"alien", 0x7ED957, 2},   {"marches left", 0x1F6F3A, 9},
        {"marches right", 0xE3F76B, 9}, {"bullet", 0xFFFFFF, 10}, {"enemy bullet", 0xF0524F, 10},
    };
    static const int32_t minimal[4] = {NOTHING, LEFT, RIGHT, FIRE};
    static const minatar_about about = {channels, 4, minimal, SLOWEST - FASTEST};
    return &about;
}

static void begin_wave(minatar_game *game)
{
    for (int row = 0; row < WAVE_ROWS; row++) {
        game->aliens[row] = WAVE;
    }
}

static void game_reset(pv_env *env)
{
    minatar_game *game = &env->now.game;
    game->x = 5;
    game->direction = TO_LEFT;
    game->interval = game->move_wait = SLOWEST;
    game->alien_shot_wait = ALIEN_SHOT_PAUSE;
    begin_wave(game);
}

/* All columns with something in them. */
static uint32_t columns_of(const uint16_t *rows)
{
    uint32_t columns = 0;
    for (int row = 0; row < SIZE; row++) {
        columns |= rows[row];
    }
    return columns;
}

static int count(const uint16_t *rows)
{
    int n = 0;
    for (int row = 0; row < SIZE; row++) {
        for (uint32_t bits = rows[row]; bits; bits &= bits - 1) {
            n++;
        }
    }
    return n;
}

static int reaches_cannon(const minatar_game *game, const uint16_t *rows)
{
    return rows[GROUND] >> game->x & 1;
}

static void move_up(uint16_t *rows)
{
    memmove(rows, rows + 1, (SIZE - 1) * sizeof *rows);
    rows[SIZE - 1] = 0;
}

static void move_down(uint16_t *rows, uint16_t into_top)
{
    memmove(rows + 1, rows, (SIZE - 1) * sizeof *rows);
    rows[0] = into_top;
}

static void move_sideways(uint16_t *rows, int direction)
{
    for (int row = 0; row < SIZE; row++) {
        rows[row] = (uint16_t)(direction == TO_LEFT ? rows[row] >> 1 : rows[row] << 1);
    }
}

static void march(pv_env *env)
{
    minatar_game *game = &env->now.game;
    const int n = count(game->aliens);
    const uint32_t edge = game->direction == TO_LEFT ? LEFTMOST : RIGHTMOST;
    game->move_wait = n < game->interval ? n : game->interval;
    if (columns_of(game->aliens) & edge) {
        game->direction = !game->direction;
        if (game->aliens[GROUND]) {
            env->now.phase = OVER;
        }
        move_down(game->aliens, game->aliens[GROUND]);
    } else {
        move_sideways(game->aliens, game->direction);
    }
    if (reaches_cannon(game, game->aliens)) {
        env->now.phase = OVER;
    }
}

/* The column with aliens nearest to the cannon, of two equally near the left one. */
static int nearest_column(const minatar_game *game)
{
    const uint32_t columns = columns_of(game->aliens);
    int apart = 0;
    while (apart < SIZE) {
        if (game->x >= apart && columns >> (game->x - apart) & 1u) {
            return game->x - apart;
        }
        if (columns >> (game->x + apart) & 1u) {
            return game->x + apart;
        }
        apart++;
    }
    return 0;
}

/* The lowest alien of the nearest column shoots. */
static void shoot_back(minatar_game *game)
{
    const uint32_t column = 1u << nearest_column(game);
    for (int row = GROUND; row >= 0; row--) {
        if (game->aliens[row] & column) {
            game->enemy_bullets[row] = (uint16_t)(game->enemy_bullets[row] | column);
            return;
        }
    }
}

static int hit_aliens(minatar_game *game)
{
    uint16_t hits[10];
    for (int row = 0; row < SIZE; row++) {
        hits[row] = game->aliens[row] & game->bullets[row];
        game->aliens[row] ^= hits[row];
        game->bullets[row] ^= hits[row];
    }
    return count(hits);
}

static void move_cannon(minatar_game *game, int action)
{
    if (action == FIRE && game->shot_wait == 0) {
        game->bullets[GROUND] = (uint16_t)(game->bullets[GROUND] | 1u << game->x);
        game->shot_wait = SHOT_PAUSE;
    }
    game->x = moved(game->x, (action == RIGHT) - (action == LEFT), 0, SIZE - 1);
}

static int game_step(pv_env *env, int action)
{
    minatar_game *game = &env->now.game;
    move_cannon(game, action);
    move_up(game->bullets);
    move_down(game->enemy_bullets, 0);
    if (reaches_cannon(game, game->enemy_bullets) || reaches_cannon(game, game->aliens)) {
        env->now.phase = OVER;
    }
    if (game->move_wait == 0) {
        march(env);
    }
    if (game->alien_shot_wait == 0) {
        game->alien_shot_wait = ALIEN_SHOT_PAUSE;
        shoot_back(game);
    }
    const int points = hit_aliens(game);
    game->shot_wait -= game->shot_wait > 0;
    game->move_wait--;
    game->alien_shot_wait--;
    if (columns_of(game->aliens) == 0) {
        if (env->ramping && game->interval > FASTEST) {
            game->interval--;
            env->now.level++;
        }
        begin_wave(game); /* direction, countdowns and bullets stay */
    }
    return points;
}

/* A whole row at a time: most are empty, and in the others deciding costs more than writing. */
static void set_flags(uint8_t *flags, const uint16_t *rows, int channel)
{
    for (int row = 0; row < SIZE; row++) {
        uint8_t *flag = flags + row * SIZE * MINATAR_CHANNELS + channel;
        for (int x = 0; rows[row] && x < SIZE; x++) {
            flag[x * MINATAR_CHANNELS] = rows[row] >> x & 1;
        }
    }
}

static void game_observe(const minatar_game *game, uint8_t *flags)
{
    set_flag(flags, GROUND, game->x, 0);
    set_flags(flags, game->aliens, 1);
    set_flags(flags, game->aliens, game->direction == TO_LEFT ? 2 : 3);
    set_flags(flags, game->bullets, 4);
    set_flags(flags, game->enemy_bullets, 5);
}

static int game_is_sound(const minatar_game *game)
{
    for (int row = 0; row < SIZE; row++) {
        if ((game->bullets[row] | game->enemy_bullets[row] | game->aliens[row]) >> SIZE) {
            return 0;
        }
    }
    return is_within(game->x, 0, SIZE - 1) && is_within(game->direction, TO_LEFT, TO_RIGHT) &&
           is_within(game->interval, FASTEST, SLOWEST) && is_within(game->move_wait, 0, SLOWEST) &&
           is_within(game->alien_shot_wait, 0, ALIEN_SHOT_PAUSE) &&
           is_within(game->shot_wait, 0, SHOT_PAUSE) && columns_of(game->aliens) != 0;
}

MINATAR_GAME("SpaceInvaders", "shoot waves of aliens that shoot back");
