/* test_media_net_picture.c: pictures of networks, by what is in the files: squares where the
   weights are, in the colour of their sign and with the area of their magnitude. */
#include "nets_help.h"

#include "core/file.h"
#include "media/net_panels.h"

#include <stdio.h>

static char folder[] = "/tmp/pavlov-net-XXXXXX";
static size_t live_before;

static void setup(void)
{
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    live_before = pv_memory_live();
    pv_clear_error();
}

static void teardown(void)
{
    ck_assert_int_eq(pv_path_remove(folder), PV_OK);
    ck_assert_uint_eq(pv_memory_live(), live_before);
}

static const char *in_folder(const char *name)
{
    static char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* a net over frames, a pass over one of them, and the picture of all that */
typedef struct scene {
    uint8_t obs[20 * 20 * 4], rgb[30 * 40 * 3];
    pv_net_view view;
    pv_net *net;
    pv_pass *pass;
    pv_canvas frame;
    pv_net_picture picture;
} scene;

static void make_scene(scene *s, const char *text, pv_show show)
{
    const pv_net_head heads[] = {{"q", "noisy 4, dueling"}};
    pv_rng rng;
    pv_rng_init(&rng, 7);
    for (size_t i = 0; i < sizeof s->obs; i++) {
        s->obs[i] = (uint8_t)pv_rng_below(&rng, 256);
    }
    memset(s->rgb, 90, sizeof s->rgb);
    s->view =
        (pv_net_view){.frames = 4, .obs = s->obs, .input = help_input("frames", PV_U8, 20, 20, 4)};
    s->net = pv_net_create(&(pv_net_config){.inputs = &s->view.input,
                                            .n_inputs = 1,
                                            .text = text,
                                            .heads = heads,
                                            .n_heads = 1,
                                            .seed = 2});
    ck_assert_msg(s->net != NULL, "%s", pv_last_error());
    s->pass = help_pass(s->net, 1, 0);
    help_forward(s->pass, s->net, 1, s->obs);
    s->frame = (pv_canvas){s->rgb, 40 * 3, 40, 30};
    s->picture = (pv_net_picture){.net = s->net,
                                  .show = show,
                                  .view = &s->view,
                                  .pass = s->pass,
                                  .frame = &s->frame,
                                  .title = "dqn in Pong-v0",
                                  .note = "seed 1",
                                  .moment = "after 3 decisions"};
}

static void end_scene(scene *s)
{
    pv_pass_destroy(s->pass);
    pv_net_destroy(s->net);
}

static const char *const conv_text = "conv 8 4x4/2 relu, conv 12 3x3 relu, dense 40 relu";

#ifdef PV_WITH_CAIRO

START_TEST(the_ending_chooses_the_format)
{
    static const char *const begins[][2] = {
        {"x.svg", "<?xml"}, {"x.png", "\x89PNG"}, {"x.pdf", "%PDF"}};
    scene s;
    for (int show = PV_SHOW_ALL; show <= PV_SHOW_ACTIVATIONS; show++) {
        make_scene(&s, conv_text, (pv_show)show);
        for (size_t i = 0; i < 3; i++) {
            char *data;
            size_t size;
            const char *path = in_folder(begins[i][0]);
            ck_assert_msg(pv_net_picture_write(&s.picture, path) == PV_OK, "%s", pv_last_error());
            ck_assert_int_eq(pv_file_read(path, &data, &size), PV_OK);
            ck_assert_mem_eq(data, begins[i][1], strlen(begins[i][1]));
            ck_assert_uint_gt(size, 2000);
            pv_free(data);
        }
        end_scene(&s);
    }
    ck_assert_int_eq(pv_net_picture_check("x.gif"), PV_ERROR_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "x.gif: the name must end in one of .svg"));
}
END_TEST

/* width and height of a picture in pixels, as its PNG says */
static void png_size(const char *path, unsigned *width, unsigned *height)
{
    char *data;
    ck_assert_int_eq(pv_file_read(path, &data, NULL), PV_OK);
    const unsigned char *p = (const unsigned char *)data + 16;
    *width = (unsigned)p[2] << 8 | p[3];
    *height = (unsigned)p[6] << 8 | p[7];
    pv_free(data);
}

/* a line of panels is as high as its highest, a page as wide as a paper's; the heights are
   recorded, so that a layout changes only where that is meant */
