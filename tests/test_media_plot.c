/* test_media_plot.c: plots, by what is in the files: pixels where the numbers say, the same bytes
   for the same plot, and nothing that any numbers could break. */
#include "core/file.h"
#include "core/memory.h"
#include "media/plot.h"

#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static char folder[] = "/tmp/pavlov-plot-XXXXXX";
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
    static char paths[4][256];
    static int next;
    next = (next + 1) % 4;
    snprintf(paths[next], sizeof paths[next], "%s/%s", folder, name);
    return paths[next];
}

/* a plot of one series of `n` points, to be changed */
static pv_plot plot_of(pv_plot_series *series, const double *x, const double *y, size_t n)
{
    *series = (pv_plot_series){.label = "q-learning", .points = n, .x = x, .y = y};
    return (pv_plot){.title = "CliffWalking-v1",
                     .x_title = "episode",
                     .y_title = "return",
                     .note = "mean of 3 seeds",
                     .series = series,
                     .n_series = 1,
                     .y_low = (double)NAN,
                     .y_high = (double)NAN};
}

static const double two_x[2] = {0, 10};
static const double two_y[2] = {5, 5};

#ifdef PV_WITH_CAIRO

START_TEST(the_ending_chooses_the_format)
{
    static const char *const begins[][2] = {
        {"x.svg", "<?xml"}, {"x.png", "\x89PNG"}, {"x.pdf", "%PDF"}, {"X.SVG", "<?xml"}};
    pv_plot_series series;
    const pv_plot plot = plot_of(&series, two_x, two_y, 2);
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
        const char *path = in_folder(begins[i][0]);
        char *data;
        ck_assert_int_eq(pv_plot_write(&plot, path), PV_OK);
        ck_assert_int_eq(pv_file_read(path, &data, NULL), PV_OK);
        ck_assert_mem_eq(data, begins[i][1], strlen(begins[i][1]));
        pv_free(data);
    }
    ck_assert_int_eq(pv_plot_write(&plot, "x.gif"), PV_ERROR_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "x.gif: the name must end in one of .svg"));
}
END_TEST

START_TEST(the_same_plot_is_the_same_file)
{
    static const char *const names[][2] = {
        {"a.svg", "b.svg"}, {"a.png", "b.png"}, {"a.pdf", "b.pdf"}};
    pv_plot_series series;
    const pv_plot plot = plot_of(&series, two_x, two_y, 2);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *data[2];
        size_t size[2];
        for (int k = 0; k < 2; k++) {
            ck_assert_int_eq(pv_plot_write(&plot, in_folder(names[i][k])), PV_OK);
            ck_assert_int_eq(pv_file_read(in_folder(names[i][k]), &data[k], &size[k]), PV_OK);
        }
        ck_assert_uint_eq(size[0], size[1]);
        ck_assert_mem_eq(data[0], data[1], size[0]);
        pv_free(data[0]);
        pv_free(data[1]);
    }
}
END_TEST

/* Writes a plot as SVG; returns its text, in which no number may be missing. */
static char *svg_of(const pv_plot *plot)
{
    char *text;
    ck_assert_msg(pv_plot_write(plot, in_folder("x.svg")) == PV_OK, "%s", pv_last_error());
    ck_assert_int_eq(pv_file_read(in_folder("x.svg"), &text, NULL), PV_OK);
    ck_assert_ptr_nonnull(strstr(text, "</svg>"));
    ck_assert_ptr_null(strstr(text, "nan"));
    ck_assert_ptr_null(strstr(text, "inf"));
    return text;
}

START_TEST(no_numbers_break_a_plot)
{
    static const double nothing[3] = {NAN, NAN, NAN};
    static const double cases[][3] = {
        {7, 7, 7},        {0, 0, 0},           {-5, -3, -4},           {1e308, -1e308, 1e308},
        {NAN, 3, NAN},    {INFINITY, 1, 2},    {-INFINITY, -1, 5},     {1e-300, 2e-300, 3e-300},
        {NAN, NAN, NAN},  {1e17, 1e17, 1e17},  {1e15, 1e15 + 1, 1e15}, {INFINITY, INFINITY, 0},
        {-1e-5, 0, 1e-5}, {123456, -9, 1e100},
    };
    static const double xs[][3] = {{1, 2, 3},   {5, 5, 5},   {1e300, 2e300, 3e300},
                                   {-3, 0, 10}, {NAN, 1, 2}, {0, 1e-9, 1e9}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t k = 0; k < sizeof xs / sizeof xs[0]; k++) {
            for (int way = (int)(i + k) % 4; way < 8; way += 4) {
                pv_plot_series series;
                pv_plot plot = plot_of(&series, xs[k], cases[i], 3);
                plot.x_log = way & 1;
                series.marks = way >> 1 & 1;
                series.low = way & 4 ? cases[i] : NULL;
                series.high = way & 4 ? cases[i] : NULL;
                series.members = way & 4 ? 1 : 0;
                series.member = way & 4 ? nothing : NULL;
                pv_free(svg_of(&plot));
            }
        }
    }
}
END_TEST

