/* test_nets_parse.c: the text of networks: shapes and parameter counts worked out by hand, and what
   is said of text that is none. */
#include "nets_help.h"

#include <stdio.h>

static size_t live_before;

static void setup(void)
{
    live_before = pv_memory_live();
}

static void teardown(void)
{
    ck_assert_uint_eq(pv_memory_live(), live_before);
}

/* --- good texts ------------------------------------------------------------------------------ */

typedef struct good {
    uint32_t a, b, c; /* the input */
    const char *text;
    const char *shape; /* of what comes out */
    size_t parameters;
} good;

static const good good_texts[] = {
    {4, 0, 0, "", "4", 0},
    {4, 0, 0, "  \n ", "4", 0},
    {4, 0, 0, "dense 64", "64", 4 * 64 + 64},
    {4, 0, 0, "dense 64 relu, dense 64 relu, dense 2", "2", 4610},
    {4, 0, 0, "dense 8 leaky, dense 8 leaky:0.2, leaky:0.5, elu:2", "8", 112},
    {4, 0, 0, "dense 8 swish,gelu , dense 3 softmax", "3", 4 * 8 + 8 + 8 * 3 + 3},
    {4, 0, 0, "dense 8 init=orthogonal:0.01 tanh, dense 8 relu init=he", "8", 112},
    {84, 84, 4, "conv 32 8x8/4 relu, conv 64 4x4/2 relu, conv 64 3x3 relu, dense 512 relu", "512",
     8224 + 32832 + 36928 + 1606144},
    {84, 84, 4, "conv 16 8x8/4 relu, conv 32 4x4/2 relu", "9x9x32", 4112 + 8224},
    {10, 10, 4, "conv 16 3x3", "8x8x16", 592},
    {10, 10, 4, "conv 16 3x3/2 p1", "5x5x16", 592},
    {7, 9, 0, "conv 2 2x3", "6x7x2", 14},
    {7, 9, 3, "maxpool 2x2", "3x4x3", 0},
    {7, 9, 3, "maxpool 3x3/2 p1", "4x5x3", 0},
    {7, 9, 3, "avgpool 2x3/1, flatten", "126", 0},
    {6, 5, 2, "flatten, layernorm", "60", 120},
    {6, 5, 2, "layernorm, batchnorm relu", "6x5x2", 8},
    {5, 0, 0, "lstm 7", "7", 5 * 28 + 7 * 28 + 28},
    {5, 0, 0, "gru 7", "7", 5 * 21 + 7 * 14 + 7 * 7 + 21},
    {5, 0, 0, "embed 3", "3", 15},
    {5, 0, 0, "dropout 0.5, identity", "5", 0},
    {5, 0, 0, "dueling", "4", 0},
    {12, 0, 0, "dueling 3", "3x3", 0},
    {7, 0, 0, "noisy 4 relu", "4", 64},
    {8, 0, 0, "residual(dense 8 relu)", "8", 72},
    {8, 0, 0, "residual ( dense 3 tanh, residual( dense 3 ), dense 8 ) relu", "8", 27 + 12 + 32},
    {6, 6, 2, "residual(conv 4 3x3 p1 relu, conv 2 1x1)", "6x6x2", 76 + 10}};

static void shape_text(const pv_net *net, const pv_net_input *input, char *text)
{
    const int lines = pv_net_line_count(net);
    const pv_net_line line = lines ? pv_net_line_at(net, lines - 1) : (pv_net_line){0};
    const uint32_t *shape = lines ? line.shape : input->shape;
    const uint32_t ndim = lines ? line.ndim : input->ndim;
    text[0] = '\0';
    for (uint32_t d = 0; d < ndim; d++) {
        sprintf(text + strlen(text), "%s%u", d ? "x" : "", shape[d]);
    }
}

