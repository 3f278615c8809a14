/* test_host_check.c: the validator, held against worlds whose faults are known: every plugin of
   tests/bad has one and must fail in the test meant for it; the good ones have none. */
#include "envs/host/check.h"

#include "core/file.h"
#include "core/memory.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WITH_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WITH_SANITIZER 1
#endif
#endif

#if defined(__SANITIZE_THREAD__)
#define WITH_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WITH_THREAD_SANITIZER 1
#endif
#endif

#define BAD PV_TEST_BUILD_DIR "/bad/"
#define GOOD PV_TEST_BUILD_DIR "/good/"

typedef struct fault {
    const char *plugin, *test, *message; /* part of the message */
} fault;

static const fault faults[] = {
    {"agent_never_ends", "every-agent-ends", "1 of 2 agents ended"},
    {"bad_action_crash", "bad-action-refused", " in step 1 of the episode"},
    {"bad_outcomes", "outcomes-are-distributions", "probabilities of 2 outcomes sum to 1.6"},
    {"broken_choice", "choices-work", "create failed: not yet (choice 1 of start=anywhere|left)"},
    {"changes_action", "no-write-outside", "step changed action \"direction\""},
    {"changing_spec", "spec-constant", "max_steps, solved or n_states changed after reset"},
    {"crashes", "obs-in-space", " in step 5 of the episode with seed 1"},
    {"crashes_after_end", "step-after-end", " in step 21 of the episode"},
    {"crashes_before_reset", "step-before-reset", " in step 1 of the episode"},
    {"default_out_of_bounds", "defaults-in-bounds",
     "the default of slip is 1.2, outside of 0 to 1"},
    {"empty_mask", "mask-allows-something", "no agent may do anything after step"},
    {"endless_list", "entry-ends", "gives a class for index 4096 still"},
    {"endless_loop", "obs-in-space", "still running after 0.5 s in step 1 of the episode"},
    {"exports_symbols", "only-entry-exported", "exports \"helper\" too"},
    {"flags_not_boolean", "flags-are-0-or-1", "terminated is 7 and truncated 0"},
    {"growing_state", "save-size-constant", "state_size was 44 and is 48"},
    {"ignores_alloc_failure", "allocation-failure-survived", " in create"},
    {"ignores_seed", "other-seed-differs", "the seed is not used"},
    {"ignores_stride", "render-fills-frame", "render writes past the end of line 0"},
    {"leaks", "all-returned", "it took from the host did not come back"},
#ifndef WITH_SANITIZER
    {"leaks_malloc", "all-returned", "bytes of malloc are lost with each instance"},
#endif
    {"locates_outside", "locate-inside-picture", "state 7 is located at 80,0"},
    {"long_save", "save-size-constant", "wrote past the 44 bytes of the state"},
    {"mutable_global", "instances-independent", "when other instances run in between"},
    {"needs_observation", "obs-may-be-unwanted", " in step 1 of the episode"},
    {"no_step", "descriptor-complete", "has no function step"},
    {"observation_outside_space", "obs-in-space", "element 0 is 8, its space is 0 to 7"},
    {"other_abi", "other-major-refused", "of interface 7.3, this program is of 0.1"},
    {"other_outcomes", "outcomes-match-steps", "which is none of its 1 outcomes"},
    {"own_draws", "draws-through-host", "not drawn through host->draws"},
    {"refuses_bound", "every-bound-works", "logged no reason (slip=1)"},
    {"render_changes_state", "render-changes-nothing", "the saved state is another after render"},
    {"resets_itself", "never-resets-itself", "later without a reset it runs again"},
    {"rng_not_saved", "restore-continues-equally", "after a load in the same instance"},
#ifdef WITH_THREAD_SANITIZER
    {"shared_scratch", "threads-match-serial", "ThreadSanitizer: data race"},
#else
    {"shared_scratch", "threads-match-serial", "when another thread runs others"},
#endif
    {"sizeless_load", "truncated-state-refused", "load took 47 bytes for a state of 48"},
    {"state_out_of_range", "state-in-range", "state is 8 of 8"},
    {"step_many_differs", "step-many-equals-step", "in step_many"},
    {"survives_reset", "nothing-survives-reset", "when others came before"},
    {"takes_any_action", "bad-action-refused", "step took 2 for action \"direction\""},
    {"trusting_load", "damaged-state-refused", "(damaged state "},
    {"unpainted_pixel", "render-fills-frame", "leaves the pixel at 0,9 as it was"},
    {"unwritten_output", "all-outputs-written", "does not write byte 0 of 4 of reward"},
    {"uses_clock", "no-forbidden-calls", "calls time"},
    {"uses_rand", "same-seed-same-trajectory", "between instances of equal seed and actions"},
    {"writes_past_buffer", "no-write-outside", "wrote past the 32 bytes of observation \"view\""},
    {"wrong_size_save", "save-size-constant", "does not write byte 44 of the 48"},
};

