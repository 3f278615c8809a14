/* test_envs_pong_screen.c: Pong's screen, read back pixel by pixel: it shows what the numbers say,
   to each agent from its own side; and trajectory hashes that every compiler must meet. */
#include "pong_play.h"

#include "core/memory.h"

#include <stdio.h>

/* --- reading the screen --- */

enum { BROWN, WHITE, ORANGE, GREEN, COLOURS };

static const uint8_t colours[COLOURS][3] = {
    {144, 72, 17}, {236, 236, 236}, {213, 130, 74}, {92, 186, 92}};

static int colour_at(const uint8_t *screen, int x, int y)
{
    const uint8_t *pixel = screen + (y * 160 + x) * 3;
    for (int i = 0; i < COLOURS; i++) {
        if (memcmp(pixel, colours[i], 3) == 0) {
            return i;
        }
    }
    ck_abort_msg("%d,%d has a colour of its own: %d %d %d", x, y, pixel[0], pixel[1], pixel[2]);
    return -1;
}

/* ck_assert for what is asked of every pixel */
static void expect_colour(const uint8_t *screen, int x, int y, int colour)
{
    const int seen = colour_at(screen, x, y);
    if (seen != colour) {
        ck_abort_msg("%d,%d has colour %d, not %d", x, y, seen, colour);
    }
}

/* the digits as people read them, a block of 4 x 4 pixels each sign */
static const char *const digits[10] = {
    "### #.# #.# #.# ###", ".#. .#. .#. .#. .#.", "### ..# ### #.. ###", "### ..# ### ..# ###",
    "#.# #.# ### ..# ..#", "### #.. ### ..# ###", "### #.. ### #.# ###", "### ..# ..# ..# ..#",
    "### #.# ### #.# ###", "### #.# ### ..# ###"};

/* Returns the digit whose top left corner is at (x, 2); -1 where there is none. */
static int read_digit(const uint8_t *screen, int x, int colour)
{
    char shape[20] = "";
    int blocks = 0;
    for (int i = 0; i < 15; i++) {
        const int here = colour_at(screen, x + i % 3 * 4, 2 + i / 3 * 4) == colour;
        for (int k = 0; k < 16; k++) {
            expect_colour(screen, x + i % 3 * 4 + k % 4, 2 + i / 3 * 4 + k / 4,
                          here ? colour : BROWN);
        }
        shape[i + i / 3] = here ? '#' : '.';
        if (i % 3 == 2 && i < 14) {
            shape[i + i / 3 + 1] = ' ';
        }
        blocks += here;
    }
    for (int digit = 0; digit < 10; digit++) {
        if (strcmp(shape, digits[digit]) == 0) {
            return digit;
        }
    }
    ck_assert_int_eq(blocks, 0);
    return -1;
}

static int read_score(const uint8_t *screen, int x, int colour)
{
    const int tens = read_digit(screen, x - 16, colour);
    const int ones = read_digit(screen, x, colour);
    ck_assert(ones >= 0 && tens != 0);
    return (tens > 0 ? 10 * tens : 0) + ones;
}

/* Expects a paddle at column x and nothing else there; returns the middle of the paddle. */
static double read_paddle(const uint8_t *screen, int x, int colour, int height)
{
    int top = 34;
    while (top < 194 && colour_at(screen, x, top) != colour) {
        top++;
    }
    ck_assert_int_le(top, 194 - height);
    for (int y = top; y < top + height; y++) {
        for (int i = 0; i < 4; i++) {
            expect_colour(screen, x + i, y, colour);
        }
    }
    return top + height / 2.0 - 114.0;
}

/* a box of what has one colour in the field; empty if right < left */
typedef struct box {
    int left, top, right, bottom, pixels;
} box;

static box find(const uint8_t *screen, int colour)
{
    box b = {160, 210, -1, -1, 0};
    for (int y = 34; y < 194; y++) {
        for (int x = 0; x < 160; x++) {
            if (colour_at(screen, x, y) == colour) {
                b.left = x < b.left ? x : b.left;
                b.right = x > b.right ? x : b.right;
                b.top = y < b.top ? y : b.top;
                b.bottom = y > b.bottom ? y : b.bottom;
                b.pixels++;
            }
        }
    }
    return b;
}

/* the two white lines, and brown above them wherever no digit is */
static void expect_lines(const uint8_t *screen)
{
    for (int y = 0; y < 210; y++) {
        const int white = (y >= 24 && y < 34) || y >= 194;
        for (int x = 0; x < 160; x++) {
            if (white || (y < 24 && (y < 2 || y >= 22 || x < 20 || x >= 128 || x / 4 == 12))) {
                expect_colour(screen, x, y, white ? WHITE : BROWN);
            }
        }
    }
}

