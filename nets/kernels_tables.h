/* kernels_tables.h: the tables of kernels themselves, for nets/kernels.c to choose from. */
#ifndef PAVLOV_NETS_KERNELS_TABLES_H
#define PAVLOV_NETS_KERNELS_TABLES_H

#include "nets/kernels.h"

extern const pv_kernels pv_kernels_table_plain, pv_kernels_table_avx512, pv_kernels_table_avx2,
    pv_kernels_table_neon;

/* SELU's constants (Klambauer et al. 2017): x > 0: scale x, else scale alpha (e^x - 1) */
#define PV_SELU_SCALE 1.0507009873554805f
#define PV_SELU_ALPHA 1.6732632423543772f

#endif