START_TEST(shapes_and_parameters_of_good_texts_are_those_worked_out_by_hand)
{
    const good *g = &good_texts[_i];
    char shape[64];
    const pv_net_input input = help_input("x", PV_F32, g->a, g->b, g->c);
    pv_net *net = help_net(&input, g->text, 1);
    shape_text(net, &input, shape);
    ck_assert_str_eq(shape, g->shape);
    ck_assert_uint_eq(pv_net_parameter_count(net), g->parameters);
    size_t tensors = 0;
    size_t lines = 0;
    for (int i = 0; i < pv_net_tensor_count(net); i++) {
        ck_assert_uint_eq(pv_net_tensor_at(net, i)->offset, tensors);
        tensors += pv_net_tensor_at(net, i)->count;
    }
    for (int i = 0; i < pv_net_line_count(net); i++) {
        const pv_net_line line = pv_net_line_at(net, i);
        lines += strncmp(line.layer, "residual", 8) == 0 ? 0 : line.parameters;
    }
    ck_assert_uint_eq(tensors, g->parameters);
    ck_assert_uint_eq(lines, g->parameters);
    pv_net_destroy(net);
}
END_TEST

/* --- bad texts ------------------------------------------------------------------------------- */

typedef struct bad {
    const char *text, *says;
} bad;

static const bad bad_texts[] = {
    {"dense x", "net \"dense x\": dense takes a number of units, at \"x\" (column 7)"},
    {"dense", "net \"dense\": dense takes a number of units, at the end (column 6)"},
    {"dense 0", "net \"dense 0\": dense takes a number of units, at \"0\" (column 7)"},
    {"dense 99999999", "dense takes a number of units, at \"99999999\" (column 7)"},
    {"dense 8, dens 8", "unknown layer \"dens\"; did you mean \"dense\"?, at \"dens\" (column 10)"},
    {"quux 3", "unknown layer \"quux\"; \"pavlov list layers\" tells all, at \"quux\" (column 1)"},
    {"dense 8,, dense 8", "a layer is missing, at \",\" (column 9)"},
    {"dense 8,", "a layer is missing, at the end (column 9)"},
    {", dense 8", "a layer is missing, at \",\" (column 1)"},
    {"dense 8 relo", "dense takes no \"relo\" here, at \"relo\" (column 9)"},
    {"dense 8 relu 3", "dense takes no \"3\" here, at \"3\" (column 14)"},
    {"relu:0.5", "relu takes no number, at \"relu:0.5\" (column 1)"},
    {"dense 8 leaky:x", "leaky takes a slope above 0 and up to 100, like leaky:0.01, at "
                        "\"leaky:x\" (column 9)"},
    {"dense 8 leaky:-1", "leaky takes a slope above 0"},
    {"dense 8 init=best",
     "init= takes he, xavier, lecun, orthogonal[:gain], uniform[:a], spread or zero, "
     "at \"init=best\" (column 9)"},
    {"dense 8 init=he:2", "init=he takes no number, at \"init=he:2\" (column 9)"},
    {"dense 8 init=orthogonal:", "init=orthogonal takes a positive number, like :0.5"},
    {"dense 8 init=uniform:0", "init=uniform takes a positive number"},
    {"flatten init=he", "flatten takes no \"init=he\" here"},
    {"conv 8 3", "conv takes a window and its stride, like 3x3 or 8x8/4, at \"3\" (column 8)"},
    {"conv 8 3x3/0", "conv takes a window and its stride"},
    {"conv 8 3x3 p3", "conv takes a padding smaller than its window, like p1, at \"p3\" (column "
                      "12)"},
    {"conv 8 3x3 p", "conv takes no \"p\" here"},
    {"avgpool 3x3 p1", "avgpool takes no \"p1\" here"},
    {"conv 8 9x9", "the window 9x9 is larger than the 6x6x2 coming in, at \"conv\" (column 1)"},
    {"dense 4, conv 8 3x3",
     "conv takes rows, columns and channels, but 4 comes in, at \"conv\" (column 10)"},
    {"dropout 1", "dropout takes the probability to drop, from 0 to below 1, at \"1\" (column 9)"},
    {"dense 8, dueling 3", "dueling 3 takes (1 + actions) x 3 numbers, but 8 come in"},
    {"dense 3, dueling 3", "dueling 3 takes (1 + actions) x 3 numbers, but 3 come in"},
    {"dense 4, dueling 0", "dueling takes a number of atoms"},
    {"noisy", "noisy takes a number of units"},
    {"dense 1, dueling", "dueling takes a value and the advantages of at least one action"},
    {"residual dense 8", "residual takes layers in brackets, like residual(dense 64 relu), at "
                         "\"dense\" (column 10)"},
    {"residual()", "residual takes at least one layer, at \"(\" (column 9)"},
    {"residual(dense 8", "a closing bracket is missing, at \"(\" (column 9)"},
    {"residual(dense 8)", "residual adds what comes in (6x6x2) to what its layers make of it (8), "
                          "which must have the same shape, at \"residual\" (column 1)"},
    {"dense 8)", "no bracket was opened, at \")\" (column 8)"},
    {"dense 8 (relu)", "a comma should stand between layers, at \"(\" (column 9)"},
    {"dense 8; dense 8", "inputs' layers come first, those of the trunk last, at \";\" (column 8)"},
    {"y: dense 8", "no input has this name; there is x, at \"y\" (column 1)"},
    {"x: dense 8; x: dense 8", "this input has its layers already, at \"x:\" (column 13)"},
    {"x: dense 8); dense 8", "no bracket was opened, at \")\" (column 11)"},
    {"dense 16777216, dense 16777216",
     "a net would have more than 2147483648 parameters with dense2.weight; take smaller layers"}};

