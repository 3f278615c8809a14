/* test_nets_optimizer.c: what updates do about penalties, clipping, frozen tensors and numbers that
   are not finite, and that saving, threads and the allocator change nothing.
   (test_nets_reference.c has recorded steps of every rule.) */
#include "nets_help.h"

#include "nets/optimizer.h"
#include "nets/optimizer_rules.h"

/* a block of three tensors; the second is a bias */
enum { COUNT = 11 };
static const pv_net_tensor table[3] = {
    {.name = "dense1.weight", .offset = 0, .count = 6, .ndim = 1, .shape = {6}, .decay = 1},
    {.name = "dense1.bias", .offset = 6, .count = 2, .ndim = 1, .shape = {2}},
    {.name = "dense2.weight", .offset = 8, .count = 3, .ndim = 1, .shape = {3}, .decay = 1},
};

static void fill(pv_rng *rng, size_t n, float *x)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = 4.0f * (float)pv_rng_uniform(rng) - 2.0f;
    }
}

static pv_optimizer *make(const pv_optimizer_config *config, size_t count)
{
    pv_optimizer *optimizer = pv_optimizer_create(config, count);
    ck_assert_ptr_nonnull(optimizer);
    return optimizer;
}

/* some values of a kind that make every term of its rule count */
static pv_optimizer_config lively(int kind)
{
    pv_optimizer_config config = pv_optimizer_config_default((pv_optimizer_kind)kind);
    config.l1 = 0.01;
    config.l2 = 0.02;
    config.clip_norm = 1.0;
    return config;
}

/* --- the rules --- */

START_TEST(eps_stands_under_the_root_unless_asked_otherwise)
{
    /* g = 2 from 0: s = 0.05 * 4 = 0.2, m = 0.1 */
    const double expected[2] = {2.0 / sqrt(0.2 + 0.01), 2.0 / sqrt(0.2 - 0.01 + 0.01)};
    for (int i = 0; i < 2; i++) {
        const pv_optimizer_config config = {i ? PV_RMSPROP_CENTERED : PV_RMSPROP, .lr = -1.0,
                                            .beta2 = 0.95, .eps = 0.01};
        const pv_net_tensor whole = {.name = "p", .count = 1};
        pv_optimizer *optimizer = make(&config, 1);
        float p = 0.0f;
        float g = 2.0f;
        ck_assert_int_eq(pv_update_block(optimizer, &p, &whole, 1, &g, NULL, NULL), PV_OK);
        ck_assert_double_eq_tol((double)p, expected[i], 1e-5);
        pv_optimizer_destroy(optimizer);
    }
}
END_TEST

START_TEST(rules_give_the_same_numbers_on_every_processor)
{
    enum { N = 1003 };
    static float plain[4][N];
    static float best[4][N];
    pv_rng rng = pv_rng_split(5, "optimizer");
    const pv_rule rule = {0.01f, 0.7f, 0.9f, 0.9f, 0.1f, 0.99f, 0.01f, 1e-6f, 1e-8f, 0.999f};
    for (int i = 0; i < 4; i++) {
        fill(&rng, N, plain[i]);
        for (int k = 0; i >= 2 && k < N; k++) {
            plain[i][k] *= plain[i][k];
        }
        memcpy(best[i], plain[i], sizeof best[i]);
    }
    pv_rule_rows_plain[_i].apply(N, &rule, plain[0], plain[1], plain[2], plain[3]);
    pv_rule_rows_best()[_i].apply(N, &rule, best[0], best[1], best[2], best[3]);
    ck_assert_mem_eq(plain, best, sizeof plain);
}
END_TEST

/* --- penalties, clipping, frozen tensors --- */

