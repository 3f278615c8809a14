/* layer.h: what a layer is, for those who write one (private to nets/).

   A layer is a row of the table in layers.c: its text, output shape, parameters, initialiser,
   workspace, forward and backward stand together in one file layer_<family>.c. A net is a graph of
   nodes, each one layer with its options, in an order in which every node follows its inputs. */
#ifndef PAVLOV_NETS_LAYER_H
#define PAVLOV_NETS_LAYER_H

#include "core/rng.h"
#include "nets/net.h"
#include "pavlov/status.h"

typedef struct pv_graph pv_graph;
typedef struct pv_parser pv_parser;
typedef struct pv_layer_class pv_layer_class;

enum {
    PV_NODE_INPUTS = 16,   /* most inputs of a node */
    PV_NODE_NAME = 48,     /* bytes of "policy.dense1" */
    PV_ROW_MAX = 1 << 28,  /* most floats of a row */
    PV_UNITS_MAX = 1 << 24 /* most units of a layer */
};

/* the shape of one row */
typedef struct pv_shape {
    int ndim;
    int size[4];
} pv_shape;

typedef enum pv_init_kind {
    PV_INIT_DEFAULT, /* by the activation that follows */
    PV_INIT_HE,
    PV_INIT_XAVIER,
    PV_INIT_LECUN,
    PV_INIT_ORTHOGONAL,
    PV_INIT_UNIFORM,
    PV_INIT_SPREAD, /* uniform, and so are the biases of dense and conv */
    PV_INIT_ZERO
} pv_init_kind;

typedef struct pv_init {
    pv_init_kind kind;
    float value; /* gain of orthogonal, half width of uniform; 0: the usual one */
} pv_init;

/* what a node needs in a pass, floats */
typedef struct pv_workspace {
    size_t row;     /* kept from forward to backward, a row */
    size_t fixed;   /* kept from forward to backward, once */
    size_t scratch; /* for one call only, shared by all nodes */
} pv_workspace;

typedef struct pv_node {
    const pv_layer_class *layer;
    char name[PV_NODE_NAME]; /* "policy.dense1" */
    int where;               /* 0: trunk; 1 + i: input i; -1 - h: head h */
    int n_inputs;
    int input[PV_NODE_INPUTS]; /* nodes */
    int sizes[PV_NODE_INPUTS]; /* elements of a row of each input */
    int root;                  /* the node whose buffers hold the output: itself unless renamed */
    int source;                /* which input of the net this is, -1: none */
    pv_dtype dtype, in_dtype;  /* of the output; of the first input */
    pv_shape in, out;          /* of a row; `in` of the first input */
    int in_size, out_size;     /* elements of them */

    /* options, as the layer's parse set them */
    int units; /* of dense, filters, cells, numbers of an embedding */
    int kernel[2], stride, pad;
    pv_activation activation; /* fused, or the layer itself */
    float slope;              /* of the activation */
    float rate;               /* of dropout; scale of bytes */
    pv_init init;             /* never PV_INIT_DEFAULT once the graph is finished */

    size_t parameters, n_parameters; /* offset in the block, floats */
    size_t statistics, n_statistics; /* offset in the net's running statistics */
    size_t state, n_state;           /* offset in a row of recurrent state */

    /* set when the graph is finished */
    int by_blocks;                            /* worth working through in blocks of rows */
    int learns;                               /* it or what it stands on has parameters */
    int sees_input;                           /* a gradient can reach an input through it */
    unsigned char accumulate[PV_NODE_INPUTS]; /* another consumer wrote the gradient before */
    unsigned char written;                    /* used for this */
} pv_node;

/* One call of forward or backward on `rows` rows. All pointers are to the first of these rows. */
typedef struct pv_run {
    const pv_node *node;
    const pv_kernels *kernels;
    int rows;
    int training;
    int noise; /* the pass has drawn noise (noisy layers), which lies in `fixed` */
    const void *x[PV_NODE_INPUTS]; /* the inputs' outputs */
    float *y;
    const float *parameters, *statistics; /* the node's own */
    float *row;                           /* workspace [rows][row] */
    float *fixed;                         /* workspace [fixed] */
    float *scratch;
    pv_rng *rng;

    /* recurrent layers; never in blocks */
    int steps, sequences;
    const uint8_t *reset; /* [rows], may be NULL */
    const float *state;   /* the node's part of the first sequence; NULL: zero */
    float *state_after;   /* the same, may be NULL or `state` */
    size_t state_stride;  /* floats from a sequence to the next */
    float *dstate;        /* gradient by the first state */

    /* backward only */
    float *dy;                 /* may be overwritten */
    float *dx[PV_NODE_INPUTS]; /* NULL: not wanted; else (+)= by node->accumulate */
    float *dparameters;        /* += */
} pv_run;

