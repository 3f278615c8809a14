/* Saving and loading a replay: segments, what they cost, what their damage says. */
#include "core/file.h"
#include "core/memory.h"
#include "replay_oracle.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const o_shape shape = {4, 1, 3, 2};
static char folder[] = "/tmp/pavlov-replay-XXXXXX";
static char *segments; /* "folder/replay" */

static void make_folder(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    segments = pv_path_join(folder, "replay");
}

static void remove_folder(void)
{
    ck_assert_int_eq(pv_path_remove(folder), PV_OK);
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
    pv_free(segments);
}

static int count_files(void)
{
    char **names = NULL;
    int n = 0;
    ck_assert_int_eq(pv_dir_list(segments, &names, &n), PV_OK);
    pv_dir_list_free(names, n);
    return n;
}

static pv_tensors *save(pv_replay *replay)
{
    pv_tensors *tensors = pv_tensors_create();
    ck_assert_msg(pv_replay_save(replay, segments, tensors, "replay.") == PV_OK, "%s",
                  pv_last_error());
    return tensors;
}

static pv_replay *load(const pv_replay_config *config, const pv_tensors *tensors)
{
    pv_replay *replay = pv_replay_create(config);
    ck_assert_ptr_nonnull(replay);
    ck_assert_msg(pv_replay_load(replay, segments, tensors, "replay.") == PV_OK, "%s",
                  pv_last_error());
    return replay;
}

/* both draw the same bytes from the same stream, and take the same TD errors */
static void check_equal(pv_replay *a, pv_replay *b, const oracle *o, pv_rng *rng)
{
    ck_assert_uint_eq(pv_replay_count(a), pv_replay_count(b));
    ck_assert_uint_eq(pv_replay_pushed(a), pv_replay_pushed(b));
    ck_assert_int_eq(pv_replay_can_draw(a), pv_replay_can_draw(b));
    if (!pv_replay_can_draw(a)) {
        return;
    }
    pv_rng twin = *rng;
    const pv_replay_batch *x = pv_replay_sample(a, rng, 16, 0.5);
    const pv_replay_batch *y = pv_replay_sample(b, &twin, 16, 0.5);
    const size_t n = (size_t)(16 * x->steps);
    ck_assert_mem_eq(rng, &twin, sizeof twin);
    ck_assert_mem_eq(x->index, y->index, 16 * sizeof *x->index);
    ck_assert_mem_eq(x->age, y->age, 16 * sizeof *x->age);
    ck_assert_mem_eq(x->weight, y->weight, 16 * sizeof *x->weight);
    ck_assert_mem_eq(x->reward, y->reward, n * sizeof *x->reward);
    ck_assert_mem_eq(x->discount, y->discount, n * sizeof *x->discount);
    ck_assert_mem_eq(x->reset, y->reset, n);
    for (int i = 0; i < O_OBS; i++) {
        ck_assert_mem_eq(x->obs[i], y->obs[i], n * o_size(o, i));
        ck_assert_mem_eq(x->next_obs[i], y->next_obs[i], n * o_size(o, i));
    }
    ck_assert_mem_eq(x->action[0], y->action[0], n * 4);
    ck_assert_mem_eq(x->action[1], y->action[1], n * 8);
    pv_replay_update(a, x->index, x->reward, 16);
    pv_replay_update(b, y->index, y->reward, 16);
}

/* Trains one replay without a stop, and beside it another that is saved and loaded anew at random
   moments. */
static void go_on(int rows, uint64_t capacity, pv_replay_kind kind, int n_step, int steps)
{
    oracle o;
    make_folder();
    o_init(&o, shape, rows, capacity);
    pv_replay_config config = o_config(&o, capacity);
    config.kind = kind;
    config.n_step = n_step;
    config.steps = steps;
    pv_replay *whole = pv_replay_create(&config);
    pv_replay *cut = pv_replay_create(&config);
    pv_rng rng = pv_rng_split(1, "test");
    pv_rng when = pv_rng_split(2, "test");
    for (int i = 0; i < 250; i++) {
        o_step(&o, whole);
        o_tell(&o, cut);
        if (pv_rng_below(&when, 9) == 0) {
            pv_tensors *tensors = save(cut);
            pv_replay_destroy(cut);
            cut = load(&config, tensors);
            pv_tensors_destroy(tensors);
        }
        check_equal(whole, cut, &o, &rng);
    }
    pv_replay_destroy(whole);
    pv_replay_destroy(cut);
    o_free(&o);
    remove_folder();
}

