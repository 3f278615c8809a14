/* q_learn.c: one update of a network that values actions. Values of what followed come first and
   are numbers from then on, so that no gradient goes through the target. */
#include "agents/q_learn.h"

#include "agents/q_target.h"
#include "core/memory.h"
#include "nets/loss.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static size_t outputs_of(const pv_q_net *q)
{
    return (size_t)q->actions * (size_t)q->atoms;
}

/* --- making --- */

static pv_status make_recurrent(pv_q_learner *l)
{
    const size_t rows = (size_t)l->config.rows;
    const size_t state = pv_net_state_size(l->q->deep.net);
    if (state == 0) {
        return PV_OK;
    }
    l->state = pv_alloc_array((size_t)l->config.samples, state * sizeof *l->state);
    l->next_output = pv_alloc_array(rows, outputs_of(l->q) * sizeof *l->next_output);
    l->next_value = pv_alloc_array(rows, (size_t)l->q->actions * sizeof *l->next_value);
    return l->state && l->next_output && l->next_value ? PV_OK : pv_last_status();
}

pv_status pv_q_learner_init(pv_q_learner *l, pv_q_net *q, const pv_q_learner_config *config)
{
    const size_t rows = (size_t)config->rows;
    l->q = q;
    l->config = *config;
    pv_status status = pv_q_pass_init(&l->learning, q, config->rows, 1);
    status = status ? status : pv_q_pass_init(&l->beyond, q, config->rows, 0);
    status = status ? status : make_recurrent(l);
    if (status) {
        return status;
    }
    l->best = pv_alloc_array(rows, sizeof *l->best);
    l->target = pv_alloc_array(rows, (size_t)q->atoms * sizeof *l->target);
    l->next = pv_alloc_array(rows, (size_t)q->atoms * sizeof *l->next);
    l->error = pv_alloc_array(rows, sizeof *l->error);
    return l->best && l->target && l->next && l->error ? PV_OK : pv_last_status();
}

void pv_q_learner_free(pv_q_learner *l)
{
    pv_q_pass_free(&l->learning);
    pv_q_pass_free(&l->beyond);
    pv_free(l->best);
    pv_free(l->target);
    pv_free(l->next);
    pv_free(l->error);
    pv_free(l->state);
    pv_free(l->next_output);
    pv_free(l->next_value);
}

/* --- what followed --- */

/* dropout and noise of a pass go by the learner's stream, so that only that is to be saved */
static void draw_noise(pv_q_learner *l, pv_q_pass *pass)
{
    pv_pass_draw_noise(pass->pass, l->config.rng);
}

/* the rows of a batch that are learned from: all but the first steps that burn in */
typedef struct part {
    int rows;
    size_t first; /* row */
    const int32_t *action;
    const float *reward, *discount, *weight;
    const uint8_t *mask; /* of s', NULL: none */
    const float *output; /* what the target network says of s' */
    const float *value;
} part;

static part part_of(const pv_q_learner *l, const pv_replay_batch *batch)
{
    const size_t first = (size_t)l->config.burn_in * (size_t)batch->samples;
    const int mask = l->config.mask;
    return (part){.rows = (batch->steps - l->config.burn_in) * batch->samples,
                  .first = first,
                  .action = (const int32_t *)batch->action[0] + first,
                  .reward = batch->reward + first,
                  .discount = batch->discount + first,
                  .weight = batch->steps == 1 ? batch->weight : NULL,
                  .mask = mask < 0 ? NULL
                                   : (const uint8_t *)batch->next_obs[mask] +
                                         first * (size_t)l->q->actions};
}

static void look_ahead(pv_q_learner *l, const pv_replay_batch *batch, part *p)
{
    pv_q_net *q = l->q;
    const pv_net_batch ahead = {
        .steps = 1, .sequences = p->rows, .input = pv_deep_inputs(&q->deep, batch->next_obs, 0)};
    if (l->config.twice && q->target) {
        draw_noise(l, &l->beyond);
        pv_q_forward(&l->beyond, q, q->deep.net, &ahead);
        pv_q_best(p->rows, q->actions, l->beyond.value, p->mask, l->best);
    }
    draw_noise(l, &l->beyond);
    pv_q_forward(&l->beyond, q, pv_q_target_net(q), &ahead);
    p->output = l->beyond.output;
    p->value = l->beyond.value;
}

