/* Training from C: Q-learning learns to walk along a cliff.

   cc -std=c11 -o train train.c $(pkg-config --cflags --libs pavlov) \
      -Wl,-rpath,$(pkg-config --variable=libdir pavlov) && ./train */
#include <pavlov/pavlov.h>
#include <stdio.h>

static int fail(void)
{
    fprintf(stderr, "train: %s\n", pv_last_error());
    return 1;
}

int main(void)
{
    pv_world *world = pv_world_open("CliffWalking-v1");
    pv_agent *agent = world ? pv_agent_create("q-learning", world, "epsilon=0.1", 1, 1) : NULL;
    if (!agent) {
        return fail();
    }
    pv_train_config training = pv_train_config_default(world, agent);
    training.episodes = 500;
    pv_trainer *trainer = pv_trainer_create(&training);
    while (trainer && !pv_trainer_done(trainer)) {
        if (pv_trainer_advance(trainer, 2000)) {
            return fail();
        }
        printf("%3d episodes: mean return %.1f\n", (int)pv_trainer_episodes(trainer),
               pv_trainer_recent_return(trainer));
    }

    pv_evaluation_config question = pv_evaluation_config_default(world, agent);
    question.episodes = 10;
    pv_evaluation answer;
    double values[4];
    const int32_t start = 36;
    const void *const obs[] = {&start};
    if (!trainer || pv_evaluate(&question, &answer) || pv_agent_values(agent, obs, values)) {
        return fail();
    }
    printf("greedy return %.0f in %d steps; values at the start: up %.2f right %.2f down %.2f "
           "left %.2f\n",
           answer.returns[0], (int)answer.lengths[0], values[0], values[1], values[2], values[3]);
    pv_evaluation_free(&answer);
    pv_trainer_destroy(trainer);
    pv_agent_destroy(agent);
    pv_world_close(world);
    return 0;
}
