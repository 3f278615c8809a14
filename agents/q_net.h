/* q_net.h: a network that values actions, and its target network.

   An action's value is one number, or a distribution over returns of which Q is the mean:

     none  Q(s, a)                                             (Mnih et al. 2015)
     c51   logits of `atoms` fixed returns v_min .. v_max      (Bellemare, Dabney & Munos 2017)
     qr    `quantiles` returns, each as likely as the others   (Dabney et al. 2018)

   With dueling, all of these are of a state and of the actions' advantages (Wang et al. 2016). */
#ifndef PAVLOV_AGENTS_Q_NET_H
#define PAVLOV_AGENTS_Q_NET_H

#include "agents/deep.h"
#include "nets/loss_distributional.h"

typedef enum pv_q_kind { PV_Q_NUMBER, PV_Q_C51, PV_Q_QUANTILES } pv_q_kind;

typedef struct pv_q_net {
    pv_deep deep;
    pv_net *target; /* NULL: the network is its own */
    pv_q_kind kind;
    int actions;
    int atoms;          /* numbers an action has: 1, or those of its distribution */
    pv_support support; /* c51 */
    int dueling;
    uint64_t target_every; /* updates between two copies */
    double tau;            /* above 0: how far the target moves with every update instead */
} pv_q_net;

/* clang-format off */
#define PV_Q_NET_PARAMS                                                                            \
    {.name = "dueling", .help = "1: values of actions are of the state and of an advantage",       \
     .initial = 0.0, .low = 0.0, .high = 1.0},                                                     \
    {.name = "streams", .help = "dueling: layers that state and advantage have each for itself",   \
     .text = ""},                                                                                  \
    {.name = "noisy", .help = "1: every dense layer is a noisy one, which explores",               \
     .initial = 0.0, .low = 0.0, .high = 1.0},                                                     \
    {.name = "distribution", .help = "what is learned of a return: its mean, or more",             \
     .choices = "none|c51|qr"},                                                                    \
    {.name = "atoms", .help = "c51: returns that are told apart",                                  \
     .initial = 51.0, .low = 2.0, .high = 1000.0},                                                 \
    {.name = "v-min", .help = "c51: the least of them", .initial = -10.0, .low = -1e9,             \
     .high = 1e9},                                                                                 \
    {.name = "v-max", .help = "c51: the greatest of them", .initial = 10.0, .low = -1e9,           \
     .high = 1e9},                                                                                 \
    {.name = "quantiles", .help = "qr: how many there are",                                        \
     .initial = 50.0, .low = 2.0, .high = 1000.0},                                                 \
    {.name = "target", .help = "0: targets come from the network itself, not from an older one",   \
     .initial = 1.0, .low = 0.0, .high = 1.0},                                                     \
    {.name = "target-every", .help = "updates after which the target network becomes equal",       \
     .initial = 500.0, .low = 1.0, .high = 1e9},                                                   \
    {.name = "tau", .help = "above 0: with every update it moves this part of the way instead",    \
     .initial = 0.0, .low = 0.0, .high = 1.0}
/* Returns 1 if a net's text has a layer that remembers (lstm, gru). */
int pv_q_net_is_recurrent(const char *text);

/* clang-format on */

pv_status pv_q_net_init(pv_q_net *q, const pv_agent_config *config);
void pv_q_net_free(pv_q_net *q);

/* Moves the target network, if it is time to; to be called after every update. */
void pv_q_net_follow(pv_q_net *q);

/* Adds network, optimiser, counters and the target network ("target.…") as tensors; reads them. */
pv_status pv_q_net_save(const pv_q_net *q, pv_tensors *tensors);
pv_status pv_q_net_load(pv_q_net *q, const pv_tensors *tensors);

/* --- what one thread computes with it --- */

typedef struct pv_q_pass {
    pv_pass *pass;
    int rows, learns;    /* most of a batch; 1: backward will be asked for */
    size_t forwarded;    /* rows of the last forward */
    const float *output; /* [rows][actions][atoms] of the last forward */
    const float *value;  /* [rows][actions] Q; NULL: distributions of a pass that learns */
    float *gradient;     /* by `output`, zeroed by forward; NULL: does not learn */
    float *mixed, *mixed_gradient, *mean; /* memory of these, where a pass has none of its own */
} pv_q_pass;

pv_status pv_q_pass_init(pv_q_pass *pass, const pv_q_net *q, int rows, int learns);
void pv_q_pass_free(pv_q_pass *pass);

/* Fills output and value, by the network or the target network (`net`). */
void pv_q_forward(pv_q_pass *pass, const pv_q_net *q, const pv_net *net, const pv_net_batch *batch);

/* Q of outputs [rows][atoms]. */
void pv_q_mean(const pv_q_net *q, int rows, const float *output, float *mean);

/* Adds the gradient by the parameters to q->deep.gradient. */
void pv_q_backward(pv_q_pass *pass, pv_q_net *q);

/* Returns the network that targets come from. */
static inline const pv_net *pv_q_target_net(const pv_q_net *q)
{
    return q->target ? q->target : q->deep.net;
}

#endif