START_TEST(pages_have_the_size_of_what_is_on_them)
{
    static const unsigned heights[] = {[PV_SHOW_ALL] = 3472,
                                       [PV_SHOW_HINTON] = 1914,
                                       [PV_SHOW_FILTERS] = 730,
                                       [PV_SHOW_ACTIVATIONS] = 1358};
    for (int show = PV_SHOW_ALL; show <= PV_SHOW_ACTIVATIONS; show++) {
        unsigned width;
        unsigned height;
        scene s;
        make_scene(&s, conv_text, (pv_show)show);
        ck_assert_int_eq(pv_net_picture_write(&s.picture, in_folder("x.png")), PV_OK);
        png_size(in_folder("x.png"), &width, &height);
        ck_assert_uint_eq(width, 1520);
        ck_assert_uint_eq(height, heights[show]);
        end_scene(&s);
    }
}
END_TEST

START_TEST(the_same_picture_is_the_same_file)
{
    static const char *const names[] = {"x.svg", "x.png", "x.pdf"};
    scene s;
    make_scene(&s, conv_text, PV_SHOW_ALL);
    for (size_t i = 0; i < 3; i++) {
        char *data[2];
        size_t size[2];
        for (int k = 0; k < 2; k++) {
            ck_assert_int_eq(pv_net_picture_write(&s.picture, in_folder(names[i])), PV_OK);
            ck_assert_int_eq(pv_file_read(in_folder(names[i]), &data[k], &size[k]), PV_OK);
        }
        ck_assert_uint_eq(size[0], size[1]);
        ck_assert_mem_eq(data[0], data[1], size[0]);
        pv_free(data[0]);
        pv_free(data[1]);
    }
    end_scene(&s);
}
END_TEST

START_TEST(no_numbers_break_a_picture)
{
    static const float odd[] = {NAN, INFINITY, -INFINITY, 3e38f, -3e38f, 1e-40f, 0.0f};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        scene s;
        char *text;
        make_scene(&s, "conv 3 3x3 relu, residual(conv 3 1x1 relu), lstm 5, dense 300",
                   PV_SHOW_ALL);
        for (size_t k = 0; k < pv_net_parameter_count(s.net); k += 1 + i) {
            pv_net_parameters(s.net)[k] = odd[i];
        }
        help_forward(s.pass, s.net, 1, s.obs);
        s.picture.title = "\xff\x01 of a world";
        ck_assert_int_eq(pv_net_picture_write(&s.picture, in_folder("x.svg")), PV_OK);
        ck_assert_int_eq(pv_file_read(in_folder("x.svg"), &text, NULL), PV_OK);
        ck_assert_ptr_nonnull(strstr(text, "</svg>"));
        ck_assert_ptr_null(strstr(text, "\"nan"));
        pv_free(text);
        end_scene(&s);
    }
}
END_TEST

START_TEST(a_picture_too_long_for_a_page_is_refused)
{
    static char text[8192];
    scene s;
    for (int i = 0; i < 200; i++) {
        strcat(text, i ? ", dense 64 relu" : "dense 64 relu");
    }
    make_scene(&s, text, PV_SHOW_HINTON);
    ck_assert_int_eq(pv_net_picture_write(&s.picture, in_folder("x.svg")), PV_ERROR_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "show fewer layers"));
    s.picture.layer = "dense7";
    ck_assert_int_eq(pv_net_picture_write(&s.picture, in_folder("x.svg")), PV_OK);
    end_scene(&s);
}
END_TEST

START_TEST(layers_are_chosen_by_their_names)
{
    static const char *const good[] = {"conv1", "conv2",    "dense1",
                                       "q",     "q.noisy1", "q.noisy1.weight"};
    scene s;
    make_scene(&s, conv_text, PV_SHOW_ALL);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        s.picture.layer = good[i];
        ck_assert_msg(pv_net_picture_write(&s.picture, in_folder("x.svg")) == PV_OK, "%s",
                      pv_last_error());
    }
    s.picture.layer = "conv";
    ck_assert_int_eq(pv_net_picture_write(&s.picture, in_folder("x.svg")), PV_ERROR_ARGUMENT);
    ck_assert_str_eq(pv_last_error(), "the network has no layer \"conv\"; there are conv1, conv2, "
                                      "dense1, q.noisy1, q.dueling1");
    s.picture.layer = "dense1";
    s.picture.show = PV_SHOW_FILTERS;
    ck_assert_int_eq(pv_net_picture_write(&s.picture, in_folder("x.svg")), PV_ERROR_FIT);
    ck_assert_str_eq(pv_last_error(), "layer \"dense1\" has no filters of convolutions to show");
    end_scene(&s);
    make_scene(&s, "dense 8", PV_SHOW_FILTERS);
    ck_assert_int_eq(pv_net_picture_write(&s.picture, in_folder("x.svg")), PV_ERROR_FIT);
    ck_assert_ptr_nonnull(
        strstr(pv_last_error(), "no filters of convolutions to show; try --what hinton"));
    end_scene(&s);
}
END_TEST

