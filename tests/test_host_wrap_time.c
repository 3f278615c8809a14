/* test_host_wrap_time.c: wrappers on time, actions and frames. */
#include "tests/wrap_help.h"

#include "core/threads.h"
#include "envs/host/wrap.h"
#include "tests/equal_runs.h"

/* --- skip and max --- */

static float drawn(void)
{
    return batch->info[1];
}

START_TEST(skip_repeats_the_action_adds_rewards_and_draws_the_last_frame)
{
    begin_test();
    start(SHOW ":end=10", "skip 4", 1, PV_FOR_TRAINING);
    ck_assert_uint_eq(batch->spec->max_steps, 25);
    ck_assert_double_eq(batch->spec->fps, 15.0);
    step(3);
    ck_assert_float_eq(batch->reward[0], 1 + 2 + 3 + 4);
    ck_assert_float_eq(numbers(0)[0], 4.0f);
    ck_assert_float_eq(numbers(0)[2], 3.0f);
    ck_assert_float_eq(drawn(), 2.0f); /* of the reset and of step 4 */
    step(1);
    ck_assert_float_eq(batch->reward[0], 5 + 6 + 7 + 8);
    step(1); /* the episode ends in a frame nobody drew */
    ck_assert_float_eq(batch->reward[0], 9 + 10);
    ck_assert(batch->ended[0] && batch->terminated[0]);
    ck_assert_float_eq(((const float *)batch->final_obs[NUMBERS])[0], 8.0f);
    ck_assert_uint_eq(batch->episode[0].length, 3);
    ck_assert_double_eq(batch->episode[0].returns[0], 55.0);
    ck_assert_float_eq(numbers(0)[0], 0.0f);
    end_test();
}
END_TEST

static void expect_max(const uint8_t *frame, int32_t a, int32_t b, int32_t s)
{
    for (uint32_t y = 0; y < 4; y++) {
        for (uint32_t x = 0; x < 6; x++) {
            for (uint32_t c = 0; c < 3; c++) {
                const uint8_t p = frame_byte(a, y, x, c, s);
                const uint8_t q = frame_byte(b, y, x, c, s);
                ck_assert_uint_eq(*frame++, p > q ? p : q);
            }
        }
    }
}

START_TEST(max_is_of_the_last_raw_frames_and_only_those_are_drawn)
{
    begin_test();
    start(SHOW ":end=11", "skip 4, max 2", 1, PV_FOR_TRAINING);
    step(0);
    ck_assert_float_eq(drawn(), 3.0f);
    expect_max(batch->obs[FRAME], 3, 4, start_of(0, 0));
    ck_assert_float_eq(numbers(0)[1], 40.0f);
    ck_assert_int_eq(*(const int32_t *)batch->obs[KIND], 4); /* no maximum of categories */
    step(0);
    ck_assert_int_eq(*(const int32_t *)batch->obs[KIND], 3); /* 8 mod 5, not 7 mod 5 */
    expect_max(batch->obs[FRAME], 7, 8, start_of(0, 0));
    step(0); /* frames 9 and 10 go by, 11 is the third and the last */
    ck_assert(batch->ended[0]);
    expect_max(batch->final_obs[FRAME], 11, 11, start_of(0, 0));
    end_test();
}
END_TEST

START_TEST(max_takes_more_than_two_frames)
{
    begin_test();
    start(SHOW, "skip 3, max 3", 1, PV_FOR_TRAINING);
    step(2);
    const uint8_t *frame = batch->obs[FRAME];
    const int32_t s = start_of(0, 0);
    for (uint32_t c = 0; c < 3; c++) {
        uint8_t most = 0;
        for (int32_t t = 1; t <= 3; t++) {
            most = frame_byte(t, 0, 0, c, s) > most ? frame_byte(t, 0, 0, c, s) : most;
        }
        ck_assert_uint_eq(frame[c], most);
    }
    ck_assert_float_eq(numbers(0)[0], 3.0f);
    ck_assert_float_eq(drawn(), 4.0f);
    end_test();
}
END_TEST

