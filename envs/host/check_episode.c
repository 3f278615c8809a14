/* check_episode.c: tests of the life of an episode: before its reset, its end, and what comes after
   it, which is nothing until the host resets. */
#include "envs/host/check_tests.h"

static void step_before_reset(pv_check *check)
{
    pv_trace *trace = pv_trace_fresh(check, NULL, 1, PV_CHECK_STEPS);
    pv_rig *rig = trace ? pv_rig_create(check, NULL) : NULL;
    if (!rig) {
        return;
    }
    for (int i = 0; i < 3; i++) {
        pv_rig_choose(rig);
        const int errors = rig->errors;
        if (pv_rig_judge(rig, "step before the first reset", pv_rig_step(rig), errors) != 0) {
            return;
        }
    }
    pv_trace_replay(trace, rig, "after steps before the first reset");
}

/* Plays to an end of an episode; NULL where the test cannot go on. */
static pv_rig *play_to_end(pv_check *check)
{
    pv_rig *rig = pv_rig_create(check, NULL);
    const int ended = rig ? pv_rig_finish(rig, 1) : -1;
    if (ended == 0) {
        pv_check_skip(check, "no episode ended within %llu random steps",
                      (unsigned long long)rig->step);
    }
    return ended == 1 ? rig : NULL;
}

static void step_after_end(pv_check *check)
{
    pv_trace *trace = pv_trace_fresh(check, NULL, 2, PV_CHECK_STEPS);
    pv_rig *rig = trace ? play_to_end(check) : NULL;
    if (!rig) {
        return;
    }
    for (int i = 0; i < 20; i++) {
        pv_rig_choose(rig);
        const int errors = rig->errors;
        if (pv_rig_judge(rig, "step after the end", pv_rig_step(rig), errors) != 0) {
            return;
        }
    }
    pv_trace_replay(trace, rig, "after steps beyond an episode's end");
}

/* A world that resets itself loses the observation of the end and starts what nobody asked for:
   seen from outside, flags that were set are not any more. An error is as good an answer. */
static void never_resets_itself(pv_check *check)
{
    pv_rig *rig = play_to_end(check);
    if (!rig) {
        return;
    }
    const unsigned long long length = rig->step;
    for (int i = 0; i < PV_CHECK_STEPS; i++) {
        pv_rig_choose(rig);
        if (pv_rig_step(rig) == 0 && !pv_rig_over(rig)) {
            pv_check_fail(check,
                          "the episode with seed 1 ended at step %llu, and %d steps later "
                          "without a reset it runs again",
                          length, i + 1);
            return;
        }
    }
}

/* Flags are 0 or 1, and set ones stay set until the reset. */
static int check_flags(pv_rig *rig, uint8_t *before)
{
    for (uint32_t agent = 0; agent < rig->spec.agents; agent++) {
        const uint8_t terminated = rig->io.terminated[agent], truncated = rig->io.truncated[agent];
        if (terminated > 1 || truncated > 1) {
            return pv_check_fail(rig->check,
                                 "agent %u: terminated is %u and truncated %u at step "
                                 "%llu of the episode with seed %llu",
                                 agent, terminated, truncated, (unsigned long long)rig->step,
                                 (unsigned long long)rig->seed);
        }
        if (before[agent] && !terminated && !truncated) {
            return pv_check_fail(rig->check,
                                 "agent %u had ended, at step %llu of the episode with "
                                 "seed %llu it has no flag",
                                 agent, (unsigned long long)rig->step,
                                 (unsigned long long)rig->seed);
        }
        before[agent] = terminated || truncated;
    }
    return 0;
}

