/* test_host_world.c: worlds opened by text, their names, and what of a spec is refused. */
#include "envs/host/instance.h"

#include "core/memory.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOOD PV_TEST_BUILD_DIR "/good"
#define COUNTER GOOD "/counter.so#test/Counter-v1"

static size_t live_before;

static void begin(void)
{
    live_before = pv_memory_live();
    ck_assert_int_eq(setenv("PAVLOV_ENV_PATH", GOOD, 1), 0);
}

static void end(void)
{
    ck_assert_uint_eq(pv_memory_live(), live_before);
}

static pv_world *open_world(const char *text)
{
    pv_world *world = pv_world_open(text);
    ck_assert_msg(world != NULL, "%s: %s", text, pv_last_error());
    return world;
}

static void expect_name(const char *text, const char *name, const char *folder)
{
    pv_world *world = open_world(text);
    ck_assert_str_eq(pv_world_name(world), name);
    ck_assert_str_eq(pv_world_folder(world), folder);
    pv_world *again = open_world(pv_world_name(world));
    ck_assert_str_eq(pv_world_name(again), name);
    pv_world_close(again);
    pv_world_close(world);
}

static void expect_refused(const char *text, pv_status status, const char *message)
{
    pv_clear_error();
    ck_assert_ptr_null(pv_world_open(text));
    ck_assert_str_eq(pv_last_error(), message);
    ck_assert_int_eq(pv_last_status(), status);
}

START_TEST(no_observation_of_a_plain_world_is_stacked)
{
    pv_world *world = pv_world_open("CliffWalking-v1");
    ck_assert_ptr_nonnull(world);
    ck_assert_uint_eq(pv_world_stack(world, 0), 1);
    pv_world_close(world);
    ck_assert_uint_eq(pv_memory_live(), 0);
}
END_TEST

START_TEST(a_world_is_opened_by_file_and_id)
{
    pv_world *world = open_world(COUNTER);
    ck_assert_str_eq(pv_world_class(world)->id, "test/Counter-v1");
    ck_assert_str_eq(pv_world_file(world), GOOD "/counter.so");
    const pv_spec *spec = pv_world_spec(world);
    ck_assert_uint_eq(spec->agents, 1);
    ck_assert_uint_eq(spec->n_obs, 2);
    ck_assert_str_eq(spec->obs[1].name, "noise");
    ck_assert_double_eq(spec->obs[1].high[0], 1.0);
    ck_assert_ptr_null(spec->obs[0].high);
    ck_assert_str_eq(spec->info[0], "step");
    ck_assert_str_eq(spec->keys[0].keys, "Right");
    ck_assert_ptr_null(spec->keys[1].keys);
    ck_assert_uint_eq(spec->max_steps, 200);
    ck_assert(isnan(spec->solved));
    pv_world_close(world);
}
END_TEST

START_TEST(a_world_is_found_by_id_in_the_folders)
{
    pv_world *world = open_world("test/LongDuel-v1:heap=9");
    ck_assert_str_eq(pv_world_file(world), GOOD "/duel.so");
    ck_assert_str_eq(pv_world_name(world), "test/LongDuel-v1:heap=9");
    pv_world_close(world);
}
END_TEST

START_TEST(a_name_holds_what_is_not_default_and_opens_the_same_world)
{
    expect_name(COUNTER, COUNTER, "test_Counter-v1");
    expect_name(GOOD "/counter.so#", COUNTER, "test_Counter-v1");
    expect_name(GOOD "/counter.so#:goal=30", COUNTER ":goal=30", "test_Counter-v1_goal=30");
    expect_name("test/Counter-v1:", "test/Counter-v1", "test_Counter-v1");
    expect_name("test/Counter-v1:goal=20,fail=7", "test/Counter-v1:fail=7",
                "test_Counter-v1_fail=7");
    expect_name("test/Counter-v1:label='a,b',goal=30", "test/Counter-v1:goal=30,label=\"a,b\"",
                "test_Counter-v1_goal=30,label=_a,b_");
    expect_name("test/Counter-v1:label=a#b:c/d", "test/Counter-v1:label=a#b:c/d",
                "test_Counter-v1_label=a_b_c_d");
    expect_name("test/Counter-v1:label=''", "test/Counter-v1:label=\"\"",
                "test_Counter-v1_label=__");
}
END_TEST

