/* The replay's ring against a memory that keeps every transition whole. */
#include "core/memory.h"
#include "core/threads.h"
#include "replay_oracle.h"

#include <stdio.h>

static const o_shape flat = {1, 1, 2, 3}, stacked = {4, 1, 5, 3}, colours = {3, 2, 3, 2},
                     pairs = {2, 1, 4, 4};

/* pushes `steps` steps, comparing counts and samples all the way */
static void compare(o_shape shape, int rows, pv_replay_config change, uint64_t seed, int steps)
{
    oracle o;
    o_init(&o, shape, rows, seed);
    pv_replay_config config = o_config(&o, change.capacity);
    config.n_step = change.n_step;
    config.steps = change.steps;
    config.kind = change.kind;
    pv_replay *replay = pv_replay_create(&config);
    ck_assert_ptr_nonnull(replay);
    pv_rng rng = pv_rng_split(seed, "test");
    for (int i = 0; i < steps; i++) {
        o_step(&o, replay);
        ck_assert_uint_eq(pv_replay_count(replay), o_count(&o, &config));
        if (pv_replay_can_draw(replay)) {
            o_check_draw(&o, &config, replay, &rng, 1 + i % 8);
        }
    }
    ck_assert(pv_replay_can_draw(replay));
    uint64_t pushed = 0;
    for (int row = 0; row < rows; row++) {
        pushed += o.row[row].n;
    }
    ck_assert_uint_eq(pv_replay_pushed(replay), pushed);
    pv_replay_destroy(replay);
    o_free(&o);
}

static pv_replay_config with(uint64_t capacity, int n_step, int steps)
{
    return (pv_replay_config){.capacity = capacity, .n_step = n_step, .steps = steps};
}

START_TEST(samples_are_what_was_pushed)
{
    compare(flat, 1, with(37, 1, 1), 1, 300);
    compare(flat, 3, with(50, 1, 1), 2, 300);
}
END_TEST

START_TEST(stacks_are_rebuilt_as_the_wrapper_made_them)
{
    compare(stacked, 1, with(29, 1, 1), 3, 300);
    compare(colours, 2, with(40, 1, 1), 4, 300);
    compare(pairs, 4, with(41, 1, 1), 5, 300);
}
END_TEST

START_TEST(n_step_returns_stop_at_the_end_of_an_episode)
{
    compare(flat, 1, with(31, 3, 1), 6, 300);
    compare(stacked, 3, with(64, 5, 1), 7, 300);
    compare(stacked, 2, with(20, 10, 1), 8, 300);
}
END_TEST

START_TEST(a_ring_of_one_place_holds_the_newest_transition)
{
    compare(flat, 1, with(1, 1, 1), 9, 100);
    compare(stacked, 1, with(1, 1, 1), 10, 100);
    compare(stacked, 4, with(4, 1, 1), 11, 100);
}
END_TEST

START_TEST(stretches_follow_one_row_in_order)
{
    compare(flat, 1, with(60, 1, 7), 12, 300);
    compare(stacked, 3, with(90, 1, 5), 13, 300);
    compare(colours, 2, with(100, 3, 12), 14, 400);
}
END_TEST

START_TEST(random_shapes_agree_with_the_oracle)
{
    pv_rng rng = pv_rng_split(15, "shapes");
    for (uint64_t i = 0; i < 40; i++) {
        const o_shape shape = {1 + (int)pv_rng_below(&rng, 4), 1 + (int)pv_rng_below(&rng, 3),
                               1 + (int)pv_rng_below(&rng, 4), 1 + (int)pv_rng_below(&rng, 4)};
        const int rows = 1 + (int)pv_rng_below(&rng, O_ROWS);
        const int n_step = 1 + (int)pv_rng_below(&rng, 4);
        const uint64_t per_row = 20 + pv_rng_below(&rng, 40);
        compare(shape, rows, with(per_row * (uint64_t)rows, n_step, 1), 100 + i, 150);
    }
}
END_TEST

START_TEST(pushing_may_begin_within_an_episode)
{
    oracle o;
    o_init(&o, stacked, 1, 16);
    o.end_chance = 0.0;
    pv_replay_config config = o_config(&o, 40);
    pv_replay *replay = pv_replay_create(&config);
    pv_rng rng = pv_rng_split(16, "test");
    for (int i = 0; i < 6; i++) {
        o_step(&o, NULL);
    }
    /* three frames of history come before the first transition */
    o.row[0].n = 0;
    o.row[0].place = 3;
    for (int i = 0; i < 100; i++) {
        o.end_chance = i < 60 ? 0.0 : 0.2;
        o_step(&o, replay);
        o_check_draw(&o, &config, replay, &rng, 16);
    }
    pv_replay_destroy(replay);
    o_free(&o);
}
END_TEST

