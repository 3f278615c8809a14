/* The counting world once more, without save and load: resuming replays its episode. */
#define COUNTER_WITHOUT_SAVE
#include "counter.c"
