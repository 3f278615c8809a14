/* test_parity.c: the worlds against traces recorded from the programs they are ports of.

   Reads every file of the folder that PAVLOV_REFERENCE_WORLDS names (by default the committed one),
   finds the world from the file's name and the kind of trace from its columns, names the files it
   does not know, and ends with one line: how many traces were read, how many of their rows (steps
   and resets of play, lines of a table) were compared, and how many did not match. Chance is no
   obstacle: a trace holds the outcome of every draw, and the world draws from the trace. */
#include "parity_classic.h"
#include "parity_play.h"
#include "parity_tables.h"

#include "core/memory.h"

#include <dirent.h>
#include <unistd.h>

static const char committed_folder[] = PV_TEST_SOURCE_DIR "/reference/worlds";

/* --- files --- */

typedef struct trace_kind {
    const char *columns[6];
    int n;
    void (*compare)(comparison *compared);
} trace_kind;

static const trace_kind kinds[] = {
    {{"state", "action", "prob", "next", "reward", "terminated"}, 6, compare_transitions},
    {{"state", "prob"}, 2, compare_start},
    {{"state", "q0"}, 2, compare_values},
    {{"step", "action", "reward", "terminal", "observation", "draws"}, 6, compare_play},
    {{"episode", "t", "s0"}, 3, compare_steps},
    {{"seed", "k", "draws", "s0"}, 4, compare_resets},
    {{"seed", "k", "s0"}, 3, compare_resets},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static const trace_kind *find_kind(const trace *table)
{
    for (int i = 0; i < KINDS; i++) {
        if (trace_begins(table, kinds[i].columns, kinds[i].n)) {
            return &kinds[i];
        }
    }
    return NULL;
}

static void compare_table(tally *total, const char *file, const trace *table,
                          const trace_kind *kind, const trace_subject *subject)
{
    recorded_draws recorded = {"", 0};
    pv_draws draws = {sizeof draws, &recorded, recorded_uniform, recorded_integer};
    comparison compared = {.total = total, .file = file, .table = table, .gamma = subject->gamma};
    if (play_open(&compared.played, subject->world, &draws)) {
        total->mismatches++;
        say(total, "%-44s %s\n", file, pv_last_error());
        return;
    }
    kind->compare(&compared);
    total->traces++;
    total->steps += (long long)table->rows;
    total->mismatches += compared.mismatches;
    say(total, "%-44s %s: %zu rows, %lld mismatches\n", file, pv_world_name(compared.played.world),
        table->rows, compared.mismatches);
    play_close(&compared.played);
}

static void compare_file(tally *total, const char *folder, const char *file)
{
    char path[4096];
    trace table;
    trace_subject subject;
    if (!trace_read_name(file, &subject)) {
        total->unknown++;
        say(total, "%-44s not known\n", file);
        return;
    }
    snprintf(path, sizeof path, "%s/%s", folder, file);
    if (!trace_open(&table, path)) {
        total->mismatches++;
        say(total, "%-44s damaged\n", file);
        return;
    }
    const trace_kind *kind = find_kind(&table);
    if (kind) {
        compare_table(total, file, &table, kind, &subject);
    } else {
        total->unknown++;
        say(total, "%-44s not known: other columns\n", file);
    }
    trace_close(&table);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static tally compare_folder(const char *folder, FILE *out)
{
    tally total = {.out = out};
    struct dirent **entries = NULL;
    const int n = scandir(folder, &entries, is_visible, alphasort);
    ck_assert_msg(n >= 0, "%s: not a folder, or not readable", folder);
    for (int i = 0; i < n; i++) {
        compare_file(&total, folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return total;
}

/* --- tests --- */

static tally whole; /* of the folder asked for, for the last line */

START_TEST(every_recorded_trace_is_matched)
{
    const char *folder = getenv("PAVLOV_REFERENCE_WORLDS");
    whole = compare_folder(folder && *folder ? folder : committed_folder, stdout);
    ck_assert_msg(whole.traces > 0, "no trace was read");
    ck_assert_msg(whole.mismatches == 0, "%lld mismatches", whole.mismatches);
}
END_TEST

/* Writes a committed trace to another folder under another name; cell (row, column) becomes `text`
   if that is not NULL. */
static void copy_trace(const char *from, const char *to, size_t row, int column, const char *text)
{
    char path[512];
    trace table;
    snprintf(path, sizeof path, "%s/%s", committed_folder, from);
    ck_assert(trace_open(&table, path));
    ck_assert(row < table.rows && column < table.columns);
    FILE *out = must(fopen(to, "w"));
    for (int i = 0; i < table.columns; i++) {
        fprintf(out, "%s%s", i ? "," : "", table.name[i]);
    }
    for (size_t i = 0; i < table.rows * (size_t)table.columns; i++) {
        const int changed = text && i == row * (size_t)table.columns + (size_t)column;
        fprintf(out, "%s%s", i % (size_t)table.columns ? "," : "\n",
                changed ? text : table.cell[i]);
    }
    fputc('\n', out);
    ck_assert_int_eq(fclose(out), 0);
    trace_close(&table);
}

/* a trace, and a cell of it that is wrong */
static const struct {
    const char *file;
    size_t row;
    int column;
    const char *text;
} damages[] = {
    {"Taxi-v4_P", 7, 2, "0.5"},
    {"Taxi-v4_P", 7, 3, "2"},
    {"Taxi-v4_P", 7, 4, "-2"},
    {"Taxi-v4_P", 7, 5, "1"},
    {"Taxi-v4_P", 7, 1, "0"},
    {"Taxi-v4_init", 9, 0, "11"},
    {"Taxi-v4_init", 9, 1, "0.0033333333333333340"},
    {"Taxi-v4_vi_g0.99", 3, 2, "9.62206970"},
    {"Taxi-v4_vi_g0.99", 3, 7, "10.72936337"},
    {"Taxi-v4_rainy_fickle_draws", 5, 2, "1"},
    {"Taxi-v4_rainy_fickle_draws", 5, 3, "1"},
    {"Taxi-v4_rainy_fickle_draws", 5, 4, "499"},
    {"Taxi-v4_rainy_fickle_draws", 5, 5, ""},
    {"Taxi-v4_rainy_fickle_draws", 5, 5, "uniform()=0.07;uniform()=0.5"},
    {"Taxi-v4_rainy_fickle_draws", 5, 6, "1"},
    {"Blackjack-v1_sab_draws", 4, 4, "12:1:1"},
    {"Blackjack-v1_sab_draws", 4, 5, "card()=1;card()=7;card()=10;card()=3"},
    {"minatar_breakout_sticky", 5, 2, "1"},
    {"minatar_breakout_sticky", 5, 3, "1"},
    {"minatar_breakout_sticky", 5, 4, "0:9:4 1:3:0"},
    {"minatar_breakout_sticky", 5, 5, ""},
    {"minatar_breakout_sticky", 2, 5, "uniform()=0.05"},
    {"minatar_breakout_sticky", 5, 5, "uniform()=0.7;uniform()=0.5"},
    {"minatar_breakout_sticky", 0, 5, "integer(0 3)=1"},
    {"CartPole-v1_random", 8, 10, "1"},
    {"CartPole-v1_random", 8, 11, "0.0144"},
    {"CartPole-v1_random", 8, 12, "0.18"},
    {"CartPole-v1_random", 8, 15, "0.0144"},
    {"CartPole-v1_random", 8, 19, "0"},
    {"CartPole-v1_random", 8, 20, "1"},
    {"CartPole-v1_random", 8, 21, "1"},
    {"CartPole-v1_reset_draws", 8, 2, "uniform()=0.5;uniform()=0.5;uniform()=0.5"},
    {"CartPole-v1_reset_draws", 8, 4, "0.04"},
    {"CartPole-v1_resets", 8, 5, "0.06"},
    {"CartPole-v1_resets", 8, 8, "0.04"},
    {"MountainCar-v0_random", 5, 8, "-0.0043478387925"}, /* 2e-12 off */
    {"MountainCar-v0_random", 5, 8, "-0.0043478387940"}, /* 5e-13: noticed in the open loop alone */
    {"MountainCarContinuous-v0_random", 5, 8, "-0.0032920"},
    {"MountainCarContinuous-v0_random", 5, 11, "-0.0014627565"},
    {"Acrobot-v1_random", 5, 14, "0.0423909870309"},
    {"Acrobot-v1_random", 5, 18, "0.0423784"},
    {"Acrobot-v1_random", 5, 24, "1"},
    {"Pendulum-v1_random", 5, 9, "4.07076895"},
    {"Pendulum-v1_random", 5, 13, "-6.022728"},
};
enum { DAMAGES = sizeof damages / sizeof damages[0] };

START_TEST(a_trace_with_one_wrong_cell_is_no_match)
{
    char folder[] = "/tmp/pavlov-parity-XXXXXX";
    char from[128];
    char to[256];
    must(mkdtemp(folder));
    snprintf(from, sizeof from, "%s.csv.gz", damages[_i].file);
    snprintf(to, sizeof to, "%s/%s.csv", folder, damages[_i].file);
    copy_trace(from, to, damages[_i].row, damages[_i].column, damages[_i].text);
    const tally total = compare_folder(folder, NULL);
    unlink(to);
    rmdir(folder);
    ck_assert_int_eq(total.traces, 1);
    ck_assert_msg(total.mismatches > 0, "a wrong \"%s\" in %s was not noticed", damages[_i].text,
                  damages[_i].file);
}
END_TEST

START_TEST(names_with_further_words_are_known)
{
    static const struct {
        const char *file, *world;
    } names[] = {
        {"CliffWalking-v1_draws2.csv.gz", "CliffWalking-v1"},
        {"CliffWalking-v1_slippery_draws_b.csv.gz", "CliffWalking-v1:slippery=1"},
        {"CliffWalkingSlippery-v1_P.csv.gz", "CliffWalkingSlippery-v1"},
        {"FrozenLake-v1_4x4_rate0.8_draws.csv", "FrozenLake-v1:success_rate=0.8"},
        {"FrozenLake-v1_8x8_det_seed7_draws.csv.gz", "FrozenLake8x8-v1:slippery=0"},
        {"Taxi-v4_rainy_draws_more.csv.gz", "Taxi-v4:rain=1"},
        {"Taxi-v4_rainy_rate0.5_draws.csv.gz", "Taxi-v4:rain=1,rain_rate=0.5"},
        {"Taxi-v4_more_rainy_fickle_draws.csv.gz", "Taxi-v4:rain=1,fickle=1"},
        {"Blackjack-v1_plain_draws_17.csv.gz", "Blackjack-v1:sab=0,natural=0"},
        {"minatar_asterix_noramp.csv.gz", "MinAtar/Asterix-v0:ramping=0,sticky=0"},
        {"minatar_breakout_inside_2.csv.gz", "MinAtar/Breakout-v0:sticky=0"},
        {"minatar_space_invaders_sticky.csv", "MinAtar/SpaceInvaders-v0:sticky=0.1"},
        {"minatar_seaquest_afterend.csv.gz", "MinAtar/Seaquest-v0:sticky=0.5"},
        {"minatar_pong_random.csv.gz", NULL},
        {"CartPole-v1_random.csv.gz", "CartPole-v1"},
        {"Pendulum-v1_g9.81_random.csv.gz", "Pendulum-v1:g=9.81"},
        {"CartPole-v2_random.csv.gz", NULL},
        {"Taxi-v4x_draws.csv.gz", NULL},
        {"Taxi-v4_draws.txt", NULL},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        trace_subject subject;
        ck_assert_int_eq(trace_read_name(names[i].file, &subject), names[i].world != NULL);
        if (names[i].world) {
            ck_assert_str_eq(subject.world, names[i].world);
        }
    }
}
END_TEST

START_TEST(unknown_files_are_counted_and_damaged_ones_do_not_match)
{
    char folder[] = "/tmp/pavlov-parity-XXXXXX";
    static const struct {
        const char *name, *text;
    } files[] = {
        {"notes.txt", "hello\n"},
        {"Taxi-v4_other.csv", "a,b\n1,2\n"},
        {"Taxi-v4_init.csv", "state,prob\n1\n"},
        {"Taxi-v4_init_cut.csv.gz", "\037\213\010"},
    };
    char path[4][256];
    must(mkdtemp(folder));
    for (int i = 0; i < 4; i++) {
        snprintf(path[i], sizeof path[i], "%s/%s", folder, files[i].name);
        FILE *out = must(fopen(path[i], "w"));
        fputs(files[i].text, out);
        fclose(out);
    }
    const tally total = compare_folder(folder, NULL);
    for (int i = 0; i < 4; i++) {
        unlink(path[i]);
    }
    rmdir(folder);
    ck_assert_int_eq(total.traces, 0);
    ck_assert_int_eq(total.unknown, 2);
    ck_assert_int_eq(total.mismatches, 2);
}
END_TEST

static void check_memory(void)
{
    ck_assert_uint_eq(pv_memory_live(), 0);
}

int main(void)
{
    Suite *suite = suite_create("parity");
    TCase *traces = tcase_create("traces");
    tcase_add_checked_fixture(traces, NULL, check_memory);
    tcase_set_timeout(traces, 120);
    tcase_add_loop_test(traces, a_trace_with_one_wrong_cell_is_no_match, 0, DAMAGES);
    tcase_add_test(traces, names_with_further_words_are_known);
    tcase_add_test(traces, unknown_files_are_counted_and_damaged_ones_do_not_match);
    tcase_add_test(traces, every_recorded_trace_is_matched);
    suite_add_tcase(suite, traces);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK); /* the counts are wanted here, after the run */
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    printf("%d traces, %lld steps, %lld mismatches\n", whole.traces, whole.steps, whole.mismatches);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