START_TEST(penalties_touch_weights_and_not_biases)
{
    const float start[COUNT] = {1, -2, 0, 4, -1, 2, 3, -3, 1, 0, -1};
    float p[COUNT];
    float g[COUNT] = {0};
    memcpy(p, start, sizeof p);
    const pv_optimizer_config config = {PV_SGD, .lr = 0.5, .l1 = 0.1, .l2 = 0.2};
    pv_optimizer *optimizer = make(&config, COUNT);
    pv_update_report report;
    ck_assert_int_eq(pv_update_block(optimizer, p, table, 3, g, NULL, &report), PV_OK);
    double squares = 0.0;
    for (int i = 0; i < COUNT; i++) {
        const int bias = i == 6 || i == 7;
        const double sign = start[i] > 0.0f ? 1.0 : start[i] < 0.0f ? -1.0 : 0.0;
        const double slope = bias ? 0.0 : 0.2 * (double)start[i] + 0.1 * sign;
        squares += slope * slope;
        ck_assert_double_eq_tol((double)p[i], (double)start[i] - 0.5 * slope, 1e-6);
    }
    ck_assert_double_eq_tol(report.gradient_norm, sqrt(squares), 1e-6);
    ck_assert_double_eq(report.lr, 0.5);
    pv_optimizer_destroy(optimizer);
}
END_TEST

START_TEST(decoupled_decay_touches_weights_and_not_biases)
{
    float p[COUNT];
    float g[COUNT] = {0};
    for (int i = 0; i < COUNT; i++) {
        p[i] = 2.0f;
    }
    pv_optimizer_config config = pv_optimizer_config_default(PV_ADAMW);
    config.lr = 0.1;
    config.l2 = 0.5;
    pv_optimizer *optimizer = make(&config, COUNT);
    ck_assert_int_eq(pv_update_block(optimizer, p, table, 3, g, NULL, NULL), PV_OK);
    for (int i = 0; i < COUNT; i++) {
        ck_assert_float_eq_tol(p[i], i == 6 || i == 7 ? 2.0f : 1.9f, 1e-6f);
    }
    pv_optimizer_destroy(optimizer);
}
END_TEST

START_TEST(values_are_cut_before_the_norm)
{
    float p[COUNT] = {0};
    float g[COUNT] = {5, -5, 0.5f, 0, 0, 0, 0, 0, 0, 0, 0};
    pv_optimizer_config config = {PV_SGD, .lr = -1.0, .clip_value = 1.0};
    pv_optimizer *optimizer = make(&config, COUNT);
    pv_update_report report;
    ck_assert_int_eq(pv_update_block(optimizer, p, table, 3, g, NULL, &report), PV_OK);
    ck_assert(p[0] == 1.0f && p[1] == -1.0f && p[2] == 0.5f && p[3] == 0.0f);
    ck_assert_double_eq_tol(report.gradient_norm, sqrt(50.25), 1e-12);
    pv_optimizer_destroy(optimizer);
    config.clip_norm = 0.75; /* half the norm of (1, -1, 1/2) */
    optimizer = make(&config, COUNT);
    const float again[COUNT] = {5, -5, 0.5f, 0, 0, 0, 0, 0, 0, 0, 0};
    memcpy(g, again, sizeof g);
    memset(p, 0, sizeof p);
    ck_assert_int_eq(pv_update_block(optimizer, p, table, 3, g, NULL, &report), PV_OK);
    ck_assert(p[0] == 0.5f && p[1] == -0.5f && p[2] == 0.25f);
    pv_optimizer_destroy(optimizer);
}
END_TEST

START_TEST(frozen_tensors_stay_and_do_not_count)
{
    pv_rng rng = pv_rng_split(1, "optimizer");
    const pv_optimizer_config config = lively(_i);
    pv_optimizer *whole = make(&config, COUNT);
    pv_optimizer *part = make(&config, COUNT);
    pv_net_tensor frozen[3] = {table[0], table[1], table[2]};
    frozen[2].frozen = 1;
    float p[COUNT];
    float q[COUNT];
    float before[COUNT];
    fill(&rng, COUNT, p);
    memcpy(q, p, sizeof q);
    memcpy(before, p, sizeof before);
    for (int t = 0; t < 5; t++) {
        float g[COUNT];
        float h[COUNT];
        pv_update_report a;
        pv_update_report b;
        fill(&rng, COUNT, g);
        memcpy(h, g, sizeof h);
        h[9] = NAN; /* nobody asks */
        ck_assert_int_eq(pv_update_block(whole, p, table, 2, g, NULL, &a), PV_OK);
        ck_assert_int_eq(pv_update_block(part, q, frozen, 3, h, NULL, &b), PV_OK);
        ck_assert_double_eq(a.gradient_norm, b.gradient_norm);
        ck_assert_float_eq(h[9], 0.0f);
    }
    ck_assert_mem_eq(p, q, sizeof p);
    ck_assert_mem_eq(q + 8, before + 8, 3 * sizeof *q);
    ck_assert_mem_ne(q, before, 8 * sizeof *q);
    pv_optimizer_destroy(whole);
    pv_optimizer_destroy(part);
}
END_TEST