START_TEST(the_worlds_limit_counts_frames_and_a_limit_what_stands_before_it)
{
    begin_test();
    static const struct {
        const char *wrap;
        uint64_t length;
        float reward; /* of the last decision */
        uint32_t max_steps;
    } cases[] = {{"skip 3", 34, 100, 34},
                 {"limit 10, skip 4", 3, 9 + 10, 3},
                 {"skip 4, limit 2", 2, 5 + 6 + 7 + 8, 2}};
    for (int i = 0; i < 3; i++) {
        start(SHOW ":end=500", cases[i].wrap, 1, PV_FOR_TRAINING);
        ck_assert_uint_eq(batch->spec->max_steps, cases[i].max_steps);
        do {
            step(0);
        } while (!batch->ended[0]);
        ck_assert(batch->truncated[0] && !batch->terminated[0]);
        ck_assert_uint_eq(batch->episode[0].length, cases[i].length);
        ck_assert_float_eq(batch->reward[0], cases[i].reward);
        close_world();
    }
    end_test();
}
END_TEST

START_TEST(a_clip_before_skip_clips_frames_and_behind_it_sums)
{
    begin_test();
    start(SHOW, "clip 2, skip 4", 1, PV_FOR_TRAINING);
    step(0);
    ck_assert_float_eq(batch->reward[0], 1 + 2 + 2 + 2);
    ck_assert_float_eq(batch->world_reward[0], 10.0f);
    close_world();
    start(SHOW, "skip 4, clip 2", 1, PV_FOR_TRAINING);
    step(0);
    ck_assert_float_eq(batch->reward[0], 2.0f);
    end_test();
}
END_TEST

START_TEST(a_stack_before_skip_sees_every_frame)
{
    begin_test();
    start(SHOW, "stack 2, skip 4", 1, PV_FOR_TRAINING);
    step(0);
    ck_assert_float_eq(numbers(0)[0], 3.0f);
    ck_assert_float_eq(numbers(0)[4], 4.0f);
    ck_assert_uint_eq(pv_world_stack(world, NUMBERS), 1);
    close_world();
    start(SHOW, "skip 4, stack 2", 1, PV_FOR_TRAINING);
    step(0);
    ck_assert_float_eq(numbers(0)[0], 0.0f);
    ck_assert_float_eq(numbers(0)[4], 4.0f);
    ck_assert_uint_eq(pv_world_stack(world, NUMBERS), 2);
    end_test();
}
END_TEST

START_TEST(several_agents_skip_together)
{
    begin_test();
    start(DUEL ":heap=9", "skip 2", 1, PV_FOR_TRAINING);
    step(0); /* each takes one */
    ck_assert_int_eq(((const int32_t *)batch->obs[0])[0], 7);
    ck_assert_int_eq(((const int32_t *)batch->obs[0])[1], 7);
    step(1);
    ck_assert_int_eq(((const int32_t *)batch->obs[0])[0], 3);
    step(1); /* one takes two, the other the last */
    ck_assert(batch->ended[0] && batch->terminated[0] && batch->terminated[1]);
    ck_assert_float_eq(batch->reward[0] * batch->reward[1], -1.0f);
    ck_assert_double_eq(batch->episode[0].returns[0], (double)batch->reward[0]);
    end_test();
}
END_TEST

/* --- gray --- */

/* the part of 0..h x w that source pixel y of `in` and target pixel i of `out` share, in units of
   which a source pixel has `out` and a target pixel `in` */
static uint64_t shared(uint64_t in, uint64_t out, uint64_t y, uint64_t i)
{
    const uint64_t top = y * out > i * in ? y * out : i * in;
    const uint64_t low = (y + 1) * out < (i + 1) * in ? (y + 1) * out : (i + 1) * in;
    return top < low ? low - top : 0;
}

typedef struct sizes {
    uint32_t height, width, h, w, band;
} sizes;