START_TEST(a_long_name_gives_a_short_folder_of_its_own)
{
    char folders[2][256];
    for (int i = 0; i < 2; i++) {
        char text[512];
        snprintf(text, sizeof text, "test/Counter-v1:label=%0300d", i);
        pv_world *world = open_world(text);
        snprintf(folders[i], sizeof folders[i], "%s", pv_world_folder(world));
        ck_assert_uint_le(strlen(folders[i]), 160);
        pv_world_close(world);
    }
    ck_assert_str_ne(folders[0], folders[1]);
}
END_TEST

START_TEST(wrong_texts_are_answered_with_what_is_right)
{
    expect_refused("test/Conter-v1", PV_ERROR_ARGUMENT,
                   "unknown world \"test/Conter-v1\"; did you mean \"test/Counter-v1\"?");
    expect_refused("zzz", PV_ERROR_ARGUMENT,
                   "unknown world \"zzz\"; `pavlov list envs` shows the known ones");
    expect_refused("dir/duel.so", PV_ERROR_ARGUMENT,
                   "unknown world \"dir/duel.so\"; a world of a module is \"dir/duel.so#ID\"");
    expect_refused("", PV_ERROR_ARGUMENT,
                   "world \"\" names no id; expected [FILE.so#]ID[:name=value,...]");
    expect_refused(":goal=3", PV_ERROR_ARGUMENT,
                   "world \":goal=3\" names no id; expected [FILE.so#]ID[:name=value,...]");
    expect_refused("#x", PV_ERROR_ARGUMENT,
                   "world \"#x\" names no file before #; expected [FILE.so#]ID[:name=value,...]");
    expect_refused("nowhere.so#x", PV_ERROR_FILE, "nowhere.so: no such file, or not readable");
    expect_refused(GOOD "/counter.so#x", PV_ERROR_ARGUMENT,
                   GOOD "/counter.so: holds no world \"x\"; it holds \"test/Counter-v1\"");
    expect_refused(GOOD "/duel.so#", PV_ERROR_ARGUMENT,
                   GOOD "/duel.so: holds several worlds, so name one: \"test/Duel-v1\", "
                        "\"test/LongDuel-v1\"");
    expect_refused(COUNTER ":gaol=3", PV_ERROR_ARGUMENT,
                   "world test/Counter-v1 has no parameter \"gaol\"; did you mean \"goal\"?");
    expect_refused(COUNTER ":goal=3", PV_ERROR_ARGUMENT,
                   "world test/Counter-v1: goal=3 is out of bounds; it takes 10 to 1000");
}
END_TEST

START_TEST(the_list_holds_every_id_once_with_its_file)
{
    ck_assert_int_eq(setenv("PAVLOV_ENV_PATH", "/nowhere:" GOOD ":" GOOD, 1), 0);
    pv_world_entry *entries = NULL;
    int n = 0;
    ck_assert_int_eq(pv_world_list(&entries, &n), PV_OK);
    int counters = 0;
    for (int i = 0; i < n; i++) {
        ck_assert(i == 0 || !entries[i - 1].file || entries[i].file);
        if (strcmp(entries[i].env_class->id, "test/Counter-v1") == 0) {
            ck_assert_str_eq(entries[i].file, GOOD "/counter.so");
            counters++;
        }
    }
    ck_assert_int_eq(counters, 1);
    pv_world_list_free(entries, n);
}
END_TEST

START_TEST(sizes_of_spaces_are_products)
{
    const pv_space scalar = {.name = "s", .dtype = PV_F32};
    const pv_space frame = {.name = "f", .dtype = PV_U8, .ndim = 3, .shape = {84, 84, 4}};
    ck_assert_uint_eq(pv_space_count(&scalar), 1);
    ck_assert_uint_eq(pv_space_size(&scalar), 4);
    ck_assert_uint_eq(pv_space_count(&frame), 28224);
    ck_assert_uint_eq(pv_space_size(&frame), 28224);
}
END_TEST

/* --- a class whose spec the tests choose --- */

struct pv_env {
    const pv_host *host;
};

static _Thread_local pv_spec told; /* what the class says of itself; `size` stays the host's */
static _Thread_local int create_fails;

static pv_status told_create(const pv_host *host, const pv_value *params, pv_env **env)
{
    (void)params;
    if (create_fails) {
        host->log(host->ctx, 1, "a warning");
        host->log(host->ctx, 0, "map.txt, line 3:\nno start");
        host->log(host->ctx, 2, "a note");
        return -1;
    }
    *env = host->alloc(host->ctx, sizeof **env);
    if (!*env) {
        return -1;
    }
    (*env)->host = host;
    return 0;
}