/* Steps through stretches with a net whose state forgets nothing: the state after s is the one in
   which s' is seen, also where s' ended its episode and the stretch goes on with another. */
static void step_ahead(pv_q_learner *l, const pv_replay_batch *batch, const pv_net *net)
{
    pv_q_net *q = l->q;
    const size_t samples = (size_t)batch->samples;
    const size_t state = pv_net_state_size(net);
    memset(l->state, 0, samples * state * sizeof *l->state);
    draw_noise(l, &l->beyond);
    for (int t = 0; t < batch->steps; t++) {
        const int row = t * batch->samples;
        const pv_net_batch now = {.steps = 1,
                                  .sequences = batch->samples,
                                  .input = pv_deep_inputs(&q->deep, batch->obs, row),
                                  .reset = batch->reset + row,
                                  .state = l->state,
                                  .state_after = l->state};
        pv_q_forward(&l->beyond, q, net, &now);
        if (t < l->config.burn_in) {
            continue;
        }
        const pv_net_batch ahead = {.steps = 1,
                                    .sequences = batch->samples,
                                    .input = pv_deep_inputs(&q->deep, batch->next_obs, row),
                                    .state = l->state};
        const size_t to = (size_t)(t - l->config.burn_in) * samples;
        pv_q_forward(&l->beyond, q, net, &ahead);
        memcpy(l->next_output + to * outputs_of(q), l->beyond.output,
               samples * outputs_of(q) * sizeof *l->next_output);
        memcpy(l->next_value + to * (size_t)q->actions, l->beyond.value,
               samples * (size_t)q->actions * sizeof *l->next_value);
    }
}

static void look_ahead_recurrent(pv_q_learner *l, const pv_replay_batch *batch, part *p)
{
    pv_q_net *q = l->q;
    if (l->config.twice && q->target) {
        step_ahead(l, batch, q->deep.net);
        pv_q_best(p->rows, q->actions, l->next_value, p->mask, l->best);
    }
    step_ahead(l, batch, pv_q_target_net(q));
    p->output = l->next_output;
    p->value = l->next_value;
}

/* --- what is said of s --- */

static void forward(pv_q_learner *l, const pv_replay_batch *batch, const part *p)
{
    pv_q_net *q = l->q;
    pv_net_batch now = {
        .steps = batch->steps - l->config.burn_in, .sequences = batch->samples, .training = 1};
    if (l->state) {
        memset(l->state, 0,
               (size_t)batch->samples * pv_net_state_size(q->deep.net) * sizeof *l->state);
        now.state = l->state;
        now.reset = batch->reset + p->first;
    }
    if (l->config.burn_in > 0) {
        const pv_net_batch before = {.steps = l->config.burn_in,
                                     .sequences = batch->samples,
                                     .input = pv_deep_inputs(&q->deep, batch->obs, 0),
                                     .reset = batch->reset,
                                     .state = l->state,
                                     .state_after = l->state};
        pv_q_forward(&l->beyond, q, q->deep.net, &before);
    }
    now.input = pv_deep_inputs(&q->deep, batch->obs, (int)p->first);
    draw_noise(l, &l->learning);
    *pv_pass_rng(l->learning.pass) = *l->config.rng;
    pv_q_forward(&l->learning, q, q->deep.net, &now);
    *l->config.rng = *pv_pass_rng(l->learning.pass);
}

static double loss_of_numbers(pv_q_learner *l, const part *p)
{
    const int n = l->q->actions;
    pv_q_target(p->rows, n, p->reward, p->discount, p->value, l->best, l->target);
    return pv_loss_chosen(p->rows, n, l->learning.output, p->action, l->target, l->config.delta,
                          p->weight, 1.0f / (float)p->rows, l->learning.gradient, l->error);
}

/* picks what the target network says of s' and its best action into l->next */
static void pick_next(pv_q_learner *l, const part *p)
{
    const size_t atoms = (size_t)l->q->atoms;
    for (int row = 0; row < p->rows; row++) {
        const size_t pair = (size_t)row * (size_t)l->q->actions + (size_t)l->best[row];
        memcpy(l->next + (size_t)row * atoms, p->output + pair * atoms, atoms * sizeof *l->next);
    }
}