START_TEST(plots_without_data_have_axes_all_the_same)
{
    pv_plot_series series = {.label = ""};
    const pv_plot empty = {.series = &series, .n_series = 1, .y_low = NAN, .y_high = NAN};
    const pv_plot none = {.y_low = NAN, .y_high = NAN, .x_log = 1, .title = "none"};
    pv_free(svg_of(&empty));
    pv_free(svg_of(&none));
}
END_TEST

START_TEST(texts_of_any_bytes_can_be_drawn)
{
    static const char *const texts[] = {"\xFF\xFE",
                                        "Gr\xC3\xB6\xC3\x9F\x65",
                                        "cut \xC3",
                                        "\xED\xA0\x80",
                                        "\xF4\x90\x80\x80",
                                        "\xC0\x80",
                                        "tab\there",
                                        "<&>\"'",
                                        "",
                                        "one\ntwo",
                                        "\xF0\x9F\x90\x95"};
    char *longest = calloc(1, 3001);
    memset(longest, 'w', 3000);
    for (size_t i = 0; i <= sizeof texts / sizeof texts[0]; i++) {
        const char *text = i < sizeof texts / sizeof texts[0] ? texts[i] : longest;
        pv_plot_series series;
        pv_plot plot = plot_of(&series, two_x, two_y, 2);
        plot.title = plot.x_title = plot.y_title = plot.note = series.label = text;
        pv_free(svg_of(&plot));
        plot.width = plot.height = 100;
        pv_free(svg_of(&plot));
    }
    free(longest);
}
END_TEST

START_TEST(very_many_points_make_a_small_file)
{
    const size_t n = 200000;
    double *numbers = malloc(3 * n * sizeof *numbers);
    double *y = numbers + n;
    double *low = numbers + 2 * n;
    for (size_t i = 0; i < n; i++) {
        numbers[i] = (double)i;
        y[i] = sin((double)i / 2e4) + (double)(i * 7919 % 1000) / 1000.0;
        low[i] = y[i] - 1.0;
    }
    pv_plot_series series;
    const pv_plot plot = plot_of(&series, numbers, y, n);
    series.low = low;
    series.high = y;
    char *text = svg_of(&plot);
    ck_assert_uint_lt(strlen(text), 300000);
    pv_free(text);
    free(numbers);
}
END_TEST

START_TEST(wrong_wishes_are_refused_in_words)
{
    pv_plot_series series;
    pv_plot plot = plot_of(&series, two_x, two_y, 2);
    plot.width = 20;
    ck_assert_int_eq(pv_plot_write(&plot, in_folder("x.svg")), PV_ERROR_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "a width of 20 points; it must be 100 to 4000"));
    plot.width = 0;
    plot.height = 5000;
    ck_assert_int_eq(pv_plot_write(&plot, in_folder("x.svg")), PV_ERROR_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "a height of 5000"));
    plot.height = 0;
    plot.y_low = 3;
    plot.y_high = -3;
    ck_assert_int_eq(pv_plot_write(&plot, in_folder("x.svg")), PV_ERROR_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "must rise"));
    plot.y_high = (double)NAN;
    ck_assert_int_eq(pv_plot_write(&plot, in_folder("none/x.svg")), PV_ERROR_FILE);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "none/x.svg"));
}
END_TEST