START_TEST(bad_texts_are_answered_with_what_and_where)
{
    const pv_net_input input = help_input("x", PV_F32, 6, 6, 2);
    const bad *b = &bad_texts[_i];
    ck_assert_ptr_null(help_try(&input, b->text, 1));
    ck_assert_int_eq(pv_last_status(), PV_ERROR_ARGUMENT);
    ck_assert_msg(strstr(pv_last_error(), b->says) != NULL, "%s\n   not: %s", pv_last_error(),
                  b->says);
    ck_assert_ptr_null(strchr(pv_last_error(), '\n'));
}
END_TEST

START_TEST(residuals_too_deep_are_refused)
{
    const pv_net_input input = help_input("x", PV_F32, 4, 0, 0);
    char text[1024] = "";
    for (int depth = 1; depth <= 17; depth++) {
        text[0] = '\0';
        for (int i = 0; i < depth; i++) {
            strcat(text, "residual(");
        }
        strcat(text, "relu");
        for (int i = 0; i < depth; i++) {
            strcat(text, ")");
        }
        pv_net *net = help_try(&input, text, 1);
        ck_assert_int_eq(net != NULL, depth <= 16);
        pv_net_destroy(net);
    }
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "residuals can stand in 16 others at most"));
}
END_TEST

START_TEST(a_long_text_is_shown_by_its_beginning)
{
    const pv_net_input input = help_input("x", PV_F32, 4, 0, 0);
    char text[4000] = "";
    for (int i = 0; i < 300; i++) {
        strcat(text, "dense 8 relu,");
    }
    strcat(text, "dens 8");
    ck_assert_ptr_null(help_try(&input, text, 1));
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "...\": unknown layer \"dens\""));
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "(column 3901)"));
}
END_TEST

/* --- several inputs and heads ---------------------------------------------------------------- */