START_TEST(every_failing_allocation_is_reported_and_leaks_nothing)
{
    scene s;
    make_scene(&s, "conv 4 3x3/3 relu", PV_SHOW_ALL);
    const size_t before = pv_memory_live();
    int n = 0;
    for (int failed = 1; failed; n++) {
        pv_memory_fail_at((uint64_t)n + 1u);
        pv_clear_error();
        const pv_status status = pv_net_picture_write(&s.picture, in_folder("x.svg"));
        failed = status != PV_OK;
        pv_memory_fail_at(0);
        ck_assert_int_eq(status, failed ? PV_ERROR_MEMORY : PV_OK);
        ck_assert_uint_eq(pv_memory_live(), before);
    }
    ck_assert_int_gt(n, 10);
    end_scene(&s);
}
END_TEST

#ifdef PV_WITH_PNG

#include <png.h>

/* pixels of a picture that are wholly of one grey: text is none */
static int count_grey(const char *path, int level)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    ck_assert(png_image_begin_read_from_file(&image, path));
    image.format = PNG_FORMAT_RGB;
    uint8_t *rgb = malloc(PNG_IMAGE_SIZE(image));
    ck_assert(png_image_finish_read(&image, NULL, rgb, 0, NULL));
    int n = 0;
    for (size_t i = 0; i < (size_t)image.width * image.height; i++) {
        n += rgb[3 * i] == level && rgb[3 * i + 1] == level && rgb[3 * i + 2] == level;
    }
    free(rgb);
    return n;
}

/* black pixels of a Hinton diagram of one row of four weights, w the first, those of the legend
   taken off */
static int black(float w, float other)
{
    const pv_net_input input = help_input("x", PV_F32, 1, 0, 0);
    pv_net *net = help_net(&input, "dense 4", 1);
    const pv_net_picture picture = {.net = net, .show = PV_SHOW_HINTON};
    float *p = pv_net_parameters(net);
    memset(p, 0, 8 * sizeof *p);
    p[0] = w;
    p[1] = other;
    ck_assert_int_eq(pv_net_picture_write(&picture, in_folder("x.png")), PV_OK);
    pv_net_destroy(net);
    return count_grey(in_folder("x.png"), 0);
}

START_TEST(area_is_magnitude_and_black_is_negative)
{
    const int legend = black(0.0f, 0.0f);
    const int full = black(-1.0f, 0.0f) - legend;
    ck_assert_int_gt(legend, 100);
    ck_assert_int_gt(full, 400); /* 13 points a side */
    ck_assert_int_eq(black(1.0f, 0.0f), legend);
    ck_assert_int_eq(black(1.0f, 0.5f), legend);
    ck_assert_int_lt(abs(black(-0.25f, 1.0f) - legend - full / 4), full / 12);
    ck_assert_int_lt(abs(black(-0.5f, -1.0f) - legend - full * 3 / 2), full / 6);
    ck_assert_int_eq(black(-2.0f, 0.0f) - legend, full); /* each layer by its own scale */
}
END_TEST

/* maps are white where a unit is silent, the world's picture has its own colours */
START_TEST(the_frame_is_in_the_picture)
{
    scene s;
    make_scene(&s, "conv 2 3x3 relu", PV_SHOW_ACTIVATIONS);
    ck_assert_int_eq(pv_net_picture_write(&s.picture, in_folder("x.png")), PV_OK);
    const int with = count_grey(in_folder("x.png"), 90);
    s.picture.frame = NULL;
    ck_assert_int_eq(pv_net_picture_write(&s.picture, in_folder("x.png")), PV_OK);
    ck_assert_int_gt(with - count_grey(in_folder("x.png"), 90), 30 * 40 * 100);
    end_scene(&s);
}
END_TEST

#endif

#else

