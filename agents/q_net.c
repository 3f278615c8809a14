/* q_net.c: heads of values on a network, and the target network beside it. Whatever an action has,
   one number or many, ends up as output [rows][actions][atoms] with its mean Q; dueling is put
   together here so that it is the same for all of them:

     q(s, a) = v(s) + A(s, a) - 1/n sum_b A(s, b)      (Wang et al. 2016, equation 9), atom by atom
 */
#include "agents/q_net.h"

#include "core/memory.h"

#include <string.h>

enum { VALUE, ADVANTAGE }; /* heads of a dueling network; else the only one is 0 */

/* --- making --- */

static pv_status read_distribution(pv_q_net *q, const pv_params *params)
{
    q->kind = (pv_q_kind)pv_params_number(params, "distribution");
    q->atoms = 1;
    if (q->kind == PV_Q_NUMBER) {
        return PV_OK;
    }
    pv_status status =
        pv_agent_whole(params, q->kind == PV_Q_C51 ? "atoms" : "quantiles", &q->atoms);
    if (status || q->kind == PV_Q_QUANTILES) {
        return status;
    }
    const double low = pv_params_number(params, "v-min");
    const double high = pv_params_number(params, "v-max");
    if (low >= high) {
        return pv_fail(PV_ERROR_ARGUMENT, "v-min must be below v-max, not %g and %g", low, high);
    }
    q->support = (pv_support){.atoms = q->atoms, .low = (float)low, .high = (float)high};
    return PV_OK;
}

/* Returns the first place in a net's text where a layer of that name stands, NULL if nowhere. */
static const char *find_layer(const char *text, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = strstr(text, name); at; at = strstr(at + 1, name)) {
        const int begins = at == text || !((at[-1] | 32) >= 'a' && (at[-1] | 32) <= 'z');
        if (begins && (at[length] == ' ' || at[length] == '\0' || at[length] == '\t')) {
            return at;
        }
    }
    return NULL;
}

int pv_q_net_is_recurrent(const char *text)
{
    return find_layer(text, "lstm") || find_layer(text, "gru");
}

/* Returns the text with every layer "dense" a "noisy"; the caller frees it. */
static char *make_noisy(const char *text)
{
    char *copy = pv_copy_text(text);
    const char *at = copy;
    while (at && (at = find_layer(at, "dense"))) {
        memcpy(copy + (at - copy), "noisy", 5);
    }
    return copy;
}

static pv_status make_net(pv_q_net *q, const pv_agent_config *config)
{
    const int noisy = pv_params_number(config->params, "noisy") != 0.0;
    const char *net = pv_params_text(config->params, "net");
    const char *streams = pv_params_text(config->params, "streams");
    const char *last = noisy ? "noisy" : "dense";
    const char *init = noisy ? "" : " init=spread";
    const char *between = q->dueling && *streams ? ", " : "";
    char *own = noisy ? make_noisy(net) : pv_copy_text(net);
    char *stream = noisy ? make_noisy(streams) : pv_copy_text(streams);
    const char *first = q->dueling && stream ? stream : "";
    char *one = pv_format_text("%s%s%s %d%s", first, between, last, q->atoms, init);
    char *all = pv_format_text("%s%s%s %d%s", first, between, last, q->actions * q->atoms, init);
    const pv_net_head heads[2] = {{"value", one}, {"advantage", all}};
    const pv_net_head head = {"q", all};
    pv_status status = pv_last_status();
    if (own && stream && one && all) {
        status = pv_deep_init(&q->deep, config, own, q->dueling ? heads : &head, 1 + q->dueling);
    }
    pv_free(own);
    pv_free(stream);
    pv_free(one);
    pv_free(all);
    return status;
}

pv_status pv_q_net_init(pv_q_net *q, const pv_agent_config *config)
{
    const pv_params *params = config->params;
    int every = 0;
    q->actions = (int)pv_world_spec(config->world)->action[0].n;
    q->dueling = pv_params_number(params, "dueling") != 0.0;
    q->tau = pv_params_number(params, "tau");
    pv_status status = pv_agent_whole(params, "target-every", &every);
    q->target_every = (uint64_t)every;
    status = status ? status : read_distribution(q, params);
    status = status ? status : make_net(q, config);
    if (status || pv_params_number(params, "target") == 0.0) {
        return status;
    }
    q->target = pv_net_clone(q->deep.net);
    return q->target ? PV_OK : pv_last_status();
}

void pv_q_net_free(pv_q_net *q)
{
    pv_deep_free(&q->deep);
    pv_net_destroy(q->target);
}

void pv_q_net_follow(pv_q_net *q)
{
    if (!q->target) {
        return;
    }
    if (q->tau > 0.0) {
        pv_net_blend(q->target, q->deep.net, (float)q->tau);
    } else if (q->deep.updates % q->target_every == 0) {
        pv_net_copy(q->target, q->deep.net);
    }
}

pv_status pv_q_net_save(const pv_q_net *q, pv_tensors *tensors)
{
    const pv_status status = pv_deep_save(&q->deep, tensors);
    return status || !q->target ? status : pv_net_save(q->target, tensors, "target.");
}

