/* test_media_overlay.c: what is laid over a world's picture, with an agent whose values the test
   makes up, on a small map. */
#include "core/memory.h"
#include "media/overlay.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* 0 1 2 / 3 # 5 / 6 7 8: the actions are up, right, down, left */
static const char map[] = "GridWorld-v0:map=\"S../.#./..G\"";
enum { STATES = 9, UP = 0, RIGHT = 1, DOWN = 2, LEFT = 3, ACTIONS = 4 };

/* --- an agent that says what the test wants --- */

static double fake_value[STATES];
static double fake_q[STATES][ACTIONS];
static int fake_values_only;

static pv_status fake_explain(pv_agent *agent, const pv_explain *explain)
{
    (void)agent;
    if (explain->action_value && fake_values_only) {
        return pv_fail(PV_ERROR_FIT, "only values");
    }
    for (int i = 0; i < explain->rows; i++) {
        const int state = ((const int32_t *)explain->obs[0])[i];
        ck_assert_int_eq(state, (int)explain->state[i]);
        if (explain->value) {
            explain->value[i] = fake_value[state];
        }
        if (explain->action_value) {
            memcpy(explain->action_value + i * ACTIONS, fake_q[state], sizeof fake_q[state]);
        }
    }
    return PV_OK;
}

static const pv_agent_class fake_class = {.name = "fake", .explain = fake_explain};
static const pv_agent_class silent_class = {.name = "silent"};

/* --- a world, its picture, and the picture with the overlay --- */

static pv_world *world;
static pv_vector *vector;
static pv_agent agent;
static int width, height;
static uint8_t *before, *after; /* [height][width][3] */
static size_t live_before;

static void open_world(const char *name)
{
    world = pv_world_open(name);
    ck_assert_msg(world != NULL, "%s", pv_last_error());
    pv_vector_config config = pv_vector_config_default(world);
    vector = pv_vector_create(&config);
    ck_assert_int_eq(pv_vector_reset(vector), PV_OK);
    agent = (pv_agent){.agent_class = &fake_class, .world = world};
    width = (int)pv_world_spec(world)->width;
    height = (int)pv_world_spec(world)->height;
    before = malloc((size_t)(width * height * 3));
    after = malloc((size_t)(width * height * 3));
    ck_assert_int_eq(pv_vector_render(vector, 0, before, (size_t)width * 3u), PV_OK);
    memcpy(after, before, (size_t)(width * height * 3));
}

static void close_world(void)
{
    pv_vector_destroy(vector);
    pv_world_close(world);
    free(before);
    free(after);
}

static void setup(void)
{
    live_before = pv_memory_live();
    fake_values_only = 0;
    memset(fake_q, 0, sizeof fake_q);
    for (int i = 0; i < STATES; i++) {
        fake_value[i] = 10.0 * i;
    }
    open_world(map);
}

static void teardown(void)
{
    close_world();
    ck_assert_uint_eq(pv_memory_live(), live_before);
}

static void overlay(void)
{
    const pv_canvas canvas = {after, (size_t)width * 3u, width, height};
    ck_assert_msg(pv_overlay_values(&canvas, vector, 0, &agent) == PV_OK, "%s", pv_last_error());
}

static pv_rect cell_of(uint32_t state)
{
    pv_rect rect;
    ck_assert_uint_eq(pv_vector_locate(vector, 0, state, &rect), 1);
    return rect;
}

static int is_changed(int x, int y)
{
    return memcmp(before + (y * width + x) * 3, after + (y * width + x) * 3, 3) != 0;
}

/* pixels of a part of the picture that the overlay changed */
static int count_changed(int x, int y, int columns, int rows)
{
    int n = 0;
    for (int row = y; row < y + rows; row++) {
        for (int column = x; column < x + columns; column++) {
            n += is_changed(column, row);
        }
    }
    return n;
}

/* nearly black pixels of a part that were not so before */
static int count_dark(int x, int y, int columns, int rows)
{
    int n = 0;
    for (int row = y; row < y + rows; row++) {
        for (int column = x; column < x + columns; column++) {
            const uint8_t *p = after + (row * width + column) * 3;
            n += is_changed(column, row) && p[0] < 60 && p[1] < 60 && p[2] < 60;
        }
    }
    return n;
}

/* makes one action the best of every state */
static void prefer(int action)
{
    for (int i = 0; i < STATES; i++) {
        fake_q[i][action] = 1.0;
    }
}

static double lightness(int x, int y)
{
    const uint8_t *p = after + (y * width + x) * 3;
    return 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
}

/* --- values --- */

START_TEST(a_higher_value_is_lighter)
{
    prefer(UP);
    overlay();
    static const uint32_t states[] = {1, 2, 3, 5, 6, 7};
    double last = 0.0;
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        const pv_rect cell = cell_of(states[i]);
        const double now = lightness(cell.x + 4, cell.y + 4);
        ck_assert_double_gt(now, last);
        last = now;
    }
}
END_TEST