/* Holds the screen of agent `who` against its numbers. */
static void expect_what_the_numbers_say(const uint8_t *screen, const pong *numbers, int who)
{
    const ball b = pong_ball(numbers, who);
    const float *state = numbers->state[who];
    expect_lines(screen);
    ck_assert_double_le(fabs(read_paddle(screen, 140, GREEN, 16) - b.mine), 0.5);
    ck_assert_double_le(fabs(read_paddle(screen, 16, ORANGE, 16) - b.other), 0.5);
    ck_assert_int_eq(read_score(screen, 116, GREEN), (int)rintf(state[6] * 21.0f));
    ck_assert_int_eq(read_score(screen, 36, ORANGE), (int)rintf(state[7] * 21.0f));
    const box seen = find(screen, WHITE);
    if (b.vx == 0.0) {
        ck_assert_int_eq(seen.pixels, 0);
        return;
    }
    const int cut = fabs(b.x) > 79.0; /* half out of the picture */
    ck_assert_int_le(seen.pixels, 8);
    if (!cut) {
        ck_assert_int_eq(seen.pixels, 8);
        ck_assert_double_le(fabs((seen.left + seen.right + 1) / 2.0 - 80.0 - b.x), 0.5);
        ck_assert_double_le(fabs((seen.top + seen.bottom + 1) / 2.0 - 114.0 - b.y), 0.5);
    }
}

/* --- what it shows --- */

START_TEST(the_screen_shows_what_the_numbers_say)
{
    pong screen, numbers;
    pv_rng rng;
    int frames = 0;
    pv_rng_init(&rng, 3);
    pong_open(&screen, _i ? "Pong-v0:players=2" : "Pong-v0", NULL);
    pong_open(&numbers, _i ? "Pong-v0:players=2,obs=state" : "Pong-v0:obs=state", NULL);
    pong_begin(&screen, 7);
    pong_begin(&numbers, 7);
    int32_t home = NOOP, away = NOOP;
    while (!numbers.terminated[0]) {
        if (frames++ % 5 == 0) {
            for (int who = 0; who <= _i; who++) {
                expect_what_the_numbers_say(screen.screen + who * SCREEN, &numbers, who);
            }
        }
        if (frames % 9 == 0) {
            home = (int32_t)pv_draw_integer(&rng, NULL, 0, 6);
            away = (int32_t)pv_draw_integer(&rng, NULL, 0, 6);
        }
        pong_go(&screen, home, away);
        pong_go(&numbers, home, away);
        ck_assert(screen.reward[0] == numbers.reward[0]);
        ck_assert(screen.terminated[0] == numbers.terminated[0]);
    }
    expect_what_the_numbers_say(screen.screen, &numbers, 0); /* 21 */
    pong_close(&screen);
    pong_close(&numbers);
}
END_TEST

START_TEST(the_other_player_sees_the_field_mirrored)
{
    static const int turned[COLOURS] = {BROWN, WHITE, GREEN, ORANGE};
    pong p;
    pv_rng rng;
    pv_rng_init(&rng, 5);
    pong_open(&p, "Pong-v0:players=2", NULL);
    pong_begin(&p, 2);
    for (int frame = 0; frame < 400; frame++) {
        for (int i = 34 * 160; frame % 3 == 0 && i < 194 * 160; i++) {
            const int x = i % 160;
            const int y = i / 160;
            const int seen = colour_at(p.screen + SCREEN, x, y);
            if (seen != turned[colour_at(p.screen, 159 - x, y)]) {
                ck_abort_msg("frame %d: %d,%d is no mirror", frame, x, y);
            }
        }
        pong_go_random(&p, &rng, 6);
    }
    pong_close(&p);
}
END_TEST

START_TEST(render_is_what_the_first_agent_sees)
{
    enum { STRIDE = 500 };
    pong p;
    uint8_t *picture = calloc(210, STRIDE);
    ck_assert_ptr_nonnull(picture);
    pong_open(&p, "Pong-v0:players=2", NULL);
    ck_assert_uint_eq(pv_world_spec(p.world)->width, 160);
    ck_assert_uint_eq(pv_world_spec(p.world)->height, 210);
    ck_assert(pv_world_spec(p.world)->fps == 60.0);
    pong_begin(&p, 2);
    for (int frame = 0; frame < 100; frame++) {
        pong_go(&p, UP, DOWN);
    }
    ck_assert_int_eq(p.instance.env_class->render(p.instance.env, picture, STRIDE), PV_OK);
    for (int y = 0; y < 210; y++) {
        ck_assert_mem_eq(picture + y * STRIDE, p.screen + (size_t)y * 480, 480);
        ck_assert_int_eq(picture[y * STRIDE + 480], 0);
    }
    free(picture);
    pong_close(&p);
}
END_TEST

START_TEST(a_larger_paddle_is_drawn_larger)
{
    pong p;
    pong_open(&p, "Pong-v0:paddle=41", NULL);
    pong_begin(&p, 2);
    for (int frame = 0; frame < 80; frame++) {
        pong_go(&p, frame < 20 ? DOWN : UP, NOOP);
    }
    const box green = find(p.screen, GREEN);
    ck_assert_int_eq(green.pixels, 41 * 4);
    ck_assert(green.top == 34 && green.bottom == 34 + 40);
    pong_close(&p);
}
END_TEST

