/* Tables: the number that observations spell, what fits and what does not, counts, files. */
#include "agents/table.h"
#include "core/memory.h"
#include "envs/host/instance.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const pv_space action3 = {.name = "move", .dtype = PV_I32, .n = 3};

/* a world that only says what it observes */
static pv_world world_of(const pv_space *obs, uint32_t n_obs, const pv_space *action,
                         uint32_t n_action)
{
    static char name[] = "Test-v0";
    return (pv_world){
        .name = name,
        .spec = {.agents = 1, .n_obs = n_obs, .obs = obs, .n_action = n_action, .action = action}};
}

static void refused(const pv_space *obs, uint32_t n_obs, const pv_space *action, uint32_t n_action,
                    const char *words)
{
    const pv_world world = world_of(obs, n_obs, action, n_action);
    ck_assert_int_eq(pv_table_fits(&world, "test"), PV_ERROR_FIT);
    ck_assert_str_eq(pv_last_error(), words);
}

START_TEST(observations_are_digits_in_mixed_radix)
{
    const pv_space obs[4] = {{.name = "a", .dtype = PV_I32, .n = 4},
                             {.name = "action_mask", .dtype = PV_U8, .ndim = 1, .shape = {3}},
                             {.name = "b", .dtype = PV_I32, .n = 5, .ndim = 1, .shape = {2}},
                             {.name = "c", .dtype = PV_I32, .n = 2}};
    const pv_world world = world_of(obs, 4, &action3, 1);
    pv_table table;
    ck_assert_int_eq(pv_table_fits(&world, "test"), PV_OK);
    ck_assert_int_eq(pv_table_init(&table, &world, PV_TABLE_ACTIONS, 1.5), PV_OK);
    ck_assert_uint_eq(table.states, 4 * 5 * 5 * 2);
    ck_assert_uint_eq(table.entries, 600);
    ck_assert_double_eq(table.value[599], 1.5);
    const int32_t a[2] = {0, 3}, b[4] = {0, 0, 4, 2}, c[2] = {0, 1};
    const uint8_t mask[6] = {1, 1, 1, 0, 1, 0};
    const void *rows[4] = {a, mask, b, c};
    size_t state;
    ck_assert_int_eq(pv_table_state(&table, rows, 0, &state), PV_OK);
    ck_assert_uint_eq(state, 0);
    ck_assert_int_eq(pv_table_state(&table, rows, 1, &state), PV_OK);
    ck_assert_uint_eq(state, ((3 * 5 + 4) * 5 + 2) * 2 + 1);
    ck_assert_ptr_eq(pv_table_mask(&table, rows, 1), mask + 3);
    pv_table_free(&table);
}
END_TEST

START_TEST(a_world_without_observations_has_one_state)
{
    const pv_world world = world_of(NULL, 0, &action3, 1);
    pv_table table;
    size_t state = 9;
    ck_assert_int_eq(pv_table_fits(&world, "test"), PV_OK);
    ck_assert_int_eq(pv_table_init(&table, &world, PV_TABLE_STATES, 0.0), PV_OK);
    ck_assert_uint_eq(table.entries, 1);
    ck_assert_int_eq(pv_table_state(&table, NULL, 0, &state), PV_OK);
    ck_assert_uint_eq(state, 0);
    ck_assert_ptr_null(pv_table_mask(&table, NULL, 0));
    pv_table_free(&table);
}
END_TEST

START_TEST(an_observation_outside_its_space_is_the_worlds_mistake)
{
    const pv_space obs = {.name = "place", .dtype = PV_I32, .n = 4};
    const pv_world world = world_of(&obs, 1, &action3, 1);
    pv_table table;
    size_t state;
    ck_assert_int_eq(pv_table_init(&table, &world, PV_TABLE_STATES, 0.0), PV_OK);
    const int32_t wrong[2] = {4, -1};
    const void *rows[1] = {wrong};
    ck_assert_int_eq(pv_table_state(&table, rows, 0, &state), PV_ERROR_WORLD);
    ck_assert_str_eq(pv_last_error(), "world Test-v0: observation \"place\" is 4, outside 0 to 3");
    ck_assert_int_eq(pv_table_state(&table, rows, 1, &state), PV_ERROR_WORLD);
    pv_table_free(&table);
}
END_TEST

START_TEST(worlds_that_do_not_fit_are_refused_in_words)
{
    const pv_space place = {.name = "place", .dtype = PV_I32, .n = 10000};
    const pv_space many[3] = {place, place, place};
    const pv_space number = {.name = "position", .dtype = PV_F32};
    const pv_space push = {.name = "push", .dtype = PV_F32};
    const pv_space moves = {.name = "moves", .dtype = PV_I32, .n = 2, .ndim = 1, .shape = {2}};
    const pv_space two[2] = {action3, action3};
    const pv_space short_mask[2] = {
        place, {.name = "action_mask", .dtype = PV_U8, .ndim = 1, .shape = {2}}};
    refused(&number, 1, &action3, 1,
            "agent test needs categorical observations; world Test-v0 observes numbers "
            "(\"position\")");
    refused(&place, 1, two, 2, "agent test needs one action space; world Test-v0 has 2");
    refused(&place, 1, &push, 1,
            "agent test needs one action out of several; the action \"push\" of world Test-v0 is "
            "a number");
    refused(&place, 1, &moves, 1,
            "agent test needs one action out of several; the action \"moves\" of world Test-v0 is "
            "several choices at once");
    refused(many, 3, &action3, 1,
            "agent test keeps at most 100000000 values of states and actions; world Test-v0 has "
            "more");
    refused(many, 2, &action3, 1,
            "agent test keeps at most 100000000 values of states and actions; world Test-v0 has "
            "more");
    refused(short_mask, 2, &action3, 1,
            "agent test needs an action mask of 3 bytes; that of world Test-v0 is otherwise");
}
END_TEST

