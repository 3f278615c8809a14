/* test_host_vector_state.c: lanes saved and gone on with elsewhere. */
#include "envs/host/vector.h"

#include "core/memory.h"
#include "core/threads.h"
#include "envs/host/instance.h"
#include "tests/equal_runs.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define GOOD PV_TEST_BUILD_DIR "/good"
#define COUNTER GOOD "/counter.so#"
#define NOSAVE GOOD "/nosave.so#"
#define DUEL GOOD "/duel.so#test/Duel-v1"

static size_t live_before;
static pv_world *world;
static pv_vector *vector;
static pv_tensors *saved;

static void begin(void)
{
    live_before = pv_memory_live();
}

static void end(void)
{
    pv_tensors_destroy(saved);
    pv_vector_destroy(vector);
    pv_world_close(world);
    saved = NULL;
    vector = NULL;
    world = NULL;
    ck_assert_uint_eq(pv_memory_live(), live_before);
}

static pv_vector *make(const pv_vector_config *config)
{
    pv_vector *made = pv_vector_create(config);
    ck_assert_msg(made != NULL, "%s", pv_last_error());
    return made;
}

static void run(pv_vector *v, int steps)
{
    const pv_batch *batch = pv_vector_batch(v);
    pv_rng rng = pv_rng_split(2, "other actions");
    for (int i = 0; i < steps; i++) {
        for (int row = 0; row < batch->rows; row++) {
            ((int32_t *)batch->action[0])[row] = (int32_t)pv_rng_below(&rng, 2);
        }
        ck_assert_int_eq(pv_vector_step(v), PV_OK);
    }
}

/* opens a world, runs it for a while and saves its lanes */
static pv_vector_config run_and_save(const char *text, int lanes, int steps)
{
    world = pv_world_open(text);
    ck_assert_msg(world != NULL, "%s", pv_last_error());
    pv_vector_config config = pv_vector_config_default(world);
    config.lanes = lanes;
    vector = make(&config);
    ck_assert_int_eq(pv_vector_reset(vector), PV_OK);
    run(vector, steps);
    saved = pv_tensors_create();
    ck_assert_int_eq(pv_vector_save(vector, saved, "lanes"), PV_OK);
    return config;
}

static void expect_going_on_equally(const char *text, int steps)
{
    const pv_vector_config config = run_and_save(text, 7, steps);
    pv_vector *other = make(&config);
    ck_assert_msg(pv_vector_load(other, saved, "lanes") == PV_OK, "%s", pv_last_error());
    expect_equal_runs(vector, other, 100);
    pv_vector_destroy(other);
    end();
}

START_TEST(a_restored_vector_goes_on_equally)
{
    for (int steps = 0; steps < 40; steps += 3) {
        expect_going_on_equally(COUNTER, steps);
        expect_going_on_equally(DUEL, steps);
    }
}
END_TEST

START_TEST(a_world_without_save_is_replayed_and_goes_on_equally)
{
    for (int steps = 0; steps < 40; steps += 3) {
        expect_going_on_equally(NOSAVE, steps);
    }
}
END_TEST

START_TEST(a_vector_that_has_run_can_be_put_elsewhere)
{
    static const char *const texts[] = {COUNTER, NOSAVE};
    for (int i = 0; i < 2; i++) {
        const pv_vector_config config = run_and_save(texts[i], 3, 13);
        pv_vector *other = make(&config);
        ck_assert_int_eq(pv_vector_reset(other), PV_OK);
        run(other, 20);
        ck_assert_int_eq(pv_vector_load(other, saved, "lanes"), PV_OK);
        expect_equal_runs(vector, other, 50);
        pv_vector_destroy(other);
        end();
    }
}
END_TEST

START_TEST(a_restored_vector_can_be_saved_and_restored_again)
{
    static const char *const texts[] = {COUNTER, NOSAVE};
    for (int i = 0; i < 2; i++) {
        const pv_vector_config config = run_and_save(texts[i], 3, 13);
        pv_vector *second = make(&config);
        pv_vector *third = make(&config);
        pv_tensors *again = pv_tensors_create();
        ck_assert_int_eq(pv_vector_load(second, saved, "lanes"), PV_OK);
        run(vector, 5);
        run(second, 5);
        ck_assert_int_eq(pv_vector_save(second, again, "x"), PV_OK);
        ck_assert_int_eq(pv_vector_load(third, again, "x"), PV_OK);
        expect_equal_runs(vector, third, 50);
        pv_tensors_destroy(again);
        pv_vector_destroy(second);
        pv_vector_destroy(third);
        end();
    }
}
END_TEST

