/* parse.c: the text of a network, by recursive descent. Every word is remembered by where it
   stands, so that a message can point at it; what a layer's options are, its own row of the table
   knows. */
#include "nets/parse.h"

#include "core/number.h"
#include "core/params.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    DEEPEST = 16,     /* residuals in residuals */
    ACTIVATIONS = 4,  /* most behind one layer */
    TEXT_SHOWN = 240, /* of a text in a message */
    LAYERS_MAX = 64,  /* rows of the table, for messages */
    WINDOW_MAX = 1 << 14
};

/* --- words ----------------------------------------------------------------------------------- */

static int is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int ends_word(char c)
{
    return c == '\0' || is_space(c) || c == ',' || c == ';' || c == '(' || c == ')';
}

pv_word pv_parse_peek(pv_parser *parser)
{
    while (is_space(*parser->at)) {
        parser->at++;
    }
    pv_word word = {parser->at, 0};
    while (!ends_word(word.at[word.length])) {
        word.length++;
    }
    return word;
}

pv_word pv_parse_word(pv_parser *parser)
{
    const pv_word word = pv_parse_peek(parser);
    parser->at = word.at + word.length;
    return word;
}

int pv_word_is(pv_word word, const char *text)
{
    return strlen(text) == (size_t)word.length && strncmp(word.at, text, strlen(text)) == 0;
}

int pv_word_number(pv_word word, double *value)
{
    char text[PV_NUMBER_SIZE];
    if (word.length == 0 || word.length >= (int)sizeof text) {
        return 0;
    }
    memcpy(text, word.at, (size_t)word.length);
    text[word.length] = '\0';
    return pv_number_read(text, value) == 0;
}

pv_status pv_parse_fail(pv_parser *parser, pv_word word, const char *format, ...)
{
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    const int long_text = strlen(parser->text) > TEXT_SHOWN;
    const int column = (int)(word.at - parser->text) + 1;
    if (*word.at == '\0') {
        return pv_fail(PV_ERROR_ARGUMENT, "%s \"%.*s%s\": %s, at the end (column %d)",
                       parser->owner, TEXT_SHOWN, parser->text, long_text ? "..." : "", message,
                       column);
    }
    return pv_fail(PV_ERROR_ARGUMENT, "%s \"%.*s%s\": %s, at \"%.*s\" (column %d)", parser->owner,
                   TEXT_SHOWN, parser->text, long_text ? "..." : "", message,
                   word.length ? (word.length < 80 ? word.length : 80) : 1, word.at, column);
}

const char *pv_shape_text(const pv_shape *shape, char *text)
{
    int length = 0;
    text[0] = '\0';
    for (int i = 0; i < shape->ndim; i++) {
        length += snprintf(text + length, 12, "%s%d", i ? "x" : "", shape->size[i]);
    }
    return shape->ndim ? text : "1";
}

/* --- options --------------------------------------------------------------------------------- */

/* digits at the start of a word; -1 if there are none or too many */
static int take_digits(const char **at, const char *end)
{
    int value = 0;
    const char *start = *at;
    while (*at < end && **at >= '0' && **at <= '9' && *at - start < 8) {
        value = 10 * value + (*(*at)++ - '0');
    }
    return *at > start ? value : -1;
}

pv_status pv_parse_integer(pv_parser *parser, const char *wanted, int low, int high, int *value)
{
    const pv_word word = pv_parse_word(parser);
    const char *at = word.at;
    *value = take_digits(&at, word.at + word.length);
    if (at != word.at + word.length || *value < low || *value > high) {
        return pv_parse_fail(parser, word, "%s takes %s", parser->layer, wanted);
    }
    return PV_OK;
}

