/* layer_dueling.c: Q from a state's value and the actions' advantages: q = v + a - mean(a) (Wang et
   al. 2016, equation 9), of x = [v, a_1 .. a_n]. With N numbers for each (the atoms of a
   distribution), x = [v_1 .. v_N, a_11 .. a_1N, .. a_nN] and the mean over the actions is taken for
   each atom by itself (Hessel et al. 2018, the section "The Integrated Agent"). */
#include "nets/parse.h"

static pv_status parse(pv_parser *parser, pv_node *node)
{
    double number;
    node->units = 1;
    return pv_word_number(pv_parse_peek(parser), &number)
               ? pv_parse_integer(parser, "a number of atoms", 1, PV_UNITS_MAX, &node->units)
               : PV_OK;
}

static pv_status shape(pv_parser *parser, pv_node *node)
{
    const int atoms = node->units;
    if (node->in_size < 2 * atoms || node->in_size % atoms != 0) {
        return atoms == 1 ? pv_parse_fail(parser, parser->start,
                                          "dueling takes a value and the advantages of at least "
                                          "one action")
                          : pv_parse_fail(parser, parser->start,
                                          "dueling %d takes (1 + actions) x %d numbers, but %d "
                                          "come in",
                                          atoms, atoms, node->in_size);
    }
    const int actions = node->in_size / atoms - 1;
    node->out = atoms == 1 ? (pv_shape){1, {actions}} : (pv_shape){2, {actions, atoms}};
    return PV_OK;
}

static void forward(const pv_run *run)
{
    const int atoms = run->node->units;
    const int n = run->node->out_size;
    const float *x = run->x[0];
    float *y = run->y;
    for (int row = 0; row < run->rows; row++, x += n + atoms, y += n) {
        for (int k = 0; k < atoms; k++) {
            double sum = 0.0;
            for (int i = k; i < n; i += atoms) {
                sum += (double)x[atoms + i];
            }
            const float base = x[k] - (float)(sum * atoms / n);
            for (int i = k; i < n; i += atoms) {
                y[i] = x[atoms + i] + base;
            }
        }
    }
}

static void backward(const pv_run *run)
{
    const int atoms = run->node->units;
    const int n = run->node->out_size;
    const int accumulate = run->node->accumulate[0];
    const float *dy = run->dy;
    float *dx = run->dx[0];
    for (int row = 0; row < run->rows && dx; row++, dx += n + atoms, dy += n) {
        for (int k = 0; k < atoms; k++) {
            double sum = 0.0;
            for (int i = k; i < n; i += atoms) {
                sum += (double)dy[i];
            }
            const float mean = (float)(sum * atoms / n);
            dx[k] = accumulate ? dx[k] + (float)sum : (float)sum;
            for (int i = k; i < n; i += atoms) {
                const float own = dy[i] - mean;
                dx[atoms + i] = accumulate ? dx[atoms + i] + own : own;
            }
        }
    }
}

const pv_layer_class pv_layer_dueling = {
    .info = {"dueling", "dueling [N]", "Q of n actions (N atoms each) from a value, n advantages"},
    .parse = parse,
    .shape = shape,
    .forward = forward,
    .backward = backward};
