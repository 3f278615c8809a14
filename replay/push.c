/* push.c: remembering. A row's transition t and its successor t + 1 stand in neighbouring places of
   the row's own ring, so interleaved rows never mix. */
#include "replay/ring.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* --- frames --- */

/* frame k of an observation (0: oldest); chunk and stack are constants where this is inlined, so
   that the common ones become vector code */
static inline void pick(unsigned char *restrict frame, const unsigned char *restrict obs, size_t k,
                        size_t chunks, size_t chunk, size_t stack)
{
    for (size_t i = 0; i < chunks; i++) {
        memcpy(frame + i * chunk, obs + (i * stack + k) * chunk, chunk);
    }
}

static void extract(unsigned char *frame, const unsigned char *obs, const pv_replay_frames *f,
                    int k)
{
    if (f->stack == 1) {
        memcpy(frame, obs, f->frame);
    } else if (f->chunk == 1 && f->stack == 4) {
        pick(frame, obs, (size_t)k, f->chunks, 1, 4);
    } else {
        pick(frame, obs, (size_t)k, f->chunks, f->chunk, (size_t)f->stack);
    }
}

/* 1 if the observation is what a stack shows at an episode's start: one frame, repeated */
static int is_repeated(const unsigned char *obs, const pv_replay_frames *f)
{
    const size_t line = f->chunk * (size_t)f->stack;
    for (size_t i = 0; i < f->chunks && f->stack > 1; i++) {
        const unsigned char *at = obs + i * line;
        if (memcmp(at, at + f->chunk, line - f->chunk) != 0) {
            return 0;
        }
    }
    return 1;
}

static const unsigned char *of_row(const void *const *obs, int space, int row,
                                   const pv_replay_frames *f)
{
    return (const unsigned char *)obs[space] + (size_t)row * f->whole;
}

#ifndef NDEBUG
/* debug builds ask whether a transition follows the one before */
static int follows(const pv_replay *replay, int row, const void *const *obs)
{
    const size_t slot = pv_replay_slot(replay, row, replay->row[row].head);
    for (int i = 0; i < replay->config.n_obs; i++) {
        const pv_replay_frames *f = &replay->frames[i];
        const unsigned char *kept = f->data + slot * f->frame;
        const unsigned char *told = of_row(obs, i, row, f) + (size_t)(f->stack - 1) * f->chunk;
        for (size_t k = 0; k < f->chunks; k++) {
            if (memcmp(kept + k * f->chunk, told + k * f->chunk * (size_t)f->stack, f->chunk)) {
                return 0;
            }
        }
    }
    return 1;
}
#endif

/* --- what can be drawn --- */

float pv_replay_leaf(const pv_replay *replay, double p)
{
    /* a NaN becomes the least */
    return fminf(fmaxf(powf((float)p, (float)replay->config.alpha), 1e-30f), 1e30f);
}

uint64_t pv_replay_outcome(const pv_replay *replay, int row, uint64_t place, float *reward,
                           float *discount)
{
    /* R = r_t + gamma r_{t+1} + ... + gamma^{k-1} r_{t+k-1}, k <= n (Sutton and Barto 2018, 7.1) */
    const double gamma = replay->config.gamma;
    double sum = 0.0;
    double factor = 1.0;
    int flags = 0;
    for (int k = 0; k < replay->config.n_step; k++) {
        const size_t slot = pv_replay_slot(replay, row, place++);
        sum += factor * (double)replay->reward[slot];
        factor *= gamma;
        flags = replay->flags[slot];
        if (flags & (PV_PLACE_TERMINATED | PV_PLACE_TRUNCATED)) {
            break;
        }
    }
    *reward = (float)sum;
    *discount = flags & PV_PLACE_TERMINATED ? 0.0f : (float)factor;
    return place;
}

static void add_drawable(pv_replay *replay, int row, int change)
{
    const uint64_t steps = (uint64_t)replay->config.steps;
    uint64_t *drawable = &replay->row[row].drawable;
    const int before = *drawable >= steps;
    *drawable += (uint64_t)(int64_t)change;
    replay->count += (uint64_t)(int64_t)change;
    replay->stretches += (*drawable >= steps) - before;
}

void pv_replay_make_ready(pv_replay *replay, int row, uint64_t ready)
{
    pv_replay_row *r = &replay->row[row];
    for (; r->ready < ready; r->ready++) {
        const size_t slot = pv_replay_slot(replay, row, r->ready);
        if (!(replay->flags[slot] & PV_PLACE_TRANSITION)) {
            continue;
        }
        add_drawable(replay, row, 1);
        if (replay->config.kind == PV_REPLAY_PRIORITIZED) {
            pv_sum_tree_set(replay->tree, slot, replay->greatest);
        } else if (replay->config.kind == PV_REPLAY_REWARD) {
            float reward = 0.0f;
            float discount = 0.0f;
            pv_replay_outcome(replay, row, r->ready, &reward, &discount);
            const double p = fabs((double)reward) + replay->config.epsilon;
            pv_sum_tree_set(replay->tree, slot, pv_replay_leaf(replay, p));
        }
    }
}

