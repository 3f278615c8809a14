/* tensors.c: the list of named tensors and texts. Lists are short (a handful per network layer), so
   names are looked up by going through them. */
#include "core/tensors.h"

#include "core/memory.h"

#include <assert.h>
#include <string.h>

enum { NAME_LIMIT = 255 };

typedef struct text {
    char *name, *value;
} text;

struct pv_tensors {
    pv_tensor **tensor; /* [n], each a block of its own, so that pointers to it last */
    text *texts;        /* [n_texts] */
    int n, capacity;
    int n_texts, texts_capacity;
};

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {[PV_U8] = {"U8", 1},   [PV_I32] = {"I32", 4}, [PV_F32] = {"F32", 4},
              [PV_F64] = {"F64", 8}, [PV_I64] = {"I64", 8}, [PV_U64] = {"U64", 8}};

enum { N_DTYPES = sizeof dtypes / sizeof dtypes[0] };

size_t pv_dtype_size(pv_dtype dtype)
{
    return dtype < N_DTYPES ? dtypes[dtype].size : 0;
}

const char *pv_dtype_name(pv_dtype dtype)
{
    return pv_dtype_size(dtype) ? dtypes[dtype].name : "?";
}

pv_dtype pv_dtype_find(const char *name)
{
    for (pv_dtype dtype = 1; dtype < N_DTYPES; dtype++) {
        if (strcmp(dtypes[dtype].name, name) == 0) {
            return dtype;
        }
    }
    return 0;
}

int pv_shape_size(pv_dtype dtype, int ndim, const uint64_t *shape, size_t *count, size_t *bytes)
{
    /* sizes are numbers of a JSON header, exact up to 2^53 */
    const uint64_t limit = (uint64_t)1 << 53;
    const size_t size = pv_dtype_size(dtype);
    uint64_t elements = 1;
    for (int i = 0; i < ndim; i++) {
        if (shape[i] > limit || (shape[i] > 0 && elements > limit / shape[i])) {
            return 0;
        }
        elements *= shape[i];
    }
    if (size == 0 || elements > limit / size || elements > SIZE_MAX / size) {
        return 0;
    }
    *count = (size_t)elements;
    *bytes = (size_t)elements * size;
    return 1;
}

pv_tensors *pv_tensors_create(void)
{
    return pv_alloc(sizeof(pv_tensors));
}

static void destroy_tensor(pv_tensor *tensor)
{
    if (tensor) {
        pv_free(tensor->name);
        pv_free(tensor->data);
        pv_free(tensor);
    }
}

void pv_tensors_destroy(pv_tensors *tensors)
{
    if (!tensors) {
        return;
    }
    for (int i = 0; i < tensors->n; i++) {
        destroy_tensor(tensors->tensor[i]);
    }
    for (int i = 0; i < tensors->n_texts; i++) {
        pv_free(tensors->texts[i].name);
        pv_free(tensors->texts[i].value);
    }
    pv_free(tensors->tensor);
    pv_free(tensors->texts);
    pv_free(tensors);
}

/* Makes room for one more element behind `n`; returns the array, NULL for want of memory. */
static void *with_room(void *array, int n, int *capacity, size_t size)
{
    if (n < *capacity) {
        return array;
    }
    const int more = *capacity ? *capacity * 2 : 8;
    void *grown = pv_realloc(array, (size_t)more * size);
    if (grown) {
        *capacity = more;
    }
    return grown;
}

pv_status pv_tensors_add(pv_tensors *tensors, const char *name, pv_dtype dtype, const void *data,
                         size_t count)
{
    return pv_tensors_add_shaped(tensors, name, dtype, data, 1, &(uint64_t){count});
}