START_TEST(a_loaded_replay_goes_on_as_if_it_had_never_stopped)
{
    go_on(1, 40, PV_REPLAY_UNIFORM, 1, 1);
    go_on(3, 90, PV_REPLAY_PRIORITIZED, 3, 1);
    go_on(2, 50, PV_REPLAY_REWARD, 2, 1);
    go_on(2, 80, PV_REPLAY_UNIFORM, 1, 6);
    go_on(1, 3, PV_REPLAY_PRIORITIZED, 1, 1);
    go_on(4, 2000, PV_REPLAY_PRIORITIZED, 5, 1);
}
END_TEST

START_TEST(the_save_before_stays_whole_until_the_next_one_counts)
{
    oracle o;
    make_folder();
    o_init(&o, shape, 2, 7);
    const pv_replay_config config = o_config(&o, 30);
    pv_replay *replay = pv_replay_create(&config);
    pv_rng rng = pv_rng_split(3, "test");
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 7; i++) {
            o_step(&o, replay);
        }
        pv_tensors *tensors = save(replay);
        pv_replay *kept = load(&config, tensors);
        for (int i = 0; i < 40; i++) {
            o_step(&o, replay);
        }
        /* written, but the process dies before its tensors are on disk */
        pv_tensors_destroy(save(replay));
        pv_replay_destroy(replay);
        replay = load(&config, tensors);
        check_equal(kept, replay, &o, &rng);
        pv_tensors_destroy(tensors);
        pv_replay_destroy(kept);
        pv_replay_break(replay);
        for (int row = 0; row < 2; row++) {
            o.row[row].running = 0;
        }
    }
    pv_replay_destroy(replay);
    o_free(&o);
    remove_folder();
}
END_TEST

START_TEST(a_broken_episode_is_saved_as_broken)
{
    oracle o;
    make_folder();
    o_init(&o, shape, 1, 8);
    o.end_chance = 0.0;
    const pv_replay_config config = o_config(&o, 50);
    pv_replay *replay = pv_replay_create(&config);
    pv_rng rng = pv_rng_split(4, "test");
    for (int round = 0; round < 6; round++) {
        for (int i = 0; i < 5; i++) {
            o_step(&o, replay);
        }
        pv_tensors_destroy(save(replay)); /* knows the last transition as one that goes on */
        pv_replay_break(replay);
        o.row[0].running = 0;
        pv_tensors *tensors = save(replay);
        pv_replay *loaded = load(&config, tensors);
        check_equal(replay, loaded, &o, &rng);
        pv_tensors_destroy(tensors);
        pv_replay_destroy(loaded);
    }
    pv_replay_destroy(replay);
    o_free(&o);
    remove_folder();
}
END_TEST

static uint64_t size_of_newest(int *files)
{
    char **names = NULL;
    int n = 0;
    struct stat about;
    ck_assert_int_eq(pv_dir_list(segments, &names, &n), PV_OK);
    ck_assert_int_gt(n, 0);
    char *path = pv_path_join(segments, names[n - 1]);
    ck_assert_int_eq(stat(path, &about), 0);
    pv_free(path);
    pv_dir_list_free(names, n);
    *files = n;
    return (uint64_t)about.st_size;
}

