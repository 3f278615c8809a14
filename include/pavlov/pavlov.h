/* pavlov.h: the whole library in one include: reinforcement learning in C.

   Read on in this order: status.h (how failures are told), env.h (what a world is), world.h
   (opening and stepping worlds), agent.h (agents by name), train.h (training and evaluation). */
#ifndef PAVLOV_H
#define PAVLOV_H

#define PV_VERSION "0.1.0"

#include "pavlov/agent.h"
#include "pavlov/draw.h"
#include "pavlov/env.h"
#include "pavlov/status.h"
#include "pavlov/train.h"
#include "pavlov/world.h"

#endif
