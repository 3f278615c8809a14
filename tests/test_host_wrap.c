/* test_host_wrap.c: lines of wrappers, and those that change shapes, rewards and lengths. */
#include "tests/wrap_help.h"

#include "envs/host/instance.h"
#include "envs/host/model.h"
#include "tests/equal_runs.h"

#include <math.h>
#include <stdio.h>

/* --- the line --- */

static void expect_text(const char *line, const char *text)
{
    world = pv_world_open_wrapped(SHOW, line);
    ck_assert_msg(world != NULL, "%s", pv_last_error());
    ck_assert_str_eq(pv_world_wrap(world), text);
    close_world();
}

START_TEST(the_text_of_a_line_is_canonical)
{
    begin_test();
    expect_text(NULL, "");
    expect_text("", "");
    expect_text("none", "");
    expect_text(" limit  7 ,stack 4", "limit 7, stack 4");
    expect_text("limit 1e3", "limit 1000");
    expect_text("scale 0.50", "scale 0.5");
    expect_text("hide 3 1, onehot,flatten", "hide 3 1, onehot, flatten");
    expect_text("minatar", "limit 10000");
    expect_text("minatar, clip 1", "limit 10000, clip 1");
    end_test();
}
END_TEST

static void expect_error(const char *line, const char *message)
{
    ck_assert_ptr_null(pv_world_open_wrapped(SHOW, line));
    ck_assert_str_eq(pv_last_error(), message);
    ck_assert_int_eq(pv_last_status(), PV_ERROR_ARGUMENT);
}

START_TEST(a_wrong_line_is_answered_with_what_is_right_and_where)
{
    begin_test();
    expect_error("limit 9, stakc 4", "wrap \"limit 9, stakc 4\": unknown wrapper \"stakc\"; did "
                                     "you mean \"stack\"?, at \"stakc\" (column 10)");
    expect_error("xyzzy", "wrap \"xyzzy\": unknown wrapper \"xyzzy\"; \"pavlov list wrappers\" "
                          "tells all, at \"xyzzy\" (column 1)");
    expect_error("limit 0", "wrap \"limit 0\": limit takes a number of steps from 1 to 1000000000, "
                            "like limit 500, at \"0\" (column 7)");
    expect_error("limit 1.5", "wrap \"limit 1.5\": limit takes a number of steps from 1 to "
                              "1000000000, like limit 500, at \"1.5\" (column 7)");
    expect_error("limit", "wrap \"limit\": limit takes a number of steps from 1 to 1000000000, "
                          "like limit 500, at the end (column 6)");
    expect_error("clip 1 2", "wrap \"clip 1 2\": clip takes a number above 0, like clip 1, at "
                             "\"2\" (column 8)");
    expect_error("clip nan", "wrap \"clip nan\": clip takes a number above 0, like clip 1, at "
                             "\"nan\" (column 6)");
    expect_error("onehot 3", "wrap \"onehot 3\": onehot takes no numbers, at \"3\" (column 8)");
    expect_error("clip 1,", "wrap \"clip 1,\": a wrapper is missing, at the end (column 8)");
    expect_error(",clip 1", "wrap \",clip 1\": a wrapper is missing, at \",\" (column 1)");
    expect_error("hide 4", "wrap \"hide 4\": hide takes numbers of components, and \"numbers\" "
                           "has 0 to 3, at \"hide 4\" (column 1)");
    expect_error("clip 1, hide 0 1 2 3", "wrap \"clip 1, hide 0 1 2 3\": hide leaves nothing of "
                                         "\"numbers\", at \"hide 0 1 2 3\" (column 9)");
    expect_error("flatten, hide 1",
                 "wrap \"flatten, hide 1\": hide takes a world with one observation that is a row "
                 "of numbers, and test/Show-v1 has several, at \"hide 1\" (column 10)");
    expect_error("onehot, onehot", "wrap \"onehot, onehot\": onehot takes an observation of "
                                   "categories, and test/Show-v1 has none, at \"onehot\" "
                                   "(column 9)");
    end_test();
}
END_TEST