START_TEST(a_full_disk_leaves_the_old_plot)
{
    static const char *const names[] = {"x.svg", "x.png", "x.pdf"};
    pv_plot_series series;
    const pv_plot plot = plot_of(&series, two_x, two_y, 2);
    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *path = in_folder(names[i]);
        const struct rlimit tight = {2000, before.rlim_max};
        ck_assert_int_eq(pv_file_write(path, "old", 3), PV_OK);
        setrlimit(RLIMIT_FSIZE, &tight);
        const pv_status status = pv_plot_write(&plot, path);
        setrlimit(RLIMIT_FSIZE, &before);
        ck_assert_int_eq(status, PV_ERROR_FILE);
        char *data;
        ck_assert_int_eq(pv_file_read(path, &data, NULL), PV_OK);
        ck_assert_str_eq(data, "old");
        pv_free(data);
    }
    signal(SIGXFSZ, handler);
}
END_TEST

START_TEST(every_failing_allocation_is_reported_and_leaks_nothing)
{
    static const char *const names[] = {"x.svg", "x.png", "x.pdf"};
    pv_plot_series series;
    pv_plot plot = plot_of(&series, two_x, two_y, 2);
    plot.width = plot.height = 120;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        int n = 0;
        for (int failed = 1; failed; n++) {
            pv_memory_fail_at((uint64_t)n + 1u);
            pv_clear_error();
            const pv_status status = pv_plot_write(&plot, in_folder(names[i]));
            failed = status != PV_OK;
            pv_memory_fail_at(0);
            ck_assert_int_eq(status, failed ? PV_ERROR_MEMORY : PV_OK);
            ck_assert_int_eq(pv_last_status(), status);
            ck_assert_uint_eq(pv_memory_live(), live_before);
            ck_assert(failed || pv_file_exists(in_folder(names[i])));
        }
        ck_assert_int_gt(n, 7);
    }
}
END_TEST

#ifdef PV_WITH_PNG

#include <png.h>

/* a plot drawn and read back; the axes' rectangle in it found by their colour */
typedef struct drawn {
    int width, height;
    uint8_t *rgb;
    int left, top, right, bottom;
} drawn;

static const uint8_t *pixel(const drawn *d, int x, int y)
{
    return d->rgb + (y * d->width + x) * 3;
}

static int is_colour(const drawn *d, int x, int y, int red, int green, int blue)
{
    const uint8_t *p = pixel(d, x, y);
    return abs(p[0] - red) <= 2 && abs(p[1] - green) <= 2 && abs(p[2] - blue) <= 2;
}

/* the axis lines are dark grey (25 %), the longest such row and column */
static void find_axes(drawn *d)
{
    int longest = 0;
    for (int y = 0; y < d->height; y++) {
        int n = 0;
        for (int x = 0; x < d->width; x++) {
            n += is_colour(d, x, y, 64, 64, 64);
        }
        if (n > longest) {
            longest = n;
            d->bottom = y;
        }
    }
    for (int x = d->width - 1; x >= 0; x--) {
        if (is_colour(d, x, d->bottom, 64, 64, 64)) {
            d->right = d->right ? d->right : x;
            d->left = x;
        }
    }
    longest = 0;
    for (int x = d->left; x < d->left + 40; x++) {
        int n = 0;
        int first = 0;
        for (int y = d->height - 1; y >= 0; y--) {
            if (is_colour(d, x, y, 64, 64, 64)) {
                first = y;
                n++;
            }
        }
        if (n > longest) {
            longest = n;
            d->left = x;
            d->top = first;
        }
    }
    ck_assert_int_gt(d->right - d->left, d->width / 3);
    ck_assert_int_gt(d->bottom - d->top, d->height / 3);
}

static drawn draw(const pv_plot *plot)
{
    const char *path = in_folder("x.png");
    ck_assert_msg(pv_plot_write(plot, path) == PV_OK, "%s", pv_last_error());
    png_image image = {.version = PNG_IMAGE_VERSION};
    ck_assert(png_image_begin_read_from_file(&image, path));
    image.format = PNG_FORMAT_RGB;
    drawn d = {.width = (int)image.width, .height = (int)image.height};
    d.rgb = malloc(PNG_IMAGE_SIZE(image));
    ck_assert(png_image_finish_read(&image, NULL, d.rgb, 0, NULL));
    find_axes(&d);
    return d;
}

/* Returns the middle of the pixels of Okabe and Ito's blue in a column; -1 if there are none. */
static int blue_row(const drawn *d, int x)
{
    int sum = 0;
    int n = 0;
    for (int y = 0; y < d->height; y++) {
        if (is_colour(d, x, y, 0x00, 0x72, 0xB2)) {
            sum += y;
            n++;
        }
    }
    return n ? sum / n : -1;
}

