/* test_core_threads.c: the pool and the barrier; with threads that fail to start, which is why it
   includes the module itself. */
#include <errno.h>
#include <pthread.h>

static int creations_before_failure = -1; /* -1: none fails */
static int created;
static int joins;

static int create_or_fail(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *ctx);
static int join_counted(pthread_t thread, void **result);

#define pthread_create create_or_fail
#define pthread_join join_counted
#include "core/threads.c"
#undef pthread_create
#undef pthread_join

#include <check.h>
#include <stdint.h>
#include <stdlib.h>

static int create_or_fail(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                          void *ctx)
{
    if (creations_before_failure == created) {
        return EAGAIN;
    }
    created++;
    return pthread_create(thread, attributes, run, ctx);
}

static int join_counted(pthread_t thread, void **result)
{
    joins++;
    return pthread_join(thread, result);
}

static size_t live_before;

static void begin(void)
{
    live_before = pv_memory_live();
    created = joins = 0;
    creations_before_failure = -1;
}

static void end(void)
{
    ck_assert_uint_eq(pv_memory_live(), live_before);
    ck_assert_int_eq(created, joins);
}

static void count_up(void *ctx, int index)
{
    int *counts = ctx; /* not atomic: each index belongs to one thread */
    counts[index]++;
}

START_TEST(every_task_runs_once)
{
    enum { MOST = 300 };
    static const int sizes[] = {1, 2, 3, 8};
    for (int s = 0; s < 4; s++) {
        pv_pool *pool = pv_pool_create(sizes[s]);
        ck_assert_int_eq(pv_pool_size(pool), sizes[s]);
        for (int count = 0; count < MOST; count += 1 + count / 3) {
            int counts[MOST] = {0};
            int wrong = 0;
            pv_pool_run(pool, count_up, counts, count);
            for (int i = 0; i < MOST; i++) {
                wrong += counts[i] != (i < count);
            }
            ck_assert_int_eq(wrong, 0);
        }
        pv_pool_destroy(pool);
    }
}
END_TEST

START_TEST(many_runs_follow_one_another_without_a_lost_task)
{
    int counts[5] = {0};
    pv_pool *pool = pv_pool_create(3);
    for (int run = 0; run < 3000; run++) {
        pv_pool_run(pool, count_up, counts, 5);
    }
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(counts[i], 3000);
    }
    pv_pool_destroy(pool);
}
END_TEST

static void note_order(void *ctx, int index)
{
    int *order = ctx; /* order[0]: how many came */
    order[++order[0]] = index;
}

START_TEST(without_a_pool_or_with_one_thread_tasks_run_here_and_in_order)
{
    pv_pool *pools[2] = {NULL, pv_pool_create(1)};
    for (int p = 0; p < 2; p++) {
        int order[6] = {0};
        pv_pool_run(pools[p], note_order, order, 5);
        for (int i = 0; i < 5; i++) {
            ck_assert_int_eq(order[i + 1], i);
        }
    }
    ck_assert_int_eq(created, 0);
    pv_pool_destroy(pools[1]);
}
END_TEST

START_TEST(a_pool_starts_its_threads_once)
{
    int counts[8] = {0};
    pv_pool *pool = pv_pool_create(4);
    pv_pool_run(pool, count_up, counts, 8);
    pv_pool_run(pool, count_up, counts, 8);
    ck_assert_int_eq(created, 3);
    pv_pool_destroy(pool);
    ck_assert_int_eq(joins, 3);
}
END_TEST

START_TEST(a_thread_that_does_not_start_leaves_nothing_behind)
{
    for (int fail = 0; fail < 3; fail++) {
        created = joins = 0;
        creations_before_failure = fail;
        pv_clear_error();
        ck_assert_ptr_null(pv_pool_create(4));
        ck_assert_int_eq(created, fail);
        ck_assert_int_eq(joins, fail);
        ck_assert_int_eq(strncmp(pv_last_error(), "cannot start thread ", 20), 0);
        ck_assert_uint_eq(pv_memory_live(), live_before);
    }
}
END_TEST

