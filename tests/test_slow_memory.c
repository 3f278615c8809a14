/* test_slow_memory.c: a million steps of dqn with its replay take no more memory than the first
   hundred thousand: neither by what the library counts nor by what the system gives. */
#include "core/memory.h"
#include "pavlov/train.h"

#include <check.h>
#include <stdlib.h>
#include <sys/resource.h>

/* the most memory this process has had, in the system's unit */
static long peak(void)
{
    struct rusage usage;
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

START_TEST(a_million_steps_take_no_more_than_the_first)
{
    pv_world *world = pv_world_open("FrozenLake-v1");
    pv_agent *agent = pv_agent_create(
        "dqn", world, "net='dense 8 relu',batch=8,train-every=100,prioritised=1,capacity=5000", 1,
        1);
    ck_assert_msg(agent != NULL, "%s", pv_last_error());
    pv_train_config config = pv_train_config_default(world, agent);
    config.steps = 1000000;
    pv_trainer *trainer = pv_trainer_create(&config);
    ck_assert_msg(trainer != NULL, "%s", pv_last_error());
    ck_assert_int_eq(pv_trainer_advance(trainer, 100000), PV_OK);
    const size_t live = pv_memory_live();
    const long before = peak();
    ck_assert_int_eq(pv_trainer_advance(trainer, 900000), PV_OK);
    ck_assert_uint_eq(pv_trainer_steps(trainer), 1000000);
    ck_assert_uint_eq(pv_memory_live(), live);
    ck_assert_int_le(peak(), before + before / 5); /* a byte a step would be more */
    pv_trainer_destroy(trainer);
    pv_agent_destroy(agent);
    pv_world_close(world);
    ck_assert_uint_eq(pv_memory_live(), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("slow/memory");
    TCase *tests = tcase_create("memory");
    tcase_add_test(tests, a_million_steps_take_no_more_than_the_first);
    tcase_set_timeout(tests, 300);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