/* --- numbers that are not finite --- */

/* Asserts that an update is refused with these words, and that parameters and moments stay. */
static void assert_refused(int kind, float *p, float *g, const char *words)
{
    pv_rng rng = pv_rng_split(2, "optimizer");
    const pv_optimizer_config config = pv_optimizer_config_default((pv_optimizer_kind)kind);
    pv_optimizer *optimizer = make(&config, COUNT);
    pv_tensors *then = pv_tensors_create();
    pv_tensors *now = pv_tensors_create();
    float kept[COUNT];
    float other[COUNT] = {0};
    float slope[COUNT];
    fill(&rng, COUNT, slope);
    ck_assert_int_eq(pv_update_block(optimizer, other, table, 3, slope, NULL, NULL), PV_OK);
    ck_assert_int_eq(pv_optimizer_save(optimizer, then, ""), PV_OK);
    memcpy(kept, p, sizeof kept);
    ck_assert_int_eq(pv_update_block(optimizer, p, table, 3, g, NULL, NULL), PV_ERROR_NUMBER);
    ck_assert_msg(strstr(pv_last_error(), words) != NULL, "no \"%s\" in: %s", words,
                  pv_last_error());
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "update 2:"));
    ck_assert_mem_eq(kept, p, sizeof kept);
    ck_assert_int_eq(pv_optimizer_save(optimizer, now, ""), PV_OK);
    for (int i = 0; i < pv_tensors_count(now); i++) {
        const pv_tensor *a = pv_tensors_at(then, i);
        const pv_tensor *b = pv_tensors_at(now, i);
        ck_assert_mem_eq(a->data, b->data, a->count * pv_dtype_size(a->dtype));
    }
    pv_tensors_destroy(then);
    pv_tensors_destroy(now);
    pv_optimizer_destroy(optimizer);
}

START_TEST(what_is_not_finite_is_refused_by_name)
{
    float p[COUNT] = {0};
    float g[COUNT] = {0};
    g[7] = NAN;
    assert_refused(_i, p, g, "the gradient of \"dense1.bias\" is not a number at element 1 of 2");
    g[7] = 0.0f;
    g[8] = -INFINITY;
    assert_refused(_i, p, g, "the gradient of \"dense2.weight\" is infinite at element 0 of 3");
    p[2] = NAN; /* the cause is named, not what follows from it */
    assert_refused(_i, p, g, "the parameter \"dense1.weight\" is not a number at element 2 of 6");
    p[2] = 0.0f;
    g[8] = -3e38f; /* a float, but not its square */
    assert_refused(_i, p, g, "the gradient's norm is 3e+38");
}
END_TEST

START_TEST(clipping_saves_an_exploding_gradient)
{
    float p[COUNT] = {0};
    float g[COUNT] = {0};
    g[3] = 3e38f;
    pv_optimizer_config config = pv_optimizer_config_default(PV_SGD);
    config.lr = 1.0;
    config.clip_norm = 2.0;
    pv_optimizer *optimizer = make(&config, COUNT);
    ck_assert_int_eq(pv_update_block(optimizer, p, table, 3, g, NULL, NULL), PV_OK);
    ck_assert_float_eq_tol(p[3], -2.0f, 1e-5f);
    pv_optimizer_destroy(optimizer);
}
END_TEST