/* the grey of target pixel (i, j) by the area's definition, without common divisors or shortcuts */
static uint8_t gray_pixel(const sizes *z, uint32_t i, uint32_t j, int32_t t, int32_t s)
{
    uint64_t sum = 0;
    for (uint32_t y = 0; y < z->height; y++) {
        for (uint32_t x = 0; x < z->width; x++) {
            const uint64_t area = shared(z->height, z->h, y, i) * shared(z->width, z->w, x, j);
            const uint32_t band = y / z->band;
            sum += area == 0 ? 0
                             : area * (77u * frame_byte(t, band, x, 0, s) +
                                       150u * frame_byte(t, band, x, 1, s) +
                                       29u * frame_byte(t, band, x, 2, s));
        }
    }
    const uint64_t divisor = (uint64_t)256 * z->height * z->width;
    return (uint8_t)((sum + divisor / 2) / divisor);
}

static void expect_gray(const sizes *z, int32_t t, int32_t s)
{
    const uint8_t *seen = batch->obs[FRAME];
    for (uint32_t i = 0; i < z->h; i++) {
        for (uint32_t j = 0; j < z->w; j++) {
            ck_assert_uint_eq(seen[i * z->w + j], gray_pixel(z, i, j, t, s));
        }
    }
}

START_TEST(gray_is_the_average_of_the_area)
{
    begin_test();
    static const sizes all[] = {{4, 6, 2, 3, 1},    {4, 6, 4, 6, 1},     {5, 7, 3, 2, 1},
                                {6, 4, 1, 1, 1},    {64, 48, 21, 9, 1},  {3, 2, 7, 5, 1},
                                {63, 61, 8, 10, 1}, {299, 5, 2, 3, 1},   {300, 64, 7, 3, 1},
                                {64, 7, 21, 7, 9},  {210, 6, 84, 3, 31}, {63, 5, 10, 5, 7},
                                {30, 4, 45, 4, 4},  {40, 3, 13, 2, 300}};
    for (size_t n = 0; n < sizeof all / sizeof all[0]; n++) {
        const sizes *z = &all[n];
        char text[256];
        char wrap[64];
        snprintf(text, sizeof text, "%s:height=%u,width=%u,band=%u", SHOW, z->height, z->width,
                 z->band);
        snprintf(wrap, sizeof wrap, "gray %ux%u", z->h, z->w);
        start(text, wrap, 1, PV_FOR_TRAINING);
        ck_assert_str_eq(pv_world_wrap(world), wrap);
        const pv_space *frame = &batch->spec->obs[FRAME];
        ck_assert(frame->ndim == 3 && frame->shape[0] == z->h && frame->shape[1] == z->w &&
                  frame->shape[2] == 1 && frame->low[0] == 0.0 && frame->high[0] == 255.0);
        expect_gray(z, 0, start_of(0, 0));
        step(0);
        expect_gray(z, 1, start_of(0, 0));
        close_world();
    }
    end_test();
}
END_TEST

START_TEST(gray_of_gray_keeps_the_one_colour)
{
    begin_test();
    start(SHOW, "gray 4x6, gray 4x6", 1, PV_FOR_TRAINING);
    ck_assert_uint_eq(((const uint8_t *)batch->obs[FRAME])[7],
                      gray_pixel(&(sizes){4, 6, 4, 6, 1}, 1, 1, 0, start_of(0, 0)));
    close_world();
    start(SHOW, "gray 4x6, gray 1x1", 1, PV_FOR_TRAINING);
    uint32_t sum = 0;
    for (uint32_t i = 0; i < 24; i++) {
        sum += gray_pixel(&(sizes){4, 6, 4, 6, 1}, i / 6, i % 6, 0, start_of(0, 0));
    }
    ck_assert_uint_eq(*(const uint8_t *)batch->obs[FRAME], (sum + 12) / 24);
    end_test();
}
END_TEST

START_TEST(grey_frames_stack_byte_by_byte)
{
    begin_test();
    /* four at once take another way than two, three or five */
    for (uint32_t n = 2; n <= 5; n++) {
        char wrap[64];
        snprintf(wrap, sizeof wrap, "gray 2x3, stack %u", n);
        start(SHOW, wrap, 2, PV_FOR_TRAINING);
        for (int t = 0; t < 6; t++) {
            step(0);
        }
        for (uint32_t lane = 0; lane < 2; lane++) {
            const uint8_t *seen = (const uint8_t *)batch->obs[FRAME] + lane * 6 * n;
            for (uint32_t k = 0; k < n; k++) {
                for (uint32_t p = 0; p < 6; p++) {
                    ck_assert_uint_eq(seen[p * n + k],
                                      gray_pixel(&(sizes){4, 6, 2, 3, 1}, p / 3, p % 3,
                                                 (int32_t)(7 - n + k), start_of(lane, 0)));
                }
            }
        }
        close_world();
    }
    end_test();
}
END_TEST