START_TEST(more_wrappers_than_fit_are_refused)
{
    begin_test();
    char line[512] = "clip 1";
    for (int i = 1; i < PV_WRAPS_MAX; i++) {
        strcat(line, ", clip 1");
    }
    start(SHOW, line, 1, PV_FOR_TRAINING);
    step(1);
    ck_assert_float_eq(batch->reward[0], 1.0f);
    close_world();
    strcat(line, ", clip 1");
    ck_assert_ptr_null(pv_world_open_wrapped(SHOW, line));
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "too many wrappers; 32 fit"));
    end_test();
}
END_TEST

/* --- shapes --- */

START_TEST(hide_leaves_components_out_and_keeps_the_others_in_order)
{
    begin_test();
    start(SHOW, "hide 1 3", 2, PV_FOR_TRAINING);
    ck_assert_uint_eq(batch->spec->obs[NUMBERS].shape[0], 2);
    step(3);
    for (int lane = 0; lane < 2; lane++) {
        ck_assert_float_eq(numbers(lane)[0], 1.0f);
        ck_assert_float_eq(numbers(lane)[1], 3.0f);
    }
    end_test();
}
END_TEST

START_TEST(hide_takes_bounds_along)
{
    begin_test();
    world = pv_world_open_wrapped(GOOD "/walk.so#test/Walk-v1", "hide 0 2 3 4 5 6");
    ck_assert_msg(world != NULL, "%s", pv_last_error());
    const pv_space *view = &pv_world_spec(world)->obs[1];
    ck_assert_uint_eq(view->shape[0], 2);
    ck_assert_double_eq(view->low[1], 0.0);
    ck_assert_double_eq(view->high[1], 1.0);
    end_test();
}
END_TEST

START_TEST(onehot_sets_the_flag_of_the_category)
{
    begin_test();
    start(SHOW, "onehot", 1, PV_FOR_TRAINING);
    const pv_space *kind = &batch->spec->obs[KIND];
    ck_assert_uint_eq(kind->n, 0);
    ck_assert_uint_eq(kind->dtype, PV_U8);
    ck_assert_uint_eq(kind->ndim, 1);
    ck_assert_uint_eq(kind->shape[0], 5);
    ck_assert_double_eq(kind->high[4], 1.0);
    for (int t = 0; t < 7; t++) {
        const uint8_t *flag = batch->obs[KIND];
        for (int i = 0; i < 5; i++) {
            ck_assert_uint_eq(flag[i], i == t % 5);
        }
        step(0);
    }
    end_test();
}
END_TEST

START_TEST(flatten_changes_shapes_and_no_byte)
{
    begin_test();
    start(SHOW, "flatten", 1, PV_FOR_TRAINING);
    ck_assert_uint_eq(batch->spec->obs[FRAME].ndim, 1);
    ck_assert_uint_eq(batch->spec->obs[FRAME].shape[0], 4 * 6 * 3);
    ck_assert_uint_eq(batch->spec->obs[KIND].ndim, 1);
    ck_assert_uint_eq(batch->spec->obs[KIND].shape[0], 1);
    ck_assert_uint_eq(batch->spec->obs[KIND].n, 5);
    step(0);
    const uint8_t *frame = batch->obs[FRAME];
    ck_assert_uint_eq(frame[(3 * 6 + 5) * 3 + 2], frame_byte(1, 3, 5, 2, start_of(0, 0)));
    end_test();
}
END_TEST

/* --- stack --- */