START_TEST(a_break_cuts_running_episodes_short)
{
    oracle o;
    o_init(&o, stacked, 2, 17);
    pv_replay_config config = o_config(&o, 60);
    config.n_step = 3;
    pv_replay *replay = pv_replay_create(&config);
    pv_rng rng = pv_rng_split(17, "test");
    for (int i = 0; i < 200; i++) {
        o_step(&o, replay);
        if (i % 23 == 22) {
            pv_replay_break(replay);
            for (int row = 0; row < o.rows; row++) {
                o_row *r = &o.row[row];
                o_transition *last = &r->all[r->n - 1];
                r->running = 0;
                if (!last->terminated && !last->truncated) {
                    last->truncated = 1;
                    r->place++;
                }
            }
        }
        ck_assert_uint_eq(pv_replay_count(replay), o_count(&o, &config));
        if (pv_replay_can_draw(replay)) {
            o_check_draw(&o, &config, replay, &rng, 8);
        }
    }
    pv_replay_destroy(replay);
    o_free(&o);
}
END_TEST

START_TEST(uniform_draws_are_uniform)
{
    oracle o;
    o_init(&o, flat, 3, 18);
    pv_replay_config config = o_config(&o, 90);
    pv_replay *replay = pv_replay_create(&config);
    pv_rng rng = pv_rng_split(18, "test");
    for (int i = 0; i < 100; i++) {
        o_step(&o, replay);
    }
    const uint64_t n = pv_replay_count(replay);
    const int rounds = 2000;
    int counts[3 * 400] = {0};
    for (int i = 0; i < rounds; i++) {
        const pv_replay_batch *b = pv_replay_draw(replay, &rng, 32, 0.0);
        for (int k = 0; k < 32; k++) {
            int row = 0;
            const size_t t = o_find(&o, b->index[k], &row);
            ck_assert_uint_lt(t, 400);
            counts[row * 400 + (int)t]++;
            ck_assert_float_eq(b->weight[k], 1.0f);
        }
    }
    const double expected = 32.0 * rounds / (double)n;
    double chi = 0.0;
    for (int row = 0; row < 3; row++) {
        for (size_t t = 0; t < o.row[row].n; t++) {
            const int count = counts[row * 400 + (int)t];
            if (o_drawable(&o.row[row], t, &config)) {
                chi += (count - expected) * (count - expected) / expected;
            } else {
                ck_assert_int_eq(count, 0);
            }
        }
    }
    /* five standard deviations of chi-square with n - 1 degrees */
    ck_assert_double_lt(chi, (double)n + 5.0 * sqrt(2.0 * (double)n));
    ck_assert_double_gt(chi, (double)n - 5.0 * sqrt(2.0 * (double)n));
    pv_replay_destroy(replay);
    o_free(&o);
}
END_TEST

START_TEST(the_same_stream_draws_the_same_batch)
{
    oracle o;
    o_init(&o, stacked, 2, 19);
    pv_replay_config config = o_config(&o, 80);
    pv_replay *replay = pv_replay_create(&config);
    for (int i = 0; i < 60; i++) {
        o_step(&o, replay);
    }
    pv_rng a = pv_rng_split(19, "test");
    pv_rng b = a;
    uint64_t index[32];
    memcpy(index, pv_replay_draw(replay, &a, 32, 0.0)->index, sizeof index);
    ck_assert_mem_eq(pv_replay_draw(replay, &b, 32, 0.0)->index, index, sizeof index);
    pv_replay_destroy(replay);
    o_free(&o);
}
END_TEST

/* a thread's share of a batch */
static void gather_part(void *ctx, int index)
{
    pv_replay_gather(ctx, 4 * index, 4 * index + 4);
}

START_TEST(parts_of_a_batch_may_be_gathered_by_several_threads)
{
    oracle o;
    o_init(&o, stacked, 2, 20);
    pv_replay_config config = o_config(&o, 80);
    config.steps = 4;
    pv_replay *replay = pv_replay_create(&config);
    pv_pool *pool = pv_pool_create(2);
    for (int i = 0; i < 90; i++) {
        o_step(&o, replay);
    }
    pv_rng rng = pv_rng_split(20, "test");
    const pv_replay_batch *b = pv_replay_sample(replay, &rng, 16, 0.0);
    const size_t size = 4 * 16 * o.whole;
    unsigned char *whole = malloc(size);
    memcpy(whole, b->obs[0], size);
    memset((void *)(uintptr_t)b->obs[0], 0, size);
    pv_pool_run(pool, gather_part, replay, 4);
    ck_assert_mem_eq(b->obs[0], whole, size);
    free(whole);
    pv_pool_destroy(pool);
    pv_replay_destroy(replay);
    o_free(&o);
}
END_TEST

START_TEST(a_million_atari_transitions_take_at_most_7_3_gigabytes)
{
    const pv_space picture = {.name = "obs", .dtype = PV_U8, .ndim = 3, .shape = {84, 84, 4}};
    const pv_space move = {.name = "action", .dtype = PV_I32, .n = 18};
    const int stack = 4;
    pv_replay_config config = pv_replay_config_default();
    config.capacity = 1000000;
    config.n_obs = config.n_action = 1;
    config.obs = &picture;
    config.action = &move;
    config.stack = &stack;
    config.kind = PV_REPLAY_PRIORITIZED;
    ck_assert_uint_le(pv_replay_size(&config), UINT64_C(7300000000));
    ck_assert_uint_ge(pv_replay_size(&config), UINT64_C(84) * 84 * 1000000);
}
END_TEST