/* --- sticky and noop --- */

START_TEST(sticky_takes_the_action_before_by_the_episodes_own_draws)
{
    begin_test();
    start(SHOW ":end=500", "sticky 0.25", 2, PV_FOR_TRAINING);
    pv_rng rng[2];
    int32_t taken[2] = {-1, -1};
    int repeats = 0;
    for (uint64_t lane = 0; lane < 2; lane++) {
        const uint64_t hashed[] = {PV_FOR_TRAINING, lane, 0};
        const uint64_t place = 1;
        const uint64_t seed = pv_seed_hash(1, hashed, 3);
        pv_rng_init(&rng[lane], pv_seed_hash(pv_seed_split(seed, "wrap"), &place, 1));
    }
    for (int t = 0; t < 99; t++) {
        const int32_t wish = t % 4;
        step(wish);
        for (int lane = 0; lane < 2; lane++) {
            const int repeat = pv_rng_uniform(&rng[lane]) < 0.25 && t > 0;
            taken[lane] = repeat ? taken[lane] : wish;
            repeats += repeat;
            ck_assert_float_eq(numbers(lane)[2], (float)taken[lane]);
        }
    }
    ck_assert_int_gt(repeats, 30);
    ck_assert_int_lt(repeats, 70);
    end_test();
}
END_TEST

START_TEST(sticky_before_skip_is_drawn_for_every_frame)
{
    begin_test();
    int within = 0;
    start(SHOW ":end=500", "sticky 0.5, skip 8", 1, PV_FOR_TRAINING);
    for (int t = 0; t < 12; t++) {
        step(t % 4);
        within += numbers(0)[2] == (float)(t % 4);
    }
    ck_assert_int_ge(within, 11); /* (1/2)^8 of another action lasting through a decision */
    close_world();
    within = 0;
    start(SHOW ":end=500", "skip 8, sticky 0.5", 1, PV_FOR_TRAINING);
    for (int t = 0; t < 12; t++) {
        step(t % 4);
        within += numbers(0)[2] == (float)(t % 4);
    }
    ck_assert_int_le(within, 10);
    end_test();
}
END_TEST

START_TEST(certain_stickiness_repeats_the_first_action_of_the_episode)
{
    begin_test();
    start(SHOW ":end=3", "sticky 1", 1, PV_FOR_TRAINING);
    const int32_t wishes[] = {3, 1, 0, 2, 0, 1};
    const float taken[] = {3, 3, 3, 2, 2, 2};
    for (int t = 0; t < 6; t++) {
        step(wishes[t]);
        const float *last = batch->ended[0] ? batch->final_obs[NUMBERS] : batch->obs[NUMBERS];
        ck_assert_float_eq(last[2], taken[t]);
    }
    end_test();
}
END_TEST

START_TEST(noop_begins_with_idle_steps_that_do_not_count)
{
    begin_test();
    int seen[6] = {0};
    start(SHOW ":end=9", "noop 5", 1, PV_FOR_TRAINING);
    for (int episode = 0; episode < 60; episode++) {
        const int k = (int)numbers(0)[0];
        ck_assert_int_ge(k, 1);
        ck_assert_int_le(k, 5);
        ck_assert_float_eq(numbers(0)[2], 2.0f); /* the idle key's action */
        seen[k]++;
        double sum = 0.0;
        uint64_t length = 0;
        do {
            step(0);
            sum += (double)batch->reward[0];
            length++;
        } while (!batch->ended[0]);
        ck_assert_uint_eq(length, (uint64_t)(9 - k));
        ck_assert_uint_eq(batch->episode[0].length, length);
        ck_assert_double_eq(batch->episode[0].returns[0], sum);
        ck_assert_double_eq(sum, 45.0 - k * (k + 1) / 2.0);
    }
    for (int k = 1; k <= 5; k++) {
        ck_assert_int_gt(seen[k], 2);
    }
    end_test();
}
END_TEST