#define FAULTS (sizeof faults / sizeof faults[0])

/* What a run of the validator said. */
typedef struct record {
    int tests, failed, skipped;
    char first[32], last[32]; /* names of tests */
    char world[512];
    char message[512]; /* of the last that failed, else of the last */
} record;

static void keep(void *ctx, const pv_check_result *result)
{
    record *r = ctx;
    if (r->tests++ == 0) {
        snprintf(r->first, sizeof r->first, "%s", result->test->name);
    }
    snprintf(r->last, sizeof r->last, "%s", result->test->name);
    snprintf(r->world, sizeof r->world, "%s", result->world);
    if (result->outcome == PV_CHECK_FAILED || r->failed == 0) {
        memcpy(r->message, result->message, sizeof r->message);
    }
    if (result->outcome == PV_CHECK_FAILED) {
        r->failed++;
    }
    r->skipped += result->outcome == PV_CHECK_SKIPPED;
    ck_assert_msg(result->outcome == PV_CHECK_PASSED || result->message[0], "%s without a reason",
                  result->test->name);
}

/* Runs the validator; `config` is changed to keep a record. */
static pv_status run(pv_check_config *config, record *r)
{
    int failed = -1;
    memset(r, 0, sizeof *r);
    config->result = keep;
    config->ctx = r;
    const pv_status status = pv_check_run(config, &failed);
    ck_assert_int_eq(failed, r->failed);
    return status;
}

static record run_all(const char *target, const char *only)
{
    record r;
    pv_check_config config = pv_check_config_default(target);
    config.only = only;
    ck_assert_msg(run(&config, &r) == PV_OK, "%s", pv_last_error());
    return r;
}

START_TEST(a_bad_plugin_fails_in_the_test_meant_for_it)
{
    const fault *f = &faults[_i];
    char target[512];
    record r;
    snprintf(target, sizeof target, BAD "%s.so", f->plugin);
    pv_check_config config = pv_check_config_default(target);
    config.only = f->test;
    config.timeout = strcmp(f->plugin, "endless_loop") == 0 ? 0.5 : config.timeout;
    ck_assert_msg(run(&config, &r) == PV_OK, "%s", pv_last_error());
    ck_assert_msg(r.failed == 1, "%s: %d failures", f->plugin, r.failed);
    ck_assert_str_eq(r.last, f->test);
    ck_assert_msg(strstr(r.message, f->message) != NULL, "%s: %s", f->plugin, r.message);
}
END_TEST

START_TEST(every_bad_plugin_has_its_line_here)
{
    char **names;
    int n;
    ck_assert_int_eq(pv_dir_list(PV_TEST_SOURCE_DIR "/bad", &names, &n), PV_OK);
    ck_assert_int_ge(n, 15);
    for (int i = 0; i < n; i++) {
        const size_t length = strcspn(names[i], ".");
        size_t at = 0;
        while (at < FAULTS && (strlen(faults[at].plugin) != length ||
                               strncmp(faults[at].plugin, names[i], length) != 0)) {
            at++;
        }
        const int known = at < FAULTS || strcmp(names[i], "walk.h") == 0;
#ifdef WITH_SANITIZER
        ck_assert_msg(known || strcmp(names[i], "leaks_malloc.c") == 0, "%s", names[i]);
#else
        ck_assert_msg(known, "tests/bad/%s is not in the table", names[i]);
#endif
    }
    pv_dir_list_free(names, n);
}
END_TEST

