/* All agents alike: making them by name, going on exactly from a checkpoint, want of memory,
   damaged checkpoints, presets. */
#include "agents/presets.h"
#include "agents/train.h"
#include "agents_help.h"

#include <stdio.h>

/* places 0 to 4; 1 goes on four times in five, else back; 0 stays; place 4 is an end worth 1 */
#define ON(from)                                                                                   \
    {from, 0, {1.0, -0.25, from, 0}}, {from, 1, {0.8, 0.0, from + 1, 0}},                          \
    {                                                                                              \
        from, 1,                                                                                   \
        {                                                                                          \
            0.2, -1.0, from ? from - 1u : 0u, 0                                                    \
        }                                                                                          \
    }
static const mdp_row path_rows[] = {
    ON(0), ON(1), ON(2), {3, 0, {1.0, -0.25, 3, 0}}, {3, 1, {1.0, 1.0, 4, 1}}};
static const mdp_table path_table = {
    .states = 5, .actions = 2, .start = 0, .row = path_rows, .rows = 11};
MDP_WORLD(path, path_table);

/* every agent, and every way of looking ahead */
static const struct {
    const char *name, *settings;
} kinds[] = {{"td", "alpha=0.1"},
             {"td", "n=4,policy=optimal"},
             {"td", "lambda=0.8,alpha=1/k^0.6"},
             {"mc", "visits=first,epsilon=1/k"},
             {"mc", "mode=prediction,visits=every"},
             {"sarsa", "epsilon=linear:1:0.1:200"},
             {"sarsa", "n=5,explore=softmax"},
             {"sarsa", "lambda=0.9,traces=replace"},
             {"expected-sarsa", "n=3,alpha=0.3"},
             {"q-learning", "explore=ucb"},
             {"q-learning", "lambda=0.7,alpha=0.2"},
             {"double-q", "alpha=1/k^0.8"},
             {"dqn", "replay=0,net='dense 8 tanh',learn-start=20,epsilon=linear:1:0.1:200"},
             {"value-iteration", "gamma=0.9"},
             {"random", NULL},
             {"a2c", "steps=1,net='dense 8 tanh'"},
             {"ppo", "steps=1,net='dense 8 tanh',epochs=2"}};

enum { KINDS = sizeof kinds / sizeof kinds[0], LANES = 3 };

/* --- by name --- */

START_TEST(every_agent_is_complete_and_found_by_its_name)
{
    pv_world *world = open_mdp(&path);
    int n = 0;
    for (; pv_agent_classes[n]; n++) {
        const pv_agent_class *agent_class = pv_agent_classes[n];
        ck_assert_ptr_eq(pv_agent_class_find(agent_class->name), agent_class);
        ck_assert(agent_class->summary && agent_class->source && agent_class->accepts &&
                  agent_class->init && agent_class->free && agent_class->act &&
                  agent_class->observe && agent_class->save && agent_class->load);
        ck_assert_uint_ge(agent_class->size, sizeof(pv_agent));
        pv_agent *agent = make_agent(agent_class->name, world, NULL);
        ck_assert_str_eq(pv_agent_name(agent), agent_class->name);
        ck_assert_uint_eq(pv_agent_memory_size(agent), 0);
        pv_agent_destroy(agent);
    }
    ck_assert_int_eq(n, 14);
    pv_world_close(world);
}
END_TEST

START_TEST(an_unknown_name_is_answered_with_the_nearest)
{
    pv_world *world = open_mdp(&path);
    refused("q-lerning", world, NULL, PV_ERROR_ARGUMENT,
            "unknown agent \"q-lerning\"; did you mean \"q-learning\"?");
    refused("xyzzy", world, NULL, PV_ERROR_ARGUMENT, "unknown agent \"xyzzy\"; there are td");
    refused("sarsa", world, "alhpa=1", PV_ERROR_ARGUMENT, "did you mean \"alpha\"?");
    ck_assert_ptr_null(pv_agent_create("td", world, NULL, 0, 1));
    ck_assert_int_eq(pv_last_status(), PV_ERROR_ARGUMENT);
    pv_agent_destroy(NULL);
    pv_world_close(world);
}
END_TEST

