/* Tuned settings by agent and world, in rows of one table. Those named after a section or example
   are the values of Sutton & Barto, 2nd ed.; the others did best among a handful tried over seeds
   from 1001 on, which nothing else uses. */
#include "agents/presets.h"

#include <string.h>

#define BOOK "alpha=0.5,epsilon=0.1,gamma=1" /* Examples 6.5 and 6.6 */
/* the book's steps, growing smaller: with 0.5 to the end Sarsa's values never settle, and what is
   greedy by them at that moment may walk in a circle */
#define SETTLES "alpha=linear:0.5:0.05:20000,epsilon=0.1,gamma=1"
#define LAKE "alpha=linear:0.2:0.01:100000,epsilon=linear:1:0.05:50000,gamma=0.99"
#define LAKE_DOUBLE "alpha=linear:0.3:0.01:200000,epsilon=linear:1:0.05:100000,gamma=0.99"
#define BIG_LAKE "alpha=linear:0.2:0.01:500000,epsilon=linear:1:0.02:400000,gamma=0.999"
#define BIG_LAKE_MC "alpha=linear:0.2:0.01:500000,epsilon=linear:1:0.05:250000,gamma=0.99"
#define TAXI "alpha=0.3,explore=softmax,temperature=linear:1:0.05:150000,gamma=0.99"
#define CARDS "alpha=1/k,epsilon=0.1,gamma=1"
#define ROOMS "alpha=0.25,epsilon=linear:1:0.05:20000,gamma=0.97"
#define ARMS "alpha=1/k,explore=ucb,ucb=2,gamma=0" /* Section 2.7 */
/* tiles over what CartPole observes; it leaves these ranges only when it falls */
#define POLE "epsilon=0.02,ranges='-2.4..2.4 -3..3 -0.21..0.21 -3.5..3.5'"
/* no exploring: values begin at 0, above every true one, so that all is tried */
#define SWING "epsilon=0,gamma=1,lambda=0.9,traces=replace"
#define BIAS "alpha=0.1,epsilon=0.1,gamma=1" /* Example 6.7 */

/* Monte Carlo learns nothing before an episode ends, so where nothing cuts one short it needs slow
   learning and an exploration that is slow to fade, or it walks in a circle for ever */
#define SLOW "visits=every,alpha=0.005,epsilon=linear:1:0.1:400000,gamma=0.99"

/* found on seeds from 1001 on: returns of several steps spread values as fast as the pole falls,
   and a rate that sinks keeps a policy once it is good */
#define TWO_WIDE "net='dense 128 relu, dense 128 relu',"
#define CART                                                                                       \
    "net='dense 128 init=spread relu, dense 128 init=spread relu',"                                \
    "lr=linear:0.002:0.00002:50000,batch=64,train-every=1,target-every=400,n-step=8,"              \
    "double=1,epsilon=linear:1:0.05:10000,v-min=0,v-max=100"
#define SWING_UP                                                                                   \
    TWO_WIDE "lr=linear:0.002:0.00002:100000,batch=64,train-every=2,target-every=250,n-step=3,"    \
             "double=1,epsilon=linear:1:0.05:20000,v-min=-100,v-max=0"
/* rl-baselines3-zoo's but for the network and the rate: the flag is found because values of -1 a
   step make what was tried look worse than what was not */
#define HILL                                                                                       \
    TWO_WIDE "lr=linear:0.004:0.00004:150000,batch=128,capacity=10000,gamma=0.98,train-every=16,"  \
             "gradient-steps=8,target-every=300,epsilon=linear:1:0.07:24000,v-min=-50,v-max=0"

/* Young & Tian 2019: a quarter of the network of Mnih et al. 2015, PyTorch's first weights and its
   RMSProp, which adds eps to the root */
#define MINATAR                                                                                    \
    "net='conv 16 3x3 init=spread relu, dense 128 init=spread relu',optimizer=rmsprop-centered,"   \
    "lr=0.00025,beta2=0.95,eps=0.01,eps-outside=1,learn-start=5000,target-every=1000,"             \
    "epsilon=linear:1:0.1:100000"