START_TEST(limits_numbers_and_threads_survive)
{
    world = pv_world_open(NOSAVE);
    pv_pool *pool = pv_pool_create(2);
    pv_vector_config config = pv_vector_config_default(world);
    config.lanes = 4;
    config.max_steps = 9;
    config.shared_numbers = 1;
    config.seed = 11;
    config.purpose = PV_FOR_EVALUATION;
    vector = make(&config);
    ck_assert_int_eq(pv_vector_reset(vector), PV_OK);
    run(vector, 31);
    saved = pv_tensors_create();
    ck_assert_int_eq(pv_vector_save(vector, saved, "lanes"), PV_OK);
    config.pool = pool;
    pv_vector *other = make(&config);
    ck_assert_int_eq(pv_vector_load(other, saved, "lanes"), PV_OK);
    expect_equal_runs(vector, other, 50);
    pv_vector_destroy(other);
    pv_pool_destroy(pool);
}
END_TEST

START_TEST(a_held_lane_survives)
{
    static const char *const texts[] = {COUNTER, NOSAVE};
    for (int i = 0; i < 2; i++) {
        world = pv_world_open(texts[i]);
        pv_vector_config config = pv_vector_config_default(world);
        config.lanes = 3;
        vector = make(&config);
        pv_vector_hold(vector, 1);
        ck_assert_int_eq(pv_vector_reset(vector), PV_OK);
        do {
            run(vector, 1);
        } while (pv_vector_batch(vector)->episodes == 0);
        saved = pv_tensors_create();
        ck_assert_int_eq(pv_vector_save(vector, saved, "lanes"), PV_OK);
        pv_vector *other = make(&config);
        pv_vector_hold(other, 1);
        ck_assert_int_eq(pv_vector_load(other, saved, "lanes"), PV_OK);
        expect_equal_runs(vector, other, 50);
        pv_vector_destroy(other);
        end();
    }
}
END_TEST

/* --- what is refused --- */

static void expect_load_refused(const pv_vector_config *config, const pv_tensors *tensors,
                                pv_status status, const char *message)
{
    pv_vector *other = make(config);
    pv_clear_error();
    ck_assert_int_eq(pv_vector_load(other, tensors, "lanes"), status);
    ck_assert_str_eq(pv_last_error(), message);
    pv_vector_destroy(other);
}

START_TEST(a_save_of_another_recipe_is_refused)
{
    const pv_vector_config config = run_and_save(COUNTER, 4, 10);
    pv_vector_config changed = config;
    changed.lanes = 5;
    expect_load_refused(&changed, saved, PV_ERROR_FORMAT,
                        "the lanes were saved with lanes 4, these have 5");
    changed = config;
    changed.seed = 99;
    expect_load_refused(&changed, saved, PV_ERROR_FORMAT,
                        "the lanes were saved with seed 1, these have 99");
    changed = config;
    changed.max_steps = 50;
    expect_load_refused(&changed, saved, PV_ERROR_FORMAT,
                        "the lanes were saved with step limit 200, these have 50");
    pv_world *other = pv_world_open(COUNTER ":goal=30");
    changed = config;
    changed.world = other;
    expect_load_refused(&changed, saved, PV_ERROR_VERSION,
                        "the lanes were saved with world \"test_Counter-v1\", these are of "
                        "\"test_Counter-v1_goal=30\"");
    pv_world_close(other);
    pv_env_class newer = *world->env_class;
    newer.version = "2";
    other = pv_world_open_class(&newer, NULL, NULL);
    changed.world = other;
    expect_load_refused(&changed, saved, PV_ERROR_VERSION,
                        "the lanes were saved with version \"1\", these are of \"2\"");
    pv_world_close(other);
}
END_TEST

/* a copy of the saved list without one tensor, or with it cut by an element or changed in one byte
 */
enum { WITHOUT, CUT, CHANGED };

static pv_tensors *damaged_copy(const char *victim, int how)
{
    pv_tensors *copy = pv_tensors_create();
    pv_tensors_set_text(copy, "lanes.world", pv_tensors_text(saved, "lanes.world"));
    pv_tensors_set_text(copy, "lanes.version", pv_tensors_text(saved, "lanes.version"));
    for (int i = 0; i < pv_tensors_count(saved); i++) {
        const pv_tensor *tensor = pv_tensors_at(saved, i);
        const int hit = strcmp(tensor->name, victim) == 0;
        if (hit && how == WITHOUT) {
            continue;
        }
        if (hit && how == CHANGED) {
            ((uint8_t *)tensor->data)[0] ^= 1;
        }
        const size_t count = tensor->count - (size_t)(hit && how == CUT);
        ck_assert_int_eq(pv_tensors_add(copy, tensor->name, tensor->dtype, tensor->data, count),
                         PV_OK);
        if (hit && how == CHANGED) {
            ((uint8_t *)tensor->data)[0] ^= 1;
        }
    }
    return copy;
}

