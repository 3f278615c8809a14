/* The program as its users run it: answers in JSON, the cliff as the book tells it, recipes from
   files, runs that go on, worlds from files. */
#include <cjson/cJSON.h>
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/pavlov-test-XXXXXX";

/* runs "pavlov <arguments>" in the folder and returns its exit code; `out` gets its standard output
 */
static int pavlov(const char *arguments, char *out, size_t size)
{
    char command[1024];
    snprintf(command, sizeof command, "cd %s && %s %s", folder, PV_PROGRAM, arguments);
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    size_t n = 0;
    int c = 0;
    while ((c = fgetc(pipe)) != EOF) {
        if (out && n + 1 < size) {
            out[n++] = (char)c;
        }
    }
    if (out) {
        out[n] = '\0';
    }
    const int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void run(const char *arguments)
{
    const int code = pavlov(arguments, NULL, 0);
    ck_assert_msg(code == 0, "pavlov %s: exit code %d", arguments, code);
}

/* the one JSON value a command prints */
static cJSON *json_of(const char *arguments)
{
    enum { SIZE = 1 << 20 };
    char *out = malloc(SIZE);
    ck_assert_ptr_nonnull(out);
    const int code = pavlov(arguments, out, SIZE);
    ck_assert_msg(code == 0, "pavlov %s: exit code %d", arguments, code);
    const char *end = NULL;
    cJSON *json = cJSON_ParseWithOpts(out, &end, 0);
    ck_assert_msg(json != NULL, "pavlov %s: not JSON: %.200s", arguments, out);
    ck_assert_msg(strspn(end, " \n") == strlen(end), "pavlov %s: more than JSON", arguments);
    free(out);
    return json;
}

static double number(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    ck_assert_msg(cJSON_IsNumber(item), "no number \"%s\"", name);
    return item->valuedouble;
}

static const char *text(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    ck_assert_msg(cJSON_IsString(item), "no text \"%s\"", name);
    return item->valuestring;
}

static const cJSON *row_named(const cJSON *array, const char *key, const char *value)
{
    const cJSON *row = NULL;
    cJSON_ArrayForEach(row, array)
    {
        if (strcmp(text(row, key), value) == 0) {
            return row;
        }
    }
    ck_abort_msg("no row with %s %s", key, value);
    return NULL;
}

/* 1 if two files of the folder hold the same bytes */
static int same_files(const char *a, const char *b)
{
    char command[512];
    snprintf(command, sizeof command, "cd %s && cmp -s %s %s", folder, a, b);
    return system(command) == 0;
}

static void write_file(const char *name, const char *content)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(content, file);
    fclose(file);
}

static int file_exists(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

START_TEST(list_and_info_answer_in_json)
{
    cJSON *json = json_of("list --json");
    ck_assert_str_eq(text(row_named(json, "name", "CliffWalking-v1"), "kind"), "env");
    ck_assert_str_eq(text(row_named(json, "name", "q-learning"), "kind"), "agent");
    cJSON_Delete(json);

    json = json_of("list layers --json");
    ck_assert_ptr_nonnull(row_named(json, "layer", "dense"));
    cJSON_Delete(json);

    /* 48 categories, one-hot: 48 x 64 + 64, then 64 x 32 + 32 */
    json = json_of("info CliffWalking-v1 --net 'dense 64 relu, dense 32' --json");
    const cJSON *layers = cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(json, 0), "layers");
    ck_assert_double_eq(number(cJSON_GetArrayItem(layers, 0), "parameters"), 3136.0);
    ck_assert_double_eq(number(cJSON_GetArrayItem(json, 0), "net_parameters"), 5216.0);
    cJSON_Delete(json);

    /* an agent's net with its head: 4 x 8 + 8, then 8 x 2 + 2 */
    json = json_of("info dqn CartPole-v1 --net 'dense 8 relu' --set rainbow=1 "
                   "--set distribution=none --set noisy=0 --set dueling=0 --json");
    const cJSON *info = cJSON_GetArrayItem(json, 0);
    ck_assert_double_eq(number(info, "net_parameters"), 58.0);
    ck_assert_str_eq(
        text(cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(info, "layers"), 1), "where"),
        "q");
    const cJSON *params = cJSON_GetObjectItemCaseSensitive(info, "parameters");
    ck_assert_str_eq(text(row_named(params, "name", "net"), "from"), "given");
    ck_assert_str_eq(text(row_named(params, "name", "double"), "value"), "1");
    ck_assert_str_eq(text(row_named(params, "name", "double"), "from"), "switch");
    cJSON_Delete(json);

    json = json_of("info CliffWalking-v1 --json");
    const cJSON *world = cJSON_GetArrayItem(json, 0);
    ck_assert_double_eq(number(world, "states"), 48.0);
    const cJSON *actions = cJSON_GetObjectItemCaseSensitive(world, "actions");
    ck_assert_double_eq(number(cJSON_GetArrayItem(actions, 0), "categories"), 4.0);
    cJSON_Delete(json);

    json = json_of("info q-learning CliffWalking-v1 --json");
    const cJSON *parameters =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(json, 0), "parameters");
    const cJSON *alpha = row_named(parameters, "name", "alpha");
    ck_assert_str_eq(text(alpha, "value"), "0.5");
    ck_assert_str_eq(text(alpha, "from"), "preset");
    cJSON_Delete(json);
}
END_TEST