static void told_destroy(pv_env *env)
{
    env->host->free(env->host->ctx, env);
}

static void told_spec(const pv_env *env, pv_spec *spec)
{
    (void)env;
    const uint32_t size = spec->size;
    *spec = told;
    spec->size = size;
}

static pv_status told_run(pv_env *env, const pv_io *io)
{
    (void)env;
    (void)io;
    return 0;
}

static pv_status told_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    (void)seed;
    return told_run(env, io);
}

static const pv_env_class told_class = {.size = sizeof(pv_env_class),
                                        .abi = PV_ABI,
                                        .id = "Told-v0",
                                        .version = "1",
                                        .summary = "says what it is told",
                                        .create = told_create,
                                        .destroy = told_destroy,
                                        .spec = told_spec,
                                        .reset = told_reset,
                                        .step = told_run};

static const pv_space number = {.name = "x", .dtype = PV_F32};
static const pv_space choice = {.name = "go", .dtype = PV_I32, .n = 2};

static void tell_good(void)
{
    told = (pv_spec){.agents = 1, .n_obs = 1, .obs = &number, .n_action = 1, .action = &choice};
}

static void expect_spec_refused(const char *message)
{
    pv_clear_error();
    ck_assert_ptr_null(pv_world_open_class(&told_class, NULL, NULL));
    ck_assert_str_eq(pv_last_error(), message);
    ck_assert_int_eq(pv_last_status(), PV_ERROR_WORLD);
    tell_good();
}

static void expect_obs_refused(pv_space obs, const char *message)
{
    told.obs = &obs;
    expect_spec_refused(message);
}

START_TEST(a_good_spec_is_copied_with_all_it_points_to)
{
    tell_good();
    char name[] = "x";
    double low[] = {-1.0, -2.0};
    const pv_space obs = {.name = name, .dtype = PV_F32, .ndim = 1, .shape = {2}, .low = low};
    told.obs = &obs;
    told.solved = 195.0;
    pv_world *world = pv_world_open_class(&told_class, NULL, NULL);
    ck_assert_ptr_nonnull(world);
    name[0] = 'y';
    low[1] = 0.0;
    ck_assert_str_eq(pv_world_spec(world)->obs[0].name, "x");
    ck_assert_double_eq(pv_world_spec(world)->obs[0].low[1], -2.0);
    ck_assert_double_eq(pv_world_spec(world)->solved, 195.0);
    ck_assert_uint_eq(pv_world_spec(world)->size, sizeof(pv_spec));
    ck_assert_ptr_null(pv_world_file(world));
    pv_world_close(world);
}
END_TEST

START_TEST(a_space_that_makes_no_sense_is_refused)
{
    const double one = 1.0;
    const double two = 2.0;
    const double not_a_number = NAN;
    tell_good();
    expect_obs_refused((pv_space){.dtype = PV_F32}, "world Told-v0: an obs space has no name");
    expect_obs_refused((pv_space){.name = "x", .dtype = 9},
                       "world Told-v0: obs space \"x\" has an unknown dtype; PV_U8, PV_I32 and "
                       "PV_F32 are known");
    expect_obs_refused((pv_space){.name = "x", .dtype = PV_F32, .n = 3},
                       "world Told-v0: obs space \"x\" has categories (n > 0) and so must be "
                       "PV_I32");
    expect_obs_refused((pv_space){.name = "x", .dtype = PV_F32, .ndim = 5},
                       "world Told-v0: obs space \"x\" has more than 4 dimensions");
    expect_obs_refused((pv_space){.name = "x", .dtype = PV_F32, .ndim = 2, .shape = {3, 0}},
                       "world Told-v0: obs space \"x\" has a dimension of 0");
    expect_obs_refused(
        (pv_space){.name = "x", .dtype = PV_F32, .ndim = 2, .shape = {1u << 31, 1u << 31}},
        "world Told-v0: obs space \"x\" has more than 2^28 elements");
    expect_obs_refused((pv_space){.name = "x", .dtype = PV_F32, .low = &two, .high = &one},
                       "world Told-v0: obs space \"x\" has a lower bound above its upper bound");
    expect_obs_refused((pv_space){.name = "x", .dtype = PV_F32, .low = &not_a_number},
                       "world Told-v0: obs space \"x\" has a lower bound above its upper bound");
    const pv_space twice[] = {number, number};
    told.n_obs = 2;
    told.obs = twice;
    expect_spec_refused("world Told-v0: obs space \"x\" is listed twice");
    told.n_action = 0;
    expect_spec_refused("world Told-v0: n_action is 0; 1 to 4096 spaces are expected");
    told.agents = 0;
    expect_spec_refused("world Told-v0: 0 agents; 1 to 65536 are expected");
}
END_TEST