/* all that happened is kept, since what pays is rare; Taxi needs no layer: its values are linear in
   one-hot states, a table */
#define BIG_LAKE_NET                                                                               \
    "net='dense 64 relu',lr=linear:0.001:0.00001:500000,batch=64,train-every=4,target-every=250,"  \
    "gamma=0.995,capacity=500000,epsilon=linear:1:0.05:400000"
#define TAXI_NET                                                                                   \
    "net='',lr=linear:0.02:0.0002:500000,batch=64,train-every=4,target-every=100,"                 \
    "epsilon=linear:1:0.05:200000"

/* advantages of a few steps in many lanes, smaller and smaller steps */
#define STEPS_OF_EIGHT(steps) "lr=linear:0.002:0:" #steps ",clip-norm=0.5,lambda=0.95,steps=8,"

/* rl-baselines3-zoo's, Pendulum with all of a rollout in four lanes */
#define CART_PPO                                                                                   \
    "steps=32,batch=256,epochs=20,lambda=0.8,gamma=0.98,lr=linear:0.001:0:100000,"                 \
    "clip=linear:0.2:0.01:100000,clip-norm=0.5"
#define SWING_UP_PPO "steps=256,batch=64,epochs=4,lambda=0.94,lr=0.0003,clip-norm=0.5"
/* wide draws, that the car may come up by chance */
#define HILL_PPO "steps=256,batch=256,gamma=0.999,clip-norm=0.5,log-std=1"
#define ROD_PPO "steps=1024,batch=64,epochs=10,gamma=0.9,lr=0.001,clip-norm=0.5"

