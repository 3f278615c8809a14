/* reference_layers.h: the reference cases of layers and of whole nets. */
#ifndef PAVLOV_TESTS_REFERENCE_LAYERS_H
#define PAVLOV_TESTS_REFERENCE_LAYERS_H

#include "nets/heads.h"
#include "nets/loss.h"
#include "reference_nets.h"

/* y and dx, and the gradients by the named parameters, of a net of this text */
static inline void run_layer(reference *ref, const char *text, const ref_name *names, int n_names)
{
    const array x = ref_array(ref, "x");
    const array y = ref_array(ref, "y");
    const array dy = ref_array(ref, "dy");
    const array dx = ref_array(ref, "dx");
    const pv_net_input input = ref_input(&x, 1, PV_F32);
    const int rows = x.shape[0];
    ref_net r = ref_build(ref, &input, text, NULL, 0, rows);
    const void *in = x.x;
    ref_set(ref, &r, names, n_names);
    pv_pass_forward(r.pass, r.net,
                    &(pv_net_batch){.steps = 1, .sequences = rows, .input = &in, .training = 1});
    if ((size_t)rows * pv_net_head_size(r.net, 0) == (size_t)y.n) {
        ref_compare(ref, "y", &y, pv_pass_output(r.pass, 0));
        memcpy(pv_pass_output_gradient(r.pass, 0), dy.x, (size_t)dy.n * sizeof *dy.x);
        pv_pass_backward(r.pass, r.net, r.gradient, 1);
        ref_compare(ref, "dx", &dx, pv_pass_input_gradient(r.pass, 0));
        ref_compare_gradients(ref, &r, names, n_names);
    } else {
        ref_fail(ref, "y has another size: %zu", pv_net_head_size(r.net, 0));
    }
    ref_destroy(&r);
}

static inline void run_activation(reference *ref)
{
    static const ref_name texts[] = {{"act_leaky_relu", "leaky:0.01"}, {"act_gelu_tanh", "gelu"}};
    const char *text = ref->name + 4;
    for (int i = 0; i < 2; i++) {
        text = strcmp(ref->name, texts[i].theirs) == 0 ? texts[i].ours : text;
    }
    run_layer(ref, text, NULL, 0);
}

static inline void run_dense(reference *ref)
{
    static const ref_name names[] = {{"W", "dense1.weight"}, {"b", "dense1.bias"}};
    const array b = ref_tensor(ref, ref_object(ref, "params"), "b");
    char text[64];
    snprintf(text, sizeof text,
             strcmp(ref->name, "dense") == 0 ? "dense %d" : "residual(dense %d relu)", b.n);
    run_layer(ref, text, names, 2);
}

static inline void run_conv(reference *ref)
{
    static const ref_name names[] = {{"W", "conv1.weight"}, {"b", "conv1.bias"}};
    const array w = ref_tensor(ref, ref_object(ref, "params"), "W");
    char text[64];
    snprintf(text, sizeof text, "conv %d %dx%d/%d p%d", w.shape[3], w.shape[0], w.shape[1],
             (int)ref_number(ref, "stride"), (int)ref_number(ref, "pad"));
    run_layer(ref, text, names, 2);
}

/* "maxpool_3x3s2p1" */
static inline void run_pool(reference *ref)
{
    char kind[16];
    char text[64];
    int height = 0;
    int width = 0;
    int stride = 0;
    int pad = 0;
    if (sscanf(ref->name, "%7[a-z]_%dx%ds%dp%d", kind, &height, &width, &stride, &pad) < 4) {
        ref_fail(ref, "the name does not tell the window");
        return;
    }
    const int length = snprintf(text, sizeof text, "%s %dx%d/%d", kind, height, width, stride);
    if (pad > 0) {
        snprintf(text + length, sizeof text - (size_t)length, " p%d", pad);
    }
    run_layer(ref, text, NULL, 0);
}

static inline void run_norm(reference *ref)
{
    static const ref_name layer[] = {{"gain", "layernorm1.gain"}, {"bias", "layernorm1.bias"}};
    static const ref_name batch[] = {{"gain", "batchnorm1.gain"}, {"bias", "batchnorm1.bias"}};
    const int is_layer = strcmp(ref->name, "layernorm") == 0;
    if (ref_number(ref, "eps") != 1e-5) {
        ref_fail(ref, "eps is not 1e-5");
    }
    run_layer(ref, is_layer ? "layernorm" : "batchnorm", is_layer ? layer : batch, 2);
}

static inline void run_dueling(reference *ref)
{
    run_layer(ref, "dueling", NULL, 0);
}

/* --- recurrent ------------------------------------------------------------------------------- */

