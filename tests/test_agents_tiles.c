/* Tile coding: which tiles an observation is in, by hand; what ranges are refused. */
#include "agents/tiles.h"

#include <check.h>
#include <string.h>

static pv_tiles tiles_of(const char *world_text, int tilings, int per_axis, size_t memory,
                         const char *ranges, pv_world **world)
{
    pv_tiles tiles;
    *world = pv_world_open(world_text);
    ck_assert_msg(*world != NULL, "%s", pv_last_error());
    ck_assert_msg(pv_tiles_init(&tiles, *world, tilings, per_axis, memory, ranges) == PV_OK, "%s",
                  pv_last_error());
    return tiles;
}

#define CART "-2..2 -2..2 -2..2 -2..2"

START_TEST(a_single_tiling_is_a_grid)
{
    pv_world *world;
    const pv_tiles tiles = tiles_of("CartPole-v1", 1, 4, 100000, CART, &world);
    ck_assert_uint_eq(tiles.features, 5 * 5 * 5 * 5); /* one more along each number for shifts */
    const float obs[3][4] = {
        {-2.0f, -2.0f, -2.0f, -2.0f}, {-0.5f, 0.5f, 1.5f, -1.5f}, {-9.0f, 9.0f, 0.0f, 0.0f}};
    const uint32_t expected[3] = {0, 1 * 125 + 2 * 25 + 3 * 5 + 0, 0 * 125 + 3 * 25 + 2 * 5 + 2};
    const void *const arrays[] = {obs};
    for (int row = 0; row < 3; row++) {
        uint32_t feature;
        pv_tiles_find(&tiles, arrays, row, &feature);
        ck_assert_uint_eq(feature, expected[row]);
    }
    pv_world_close(world);
}
END_TEST

START_TEST(tilings_are_shifted_by_odd_parts_of_a_tile)
{
    /* tiling t of 4 is shifted by t / 4, 3 t / 4, 5 t / 4 and 7 t / 4 of a tile */
    pv_world *world;
    const pv_tiles tiles = tiles_of("CartPole-v1", 4, 2, 100000, CART, &world);
    const size_t one = 3 * 3 * 3 * 3;
    const double at = 0.3; /* of a tile from the low end, along every number */
    const float x = (float)(-2.0 + at * 2.0);
    const float obs[4] = {x, x, x, x};
    const void *const arrays[] = {obs};
    uint32_t feature[4];
    pv_tiles_find(&tiles, arrays, 0, feature);
    for (size_t t = 0; t < 4; t++) {
        size_t index = 0;
        for (size_t i = 0; i < 4; i++) {
            const double part = (double)(t * (2 * i + 1) % 4) / 4.0;
            index = index * 3 + (size_t)(at + part);
        }
        ck_assert_uint_eq(feature[t], t * one + index);
    }
    pv_world_close(world);
}
END_TEST

START_TEST(neighbours_share_most_tiles_and_strangers_none)
{
    pv_world *world;
    const pv_tiles tiles = tiles_of("CartPole-v1", 8, 4, 100000, CART, &world);
    const float obs[3][4] = {{0.0f, 0.0f, 0.0f, 0.0f}, {0.05f, 0, 0, 0}, {1.5f, -1.5f, 1.5f, 1.5f}};
    const void *const arrays[] = {obs};
    uint32_t feature[3][8];
    int shared[3] = {0};
    for (int row = 0; row < 3; row++) {
        pv_tiles_find(&tiles, arrays, row, feature[row]);
        for (int t = 0; t < 8; t++) {
            shared[row] += feature[row][t] == feature[0][t];
        }
    }
    ck_assert_int_eq(shared[0], 8);
    ck_assert_int_ge(shared[1], 7); /* a twentieth of a tile further: at most one edge between */
    ck_assert_int_eq(shared[2], 0);
    pv_world_close(world);
}
END_TEST