START_TEST(the_size_told_is_the_size_taken)
{
    for (int kind = PV_REPLAY_UNIFORM; kind <= PV_REPLAY_REWARD; kind++) {
        oracle o;
        o_init(&o, stacked, 3, 21);
        pv_replay_config config = o_config(&o, 1000);
        config.kind = (pv_replay_kind)kind;
        const size_t before = pv_memory_live();
        pv_replay *replay = pv_replay_create(&config);
        ck_assert_uint_eq(pv_memory_live() - before, pv_replay_size(&config));
        pv_replay_destroy(replay);
        o_free(&o);
    }
}
END_TEST

START_TEST(pushing_and_sampling_take_no_memory)
{
    oracle o;
    o_init(&o, stacked, 3, 22);
    pv_replay_config config = o_config(&o, 100);
    config.kind = PV_REPLAY_PRIORITIZED;
    pv_replay *replay = pv_replay_create(&config);
    pv_rng rng = pv_rng_split(22, "test");
    o_step(&o, replay);
    o_step(&o, replay);
    const uint64_t before = pv_memory_count();
    for (int i = 0; i < 500; i++) {
        o_step(&o, replay);
        const pv_replay_batch *b = pv_replay_sample(replay, &rng, 32, 0.4);
        pv_replay_update(replay, b->index, b->reward, 32);
    }
    ck_assert_uint_eq(pv_memory_count(), before);
    pv_replay_destroy(replay);
    o_free(&o);
}
END_TEST

START_TEST(a_failing_allocator_is_survived)
{
    oracle o;
    o_init(&o, stacked, 3, 23);
    pv_replay_config config = o_config(&o, 100);
    config.kind = PV_REPLAY_PRIORITIZED;
    const size_t before = pv_memory_live();
    const uint64_t count = pv_memory_count();
    pv_replay_destroy(pv_replay_create(&config));
    const uint64_t allocations = pv_memory_count() - count;
    ck_assert_uint_gt(allocations, 10);
    for (uint64_t i = 1; i <= allocations; i++) {
        pv_memory_fail_at(i);
        ck_assert_ptr_null(pv_replay_create(&config));
        ck_assert_int_eq(pv_last_status(), PV_ERROR_MEMORY);
        ck_assert_uint_eq(pv_memory_live(), before);
    }
    pv_memory_fail_at(0);
    o_free(&o);
}
END_TEST

static void refused(pv_replay_config config, pv_status status, const char *part)
{
    ck_assert_ptr_null(pv_replay_create(&config));
    ck_assert_int_eq(pv_last_status(), status);
    ck_assert_msg(strstr(pv_last_error(), part), "\"%s\" lacks \"%s\"", pv_last_error(), part);
    ck_assert_ptr_null(strchr(pv_last_error(), '\n'));
}

START_TEST(what_does_not_fit_is_refused_with_a_line)
{
    oracle o;
    o_init(&o, stacked, 2, 24);
    const pv_replay_config good = o_config(&o, 100);
    pv_replay_config config = good;
    config.capacity = UINT64_C(1000000000000);
    refused(config, PV_ERROR_MEMORY, "of memory, and this machine has");
    config = good;
    config.n_step = 51;
    refused(config, PV_ERROR_ARGUMENT, "too small: 51 are needed");
    config = good;
    config.capacity = 0;
    refused(config, PV_ERROR_ARGUMENT, "too small");
    config = good;
    const int stack[] = {3, 1, 1};
    config.stack = stack;
    refused(config, PV_ERROR_ARGUMENT, "cannot be a stack of 3 frames: its last axis has 4");
    o_free(&o);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replay");
    TCase *ring = tcase_create("ring");
    tcase_add_test(ring, samples_are_what_was_pushed);
    tcase_add_test(ring, stacks_are_rebuilt_as_the_wrapper_made_them);
    tcase_add_test(ring, n_step_returns_stop_at_the_end_of_an_episode);
    tcase_add_test(ring, a_ring_of_one_place_holds_the_newest_transition);
    tcase_add_test(ring, stretches_follow_one_row_in_order);
    tcase_add_test(ring, random_shapes_agree_with_the_oracle);
    tcase_add_test(ring, pushing_may_begin_within_an_episode);
    tcase_add_test(ring, a_break_cuts_running_episodes_short);
    tcase_add_test(ring, uniform_draws_are_uniform);
    tcase_add_test(ring, the_same_stream_draws_the_same_batch);
    tcase_add_test(ring, parts_of_a_batch_may_be_gathered_by_several_threads);
    suite_add_tcase(suite, ring);
    TCase *memory = tcase_create("memory");
    tcase_add_test(memory, a_million_atari_transitions_take_at_most_7_3_gigabytes);
    tcase_add_test(memory, the_size_told_is_the_size_taken);
    tcase_add_test(memory, pushing_and_sampling_take_no_memory);
    tcase_add_test(memory, a_failing_allocator_is_survived);
    tcase_add_test(memory, what_does_not_fit_is_refused_with_a_line);
    suite_add_tcase(suite, memory);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