static double loss_of_atoms(pv_q_learner *l, const part *p)
{
    const pv_q_net *q = l->q;
    pick_next(l, p);
    pv_support_mean(&q->support, p->rows, l->next, l->next, NULL);
    pv_support_project(&q->support, p->rows, p->reward, p->discount, l->next, l->target);
    return pv_loss_atoms(p->rows, q->actions, q->atoms, l->learning.output, p->action, l->target,
                         p->weight, 1.0f / (float)p->rows, l->learning.gradient, l->error);
}

static double loss_of_quantiles(pv_q_learner *l, const part *p)
{
    const pv_q_net *q = l->q;
    pick_next(l, p);
    for (int i = 0; i < p->rows * q->atoms; i++) {
        const int row = i / q->atoms;
        l->target[i] = p->discount[row] > 0.0f ? p->reward[row] + p->discount[row] * l->next[i]
                                               : p->reward[row];
    }
    return pv_loss_quantile(p->rows, q->actions, q->atoms, l->learning.output, p->action, q->atoms,
                            l->target, l->config.delta, p->weight, 1.0f / (float)p->rows,
                            l->learning.gradient, l->error);
}

static double loss_of(pv_q_learner *l, const part *p)
{
    switch (l->q->kind) {
    case PV_Q_C51:
        return loss_of_atoms(l, p);
    case PV_Q_QUANTILES:
        return loss_of_quantiles(l, p);
    default:
        return loss_of_numbers(l, p);
    }
}

static void tell(pv_q_learner *l, const pv_replay_batch *batch, const part *p)
{
    pv_q_told *told = &l->told;
    for (int row = 0; row < p->rows; row++) {
        const size_t pair = (size_t)row * (size_t)l->q->actions + (size_t)p->action[row];
        float mean;
        pv_q_mean(l->q, 1, l->learning.output + pair * (size_t)l->q->atoms, &mean);
        const double value = (double)mean;
        told->error += fabs((double)l->error[row]);
        told->value += value;
        told->greatest = told->rows == 0 || value > told->greatest ? value : told->greatest;
        told->rows++;
    }
    for (int i = 0; i < batch->samples; i++) {
        told->age += (double)batch->age[i] * p->rows / batch->samples;
    }
}

pv_status pv_q_learn(pv_q_learner *l, const pv_replay_batch *batch, uint64_t step)
{
    part p = part_of(l, batch);
    assert(p.rows <= l->config.rows && batch->samples <= l->config.samples);
    if (l->state) {
        look_ahead_recurrent(l, batch, &p);
    } else {
        look_ahead(l, batch, &p);
    }
    if (!l->config.twice || !l->q->target) {
        pv_q_best(p.rows, l->q->actions, p.value, p.mask, l->best);
    }
    forward(l, batch, &p);
    const double loss = loss_of(l, &p);
    pv_q_backward(&l->learning, l->q);
    const pv_pass *guilty = l->learning.pass;
    if (!isfinite(loss) && pv_pass_check(l->learning.pass) == PV_OK) {
        guilty = l->beyond.pass;
    }
    const pv_status status = pv_deep_update(&l->q->deep, guilty, loss, step);
    if (status) {
        return status;
    }
    pv_q_net_follow(l->q);
    tell(l, batch, &p);
    return PV_OK;
}

int pv_q_learner_metrics(pv_q_learner *l, pv_metric *metrics, int n)
{
    const pv_q_told *told = &l->told;
    if (told->rows > 0) {
        const double rows = (double)told->rows;
        metrics[n++] = (pv_metric){"td_error", told->error / rows};
        metrics[n++] = (pv_metric){"mean_q", told->value / rows};
        metrics[n++] = (pv_metric){"max_q", told->greatest};
        metrics[n++] = (pv_metric){"replay_age", told->age / rows};
    }
    l->told = (pv_q_told){0};
    return pv_deep_metrics(&l->q->deep, l->learning.pass, metrics, n);
}
