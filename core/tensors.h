/* tensors.h: named tensors in memory and in .safetensors files.

   A checkpoint is a list of named tensors and of named texts (the metadata). Files are the
   safetensors format, which every Python user can open: an 8-byte little-endian length, a JSON
   header, raw little-endian data. The metadata carries two checksums (CRC-32C, eight hexadecimal
   digits): pavlov.crc32c of the data, and pavlov.crc32c.header of the header with its own digits as
   zeros. A reader refuses a file that is cut short, changed or not of this kind, and says which; a
   file of another program, without checksums, is read. */
#ifndef PAVLOV_CORE_TENSORS_H
#define PAVLOV_CORE_TENSORS_H

#include "pavlov/status.h"

/* further element types, for files only */
enum { PV_F64 = 4, PV_I64 = 5, PV_U64 = 6 };

/* Returns the size of an element in bytes, and its name in files ("F32"); 0 and "?" for no type. */
size_t pv_dtype_size(pv_dtype dtype);
const char *pv_dtype_name(pv_dtype dtype);

/* Returns the type of that name, 0 if it is none of ours. */
pv_dtype pv_dtype_find(const char *name);

/* Returns 1 and the elements and bytes of a shape, 0 if they are too many for a file. */
int pv_shape_size(pv_dtype dtype, int ndim, const uint64_t *shape, size_t *count, size_t *bytes);

typedef struct pv_tensor {
    char *name;
    pv_dtype dtype;
    int ndim;
    uint64_t shape[4];
    size_t count; /* elements */
    void *data;   /* owned by the list */
} pv_tensor;

typedef struct pv_tensors pv_tensors;

/* Returns an empty list; NULL on failure. */
pv_tensors *pv_tensors_create(void);
void pv_tensors_destroy(pv_tensors *tensors);

/* Adds a tensor of `count` elements in one dimension, or of the given shape; the data is copied. A
   name that is there already, or of more than 255 bytes, is the caller's mistake. */
pv_status pv_tensors_add(pv_tensors *tensors, const char *name, pv_dtype dtype, const void *data,
                         size_t count);
pv_status pv_tensors_add_shaped(pv_tensors *tensors, const char *name, pv_dtype dtype,
                                const void *data, int ndim, const uint64_t *shape);

/* Returns how many there are, and tensor i, and the one of that name (NULL if there is none); they
   stay where they are until the list is destroyed. */
int pv_tensors_count(const pv_tensors *tensors);
const pv_tensor *pv_tensors_at(const pv_tensors *tensors, int i);
const pv_tensor *pv_tensors_find(const pv_tensors *tensors, const char *name);

/* Copies a tensor's data out; one that is missing, of another type or of another count is an error
   that says so. */
pv_status pv_tensors_get(const pv_tensors *tensors, const char *name, pv_dtype dtype, void *data,
                         size_t count);

/* Sets or reads a text of the metadata (NULL if there is none). */
pv_status pv_tensors_set_text(pv_tensors *tensors, const char *name, const char *text);
const char *pv_tensors_text(const pv_tensors *tensors, const char *name);

/* Returns how many texts there are, and text i with its name in *name. */
int pv_tensors_text_count(const pv_tensors *tensors);
const char *pv_tensors_text_at(const pv_tensors *tensors, int i, const char **name);

/* Writes the list atomically (pv_file_write); the header lists tensors in the order they were
   added, the data of wide elements comes first. */
pv_status pv_tensors_write(const pv_tensors *tensors, const char *path);

/* Reads a file; NULL on failure. */
pv_tensors *pv_tensors_read(const char *path);

#endif
