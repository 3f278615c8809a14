/* test_replay_rollout.c: advantages against an independent implementation and by hand, with every
   way an episode ends; rows with nothing to tell; keeping and finding again; want of memory. */
#include "core/json.h"
#include "core/memory.h"
#include "replay/rollout.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH = 8, ROWS = 2 };

static const pv_space place = {.name = "place", .dtype = PV_F32, .ndim = 1, .shape = {2}};
static const pv_space mask = {.name = "action_mask", .dtype = PV_U8, .ndim = 1, .shape = {3}};
static const pv_space move = {.name = "move", .dtype = PV_I32, .n = 3};

static pv_rollout *make(int steps, int rows)
{
    const pv_space obs[2] = {place, mask};
    const pv_rollout_config config = {
        .steps = steps, .rows = rows, .n_obs = 2, .n_action = 1, .obs = obs, .action = &move};
    return pv_rollout_create(&config);
}

/* one step of all rows whose observations and action are told by `number` */
typedef struct told {
    float place[ROWS][2], next[ROWS][2], reward[ROWS];
    uint8_t mask[ROWS][3], valid[ROWS], terminated[ROWS], truncated[ROWS];
    int32_t move[ROWS];
} told;

static void push(pv_rollout *rollout, const told *t)
{
    const void *obs[2] = {t->place, t->mask};
    const void *next[2] = {t->next, t->mask};
    const void *action[1] = {t->move};
    const pv_replay_step step = {.valid = t->valid,
                                 .obs = obs,
                                 .action = action,
                                 .reward = t->reward,
                                 .terminated = t->terminated,
                                 .truncated = t->truncated,
                                 .next_obs = next,
                                 .final_obs = next};
    pv_rollout_push(rollout, &step);
}

static told step_of(int number)
{
    told t = {.valid = {1, 1}};
    for (int row = 0; row < ROWS; row++) {
        const float x = (float)(10 * number + row);
        t.place[row][0] = x;
        t.next[row][0] = x + 10.0f;
        t.mask[row][number % 3] = 1;
        t.reward[row] = x / 100.0f;
        t.move[row] = (number + row) % 3;
    }
    return t;
}

/* --- against an independent implementation --- */

static void read_array(const cJSON *object, const char *name, float *x, int n)
{
    const cJSON *data =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(object, name), "data");
    ck_assert_int_eq(cJSON_GetArraySize(data), n);
    for (int i = 0; i < n; i++) {
        x[i] = (float)cJSON_GetArrayItem(data, i)->valuedouble;
    }
}

typedef struct reference {
    float reward[LENGTH], value[LENGTH + 1], terminated[LENGTH], truncated[LENGTH], beyond[LENGTH];
    float first[LENGTH], second[LENGTH]; /* what is to come out */
} reference;

static reference read_reference(const char *file, const char *first, const char *second)
{
    reference r;
    cJSON *json = pv_json_read(file);
    ck_assert_msg(json != NULL, "%s", pv_last_error());
    read_array(json, "reward", r.reward, LENGTH);
    read_array(json, "value", r.value, LENGTH + 1);
    read_array(json, "terminated", r.terminated, LENGTH);
    read_array(json, "truncated", r.truncated, LENGTH);
    read_array(json, "final_value", r.beyond, LENGTH);
    read_array(json, first, r.first, LENGTH);
    read_array(json, second, r.second, LENGTH);
    cJSON_Delete(json);
    return r;
}

/* the steps first..end-1 of a reference in both rows; the second earns twice as much */
static pv_rollout *roll(const reference *r, int first, int end)
{
    pv_rollout *rollout = make(end - first, ROWS);
    for (int i = first; i < end; i++) {
        told t = step_of(i);
        for (int row = 0; row < ROWS; row++) {
            t.reward[row] = r->reward[i] * (float)(row + 1);
            t.terminated[row] = r->terminated[i] != 0.0f;
            t.truncated[row] = r->truncated[i] != 0.0f;
        }
        push(rollout, &t);
        for (int row = 0; row < ROWS; row++) {
            rollout->beyond[(i - first) * ROWS + row] = r->beyond[i] * (float)(row + 1);
        }
    }
    return rollout;
}

static void advantages(const reference *r, int first, int end, double gamma, double lambda,
                       float *advantage)
{
    pv_rollout *rollout = roll(r, first, end);
    float value[LENGTH * ROWS];
    float last[ROWS];
    for (int row = 0; row < ROWS; row++) {
        for (int i = first; i < end; i++) {
            value[(i - first) * ROWS + row] = r->value[i] * (float)(row + 1);
        }
        last[row] = r->value[end] * (float)(row + 1);
    }
    pv_rollout_advantages(rollout, value, last, gamma, lambda, advantage);
    pv_rollout_destroy(rollout);
}

START_TEST(generalised_advantages_are_those_of_an_independent_implementation)
{
    const reference r = read_reference(PV_TEST_SOURCE_DIR "/reference/nets/target_gae.json",
                                       "advantage", "returns");
    float own[LENGTH * ROWS];
    advantages(&r, 0, LENGTH, 0.99, 0.95, own);
    for (int i = 0; i < LENGTH; i++) {
        for (int row = 0; row < ROWS; row++) {
            const float scale = (float)(row + 1);
            const float a = own[i * ROWS + row];
            ck_assert_float_eq_tol(a, scale * r.first[i], 1e-5f);
            ck_assert_float_eq_tol(a + scale * r.value[i], scale * r.second[i], 1e-5f);
        }
    }
}
END_TEST