pv_status pv_parse_window(pv_parser *parser, pv_node *node, int usual_stride, int pads)
{
    const pv_word word = pv_parse_word(parser);
    const char *at = word.at;
    const char *end = word.at + word.length;
    node->kernel[0] = take_digits(&at, end);
    int good = at < end && *at++ == 'x';
    node->kernel[1] = good ? take_digits(&at, end) : -1;
    node->stride = usual_stride ? usual_stride : node->kernel[0];
    if (good && at < end) {
        good = *at++ == '/';
        node->stride = good ? take_digits(&at, end) : -1;
    }
    if (!good || at != end || node->kernel[0] < 1 || node->kernel[1] < 1 || node->stride < 1 ||
        node->kernel[0] > WINDOW_MAX || node->kernel[1] > WINDOW_MAX) {
        return pv_parse_fail(parser, word, "%s takes a window and its stride, like 3x3 or 8x8/4",
                             parser->layer);
    }
    const pv_word pad = pv_parse_peek(parser);
    at = pad.at + 1;
    if (pads && pad.length > 1 && *pad.at == 'p' && *at >= '0' && *at <= '9') {
        (void)pv_parse_word(parser);
        node->pad = take_digits(&at, pad.at + pad.length);
        if (at != pad.at + pad.length || node->pad >= node->kernel[0] ||
            node->pad >= node->kernel[1]) {
            return pv_parse_fail(parser, pad, "%s takes a padding smaller than its window, like p1",
                                 parser->layer);
        }
    }
    return PV_OK;
}

typedef struct init_name {
    const char *name;
    pv_init_kind kind;
    int takes_value;
} init_name;

static const init_name init_names[] = {
    {"he", PV_INIT_HE, 0},           {"xavier", PV_INIT_XAVIER, 0},
    {"lecun", PV_INIT_LECUN, 0},     {"orthogonal", PV_INIT_ORTHOGONAL, 1},
    {"uniform", PV_INIT_UNIFORM, 1}, {"spread", PV_INIT_SPREAD, 0},
    {"zero", PV_INIT_ZERO, 0}};

/* splits "leaky:0.2" at its colon; the value's length is 0 if there is none */
static pv_word split_value(pv_word *word)
{
    const char *colon = memchr(word->at, ':', (size_t)word->length);
    pv_word value = {word->at + word->length, 0};
    if (colon) {
        value.at = colon + 1;
        value.length = word->length - (int)(value.at - word->at);
        word->length = (int)(colon - word->at);
    }
    return value;
}

static pv_status parse_init(pv_parser *parser, pv_word word, pv_init *init)
{
    pv_word name = {word.at + 5, word.length - 5};
    const pv_word value = split_value(&name);
    for (size_t i = 0; i < sizeof init_names / sizeof init_names[0]; i++) {
        if (!pv_word_is(name, init_names[i].name)) {
            continue;
        }
        double number = 0.0;
        if (*value.at == ':' || (value.at > name.at + name.length && value.length == 0) ||
            (value.length && (!init_names[i].takes_value || !pv_word_number(value, &number) ||
                              !(number > 0.0 && number <= 1e6)))) {
            return pv_parse_fail(parser, word, "init=%s takes %s", init_names[i].name,
                                 init_names[i].takes_value ? "a positive number, like :0.5"
                                                           : "no number");
        }
        *init = (pv_init){init_names[i].kind, (float)number};
        return PV_OK;
    }
    return pv_parse_fail(
        parser, word,
        "init= takes he, xavier, lecun, orthogonal[:gain], uniform[:a], spread or zero");
}

/* the activation layer a word names, NULL if it names none */
static const pv_layer_class *activation_named(pv_word word)
{
    (void)split_value(&word);
    const pv_layer_class *layer = pv_layer_find(word.at, word.length);
    return layer && layer->flags & PV_LAYER_ACTIVATION ? layer : NULL;
}

/* "leaky:0.2" into the node's activation and slope */
static pv_status read_activation(pv_parser *parser, pv_word word, const pv_layer_class *layer,
                                 pv_node *node)
{
    const pv_word whole = word;
    const pv_word value = split_value(&word);
    node->activation = layer->activation;
    node->slope = layer->slope;
    if (word.length == whole.length) {
        return PV_OK;
    }
    double slope = 0.0;
    if (layer->slope == 0.0f) {
        return pv_parse_fail(parser, whole, "%s takes no number", layer->info.name);
    }
    if (!pv_word_number(value, &slope) || !(slope > 0.0 && slope <= 100.0)) {
        return pv_parse_fail(parser, whole, "%s takes a slope above 0 and up to 100, like %s:%g",
                             layer->info.name, layer->info.name, (double)layer->slope);
    }
    node->slope = (float)slope;
    return PV_OK;
}

/* --- layers ---------------------------------------------------------------------------------- */