static void expect_every_damage_refused(const char *text)
{
    const pv_vector_config config = run_and_save(text, 3, 11);
    for (int i = 0; i < pv_tensors_count(saved); i++) {
        const char *name = pv_tensors_at(saved, i)->name;
        for (int how = WITHOUT; how <= CUT; how++) {
            pv_tensors *damaged = damaged_copy(name, how);
            pv_vector *other = make(&config);
            pv_clear_error();
            ck_assert_int_eq(pv_vector_load(other, damaged, "lanes"), PV_ERROR_FORMAT);
            ck_assert_ptr_nonnull(strstr(pv_last_error(), name));
            pv_vector_destroy(other);
            pv_tensors_destroy(damaged);
        }
    }
    end();
}

START_TEST(a_missing_or_short_tensor_is_named)
{
    expect_every_damage_refused(COUNTER);
    expect_every_damage_refused(NOSAVE);
}
END_TEST

START_TEST(what_is_no_save_is_refused)
{
    const pv_vector_config config = run_and_save(COUNTER, 3, 11);
    pv_tensors *nothing = pv_tensors_create();
    expect_load_refused(&config, nothing, PV_ERROR_FORMAT,
                        "there is no text \"lanes.world\"; these are not saved lanes");
    pv_tensors_destroy(nothing);
    pv_tensors *damaged = damaged_copy("lanes.now", CHANGED);
    pv_vector *other = make(&config);
    ck_assert_int_eq(pv_vector_load(other, damaged, "lanes"), PV_ERROR_FORMAT);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "tensor \"lanes.length\" is damaged"));
    pv_vector_destroy(other);
    pv_tensors_destroy(damaged);
}
END_TEST

static const char unrepeated[] = "world test/CounterWithoutSave-v1 does not repeat from its seed; "
                                 "the run cannot be resumed exactly";

START_TEST(a_replay_that_leads_elsewhere_is_refused)
{
    const pv_vector_config config = run_and_save(NOSAVE, 3, 5);
    static const char *const victims[] = {"lanes.actions", "lanes.seed", "lanes.obs.1"};
    for (int i = 0; i < 3; i++) {
        pv_tensors *damaged = damaged_copy(victims[i], CHANGED);
        expect_load_refused(&config, damaged, PV_ERROR_WORLD, unrepeated);
        pv_tensors_destroy(damaged);
    }
}
END_TEST

START_TEST(a_world_that_says_it_does_not_repeat_is_not_replayed)
{
    world = pv_world_open(NOSAVE);
    pv_env_class loose = *world->env_class;
    pv_world_close(world);
    loose.flags = PV_NOT_REPEATABLE;
    world = pv_world_open_class(&loose, NULL, NULL);
    const pv_vector_config config = pv_vector_config_default(world);
    vector = make(&config);
    ck_assert_int_eq(pv_vector_reset(vector), PV_OK);
    run(vector, 4);
    saved = pv_tensors_create();
    ck_assert_int_eq(pv_vector_save(vector, saved, "lanes"), PV_OK);
    expect_load_refused(&config, saved, PV_ERROR_WORLD, unrepeated);
    end();
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
    static const char *const texts[] = {COUNTER, NOSAVE};
    for (int i = 0; i < 2; i++) {
        const pv_vector_config config = run_and_save(texts[i], 3, 11);
        pv_status status = PV_ERROR;
        for (uint64_t n = 1; status; n++) {
            pv_tensors *again = pv_tensors_create();
            pv_memory_fail_at(n);
            status = pv_vector_save(vector, again, "lanes");
            pv_memory_fail_at(0);
            ck_assert(status == PV_OK || status == PV_ERROR_MEMORY);
            pv_tensors_destroy(again);
        }
        pv_vector *other = make(&config);
        status = PV_ERROR;
        for (uint64_t n = 1; status; n++) {
            pv_memory_fail_at(n);
            status = pv_vector_load(other, saved, "lanes");
            pv_memory_fail_at(0);
            ck_assert(status == PV_OK || status == PV_ERROR_MEMORY);
        }
        expect_equal_runs(vector, other, 20);
        pv_vector_destroy(other);
        end();
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vector state");
    TCase *tests = tcase_create("vector state");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, a_restored_vector_goes_on_equally);
    tcase_add_test(tests, a_world_without_save_is_replayed_and_goes_on_equally);
    tcase_add_test(tests, a_vector_that_has_run_can_be_put_elsewhere);
    tcase_add_test(tests, a_restored_vector_can_be_saved_and_restored_again);
    tcase_add_test(tests, limits_numbers_and_threads_survive);
    tcase_add_test(tests, a_held_lane_survives);
    tcase_add_test(tests, a_save_of_another_recipe_is_refused);
    tcase_add_test(tests, a_missing_or_short_tensor_is_named);
    tcase_add_test(tests, what_is_no_save_is_refused);
    tcase_add_test(tests, a_replay_that_leads_elsewhere_is_refused);
    tcase_add_test(tests, a_world_that_says_it_does_not_repeat_is_not_replayed);
    tcase_add_test(tests, every_failing_allocation_is_survived);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