START_TEST(the_good_plugin_passes_and_skips_only_what_it_has_not)
{
    const record r = run_all(GOOD "walk.so", NULL);
    ck_assert_int_eq(r.failed, 0);
    ck_assert_int_eq(r.skipped, 1); /* it has no mask */
    ck_assert_str_eq(r.first, "entry-ends");
    ck_assert_str_eq(r.world, "test/Walk-v1");
}
END_TEST

START_TEST(a_module_of_several_worlds_with_several_players_passes)
{
    const record r = run_all(GOOD "duel.so", NULL);
    ck_assert_int_eq(r.failed, 0);
    ck_assert_str_eq(r.world, "test/LongDuel-v1");
    ck_assert_int_eq(run_all(GOOD "duel.so#test/Duel-v1", "mask-allows-something").skipped, 0);
}
END_TEST

START_TEST(a_crash_fails_one_test_and_no_more)
{
    const record r = run_all(BAD "crashes_before_reset.so", "episode");
    ck_assert_int_eq(r.failed, 1);
    ck_assert_int_eq(r.tests, 6);
    ck_assert_str_eq(r.first, "step-before-reset");
}
END_TEST

START_TEST(a_world_that_hangs_is_not_waited_for_in_every_test)
{
    pv_check_config config = pv_check_config_default(BAD "endless_loop.so");
    record r;
    config.only = "spaces";
    config.timeout = 0.2;
    ck_assert_int_eq(run(&config, &r), PV_OK);
    ck_assert_int_eq(r.failed, 3);
    ck_assert_int_eq(r.tests, 6);
    ck_assert_int_eq(r.skipped, 3);
}
END_TEST

START_TEST(tests_are_chosen_by_name_or_group)
{
    ck_assert_int_eq(run_all(GOOD "walk.so", "picture").tests, 2);
    const record r = run_all(GOOD "walk.so", "obs-in-space");
    ck_assert_int_eq(r.tests, 1);
    ck_assert_str_eq(r.first, "obs-in-space");
}
END_TEST

START_TEST(a_world_of_a_module_is_chosen_by_id_and_parameters)
{
    const record r = run_all(GOOD "walk.so#test/Walk-v1:slip=0,start=left", "determinism");
    ck_assert_str_eq(r.world, "test/Walk-v1:slip=0,start=left");
    ck_assert_int_eq(r.failed, 0);
    ck_assert_int_eq(r.skipped, 1); /* without slips nothing is random */
}
END_TEST