START_TEST(an_episode_shorter_than_its_noops_begins_without_them)
{
    begin_test();
    int without = 0;
    start(SHOW ":end=2", "noop 9", 1, PV_FOR_TRAINING);
    for (int episode = 0; episode < 30; episode++) {
        ck_assert_float_le(numbers(0)[0], 1.0f);
        without += numbers(0)[0] == 0.0f;
        do {
            step(0);
        } while (!batch->ended[0]);
    }
    ck_assert_int_gt(without, 15);
    end_test();
}
END_TEST

/* --- life --- */

START_TEST(a_lost_life_ends_the_episode_for_the_learner_only)
{
    begin_test();
    start(SHOW ":lives=3,lose=4,end=100", "life, stack 2", 2, PV_FOR_TRAINING);
    for (int t = 1; t <= 12; t++) {
        const int lost = t == 4 || t == 8;
        step(0);
        ck_assert_int_eq(batch->terminated[1], lost || t == 12);
        ck_assert_int_eq(batch->first[1], lost || t == 12);
        ck_assert_int_eq(batch->ended[1], t == 12);
        ck_assert_int_eq(batch->episodes, t == 12 ? 2 : 0);
        if (lost) {
            const float *last = (const float *)batch->final_obs[NUMBERS] + 8;
            ck_assert_float_eq(last[0], (float)(t - 1));
            ck_assert_float_eq(last[4], (float)t);
            ck_assert_float_eq(numbers(1)[0], (float)t); /* a stack begins anew */
            ck_assert_float_eq(numbers(1)[4], (float)t);
        }
    }
    ck_assert_uint_eq(batch->episode[1].length, 12);
    ck_assert_double_eq(batch->episode[1].returns[0], 78.0);
    ck_assert_int_eq(batch->episode[1].terminated, 1);
    step(0);
    ck_assert_int_eq(batch->first[1], 0);
    ck_assert_float_eq(numbers(1)[4], 1.0f);
    end_test();
}
END_TEST

START_TEST(lives_do_not_end_episodes_outside_training)
{
    begin_test();
    start(SHOW ":lives=3,lose=4,end=100", "life", 1, PV_FOR_EVALUATION);
    for (int t = 1; t < 12; t++) {
        step(0);
        ck_assert_int_eq(batch->terminated[0] | batch->first[0], 0);
    }
    step(0);
    ck_assert_int_eq(batch->ended[0], 1);
    end_test();
}
END_TEST

START_TEST(a_limit_behind_life_that_comes_with_a_loss_ends_the_episode)
{
    begin_test();
    start(SHOW ":lives=3,lose=4,end=100", "limit 4, life", 1, PV_FOR_TRAINING);
    for (int t = 1; t <= 4; t++) {
        step(0);
    }
    ck_assert(batch->ended[0] && batch->truncated[0] && batch->episodes == 1);
    close_world();
    start(SHOW ":lives=3,lose=4,end=100", "life, limit 4", 1, PV_FOR_TRAINING);
    for (int t = 1; t <= 4; t++) {
        step(0);
    }
    ck_assert(batch->ended[0] && batch->truncated[0] && batch->episodes == 1);
    end_test();
}
END_TEST

/* --- what does not fit --- */

static void expect_error(const char *text, const char *line, const char *message)
{
    ck_assert_ptr_null(pv_world_open_wrapped(text, line));
    ck_assert_str_eq(pv_last_error(), message);
}

