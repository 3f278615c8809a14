/* The bug: the entry has a class for every index. */
#include "walk.h"

WALK_CLASS;

PV_EXPORT const pv_env_class *pv_env_entry(uint32_t host_abi, uint32_t index);
PV_EXPORT const pv_env_class *pv_env_entry(uint32_t host_abi, uint32_t index)
{
    (void)host_abi;
    (void)index;
    return &walk_class;
}