START_TEST(what_cannot_be_checked_is_refused_in_one_line)
{
    static const struct {
        const char *target, *only, *message;
    } wrong[] = {
        {GOOD "walk.so", "obs-in-spac", "did you mean \"obs-in-space\"?"},
        {GOOD "walk.so", "%%%", "unknown test"},
        {"NoWorld-v77", NULL, "NoWorld-v77"},
        {GOOD "nothing.so", NULL, "nothing.so"},
        {GOOD "walk.so#Nothing-v0", NULL, "has no world \"Nothing-v0\""},
        {GOOD "walk.so#test/Walk-v1:slip=7", NULL, "slip"},
        {GOOD "walk.so#test/Walk-v1:slop=0", NULL, "did you mean \"slip\"?"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        pv_check_config config = pv_check_config_default(wrong[i].target);
        record r;
        config.only = wrong[i].only ? wrong[i].only : "descriptor-complete";
        ck_assert_int_lt(run(&config, &r), 0);
        ck_assert_msg(strstr(pv_last_error(), wrong[i].message) != NULL, "%s", pv_last_error());
        ck_assert_ptr_null(strchr(pv_last_error(), '\n'));
    }
}
END_TEST

START_TEST(a_file_that_is_no_module_fails_to_load)
{
    const record r = run_all(PV_TEST_SOURCE_DIR "/test_host_check.c#", NULL);
    ck_assert_int_eq(r.tests, 1);
    ck_assert_int_eq(r.failed, 1);
    ck_assert_str_eq(r.first, "entry-ends");
    ck_assert_ptr_nonnull(strstr(r.message, "cannot be loaded"));
}
END_TEST

START_TEST(the_seed_of_the_fuzzing_is_told)
{
    pv_check_config config = pv_check_config_default(BAD "observation_outside_space.so");
    record r;
    config.only = "fuzz";
    config.seed = 12345;
    ck_assert_int_eq(run(&config, &r), PV_OK);
    ck_assert_int_eq(r.failed, 1);
    ck_assert_ptr_nonnull(strstr(r.message, "fuzz seed 12345"));
}
END_TEST

START_TEST(in_process_gives_the_same_verdicts_and_returns_all_memory)
{
    const size_t live = pv_memory_live();
    pv_check_config config = pv_check_config_default(GOOD "walk.so");
    record r;
    config.in_process = 1;
    ck_assert_int_eq(run(&config, &r), PV_OK);
    ck_assert_int_eq(r.failed, 0);
    config.target = BAD "leaks.so";
    config.only = "memory";
    ck_assert_int_eq(run(&config, &r), PV_OK);
    ck_assert_int_eq(r.failed, 2);
    ck_assert_uint_eq(pv_memory_live(), live);
}
END_TEST

START_TEST(a_failing_allocator_is_survived)
{
    const size_t live = pv_memory_live();
    int failures = 0;
    for (uint64_t n = 1; n < 400; n++) {
        pv_check_config config = pv_check_config_default(GOOD "walk.so#test/Walk-v1:slip=0.5");
        record r;
        config.in_process = 1;
        config.only = "restore-continues-equally";
        pv_memory_fail_at(n);
        const pv_status status = run(&config, &r);
        pv_memory_fail_at(0);
        failures += status != PV_OK || r.failed > 0;
        ck_assert_uint_eq(pv_memory_live(), live);
    }
    ck_assert_int_gt(failures, 100);
}
END_TEST

START_TEST(every_test_has_a_name_a_group_and_a_sentence)
{
    const pv_check_info *info;
    int n = 0;
    for (; (info = pv_check_at(n)) != NULL; n++) {
        const size_t length = strlen(info->description);
        ck_assert_uint_eq(strspn(info->name, "abcdefghijklmnopqrstuvwxyz01-"), strlen(info->name));
        ck_assert_uint_gt(strlen(info->group), 0);
        ck_assert_int_eq(info->description[length - 1], '.');
        for (int i = 0; i < n; i++) {
            ck_assert_str_ne(pv_check_at(i)->name, info->name);
        }
    }
    ck_assert_int_ge(n, 35);
    ck_assert_ptr_null(pv_check_at(-1));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("check");
    TCase *plugins = tcase_create("plugins");
    tcase_set_timeout(plugins, 60);
    tcase_add_loop_test(plugins, a_bad_plugin_fails_in_the_test_meant_for_it, 0, (int)FAULTS);
    tcase_add_test(plugins, every_bad_plugin_has_its_line_here);
    tcase_add_test(plugins, the_good_plugin_passes_and_skips_only_what_it_has_not);
    tcase_add_test(plugins, a_module_of_several_worlds_with_several_players_passes);
    suite_add_tcase(suite, plugins);

    TCase *runner = tcase_create("runner");
    tcase_set_timeout(runner, 60);
    tcase_add_test(runner, a_crash_fails_one_test_and_no_more);
    tcase_add_test(runner, a_world_that_hangs_is_not_waited_for_in_every_test);
    tcase_add_test(runner, tests_are_chosen_by_name_or_group);
    tcase_add_test(runner, a_world_of_a_module_is_chosen_by_id_and_parameters);
    tcase_add_test(runner, what_cannot_be_checked_is_refused_in_one_line);
    tcase_add_test(runner, a_file_that_is_no_module_fails_to_load);
    tcase_add_test(runner, the_seed_of_the_fuzzing_is_told);
    tcase_add_test(runner, in_process_gives_the_same_verdicts_and_returns_all_memory);
    tcase_add_test(runner, a_failing_allocator_is_survived);
    tcase_add_test(runner, every_test_has_a_name_a_group_and_a_sentence);
    suite_add_tcase(suite, runner);

    SRunner *srunner = srunner_create(suite);
    srunner_run_all(srunner, CK_NORMAL);
    const int failed = srunner_ntests_failed(srunner);
    srunner_free(srunner);
    return failed ? 1 : 0;
}