/* puts a layer on *node */
static pv_status add_layer(pv_parser *parser, pv_node *draft, int *node)
{
    pv_graph *graph = parser->graph;
    const unsigned flags = draft->layer->flags;
    const pv_dtype dtype = graph->nodes[*node].dtype;
    if ((dtype == PV_U8 && !(flags & PV_LAYER_READS_BYTES)) ||
        (dtype == PV_I32 && !(flags & PV_LAYER_READS_CATEGORIES))) {
        *node = pv_graph_floats(graph, *node);
        if (*node < 0) {
            return pv_last_status();
        }
    }
    const pv_node *input = &graph->nodes[*node];
    draft->where = parser->where;
    draft->n_inputs = 1;
    draft->input[0] = *node;
    draft->root = -1;
    draft->source = -1;
    draft->dtype = PV_F32;
    draft->in = input->out;
    draft->in_size = input->out_size;
    draft->out = draft->in;
    if (input->dtype == PV_U8) {
        draft->rate = graph->nodes[input->root].rate;
    }
    if (draft->layer->shape && draft->layer->shape(parser, draft) != PV_OK) {
        return pv_last_status();
    }
    draft->out_size = pv_shape_elements(&draft->out);
    if (draft->out_size < 0) {
        return pv_parse_fail(parser, parser->start, "%s makes more numbers than a row can have",
                             draft->layer->info.name);
    }
    *node = pv_graph_add_node(graph, draft);
    return *node < 0 ? pv_last_status() : PV_OK;
}

/* the words behind a layer's own options: init= and activations, of which the first may be fused;
   the others become layers of their own in after[] */
static pv_status parse_behind(pv_parser *parser, pv_node *draft, pv_node *after, int *n_after)
{
    const unsigned flags = draft->layer->flags;
    int fused = 0;
    for (pv_word word = pv_parse_peek(parser); word.length; word = pv_parse_peek(parser)) {
        (void)pv_parse_word(parser);
        const pv_layer_class *activation = activation_named(word);
        pv_status status = PV_OK;
        if (word.length > 4 && strncmp(word.at, "init=", 5) == 0 && flags & PV_LAYER_INIT) {
            status = parse_init(parser, word, &draft->init);
        } else if (!activation || *n_after == ACTIVATIONS) {
            status =
                pv_parse_fail(parser, word, "%s takes no \"%.*s\" here", draft->layer->info.name,
                              word.length < 80 ? word.length : 80, word.at);
        } else if (flags & PV_LAYER_FUSES && !fused && *n_after == 0 &&
                   activation->activation != PV_ACTIVATIONS) {
            fused = 1;
            status = read_activation(parser, word, activation, draft);
        } else {
            after[*n_after].layer = activation;
            status = read_activation(parser, word, activation, &after[(*n_after)++]);
        }
        if (status != PV_OK) {
            return status;
        }
    }
    return PV_OK;
}

static pv_status finish_layer(pv_parser *parser, pv_word start, pv_node *draft, int *node)
{
    pv_node after[ACTIVATIONS];
    int n_after = 0;
    memset(after, 0, sizeof after);
    const size_t before = parser->graph->parameter_count;
    pv_status status = parse_behind(parser, draft, after, &n_after);
    parser->start = start;
    const int is_sum = draft->layer == &pv_layer_residual;
    if (status == PV_OK && !is_sum) {
        status = add_layer(parser, draft, node);
    } else if (status == PV_OK) {
        *node = pv_graph_add_node(parser->graph, draft);
        status = *node < 0 ? pv_last_status() : PV_OK;
    }
    const int named = *node;
    for (int i = 0; i < n_after && status == PV_OK; i++) {
        status = add_layer(parser, &after[i], node);
    }
    if (status != PV_OK) {
        return status;
    }
    const char *end = parser->at;
    while (is_space(end[-1])) {
        end--;
    }
    return pv_graph_add_line(parser->graph, start.at, (int)(end - start.at), parser->where, named,
                             *node, parser->graph->parameter_count - before);
}