START_TEST(every_preset_can_be_made)
{
    static const char *const worlds[] = {
        "CliffWalking-v1", "WindyGridWorld-v0", "FrozenLake-v1",      "FrozenLake8x8-v1",
        "Taxi-v4",         "Blackjack-v1",      "FourRooms-v0",       "RandomWalk-v0",
        "Bandit-v0",       "GridWorld-v0",      "MaximizationBias-v0"};
    for (size_t w = 0; w < sizeof worlds / sizeof worlds[0]; w++) {
        pv_world *world = pv_world_open(worlds[w]);
        ck_assert_msg(world != NULL, "%s", pv_last_error());
        for (int i = 0; pv_agent_classes[i]; i++) {
            const char *name = pv_agent_classes[i]->name;
            const pv_preset *preset = pv_preset_find(name, worlds[w]);
            ck_assert(preset->steps > 0 || preset->episodes > 0);
            pv_params params;
            ck_assert_int_eq(pv_agent_params(&params, pv_agent_classes[i], world), PV_OK);
            pv_params_free(&params);
            if (pv_agent_classes[i]->accepts(world) == PV_OK) {
                pv_agent_destroy(make_agent(name, world, NULL));
            }
        }
        pv_world_close(world);
    }
}
END_TEST

START_TEST(a_preset_gives_way_to_settings)
{
    pv_world *world = pv_world_open("CliffWalking-v1");
    pv_params params;
    ck_assert_int_eq(pv_agent_params(&params, pv_agent_class_find("sarsa"), world), PV_OK);
    ck_assert_str_eq(pv_params_text(&params, "alpha"), "0.5");
    ck_assert_int_eq(params.source[pv_params_find(&params, "alpha")], PV_SOURCE_PRESET);
    ck_assert_int_eq(params.source[pv_params_find(&params, "lambda")], PV_SOURCE_DEFAULT);
    pv_params_free(&params);
    pv_agent *agent = make_agent("sarsa", world, "alpha=0.25");
    ck_assert_str_eq(pv_params_text(&agent->params, "alpha"), "0.25");
    ck_assert_double_eq(pv_params_number(&agent->params, "gamma"), 1.0);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

/* --- going on --- */

static pv_trainer *make_trainer(int kind, const pv_world *world, pv_agent **agent)
{
    *agent = pv_agent_create(kinds[kind].name, world, kinds[kind].settings, LANES, 7);
    ck_assert_msg(*agent != NULL, "%s", pv_last_error());
    pv_train_config config = pv_train_config_default(world, *agent);
    config.lanes = LANES;
    config.steps = 3000;
    pv_trainer *trainer = pv_trainer_create(&config);
    ck_assert_msg(trainer != NULL, "%s", pv_last_error());
    return trainer;
}

static pv_tensors *saved(const pv_trainer *trainer)
{
    pv_tensors *tensors = pv_tensors_create();
    const pv_status status = pv_trainer_save(trainer, tensors);
    ck_assert_msg(status == PV_OK, "%s", pv_last_error());
    return tensors;
}

static void are_equal(const pv_tensors *a, const pv_tensors *b)
{
    ck_assert_int_eq(pv_tensors_count(a), pv_tensors_count(b));
    for (int i = 0; i < pv_tensors_count(a); i++) {
        const pv_tensor *x = pv_tensors_at(a, i);
        const pv_tensor *y = pv_tensors_at(b, i);
        ck_assert_str_eq(x->name, y->name);
        ck_assert_uint_eq(x->count, y->count);
        ck_assert_msg(memcmp(x->data, y->data, x->count * pv_dtype_size(x->dtype)) == 0,
                      "tensor \"%s\" differs", x->name);
    }
}

START_TEST(a_run_that_is_interrupted_ends_as_one_that_is_not)
{
    pv_world *world = open_mdp(&path);
    pv_agent *agents[2];
    pv_trainer *undisturbed = make_trainer(_i, world, &agents[0]);
    ck_assert_int_eq(pv_trainer_advance(undisturbed, 3000), PV_OK);
    pv_tensors *whole = saved(undisturbed);
    pv_tensors *so_far = NULL;
    for (int part = 0; part < 5; part++) { /* a new agent and loop every 601 steps */
        pv_trainer *trainer = make_trainer(_i, world, &agents[1]);
        if (so_far) {
            ck_assert_msg(pv_trainer_load(trainer, so_far) == PV_OK, "%s", pv_last_error());
            pv_tensors_destroy(so_far);
        }
        ck_assert_int_eq(pv_trainer_advance(trainer, part < 4 ? 601 : 3000), PV_OK);
        so_far = saved(trainer);
        pv_trainer_destroy(trainer);
        pv_agent_destroy(agents[1]);
    }
    are_equal(whole, so_far);
    pv_tensors_destroy(whole);
    pv_tensors_destroy(so_far);
    pv_trainer_destroy(undisturbed);
    pv_agent_destroy(agents[0]);
    pv_world_close(world);
}
END_TEST

START_TEST(a_checkpoint_of_other_rows_gives_its_values)
{
    pv_world *world = open_mdp(&path);
    pv_agent *agent;
    pv_trainer *trainer = make_trainer(_i, world, &agent);
    ck_assert_int_eq(pv_trainer_advance(trainer, 301), PV_OK);
    pv_tensors *tensors = saved(trainer);
    pv_agent *one = make_agent(kinds[_i].name, world, kinds[_i].settings);
    ck_assert_msg(one->agent_class->load(one, tensors) == PV_OK, "%s", pv_last_error());
    if (strcmp(kinds[_i].name, "random") != 0) {
        for (int32_t s = 0; s < 4; s++) {
            ck_assert_double_eq(v_of(one, s), v_of(agent, s));
        }
        check(pv_agent_begin(one));
        tell(one, 3, 1, 1.0f, 4, TERMINATES); /* rows begin anew */
    }
    pv_agent_destroy(one);
    pv_tensors_destroy(tensors);
    pv_trainer_destroy(trainer);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(files_bring_back_what_was_learned)
{
    char path_name[512];
    pv_world *world = open_mdp(&path);
    pv_agent *agent;
    pv_trainer *trainer = make_trainer(_i, world, &agent);
    ck_assert_int_eq(pv_trainer_advance(trainer, 900), PV_OK);
    snprintf(path_name, sizeof path_name, "%s/agent_%d.safetensors", PV_TEST_BUILD_DIR, _i);
    ck_assert_int_eq(pv_agent_save(agent, path_name), PV_OK);
    pv_agent *copy = pv_agent_create(kinds[_i].name, world, kinds[_i].settings, LANES, 99);
    ck_assert_msg(pv_agent_load(copy, path_name) == PV_OK, "%s", pv_last_error());
    pv_tensors *a = pv_tensors_create();
    pv_tensors *b = pv_tensors_create();
    ck_assert_int_eq(agent->agent_class->save(agent, a), PV_OK);
    ck_assert_int_eq(copy->agent_class->save(copy, b), PV_OK);
    are_equal(a, b);
    pv_tensors_destroy(a);
    pv_tensors_destroy(b);
    const char *other = strcmp(kinds[_i].name, "sarsa") == 0 ? "td" : "sarsa";
    pv_agent *stranger = make_agent(other, world, NULL);
    ck_assert_int_eq(pv_agent_load(stranger, path_name), PV_ERROR_FIT);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), kinds[_i].name));
    ck_assert_int_ne(pv_agent_load(stranger, "/nowhere/agent.safetensors"), PV_OK);
    pv_agent_destroy(stranger);
    pv_agent_destroy(copy);
    pv_trainer_destroy(trainer);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