START_TEST(a_build_without_cairo_says_so)
{
    scene s;
    make_scene(&s, conv_text, PV_SHOW_ALL);
    ck_assert_int_eq(pv_net_picture_write(&s.picture, in_folder("x.svg")), PV_ERROR_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "built without cairo"));
    ck_assert_int_eq(pv_file_exists(in_folder("x.svg")), 0);
    end_scene(&s);
}
END_TEST

#endif

/* 300 inputs, 200 units: blocks of 4 x 3 weights, of which block (1, 0) by hand */
START_TEST(a_large_matrix_is_reduced_to_blocks_and_says_so)
{
    static const char *const words[2] = {"inputs", "units"};
    static float w[300 * 200];
    float bias[200];
    pv_sheet sheet = {0};
    pv_rng rng;
    pv_rng_init(&rng, 5);
    help_normal(&rng, 300 * 200, 1.0, w);
    help_normal(&rng, 200, 1.0, bias);
    ck_assert_int_eq(pv_panel_matrix(&sheet, "w", w, 300, 200, bias, words), PV_OK);
    const pv_panel *panel = &sheet.panels[0];
    ck_assert_int_eq(panel->rows, 50); /* 200 units in fours, turned: the longer side across */
    ck_assert_int_eq(panel->columns, 100 + 1);
    ck_assert(panel->aside && !panel->apart);
    double sum = 0.0;
    double sizes = 0.0;
    for (int unit = 4; unit < 8; unit++) {
        for (int in = 0; in < 3; in++) {
            sum += (double)w[in * 200 + unit];
            sizes += fabs((double)w[in * 200 + unit]);
        }
    }
    ck_assert_float_eq_tol(panel->cell[101], (float)(sum < 0.0 ? -sizes : sizes) / 12.0f, 1e-6f);
    const float bias_size = (fabsf(bias[4]) + fabsf(bias[5]) + fabsf(bias[6]) + fabsf(bias[7])) / 4;
    ck_assert_float_eq_tol(fabsf(panel->cell[101 + 100]), bias_size, 1e-6f);
    ck_assert_ptr_nonnull(strstr(panel->note, "200 units down, 300 inputs across, biases apart"));
    ck_assert_ptr_nonnull(strstr(panel->note, "each square 4 x 3 weights"));
    pv_sheet_free(&sheet);
}
END_TEST

/* 400 weights of size 1 but for one of 50 and six of 3: a full square is 3 or more, not 50 */
START_TEST(an_outlier_does_not_hide_the_others)
{
    static const char *const words[2] = {"inputs", "units"};
    float w[20 * 20];
    pv_sheet sheet = {0};
    for (int i = 0; i < 400; i++) {
        w[i] = i % 2 ? 1.0f : -1.0f;
    }
    ck_assert_int_eq(pv_panel_matrix(&sheet, "w", w, 20, 20, NULL, words), PV_OK);
    w[123] = 50.0f;
    for (int i = 0; i < 6; i++) {
        w[31 * i] = 3.0f;
    }
    ck_assert_int_eq(pv_panel_matrix(&sheet, "w", w, 20, 20, NULL, words), PV_OK);
    ck_assert(sheet.panels[0].full == 1.0 && !sheet.panels[0].cut);
    ck_assert(sheet.panels[1].full == 3.0 && sheet.panels[1].cut);
    ck_assert_ptr_nonnull(strstr(sheet.panels[1].note, "full square: 3 or more"));
    pv_sheet_free(&sheet);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("media/net_picture");
    TCase *tests = tcase_create("pictures");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, an_outlier_does_not_hide_the_others);
    tcase_add_test(tests, a_large_matrix_is_reduced_to_blocks_and_says_so);
#ifdef PV_WITH_CAIRO
    tcase_add_test(tests, the_ending_chooses_the_format);
    tcase_add_test(tests, pages_have_the_size_of_what_is_on_them);
    tcase_add_test(tests, the_same_picture_is_the_same_file);
    tcase_add_test(tests, no_numbers_break_a_picture);
    tcase_add_test(tests, a_picture_too_long_for_a_page_is_refused);
    tcase_add_test(tests, layers_are_chosen_by_their_names);
    tcase_add_test(tests, every_failing_allocation_is_reported_and_leaks_nothing);
#ifdef PV_WITH_PNG
    tcase_add_test(tests, area_is_magnitude_and_black_is_negative);
    tcase_add_test(tests, the_frame_is_in_the_picture);
#endif
#else
    tcase_add_test(tests, a_build_without_cairo_says_so);
#endif
    suite_add_tcase(suite, tests);
    return help_main(suite);
}