START_TEST(a_mask_must_fit_its_action_space)
{
    tell_good();
    expect_obs_refused(
        (pv_space){.name = "action_mask", .dtype = PV_U8, .ndim = 1, .shape = {3}},
        "world Told-v0: obs space \"action_mask\" must be PV_U8 with one element an action");
    expect_obs_refused(
        (pv_space){.name = "action_mask.jump", .dtype = PV_U8, .ndim = 1, .shape = {2}},
        "world Told-v0: obs space \"action_mask.jump\" masks no discrete action space; name it "
        "after one");
    const pv_space mask = {.name = "action_mask.go", .dtype = PV_U8, .ndim = 1, .shape = {2}};
    told.obs = &mask;
    pv_world *world = pv_world_open_class(&told_class, NULL, NULL);
    ck_assert_ptr_nonnull(world);
    pv_world_close(world);
}
END_TEST

START_TEST(keys_info_and_picture_must_make_sense)
{
    tell_good();
    const pv_key key = {.keys = "a", .value = 2};
    told.keys = &key;
    told.n_keys = 1;
    expect_spec_refused("world Told-v0: key \"a\" gives action 2 of 0 to 1");
    const pv_key second = {.keys = "a", .agent = 1};
    told.keys = &second;
    told.n_keys = 1;
    expect_spec_refused(
        "world Told-v0: key \"a\" is of an agent or action space that is not there");
    const pv_key nothing = {.value = 1};
    told.keys = &nothing;
    told.n_keys = 1;
    expect_spec_refused("world Told-v0: key 0 names no key");
    told.n_info = 1;
    expect_spec_refused("world Told-v0: n_info is 1 without a list of names");
    told.width = told.height = 10;
    expect_spec_refused("world Told-v0: its picture has a size but there is no render");
    told.width = 10;
    expect_spec_refused("world Told-v0: a picture of 10 x 0 pixels is impossible");
    told.fps = NAN;
    expect_spec_refused("world Told-v0: fps is nan; 0 to 1000 is expected");
}
END_TEST

START_TEST(a_failing_create_says_what_the_world_logged)
{
    tell_good();
    create_fails = 1;
    expect_spec_refused("world Told-v0: map.txt, line 3: no start (creating it)");
    create_fails = 0;
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
    pv_world *world = NULL;
    uint64_t n = 0;
    while (!world) {
        pv_memory_fail_at(++n);
        world = pv_world_open(COUNTER ":goal=30,label=x");
        pv_memory_fail_at(0);
        ck_assert_uint_lt(n, 1000);
        ck_assert(world || pv_memory_live() == live_before);
        ck_assert(world || strstr(pv_last_error(), "memory"));
    }
    ck_assert_uint_gt(n, 10);
    pv_world_close(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("world");
    TCase *tests = tcase_create("world");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, no_observation_of_a_plain_world_is_stacked);
    tcase_add_test(tests, a_world_is_opened_by_file_and_id);
    tcase_add_test(tests, a_world_is_found_by_id_in_the_folders);
    tcase_add_test(tests, a_name_holds_what_is_not_default_and_opens_the_same_world);
    tcase_add_test(tests, a_long_name_gives_a_short_folder_of_its_own);
    tcase_add_test(tests, wrong_texts_are_answered_with_what_is_right);
    tcase_add_test(tests, the_list_holds_every_id_once_with_its_file);
    tcase_add_test(tests, sizes_of_spaces_are_products);
    tcase_add_test(tests, a_good_spec_is_copied_with_all_it_points_to);
    tcase_add_test(tests, a_space_that_makes_no_sense_is_refused);
    tcase_add_test(tests, a_mask_must_fit_its_action_space);
    tcase_add_test(tests, keys_info_and_picture_must_make_sense);
    tcase_add_test(tests, a_failing_create_says_what_the_world_logged);
    tcase_add_test(tests, every_failing_allocation_is_survived);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