START_TEST(the_curve_lies_where_the_numbers_say)
{
    static const double x[3] = {0, 50, 100};
    static const double y[3] = {0, 10, 5};
    pv_plot_series series;
    pv_plot plot = plot_of(&series, x, y, 3);
    series.label = NULL;
    plot.y_low = 0;
    plot.y_high = 20;
    drawn d = draw(&plot);
    ck_assert_int_eq(d.width, 1280);
    ck_assert_int_eq(d.height, 800);
    for (int i = 5; i < 100; i += 10) {
        const double value = i < 50 ? i / 5.0 : 10.0 - (i - 50) / 10.0;
        const int column = d.left + (d.right - d.left) * i / 100;
        const double row = d.bottom - (d.bottom - d.top) * value / 20.0;
        ck_assert_int_le(abs(blue_row(&d, column) - (int)row), 3);
    }
    free(d.rgb);
}
END_TEST

START_TEST(nothing_is_drawn_beyond_the_axes)
{
    static const double x[4] = {0, 1, 2, 3};
    static const double y[4] = {-50, 80, -1e9, 30};
    static const double low[4] = {-60, -90, -2e9, -100};
    static const double high[4] = {60, 90, 2e9, 100};
    pv_plot_series series;
    pv_plot plot = plot_of(&series, x, y, 4);
    series = (pv_plot_series){
        .points = 4, .x = x, .y = y, .low = low, .high = high, .members = 1, .member = low};
    plot.y_low = 0;
    plot.y_high = 20;
    drawn d = draw(&plot);
    int inside = 0;
    int outside = 0;
    for (int row = 0; row < d.height; row++) {
        for (int column = 0; column < d.width; column++) {
            const uint8_t *p = pixel(&d, column, row);
            const int tinted = abs(p[0] - p[1]) > 6 || abs(p[1] - p[2]) > 6;
            const int out = row < d.top - 2 || row > d.bottom + 2 || column < d.left - 2 ||
                            column > d.right + 2;
            outside += tinted && out;
            inside += tinted && !out;
        }
    }
    ck_assert_int_eq(outside, 0);
    ck_assert_int_gt(inside, 10000);
    free(d.rgb);
}
END_TEST

/* 20 % of blue on white is cc e3 f0 */
START_TEST(the_band_fills_the_interval)
{
    static const double low[2] = {4, 4};
    static const double high[2] = {8, 8};
    pv_plot_series series;
    pv_plot plot = plot_of(&series, two_x, two_y, 2);
    series.low = low;
    series.high = high;
    plot.y_low = 0;
    plot.y_high = 10;
    drawn d = draw(&plot);
    const int column = d.left + (d.right - d.left) * 37 / 100;
    for (int tenth = 1; tenth < 20; tenth += 2) {
        const double value = tenth / 2.0;
        const int row = d.bottom - (int)((d.bottom - d.top) * value / 10.0) + 8;
        ck_assert_int_eq(is_colour(&d, column, row, 0xCC, 0xE3, 0xF0), value > 4 && value < 8);
    }
    free(d.rgb);
}
END_TEST

/* one end of the axis wished for: the other lies just above the data all the same */
START_TEST(a_wish_for_one_end_leaves_the_other_to_the_data)
{
    static const double x[3] = {0, 1, 2};
    static const double y[3] = {-1000, -10, -10};
    pv_plot_series series;
    pv_plot plot = plot_of(&series, x, y, 3);
    series.label = NULL;
    plot.y_low = -50;
    drawn d = draw(&plot);
    const int row = blue_row(&d, d.left + (d.right - d.left) * 3 / 4);
    ck_assert_int_gt(row, d.top);
    ck_assert_int_lt(row, d.top + (d.bottom - d.top) / 8);
    free(d.rgb);
}
END_TEST

START_TEST(gaps_stay_open)
{
    static const double x[6] = {0, 20, 40, 60, 80, 100};
    static const double y[6] = {5, 5, NAN, NAN, 5, 5};
    pv_plot_series series;
    pv_plot plot = plot_of(&series, x, y, 6);
    series.label = NULL;
    drawn d = draw(&plot);
    for (int i = 5; i < 100; i += 10) {
        const int column = d.left + (d.right - d.left) * i / 100;
        ck_assert_int_eq(blue_row(&d, column) >= 0, i < 20 || i > 80);
    }
    free(d.rgb);
}
END_TEST

