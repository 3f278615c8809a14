/* A network's picture: which of its tensors and layers are shown, section by section. */
#include "media/net_picture.h"

#include "media/net_panels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- names ----------------------------------------------------------------------------------- */

/* 1 if `name` is the layer that was asked for, or lies in it: "policy" has "policy.dense1" */
static int wanted(const pv_net_picture *picture, const char *name)
{
    const char *layer = picture->layer;
    const size_t n = layer ? strlen(layer) : 0;
    return !layer || (strncmp(name, layer, n) == 0 && (name[n] == '\0' || name[n] == '.'));
}

static int is_head(const pv_net *net, const char *where)
{
    return pv_net_head_find(net, where) >= 0;
}

/* the line whose name a tensor's name begins with */
static pv_net_line line_of(const pv_net *net, const pv_net_tensor *tensor)
{
    const char *dot = strrchr(tensor->name, '.');
    const size_t n = (size_t)(dot - tensor->name);
    for (int i = 0; i < pv_net_line_count(net); i++) {
        const pv_net_line line = pv_net_line_at(net, i);
        if (strlen(line.name) == n && strncmp(line.name, tensor->name, n) == 0) {
            return line;
        }
    }
    return (pv_net_line){.layer = "", .where = "", .name = ""};
}

/* 1 for the weights of the first convolution of a chain that begins with an observation */
static int is_first_filter(const pv_net *net, const pv_net_tensor *tensor)
{
    const char *dot = strrchr(tensor->name, '.');
    const size_t n = (size_t)(dot - tensor->name);
    return tensor->ndim == 4 && n >= 5 && strncmp(dot - 5, "conv1", 5) == 0 &&
           (n == 5 || dot[-6] == '.') && !is_head(net, line_of(net, tensor).where);
}

/* frames of the observation that the first filters see: of the input they stand on */
static int frames_of(const pv_net_picture *picture, const pv_net_tensor *tensor)
{
    const pv_net *net = picture->net;
    const pv_net_line line = line_of(net, tensor);
    for (int i = 0; i < pv_net_input_count(net) && is_first_filter(net, tensor); i++) {
        if (pv_net_input_count(net) == 1 || strcmp(pv_net_input_name(net, i), line.where) == 0) {
            return picture->view ? picture->view[i].frames : 1;
        }
    }
    return 1;
}

/* "conv1.weight: conv 16 3x3 relu" */
static void make_title(char *title, const char *name, const char *layer)
{
    (void)snprintf(title, PV_PANEL_TEXT, "%s: %s", name, layer);
}

/* --- sections -------------------------------------------------------------------------------- */

static pv_status add_filters(const pv_net_picture *picture, pv_sheet *sheet)
{
    const pv_net *net = picture->net;
    pv_status status = PV_OK;
    int n = 0;
    for (int i = 0; i < pv_net_tensor_count(net) && status == PV_OK; i++) {
        const pv_net_tensor *tensor = pv_net_tensor_at(net, i);
        const int first = is_first_filter(net, tensor);
        if (tensor->ndim != 4 || !wanted(picture, tensor->name) || !(picture->layer || first)) {
            continue;
        }
        if (n++ == 0) {
            status = pv_sheet_head(sheet, "Filters of convolutions",
                                   "Each column is a filter; full colour is the largest weight of "
                                   "its layer.",
                                   PV_LEGEND_COLOURS);
        }
        char title[PV_PANEL_TEXT];
        int shape[4];
        for (int d = 0; d < 4; d++) {
            shape[d] = (int)tensor->shape[d];
        }
        make_title(title, tensor->name, line_of(net, tensor).layer);
        status = status
                     ? status
                     : pv_panel_filters(sheet, title, pv_net_parameters_const(net) + tensor->offset,
                                        shape, frames_of(picture, tensor));
    }
    return status;
}