START_TEST(check_and_bench_answer_in_json)
{
    cJSON *json = json_of("check FrozenLake-v1 --only spaces --json");
    ck_assert_int_gt(cJSON_GetArraySize(json), 2);
    const cJSON *row = NULL;
    cJSON_ArrayForEach(row, json)
    {
        ck_assert_str_ne(text(row, "outcome"), "failed");
        ck_assert_str_eq(text(row, "world"), "FrozenLake-v1");
        ck_assert_str_ne(text(row, "test"), "");
    }
    cJSON_Delete(json);
    json = json_of("check --list --json");
    cJSON_ArrayForEach(row, json)
    {
        ck_assert_uint_gt(strlen(text(row, "description")), 15);
    }
    cJSON_Delete(json);
    json = json_of("bench envs CliffWalking-v1 --seconds 0.05 --json");
    ck_assert_int_eq(cJSON_GetArraySize(json), 2);
    ck_assert_double_eq(number(cJSON_GetArrayItem(json, 0), "lanes"), 1.0);
    ck_assert_double_eq(number(cJSON_GetArrayItem(json, 1), "lanes"), 1024.0);
    ck_assert_double_gt(number(cJSON_GetArrayItem(json, 1), "steps_per_second"), 0.0);
    cJSON_Delete(json);
}
END_TEST

START_TEST(bench_of_nets_counts_operations_and_holds_them_against_the_peak)
{
    cJSON *json = json_of("bench nets mlp64_b32_train --seconds 0.05 --json");
    ck_assert_int_eq(cJSON_GetArraySize(json), 1);
    const cJSON *row = cJSON_GetArrayItem(json, 0);
    ck_assert_str_eq(text(row, "case"), "mlp64_b32_train");
    ck_assert_double_eq(number(row, "threads"), 1.0);
    /* 32 rows of 4-64-64-2: two forwards and two backwards, the latter not to the inputs */
    const double operations = 32.0 * 2.0 * (4.0 * (4 * 64 + 64 * 64 + 64 * 2) - 4 * 64);
    ck_assert_double_eq_tol(1e6 * number(row, "ms") * number(row, "gflops"), operations,
                            0.01 * operations);
    ck_assert_double_eq_tol(number(row, "fraction"),
                            number(row, "gflops") / number(row, "peak_gflops"), 1e-3);
    ck_assert_double_lt(number(row, "fraction"), 1.0);
    cJSON_Delete(json);
    json = json_of("bench nets nature_dqn_b32_step --seconds 0.01 --json");
    ck_assert_int_eq(cJSON_GetArraySize(json), 2);
    row = cJSON_GetArrayItem(json, 1);
    ck_assert_double_eq(number(row, "threads"), 2.0);
    ck_assert_double_gt(number(row, "ms"), 0.0);
    cJSON_Delete(json);
}
END_TEST