START_TEST(inputs_have_layers_of_their_own_and_are_joined)
{
    const pv_net_input inputs[] = {help_input("pixels", PV_U8, 10, 10, 4),
                                   {.name = "goal", .dtype = PV_I32, .n = 500},
                                   help_input("speed", PV_F32, 3, 0, 0)};
    const pv_net_head heads[] = {{"policy", "dense 4"}, {"value", "dense 16 tanh, dense 1"}};
    pv_net *net = pv_net_create(
        &(pv_net_config){.inputs = inputs,
                         .n_inputs = 3,
                         .text = "goal: embed 8; pixels: conv 16 3x3 relu, dense 20; dense 64 relu",
                         .heads = heads,
                         .n_heads = 2});
    ck_assert_msg(net != NULL, "%s", pv_last_error());
    static const char *const names[] = {
        "goal.embed1.weight", "pixels.conv1.weight", "pixels.conv1.bias", "pixels.dense1.weight",
        "pixels.dense1.bias", "dense1.weight",       "dense1.bias",       "policy.dense1.weight",
        "policy.dense1.bias", "value.dense1.weight", "value.dense1.bias", "value.dense2.weight",
        "value.dense2.bias"};
    ck_assert_int_eq(pv_net_tensor_count(net), 13);
    for (int i = 0; i < 13; i++) {
        const pv_net_tensor *tensor = pv_net_tensor_at(net, i);
        ck_assert_str_eq(tensor->name, names[i]);
        ck_assert_ptr_eq(pv_net_tensor_find(net, names[i]), tensor);
        ck_assert_int_eq(tensor->decay, strstr(names[i], ".weight") != NULL);
    }
    const pv_net_tensor *trunk = pv_net_tensor_find(net, "dense1.weight");
    ck_assert_int_eq(trunk->ndim, 2);
    ck_assert_uint_eq(trunk->shape[0], 20 + 8 + 3); /* in the order of the inputs */
    ck_assert_uint_eq(trunk->shape[1], 64);
    ck_assert_int_eq(pv_net_head_count(net), 2);
    ck_assert_int_eq(pv_net_head_find(net, "value"), 1);
    ck_assert_str_eq(pv_net_head_name(net, 1), "value");
    ck_assert_int_eq(pv_net_head_find(net, "q"), -1);
    ck_assert_uint_eq(pv_net_head_size(net, 0), 4);
    ck_assert_uint_eq(pv_net_head_size(net, 1), 1);
    ck_assert_uint_eq(pv_net_input_size(net, 0), 400);
    ck_assert_uint_eq(pv_net_input_size(net, 1), 1);
    pv_net_destroy(net);
}
END_TEST

START_TEST(lines_tell_the_architecture_as_typed)
{
    const pv_net_input inputs[] = {help_input("a", PV_F32, 3, 0, 0),
                                   help_input("b", PV_F32, 5, 0, 0)};
    const pv_net_head head = {"q", "dense 3"};
    pv_net *net = pv_net_create(
        &(pv_net_config){.inputs = inputs,
                         .n_inputs = 2,
                         .text = "b: dense  4\n tanh ; residual( dense 7 swish ), lstm 6",
                         .heads = &head,
                         .n_heads = 1});
    static const struct {
        const char *layer, *where, *name;
        uint32_t size;
        size_t parameters;
    } lines[] = {{"dense  4  tanh", "b", "b.dense1", 4, 24},
                 {"join", "trunk", "join1", 7, 0},
                 {"dense 7 swish", "trunk", "dense1", 7, 56},
                 {"residual( dense 7 swish )", "trunk", "residual1", 7, 0},
                 {"lstm 6", "trunk", "lstm1", 6, 7 * 24 + 6 * 24 + 24},
                 {"dense 3", "q", "q.dense1", 3, 21}};
    ck_assert_int_eq(pv_net_line_count(net), 6);
    for (int i = 0; i < 6; i++) {
        const pv_net_line line = pv_net_line_at(net, i);
        ck_assert_str_eq(line.layer, lines[i].layer);
        ck_assert_str_eq(line.where, lines[i].where);
        ck_assert_str_eq(line.name, lines[i].name);
        ck_assert_uint_eq(line.ndim, 1);
        ck_assert_uint_eq(line.shape[0], lines[i].size);
        ck_assert_uint_eq(line.parameters, lines[i].parameters);
    }
    ck_assert_uint_eq(pv_net_state_size(net), 12);
    pv_net_destroy(net);
}
END_TEST