START_TEST(moments_without_gradient_end_at_nothing)
{
    pv_optimizer_config config = pv_optimizer_config_default((pv_optimizer_kind)_i);
    config.beta2 = 0.9; /* to be there sooner */
    pv_optimizer *optimizer = make(&config, COUNT);
    pv_tensors *tensors = pv_tensors_create();
    float p[COUNT] = {0};
    float g[COUNT] = {1e-9f, 1e-9f, 1e-9f};
    for (int t = 0; t < 1000; t++) {
        ck_assert_int_eq(pv_update_block(optimizer, p, table, 3, g, NULL, NULL), PV_OK);
    }
    ck_assert_int_eq(pv_optimizer_save(optimizer, tensors, ""), PV_OK);
    for (int i = 2; i < pv_tensors_count(tensors); i++) {
        ck_assert_float_eq(((const float *)pv_tensors_at(tensors, i)->data)[0], 0.0f);
    }
    pv_tensors_destroy(tensors);
    pv_optimizer_destroy(optimizer);
}
END_TEST

/* --- the hook --- */

static pv_status halve(void *ctx, float *gradient, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        gradient[i] *= 0.5f;
    }
    ++*(int *)ctx;
    return *(int *)ctx > 1 ? pv_fail(PV_ERROR, "the other machine is gone") : PV_OK;
}

START_TEST(hook_changes_the_gradient_and_may_fail)
{
    float p[COUNT] = {0};
    float g[COUNT] = {4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
    int calls = 0;
    const pv_gradient_hook hook = {halve, &calls};
    const pv_optimizer_config config = {PV_SGD, .lr = 1.0};
    pv_optimizer *optimizer = make(&config, COUNT);
    ck_assert_int_eq(pv_update_block(optimizer, p, table, 3, g, &hook, NULL), PV_OK);
    ck_assert(p[0] == -2.0f && p[10] == -1.0f);
    ck_assert_int_eq(pv_update_block(optimizer, p, table, 3, g, &hook, NULL), PV_ERROR);
    ck_assert_str_eq(pv_last_error(), "the other machine is gone");
    ck_assert(p[0] == -2.0f && p[10] == -1.0f);
    pv_optimizer_destroy(optimizer);
}
END_TEST

/* --- saving, threads, memory --- */

START_TEST(saved_and_loaded_optimizer_continues_equally)
{
    pv_rng rng = pv_rng_split(3, "optimizer");
    const pv_optimizer_config config = lively(_i);
    pv_optimizer *first = make(&config, COUNT);
    pv_optimizer *second = make(&config, COUNT);
    pv_tensors *tensors = pv_tensors_create();
    float p[COUNT];
    float q[COUNT];
    fill(&rng, COUNT, p);
    pv_optimizer_set_lr(first, 0.03);
    for (int t = 0; t < 10; t++) {
        float g[COUNT];
        float h[COUNT];
        fill(&rng, COUNT, g);
        memcpy(h, g, sizeof h);
        if (t == 5) {
            ck_assert_int_eq(pv_optimizer_save(first, tensors, "optimizer."), PV_OK);
            ck_assert_ptr_nonnull(pv_tensors_find(tensors, "optimizer.step"));
            ck_assert_int_eq(pv_optimizer_load(second, tensors, "optimizer."), PV_OK);
            memcpy(q, p, sizeof q);
        }
        ck_assert_int_eq(pv_update_block(first, p, table, 3, g, NULL, NULL), PV_OK);
        if (t >= 5) {
            ck_assert_int_eq(pv_update_block(second, q, table, 3, h, NULL, NULL), PV_OK);
            ck_assert_mem_eq(p, q, sizeof p);
        }
    }
    pv_tensors_destroy(tensors);
    pv_optimizer_destroy(first);
    pv_optimizer_destroy(second);
}
END_TEST

START_TEST(missing_moments_are_named)
{
    const pv_optimizer_config sgd = pv_optimizer_config_default(PV_SGD);
    const pv_optimizer_config adam = pv_optimizer_config_default(PV_ADAM);
    pv_optimizer *from = make(&sgd, COUNT);
    pv_optimizer *to = make(&adam, COUNT);
    pv_optimizer *longer = make(&adam, COUNT + 1);
    pv_tensors *tensors = pv_tensors_create();
    ck_assert_int_eq(pv_optimizer_save(from, tensors, "a."), PV_OK);
    ck_assert_int_ne(pv_optimizer_load(to, tensors, "a."), PV_OK);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "a.mean"));
    ck_assert_int_eq(pv_optimizer_save(to, tensors, "b."), PV_OK);
    ck_assert_int_ne(pv_optimizer_load(longer, tensors, "b."), PV_OK);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "b.mean"));
    pv_tensors_destroy(tensors);
    pv_optimizer_destroy(from);
    pv_optimizer_destroy(to);
    pv_optimizer_destroy(longer);
}
END_TEST

