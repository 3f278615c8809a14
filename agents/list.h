/* list.h: the agents there are, a file each; agents.c puts them into pv_agent_classes. */
#ifndef PAVLOV_AGENTS_LIST_H
#define PAVLOV_AGENTS_LIST_H

#include "agents/agent.h"

extern const pv_agent_class pv_agent_a2c;
extern const pv_agent_class pv_agent_double_q;
extern const pv_agent_class pv_agent_dqn;
extern const pv_agent_class pv_agent_es;
extern const pv_agent_class pv_agent_expected_sarsa;
extern const pv_agent_class pv_agent_hill_climb;
extern const pv_agent_class pv_agent_mc;
extern const pv_agent_class pv_agent_ppo;
extern const pv_agent_class pv_agent_qlearning;
extern const pv_agent_class pv_agent_random;
extern const pv_agent_class pv_agent_reinforce;
extern const pv_agent_class pv_agent_sarsa;
extern const pv_agent_class pv_agent_td;
extern const pv_agent_class pv_agent_value_iteration;

#endif