pv_status pv_tensors_add_shaped(pv_tensors *tensors, const char *name, pv_dtype dtype,
                                const void *data, int ndim, const uint64_t *shape)
{
    size_t count = 0;
    size_t bytes = 0;
    const int fits = pv_shape_size(dtype, ndim, shape, &count, &bytes);
    assert(fits && ndim >= 0 && ndim <= 4);
    assert(strlen(name) <= NAME_LIMIT && strcmp(name, "__metadata__") != 0);
    assert(!pv_tensors_find(tensors, name));
    (void)fits;

    pv_tensor **list =
        with_room(tensors->tensor, tensors->n, &tensors->capacity, sizeof *tensors->tensor);
    if (!list) {
        return PV_ERROR_MEMORY;
    }
    tensors->tensor = list;
    pv_tensor *tensor = pv_alloc(sizeof *tensor);
    if (!tensor) {
        return PV_ERROR_MEMORY;
    }
    tensor->name = pv_copy_text(name);
    tensor->data = tensor->name ? pv_alloc(bytes) : NULL;
    if (!tensor->data) {
        destroy_tensor(tensor);
        return PV_ERROR_MEMORY;
    }
    tensor->dtype = dtype;
    tensor->ndim = ndim;
    tensor->count = count;
    for (int i = 0; i < ndim; i++) {
        tensor->shape[i] = shape[i];
    }
    if (bytes > 0) {
        memcpy(tensor->data, data, bytes);
    }
    tensors->tensor[tensors->n++] = tensor;
    return PV_OK;
}

int pv_tensors_count(const pv_tensors *tensors)
{
    return tensors->n;
}

const pv_tensor *pv_tensors_at(const pv_tensors *tensors, int i)
{
    assert(i >= 0 && i < tensors->n);
    return tensors->tensor[i];
}

const pv_tensor *pv_tensors_find(const pv_tensors *tensors, const char *name)
{
    for (int i = 0; i < tensors->n; i++) {
        if (strcmp(tensors->tensor[i]->name, name) == 0) {
            return tensors->tensor[i];
        }
    }
    return NULL;
}

pv_status pv_tensors_get(const pv_tensors *tensors, const char *name, pv_dtype dtype, void *data,
                         size_t count)
{
    const pv_tensor *tensor = pv_tensors_find(tensors, name);
    if (!tensor) {
        return pv_fail(PV_ERROR_FORMAT, "there is no tensor \"%s\"", name);
    }
    if (tensor->dtype != dtype) {
        return pv_fail(PV_ERROR_FORMAT, "tensor \"%s\" is of type %s; %s is needed", name,
                       pv_dtype_name(tensor->dtype), pv_dtype_name(dtype));
    }
    if (tensor->count != count) {
        return pv_fail(PV_ERROR_FORMAT, "tensor \"%s\" has %zu elements; %zu are needed", name,
                       tensor->count, count);
    }
    if (count > 0) {
        memcpy(data, tensor->data, count * pv_dtype_size(dtype));
    }
    return PV_OK;
}

static text *find_text(const pv_tensors *tensors, const char *name)
{
    for (int i = 0; i < tensors->n_texts; i++) {
        if (strcmp(tensors->texts[i].name, name) == 0) {
            return &tensors->texts[i];
        }
    }
    return NULL;
}

pv_status pv_tensors_set_text(pv_tensors *tensors, const char *name, const char *value)
{
    assert(strcmp(name, "pavlov.crc32c") != 0 && strcmp(name, "pavlov.crc32c.header") != 0);
    char *copy = pv_copy_text(value);
    if (!copy) {
        return PV_ERROR_MEMORY;
    }
    text *there = find_text(tensors, name);
    if (there) {
        pv_free(there->value);
        there->value = copy;
        return PV_OK;
    }
    text *list = with_room(tensors->texts, tensors->n_texts, &tensors->texts_capacity,
                           sizeof *tensors->texts);
    if (!list) {
        pv_free(copy);
        return PV_ERROR_MEMORY;
    }
    tensors->texts = list;
    char *name_copy = pv_copy_text(name);
    if (!name_copy) {
        pv_free(copy);
        return PV_ERROR_MEMORY;
    }
    tensors->texts[tensors->n_texts++] = (text){name_copy, copy};
    return PV_OK;
}

const char *pv_tensors_text(const pv_tensors *tensors, const char *name)
{
    const text *there = find_text(tensors, name);
    return there ? there->value : NULL;
}

int pv_tensors_text_count(const pv_tensors *tensors)
{
    return tensors->n_texts;
}

const char *pv_tensors_text_at(const pv_tensors *tensors, int i, const char **name)
{
    assert(i >= 0 && i < tensors->n_texts);
    *name = tensors->texts[i].name;
    return tensors->texts[i].value;
}