/* --- what goes wrong --- */

START_TEST(making_an_agent_survives_want_of_memory)
{
    pv_world *world = open_mdp(&path);
    const size_t before = pv_memory_live();
    pv_agent *agent = NULL;
    uint64_t k = 0;
    while (!agent) {
        ck_assert_uint_lt(++k, 500);
        pv_memory_fail_at(k);
        agent = pv_agent_create(kinds[_i].name, world, kinds[_i].settings, LANES, 1);
        ck_assert(agent || strstr(pv_last_error(), "out of memory")); /* also in the world */
        ck_assert(agent || pv_memory_live() == before);
    }
    pv_memory_fail_at(0);
    ck_assert_uint_gt(k, 3);
    pv_agent_destroy(agent);
    ck_assert_uint_eq(pv_memory_live(), before);
    pv_world_close(world);
}
END_TEST

START_TEST(saving_and_loading_survive_want_of_memory)
{
    pv_world *world = open_mdp(&path);
    pv_agent *agent;
    pv_trainer *trainer = make_trainer(_i, world, &agent);
    ck_assert_int_eq(pv_trainer_advance(trainer, 301), PV_OK);
    pv_tensors *whole = pv_tensors_create();
    ck_assert_int_eq(agent->agent_class->save(agent, whole), PV_OK);
    pv_agent *copy = pv_agent_create(kinds[_i].name, world, kinds[_i].settings, LANES, 1);
    ck_assert_int_eq(copy->agent_class->load(copy, whole), PV_OK); /* takes what it may keep */
    pv_status status = PV_ERROR_MEMORY;
    for (uint64_t k = 1; status; k++) {
        const size_t before = pv_memory_live();
        pv_tensors *tensors = pv_tensors_create();
        pv_memory_fail_at(k);
        status = agent->agent_class->save(agent, tensors);
        pv_memory_fail_at(0);
        pv_tensors_destroy(tensors);
        ck_assert(status == PV_OK || status == PV_ERROR_MEMORY);
        ck_assert_uint_eq(pv_memory_live(), before);
    }
    status = PV_ERROR_MEMORY;
    for (uint64_t k = 1; status; k++) {
        const size_t before = pv_memory_live();
        pv_memory_fail_at(k);
        status = copy->agent_class->load(copy, whole);
        pv_memory_fail_at(0);
        ck_assert(status == PV_OK || status == PV_ERROR_MEMORY);
        ck_assert_uint_eq(pv_memory_live(), before);
    }
    pv_agent_destroy(copy);
    pv_tensors_destroy(whole);
    pv_trainer_destroy(trainer);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

/* the tensors of a, one of them replaced by 64-bit words that are all `word` */
static pv_tensors *damage(const pv_tensors *a, const char *name, uint64_t word)
{
    pv_tensors *damaged = pv_tensors_create();
    for (int i = 0; i < pv_tensors_count(a); i++) {
        const pv_tensor *tensor = pv_tensors_at(a, i);
        ck_assert_int_eq(pv_tensors_add_shaped(damaged, tensor->name, tensor->dtype, tensor->data,
                                               tensor->ndim, tensor->shape),
                         PV_OK);
        if (strcmp(tensor->name, name) == 0) {
            const pv_tensor *copy = pv_tensors_find(damaged, name);
            const size_t size = copy->count * pv_dtype_size(copy->dtype);
            for (size_t at = 0; at < size; at += pv_dtype_size(copy->dtype)) {
                memcpy((char *)copy->data + at, &word, pv_dtype_size(copy->dtype));
            }
        }
    }
    return damaged;
}

START_TEST(damaged_rows_are_refused)
{
    static const struct {
        int kind;
        const char *tensor;
        uint64_t word;
    } damages[] = {{1, "row.window.length", 4},        {1, "row.window.length", UINT64_MAX},
                   {1, "row.window.entry", 5},         {2, "row.traces.entry", 0},
                   {2, "row.traces.entry", 5},         {2, "row.traces.number", 0},
                   {2, "row.traces.length", 1u << 30}, {3, "row.episode.length", 0},
                   {3, "row.episode.entry", 10},       {5, "row.pending", 2},
                   {5, "row.pending", (uint32_t)-2}};
    pv_world *world = open_mdp(&path);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        pv_agent *agent;
        pv_trainer *trainer = make_trainer(damages[i].kind, world, &agent);
        ck_assert_int_eq(pv_trainer_advance(trainer, 300), PV_OK);
        pv_tensors *sound = saved(trainer);
        pv_tensors *damaged = damage(sound, damages[i].tensor, damages[i].word);
        ck_assert_msg(agent->agent_class->load(agent, sound) == PV_OK, "%s", pv_last_error());
        ck_assert_msg(agent->agent_class->load(agent, damaged) == PV_ERROR_FORMAT, "%s = %llu",
                      damages[i].tensor, (unsigned long long)damages[i].word);
        ck_assert_ptr_nonnull(strstr(pv_last_error(), "damaged checkpoint"));
        ck_assert_int_eq(agent->agent_class->load(agent, sound), PV_OK); /* no worse for it */
        pv_tensors_destroy(sound);
        pv_tensors_destroy(damaged);
        pv_trainer_destroy(trainer);
        pv_agent_destroy(agent);
    }
    pv_world_close(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("agents");
    TCase *tests = tcase_create("agents");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, every_agent_is_complete_and_found_by_its_name);
    tcase_add_test(tests, an_unknown_name_is_answered_with_the_nearest);
    tcase_add_test(tests, every_preset_can_be_made);
    tcase_add_test(tests, a_preset_gives_way_to_settings);
    tcase_add_loop_test(tests, a_run_that_is_interrupted_ends_as_one_that_is_not, 0, KINDS);
    tcase_add_loop_test(tests, a_checkpoint_of_other_rows_gives_its_values, 0, KINDS);
    tcase_add_loop_test(tests, files_bring_back_what_was_learned, 0, KINDS);
    tcase_add_loop_test(tests, making_an_agent_survives_want_of_memory, 0, KINDS);
    tcase_add_loop_test(tests, saving_and_loading_survive_want_of_memory, 0, KINDS);
    tcase_add_test(tests, damaged_rows_are_refused);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
