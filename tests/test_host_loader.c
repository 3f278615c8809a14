/* test_host_loader.c: modules and the classes in them. */
#include "envs/host/loader.h"

#include "core/memory.h"
#include "pavlov/world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char duel_file[] = PV_TEST_BUILD_DIR "/good/duel.so";

/* a class that passes, for tests to break one thing of; never run */
static pv_env_class good_class(void)
{
    pv_status status = PV_OK;
    pv_env_entry_function *entry = pv_module_open(duel_file);
    ck_assert(entry != NULL);
    const pv_env_class *env_class = pv_module_class(entry, duel_file, 0, &status);
    ck_assert_ptr_nonnull(env_class);
    return *env_class;
}

static void expect_refused(const pv_env_class *env_class, pv_status status, const char *message)
{
    pv_clear_error();
    ck_assert_int_eq(pv_class_check(env_class, "x.so"), status);
    ck_assert_str_eq(pv_last_error(), message);
}

START_TEST(a_module_gives_its_classes_in_order)
{
    pv_status status = PV_ERROR;
    pv_env_entry_function *entry = pv_module_open(duel_file);
    ck_assert(entry != NULL);
    ck_assert_str_eq(pv_module_class(entry, duel_file, 0, &status)->id, "test/Duel-v1");
    ck_assert_str_eq(pv_module_class(entry, duel_file, 1, &status)->id, "test/LongDuel-v1");
    ck_assert_ptr_null(pv_module_class(entry, duel_file, 2, &status));
    ck_assert_int_eq(status, PV_OK);
}
END_TEST

START_TEST(a_bare_file_name_is_a_file_here)
{
    ck_assert_int_eq(chdir(PV_TEST_BUILD_DIR "/good"), 0);
    ck_assert(pv_module_open("duel.so") != NULL);
    ck_assert(!pv_module_open("libm.so.6"));
    ck_assert_int_eq(pv_last_status(), PV_ERROR_FILE);
    ck_assert_str_eq(pv_last_error(), "libm.so.6: no such file, or not readable");
}
END_TEST

START_TEST(a_file_that_is_no_module_is_refused)
{
    ck_assert(!pv_module_open(PV_TEST_SOURCE_DIR "/test_host_loader.c"));
    ck_assert_int_eq(pv_last_status(), PV_ERROR_FILE);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "test_host_loader.c: cannot be loaded: "));
    ck_assert(!pv_module_open(PV_TEST_SOURCE_DIR));
    ck_assert_ptr_nonnull(strstr(pv_last_error(), ": cannot be loaded: "));
}
END_TEST

START_TEST(a_library_without_worlds_is_refused)
{
    char name[64];
    snprintf(name, sizeof name, "/tmp/pavlov_empty_%ld", (long)getpid());
    char command[512];
    snprintf(command, sizeof command,
             "echo 'extern int pv_nothing; int pv_nothing;' | cc -shared -fPIC -x c -o %s.so -",
             name);
    ck_assert_int_eq(system(command), 0);
    char file[80];
    snprintf(file, sizeof file, "%s.so", name);
    ck_assert(!pv_module_open(file));
    ck_assert_int_eq(pv_last_status(), PV_ERROR_FORMAT);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "holds no worlds: it lacks pv_env_entry"));
    remove(file);
}
END_TEST

/* what a future program's module would look like to this one; the rest of its class is unknown */
static const struct {
    uint32_t size, abi, flags;
    const char *id;
} future_class = {400, (PV_ABI_MAJOR + 1) << 16, 0, "Future-v1"};

static const pv_env_class *future_entry(uint32_t host_abi, uint32_t index)
{
    (void)host_abi;
    const void *row = &future_class;
    return index == 0 ? row : NULL;
}

START_TEST(another_abi_is_refused_before_anything_else_is_read)
{
    pv_status status = PV_OK;
    ck_assert_ptr_null(pv_module_class(future_entry, "x.so", 0, &status));
    ck_assert_int_eq(status, PV_ERROR_VERSION);
    ck_assert_str_eq(pv_last_error(),
                     "x.so: world \"Future-v1\" speaks plugin ABI 1.0, this program 0.1; rebuild "
                     "it with this version's env.h");
    ck_assert_ptr_null(pv_module_class(future_entry, "x.so", 1, &status));
    ck_assert_int_eq(status, PV_OK);
}
END_TEST

START_TEST(before_1_0_the_minor_and_the_size_must_be_equal)
{
    pv_env_class changed = good_class();
    changed.abi = PV_ABI + 1;
    pv_clear_error();
    ck_assert_int_eq(pv_class_check(&changed, "x.so"), PV_ERROR_VERSION);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "speaks plugin ABI 0.2, this program 0.1;"));
    changed = good_class();
    changed.size = (uint32_t)offsetof(pv_env_class, step);
    pv_clear_error();
    ck_assert_int_eq(pv_class_check(&changed, "x.so"), PV_ERROR_VERSION);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "set .size = sizeof(pv_env_class)"));
}
END_TEST