/* what a stack of n frames must be at step t of an episode with start s */
static void expect_stack(const uint8_t *obs, const float *number, uint32_t n, int32_t t, int32_t s)
{
    for (uint32_t k = 0; k < n; k++) {
        const int32_t then = t - (int32_t)(n - 1 - k) < 0 ? 0 : t - (int32_t)(n - 1 - k);
        for (uint32_t y = 0; y < 4; y++) {
            for (uint32_t x = 0; x < 6; x++) {
                for (uint32_t c = 0; c < 3; c++) {
                    const size_t at = (y * 6 + x) * 3 * n + k * 3 + c;
                    ck_assert_uint_eq(obs[at], frame_byte(then, y, x, c, s));
                }
            }
        }
        ck_assert_float_eq(number[k * 4], (float)then);
        ck_assert_float_eq(number[k * 4 + 3], (float)s);
    }
}

START_TEST(a_stack_holds_the_last_frames_and_begins_with_the_first)
{
    begin_test();
    start(SHOW ":end=6", "stack 3", 2, PV_FOR_TRAINING);
    const pv_space *frame = &batch->spec->obs[FRAME];
    ck_assert_uint_eq(frame->ndim, 3);
    ck_assert_uint_eq(frame->shape[2], 9);
    ck_assert_uint_eq(batch->spec->obs[NUMBERS].shape[0], 12);
    ck_assert_uint_eq(batch->spec->obs[KIND].ndim, 1);
    ck_assert_uint_eq(batch->spec->obs[KIND].shape[0], 3);
    for (int round = 0; round < 2; round++) {
        for (int t = 0; t < 6; t++) {
            for (int lane = 0; lane < 2; lane++) {
                const uint8_t *obs = batch->obs[FRAME];
                expect_stack(obs + lane * 4 * 6 * 9, numbers(lane), 3, t,
                             start_of((uint64_t)lane, (uint64_t)round));
            }
            step(0);
        }
        ck_assert(batch->ended[0] && batch->first[0]);
        expect_stack(batch->final_obs[FRAME], batch->final_obs[NUMBERS], 3, 6,
                     start_of(0, (uint64_t)round));
    }
    end_test();
}
END_TEST

START_TEST(categories_stack_too)
{
    begin_test();
    start(SHOW, "stack 4", 1, PV_FOR_TRAINING);
    for (int t = 0; t < 7; t++) {
        step(0);
    }
    const int32_t expected[] = {4, 0, 1, 2};
    ck_assert_mem_eq(batch->obs[KIND], expected, sizeof expected);
    end_test();
}
END_TEST

START_TEST(flags_stack_frame_after_frame)
{
    begin_test();
    start(SHOW, "onehot, stack 4", 1, PV_FOR_TRAINING);
    for (int t = 0; t < 6; t++) {
        step(0);
    }
    /* kinds 3 4 0 1; the five flags are the last axis */
    const uint8_t expected[20] = {[3] = 1, [5 + 4] = 1, [10 + 0] = 1, [15 + 1] = 1};
    ck_assert_mem_eq(batch->obs[KIND], expected, sizeof expected);
    end_test();
}
END_TEST