START_TEST(a_mistake_in_a_head_is_told_with_its_name)
{
    const pv_net_input input = help_input("x", PV_F32, 4, 0, 0);
    const pv_net_head heads[] = {{"policy", "dense 4"}, {"value", "dense 1; dense 2"}};
    const pv_net_head twice[] = {{"x", "dense 4"}, {"value", "dense 1"}};
    pv_net_config config = {
        .inputs = &input, .n_inputs = 1, .text = "", .heads = heads, .n_heads = 2};
    ck_assert_ptr_null(pv_net_create(&config));
    ck_assert_str_eq(pv_last_error(), "head \"value\" \"dense 1; dense 2\": a head is one chain of "
                                      "layers, at \";\" (column 8)");
    config.heads = twice;
    ck_assert_ptr_null(pv_net_create(&config));
    ck_assert_str_eq(pv_last_error(), "head \"x\" of a net: another input or head has this name");
}
END_TEST

START_TEST(categories_become_numbers_where_a_layer_wants_numbers)
{
    pv_net_input input = {.name = "s", .dtype = PV_I32, .n = 16};
    pv_net *net = help_net(&input, "dense 3", 1);
    ck_assert_uint_eq(pv_net_parameter_count(net), 16 * 3 + 3);
    pv_net_destroy(net);
    input.ndim = 2;
    input.shape[0] = 5;
    input.shape[1] = 6;
    net = help_net(&input, "embed 4, conv 2 3x3", 1); /* a map of kinds of field */
    ck_assert_uint_eq(pv_net_parameter_count(net), 16 * 4 + 9 * 4 * 2 + 2);
    pv_net_destroy(net);
    net = help_net(&input, "conv 2 3x3", 1);
    ck_assert_uint_eq(pv_net_parameter_count(net), 9 * 16 * 2 + 2);
    pv_net_destroy(net);
    net = help_net(&input, "flatten, dense 2", 1);
    ck_assert_uint_eq(pv_net_parameter_count(net), 30 * 16 * 2 + 2);
    pv_net_destroy(net);
}
END_TEST

START_TEST(the_list_of_layers_names_what_the_text_takes)
{
    const pv_net_input picture = help_input("x", PV_F32, 6, 6, 2);
    int n = 0;
    for (const pv_layer_info *info = pv_layer_info_at(0); info; info = pv_layer_info_at(++n)) {
        char text[64];
        const int wants_number = strchr(info->usage, 'N') != NULL;
        const int wants_window = strchr(info->usage, 'K') != NULL;
        ck_assert_int_gt((int)strlen(info->summary), 0);
        ck_assert_int_eq(strncmp(info->usage, info->name, strlen(info->name)), 0);
        snprintf(text, sizeof text, "%s %s %s", info->name, wants_number ? "4" : "",
                 wants_window ? "3x3" : "");
        if (strcmp(info->name, "dropout") == 0) {
            strcat(text, "0.5");
        } else if (strcmp(info->name, "residual") == 0) {
            strcat(text, "(relu)");
        }
        pv_net_destroy(help_net(&picture, text, 1));
    }
    ck_assert_int_ge(n, 25);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nets_parse");
    TCase *tests = tcase_create("parse");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, shapes_and_parameters_of_good_texts_are_those_worked_out_by_hand, 0,
                        sizeof good_texts / sizeof good_texts[0]);
    tcase_add_loop_test(tests, bad_texts_are_answered_with_what_and_where, 0,
                        sizeof bad_texts / sizeof bad_texts[0]);
    tcase_add_test(tests, residuals_too_deep_are_refused);
    tcase_add_test(tests, a_long_text_is_shown_by_its_beginning);
    tcase_add_test(tests, inputs_have_layers_of_their_own_and_are_joined);
    tcase_add_test(tests, lines_tell_the_architecture_as_typed);
    tcase_add_test(tests, a_mistake_in_a_head_is_told_with_its_name);
    tcase_add_test(tests, categories_become_numbers_where_a_layer_wants_numbers);
    tcase_add_test(tests, the_list_of_layers_names_what_the_text_takes);
    suite_add_tcase(suite, tests);
    return help_main(suite);
}