START_TEST(an_incomplete_class_is_refused_by_what_it_lacks)
{
    pv_env_class changed = good_class();
    ck_assert_int_eq(pv_class_check(&changed, "x.so"), PV_OK);
    changed.step = NULL;
    expect_refused(&changed, PV_ERROR_WORLD, "x.so: world \"test/Duel-v1\" has no function step");
    changed = good_class();
    changed.create = NULL;
    expect_refused(&changed, PV_ERROR_WORLD, "x.so: world \"test/Duel-v1\" has no function create");
    changed = good_class();
    changed.load = NULL;
    expect_refused(&changed, PV_ERROR_WORLD,
                   "x.so: world \"test/Duel-v1\" has only some of state_size, save and load; they "
                   "come together");
    changed = good_class();
    changed.summary = NULL;
    expect_refused(&changed, PV_ERROR_WORLD, "x.so: world \"test/Duel-v1\" has no summary text");
    changed = good_class();
    changed.id = "a:b";
    expect_refused(&changed, PV_ERROR_WORLD,
                   "x.so: the world id \"a:b\" is empty or holds one of : # , = quotes, spaces");
}
END_TEST

START_TEST(a_parameter_table_that_contradicts_itself_is_refused)
{
    pv_env_class changed = good_class();
    const pv_param outside = {.name = "p", .help = "h", .initial = 3, .low = 0, .high = 2};
    changed.params = &outside;
    expect_refused(&changed, PV_ERROR_WORLD,
                   "x.so: world \"test/Duel-v1\": parameter p begins at 3, outside its own range");
    const pv_param choice = {.name = "p", .help = "h", .initial = 2, .choices = "easy|hard"};
    changed.params = &choice;
    expect_refused(&changed, PV_ERROR_WORLD,
                   "x.so: world \"test/Duel-v1\": parameter p begins at 2, outside its own range");
    const pv_param nameless = {.help = "h"};
    changed.params = &nameless;
    expect_refused(&changed, PV_ERROR_WORLD,
                   "x.so: world \"test/Duel-v1\": parameter 0 lacks name or help");
    changed.params = NULL;
    expect_refused(&changed, PV_ERROR_WORLD,
                   "x.so: world \"test/Duel-v1\" counts 1 parameters but lists none");
}
END_TEST

START_TEST(folders_of_the_variable_come_before_the_installation)
{
    ck_assert_int_eq(setenv("PAVLOV_ENV_PATH", "/a:/b c::/d", 1), 0);
    char **folders = pv_module_path();
    ck_assert_ptr_nonnull(folders);
    ck_assert_str_eq(folders[0], "/a");
    ck_assert_str_eq(folders[1], "/b c");
    ck_assert_str_eq(folders[2], "/d");
    ck_assert_ptr_nonnull(strstr(folders[3], "/pavlov/envs"));
    ck_assert_ptr_null(folders[4]);
    pv_module_path_free(folders);
    ck_assert_int_eq(unsetenv("PAVLOV_ENV_PATH"), 0);
    folders = pv_module_path();
    ck_assert_ptr_null(folders[1]);
    pv_module_path_free(folders);
}
END_TEST

START_TEST(a_class_is_found_in_its_module)
{
    ck_assert_str_eq(pv_module_find(duel_file, "test/LongDuel-v1")->id, "test/LongDuel-v1");
    ck_assert_ptr_null(pv_module_find(duel_file, NULL));
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "duel.so: holds several worlds, so name one: "
                                                  "\"test/Duel-v1\", \"test/LongDuel-v1\""));
    ck_assert_ptr_null(pv_module_find(duel_file, "Duel"));
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "duel.so: holds no world \"Duel\"; it holds "
                                                  "\"test/Duel-v1\", \"test/LongDuel-v1\""));
    const char *counter = PV_TEST_BUILD_DIR "/good/counter.so";
    ck_assert_str_eq(pv_module_find(counter, NULL)->id, "test/Counter-v1");
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
    const size_t live = pv_memory_live();
    const pv_env_class *found = NULL;
    uint64_t n = 0;
    while (!found) {
        pv_memory_fail_at(++n);
        char *file = NULL;
        setenv("PAVLOV_ENV_PATH", "/nowhere:" PV_TEST_BUILD_DIR "/good", 1);
        found = pv_class_find("test/LongDuel-v1", &file);
        pv_memory_fail_at(0);
        ck_assert(found || pv_last_status() == PV_ERROR_MEMORY);
        ck_assert(!found || strcmp(file, duel_file) == 0);
        pv_free(file);
        ck_assert_uint_eq(pv_memory_live(), live);
        ck_assert_uint_lt(n, 1000);
    }
    ck_assert_uint_gt(n, 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loader");
    TCase *tests = tcase_create("loader");
    tcase_add_test(tests, a_module_gives_its_classes_in_order);
    tcase_add_test(tests, a_bare_file_name_is_a_file_here);
    tcase_add_test(tests, a_file_that_is_no_module_is_refused);
    tcase_add_test(tests, a_library_without_worlds_is_refused);
    tcase_add_test(tests, another_abi_is_refused_before_anything_else_is_read);
    tcase_add_test(tests, before_1_0_the_minor_and_the_size_must_be_equal);
    tcase_add_test(tests, an_incomplete_class_is_refused_by_what_it_lacks);
    tcase_add_test(tests, a_parameter_table_that_contradicts_itself_is_refused);
    tcase_add_test(tests, folders_of_the_variable_come_before_the_installation);
    tcase_add_test(tests, a_class_is_found_in_its_module);
    tcase_add_test(tests, every_failing_allocation_is_survived);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