/* the place that loses its history, or its slot, when `last` is written */
static void expire(pv_replay *replay, int row, uint64_t last)
{
    pv_replay_row *r = &replay->row[row];
    if (last <= replay->per_row) {
        return;
    }
    const uint64_t place = last - replay->per_row - 1;
    if (pv_replay_is_drawable(replay, row, place)) {
        add_drawable(replay, row, -1);
        if (replay->tree) {
            pv_sum_tree_set(replay->tree, pv_replay_slot(replay, row, place), 0.0f);
        }
    }
    r->oldest = place + 1;
}

/* --- pushing --- */

/* writes frame `back` places before the newest of an observation into the row's place `head` */
static void write_frame(pv_replay *replay, int row, const void *const *obs, int back, int flags)
{
    const uint64_t place = replay->row[row].head;
    expire(replay, row, place);
    const size_t slot = pv_replay_slot(replay, row, place);
    for (int i = 0; i < replay->config.n_obs; i++) {
        const pv_replay_frames *f = &replay->frames[i];
        const int k = f->stack - 1 - back;
        extract(f->data + slot * f->frame, of_row(obs, i, row, f), f, k > 0 ? k : 0);
    }
    replay->flags[slot] = (uint8_t)flags;
    if (replay->filled < replay->places && place >= replay->filled) {
        replay->filled = place + 1;
    }
}

/* An episode's first observation shows one frame, repeated; one whose frames differ comes from
   within an episode (pushing began late), and its older frames are kept as history. */
static void begin(pv_replay *replay, int row, const void *const *obs)
{
    int repeated = 1;
    for (int i = 0; i < replay->config.n_obs; i++) {
        const pv_replay_frames *f = &replay->frames[i];
        repeated = repeated && is_repeated(of_row(obs, i, row, f), f);
    }
    int flags = PV_PLACE_FIRST;
    for (int back = repeated ? 0 : replay->history - 1; back > 0; back--) {
        write_frame(replay, row, obs, back, flags);
        replay->row[row].head++;
        flags = 0;
    }
    write_frame(replay, row, obs, 0, flags | PV_PLACE_RESET);
    replay->row[row].open = 1;
}

/* the row's newest place holds its last observation; nothing follows */
static void end(pv_replay *replay, int row)
{
    pv_replay_row *r = &replay->row[row];
    r->head++;
    r->open = 0;
    pv_replay_make_ready(replay, row, r->head);
}

static void push_row(pv_replay *replay, int row, const pv_replay_step *step)
{
    pv_replay_row *r = &replay->row[row];
    if (!r->open) {
        begin(replay, row, step->obs);
    }
    assert(follows(replay, row, step->obs));
    const int ended = step->terminated[row] || step->truncated[row];
    const size_t slot = pv_replay_slot(replay, row, r->head);
    for (int i = 0; i < replay->config.n_action; i++) {
        const pv_replay_actions *a = &replay->actions[i];
        memcpy(a->data + slot * a->size,
               (const unsigned char *)step->action[i] + (size_t)row * a->size, a->size);
    }
    replay->reward[slot] = step->reward[row];
    replay->flags[slot] |= PV_PLACE_TRANSITION;
    replay->flags[slot] |= step->terminated[row]  ? PV_PLACE_TERMINATED
                           : step->truncated[row] ? PV_PLACE_TRUNCATED
                                                  : 0;
    r->head++;
    write_frame(replay, row, ended ? step->final_obs : step->next_obs, 0, 0);
    replay->pushed++;
    if (ended) {
        end(replay, row);
    } else if (r->head >= (uint64_t)replay->config.n_step) {
        pv_replay_make_ready(replay, row, r->head - (uint64_t)replay->config.n_step + 1);
    }
}

void pv_replay_push(pv_replay *replay, const pv_replay_step *step)
{
    for (int row = 0; row < replay->config.rows; row++) {
        if (!step->valid || step->valid[row]) {
            push_row(replay, row, step);
        }
    }
}

void pv_replay_break(pv_replay *replay)
{
    for (int row = 0; row < replay->config.rows; row++) {
        pv_replay_row *r = &replay->row[row];
        if (r->open) {
            replay->flags[pv_replay_slot(replay, row, r->head - 1)] |= PV_PLACE_TRUNCATED;
            r->saved = r->saved < r->head ? r->saved : r->head - 1;
            end(replay, row);
        }
    }
}

uint64_t pv_replay_count(const pv_replay *replay)
{
    return replay->count;
}

uint64_t pv_replay_pushed(const pv_replay *replay)
{
    return replay->pushed;
}

int pv_replay_can_draw(const pv_replay *replay)
{
    return replay->stretches > 0;
}