/* residual( chain ): the sum of what comes in and what the chain makes of it */
static pv_status parse_residual(pv_parser *parser, pv_word start, int *node)
{
    if (pv_parse_peek(parser).length || *parser->at != '(') {
        return pv_parse_fail(parser, pv_parse_peek(parser),
                             "residual takes layers in brackets, like residual(dense 64 relu)");
    }
    if (parser->depth == DEEPEST) {
        return pv_parse_fail(parser, start, "residuals can stand in %d others at most", DEEPEST);
    }
    const char *open = parser->at++;
    int body = *node;
    parser->depth++;
    pv_status status = pv_parse_chain(parser, &body);
    parser->depth--;
    if (status == PV_OK && *parser->at != ')') {
        return pv_parse_fail(parser, (pv_word){open, 1}, "a closing bracket is missing");
    }
    parser->at += status == PV_OK;
    if (status == PV_OK && body == *node) {
        return pv_parse_fail(parser, (pv_word){open, 1}, "residual takes at least one layer");
    }
    *node = status == PV_OK ? pv_graph_floats(parser->graph, *node) : -1;
    body = *node >= 0 ? pv_graph_floats(parser->graph, body) : -1;
    if (body < 0) {
        return pv_last_status();
    }
    const pv_node *in = &parser->graph->nodes[*node];
    const pv_node *out = &parser->graph->nodes[body];
    char in_text[48];
    char out_text[48];
    if (strcmp(pv_shape_text(&in->out, in_text), pv_shape_text(&out->out, out_text)) != 0) {
        return pv_parse_fail(parser, start,
                             "residual adds what comes in (%s) to what its layers make of it (%s), "
                             "which must have the same shape",
                             pv_shape_text(&in->out, in_text), pv_shape_text(&out->out, out_text));
    }
    pv_node sum = {.layer = &pv_layer_residual,
                   .where = parser->where,
                   .n_inputs = 2,
                   .input = {*node, body},
                   .root = -1,
                   .source = -1,
                   .dtype = PV_F32,
                   .in = in->out,
                   .out = in->out,
                   .in_size = in->out_size,
                   .out_size = in->out_size};
    return finish_layer(parser, start, &sum, node);
}

static pv_status unknown_layer(pv_parser *parser, pv_word word)
{
    const char *names[LAYERS_MAX];
    char name[48];
    int n = 0;
    for (int i = 0; pv_layer_at(i); i++) {
        assert(n < LAYERS_MAX);
        names[n++] = pv_layer_at(i)->info.name;
    }
    (void)snprintf(name, sizeof name, "%.*s", word.length, word.at);
    const char *near = pv_near_name(name, names, n);
    if (near) {
        return pv_parse_fail(parser, word, "unknown layer \"%s\"; did you mean \"%s\"?", name,
                             near);
    }
    return pv_parse_fail(parser, word, "unknown layer \"%s\"; \"pavlov list layers\" tells all",
                         name);
}

static pv_status parse_layer(pv_parser *parser, int *node)
{
    const pv_word start = pv_parse_word(parser);
    if (start.length == 0) {
        return pv_parse_fail(parser, start, "a layer is missing");
    }
    const pv_layer_class *layer = activation_named(start);
    layer = layer ? layer : pv_layer_find(start.at, start.length);
    if (!layer) {
        return unknown_layer(parser, start);
    }
    parser->layer = layer->info.name;
    parser->start = start;
    if (layer == &pv_layer_residual) {
        return parse_residual(parser, start, node);
    }
    pv_node draft = {.layer = layer};
    if (layer->flags & PV_LAYER_ACTIVATION) {
        if (read_activation(parser, start, layer, &draft) != PV_OK) {
            return pv_last_status();
        }
    } else if (layer->parse && layer->parse(parser, &draft) != PV_OK) {
        return pv_last_status();
    }
    return finish_layer(parser, start, &draft, node);
}

pv_status pv_parse_chain(pv_parser *parser, int *node)
{
    (void)pv_parse_peek(parser);
    if (*parser->at == '\0' || *parser->at == ';' || *parser->at == ')') {
        return PV_OK;
    }
    for (;;) {
        const pv_status status = parse_layer(parser, node);
        if (status != PV_OK) {
            return status;
        }
        const pv_word sign = pv_parse_peek(parser);
        if (*sign.at == '\0' || *sign.at == ';' || *sign.at == ')') {
            return PV_OK;
        }
        if (*sign.at != ',') {
            return pv_parse_fail(parser, sign, "a comma should stand between layers");
        }
        parser->at++;
    }
}