START_TEST(a_save_writes_only_what_is_new_and_old_segments_go)
{
    oracle o;
    make_folder();
    o_init(&o, shape, 1, 9);
    const pv_replay_config config = o_config(&o, 1000);
    pv_replay *replay = pv_replay_create(&config);
    for (int i = 0; i < 1000; i++) {
        o_step(&o, replay);
    }
    int files = 0;
    pv_tensors_destroy(save(replay));
    const uint64_t first = size_of_newest(&files);
    ck_assert_int_eq(files, 1);
    for (int round = 0; round < 60; round++) {
        for (int i = 0; i < 50; i++) {
            o_step(&o, replay);
        }
        pv_tensors_destroy(save(replay));
        ck_assert_uint_lt(size_of_newest(&files), first / 8);
        /* a thousand places in saves of fifty and more, the first one's, and one that is going */
        ck_assert_int_le(files, 1000 / 50 + 3);
    }
    /* with nothing new there is no new segment */
    pv_tensors_destroy(save(replay));
    const int before = count_files();
    pv_tensors_destroy(save(replay));
    ck_assert_int_le(count_files(), before);
    pv_replay_destroy(replay);
    o_free(&o);
    remove_folder();
}
END_TEST

START_TEST(leftovers_of_a_killed_process_are_removed)
{
    oracle o;
    make_folder();
    o_init(&o, shape, 1, 10);
    const pv_replay_config config = o_config(&o, 100);
    pv_replay *replay = pv_replay_create(&config);
    for (int i = 0; i < 30; i++) {
        o_step(&o, replay);
    }
    ck_assert_int_eq(pv_dir_create(segments), PV_OK);
    char *stray = pv_path_join(segments, "segment-00000007.safetensors");
    char *beside = pv_path_join(segments, "segment-00000000.safetensors.tmp.1.0");
    char *other = pv_path_join(segments, "notes.txt");
    ck_assert_int_eq(pv_file_write(stray, "x", 1), PV_OK);
    ck_assert_int_eq(pv_file_write(beside, "x", 1), PV_OK);
    ck_assert_int_eq(pv_file_write(other, "x", 1), PV_OK);
    pv_tensors_destroy(save(replay));
    ck_assert(!pv_file_exists(stray));
    ck_assert(!pv_file_exists(beside));
    ck_assert(pv_file_exists(other));
    pv_free(stray);
    pv_free(beside);
    pv_free(other);
    pv_replay_destroy(replay);
    o_free(&o);
    remove_folder();
}
END_TEST

/* --- damage --- */

static void refuses(const pv_replay_config *config, const pv_tensors *tensors, const char *part)
{
    pv_replay *replay = pv_replay_create(config);
    ck_assert_int_ne(pv_replay_load(replay, segments, tensors, "replay."), PV_OK);
    ck_assert_msg(strstr(pv_last_error(), part), "\"%s\" lacks \"%s\"", pv_last_error(), part);
    ck_assert_ptr_null(strchr(pv_last_error(), '\n'));
    pv_replay_destroy(replay);
}

START_TEST(damage_is_refused_with_a_line)
{
    oracle o;
    make_folder();
    o_init(&o, shape, 2, 11);
    const pv_replay_config config = o_config(&o, 100);
    pv_replay *replay = pv_replay_create(&config);
    pv_tensors *tensors = NULL;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 9; i++) {
            o_step(&o, replay);
        }
        pv_tensors_destroy(tensors);
        tensors = save(replay);
    }
    pv_replay_config larger = config;
    larger.capacity = 200;
    refuses(&larger, tensors, "another shape (2 rows of 54 places; 2 of 104 are needed)");
    pv_tensors *none = pv_tensors_create();
    refuses(&config, none, "there is no tensor \"replay.shape\"");
    pv_tensors_destroy(none);

    char *path = pv_path_join(segments, "segment-00000001.safetensors");
    char *data = NULL;
    size_t size = 0;
    ck_assert_int_eq(pv_file_read(path, &data, &size), PV_OK);
    data[size - 5] ^= 1;
    ck_assert_int_eq(pv_file_write(path, data, size), PV_OK);
    refuses(&config, tensors, "segment-00000001.safetensors");
    ck_assert_int_eq(pv_file_write(path, data, size / 2), PV_OK);
    refuses(&config, tensors, "segment-00000001.safetensors");
    ck_assert_int_eq(pv_path_remove(path), PV_OK);
    refuses(&config, tensors, "segment-00000001.safetensors");
    /* another one in its place leaves a gap */
    char *next = pv_path_join(segments, "segment-00000002.safetensors");
    ck_assert_int_eq(pv_file_copy(next, path), PV_OK);
    refuses(&config, tensors, "are missing");
    pv_free(data);
    pv_free(next);
    pv_free(path);
    pv_tensors_destroy(tensors);
    pv_replay_destroy(replay);
    o_free(&o);
    remove_folder();
}
END_TEST