/* Three updates of a block that is many chunks long, in tensors of odd lengths. */
static void run_long(int kind, pv_pool *pool, size_t count, int n_tensors, float *p)
{
    pv_rng rng = pv_rng_split(4, "optimizer");
    pv_optimizer_config config = lively(kind);
    config.clip_value = 2.0;
    pv_net_tensor tensors[5];
    memset(tensors, 0, sizeof tensors);
    for (int i = 0; i < n_tensors; i++) {
        tensors[i].offset = count * (size_t)i / (size_t)n_tensors;
        tensors[i].count = count * (size_t)(i + 1) / (size_t)n_tensors - tensors[i].offset;
        tensors[i].decay = 1;
    }
    float *g = malloc(count * sizeof *g);
    ck_assert_ptr_nonnull(g);
    fill(&rng, count, p);
    pv_optimizer *optimizer = make(&config, count);
    pv_optimizer_set_pool(optimizer, pool);
    for (int t = 0; t < 3; t++) {
        fill(&rng, count, g);
        ck_assert_int_eq(pv_update_block(optimizer, p, tensors, n_tensors, g, NULL, NULL), PV_OK);
    }
    pv_optimizer_destroy(optimizer);
    free(g);
}

START_TEST(threads_and_borders_change_no_number)
{
    enum { LONG = 70001 };
    static float alone[LONG];
    static float pooled[LONG];
    static float cut[LONG];
    pv_pool *pool = pv_pool_create(3);
    ck_assert_ptr_nonnull(pool);
    run_long(_i, NULL, LONG, 1, alone);
    run_long(_i, pool, LONG, 1, pooled);
    run_long(_i, pool, LONG, 5, cut);
    ck_assert_mem_eq(alone, pooled, sizeof alone);
    for (int i = 0; i < LONG; i++) {
        /* the norm is summed in other portions */
        ck_assert_float_eq_tol(alone[i], cut[i], 1e-5f);
    }
    pv_pool_destroy(pool);
}
END_TEST

START_TEST(failing_allocator_leaves_nothing_behind)
{
    const size_t live = pv_memory_live();
    const pv_optimizer_config config = pv_optimizer_config_default(PV_ADAM);
    const uint64_t before = pv_memory_count();
    pv_optimizer_destroy(make(&config, 1000));
    const uint64_t needed = pv_memory_count() - before;
    ck_assert_uint_ge(needed, 3);
    for (uint64_t n = 1; n <= needed; n++) {
        pv_memory_fail_at(n);
        ck_assert_ptr_null(pv_optimizer_create(&config, 1000));
        ck_assert_int_eq(pv_last_status(), PV_ERROR_MEMORY);
        ck_assert_uint_eq(pv_memory_live(), live);
    }
    pv_memory_fail_at(0);
    pv_optimizer_destroy(NULL);
}
END_TEST