START_TEST(what_does_not_fit_is_said_with_its_place)
{
    begin_test();
    expect_error(SHOW, "max 2",
                 "wrap \"max 2\": max looks at the frames of a skip and stands right behind it, "
                 "like skip 4, max 2, at \"max 2\" (column 1)");
    expect_error(SHOW, "skip 4, clip 1, max 2",
                 "wrap \"skip 4, clip 1, max 2\": max looks at the frames of a skip and stands "
                 "right behind it, like skip 4, max 2, at \"max 2\" (column 17)");
    expect_error(SHOW, "skip 2, max 3",
                 "wrap \"skip 2, max 3\": max looks at 3 frames, but skip "
                 "has only 2, at \"max 3\" (column 9)");
    expect_error(SHOW, "gray 84",
                 "wrap \"gray 84\": gray takes a height and a width from 1 to "
                 "4096, like gray 84x84, at the end (column 8)");
    expect_error(SHOW, "gray 84x",
                 "wrap \"gray 84x\": gray takes a height and a width from 1 to "
                 "4096, like gray 84x84, at \"84x\" (column 6)");
    expect_error(SHOW, "flatten, gray 2x2",
                 "wrap \"flatten, gray 2x2\": gray takes a frame of bytes, height x width x 3 (or "
                 "1), and test/Show-v1 has none, at \"gray 2x2\" (column 10)");
    expect_error(SHOW, "sticky 1.5",
                 "wrap \"sticky 1.5\": sticky takes a probability from 0 to "
                 "1, like sticky 0.25, at \"1.5\" (column 8)");
    expect_error(DUEL, "life",
                 "wrap \"life\": life takes a world of one agent that tells its "
                 "\"lives\", and test/Duel-v1 does not, at \"life\" (column 1)");
    expect_error("CliffWalking-v1", "clip 1, atari",
                 "wrap \"clip 1, atari\": gray takes a frame of bytes, height x width x 3 (or 1), "
                 "and CliffWalking-v1 has none, at \"atari\" (column 9)");
    end_test();
}
END_TEST

START_TEST(the_atari_preset_is_written_out)
{
    begin_test();
    start(SHOW, "atari", 1, PV_FOR_TRAINING);
    ck_assert_str_eq(pv_world_wrap(world),
                     "noop 30, skip 4, max 2, gray 84x84, life, stack 4, clip 1");
    ck_assert_uint_eq(pv_world_stack(world, FRAME), 4);
    ck_assert_uint_eq(batch->spec->obs[FRAME].shape[2], 4);
    close_world();
    /* a world that tells no lives */
    static const pv_space obs = {
        .name = "screen", .dtype = PV_U8, .ndim = 3, .shape = {210, 160, 3}};
    static const pv_space action = {.name = "joystick", .dtype = PV_I32, .n = 6};
    const pv_spec spec = {.size = sizeof spec,
                          .agents = 1,
                          .n_obs = 1,
                          .n_action = 1,
                          .obs = &obs,
                          .action = &action};
    pv_wraps *wraps = pv_wraps_create("atari", "test", &spec);
    ck_assert_msg(wraps != NULL, "%s", pv_last_error());
    ck_assert_str_eq(wraps->text, "noop 30, skip 4, max 2, gray 84x84, stack 4, clip 1");
    pv_wraps_destroy(wraps);
    end_test();
}
END_TEST

/* --- the vector around it --- */

#define ALL "noop 3, sticky 0.3, skip 2, max 2, gray 3x3, life, stack 4, clip 1"