START_TEST(a_screen_that_is_not_wanted_is_not_drawn)
{
    pong p;
    pong_open(&p, "Pong-v0", NULL);
    pong_begin(&p, 2);
    memset(p.screen, 7, SCREEN);
    p.obs_at[0] = NULL;
    pong_go(&p, UP, NOOP);
    for (int i = 0; i < SCREEN; i++) {
        if (p.screen[i] != 7) {
            ck_abort_msg("byte %d was drawn", i);
        }
    }
    pong_close(&p);
}
END_TEST

/* --- the same everywhere --- */

static const struct {
    const char *world;
    uint64_t golden;
} variants[] = {
    {"Pong-v0", 0xaa80d77b8ab07624},
    {"Pong-v0:obs=state", 0x02cc209608f7a2bc},
    {"Pong-v0:obs=state,players=2,sticky=0.25", 0x4be10f1960bce56d},
    {"Pong-v0:obs=state,opponent=random,actions=3", 0x0e6d72b55c8954df},
    {"Pong-v0:obs=state,opponent=perfect,steepness=2.5,paddle=31", 0xdefc00e16dfd9ca1},
};
enum { VARIANTS = sizeof variants / sizeof variants[0] };

static void add_bytes(uint64_t *hash, const void *data, size_t size)
{
    const uint8_t *byte = data;
    for (size_t i = 0; i < size; i++) {
        *hash = (*hash ^ byte[i]) * 1099511628211u; /* FNV-1a */
    }
}

START_TEST(a_trajectory_is_the_same_under_every_compiler)
{
    uint64_t hash = 14695981039346656037u;
    pong p;
    pv_rng rng;
    pv_rng_init(&rng, 11);
    pong_open(&p, variants[_i].world, NULL);
    const pv_spec *spec = pv_world_spec(p.world);
    const int frames = p.screen ? 300 : 20000;
    uint64_t seed = 0;
    p.terminated[0] = 1;
    for (int frame = 0; frame < frames; frame++) {
        if (p.terminated[0]) {
            pong_begin(&p, ++seed);
        } else {
            pong_go_random(&p, &rng, (int64_t)spec->action[0].n);
        }
        add_bytes(&hash, p.obs_at[0], spec->agents * pv_space_size(&spec->obs[0]));
        add_bytes(&hash, p.reward, spec->agents * sizeof p.reward[0]);
        add_bytes(&hash, p.terminated, spec->agents);
    }
    ck_assert_msg(hash == variants[_i].golden, "%s: 0x%016llx", variants[_i].world,
                  (unsigned long long)hash);
    pong_close(&p);
}
END_TEST

START_TEST(a_saved_game_goes_on_equally)
{
    pong a, b;
    pv_rng rng;
    char state[512];
    pv_rng_init(&rng, 17);
    pong_open(&a, variants[_i].world, NULL);
    pong_open(&b, variants[_i].world, NULL);
    const pv_env_class *env_class = a.instance.env_class;
    const size_t size = env_class->state_size(a.instance.env);
    ck_assert_uint_le(size, sizeof state);
    pong_begin(&a, 5);
    pong_begin(&b, 99);
    for (int frame = 0; frame < 150; frame++) {
        pong_go(&a, frame % 3, frame % 2);
    }
    ck_assert_int_eq(env_class->save(a.instance.env, state), PV_OK);
    ck_assert_int_eq(env_class->load(b.instance.env, state, size), PV_OK);
    for (int frame = 0; frame < 150; frame++) {
        pong_go(&a, frame % 2, frame % 3);
        pong_go(&b, frame % 2, frame % 3);
        ck_assert_mem_eq(a.state, b.state, sizeof a.state);
        ck_assert(!a.screen || memcmp(a.screen, b.screen, SCREEN) == 0);
        ck_assert(a.reward[0] == b.reward[0]);
    }
    state[0] = state[1] = state[2] = state[3] = 0x55; /* a ball far outside */
    ck_assert_int_lt(env_class->load(b.instance.env, state, size), 0);
    ck_assert_int_lt(env_class->load(b.instance.env, state, size - 1), 0);
    pong_close(&a);
    pong_close(&b);
}
END_TEST

static void check_memory(void)
{
    ck_assert_uint_eq(pv_memory_live(), 0);
}

int main(void)
{
    Suite *suite = suite_create("pong's screen");
    TCase *tests = tcase_create("pong's screen");
    tcase_add_checked_fixture(tests, NULL, check_memory);
    tcase_add_loop_test(tests, the_screen_shows_what_the_numbers_say, 0, 2);
    tcase_add_test(tests, the_other_player_sees_the_field_mirrored);
    tcase_add_test(tests, render_is_what_the_first_agent_sees);
    tcase_add_test(tests, a_larger_paddle_is_drawn_larger);
    tcase_add_test(tests, a_screen_that_is_not_wanted_is_not_drawn);
    tcase_add_loop_test(tests, a_trajectory_is_the_same_under_every_compiler, 0, VARIANTS);
    tcase_add_loop_test(tests, a_saved_game_goes_on_equally, 0, VARIANTS);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