START_TEST(bench_of_agents_counts_steps_and_updates)
{
    cJSON *json = json_of("bench agents --seconds 0.05 --json");
    ck_assert_int_eq(cJSON_GetArraySize(json), 4);
    for (int i = 0; i < 4; i++) {
        static const double ratio[] = {1.0, 0.1, 0.5, 1.0}; /* updates a step */
        const cJSON *row = cJSON_GetArrayItem(json, i);
        ck_assert_str_eq(text(row, "agent"), "dqn");
        ck_assert_str_eq(text(row, "world"), i == 3 ? "MinAtar/Breakout-v0" : "CartPole-v1");
        const double steps = number(row, "steps_per_second");
        ck_assert_double_gt(steps, 1.0);
        ck_assert_double_gt(number(row, "updates_per_second"), 0.9 * ratio[i] * steps);
        ck_assert_double_lt(number(row, "updates_per_second"), 1.1 * ratio[i] * steps);
    }
    cJSON_Delete(json);
}
END_TEST

START_TEST(bench_of_replay_tells_microseconds_and_bytes)
{
    cJSON *json = json_of("bench replay gather_cartpole_b32 --seconds 0.05 --json");
    ck_assert_int_eq(cJSON_GetArraySize(json), 1);
    const cJSON *row = cJSON_GetArrayItem(json, 0);
    ck_assert_str_eq(text(row, "case"), "gather_cartpole_b32");
    ck_assert_double_eq(number(row, "bytes"), 2.0 * 32 * 16);
    ck_assert_double_gt(number(row, "us"), 0.0);
    cJSON_Delete(json);
    json = json_of("bench replay draw_update_prioritized_b32 --seconds 0.05 --json");
    row = cJSON_GetArrayItem(json, 0);
    ck_assert_double_gt(number(row, "us"), 0.0);
    cJSON_Delete(json);
}
END_TEST

/* Sutton & Barto, 2nd ed., Example 6.6: while exploring with epsilon 0.1, Sarsa earns about -25 an
   episode and Q-learning about -50, though Q-learning's greedy path, 13 steps along the edge, is
   the better one */
START_TEST(the_cliff_is_as_in_the_book)
{
    run("train q-learning CliffWalking-v1 --episodes 500 --seeds 40 --jobs 2 --quiet --out cliff/q");
    run("train sarsa CliffWalking-v1 --episodes 500 --seeds 40 --jobs 2 --quiet --out cliff/s");
    cJSON *json = json_of("compare cliff --json");
    const cJSON *groups = cJSON_GetObjectItemCaseSensitive(json, "groups");
    ck_assert_int_eq(cJSON_GetArraySize(groups), 2);
    const cJSON *q = row_named(groups, "agent", "q-learning");
    const cJSON *s = row_named(groups, "agent", "sarsa");
    ck_assert_double_eq(number(q, "runs"), 40.0);
    ck_assert_double_lt(number(q, "final_return"), -40.0);
    ck_assert_double_gt(number(q, "final_return"), -65.0);
    ck_assert_double_lt(number(s, "final_return"), -20.0);
    ck_assert_double_gt(number(s, "final_return"), -35.0);
    const char *const intervals[] = {"iqm", "auc", "steps", "seconds"};
    for (int i = 0; i < 4; i++) {
        number(q, intervals[i]);
    }
    ck_assert_double_lt(number(q, "final_low"), number(q, "final_return"));
    ck_assert_double_gt(number(q, "final_high"), number(q, "final_return"));
    cJSON_Delete(json);

    json = json_of("eval cliff/q --json");
    ck_assert_int_eq(cJSON_GetArraySize(json), 40);
    int along_the_edge = 0;
    const cJSON *row = NULL;
    cJSON_ArrayForEach(row, json)
    {
        along_the_edge += number(row, "mean") == -13.0;
    }
    ck_assert_int_ge(along_the_edge, 38);
    cJSON_Delete(json);
}
END_TEST

START_TEST(eval_answers_with_the_keys_of_the_design)
{
    run("train q-learning FrozenLake-v1 --steps 30000 --quiet --out lake");
    cJSON *json = json_of("eval lake --episodes 50 --json");
    ck_assert_str_eq(text(json, "world"), "FrozenLake-v1");
    ck_assert_str_eq(text(json, "agent"), "q-learning");
    ck_assert_double_eq(number(json, "episodes"), 50.0);
    const cJSON *returns = cJSON_GetObjectItemCaseSensitive(json, "returns");
    ck_assert_int_eq(cJSON_GetArraySize(returns), 50);
    double sum = 0.0;
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, returns)
    {
        sum += item->valuedouble;
    }
    ck_assert_double_eq_tol(number(json, "mean"), sum / 50.0, 1e-9);
    const char *const others[] = {"std", "median", "min", "max", "mean_length"};
    for (int i = 0; i < 5; i++) {
        number(json, others[i]);
    }
    cJSON_Delete(json);
}
END_TEST