START_TEST(failing_allocations_are_survived)
{
    for (uint64_t n = 1; n <= 2; n++) {
        pv_memory_fail_at(n);
        ck_assert_ptr_null(pv_pool_create(3));
        ck_assert_int_eq(pv_last_status(), PV_ERROR_MEMORY);
    }
    pv_memory_fail_at(1);
    ck_assert_ptr_null(pv_barrier_create(2));
    pv_memory_fail_at(0);
    pv_pool_destroy(NULL);
    pv_barrier_destroy(NULL);
}
END_TEST

typedef struct meeting {
    pv_barrier *barrier;
    int parties;
    int rounds;
    int *arrived;      /* [parties], written by its owner before, read by all after the barrier */
    atomic_int wrong;  /* an arrival that was not seen */
    atomic_int chosen; /* how often the barrier returned 1 */
} meeting;

static void meet(void *ctx, int index)
{
    meeting *m = ctx;
    for (int round = 1; round <= m->rounds; round++) {
        m->arrived[index] = round;
        atomic_fetch_add(&m->chosen, pv_barrier_wait(m->barrier));
        for (int i = 0; i < m->parties; i++) {
            atomic_fetch_add(&m->wrong, m->arrived[i] != round);
        }
        pv_barrier_wait(m->barrier);
    }
}

START_TEST(tasks_as_many_as_threads_may_meet_at_a_barrier)
{
    enum { PARTIES = 4, ROUNDS = 200 };
    int arrived[PARTIES] = {0};
    meeting m = {.barrier = pv_barrier_create(PARTIES),
                 .parties = PARTIES,
                 .rounds = ROUNDS,
                 .arrived = arrived};
    pv_pool *pool = pv_pool_create(PARTIES);
    pv_pool_run(pool, meet, &m, PARTIES);
    ck_assert_int_eq(atomic_load(&m.wrong), 0);
    ck_assert_int_eq(atomic_load(&m.chosen), ROUNDS);
    pv_pool_destroy(pool);
    pv_barrier_destroy(m.barrier);
}
END_TEST

START_TEST(a_barrier_of_one_never_waits)
{
    pv_barrier *barrier = pv_barrier_create(1);
    ck_assert_int_eq(pv_barrier_wait(barrier), 1);
    ck_assert_int_eq(pv_barrier_wait(barrier), 1);
    pv_barrier_destroy(barrier);
}
END_TEST

static void run_inner(void *ctx, int index)
{
    int(*counts)[4] = ctx;
    pv_pool *pool = pv_pool_create(2);
    pv_pool_run(pool, count_up, counts[index], 4);
    pv_pool_destroy(pool);
}

START_TEST(a_task_may_use_a_pool_of_its_own)
{
    int counts[3][4] = {{0}};
    pv_pool *pool = pv_pool_create(1); /* `created` is not for several threads */
    pv_pool_run(pool, run_inner, counts, 3);
    for (int i = 0; i < 12; i++) {
        ck_assert_int_eq(counts[i / 4][i % 4], 1);
    }
    pv_pool_destroy(pool);
}
END_TEST

START_TEST(there_is_at_least_one_thread)
{
    ck_assert_int_ge(pv_threads_available(), 1);
    ck_assert_int_lt(pv_threads_available(), 100000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("threads");
    TCase *tests = tcase_create("threads");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, every_task_runs_once);
    tcase_add_test(tests, many_runs_follow_one_another_without_a_lost_task);
    tcase_add_test(tests, without_a_pool_or_with_one_thread_tasks_run_here_and_in_order);
    tcase_add_test(tests, a_pool_starts_its_threads_once);
    tcase_add_test(tests, a_thread_that_does_not_start_leaves_nothing_behind);
    tcase_add_test(tests, failing_allocations_are_survived);
    tcase_add_test(tests, tasks_as_many_as_threads_may_meet_at_a_barrier);
    tcase_add_test(tests, a_barrier_of_one_never_waits);
    tcase_add_test(tests, a_task_may_use_a_pool_of_its_own);
    tcase_add_test(tests, there_is_at_least_one_thread);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