enum {
    PV_LAYER_READS_BYTES = 1,      /* U8 in place, as node->rate * byte */
    PV_LAYER_READS_CATEGORIES = 2, /* I32 in place */
    PV_LAYER_ACTIVATION = 4,       /* may stand right behind another layer's options */
    PV_LAYER_FUSES = 8,            /* applies a pv_activation itself */
    PV_LAYER_INIT = 16,            /* takes init= */
    PV_LAYER_WHOLE_BATCH = 32,     /* its rows depend on each other */
    PV_LAYER_TRANSPARENT = 64      /* an activation behind it rules the initialiser before it */
};

struct pv_layer_class {
    pv_layer_info info; /* name, usage, summary; usage NULL: not for people */
    unsigned flags;
    pv_activation activation; /* of an activation layer; PV_ACTIVATIONS: cannot be fused */
    float slope;              /* its usual parameter; 0: it has none */
    pv_init_kind usual;       /* initialiser; PV_INIT_DEFAULT: by the activation that follows */

    /* Reads the options behind the name into the node; NULL: there are none. */
    pv_status (*parse)(pv_parser *parser, pv_node *node);
    /* Sets node->out from node->in, or fails; NULL: the same shape. */
    pv_status (*shape)(pv_parser *parser, pv_node *node);
    /* Declares parameters (pv_graph_add_tensor), running statistics and recurrent state. */
    pv_status (*tensors)(pv_graph *graph, pv_node *node);
    /* Draws the parameters, which are zero before. */
    void (*init)(const pv_node *node, float *parameters, pv_rng *rng);
    /* What a pass over at most `rows` rows needs; NULL: nothing. */
    pv_workspace (*workspace)(const pv_node *node, int rows);
    /* Draws a pass's noise into its `fixed`, where it stays until the next draw; NULL: none. */
    void (*draw)(const pv_node *node, float *fixed, pv_rng *rng);
    /* NULL: nothing to do. */
    void (*forward)(const pv_run *run);
    void (*backward)(const pv_run *run);
    /* Moves the running statistics towards those of the last forward; with statistics only. */
    void (*keep)(const pv_run *run, float *statistics);
};

/* The table; NULL past the last. */
const pv_layer_class *pv_layer_at(int i);
const pv_layer_class *pv_layer_find(const char *name, int length);

/* layers that the text does not name, but the builder puts in */
extern const pv_layer_class pv_layer_input;      /* what comes in */
extern const pv_layer_class pv_layer_bytes;      /* bytes to floats */
extern const pv_layer_class pv_layer_categories; /* categories to one-hot floats */
extern const pv_layer_class pv_layer_join;       /* several inputs, flattened, side by side */
extern const pv_layer_class pv_layer_residual;   /* the sum of two */

/* the families, each in its file */
extern const pv_layer_class pv_layer_dense, pv_layer_conv, pv_layer_maxpool, pv_layer_avgpool,
    pv_layer_flatten, pv_layer_layernorm, pv_layer_batchnorm, pv_layer_dropout, pv_layer_noisy,
    pv_layer_embed, pv_layer_lstm, pv_layer_gru, pv_layer_dueling, pv_layer_identity, pv_layer_relu,
    pv_layer_leaky, pv_layer_elu, pv_layer_selu, pv_layer_tanh, pv_layer_sigmoid, pv_layer_softplus,
    pv_layer_swish, pv_layer_gelu, pv_layer_softmax, pv_layer_log_softmax;

/* Returns the elements of a row, or -1 if they are too many. */
int pv_shape_elements(const pv_shape *shape);

/* Draws the first biases where the scheme has any; elsewhere they stay 0. */
void pv_init_bias(pv_init init, pv_rng *rng, int units, int fan_in, float *bias);

/* Fills a block [rows][columns] of a matrix with `stride` floats a row; the usual value of init
   stands for 0. */
void pv_init_matrix(pv_init init, pv_rng *rng, int rows, int columns, int stride, int fan_in,
                    int fan_out, float *w);

/* Takes the gradient dy, of a layer that fuses its activation, through that activation, in place.
 */
void pv_activation_back(const pv_run *run);

/* Sets the shape of a window's output with `filters` channels (0: as many as come in), or fails;
   a picture without channels gets one. The node as the kernels want it. */
pv_status pv_window_shape(pv_parser *parser, pv_node *node, int filters);
pv_conv pv_window_conv(const pv_node *node, int rows);

/* dx (+)= dy */
void pv_add_gradient(int accumulate, size_t n, const float *dy, float *dx);

#endif