START_TEST(a_logarithmic_axis_spaces_powers_equally)
{
    static const double x[3] = {1, 10, 100};
    static const double y[3] = {1, 2, 1};
    pv_plot_series series;
    pv_plot plot = plot_of(&series, x, y, 3);
    series.label = NULL;
    plot.x_log = 1;
    drawn d = draw(&plot);
    int peak = 0;
    int highest = d.height;
    for (int column = d.left + 4; column < d.right - 4; column++) {
        const int row = blue_row(&d, column);
        if (row >= 0 && row < highest) {
            highest = row;
            peak = column;
        }
    }
    ck_assert_int_le(abs(peak - (d.left + d.right) / 2), 4);
    free(d.rgb);
}
END_TEST

/* the rows of the legend's line samples hidden in a corner full of curves would be unreadable */
START_TEST(the_legend_keeps_off_the_curves)
{
    enum { N = 400 };
    static double x[N];
    static double y[N];
    for (int i = 0; i < N; i++) {
        x[i] = i;
        y[i] = sin(i / 2.0);
    }
    pv_plot_series series;
    pv_plot plot = plot_of(&series, x, y, N);
    drawn everywhere = draw(&plot);
    ck_assert_int_lt(everywhere.right, everywhere.width * 9 / 10);
    free(everywhere.rgb);
    for (int i = 0; i < N; i++) {
        y[i] = -exp(-i / 20.0);
    }
    drawn rising = draw(&plot);
    ck_assert_int_gt(rising.right, rising.width * 9 / 10);
    free(rising.rgb);
}
END_TEST

START_TEST(a_lone_point_and_marks_are_dots)
{
    static const double x[3] = {0, 5, 10};
    static const double y[3] = {NAN, 5, NAN};
    pv_plot_series series;
    pv_plot plot = plot_of(&series, x, y, 3);
    series.label = NULL;
    for (int marks = 0; marks < 2; marks++) {
        series.marks = marks;
        drawn d = draw(&plot);
        int n = 0;
        for (int row = d.top; row < d.bottom; row++) {
            for (int column = d.left; column < d.right; column++) {
                n += is_colour(&d, column, row, 0x00, 0x72, 0xB2);
            }
        }
        ck_assert_int_ge(n, 60);
        ck_assert_int_le(n, 120);
        free(d.rgb);
    }
}
END_TEST

#endif

#else

START_TEST(a_build_without_cairo_says_so)
{
    pv_plot_series series;
    const pv_plot plot = plot_of(&series, two_x, two_y, 2);
    ck_assert_int_eq(pv_plot_write(&plot, in_folder("x.svg")), PV_ERROR_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "built without cairo"));
    ck_assert_int_eq(pv_file_exists(in_folder("x.svg")), 0);
}
END_TEST

#endif

int main(void)
{
    Suite *suite = suite_create("media/plot");
    TCase *tests = tcase_create("plot");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
#ifdef PV_WITH_CAIRO
    tcase_add_test(tests, the_ending_chooses_the_format);
    tcase_add_test(tests, the_same_plot_is_the_same_file);
    tcase_add_test(tests, no_numbers_break_a_plot);
    tcase_add_test(tests, plots_without_data_have_axes_all_the_same);
    tcase_add_test(tests, texts_of_any_bytes_can_be_drawn);
    tcase_add_test(tests, very_many_points_make_a_small_file);
    tcase_add_test(tests, wrong_wishes_are_refused_in_words);
    tcase_add_test(tests, a_full_disk_leaves_the_old_plot);
    tcase_add_test(tests, every_failing_allocation_is_reported_and_leaks_nothing);
#ifdef PV_WITH_PNG
    tcase_add_test(tests, the_curve_lies_where_the_numbers_say);
    tcase_add_test(tests, nothing_is_drawn_beyond_the_axes);
    tcase_add_test(tests, the_band_fills_the_interval);
    tcase_add_test(tests, a_wish_for_one_end_leaves_the_other_to_the_data);
    tcase_add_test(tests, gaps_stay_open);
    tcase_add_test(tests, a_logarithmic_axis_spaces_powers_equally);
    tcase_add_test(tests, the_legend_keeps_off_the_curves);
    tcase_add_test(tests, a_lone_point_and_marks_are_dots);
#endif
#else
    tcase_add_test(tests, a_build_without_cairo_says_so);
#endif
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
