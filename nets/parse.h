/* parse.h: reading the text of a network, for the layers' parse functions (private to nets/). */
#ifndef PAVLOV_NETS_PARSE_H
#define PAVLOV_NETS_PARSE_H

#include "nets/graph.h"

/* a stretch of letters without space , ; ( ) in it */
typedef struct pv_word {
    const char *at;
    int length; /* 0: a sign or the end of the text */
} pv_word;

struct pv_parser {
    pv_graph *graph;
    const char *owner; /* "net", or "head \"policy\"" */
    const char *text, *at;
    int where;
    int depth;         /* of residuals */
    const char *layer; /* name of the layer that is being read, for messages */
    pv_word start;     /* its first word */
};

/* Reads a chain of layers up to the end, ';' or ')'; *node is what it stands on and becomes what
   comes out. */
pv_status pv_parse_chain(pv_parser *parser, int *node);

/* The next word, without and with stepping over it. */
pv_word pv_parse_peek(pv_parser *parser);
pv_word pv_parse_word(pv_parser *parser);

/* Returns 1 if the word reads as a number / is this text. */
int pv_word_number(pv_word word, double *value);
int pv_word_is(pv_word word, const char *text);

/* Reads a whole number from low to high; else fails with '<layer> takes <wanted>'. */
pv_status pv_parse_integer(pv_parser *parser, const char *wanted, int low, int high, int *value);

/* Reads a window: "8x8/4" into kernel and stride, then perhaps "p1" into pad if `pads`. */
pv_status pv_parse_window(pv_parser *parser, pv_node *node, int usual_stride, int pads);

/* Reads the whole text of a net: inputs' chains, then the trunk. node[i] is what input i stands on
   and becomes its chain's end; *trunk becomes the trunk's end. */
pv_status pv_parse_net(pv_graph *graph, const char *text, int *node, int *trunk);

/* Writes a shape as "84x84x4" into `text` of at least 48 bytes, and returns it. */
const char *pv_shape_text(const pv_shape *shape, char *text);

/* Fails: 'net "text": <message>, at "word" (column N)'. */
pv_status pv_parse_fail(pv_parser *parser, pv_word word, const char *format, ...) PV_PRINTF(3, 4);

#endif