START_TEST(too_many_tiles_are_hashed_into_memory)
{
    pv_world *world;
    const pv_tiles tiles = tiles_of("CartPole-v1", 8, 8, 1000, CART, &world);
    ck_assert_uint_eq(tiles.features, 1000);
    int used[1000] = {0};
    for (int k = 0; k < 4000; k++) {
        const float obs[4] = {(float)(k % 8) / 2 - 2, (float)(k / 8 % 8) / 2 - 2,
                              (float)(k / 64 % 8) / 2 - 2, (float)(k / 512) / 2 - 2};
        const void *const arrays[] = {obs};
        uint32_t feature[8];
        pv_tiles_find(&tiles, arrays, 0, feature);
        for (int t = 0; t < 8; t++) {
            ck_assert_uint_lt(feature[t], 1000);
            used[feature[t]]++;
        }
    }
    for (int i = 0; i < 1000; i++) { /* 32 each if evenly spread */
        ck_assert_int_gt(used[i], 8);
        ck_assert_int_lt(used[i], 80);
    }
    pv_world_close(world);
}
END_TEST

START_TEST(categories_are_tiles_of_their_own)
{
    pv_world *world;
    const pv_tiles tiles = tiles_of("FrozenLake-v1", 1, 8, 1000, "", &world);
    ck_assert_uint_eq(tiles.features, 16);
    for (int32_t s = 0; s < 16; s++) {
        const void *const arrays[] = {&s};
        uint32_t feature;
        pv_tiles_find(&tiles, arrays, 0, &feature);
        ck_assert_uint_eq(feature, (uint32_t)s);
    }
    pv_world_close(world);
}
END_TEST

static const struct {
    const char *ranges, *says;
} wrong[] = {{"", "need a range of number 2"},
             {"-2..2", "observes 4 numbers, not 1"},
             {CART " 0..1", "\"0..1\" is too much"},
             {"-2..2 x", "expected LOW..HIGH at \"x\""},
             {"-2..2 1.5", "expected LOW..HIGH at \"1.5\""},
             {"-2..2 2..-2 0..1 0..1", "need a range of number 2"}};

START_TEST(wrong_ranges_are_told)
{
    pv_tiles tiles;
    pv_world *world = pv_world_open("CartPole-v1");
    ck_assert_int_ne(pv_tiles_init(&tiles, world, 8, 8, 1000, wrong[_i].ranges), PV_OK);
    ck_assert_msg(strstr(pv_last_error(), wrong[_i].says) != NULL, "%s", pv_last_error());
    pv_world_close(world);
}
END_TEST

START_TEST(ranges_take_numbers_with_and_without_points)
{
    pv_world *world;
    const pv_tiles tiles =
        tiles_of("CartPole-v1", 1, 1, 1000, " -1..1 -1.5..1.5  0...5 -1e1..+2 ", &world);
    const double low[] = {-1.0, -1.5, 0.0, -10.0};
    const double high[] = {1.0, 1.5, 0.5, 2.0};
    for (int i = 0; i < 4; i++) {
        ck_assert_double_eq(tiles.axis[i].low, low[i]);
        ck_assert_double_eq_tol(1.0 / tiles.axis[i].scale, high[i] - low[i], 1e-12);
    }
    pv_world_close(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("agents_tiles");
    TCase *tests = tcase_create("tiles");
    tcase_add_test(tests, a_single_tiling_is_a_grid);
    tcase_add_test(tests, tilings_are_shifted_by_odd_parts_of_a_tile);
    tcase_add_test(tests, neighbours_share_most_tiles_and_strangers_none);
    tcase_add_test(tests, too_many_tiles_are_hashed_into_memory);
    tcase_add_test(tests, categories_are_tiles_of_their_own);
    tcase_add_loop_test(tests, wrong_ranges_are_told, 0, sizeof wrong / sizeof wrong[0]);
    tcase_add_test(tests, ranges_take_numbers_with_and_without_points);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