START_TEST(eval_by_the_table_agrees_with_many_episodes)
{
    run("train q-learning FrozenLake-v1 --steps 30000 --quiet --out ice");
    cJSON *exact = json_of("eval ice --exact --json");
    cJSON *played = json_of("eval ice --episodes 4000 --json");
    const double error = number(played, "std") / sqrt(4000.0);
    ck_assert_double_eq_tol(number(played, "mean"), number(exact, "mean"), 4.0 * error);
    ck_assert_double_eq_tol(number(played, "mean_length"), number(exact, "mean_length"), 3.0);
    cJSON_Delete(played);
    cJSON_Delete(exact);
    char out[2048];
    ck_assert_int_eq(pavlov("eval ice --exact", out, sizeof out), 0);
    ck_assert_ptr_nonnull(strstr(out, "expected return"));
}
END_TEST

START_TEST(a_world_without_a_limit_is_cut_and_said_so)
{
    run("train random CliffWalking-v1 --steps 100 --quiet --out wander");
    cJSON *json = json_of("eval wander --episodes 3 --max-length 50 --json");
    ck_assert_double_le(number(json, "mean_length"), 50.0);
    ck_assert_double_gt(number(json, "cut"), 0.0);
    cJSON_Delete(json);
    char out[2048];
    ck_assert_int_eq(pavlov("eval wander --episodes 3 --max-length 50", out, sizeof out), 0);
    ck_assert_ptr_nonnull(strstr(out, "cut after 50 steps"));
}
END_TEST

START_TEST(a_recipe_from_a_file_is_the_same_run)
{
    write_file("recipe.json",
               "{\"agent\": \"sarsa\", \"env\": \"CliffWalking-v1\", \"episodes\": 40,"
               " \"seed\": 7, \"quiet\": true, \"set\": {\"alpha\": 0.25, "
               "\"epsilon\": \"linear:1:0.1:500\"}}");
    run("train --config recipe.json --out from-file");
    run("train sarsa CliffWalking-v1 --episodes 40 --seed 7 --quiet --set alpha=0.25 "
        "--set epsilon=linear:1:0.1:500 --out from-line");
    ck_assert(same_files("from-file/episodes.csv", "from-line/episodes.csv"));
    ck_assert(same_files("from-file/checkpoint.safetensors", "from-line/checkpoint.safetensors"));
    /* the line has the last word */
    run("train --config recipe.json --seed 8 --out other-seed");
    ck_assert(!same_files("from-file/episodes.csv", "other-seed/episodes.csv"));
}
END_TEST

START_TEST(a_finished_run_goes_on_to_a_new_bound)
{
    run("train q-learning FrozenLake-v1 --steps 3000 --quiet --out short");
    run("train q-learning FrozenLake-v1 --steps 9000 --quiet --out long");
    run("resume short --steps 9000 --quiet");
    ck_assert(same_files("short/episodes.csv", "long/episodes.csv"));
    ck_assert(same_files("short/checkpoint.safetensors", "long/checkpoint.safetensors"));
    char out[512];
    ck_assert_int_eq(pavlov("resume short", out, sizeof out), 0);
    ck_assert_ptr_nonnull(strstr(out, "is finished"));
}
END_TEST

START_TEST(a_map_is_kept_with_the_run)
{
    write_file("maze.txt", "S...\n.##.\n...G\n");
    run("train q-learning GridWorld-v0:map=maze.txt --steps 4000 --quiet --out maze");
    char command[256];
    snprintf(command, sizeof command, "rm %s/maze.txt", folder);
    ck_assert_int_eq(system(command), 0);
    ck_assert(file_exists("maze/maze.txt"));
    cJSON *json = json_of("eval maze --episodes 2 --json");
    ck_assert_double_eq(number(json, "mean_length"), 5.0);
    cJSON_Delete(json);
}
END_TEST

#ifdef PV_WITH_CAIRO

/* shows the run "r" with these options and returns the bytes of the picture */
static long shown(const char *options)
{
    char line[256];
    char path[256];
    snprintf(line, sizeof line, "show r -o net.svg %s >out", options);
    run(line);
    snprintf(path, sizeof path, "%s/net.svg", folder);
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    const long size = ftell(file);
    fclose(file);
    return size;
}