/* the case's Wh [H][3H] of a gru into our [H][2H] and [H][H], or the other way */
static inline void split_gru(const array *wh, float *recurrent, float *candidate, float *whole)
{
    const int h = wh->shape[0];
    for (int i = 0; i < h; i++) {
        for (int j = 0; j < 3 * h; j++) {
            float *ours = j < 2 * h ? &recurrent[i * 2 * h + j] : &candidate[i * h + j - 2 * h];
            if (whole) {
                whole[i * 3 * h + j] = *ours;
            } else {
                *ours = wh->x[i * 3 * h + j];
            }
        }
    }
}

static inline void recurrent_weights(reference *ref, const ref_net *r, int is_gru, int gradient)
{
    static const ref_name lstm[] = {
        {"Wx", "lstm1.weight"}, {"Wh", "lstm1.recurrent"}, {"b", "lstm1.bias"}};
    static const ref_name gru[] = {{"Wx", "gru1.weight"}, {"b", "gru1.bias"}};
    if (!gradient) {
        ref_set(ref, r, is_gru ? gru : lstm, is_gru ? 2 : 3);
    } else {
        ref_compare_gradients(ref, r, is_gru ? gru : lstm, is_gru ? 2 : 3);
    }
    if (is_gru) {
        const array wh = ref_tensor(ref, ref_object(ref, gradient ? "dparams" : "params"), "Wh");
        const int h = wh.shape[0];
        float *whole = ref_memory(ref, (size_t)wh.n * sizeof *whole);
        float *block = gradient ? r->gradient : pv_net_parameters(r->net);
        split_gru(&wh, ref_part(ref, r, block, "gru1.recurrent", 2 * h * h),
                  ref_part(ref, r, block, "gru1.candidate", h * h), gradient ? whole : NULL);
        if (gradient) {
            ref_compare(ref, "Wh", &wh, whole);
        }
    }
}

/* the state [sequences][state] of the case's h0 (and c0) */
static inline float *state_of(reference *ref, const char *object, int is_gru, array *h, array *c)
{
    *h = ref_tensor(ref, ref_object(ref, object), "h0");
    *c = is_gru ? *h : ref_tensor(ref, ref_object(ref, object), "c0");
    const int units = h->shape[1];
    const int size = is_gru ? units : 2 * units;
    float *state = ref_memory(ref, (size_t)(h->shape[0] * size) * sizeof *state);
    for (int b = 0; b < h->shape[0]; b++) {
        memcpy(state + b * size, h->x + b * units, (size_t)units * sizeof *state);
        if (!is_gru) {
            memcpy(state + b * size + units, c->x + b * units, (size_t)units * sizeof *state);
        }
    }
    return state;
}

static inline void run_recurrent(reference *ref)
{
    const int is_gru = strcmp(ref->name, "gru") == 0;
    const array x = ref_array(ref, "x");
    const array y = ref_array(ref, "y");
    const array dy = ref_array(ref, "dy");
    const array dx = ref_array(ref, "dx");
    const array given = ref_array(ref, "reset");
    array h;
    array c;
    char text[64];
    const float *state = state_of(ref, "params", is_gru, &h, &c);
    uint8_t *reset = ref_bytes(ref, &given);
    memset(reset, 0, (size_t)x.shape[1]); /* the first step starts from h0, c0 */
    const pv_net_input input = ref_input(&x, 2, PV_F32);
    const void *in = x.x;
    snprintf(text, sizeof text, "%s %d", ref->name, h.shape[1]);
    ref_net r = ref_build(ref, &input, text, NULL, 0, x.shape[0] * x.shape[1]);
    recurrent_weights(ref, &r, is_gru, 0);
    pv_pass_forward(r.pass, r.net,
                    &(pv_net_batch){.steps = x.shape[0],
                                    .sequences = x.shape[1],
                                    .input = &in,
                                    .reset = reset,
                                    .state = state,
                                    .training = 1});
    ref_compare(ref, "y", &y, pv_pass_output(r.pass, 0));
    memcpy(pv_pass_output_gradient(r.pass, 0), dy.x, (size_t)dy.n * sizeof *dy.x);
    pv_pass_backward(r.pass, r.net, r.gradient, 1);
    ref_compare(ref, "dx", &dx, pv_pass_input_gradient(r.pass, 0));
    recurrent_weights(ref, &r, is_gru, 1);
    array right = h;
    right.x = state_of(ref, "dparams", is_gru, &h, &c);
    right.n = is_gru ? h.n : 2 * h.n;
    ref_compare(ref, "the first state's gradient", &right, pv_pass_state_gradient(r.pass));
    ref_destroy(&r);
}

/* --- whole nets ------------------------------------------------------------------------------ */

