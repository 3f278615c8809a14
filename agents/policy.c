/* Exploration, from the same few lines for choosing and for probabilities, so that an expectation
   over the policy (Expected Sarsa) is of the very policy that acts.

   epsilon-greedy   a random legal action with probability epsilon, else the best (Sutton & Barto,
                    2nd ed., 2.2)
   softmax          P(a) = exp(Q(a)/T) / sum_b exp(Q(b)/T) (2.8, with values for preferences)
   ucb              argmax_a Q(a) + c sqrt(ln t / N(a)), t - 1 tries before; the untried first
                    (2.10; Auer, Cesa-Bianchi and Fischer 2002) */
#include "agents/policy.h"

#include <math.h>

pv_status pv_policy_init(pv_policy *policy, const pv_params *params)
{
    policy->explore = (pv_explore)pv_params_number(params, "explore");
    policy->ucb = pv_params_find(params, "ucb") < 0 ? 0.0 : pv_params_number(params, "ucb");
    const pv_status status =
        pv_schedule_parse(&policy->epsilon, "epsilon", pv_params_text(params, "epsilon"), 0.0, 1.0);
    if (status) {
        return status;
    }
    return pv_schedule_parse(&policy->temperature, "temperature",
                             pv_params_text(params, "temperature"), 1e-6, 1e9);
}

/* --- masks --- */

int pv_mask_any(const uint8_t *mask, int n)
{
    for (int a = 0; mask && a < n; a++) {
        if (mask[a]) {
            return 1;
        }
    }
    return mask == NULL;
}

static int is_legal(const uint8_t *mask, int action)
{
    return !mask || mask[action];
}

static int count_legal(const uint8_t *mask, int n)
{
    int legal = 0;
    for (int a = 0; a < n; a++) {
        legal += is_legal(mask, a);
    }
    return legal;
}

int pv_mask_choose(const uint8_t *mask, int n, pv_rng *rng)
{
    const int legal = count_legal(mask, n);
    if (legal == 0 || legal == n) {
        return (int)pv_rng_below(rng, (uint32_t)n);
    }
    int skip = (int)pv_rng_below(rng, (uint32_t)legal);
    for (int a = 0; a < n; a++) {
        if (mask[a] && skip-- == 0) {
            return a;
        }
    }
    return 0;
}

void pv_mask_probabilities(const uint8_t *mask, int n, double *probability)
{
    const int legal = count_legal(mask, n);
    for (int a = 0; a < n; a++) {
        probability[a] = legal == 0 ? 1.0 / n : is_legal(mask, a) ? 1.0 / legal : 0.0;
    }
}

/* the choice without a mask that forbids everything */
static pv_choice restricted(const pv_choice *choice)
{
    pv_choice legal = *choice;
    legal.mask = pv_mask_any(choice->mask, choice->n) ? choice->mask : NULL;
    return legal;
}

/* --- the best action --- */

/* what the best action maximises: its value, with UCB's bonus on top */
static double score(const pv_policy *policy, const pv_choice *choice, double log_t, int action)
{
    if (policy->explore != PV_EXPLORE_UCB) {
        return choice->value[action];
    }
    const double tries = (double)choice->count[action];
    if (tries < 1.0) {
        return INFINITY;
    }
    return choice->value[action] + policy->ucb * sqrt(log_t / tries);
}

static double log_tries(const pv_policy *policy, const pv_choice *choice)
{
    if (policy->explore != PV_EXPLORE_UCB) {
        return 0.0;
    }
    uint64_t tries = 1;
    for (int a = 0; a < choice->n; a++) {
        tries += choice->count[a];
    }
    return log((double)tries);
}

/* the best score of a legal action, and how many share it */
static double best_score(const pv_policy *policy, const pv_choice *choice, double log_t, int *ties)
{
    double best = -INFINITY;
    *ties = 0;
    for (int a = 0; a < choice->n; a++) {
        if (!is_legal(choice->mask, a)) {
            continue;
        }
        const double x = score(policy, choice, log_t, a);
        if (*ties == 0 || x > best) {
            best = x;
            *ties = 1;
        } else if (x == best) {
            (*ties)++;
        }
    }
    return best;
}

static int choose_best(const pv_policy *policy, const pv_choice *choice, pv_rng *rng)
{
    const double log_t = log_tries(policy, choice);
    int ties;
    const double best = best_score(policy, choice, log_t, &ties);
    int skip = ties > 1 ? (int)pv_rng_below(rng, (uint32_t)ties) : 0;
    for (int a = 0; a < choice->n; a++) {
        if (is_legal(choice->mask, a) && score(policy, choice, log_t, a) == best && skip-- == 0) {
            return a;
        }
    }
    return pv_policy_greedy(choice); /* only with values that are no numbers */
}