START_TEST(a_trained_network_can_be_looked_into)
{
    run("train dqn MinAtar/Breakout-v0 --steps 60 --net 'conv 4 3x3 relu, dense 16 relu' "
        "--set learn-start=40 --set capacity=100 --out r --quiet");
    const long all = shown("");
    const long hinton = shown("--what hinton");
    ck_assert_int_gt(hinton, 5000);
    ck_assert_int_gt(shown("--what filters"), 5000);
    ck_assert_int_gt(shown("--what activations --at 7 --seed 3"), 5000);
    ck_assert_int_gt(all, hinton);
    ck_assert_int_lt(shown("--what hinton --layer q"), hinton);
    ck_assert_int_eq(pavlov("show r -o net.svg --layer conv7 2>err", NULL, 0), 2);
}
END_TEST

#endif

START_TEST(verbose_says_beforehand_what_it_will_do)
{
    static const char *const lines[] = {"kernels     own kernels, ",
                                        "processors  ",
                                        "threads     2: 2 of 3 runs at a time, 4 lanes each\n",
                                        "world       CliffWalking-v1, without a limit\n",
                                        "wrappers    none\n",
                                        "bound       7 episodes\n",
                                        "agent       q-learning\n",
                                        "memory      ",
                                        "parameters  alpha=0.25 (given)\n",
                                        "            gamma=1 (preset)\n"};
    char said[8192];
    ck_assert_int_eq(pavlov("train q-learning CliffWalking-v1 --episodes 7 --seeds 3 --jobs 2 "
                            "--lanes 4 --set alpha=0.25 --out r --quiet --verbose 2>&1 >out",
                            said, sizeof said),
                     0);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        ck_assert_msg(strstr(said, lines[i]) != NULL, "no \"%s\" in:\n%s", lines[i], said);
    }
}
END_TEST

START_TEST(the_run_folder_holds_what_the_design_says)
{
    run("train q-learning CliffWalking-v1 --episodes 60 --eval-every 300 --seeds 2 --quiet");
    const char *const files[] = {"run.json",          "episodes.csv",           "metrics.csv",
                                 "eval.csv",          "checkpoint.safetensors", "best.safetensors",
                                 "resume.safetensors"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char name[128];
        snprintf(name, sizeof name, "runs/CliffWalking-v1/q-learning/seed-2/%s", files[i]);
        ck_assert_msg(file_exists(name), "there is no %s", name);
    }
    char out[512];
    char path[256];
    snprintf(path, sizeof path, "%s/runs/CliffWalking-v1/q-learning/seed-2/episodes.csv", folder);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(fgets(out, sizeof out, file));
    ck_assert_str_eq(out, "step,episode,lane,agent,return,length\n");
    fclose(file);
    run("eval runs/CliffWalking-v1/q-learning/seed-2 --best");
}
END_TEST

static void make_folder(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
}

int main(void)
{
    Suite *suite = suite_create("cli");
    TCase *tests = tcase_create("program");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, make_folder, remove_folder);
    tcase_add_test(tests, list_and_info_answer_in_json);
    tcase_add_test(tests, check_and_bench_answer_in_json);
    tcase_add_test(tests, bench_of_nets_counts_operations_and_holds_them_against_the_peak);
    tcase_add_test(tests, bench_of_agents_counts_steps_and_updates);
    tcase_add_test(tests, bench_of_replay_tells_microseconds_and_bytes);
    tcase_add_test(tests, the_cliff_is_as_in_the_book);
    tcase_add_test(tests, eval_answers_with_the_keys_of_the_design);
    tcase_add_test(tests, eval_by_the_table_agrees_with_many_episodes);
    tcase_add_test(tests, a_world_without_a_limit_is_cut_and_said_so);
    tcase_add_test(tests, a_recipe_from_a_file_is_the_same_run);
    tcase_add_test(tests, a_finished_run_goes_on_to_a_new_bound);
    tcase_add_test(tests, a_map_is_kept_with_the_run);
#ifdef PV_WITH_CAIRO
    tcase_add_test(tests, a_trained_network_can_be_looked_into);
#endif
    tcase_add_test(tests, verbose_says_beforehand_what_it_will_do);
    tcase_add_test(tests, the_run_folder_holds_what_the_design_says);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