START_TEST(saved_wrappers_go_on_equally)
{
    const char *const texts[] = {SHOW ":lives=3,lose=9,end=50",
                                 SHOW_AGAIN ":lives=3,lose=9,end=50"};
    begin_test();
    for (int i = 0; i < 16; i++) {
        start(texts[i % 2], ALL, 3, PV_FOR_TRAINING);
        for (int t = 0; t < i + 1; t++) {
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

START_TEST(several_threads_do_the_same_as_one)
{
    begin_test();
    start(SHOW ":lives=3,lose=9,end=50", ALL, 7, PV_FOR_TRAINING);
    pv_pool *pool = pv_pool_create(3);
    pv_vector_config config = pv_vector_config_default(world);
    config.lanes = 7;
    config.pool = pool;
    pv_vector *other = pv_vector_create(&config);
    ck_assert_int_eq(pv_vector_reset(other), PV_OK);
    expect_equal_runs(vector, other, 200);
    pv_vector_destroy(other);
    pv_pool_destroy(pool);
    end_test();
}
END_TEST

START_TEST(evaluation_numbers_episodes_alike_for_any_number_of_lanes)
{
    begin_test();
    double returns[3][12];
    for (int lanes = 1; lanes <= 3; lanes++) {
        int n = 0;
        world = pv_world_open_wrapped(SHOW ":lives=3,lose=9,end=50", ALL);
        pv_vector_config config = pv_vector_config_default(world);
        config.lanes = lanes;
        config.purpose = PV_FOR_EVALUATION;
        config.shared_numbers = 1;
        vector = pv_vector_create(&config);
        batch = pv_vector_batch(vector);
        ck_assert_int_eq(pv_vector_reset(vector), PV_OK);
        while (n < 8) {
            step(1);
            for (int e = 0; e < batch->episodes; e++) {
                const uint64_t k = batch->episode[e].number;
                if (k < 8) {
                    returns[lanes - 1][k] = batch->episode[e].returns[0];
                    n++;
                }
            }
        }
        close_world();
    }
    ck_assert_mem_eq(returns[0], returns[1], 8 * sizeof(double));
    ck_assert_mem_eq(returns[0], returns[2], 8 * sizeof(double));
    end_test();
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
    begin_test();
    for (uint64_t n = 1;; n++) {
        pv_memory_fail_at(n);
        world = pv_world_open_wrapped(SHOW, ALL);
        if (world) {
            pv_vector_config config = pv_vector_config_default(world);
            vector = pv_vector_create(&config);
        }
        pv_memory_fail_at(0);
        const int done = vector != NULL;
        ck_assert(done || strstr(pv_last_error(), "memory"));
        close_world();
        ck_assert_uint_eq(pv_memory_live(), live_before);
        if (done) {
            ck_assert_uint_gt(n, 30);
            break;
        }
    }
    end_test();
}
END_TEST

START_TEST(a_step_allocates_nothing)
{
    begin_test();
    start(SHOW ":lives=3,lose=9,end=50", ALL, 3, PV_FOR_TRAINING);
    const uint64_t before = pv_memory_count();
    for (int t = 0; t < 100; t++) {
        step(0);
    }
    ck_assert_uint_eq(pv_memory_count(), before);
    end_test();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wrap time");
    TCase *tests = tcase_create("wrap time");
    tcase_add_test(tests, skip_repeats_the_action_adds_rewards_and_draws_the_last_frame);
    tcase_add_test(tests, max_is_of_the_last_raw_frames_and_only_those_are_drawn);
    tcase_add_test(tests, max_takes_more_than_two_frames);
    tcase_add_test(tests, the_worlds_limit_counts_frames_and_a_limit_what_stands_before_it);
    tcase_add_test(tests, a_clip_before_skip_clips_frames_and_behind_it_sums);
    tcase_add_test(tests, a_stack_before_skip_sees_every_frame);
    tcase_add_test(tests, several_agents_skip_together);
    tcase_add_test(tests, gray_is_the_average_of_the_area);
    tcase_add_test(tests, gray_of_gray_keeps_the_one_colour);
    tcase_add_test(tests, grey_frames_stack_byte_by_byte);
    tcase_add_test(tests, sticky_takes_the_action_before_by_the_episodes_own_draws);
    tcase_add_test(tests, sticky_before_skip_is_drawn_for_every_frame);
    tcase_add_test(tests, certain_stickiness_repeats_the_first_action_of_the_episode);
    tcase_add_test(tests, noop_begins_with_idle_steps_that_do_not_count);
    tcase_add_test(tests, an_episode_shorter_than_its_noops_begins_without_them);
    tcase_add_test(tests, a_lost_life_ends_the_episode_for_the_learner_only);
    tcase_add_test(tests, lives_do_not_end_episodes_outside_training);
    tcase_add_test(tests, a_limit_behind_life_that_comes_with_a_loss_ends_the_episode);
    tcase_add_test(tests, what_does_not_fit_is_said_with_its_place);
    tcase_add_test(tests, the_atari_preset_is_written_out);
    tcase_add_test(tests, saved_wrappers_go_on_equally);
    tcase_add_test(tests, several_threads_do_the_same_as_one);
    tcase_add_test(tests, evaluation_numbers_episodes_alike_for_any_number_of_lanes);
    tcase_add_test(tests, every_failing_allocation_is_survived);
    tcase_add_test(tests, a_step_allocates_nothing);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