START_TEST(updates_allocate_nothing_and_moments_are_no_more_than_needed)
{
    static const size_t moments[PV_OPTIMIZERS] = {0, 1, 1, 1, 1, 2, 2, 2};
    enum { MANY = 50000 };
    static float p[MANY];
    static float g[MANY];
    const pv_net_tensor whole = {.name = "p", .count = MANY, .decay = 1};
    const pv_optimizer_config config = lively(_i);
    const size_t live = pv_memory_live();
    pv_optimizer *optimizer = make(&config, MANY);
    const size_t used = pv_memory_live() - live;
    ck_assert_uint_ge(used, moments[_i] * sizeof p);
    ck_assert_uint_le(used, moments[_i] * sizeof p + 1024);
    const uint64_t before = pv_memory_count();
    for (int t = 0; t < 3; t++) {
        g[t] = 1.0f;
        ck_assert_int_eq(pv_update_block(optimizer, p, &whole, 1, g, NULL, NULL), PV_OK);
    }
    ck_assert_uint_eq(pv_memory_count(), before);
    pv_optimizer_destroy(optimizer);
    ck_assert_uint_eq(pv_memory_live(), live);
}
END_TEST

START_TEST(names_are_the_choices_and_unknown_ones_get_the_nearest)
{
    char choices[] = PV_OPTIMIZER_CHOICES;
    int expected = 0;
    for (char *name = strtok(choices, "|"); name; name = strtok(NULL, "|")) {
        pv_optimizer_kind kind = PV_OPTIMIZERS;
        ck_assert_int_eq(pv_optimizer_kind_parse(name, &kind), PV_OK);
        ck_assert_int_eq((int)kind, expected++);
        ck_assert_int_eq((int)pv_optimizer_config_default(kind).kind, (int)kind);
    }
    ck_assert_int_eq(expected, PV_OPTIMIZERS);
    pv_optimizer_kind kind = PV_SGD;
    ck_assert_int_eq(pv_optimizer_kind_parse("adma", &kind), PV_ERROR_ARGUMENT);
    ck_assert_str_eq(pv_last_error(), "no optimizer \"adma\"; did you mean adam?");
    ck_assert_int_eq(pv_optimizer_kind_parse("lbfgs-b", &kind), PV_ERROR_ARGUMENT);
    ck_assert_str_eq(pv_last_error(), "no optimizer \"lbfgs-b\"; there are " PV_OPTIMIZER_CHOICES);
    ck_assert_int_eq((int)kind, PV_SGD);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nets_optimizer");
    TCase *tests = tcase_create("optimizer");
    tcase_add_test(tests, eps_stands_under_the_root_unless_asked_otherwise);
    tcase_add_loop_test(tests, rules_give_the_same_numbers_on_every_processor, 0, PV_OPTIMIZERS);
    tcase_add_test(tests, penalties_touch_weights_and_not_biases);
    tcase_add_test(tests, decoupled_decay_touches_weights_and_not_biases);
    tcase_add_test(tests, values_are_cut_before_the_norm);
    tcase_add_loop_test(tests, frozen_tensors_stay_and_do_not_count, 0, PV_OPTIMIZERS);
    tcase_add_loop_test(tests, what_is_not_finite_is_refused_by_name, 0, PV_OPTIMIZERS);
    tcase_add_test(tests, clipping_saves_an_exploding_gradient);
    tcase_add_loop_test(tests, moments_without_gradient_end_at_nothing, PV_RMSPROP, PV_OPTIMIZERS);
    tcase_add_test(tests, hook_changes_the_gradient_and_may_fail);
    tcase_add_loop_test(tests, saved_and_loaded_optimizer_continues_equally, 0, PV_OPTIMIZERS);
    tcase_add_test(tests, missing_moments_are_named);
    tcase_add_loop_test(tests, threads_and_borders_change_no_number, 0, PV_OPTIMIZERS);
    tcase_add_test(tests, failing_allocator_leaves_nothing_behind);
    tcase_add_loop_test(tests, updates_allocate_nothing_and_moments_are_no_more_than_needed, 0,
                        PV_OPTIMIZERS);
    tcase_add_test(tests, names_are_the_choices_and_unknown_ones_get_the_nearest);
    suite_add_tcase(suite, tests);
    return help_main(suite);
}
