/* parity_play.h: traces of play with draws: the world draws what the trace holds. */
#ifndef PAVLOV_TESTS_PARITY_PLAY_H
#define PAVLOV_TESTS_PARITY_PLAY_H

#include "parity_compare.h"

/* Compares "19:10:0" with the categories observed. */
static int same_observation(const play *played, const char *recorded)
{
    for (uint32_t i = 0; i < played->spec->n_obs; i++) {
        char *end;
        if (strtol(recorded, &end, 10) != played->obs[i][0] || end == recorded ||
            *end != (i + 1 < played->spec->n_obs ? ':' : '\0')) {
            return 0;
        }
        recorded = end + 1;
    }
    return 1;
}

/* Compares "0:9:4 1:3:0", the flags set (channel:row:column), with MinAtar's board. */
static int same_board(const play *played, const char *recorded)
{
    const uint32_t *shape = played->spec->obs[0].shape;
    uint8_t expected[sizeof played->obs[0]] = {0};
    int used = 0;
    for (uint32_t c, y, x; sscanf(recorded, "%u:%u:%u%n", &c, &y, &x, &used) == 3;) {
        if (y >= shape[0] || x >= shape[1] || c >= shape[2]) {
            return 0;
        }
        expected[(y * shape[1] + x) * shape[2] + c] = 1;
        recorded += used;
        recorded += *recorded == ' ';
    }
    return *recorded == '\0' &&
           memcmp(expected, played->obs[0], pv_space_size(&played->spec->obs[0])) == 0;
}

static int is_minatar(const play *played)
{
    return strncmp(played->env_class->id, "MinAtar/", strlen("MinAtar/")) == 0;
}

/* In the traces of MinAtar the action executed last outlives a reset, in our worlds nothing does;
   their saved states begin with it (envs/minatar.h). */
static pv_status reset_minatar(play *played)
{
    const size_t size = played->env_class->state_size(played->env);
    uint8_t *state = must(malloc(size));
    int32_t last;
    played->env_class->save(played->env, state);
    memcpy(&last, state, sizeof last);
    pv_status status = play_reset(played, 0);
    played->env_class->save(played->env, state);
    memcpy(state, &last, sizeof last);
    status = status ? status : played->env_class->load(played->env, state, size);
    free(state);
    return status;
}

static pv_status replay_action(play *played, int32_t action)
{
    return action >= 0          ? play_step(played, action)
           : is_minatar(played) ? reset_minatar(played)
                                : play_reset(played, 0);
}

/* Does what a row says, the draws being its own; returns what is not as recorded, NULL if all is.
 */
static const char *replay_row(comparison *compared, size_t row, uint32_t *length)
{
    const trace *table = compared->table;
    play *played = &compared->played;
    recorded_draws *draws = played->instance.host.draws->ctx;
    const int32_t action = (int32_t)trace_number(table, row, 1);
    const int truncated_column = trace_column(table, "truncated");
    played->reward = 0.0f;
    played->terminated = played->truncated = 0;
    *draws = (recorded_draws){trace_cell(table, row, 5), 0};
    *length = action < 0 ? 0 : *length + 1;
    if (replay_action(played, action)) {
        return played->instance.message;
    }
    const uint32_t limit = played->spec->max_steps;
    const char *seen = trace_cell(table, row, 4);
    const int truncated = played->truncated || (limit > 0 && *length >= limit);
    return draws->wrong || *draws->rest                             ? "other draws"
           : played->reward != (float)trace_number(table, row, 2)   ? "another reward"
           : played->terminated != (int)trace_number(table, row, 3) ? "another end"
           : !(is_minatar(played) ? same_board(played, seen) : same_observation(played, seen))
               ? "another observation"
           : truncated_column >= 0 && truncated != (int)trace_number(table, row, truncated_column)
               ? "cut short elsewhere"
               : NULL;
}

static void compare_play(comparison *compared)
{
    uint32_t length = 0;
    for (size_t row = 0; row < compared->table->rows; row++) {
        const char *wrong = replay_row(compared, row, &length);
        if (wrong) {
            mismatch(compared, row, wrong);
        }
    }
}

#endif