static const pv_preset presets[] = {
    {"a2c", "CartPole-v1", STEPS_OF_EIGHT(250000) "entropy=0.001", 250000, 0, NULL, 8},
    {"a2c", "Acrobot-v1", STEPS_OF_EIGHT(300000) "entropy=0.005", 300000, 0, NULL, 16},

    {"reinforce", "CartPole-v1", "lr=linear:0.002:0:300000", 300000, 0, NULL, 0},

    {"ppo", "CartPole-v1", CART_PPO, 100000, 0, NULL, 8},
    {"ppo", "Acrobot-v1", SWING_UP_PPO, 200000, 0, NULL, 16},
    {"ppo", "Pendulum-v1", ROD_PPO, 150000, 0, NULL, 4},
    {"ppo", "MountainCarContinuous-v0", HILL_PPO, 300000, 0, "norm, norm-reward", 16},

    {"es", "CartPole-v1", "sigma=0.2,lr=linear:0.2:0.02:600000", 600000, 0, NULL, 0},
    {"es", "Acrobot-v1", "lr=linear:0.1:0.01:300000", 300000, 0, NULL, 0},
    {"es", "Pendulum-v1", "lr=linear:0.03:0.003:5000000", 5000000, 0, NULL, 0},

    {"hill-climb", "CartPole-v1", "episodes=20", 1000000, 0, NULL, 0},
    {"hill-climb", "Acrobot-v1", "sigma=1", 300000, 0, NULL, 0},

    {"dqn", "CartPole-v1", CART, 50000, 0, NULL, 0},
    {"dqn", "Acrobot-v1", SWING_UP, 100000, 0, NULL, 0},
    {"dqn", "MountainCar-v0", HILL, 150000, 0, NULL, 0},
    {"dqn", "FrozenLake8x8-v1", BIG_LAKE_NET, 500000, 0, NULL, 0},
    {"dqn", "Taxi-v4", TAXI_NET, 500000, 0, NULL, 0},
    {"dqn", "MinAtar/Asterix-v0", MINATAR, 1000000, 0, NULL, 0},
    {"dqn", "MinAtar/Breakout-v0", MINATAR, 1000000, 0, NULL, 0},
    {"dqn", "MinAtar/Freeway-v0", MINATAR, 1000000, 0, NULL, 0},
    {"dqn", "MinAtar/Seaquest-v0", MINATAR, 1000000, 0, NULL, 0},
    {"dqn", "MinAtar/SpaceInvaders-v0", MINATAR, 1000000, 0, NULL, 0},

    {"q-learning", "CliffWalking-v1", BOOK, 0, 500, NULL, 0},
    {"sarsa", "CliffWalking-v1", BOOK, 0, 500, NULL, 0},
    {"expected-sarsa", "CliffWalking-v1", BOOK, 0, 500, NULL, 0},
    {"double-q", "CliffWalking-v1", "alpha=0.25,epsilon=0.1,gamma=1", 0, 2000, NULL, 0},
    {"mc", "CliffWalking-v1", SLOW, 500000, 0, NULL, 0},

    {"q-learning", "WindyGridWorld-v0", BOOK, 8000, 0, NULL, 0},
    {"sarsa", "WindyGridWorld-v0", SETTLES, 20000, 0, NULL, 0},
    {"expected-sarsa", "WindyGridWorld-v0", SETTLES, 20000, 0, NULL, 0},
    {"double-q", "WindyGridWorld-v0", BOOK, 30000, 0, NULL, 0},
    {"mc", "WindyGridWorld-v0", SLOW, 500000, 0, NULL, 0},

    {"q-learning", "FrozenLake-v1", LAKE, 100000, 0, NULL, 0},
    {"sarsa", "FrozenLake-v1", LAKE, 100000, 0, NULL, 0},
    {"expected-sarsa", "FrozenLake-v1", LAKE, 100000, 0, NULL, 0},
    {"double-q", "FrozenLake-v1", LAKE_DOUBLE, 200000, 0, NULL, 0},
    {"mc", "FrozenLake-v1", LAKE, 100000, 0, NULL, 0},

    {"q-learning", "FrozenLake8x8-v1", BIG_LAKE, 500000, 0, NULL, 0},
    {"sarsa", "FrozenLake8x8-v1", BIG_LAKE, 500000, 0, NULL, 0},
    {"expected-sarsa", "FrozenLake8x8-v1", BIG_LAKE, 500000, 0, NULL, 0},
    {"double-q", "FrozenLake8x8-v1", BIG_LAKE, 500000, 0, NULL, 0},
    {"mc", "FrozenLake8x8-v1", BIG_LAKE_MC, 500000, 0, NULL, 0},
    {"value-iteration", "FrozenLake8x8-v1", "gamma=0.9999", 0, 100, NULL, 0},

    {"q-learning", "Taxi-v4", TAXI, 200000, 0, NULL, 0},
    {"sarsa", "Taxi-v4", TAXI, 200000, 0, NULL, 0},
    {"expected-sarsa", "Taxi-v4", TAXI, 200000, 0, NULL, 0},
    {"double-q", "Taxi-v4", TAXI, 200000, 0, NULL, 0},
    {"mc", "Taxi-v4", "visits=every,alpha=0.05,epsilon=linear:1:0.02:500000,gamma=0.95", 600000, 0,
     NULL, 0},

    {"q-learning", "Blackjack-v1", CARDS, 500000, 0, NULL, 0},
    {"sarsa", "Blackjack-v1", CARDS, 500000, 0, NULL, 0},
    {"expected-sarsa", "Blackjack-v1", CARDS, 500000, 0, NULL, 0},
    {"double-q", "Blackjack-v1", CARDS, 500000, 0, NULL, 0},
    {"mc", "Blackjack-v1", CARDS, 500000, 0, NULL, 0},

    {"q-learning", "FourRooms-v0", ROOMS, 50000, 0, NULL, 0},
    {"sarsa", "FourRooms-v0", ROOMS, 50000, 0, NULL, 0},
    {"expected-sarsa", "FourRooms-v0", ROOMS, 50000, 0, NULL, 0},
    {"double-q", "FourRooms-v0", ROOMS, 50000, 0, NULL, 0},
    {"mc", "FourRooms-v0", SLOW, 500000, 0, NULL, 0},

    {"q-learning", "GridWorld-v0", ROOMS, 50000, 0, NULL, 0},
    {"sarsa", "GridWorld-v0", ROOMS, 50000, 0, NULL, 0},
    {"expected-sarsa", "GridWorld-v0", ROOMS, 50000, 0, NULL, 0},
    {"double-q", "GridWorld-v0", ROOMS, 50000, 0, NULL, 0},
    {"mc", "GridWorld-v0", SLOW, 500000, 0, NULL, 0},

    {"q-learning", "Bandit-v0", ARMS, 0, 100, NULL, 0},
    {"sarsa", "Bandit-v0", ARMS, 0, 100, NULL, 0},
    {"expected-sarsa", "Bandit-v0", ARMS, 0, 100, NULL, 0},
    {"double-q", "Bandit-v0", ARMS, 0, 100, NULL, 0},
    {"mc", "Bandit-v0", "alpha=1/k,epsilon=0.1,gamma=0,visits=every", 0, 100, NULL, 0},

    {"q-learning", "MaximizationBias-v0", BIAS, 0, 300, NULL, 0},
    {"sarsa", "MaximizationBias-v0", BIAS, 0, 300, NULL, 0},
    {"expected-sarsa", "MaximizationBias-v0", BIAS, 0, 300, NULL, 0},
    {"double-q", "MaximizationBias-v0", BIAS, 0, 300, NULL, 0},
    {"mc", "MaximizationBias-v0", BIAS, 0, 300, NULL, 0},

    {"q-learning", "CartPole-v1", "alpha=0.1," POLE, 100000, 0, NULL, 0},
    {"sarsa", "CartPole-v1", "alpha=linear:0.3:0.01:100000," POLE, 100000, 0, NULL, 0},
    {"expected-sarsa", "CartPole-v1", "alpha=linear:0.3:0.01:100000," POLE, 100000, 0, NULL, 0},

    {"q-learning", "MountainCar-v0", "alpha=linear:0.5:0.02:100000," SWING, 100000, 0, NULL, 0},
    {"sarsa", "MountainCar-v0", "alpha=linear:0.5:0.02:100000," SWING, 100000, 0, NULL, 0},
    {"q-learning", "Acrobot-v1", "alpha=0.2,tiles=6," SWING, 200000, 0, NULL, 0},
    {"sarsa", "Acrobot-v1", "alpha=linear:0.3:0.02:200000,tiles=6," SWING, 200000, 0, NULL, 0},

    {"td", "RandomWalk-v0", "alpha=0.1,gamma=1,initial=0.5", 0, 100, NULL, 0}, /* Example 6.2 */
    {"mc", "RandomWalk-v0", "mode=prediction,visits=every,alpha=0.01,gamma=1,initial=0.5", 0, 100,
     NULL, 0},
};