START_TEST(returns_of_some_steps_are_those_of_an_independent_implementation)
{
    const reference r =
        read_reference(PV_TEST_SOURCE_DIR "/reference/nets/target_nstep.json", "n1", "n3");
    float own[LENGTH * ROWS];
    advantages(&r, 0, LENGTH, 0.9, 0.0, own);
    for (int i = 0; i < LENGTH; i++) {
        ck_assert_float_eq_tol(own[i * ROWS] + r.value[i], r.first[i], 1e-5f);
    }
    for (int i = 0; i < LENGTH; i++) { /* a rollout of three steps from each */
        advantages(&r, i, i + 3 < LENGTH ? i + 3 : LENGTH, 0.9, 1.0, own);
        ck_assert_float_eq_tol(own[0] + r.value[i], r.second[i], 1e-5f);
    }
}
END_TEST

START_TEST(a_row_with_nothing_to_tell_is_passed_over)
{
    pv_rollout *rollout = make(3, ROWS);
    const float value[3 * ROWS] = {1.0f, 5.0f, 100.0f, 6.0f, 2.0f, 7.0f};
    const float last[ROWS] = {4.0f, 8.0f};
    float advantage[3 * ROWS];
    for (int i = 0; i < 3; i++) {
        told t = step_of(i);
        t.valid[0] = i != 1;
        t.reward[0] = i == 1 ? 1000.0f : 1.0f;
        t.truncated[0] = i == 1; /* means nothing: it is not valid */
        push(rollout, &t);
    }
    pv_rollout_advantages(rollout, value, last, 0.5, 1.0, advantage);
    ck_assert_float_eq_tol(advantage[4], 1.0f + 0.5f * 4.0f - 2.0f, 1e-6f);
    ck_assert_float_eq(advantage[2], 0.0f);
    ck_assert_float_eq_tol(advantage[0], 1.0f + 0.5f * (1.0f + 0.5f * 4.0f) - 1.0f, 1e-6f);
    ck_assert_int_eq(rollout->first[0], 1);
    ck_assert_int_eq(rollout->first[4], 0);
    /* the last that row 0 saw and row 1 saw */
    ck_assert_float_eq(((float(*)[2])rollout->next[0])[0][0], 30.0f);
    ck_assert_float_eq(((float(*)[2])rollout->next[0])[1][0], 31.0f);
    pv_rollout_destroy(rollout);
}
END_TEST

START_TEST(episodes_are_known_across_rollouts)
{
    pv_rollout *rollout = make(2, ROWS);
    told t = step_of(0);
    push(rollout, &t);
    t.terminated[1] = 1;
    push(rollout, &t);
    pv_rollout_clear(rollout);
    t.terminated[1] = 0;
    push(rollout, &t);
    ck_assert_int_eq(rollout->first[0], 0);
    ck_assert_int_eq(rollout->first[1], 1);
    pv_rollout_break(rollout);
    push(rollout, &t);
    ck_assert_int_eq(rollout->first[0], 1);
    ck_assert_int_eq(rollout->filled, 1);
    pv_rollout_destroy(rollout);
}
END_TEST

/* --- keeping --- */

START_TEST(a_rollout_is_found_again_as_it_was)
{
    pv_rollout *a = make(4, ROWS);
    pv_rollout *b = make(4, ROWS);
    pv_rollout *shorter = make(3, ROWS);
    pv_tensors *tensors = pv_tensors_create();
    for (int i = 0; i < 3; i++) {
        const told t = step_of(i);
        push(a, &t);
    }
    ck_assert_int_eq(pv_rollout_save(a, tensors, "rollout."), PV_OK);
    ck_assert_int_eq(pv_rollout_load(b, tensors, "rollout."), PV_OK);
    ck_assert_int_eq(b->filled, 3);
    ck_assert_mem_eq(a->obs[0], b->obs[0], 3 * sizeof(float[ROWS][2]));
    ck_assert_mem_eq(a->obs[1], b->obs[1], 3 * sizeof(uint8_t[ROWS][3]));
    ck_assert_mem_eq(a->action[0], b->action[0], 3 * sizeof(int32_t[ROWS]));
    ck_assert_mem_eq(a->next[0], b->next[0], sizeof(float[ROWS][2]));
    ck_assert_mem_eq(a->reward, b->reward, 3 * sizeof(float[ROWS]));
    ck_assert_mem_eq(a->begins, b->begins, ROWS);
    ck_assert_int_ne(pv_rollout_load(shorter, tensors, "rollout."), PV_OK);
    ck_assert_int_eq(shorter->filled, 0);
    pv_tensors_destroy(tensors);
    pv_rollout_destroy(a);
    pv_rollout_destroy(b);
    pv_rollout_destroy(shorter);
}
END_TEST

START_TEST(want_of_memory_leaves_nothing_behind)
{
    const size_t before = pv_memory_live();
    pv_rollout *rollout = NULL;
    for (uint64_t n = 1; !rollout; n++) {
        ck_assert_uint_lt(n, 100);
        ck_assert_uint_eq(pv_memory_live(), before);
        pv_memory_fail_at(n);
        rollout = make(4, ROWS);
        pv_memory_fail_at(0);
    }
    pv_rollout_destroy(rollout);
    ck_assert_uint_eq(pv_memory_live(), before);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rollout");
    TCase *tests = tcase_create("rollout");
    tcase_add_test(tests, generalised_advantages_are_those_of_an_independent_implementation);
    tcase_add_test(tests, returns_of_some_steps_are_those_of_an_independent_implementation);
    tcase_add_test(tests, a_row_with_nothing_to_tell_is_passed_over);
    tcase_add_test(tests, episodes_are_known_across_rollouts);
    tcase_add_test(tests, a_rollout_is_found_again_as_it_was);
    tcase_add_test(tests, want_of_memory_leaves_nothing_behind);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