START_TEST(a_folder_that_cannot_be_written_is_told)
{
    oracle o;
    make_folder();
    o_init(&o, shape, 1, 12);
    const pv_replay_config config = o_config(&o, 100);
    pv_replay *replay = pv_replay_create(&config);
    o_step(&o, replay);
    ck_assert_int_eq(pv_file_write(segments, "x", 1), PV_OK);
    pv_tensors *tensors = pv_tensors_create();
    ck_assert_int_eq(pv_replay_save(replay, segments, tensors, ""), PV_ERROR_FILE);
    ck_assert(strstr(pv_last_error(), "there is a file of that name"));
    pv_tensors_destroy(tensors);
    pv_replay_destroy(replay);
    o_free(&o);
    remove_folder();
}
END_TEST

START_TEST(a_failing_allocator_is_survived)
{
    oracle o;
    make_folder();
    o_init(&o, shape, 2, 13);
    pv_replay_config config = o_config(&o, 30);
    config.kind = PV_REPLAY_PRIORITIZED;
    pv_replay *replay = pv_replay_create(&config);
    pv_rng rng = pv_rng_split(5, "test");
    int done = 0;
    for (uint64_t n = 1; !done; n++) {
        o_step(&o, replay);
        pv_tensors *tensors = pv_tensors_create();
        pv_memory_fail_at(n);
        done = pv_replay_save(replay, segments, tensors, "") == PV_OK;
        ck_assert(done || pv_last_status() == PV_ERROR_MEMORY);
        pv_memory_fail_at(0);
        pv_tensors_destroy(tensors);
        ck_assert_uint_lt(n, 1000);
    }
    /* a save that failed is made good by the next */
    pv_tensors *tensors = pv_tensors_create();
    ck_assert_int_eq(pv_replay_save(replay, segments, tensors, "replay."), PV_OK);
    done = 0;
    for (uint64_t n = 1; !done; n++) {
        const size_t before = pv_memory_live();
        pv_replay *loaded = pv_replay_create(&config);
        pv_memory_fail_at(n);
        done = pv_replay_load(loaded, segments, tensors, "replay.") == PV_OK;
        ck_assert(done || pv_last_status() == PV_ERROR_MEMORY);
        pv_memory_fail_at(0);
        if (done) {
            check_equal(replay, loaded, &o, &rng);
        }
        pv_replay_destroy(loaded);
        ck_assert_uint_eq(pv_memory_live(), before);
        ck_assert_uint_lt(n, 1000);
    }
    pv_tensors_destroy(tensors);
    pv_replay_destroy(replay);
    o_free(&o);
    remove_folder();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replay_save");
    TCase *saving = tcase_create("saving");
    tcase_add_test(saving, a_loaded_replay_goes_on_as_if_it_had_never_stopped);
    tcase_add_test(saving, the_save_before_stays_whole_until_the_next_one_counts);
    tcase_add_test(saving, a_broken_episode_is_saved_as_broken);
    tcase_add_test(saving, a_save_writes_only_what_is_new_and_old_segments_go);
    tcase_add_test(saving, leftovers_of_a_killed_process_are_removed);
    suite_add_tcase(suite, saving);
    TCase *damage = tcase_create("damage");
    tcase_add_test(damage, damage_is_refused_with_a_line);
    tcase_add_test(damage, a_folder_that_cannot_be_written_is_told);
    tcase_add_test(damage, a_failing_allocator_is_survived);
    suite_add_tcase(suite, damage);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