pv_status pv_q_net_load(pv_q_net *q, const pv_tensors *tensors)
{
    const pv_status status = pv_deep_load(&q->deep, tensors);
    return status || !q->target ? status : pv_net_load(q->target, tensors, "target.");
}

/* --- passes --- */

pv_status pv_q_pass_init(pv_q_pass *pass, const pv_q_net *q, int rows, int learns)
{
    const size_t values = (size_t)rows * (size_t)q->actions;
    const size_t outputs = values * (size_t)q->atoms;
    const pv_pass_config config = {.rows = rows, .learns = learns};
    pass->rows = rows;
    pass->learns = learns;
    pass->pass = pv_pass_create(q->deep.net, &config);
    int failed = !pass->pass;
    if (q->dueling) {
        pass->mixed = pv_alloc_array(outputs, sizeof *pass->mixed);
        pass->mixed_gradient = learns ? pv_alloc_array(outputs, sizeof *pass->mixed) : NULL;
        failed |= !pass->mixed || (learns && !pass->mixed_gradient);
    }
    if (q->kind != PV_Q_NUMBER && !learns) {
        pass->mean = pv_alloc_array(values, sizeof *pass->mean);
        failed |= !pass->mean;
    }
    return failed ? pv_last_status() : PV_OK;
}

void pv_q_pass_free(pv_q_pass *pass)
{
    pv_pass_destroy(pass->pass);
    pv_free(pass->mixed);
    pv_free(pass->mixed_gradient);
    pv_free(pass->mean);
}

/* q = v + A - mean(A) of one row, atom by atom */
static void mix_row(const pv_q_net *q, const float *value, const float *advantage, float *mixed)
{
    const int n = q->actions;
    const int atoms = q->atoms;
    for (int i = 0; i < atoms; i++) {
        double sum = 0.0;
        for (int a = 0; a < n; a++) {
            sum += (double)advantage[a * atoms + i];
        }
        const float base = value[i] - (float)(sum / n);
        for (int a = 0; a < n; a++) {
            mixed[a * atoms + i] = advantage[a * atoms + i] + base;
        }
    }
}

/* the gradients that q's leaves for v and A */
static void unmix_row(const pv_q_net *q, const float *mixed, float *value, float *advantage)
{
    const int n = q->actions;
    const int atoms = q->atoms;
    for (int i = 0; i < atoms; i++) {
        double sum = 0.0;
        for (int a = 0; a < n; a++) {
            sum += (double)mixed[a * atoms + i];
        }
        value[i] += (float)sum;
        for (int a = 0; a < n; a++) {
            advantage[a * atoms + i] += mixed[a * atoms + i] - (float)(sum / n);
        }
    }
}

void pv_q_mean(const pv_q_net *q, int rows, const float *output, float *mean)
{
    switch (q->kind) {
    case PV_Q_C51:
        pv_support_mean(&q->support, rows, output, NULL, mean);
        break;
    case PV_Q_QUANTILES:
        pv_quantile_mean(rows, q->atoms, output, mean);
        break;
    default:
        memcpy(mean, output, (size_t)rows * sizeof *mean);
    }
}

void pv_q_forward(pv_q_pass *pass, const pv_q_net *q, const pv_net *net, const pv_net_batch *batch)
{
    const size_t rows = (size_t)batch->steps * (size_t)batch->sequences;
    const size_t row = (size_t)q->actions * (size_t)q->atoms;
    const int values = (int)rows * q->actions;
    pv_pass_forward(pass->pass, net, batch);
    pass->output = pv_pass_output(pass->pass, 0);
    if (q->dueling) {
        const float *value = pv_pass_output(pass->pass, VALUE);
        const float *advantage = pv_pass_output(pass->pass, ADVANTAGE);
        for (size_t i = 0; i < rows; i++) {
            mix_row(q, value + i * (size_t)q->atoms, advantage + i * row, pass->mixed + i * row);
        }
        pass->output = pass->mixed;
        if (pass->mixed_gradient) {
            memset(pass->mixed_gradient, 0, rows * row * sizeof *pass->mixed_gradient);
        }
    }
    pass->value = q->kind == PV_Q_NUMBER ? pass->output : pass->learns ? NULL : pass->mean;
    if (q->kind != PV_Q_NUMBER && !pass->learns) {
        pv_q_mean(q, values, pass->output, pass->mean);
    }
    pass->gradient = NULL;
    if (pass->learns) {
        pass->gradient = q->dueling ? pass->mixed_gradient : pv_pass_output_gradient(pass->pass, 0);
    }
    pass->forwarded = rows;
}

void pv_q_backward(pv_q_pass *pass, pv_q_net *q)
{
    const size_t row = (size_t)q->actions * (size_t)q->atoms;
    if (q->dueling) {
        float *value = pv_pass_output_gradient(pass->pass, VALUE);
        float *advantage = pv_pass_output_gradient(pass->pass, ADVANTAGE);
        for (size_t i = 0; i < pass->forwarded; i++) {
            unmix_row(q, pass->mixed_gradient + i * row, value + i * (size_t)q->atoms,
                      advantage + i * row);
        }
    }
    pv_pass_backward(pass->pass, q->deep.net, q->deep.gradient, 0);
}