START_TEST(only_cells_of_states_are_changed)
{
    prefer(UP);
    overlay();
    int inside = 0;
    for (uint32_t i = 0; i < STATES; i++) {
        if (i != 4) {
            const pv_rect cell = cell_of(i);
            inside += count_changed(cell.x, cell.y, cell.width, cell.height);
        }
    }
    ck_assert_int_gt(inside, 8 * cell_of(0).width * cell_of(0).height / 2);
    ck_assert_int_eq(count_changed(0, 0, width, height), inside);
}
END_TEST

START_TEST(arrows_point_where_the_keys_say)
{
    static const struct {
        int action, dx, dy;
    } cases[] = {{UP, 0, -1}, {RIGHT, 1, 0}, {DOWN, 0, 1}, {LEFT, -1, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memset(fake_q, 0, sizeof fake_q);
        prefer(cases[i].action);
        memcpy(after, before, (size_t)(width * height * 3));
        overlay();
        /* the head has more dark pixels than the other end; the number below is left
           out */
        const pv_rect cell = cell_of(5);
        const int x = cell.x + cell.width / 2;
        const int y = cell.y + cell.height * 2 / 5;
        const int reach = cell.width / 4;
        const int middle = cell.width / 16; /* the shaft is in the middle */
        const int right = count_dark(x + middle, y - reach, reach, 2 * reach);
        const int left = count_dark(x - middle - reach, y - reach, reach, 2 * reach);
        const int down = count_dark(x - reach, y + middle, 2 * reach, reach);
        const int up = count_dark(x - reach, y - middle - reach, 2 * reach, reach);
        ck_assert_int_gt(cases[i].dx ? right + left : up + down, 40);
        ck_assert_int_gt(cases[i].dx * (right - left) + cases[i].dy * (down - up), 8);
        ck_assert_int_lt(abs(cases[i].dy * (right - left) + cases[i].dx * (down - up)), 8);
    }
}
END_TEST

START_TEST(equally_good_actions_all_have_an_arrow)
{
    prefer(LEFT);
    overlay();
    const pv_rect cell = cell_of(5);
    const int rows = cell.height * 3 / 5;
    const int one = count_dark(cell.x, cell.y, cell.width, rows);
    prefer(RIGHT);
    memcpy(after, before, (size_t)(width * height * 3));
    overlay();
    const int half = cell.width / 2;
    const int left = count_dark(cell.x, cell.y, half, rows);
    const int right = count_dark(cell.x + half, cell.y, half, rows);
    ck_assert_int_gt(left, one / 2);
    ck_assert_int_gt(right, one / 2);
}
END_TEST

START_TEST(states_of_which_nothing_is_known_stay_as_they_are)
{
    prefer(UP);
    for (int a = 0; a < ACTIONS; a++) {
        fake_q[2][a] = -3.0;
    }
    fake_value[7] = (double)NAN;
    overlay();
    for (uint32_t i = 0; i < STATES; i++) {
        if (i != 4) {
            const pv_rect cell = cell_of(i);
            const int changed = count_changed(cell.x, cell.y, cell.width, cell.height);
            ck_assert_int_eq(changed > 0, i != 2 && i != 7);
        }
    }
}
END_TEST

START_TEST(an_agent_that_values_states_only_gets_no_arrows)
{
    fake_values_only = 1;
    overlay();
    const pv_rect cell = cell_of(5);
    ck_assert_int_gt(count_changed(cell.x, cell.y, cell.width, cell.height), cell.width);
    ck_assert_int_eq(count_dark(cell.x, cell.y, cell.width, cell.height * 3 / 5), 0);
    ck_assert_int_gt(count_dark(cell.x, cell.y + cell.height * 3 / 5, cell.width,
                                cell.height - cell.height * 3 / 5),
                     10);
}
END_TEST

START_TEST(equal_values_give_no_tint)
{
    for (int i = 0; i < STATES; i++) {
        fake_value[i] = -1.0;
    }
    prefer(UP);
    overlay();
    const pv_rect cell = cell_of(5);
    ck_assert_int_eq(is_changed(cell.x + 4, cell.y + 4), 0);
    ck_assert_int_gt(count_changed(cell.x, cell.y, cell.width, cell.height), 20);
}
END_TEST

START_TEST(an_enlarged_picture_has_its_cells_where_they_are_enlarged)
{
    prefer(UP);
    uint8_t *large = calloc((size_t)(width * 2 * height * 2), 3);
    const pv_canvas canvas = {large, (size_t)width * 6u, width * 2, height * 2};
    ck_assert_int_eq(pv_overlay_values(&canvas, vector, 0, &agent), PV_OK);
    for (uint32_t i = 0; i < STATES; i++) {
        if (i != 4) {
            const pv_rect cell = cell_of(i);
            const int x = 2 * (cell.x + cell.width) - 3;
            const int y = 2 * cell.y + 3;
            const uint8_t *p = large + (y * width * 2 + x) * 3;
            ck_assert_int_gt(p[0] + p[1] + p[2], 0);
        }
    }
    free(large);
}
END_TEST

START_TEST(what_does_not_fit_is_left_alone_and_said)
{
    const pv_canvas canvas = {after, (size_t)width * 3u, width, height};
    agent.agent_class = &silent_class;
    ck_assert_int_eq(pv_overlay_values(&canvas, vector, 0, &agent), PV_ERROR_FIT);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "agent silent"));
    ck_assert_int_eq(count_changed(0, 0, width, height), 0);
    close_world();
    open_world("Blackjack-v1");
    const pv_canvas table = {after, (size_t)width * 3u, width, height};
    ck_assert_int_eq(pv_overlay_values(&table, vector, 0, &agent), PV_ERROR_FIT);
    agent.agent_class = &fake_class;
    ck_assert_int_eq(pv_overlay_values(&table, vector, 0, &agent), PV_ERROR_FIT);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "Blackjack-v1"));
    ck_assert_int_eq(count_changed(0, 0, width, height), 0);
}
END_TEST