static void flags_are_0_or_1(pv_check *check)
{
    pv_rig *rig = pv_rig_create(check, NULL);
    uint8_t *before = rig ? pv_check_alloc(check, rig->spec.agents) : NULL;
    if (!before || pv_rig_begin(rig, 1) != 0) {
        return;
    }
    for (int i = 0; i < 10 * PV_CHECK_STEPS && !pv_check_late(check); i++) {
        if (pv_rig_over(rig)) {
            for (uint32_t agent = 0; agent < rig->spec.agents; agent++) {
                before[agent] = 0;
            }
        }
        if (pv_rig_go_on(rig) != 0 || check_flags(rig, before) != 0) {
            return;
        }
    }
}

/* Returns how many agents have ended. */
static uint32_t count_ended(const pv_rig *rig)
{
    uint32_t ended = 0;
    for (uint32_t agent = 0; agent < rig->spec.agents; agent++) {
        ended += rig->io.terminated[agent] || rig->io.truncated[agent];
    }
    return ended;
}

static void every_agent_ends(pv_check *check)
{
    pv_rig *rig = pv_rig_create(check, NULL);
    if (!rig) {
        return;
    }
    for (uint64_t seed = 1; seed <= 4; seed++) {
        const int ended = pv_rig_finish(rig, seed);
        if (ended < 0) {
            return;
        }
        const uint32_t agents = ended ? rig->spec.agents : count_ended(rig);
        if (agents > 0 && agents < rig->spec.agents) {
            pv_check_fail(check,
                          "%u of %u agents ended in the episode with seed %llu, the others "
                          "not within %llu random steps",
                          agents, rig->spec.agents, (unsigned long long)seed,
                          (unsigned long long)rig->step);
            return;
        }
        if (!ended) {
            pv_check_skip(check, "no agent ended within %llu random steps",
                          (unsigned long long)rig->step);
            return;
        }
    }
}

/* Someone who has not ended must be able to act. */
static int check_masks(pv_rig *rig)
{
    for (uint32_t agent = 0; agent < rig->spec.agents; agent++) {
        if (!rig->io.terminated[agent] && !rig->io.truncated[agent] && pv_rig_acts(rig, agent)) {
            return 0;
        }
    }
    return pv_check_fail(rig->check,
                         "no agent may do anything after step %llu of the episode with "
                         "seed %llu, and it goes on",
                         (unsigned long long)rig->step, (unsigned long long)rig->seed);
}

static void mask_allows_something(pv_check *check)
{
    pv_rig *rig = pv_rig_create(check, NULL);
    int masks = 0;
    for (uint32_t action = 0; rig && action < rig->spec.n_action; action++) {
        masks += pv_rig_mask(rig, action) >= 0;
    }
    if (rig && masks == 0) {
        pv_check_skip(check, "no observation is an action mask");
        return;
    }
    for (int i = 0; rig && i < 10 * PV_CHECK_STEPS && !pv_check_late(check); i++) {
        if ((i == 0 ? pv_rig_begin(rig, 1) : pv_rig_go_on(rig)) != 0 ||
            (!pv_rig_over(rig) && check_masks(rig) != 0)) {
            return;
        }
    }
}

const pv_check_test pv_check_episode[] = {
    {{"step-before-reset", "episode",
      "A step before the first reset is an error or does something; the episode after it is as any."},
     step_before_reset,
     PV_CHECK_WORLD},
    {{"step-after-end", "episode",
      "Steps after the end are errors or do something; the episode after them is as any."},
     step_after_end,
     PV_CHECK_WORLD},
    {{"never-resets-itself", "episode",
      "After its end an episode stays over until the host resets."},
     never_resets_itself,
     PV_CHECK_WORLD},
    {{"flags-are-0-or-1", "episode", "Flags are 0 or 1, and those that are set stay set."},
     flags_are_0_or_1,
     PV_CHECK_WORLD},
    {{"every-agent-ends", "episode", "An episode that ended for one agent ends for all."},
     every_agent_ends,
     PV_CHECK_WORLD},
    {{"mask-allows-something", "episode", "While an episode runs some agent has a legal action."},
     mask_allows_something,
     PV_CHECK_WORLD},
    {{NULL, NULL, NULL}, NULL, 0}};
