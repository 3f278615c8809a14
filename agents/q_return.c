/* q_return.c: predicted against realised returns, in five sums a row. */
#include "agents/q_return.h"

#include "core/memory.h"

#include <math.h>
#include <string.h>

enum { CHOSEN, WEIGHT, SUM_Q, SUM_G, DECISIONS, FIELDS };

pv_status pv_q_return_init(pv_q_return *returns, int rows, double gamma)
{
    returns->rows = rows;
    returns->gamma = gamma;
    returns->row = pv_alloc_array((size_t)rows, FIELDS * sizeof *returns->row);
    return returns->row ? PV_OK : pv_last_status();
}

void pv_q_return_free(pv_q_return *returns)
{
    pv_free(returns->row);
}

static double *row_of(const pv_q_return *returns, int row)
{
    return returns->row + (size_t)row * FIELDS;
}

void pv_q_return_choose(pv_q_return *returns, int row, double value)
{
    row_of(returns, row)[CHOSEN] = value;
}

void pv_q_return_earn(pv_q_return *returns, int row, double reward)
{
    double *r = row_of(returns, row);
    r[WEIGHT] = 1.0 + returns->gamma * r[WEIGHT];
    r[SUM_Q] += r[CHOSEN];
    r[SUM_G] += reward * r[WEIGHT];
    r[DECISIONS] += 1.0;
}

void pv_q_return_end(pv_q_return *returns, int row, double beyond)
{
    double *r = row_of(returns, row);
    returns->over += r[SUM_Q] - (r[SUM_G] + returns->gamma * r[WEIGHT] * beyond);
    returns->decisions += r[DECISIONS];
    memset(r, 0, FIELDS * sizeof *r);
}

void pv_q_return_forget(pv_q_return *returns)
{
    memset(returns->row, 0, (size_t)returns->rows * FIELDS * sizeof *returns->row);
}

double pv_q_return_over(pv_q_return *returns)
{
    const double mean = returns->decisions > 0.0 ? returns->over / returns->decisions : NAN;
    returns->over = returns->decisions = 0.0;
    return mean;
}

pv_status pv_q_return_save(const pv_q_return *returns, pv_tensors *tensors)
{
    return pv_tensors_add(tensors, "row.returns", PV_F64, returns->row,
                          (size_t)returns->rows * FIELDS);
}

pv_status pv_q_return_load(pv_q_return *returns, const pv_tensors *tensors)
{
    const size_t count = (size_t)returns->rows * FIELDS;
    const pv_tensor *saved = pv_tensors_find(tensors, "row.returns");
    if (saved && saved->count != count) {
        pv_q_return_forget(returns);
        return PV_OK;
    }
    return pv_tensors_get(tensors, "row.returns", PV_F64, returns->row, count);
}
