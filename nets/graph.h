/* graph.h: the architecture of a net: nodes, named tensors and lines for people, without numbers
   (private to nets/). Plain data throughout, so that a copy is a copy of arrays. */
#ifndef PAVLOV_NETS_GRAPH_H
#define PAVLOV_NETS_GRAPH_H

#include "nets/layer.h"
#include "nets/net.h"

enum { PV_PORT_NAME = 32 }; /* bytes of an input's or a head's name */

/* a line of pv_net_line_at */
typedef struct pv_graph_line {
    size_t text; /* offset in `texts` */
    int where;   /* as in pv_node */
    int node;    /* its last: what comes out */
    int named;   /* its first: whose name it and its tensors have */
    size_t parameters;
} pv_graph_line;

typedef struct pv_port {
    char name[PV_PORT_NAME];
    int node;
} pv_port;

/* a running statistic: like a tensor, but nothing an optimiser sees */
typedef struct pv_graph_statistic {
    char name[64];
    size_t offset, count;
    float initial;
} pv_graph_statistic;

struct pv_graph {
    pv_node *nodes;
    int n_nodes;
    pv_net_tensor *tensors;
    int n_tensors;
    pv_graph_statistic *statistics;
    int n_statistics;
    pv_graph_line *lines;
    int n_lines;
    char *texts; /* of the lines, each ended by 0 */
    size_t n_texts;
    pv_port *inputs, *heads;
    int n_inputs, n_heads;
    size_t parameter_count, statistic_count, state_size; /* floats */
};

/* Builds the graph of a config; NULL on failure. */
pv_graph *pv_graph_create(const pv_net_config *config);
pv_graph *pv_graph_copy(const pv_graph *graph);
void pv_graph_destroy(pv_graph *graph);

/* Appends a node (copied; its inputs, layer, out, dtype and where are set) and returns its number,
   -1 on failure. Gives it a name. */
int pv_graph_add_node(pv_graph *graph, const pv_node *node);

/* Declares a tensor of the node that is being added: `decay` as in pv_net_tensor. */
pv_status pv_graph_add_tensor(pv_graph *graph, pv_node *node, const char *name, int decay, int ndim,
                              const int *shape);

/* Declares a running statistic of `count` floats, first `initial`. */
pv_status pv_graph_add_statistic(pv_graph *graph, pv_node *node, const char *name, int count,
                                 float initial);

/* Declares `count` floats of recurrent state a row. */
void pv_graph_add_state(pv_graph *graph, pv_node *node, int count);

/* Adds a line for people; the text is copied without line breaks. */
pv_status pv_graph_add_line(pv_graph *graph, const char *text, int length, int where, int named,
                            int node, size_t parameters);

/* Returns a node with the same output in floats: itself, or bytes and categories turned into
   floats; -1 on failure. */
int pv_graph_floats(pv_graph *graph, int node);

/* Sets what follows from the whole graph: initialisers, gradients' ways, blocks. */
void pv_graph_finish(pv_graph *graph);

/* Returns the name of where a node stands: "trunk", an input's or a head's. */
const char *pv_graph_where(const pv_graph *graph, int where);

#endif