START_TEST(updates_and_visited_states_are_counted)
{
    const pv_space obs = {.name = "place", .dtype = PV_I32, .n = 4};
    const pv_world world = world_of(&obs, 1, &action3, 1);
    pv_table table;
    ck_assert_int_eq(pv_table_init(&table, &world, PV_TABLE_TWO, 0.0), PV_OK);
    ck_assert_uint_eq(pv_table_touch(&table, table.value, 4), 1);
    ck_assert_uint_eq(pv_table_touch(&table, table.second, 4), 1); /* each table its own */
    ck_assert_uint_eq(pv_table_touch(&table, table.second, 4), 2);
    ck_assert_uint_eq(pv_table_touch(&table, table.value, 5), 1);
    ck_assert_uint_eq(pv_table_touch(&table, table.value, 4), 2);
    ck_assert_uint_eq(table.count[4], 4);
    ck_assert_uint_eq(table.visited, 1); /* entries 3 to 5 are one state */
    pv_table_touch(&table, table.value, 0);
    ck_assert_uint_eq(table.visited, 2);
    pv_table_free(&table);
}
END_TEST

START_TEST(a_table_comes_back_from_its_tensors)
{
    const pv_space obs = {.name = "place", .dtype = PV_I32, .n = 4};
    const pv_world world = world_of(&obs, 1, &action3, 1);
    static const char *const names[] = {"v", "q", "q1"};
    for (int kind = PV_TABLE_STATES; kind <= PV_TABLE_TWO; kind++) {
        pv_table a, b;
        pv_tensors *tensors = pv_tensors_create();
        ck_assert_int_eq(pv_table_init(&a, &world, (pv_table_kind)kind, 2.0), PV_OK);
        ck_assert_int_eq(pv_table_init(&b, &world, (pv_table_kind)kind, 0.0), PV_OK);
        a.value[3] = -1.0 / 3.0;
        pv_table_touch(&a, a.value, 3);
        ck_assert_int_eq(pv_table_save(&a, tensors), PV_OK);
        const pv_tensor *values = pv_tensors_find(tensors, names[kind]);
        ck_assert_int_eq(values->ndim, kind == PV_TABLE_STATES ? 1 : 2);
        ck_assert_uint_eq(values->shape[0], 4);
        ck_assert_int_eq(pv_table_load(&b, tensors), PV_OK);
        ck_assert_mem_eq(a.value, b.value, a.entries * sizeof(double));
        ck_assert_mem_eq(a.count, b.count, a.entries * sizeof(uint64_t));
        ck_assert_uint_eq(b.visited, 1);
        ck_assert_uint_eq(pv_table_touch(&b, b.value, 3), 2);
        pv_tensors_destroy(tensors);
        pv_table_free(&a);
        pv_table_free(&b);
    }
}
END_TEST

START_TEST(a_table_of_another_size_is_refused)
{
    const pv_space obs[2] = {{.name = "place", .dtype = PV_I32, .n = 4},
                             {.name = "place", .dtype = PV_I32, .n = 5}};
    const pv_world worlds[2] = {world_of(&obs[0], 1, &action3, 1),
                                world_of(&obs[1], 1, &action3, 1)};
    pv_table a, b;
    pv_tensors *tensors = pv_tensors_create();
    ck_assert_int_eq(pv_table_init(&a, &worlds[0], PV_TABLE_ACTIONS, 0.0), PV_OK);
    ck_assert_int_eq(pv_table_init(&b, &worlds[1], PV_TABLE_ACTIONS, 0.0), PV_OK);
    ck_assert_int_eq(pv_table_save(&a, tensors), PV_OK);
    ck_assert_int_ne(pv_table_load(&b, tensors), PV_OK);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "\"q\""));
    pv_tensors_destroy(tensors);
    pv_table_free(&a);
    pv_table_free(&b);
}
END_TEST

START_TEST(making_a_table_survives_want_of_memory)
{
    const pv_space obs = {.name = "place", .dtype = PV_I32, .n = 4};
    const pv_world world = world_of(&obs, 1, &action3, 1);
    const size_t before = pv_memory_live();
    pv_table table;
    for (uint64_t k = 1; k <= 4; k++) {
        pv_memory_fail_at(k);
        ck_assert_int_eq(pv_table_init(&table, &world, PV_TABLE_TWO, 0.0), PV_ERROR_MEMORY);
        ck_assert_uint_eq(pv_memory_live(), before);
    }
    ck_assert_int_eq(pv_table_init(&table, &world, PV_TABLE_TWO, 0.0), PV_OK);
    pv_table_free(&table);
    ck_assert_uint_eq(pv_memory_live(), before);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("table");
    TCase *tests = tcase_create("table");
    tcase_add_test(tests, observations_are_digits_in_mixed_radix);
    tcase_add_test(tests, a_world_without_observations_has_one_state);
    tcase_add_test(tests, an_observation_outside_its_space_is_the_worlds_mistake);
    tcase_add_test(tests, worlds_that_do_not_fit_are_refused_in_words);
    tcase_add_test(tests, updates_and_visited_states_are_counted);
    tcase_add_test(tests, a_table_comes_back_from_its_tensors);
    tcase_add_test(tests, a_table_of_another_size_is_refused);
    tcase_add_test(tests, making_a_table_survives_want_of_memory);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