/* layers whose output is that of the layer before */
static int says_nothing_new(const char *name)
{
    const char *dot = strrchr(name, '.');
    const char *own = dot ? dot + 1 : name;
    return strncmp(own, "flatten", 7) == 0 || strncmp(own, "join", 4) == 0 ||
           strncmp(own, "dropout", 7) == 0;
}

static pv_status add_output(pv_sheet *sheet, const pv_net_line *line, const float *x)
{
    static const char *const words[2] = {"rows", "columns"};
    const int shape[3] = {(int)line->shape[0], (int)line->shape[1], (int)line->shape[2]};
    char title[PV_PANEL_TEXT];
    make_title(title, line->name, line->layer);
    if (line->ndim == 3) {
        return pv_panel_maps(sheet, title, x, shape);
    }
    return line->ndim == 2 ? pv_panel_matrix(sheet, title, x, shape[0], shape[1], NULL, words)
                           : pv_panel_row(sheet, title, x, shape[0]);
}

static pv_status add_activations(const pv_net_picture *picture, pv_sheet *sheet)
{
    char note[PV_PANEL_TEXT];
    (void)snprintf(
        note, sizeof note,
        "What the layers make of one observation%s%s. Rows of numbers are squares, white where positive, "
        "black where negative.",
        picture->moment ? ", " : "", picture->moment ? picture->moment : "");
    pv_status status = pv_sheet_head(sheet, "Activations", note, PV_LEGEND_COLOURS);
    if (status == PV_OK && picture->frame) {
        status = pv_panel_frame(sheet, "the world", picture->frame);
    }
    for (int i = 0; i < pv_net_input_count(picture->net) && status == PV_OK; i++) {
        status = pv_panel_observation(sheet, &picture->view[i]);
    }
    for (int i = 0; i < pv_net_line_count(picture->net) && status == PV_OK; i++) {
        const pv_net_line line = pv_net_line_at(picture->net, i);
        const float *x = pv_pass_layer_output(picture->pass, i);
        if (x && line.ndim <= 3 && wanted(picture, line.name) && !says_nothing_new(line.name)) {
            status = add_output(sheet, &line, x);
        }
    }
    return status;
}

/* the vector of biases that belongs to a matrix: the next tensor of the same layer, if it has as
   many numbers as the matrix columns */
static const pv_net_tensor *bias_of(const pv_net *net, int i)
{
    const pv_net_tensor *weight = pv_net_tensor_at(net, i);
    if (weight->ndim < 2 || i + 1 >= pv_net_tensor_count(net)) {
        return NULL;
    }
    const pv_net_tensor *next = pv_net_tensor_at(net, i + 1);
    const size_t n = (size_t)(strrchr(weight->name, '.') - weight->name) + 1;
    return next->ndim == 1 && strncmp(weight->name, next->name, n) == 0 &&
                   next->count == weight->shape[weight->ndim - 1]
               ? next
               : NULL;
}

static pv_status add_weights(const pv_net_picture *picture, pv_sheet *sheet, int i,
                             const pv_net_tensor *bias)
{
    static const char *const dense[2] = {"inputs", "units"};
    static const char *const conv[2] = {"places of the patch", "filters"};
    const pv_net_tensor *tensor = pv_net_tensor_at(picture->net, i);
    const float *p = pv_net_parameters_const(picture->net);
    char title[PV_PANEL_TEXT];
    make_title(title, tensor->name, line_of(picture->net, tensor).layer);
    if (tensor->ndim < 2) {
        return pv_panel_row(sheet, title, p + tensor->offset, (int)tensor->count);
    }
    const int out = (int)tensor->shape[tensor->ndim - 1];
    return pv_panel_matrix(sheet, title, p + tensor->offset, (int)(tensor->count / (size_t)out),
                           out, bias ? p + bias->offset : NULL, tensor->ndim == 4 ? conv : dense);
}