static inline void run_actor_critic(reference *ref)
{
    static const ref_name names[] = {
        {"d1.W", "dense1.weight"},        {"d1.b", "dense1.bias"},
        {"pi.W", "policy.dense1.weight"}, {"pi.b", "policy.dense1.bias"},
        {"v.W", "value.dense1.weight"},   {"v.b", "value.dense1.bias"}};
    const array x = ref_array(ref, "x");
    const array logits = ref_array(ref, "logits");
    const array value = ref_array(ref, "value");
    const array action = ref_array(ref, "action");
    const array returns = ref_array(ref, "returns");
    const array bias = ref_tensor(ref, ref_object(ref, "params"), "d1.b");
    const int rows = x.shape[0];
    const int n = logits.shape[1];
    const pv_net_input input = ref_input(&x, 1, PV_F32);
    char trunk[32];
    char policy[32];
    snprintf(trunk, sizeof trunk, "dense %d tanh", bias.n);
    snprintf(policy, sizeof policy, "dense %d", n);
    const pv_net_head heads[] = {{"policy", policy}, {"value", "dense 1"}};
    ref_net r = ref_build(ref, &input, trunk, heads, 2, rows);
    ref_set(ref, &r, names, 6);
    const void *in = x.x;
    pv_pass_forward(r.pass, r.net,
                    &(pv_net_batch){.steps = 1, .sequences = rows, .input = &in, .training = 1});
    const float *v = pv_pass_output(r.pass, 1);
    ref_compare(ref, "logits", &logits, pv_pass_output(r.pass, 0));
    ref_compare(ref, "value", &value, v);

    float *log_prob = ref_memory(ref, (size_t)logits.n * sizeof *log_prob);
    float *entropy = ref_memory(ref, (size_t)rows * sizeof *entropy);
    float *coefficient = ref_memory(ref, (size_t)rows * sizeof *coefficient);
    const int32_t *chosen = ref_categories(ref, &action);
    pv_categorical_log(rows, n, pv_pass_output(r.pass, 0), NULL, log_prob);
    pv_categorical_entropy(rows, n, log_prob, entropy);
    double loss = pv_loss_squared(rows, 1, v, returns.x, NULL, 1.0f / (float)rows,
                                  pv_pass_output_gradient(r.pass, 1));
    for (int i = 0; i < rows; i++) {
        const float advantage = returns.x[i] - v[i];
        coefficient[i] = -advantage / (float)rows;
        loss += (double)(coefficient[i] * log_prob[i * n + chosen[i]]) -
                0.01 * (double)entropy[i] / rows;
    }
    pv_categorical_gradient(rows, n, log_prob, chosen, coefficient, -0.01f / (float)rows,
                            pv_pass_output_gradient(r.pass, 0));
    pv_pass_backward(r.pass, r.net, r.gradient, 0);
    ref_compare_number(ref, "loss", loss);
    ref_compare_gradients(ref, &r, names, 6);
    ref_destroy(&r);
}

static inline void run_pixel_dqn(reference *ref)
{
    static const ref_name names[] = {{"c1.W", "conv1.weight"},   {"c1.b", "conv1.bias"},
                                     {"c2.W", "conv2.weight"},   {"c2.b", "conv2.bias"},
                                     {"d1.W", "dense1.weight"},  {"d1.b", "dense1.bias"},
                                     {"q.W", "q.dense1.weight"}, {"q.b", "q.dense1.bias"}};
    const array x = ref_array(ref, "x");
    const array q = ref_array(ref, "q");
    const array action = ref_array(ref, "action");
    const array target = ref_array(ref, "target");
    const int rows = x.shape[0];
    const pv_net_input input = ref_input(&x, 1, PV_U8);
    const pv_net_head head = {"q", "dense 4"};
    ref_net r = ref_build(ref, &input, "conv 4 8x8/4 relu, conv 6 2x2/1 relu, dense 16 relu", &head,
                          1, rows);
    ref_set(ref, &r, names, 8);
    const void *in = ref_bytes(ref, &x);
    pv_pass_forward(r.pass, r.net,
                    &(pv_net_batch){.steps = 1, .sequences = rows, .input = &in, .training = 1});
    ref_compare(ref, "q", &q, pv_pass_output(r.pass, 0));
    const double loss =
        pv_loss_chosen(rows, 4, pv_pass_output(r.pass, 0), ref_categories(ref, &action), target.x,
                       1.0f, NULL, 1.0f / (float)rows, pv_pass_output_gradient(r.pass, 0), NULL);
    pv_pass_backward(r.pass, r.net, r.gradient, 0);
    ref_compare_number(ref, "loss", loss);
    ref_compare_gradients(ref, &r, names, 8);
    ref_destroy(&r);
}

#endif
