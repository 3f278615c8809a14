/* test_envs_check.c: every world of the program keeps every rule of the interface, built in and as
   a module. */
#include "envs/host/check.h"

#include "core/file.h"
#include "envs/host/loader.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define MODULES PV_TEST_BUILD_DIR "/modules/"

static void expect_no_failure(void *ctx, const pv_check_result *result)
{
    int *passed = ctx;
    ck_assert_msg(result->outcome != PV_CHECK_FAILED, "%s: %s: %s", result->world,
                  result->test->name, result->message);
    *passed += result->outcome == PV_CHECK_PASSED;
}

/* Returns how many tests passed; a failed one ends the test. */
static int check(const char *target, const char *only)
{
    int failed = 0, passed = 0;
    pv_check_config config = pv_check_config_default(target);
    config.only = only;
    config.timeout = 60.0; /* sanitizers take their time */
    config.result = expect_no_failure;
    config.ctx = &passed;
    ck_assert_msg(pv_check_run(&config, &failed) == PV_OK, "%s", pv_last_error());
    ck_assert_int_eq(failed, 0);
    return passed;
}

/* Returns class i of all built-in ones, NULL past the last. */
static const pv_env_class *builtin(int i)
{
    for (int file = 0; pv_builtin_envs[file]; file++) {
        for (int at = 0; pv_builtin_envs[file][at]; at++) {
            if (i-- == 0) {
                return pv_builtin_envs[file][at];
            }
        }
    }
    return NULL;
}

START_TEST(a_builtin_world_keeps_every_rule)
{
    ck_assert_int_gt(check(builtin(_i)->id, NULL), 20);
}
END_TEST

START_TEST(every_builtin_world_makes_a_good_module)
{
    char **names;
    int n;
    ck_assert_int_eq(pv_dir_list(MODULES, &names, &n), PV_OK);
    ck_assert_int_ge(n, 1);
    for (int i = 0; i < n; i++) {
        char target[512];
        snprintf(target, sizeof target, MODULES "%s#", names[i]);
        ck_assert_int_ge(check(target, "load"), 3);
    }
    pv_dir_list_free(names, n);
}
END_TEST

int main(void)
{
    int worlds = 0;
    while (builtin(worlds)) {
        worlds++;
    }
    Suite *suite = suite_create("worlds under the validator");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 120);
    tcase_add_loop_test(all, a_builtin_world_keeps_every_rule, 0, worlds);
    tcase_add_test(all, every_builtin_world_makes_a_good_module);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