static pv_status add_hinton(const pv_net_picture *picture, pv_sheet *sheet)
{
    const pv_net *net = picture->net;
    const int all = picture->show == PV_SHOW_ALL;
    pv_status status = PV_OK;
    int n = 0;
    for (int i = 0; i < pv_net_tensor_count(net) && status == PV_OK; i++) {
        const pv_net_tensor *tensor = pv_net_tensor_at(net, i);
        const pv_net_tensor *bias = bias_of(net, i);
        const int shown_above =
            all && tensor->ndim == 4 && (picture->layer || is_first_filter(net, tensor));
        if (!wanted(picture, tensor->name) || shown_above) {
            i += bias != NULL;
            continue;
        }
        if (n++ == 0) {
            status = pv_sheet_head(sheet, "Weights as Hinton diagrams",
                                   "The area of a square is the magnitude of a weight, its colour "
                                   "the sign; each layer by its own scale.",
                                   PV_LEGEND_SIGNS);
        }
        status = status ? status : add_weights(picture, sheet, i, bias);
        i += bias != NULL;
    }
    return status;
}

/* --- the whole ------------------------------------------------------------------------------- */

static int has_convolutions(const pv_net *net)
{
    int n = 0;
    for (int i = 0; i < pv_net_tensor_count(net); i++) {
        n += pv_net_tensor_at(net, i)->ndim == 4;
    }
    return n > 0;
}

/* an error that names all layers unless the one that was asked for is there */
static pv_status check_layer(const pv_net_picture *picture)
{
    char names[512] = "";
    for (int i = 0; i < pv_net_line_count(picture->net); i++) {
        const pv_net_line line = pv_net_line_at(picture->net, i);
        if (wanted(picture, line.name)) {
            return PV_OK;
        }
        if (strlen(names) + strlen(line.name) + 3 < sizeof names) {
            strcat(strcat(names, i ? ", " : ""), line.name);
        }
    }
    for (int i = 0; i < pv_net_tensor_count(picture->net); i++) {
        if (wanted(picture, pv_net_tensor_at(picture->net, i)->name)) {
            return PV_OK;
        }
    }
    return pv_fail(PV_ERROR_ARGUMENT, "the network has no layer \"%s\"; there are %s",
                   picture->layer, names);
}

static pv_status nothing_to_show(const pv_net_picture *picture)
{
    const char *what = picture->show == PV_SHOW_FILTERS ? "filters of convolutions" : "weights";
    if (picture->layer) {
        return pv_fail(PV_ERROR_FIT, "layer \"%s\" has no %s to show", picture->layer, what);
    }
    return pv_fail(PV_ERROR_FIT, "this network has no %s to show; try --what %s", what,
                   picture->show == PV_SHOW_FILTERS ? "hinton" : "activations");
}

static pv_status add_all(const pv_net_picture *picture, pv_sheet *sheet)
{
    const int all = picture->show == PV_SHOW_ALL;
    pv_status status = PV_OK;
    if (all || picture->show == PV_SHOW_FILTERS) {
        status = add_filters(picture, sheet);
    }
    const int activations =
        (all && has_convolutions(picture->net)) || picture->show == PV_SHOW_ACTIVATIONS;
    if (status == PV_OK && activations && picture->pass) {
        status = add_activations(picture, sheet);
    }
    if (status == PV_OK && (all || picture->show == PV_SHOW_HINTON)) {
        status = add_hinton(picture, sheet);
    }
    return status;
}

pv_status pv_net_picture_check(const char *path)
{
    return pv_sheet_check(path);
}

pv_status pv_net_picture_write(const pv_net_picture *picture, const char *path)
{
    pv_sheet sheet = {.title = picture->title, .note = picture->note};
    pv_status status = pv_sheet_check(path);
    status = status ? status : check_layer(picture);
    status = status ? status : add_all(picture, &sheet);
    if (status == PV_OK && sheet.n == 0) {
        status = nothing_to_show(picture);
    }
    status = status ? status : pv_sheet_write(&sheet, path);
    pv_sheet_free(&sheet);
    return status;
}
