/* reference_nets.h: reads a reference case and compares with it, for test_nets_reference.c. */
#ifndef PAVLOV_TESTS_REFERENCE_NETS_H
#define PAVLOV_TESTS_REFERENCE_NETS_H

#include "core/json.h"
#include "core/memory.h"
#include "nets/net.h"
#include "nets/pass.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* a tensor of a case */
typedef struct array {
    int ndim, shape[4], n;
    float *x;
} array;

/* one case: its file, what went wrong with it, and the memory of its arrays */
typedef struct reference {
    const cJSON *json;
    const char *name;
    const pv_kernels *kernels;
    double tolerance; /* of each tensor's largest magnitude */
    int failed;
    void *memory[256];
    int n_memory;
} reference;

static inline void ref_fail(reference *ref, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("%s (%s): ", ref->name, ref->kernels->name);
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    ref->failed = 1;
}

static inline void *ref_memory(reference *ref, size_t bytes)
{
    void *memory = calloc(1, bytes + 1);
    if (!memory || ref->n_memory == 256) {
        abort();
    }
    ref->memory[ref->n_memory++] = memory;
    return memory;
}

static inline void ref_free(reference *ref)
{
    while (ref->n_memory > 0) {
        free(ref->memory[--ref->n_memory]);
    }
}

/* a tensor {"shape", "data"}; one that is missing fails the case */
static inline array ref_tensor(reference *ref, const cJSON *object, const char *name)
{
    array a = {0, {0}, 0, NULL};
    const cJSON *tensor = cJSON_GetObjectItemCaseSensitive(object, name);
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(tensor, "data");
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(tensor, "shape"))
    {
        a.shape[a.ndim++ % 4] = item->valueint;
    }
    a.x = ref_memory(ref, (size_t)cJSON_GetArraySize(data) * sizeof *a.x);
    cJSON_ArrayForEach(item, data)
    {
        a.x[a.n++] = (float)item->valuedouble;
    }
    if (a.n == 0) {
        ref_fail(ref, "no tensor \"%s\"", name);
    }
    return a;
}

static inline array ref_array(reference *ref, const char *name)
{
    return ref_tensor(ref, ref->json, name);
}

static inline const cJSON *ref_object(const reference *ref, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(ref->json, name);
}

/* a number that is a field of the case */
static inline double ref_number(const reference *ref, const char *name)
{
    return pv_json_number(ref->json, name, NAN);
}

/* categories and bytes of a tensor */
static inline int32_t *ref_categories(reference *ref, const array *a)
{
    int32_t *x = ref_memory(ref, (size_t)a->n * sizeof *x);
    for (int i = 0; i < a->n; i++) {
        x[i] = (int32_t)a->x[i];
    }
    return x;
}

static inline uint8_t *ref_bytes(reference *ref, const array *a)
{
    uint8_t *x = ref_memory(ref, (size_t)a->n);
    for (int i = 0; i < a->n; i++) {
        x[i] = (uint8_t)a->x[i];
    }
    return x;
}

/* fails the case where `own` differs from the tensor by more than the tolerance */
static inline void ref_compare(reference *ref, const char *what, const array *right,
                               const float *own)
{
    double largest = 0.0;
    double worst = 0.0;
    for (int i = 0; i < right->n; i++) {
        const double away = fabs((double)own[i] - (double)right->x[i]);
        largest = fmax(largest, fabs((double)right->x[i]));
        worst = away <= worst ? worst : away; /* NaN is worst */
    }
    if (!(worst <= ref->tolerance * fmax(largest, 1e-6))) {
        ref_fail(ref, "%s is %g off, its largest %g", what, worst, largest);
    }
}

static inline void ref_compare_number(reference *ref, const char *what, double own)
{
    const array right = ref_array(ref, what);
    const float value = (float)own;
    ref_compare(ref, what, &right, &value);
}

/* --- nets ------------------------------------------------------------------------------------ */

/* a net and a pass over it for one case */
typedef struct ref_net {
    pv_net *net;
    pv_pass *pass;
    float *gradient;
} ref_net;

/* the input x [rows][...], whose shape begins at dimension `first` */
static inline pv_net_input ref_input(const array *x, int first, pv_dtype dtype)
{
    pv_net_input input = {
        .name = "x", .dtype = dtype, .ndim = (uint32_t)(x->ndim - first), .scale = 1.0f / 255.0f};
    for (int d = first; d < x->ndim; d++) {
        input.shape[d - first] = (uint32_t)x->shape[d];
    }
    return input;
}

static inline ref_net ref_build(reference *ref, const pv_net_input *input, const char *text,
                                const pv_net_head *heads, int n_heads, int rows)
{
    ref_net r = {NULL, NULL, NULL};
    r.net = pv_net_create(&(pv_net_config){.inputs = input,
                                           .n_inputs = 1,
                                           .text = text,
                                           .heads = heads,
                                           .n_heads = n_heads,
                                           .kernels = ref->kernels,
                                           .seed = 1});
    if (r.net) {
        r.pass = pv_pass_create(r.net, &(pv_pass_config){.rows = rows, .learns = 1});
    }
    if (!r.pass) {
        printf("%s: %s\n", ref->name, pv_last_error());
        abort();
    }
    r.gradient = ref_memory(ref, pv_net_parameter_count(r.net) * sizeof *r.gradient);
    return r;
}

static inline void ref_destroy(ref_net *r)
{
    pv_pass_destroy(r->pass);
    pv_net_destroy(r->net);
}

/* the stretch of a block that a named tensor covers */
static inline float *ref_part(reference *ref, const ref_net *r, float *block, const char *name,
                              int n)
{
    const pv_net_tensor *tensor = pv_net_tensor_find(r->net, name);
    if (!tensor || tensor->count != (size_t)n) {
        ref_fail(ref, "the net has no \"%s\" of %d numbers", name, n);
        return NULL;
    }
    return block + tensor->offset;
}

/* which tensor of the net is which of the case */
typedef struct ref_name {
    const char *theirs, *ours;
} ref_name;

static inline void ref_set(reference *ref, const ref_net *r, const ref_name *names, int n)
{
    for (int i = 0; i < n && names[i].theirs; i++) {
        const array a = ref_tensor(ref, ref_object(ref, "params"), names[i].theirs);
        float *part = ref_part(ref, r, pv_net_parameters(r->net), names[i].ours, a.n);
        if (part) {
            memcpy(part, a.x, (size_t)a.n * sizeof *part);
        }
    }
}

static inline void ref_compare_gradients(reference *ref, const ref_net *r, const ref_name *names,
                                         int n)
{
    for (int i = 0; i < n && names[i].theirs; i++) {
        const array a = ref_tensor(ref, ref_object(ref, "dparams"), names[i].theirs);
        const float *part = ref_part(ref, r, r->gradient, names[i].ours, a.n);
        if (part) {
            ref_compare(ref, names[i].ours, &a, part);
        }
    }
}

#endif