START_TEST(a_stack_is_told_of_where_frames_can_be_kept_once)
{
    begin_test();
    static const struct {
        const char *line;
        uint32_t frame, kind;
    } cases[] = {{"stack 3", 3, 3},          {"stack 3, clip 1, limit 9", 3, 3},
                 {"stack 2, stack 3", 3, 3}, {"stack 3, flatten", 1, 3},
                 {"stack 3, onehot", 3, 1},  {"onehot, flatten, stack 5", 5, 5},
                 {"clip 1", 1, 1},           {"hide 0, stack 2, scale 2", 2, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        world = pv_world_open_wrapped(SHOW, cases[i].line);
        ck_assert_msg(world != NULL, "%s", pv_last_error());
        ck_assert_uint_eq(pv_world_stack(world, FRAME), cases[i].frame);
        ck_assert_uint_eq(pv_world_stack(world, KIND), cases[i].kind);
        close_world();
    }
    end_test();
}
END_TEST

START_TEST(masks_pass_untouched_and_every_agent_has_its_own_stack)
{
    begin_test();
    start(DUEL ":heap=9", "stack 2, onehot, flatten", 2, PV_FOR_TRAINING);
    ck_assert_uint_eq(batch->spec->obs[0].shape[0], 202);
    ck_assert_uint_eq(batch->spec->obs[1].shape[0], 2);
    ck_assert_uint_eq(pv_space_size(&batch->spec->obs[1]), 2);
    step(1);
    for (int row = 0; row < batch->rows; row++) {
        const uint8_t *flag = (const uint8_t *)batch->obs[0] + row * 202;
        const uint8_t *mask = (const uint8_t *)batch->obs[1] + row * 2;
        ck_assert_uint_eq(flag[9], 1);
        ck_assert_uint_eq(flag[101 + 7], 1);
        ck_assert_uint_eq(mask[0], mask[1]);
    }
    ck_assert_uint_ne(((const uint8_t *)batch->obs[1])[0], ((const uint8_t *)batch->obs[1])[2]);
    end_test();
}
END_TEST

/* --- rewards --- */

START_TEST(rewards_change_and_the_return_does_not)
{
    begin_test();
    start(SHOW ":end=5", "scale 2 -1, clip 4", 1, PV_FOR_TRAINING);
    const float expected[] = {1, 3, 4, 4, 4}; /* 2t - 1, at most 4 */
    for (int t = 1; t <= 5; t++) {
        step(0);
        ck_assert_float_eq(batch->reward[0], expected[t - 1]);
        ck_assert_float_eq(batch->world_reward[0], (float)t);
    }
    ck_assert_int_eq(batch->episodes, 1);
    ck_assert_double_eq(batch->episode[0].returns[0], 15.0);
    ck_assert_uint_eq(batch->episode[0].length, 5);
    close_world();
    start(SHOW ":end=5", "clip 4, scale 2 -1", 1, PV_FOR_TRAINING); /* order matters */
    const float other[] = {1, 3, 5, 7, 7};
    for (int t = 1; t <= 5; t++) {
        step(0);
        ck_assert_float_eq(batch->reward[0], other[t - 1]);
    }
    end_test();
}
END_TEST

START_TEST(negative_rewards_are_clipped_too)
{
    begin_test();
    start(DUEL ":heap=2", "scale 5, clip 1.5", 1, PV_FOR_TRAINING);
    step(1); /* takes both: one wins, one loses */
    ck_assert_float_eq(batch->reward[0] * batch->reward[1], -2.25f);
    ck_assert_double_eq(batch->episode[0].returns[0] + batch->episode[0].returns[1], 0.0);
    end_test();
}
END_TEST

/* --- limit --- */

static int length_of_first_episode(const char *text, const char *wrap, int *terminated)
{
    start(text, wrap, 1, PV_FOR_TRAINING);
    int length = 0;
    while (length == 0 || !batch->ended[0]) {
        step(0);
        length++;
    }
    ck_assert_int_eq(batch->terminated[0] | batch->truncated[0], 1);
    ck_assert_uint_eq(batch->episode[0].length, (uint64_t)length);
    *terminated = batch->terminated[0];
    ck_assert_int_eq(batch->episode[0].terminated, *terminated);
    return length;
}

START_TEST(limit_truncates_and_takes_the_place_of_the_worlds_own)
{
    begin_test();
    static const struct {
        const char *text, *wrap;
        int length, terminated;
        uint32_t max_steps;
    } cases[] = {{SHOW, "limit 7", 7, 0, 7},
                 {SHOW, "limit 20", 20, 1, 20}, /* the world's end, and the limit */
                 {SHOW, "limit 21", 20, 1, 21},
                 {SHOW ":end=500", "clip 1", 100, 0, 100},
                 {SHOW ":end=500", "limit 300", 300, 0, 300},
                 {SHOW, "limit 9, limit 5", 5, 0, 5},
                 {SHOW, "limit 5, limit 9", 5, 0, 5}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int terminated = -1;
        ck_assert_int_eq(length_of_first_episode(cases[i].text, cases[i].wrap, &terminated),
                         cases[i].length);
        if (cases[i].length != 20 || cases[i].max_steps != 20) {
            ck_assert_int_eq(batch->truncated[0], !cases[i].terminated);
        }
        ck_assert_int_eq(terminated, cases[i].terminated);
        ck_assert_uint_eq(batch->spec->max_steps, cases[i].max_steps);
        close_world();
    }
    end_test();
}
END_TEST

START_TEST(asked_for_steps_replace_the_worlds_limit_and_keep_the_wrappers)
{
    begin_test();
    static const struct {
        const char *wrap;
        uint64_t length;
    } cases[] = {{"clip 1", 150}, {"limit 120", 120}};
    for (int i = 0; i < 2; i++) {
        world = pv_world_open_wrapped(SHOW ":end=500", cases[i].wrap);
        pv_vector_config config = pv_vector_config_default(world);
        config.max_steps = 150;
        vector = pv_vector_create(&config);
        batch = pv_vector_batch(vector);
        ck_assert_int_eq(pv_vector_reset(vector), PV_OK);
        do {
            step(0);
        } while (!batch->ended[0]);
        ck_assert_uint_eq(batch->episode[0].length, cases[i].length);
        close_world();
    }
    end_test();
}
END_TEST

/* --- the vector around it --- */

START_TEST(held_lanes_show_their_last_picture_and_then_begin_anew)
{
    begin_test();
    start(SHOW ":end=2", "stack 2", 1, PV_FOR_TRAINING);
    uint8_t rgb[8 * 8 * 3];
    pv_vector_hold(vector, 1);
    step(0);
    step(0);
    ck_assert(batch->ended[0] && !batch->first[0]);
    ck_assert_int_eq(pv_vector_render(vector, 0, rgb, 24), PV_OK);
    ck_assert_uint_eq(rgb[0], 2);
    step(0);
    ck_assert(!batch->ended[0] && batch->first[0]);
    ck_assert_float_eq(batch->reward[0], 0.0f);
    ck_assert_float_eq(batch->world_reward[0], 0.0f);
    expect_stack(batch->obs[FRAME], numbers(0), 2, 0, start_of(0, 1));
    end_test();
}
END_TEST

START_TEST(planners_are_told_when_the_table_does_not_hold)
{
    begin_test();
    world = pv_world_open_wrapped("CliffWalking-v1", "clip 1");
    pv_model *model = pv_model_create(world);
    ck_assert_ptr_null(model);
    ck_assert_str_eq(pv_last_error(), "the table of outcomes of world CliffWalking-v1 does not "
                                      "hold behind \"clip 1\"");
    close_world();
    world = pv_world_open_wrapped("CliffWalking-v1", "limit 50, onehot");
    model = pv_model_create(world);
    ck_assert_msg(model != NULL, "%s", pv_last_error());
    pv_model_destroy(model);
    end_test();
}
END_TEST

static const char *const all_kinds[] = {"stack 3, clip 2, scale 0.5 1, limit 7, hide 1",
                                        "onehot, flatten, stack 4"};

START_TEST(saved_wrappers_go_on_equally)
{
    const char *const texts[] = {SHOW ":end=11", SHOW_AGAIN ":end=11"};
    begin_test();
    for (int i = 0; i < 4; i++) {
        start(texts[i % 2], all_kinds[i / 2], 3, PV_FOR_TRAINING);
        for (int t = 0; t < 16; t++) {
            step(t % 4);
        }
        pv_tensors *tensors = pv_tensors_create();
        ck_assert_int_eq(pv_vector_save(vector, tensors, "lanes"), PV_OK);
        pv_vector_config config = pv_vector_config_default(world);
        config.lanes = 3;
        pv_vector *other = pv_vector_create(&config);
        ck_assert_msg(pv_vector_load(other, tensors, "lanes") == PV_OK, "%s", pv_last_error());
        expect_equal_runs(vector, other, 60);
        pv_vector_destroy(other);
        pv_tensors_destroy(tensors);
        close_world();
    }
    end_test();
}
END_TEST

START_TEST(lanes_of_other_wrappers_are_not_loaded)
{
    begin_test();
    start(SHOW, "stack 2", 1, PV_FOR_TRAINING);
    pv_tensors *tensors = pv_tensors_create();
    ck_assert_int_eq(pv_vector_save(vector, tensors, "lanes"), PV_OK);
    close_world();
    start(SHOW, "stack 3", 1, PV_FOR_TRAINING);
    ck_assert_int_eq(pv_vector_load(vector, tensors, "lanes"), PV_ERROR_VERSION);
    ck_assert_str_eq(pv_last_error(),
                     "the lanes were saved behind wrappers \"stack 2\", these are behind "
                     "\"stack 3\"");
    pv_tensors_destroy(tensors);
    end_test();
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
    begin_test();
    for (uint64_t n = 1;; n++) {
        pv_memory_fail_at(n);
        world = pv_world_open_wrapped(SHOW, "hide 2, onehot, stack 3, flatten, limit 9");
        pv_vector_config config = {0};
        if (world) {
            config = pv_vector_config_default(world);
            vector = pv_vector_create(&config);
        }
        pv_memory_fail_at(0);
        const int done = vector != NULL;
        ck_assert(done || strstr(pv_last_error(), "memory"));
        close_world();
        ck_assert_uint_eq(pv_memory_live(), live_before);
        if (done) {
            ck_assert_uint_gt(n, 20);
            break;
        }
    }
    end_test();
}
END_TEST

START_TEST(a_step_of_wrapped_lanes_allocates_nothing)
{
    begin_test();
    start(SHOW ":end=5", "stack 4, onehot, clip 1, limit 4", 4, PV_FOR_TRAINING);
    const uint64_t before = pv_memory_count();
    for (int t = 0; t < 30; t++) {
        step(0);
    }
    ck_assert_uint_eq(pv_memory_count(), before);
    end_test();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wrap");
    TCase *tests = tcase_create("wrap");
    tcase_add_test(tests, the_text_of_a_line_is_canonical);
    tcase_add_test(tests, a_wrong_line_is_answered_with_what_is_right_and_where);
    tcase_add_test(tests, more_wrappers_than_fit_are_refused);
    tcase_add_test(tests, hide_leaves_components_out_and_keeps_the_others_in_order);
    tcase_add_test(tests, hide_takes_bounds_along);
    tcase_add_test(tests, onehot_sets_the_flag_of_the_category);
    tcase_add_test(tests, flatten_changes_shapes_and_no_byte);
    tcase_add_test(tests, a_stack_holds_the_last_frames_and_begins_with_the_first);
    tcase_add_test(tests, categories_stack_too);
    tcase_add_test(tests, flags_stack_frame_after_frame);
    tcase_add_test(tests, a_stack_is_told_of_where_frames_can_be_kept_once);
    tcase_add_test(tests, masks_pass_untouched_and_every_agent_has_its_own_stack);
    tcase_add_test(tests, rewards_change_and_the_return_does_not);
    tcase_add_test(tests, negative_rewards_are_clipped_too);
    tcase_add_test(tests, limit_truncates_and_takes_the_place_of_the_worlds_own);
    tcase_add_test(tests, asked_for_steps_replace_the_worlds_limit_and_keep_the_wrappers);
    tcase_add_test(tests, held_lanes_show_their_last_picture_and_then_begin_anew);
    tcase_add_test(tests, planners_are_told_when_the_table_does_not_hold);
    tcase_add_test(tests, saved_wrappers_go_on_equally);
    tcase_add_test(tests, lanes_of_other_wrappers_are_not_loaded);
    tcase_add_test(tests, every_failing_allocation_is_survived);
    tcase_add_test(tests, a_step_of_wrapped_lanes_allocates_nothing);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