/* --- softmax --- */

/* unnormalised softmax weight; the largest is 1, so nothing overflows */
static double weight(const pv_choice *choice, double best, double temperature, int action)
{
    return is_legal(choice->mask, action) ? exp((choice->value[action] - best) / temperature) : 0.0;
}

static int choose_softmax(const pv_policy *policy, const pv_choice *choice, pv_rng *rng)
{
    const double temperature = pv_schedule_at(&policy->temperature, choice->step, choice->episode);
    int ties;
    const double best = best_score(policy, choice, 0.0, &ties);
    double sum = 0.0;
    for (int a = 0; a < choice->n; a++) {
        sum += weight(choice, best, temperature, a);
    }
    const double u = pv_rng_uniform(rng) * sum;
    double below = 0.0;
    for (int a = 0; a < choice->n; a++) {
        below += weight(choice, best, temperature, a);
        if (below > u) {
            return a;
        }
    }
    return pv_policy_greedy(choice); /* rounding left the sum at u */
}

/* --- all of them --- */

int pv_policy_choose(const pv_policy *policy, const pv_choice *choice, pv_rng *rng)
{
    const pv_choice legal = restricted(choice);
    switch (policy->explore) {
    case PV_EXPLORE_SOFTMAX:
        return choose_softmax(policy, &legal, rng);
    case PV_EXPLORE_EPSILON_GREEDY:
        if (pv_rng_uniform(rng) < pv_schedule_at(&policy->epsilon, legal.step, legal.episode)) {
            return pv_mask_choose(legal.mask, legal.n, rng);
        }
        return choose_best(policy, &legal, rng);
    case PV_EXPLORE_GREEDY:
    case PV_EXPLORE_UCB:
        return choose_best(policy, &legal, rng);
    }
    return 0;
}

static void probabilities_softmax(const pv_policy *policy, const pv_choice *choice, double *p)
{
    const double temperature = pv_schedule_at(&policy->temperature, choice->step, choice->episode);
    int ties;
    const double best = best_score(policy, choice, 0.0, &ties);
    double sum = 0.0;
    for (int a = 0; a < choice->n; a++) {
        p[a] = weight(choice, best, temperature, a);
        sum += p[a];
    }
    for (int a = 0; a < choice->n; a++) {
        p[a] /= sum;
    }
}

static void probabilities_best(const pv_policy *policy, const pv_choice *choice, double epsilon,
                               double *p)
{
    const double log_t = log_tries(policy, choice);
    const int n = count_legal(choice->mask, choice->n);
    int ties;
    const double best = best_score(policy, choice, log_t, &ties);
    for (int a = 0; a < choice->n; a++) {
        p[a] = 0.0;
        if (is_legal(choice->mask, a)) {
            const int is_best = score(policy, choice, log_t, a) == best;
            p[a] = epsilon / n + (is_best ? (1.0 - epsilon) / ties : 0.0);
        }
    }
}

void pv_policy_probabilities(const pv_policy *policy, const pv_choice *choice, double *probability)
{
    const pv_choice legal = restricted(choice);
    double epsilon = 0.0;
    if (policy->explore == PV_EXPLORE_SOFTMAX) {
        probabilities_softmax(policy, &legal, probability);
        return;
    }
    if (policy->explore == PV_EXPLORE_EPSILON_GREEDY) {
        epsilon = pv_schedule_at(&policy->epsilon, legal.step, legal.episode);
    }
    probabilities_best(policy, &legal, epsilon, probability);
}

int pv_policy_greedy(const pv_choice *choice)
{
    const pv_choice legal = restricted(choice);
    int best = -1;
    for (int a = 0; a < legal.n; a++) {
        if (is_legal(legal.mask, a) && (best < 0 || legal.value[a] > legal.value[best])) {
            best = a;
        }
    }
    return best;
}

const char *pv_policy_metric(const pv_policy *policy, uint64_t step, uint64_t episode,
                             double *value)
{
    if (policy->explore == PV_EXPLORE_EPSILON_GREEDY) {
        *value = pv_schedule_at(&policy->epsilon, step, episode);
        return "epsilon";
    }
    if (policy->explore == PV_EXPLORE_SOFTMAX) {
        *value = pv_schedule_at(&policy->temperature, step, episode);
        return "temperature";
    }
    return NULL;
}
