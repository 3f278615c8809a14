/* parse_net.c: the text of a whole net: "name: layers; name: layers; layers of the trunk". */
#include "nets/parse.h"

#include <string.h>

/* which input a segment that begins with "name:" belongs to, -1: the trunk; -2: none of that name,
   with the failure told */
static int find_segment(pv_parser *parser)
{
    const pv_word word = pv_parse_peek(parser);
    const char *colon = word.length ? memchr(word.at, ':', (size_t)word.length) : NULL;
    if (!colon) {
        return -1;
    }
    const pv_word name = {word.at, (int)(colon - word.at)};
    const pv_graph *graph = parser->graph;
    for (int i = 0; i < graph->n_inputs; i++) {
        if (pv_word_is(name, graph->inputs[i].name)) {
            parser->at = colon + 1;
            return i;
        }
    }
    if (pv_layer_find(name.at, name.length)) {
        return -1; /* leaky:0.2 */
    }
    char names[PV_NODE_INPUTS * (PV_PORT_NAME + 4)] = "";
    for (int i = 0; i < graph->n_inputs; i++) {
        strcat(strcat(names, i ? ", " : ""), graph->inputs[i].name);
    }
    (void)pv_parse_fail(parser, name, "no input has this name; there %s %s",
                        graph->n_inputs == 1 ? "is" : "are", names);
    return -2;
}

/* all inputs side by side */
static int join(pv_graph *graph, const int *node)
{
    pv_node draft = {.layer = &pv_layer_join,
                     .n_inputs = graph->n_inputs,
                     .root = -1,
                     .source = -1,
                     .dtype = PV_F32};
    for (int i = 0; i < graph->n_inputs; i++) {
        draft.input[i] = pv_graph_floats(graph, node[i]);
        if (draft.input[i] < 0) {
            return -1;
        }
        draft.out_size += graph->nodes[draft.input[i]].out_size;
        if (draft.out_size > PV_ROW_MAX) {
            (void)pv_fail(PV_ERROR_ARGUMENT, "the inputs of a net have too many numbers together");
            return -1;
        }
    }
    draft.out = (pv_shape){1, {draft.out_size}};
    draft.in = draft.out;
    draft.in_size = draft.out_size;
    const int joined = pv_graph_add_node(graph, &draft);
    const int failed =
        joined < 0 || pv_graph_add_line(graph, "join", 4, 0, joined, joined, 0) != PV_OK;
    return failed ? -1 : joined;
}

/* the chains of inputs; *segment is -1 where the trunk begins */
static pv_status parse_inputs(pv_parser *parser, int *node, int *segment)
{
    int done[PV_NODE_INPUTS] = {0};
    for (;;) {
        const pv_word start = pv_parse_peek(parser);
        *segment = find_segment(parser);
        if (*segment == -2) {
            return pv_last_status();
        }
        if (*segment < 0) {
            return PV_OK;
        }
        if (done[*segment]++) {
            return pv_parse_fail(parser, start, "this input has its layers already");
        }
        parser->where = 1 + *segment;
        if (pv_parse_chain(parser, &node[*segment]) != PV_OK) {
            return pv_last_status();
        }
        if (*parser->at == ';') {
            parser->at++;
        } else if (*parser->at == ')') {
            return pv_parse_fail(parser, pv_parse_peek(parser), "no bracket was opened");
        }
    }
}

pv_status pv_parse_net(pv_graph *graph, const char *text, int *node, int *trunk)
{
    pv_parser parser = {.graph = graph, .owner = "net", .text = text, .at = text};
    int segment = 0;
    if (parse_inputs(&parser, node, &segment) != PV_OK) {
        return pv_last_status();
    }
    parser.where = 0;
    *trunk = graph->n_inputs == 1 ? node[0] : join(graph, node);
    if (*trunk < 0 || pv_parse_chain(&parser, trunk) != PV_OK) {
        return pv_last_status();
    }
    if (*parser.at == ')') {
        return pv_parse_fail(&parser, pv_parse_peek(&parser), "no bracket was opened");
    }
    if (*parser.at == ';') {
        return pv_parse_fail(&parser, pv_parse_peek(&parser),
                             "inputs' layers come first, those of the trunk last");
    }
    return PV_OK;
}
