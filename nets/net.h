/* net.h: a neural network, built from one line of text.

   A net is the architecture and its parameters, constant while acting; a pass (nets/pass.h) holds
   what one thread computes with it. All parameters lie in one block, gradients in blocks of the
   same layout: a target network is one copy, a worker's gradient one loop, a checkpoint one table
   of tensors.

   Text:  "conv 16 8x8/4 relu, conv 32 4x4/2 relu, dense 256 relu"
   Several inputs get layers of their own before they are joined:
          "pixels: conv 16 3x3 relu; goal: embed 8; dense 64 relu"
   residual( ... ) adds its input to its output. docs/networks.md tells all layers.

   Beside the parameters a net holds running statistics (batchnorm's mean and variance): they are
   copied, blended and saved with it, but no optimiser sees them; pv_pass_keep_statistics brings
   them up to date. */
#ifndef PAVLOV_NETS_NET_H
#define PAVLOV_NETS_NET_H

#include "core/rng.h"
#include "core/tensors.h"
#include "nets/kernels.h"

/* what comes in, a row of it; names of inputs and heads have up to 31 letters */
typedef struct pv_net_input {
    const char *name;
    pv_dtype dtype; /* PV_F32, PV_U8 (read as scale * byte) or PV_I32 (categories) */
    uint32_t n;     /* categories; 0: numbers */
    uint32_t ndim, shape[4];
    float scale; /* of bytes: 1/255 for frames, 1 for flags */
} pv_net_input;

/* what goes out: further layers on top of the trunk, e.g. {"policy", "dense 4"}, {"value", "dense
   1"};
   {"q", "dense 3, dueling"} */
typedef struct pv_net_head {
    const char *name, *text;
} pv_net_head;

typedef struct pv_net_config {
    const pv_net_input *inputs;
    int n_inputs;     /* 1 to 16 */
    const char *text; /* the trunk; "" : none */
    const pv_net_head *heads;
    int n_heads;               /* 0: one head "output", what comes out of the trunk */
    const pv_kernels *kernels; /* NULL: the best */
    uint64_t seed;             /* of the initial parameters */
} pv_net_config;

/* a named piece of the parameter block */
typedef struct pv_net_tensor {
    char name[64]; /* "conv1.weight", "policy.dense1.bias" */
    size_t offset; /* in the block, floats */
    size_t count;
    int ndim;
    uint64_t shape[4];
    int decay;  /* 1: a weight that L2, L1 and AdamW shrink; 0: a bias, a gain */
    int frozen; /* 1: pv_update leaves it alone */
} pv_net_tensor;

typedef struct pv_net pv_net;

/* Builds a net and draws its parameters; everything is copied. Wrong text is an error that points
   at the position: 'net "dense x": dense takes a number of units, at "x" (column 7)'. NULL on
   failure. */
pv_net *pv_net_create(const pv_net_config *config);
void pv_net_destroy(pv_net *net);

/* Returns a net of the same architecture with parameters of its own, equal to the original's. */
pv_net *pv_net_clone(const pv_net *net);

/* Returns the parameter block and its length in floats. Whoever shares a net with other threads
   sees to it that nobody writes meanwhile. */
float *pv_net_parameters(pv_net *net);
const float *pv_net_parameters_const(const pv_net *net);
size_t pv_net_parameter_count(const pv_net *net);

/* The named tensors over the block; they are one array, pv_net_tensor_at(net, 0)[i] is number i. */
int pv_net_tensor_count(const pv_net *net);
const pv_net_tensor *pv_net_tensor_at(const pv_net *net, int i);
const pv_net_tensor *pv_net_tensor_find(const pv_net *net, const char *name);

/* Draws all parameters anew. */
void pv_net_init_parameters(pv_net *net, uint64_t seed);

/* to = from, and to += tau (from - to) (Polyak); both nets of one architecture. */
void pv_net_copy(pv_net *to, const pv_net *from);
void pv_net_blend(pv_net *to, const pv_net *from, float tau);

/* Freezes (or thaws) the tensors whose name begins with `prefix`; returns how many. */
int pv_net_freeze(pv_net *net, const char *prefix, int frozen);

/* Names and sizes of heads and inputs: floats (elements) of a row; the number of a head, -1 if
 * there is none.
 */
int pv_net_head_count(const pv_net *net);
const char *pv_net_head_name(const pv_net *net, int head);
int pv_net_head_find(const pv_net *net, const char *name);
size_t pv_net_head_size(const pv_net *net, int head);
int pv_net_input_count(const pv_net *net);
const char *pv_net_input_name(const pv_net *net, int input);
size_t pv_net_input_size(const pv_net *net, int input);

/* Returns the floats of recurrent state of a row, 0 if the net has no recurrent layer. */
size_t pv_net_state_size(const pv_net *net);

/* One line of the architecture, for `pavlov info`: layer i with its output shape and parameters. */
typedef struct pv_net_line {
    const char *layer; /* as typed: "conv 16 8x8/4 relu" */
    const char *where; /* "trunk", an input's or a head's name */
    const char *name;  /* "policy.dense1", with which the names of its tensors begin */
    uint32_t ndim, shape[4];
    size_t parameters;
} pv_net_line;
int pv_net_line_count(const pv_net *net);
pv_net_line pv_net_line_at(const pv_net *net, int i);

/* Adds the parameters (and running statistics) as tensors "<prefix><name>", and reads them back; a
   missing tensor or another shape is an error that names it. */
pv_status pv_net_save(const pv_net *net, pv_tensors *tensors, const char *prefix);
pv_status pv_net_load(pv_net *net, const pv_tensors *tensors, const char *prefix);

/* Layers as `pavlov list layers` prints them; NULL past the last. */
typedef struct pv_layer_info {
    const char *name, *usage, *summary;
} pv_layer_info;
const pv_layer_info *pv_layer_info_at(int i);

#endif
