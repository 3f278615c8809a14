/* test_nets_reference.c: every case of an independent implementation, in the folder that
   PAVLOV_REFERENCE_NETS names or the committed one, on the plain kernels and on the best. */
#include "reference_layers.h"
#include "reference_losses.h"
#include "reference_optimizers.h"

#include <check.h>
#include <dirent.h>

typedef struct kind {
    const char *name; /* of the case; with a final * its beginning */
    void (*run)(reference *ref);
    double tolerance;
} kind;

static const kind kinds[] = {{"act_*", run_activation, 1e-5},
                             {"dense", run_dense, 1e-5},
                             {"residual_dense", run_dense, 1e-5},
                             {"conv_*", run_conv, 1e-5},
                             {"maxpool_*", run_pool, 1e-5},
                             {"avgpool_*", run_pool, 1e-5},
                             {"layernorm", run_norm, 1e-5},
                             {"batchnorm_train", run_norm, 1e-5},
                             {"dueling", run_dueling, 1e-5},
                             {"lstm", run_recurrent, 1e-4},
                             {"gru", run_recurrent, 1e-4},
                             {"net_actor_critic_step", run_actor_critic, 1e-4},
                             {"net_pixel_dqn_step", run_pixel_dqn, 1e-4},
                             {"loss_mse", run_loss_target, 1e-5},
                             {"loss_huber", run_loss_target, 1e-5},
                             {"loss_bce_logits", run_loss_target, 1e-5},
                             {"loss_cross_entropy", run_cross_entropy, 1e-5},
                             {"loss_policy_gradient", run_policy_gradient, 1e-5},
                             {"loss_masked_policy", run_policy_gradient, 1e-5},
                             {"loss_ppo_clip", run_ppo, 1e-5},
                             {"loss_gaussian_policy", run_gaussian_policy, 1e-5},
                             {"opt_*", run_optimizer, 1e-5},
                             {"clip_norm", run_clip_norm, 1e-5},
                             {"target_dqn", run_target_dqn, 1e-5},
                             {"target_nstep", run_target_nstep, 1e-5},
                             {"target_gae", run_target_gae, 1e-5}};

static const kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const size_t length = strlen(kinds[i].name);
        const int begins = kinds[i].name[length - 1] == '*';
        if (begins ? strncmp(kinds[i].name, name, length - 1) == 0
                   : strcmp(kinds[i].name, name) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

/* runs a file's case on both tables of kernels; returns 1 if it passed */
static int run_file(const char *folder, const char *file)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    cJSON *json = pv_json_read(path);
    if (!json) {
        printf("%s\n", pv_last_error());
        return 0;
    }
    const char *name = pv_json_text(json, "case", "");
    const kind *found = find_kind(name);
    const pv_kernels *tables[] = {pv_kernels_plain(), pv_kernels_best()};
    int failed = !found;
    if (!found) {
        printf("%s: no test knows a case \"%s\"\n", path, name);
    }
    for (int i = 0; i < 2 && found; i++) {
        reference ref = {
            .json = json, .name = name, .kernels = tables[i], .tolerance = found->tolerance};
        found->run(&ref);
        ref_free(&ref);
        failed |= ref.failed;
    }
    cJSON_Delete(json);
    return !failed;
}

START_TEST(every_reference_case_is_reproduced)
{
    const char *given = getenv("PAVLOV_REFERENCE_NETS");
    const char *folder = given && given[0] ? given : PV_TEST_SOURCE_DIR "/reference/nets";
    const size_t live = pv_memory_live();
    int cases = 0;
    int passed = 0;
    DIR *directory = opendir(folder);
    ck_assert_msg(directory != NULL, "no folder %s", folder);
    for (const struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        const size_t length = strlen(entry->d_name);
        if (length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0) {
            cases++;
            passed += run_file(folder, entry->d_name);
        }
    }
    closedir(directory);
    printf("%d cases, %d passed\n", cases, passed);
    fflush(stdout);
    ck_assert_int_gt(cases, 0);
    ck_assert_int_eq(passed, cases);
    ck_assert_uint_eq(pv_memory_live(), live);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nets_reference");
    TCase *tests = tcase_create("reference");
    tcase_add_test(tests, every_reference_case_is_reproduced);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
