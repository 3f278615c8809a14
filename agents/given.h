/* given.h: a policy given in words, for agents that predict what it is worth.

     random              every legal action equally likely
     optimal             the best, by value iteration through the world's own table
     action:K            always action K
     FILE.safetensors    the best by the action values of a saved tabular agent */
#ifndef PAVLOV_AGENTS_GIVEN_H
#define PAVLOV_AGENTS_GIVEN_H

#include "agents/policy.h"
#include "agents/table.h"

typedef struct pv_given {
    int32_t *action; /* [states]; NULL: random */
    size_t states;
    int actions;
} pv_given;

/* clang-format off */
#define PV_GIVEN_PARAM                                                                             \
    {.name = "policy", .help = "what to predict: random, optimal, action:K or FILE.safetensors",   \
     .text = "random"}
/* clang-format on */

/* Reads a policy for the states of a table. */
pv_status pv_given_init(pv_given *given, const pv_table *table, const char *text, double gamma);
void pv_given_free(pv_given *given);

/* Chooses; an action that the mask forbids gives way to a random legal one. */
int pv_given_choose(const pv_given *given, size_t state, const uint8_t *mask, pv_rng *rng);

/* Writes the probability of every action. */
void pv_given_probabilities(const pv_given *given, size_t state, const uint8_t *mask,
                            double *probability);

#endif