/* how long the plain command trains where there is no preset; NULL: any agent */
static const pv_preset lengths[] = {
    {"random", NULL, NULL, 10000, 0, NULL, 0},
    {"value-iteration", NULL, NULL, 10000, 100, NULL, 0}, /* learns nothing: a curve to look at */
    {NULL, NULL, NULL, 100000, 0, NULL, 0},
};

const pv_preset *pv_preset_find(const char *agent, const char *world_id)
{
    for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++) {
        if (strcmp(presets[i].agent, agent) == 0 && strcmp(presets[i].world, world_id) == 0) {
            return &presets[i];
        }
    }
    const pv_preset *length = lengths;
    while (length->agent && strcmp(length->agent, agent) != 0) {
        length++;
    }
    return length;
}

pv_world *pv_preset_open(const char *agent, const char *world, const char *wrap)
{
    if (wrap) {
        return pv_world_open_wrapped(world, wrap);
    }
    pv_world *bare = pv_world_open(world);
    const char *usual = bare ? pv_preset_find(agent, pv_world_class(bare)->id)->wrap : NULL;
    if (!usual) {
        return bare;
    }
    /* a parameter may have made another world of it ("Pong-v0:observation=state") */
    pv_world *wrapped = pv_world_open_wrapped(world, usual);
    if (!wrapped && pv_last_status() == PV_ERROR_ARGUMENT) {
        pv_clear_error();
        return bare;
    }
    pv_world_close(bare);
    return wrapped;
}