START_TEST(every_failing_allocation_is_reported_and_leaks_nothing)
{
    prefer(UP);
    const size_t live = pv_memory_live();
    const pv_canvas canvas = {after, (size_t)width * 3u, width, height};
    int n = 0;
    for (int failed = 1; failed; n++) {
        memcpy(after, before, (size_t)(width * height * 3));
        pv_memory_fail_at((uint64_t)n + 1u);
        const pv_status status = pv_overlay_values(&canvas, vector, 0, &agent);
        failed = status != PV_OK;
        pv_memory_fail_at(0);
        ck_assert_int_eq(status, failed ? PV_ERROR_MEMORY : PV_OK);
        ck_assert_int_eq(count_changed(0, 0, width, height) > 0, !failed);
        ck_assert_uint_eq(pv_memory_live(), live);
    }
    ck_assert_int_eq(n, 5);
}
END_TEST

/* --- text --- */

START_TEST(a_caption_is_white_on_a_dark_strip)
{
    memset(after, 200, (size_t)(width * height * 3));
    const int strip = pv_caption_height(width);
    ck_assert_int_lt(strip, height);
    const pv_canvas canvas = {after, (size_t)width * 3u, width, strip};
    pv_overlay_caption(&canvas, "step 12");
    int white = 0;
    for (int i = 0; i < width * height; i++) {
        const int value = after[i * 3];
        white += value == 255;
        ck_assert(i < width * strip ? value == 255 || value < 100 : value == 200);
    }
    ck_assert_int_gt(white, 50);
    ck_assert_int_lt(white, width * strip / 2);
}
END_TEST

START_TEST(a_caption_too_long_is_cut_at_the_edge)
{
    enum { SIDE = 40, GUARD = 30 };
    static uint8_t rgb[SIDE * (3 * SIDE + GUARD)];
    const char *long_text = "episode 1234   step 123456   return -12345.678";
    for (int size = 1; size <= SIDE; size += 13) {
        memset(rgb, 7, sizeof rgb);
        const pv_canvas canvas = {rgb, 3 * SIDE + GUARD, size, size};
        pv_overlay_caption(&canvas, long_text);
        for (int y = 0; y < SIDE; y++) {
            for (int x = y < size ? 3 * size : 0; x < 3 * SIDE + GUARD; x++) {
                ck_assert_int_eq(rgb[y * (3 * SIDE + GUARD) + x], 7);
            }
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("media/overlay");
    TCase *tests = tcase_create("overlay");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_higher_value_is_lighter);
    tcase_add_test(tests, only_cells_of_states_are_changed);
    tcase_add_test(tests, arrows_point_where_the_keys_say);
    tcase_add_test(tests, equally_good_actions_all_have_an_arrow);
    tcase_add_test(tests, states_of_which_nothing_is_known_stay_as_they_are);
    tcase_add_test(tests, an_agent_that_values_states_only_gets_no_arrows);
    tcase_add_test(tests, equal_values_give_no_tint);
    tcase_add_test(tests, an_enlarged_picture_has_its_cells_where_they_are_enlarged);
    tcase_add_test(tests, what_does_not_fit_is_left_alone_and_said);
    tcase_add_test(tests, every_failing_allocation_is_reported_and_leaks_nothing);
    tcase_add_test(tests, a_caption_is_white_on_a_dark_strip);
    tcase_add_test(tests, a_caption_too_long_is_cut_at_the_edge);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
