/* Shapes against the areas geometry gives them, letters against each other, and nothing outside
   the picture. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "pavlov/draw.h"

enum { WIDTH = 120, HEIGHT = 90, STRIDE = WIDTH * 3 + 7, MARGIN = 64 };

static uint8_t memory[MARGIN + STRIDE * HEIGHT + MARGIN];

/* a black picture in the middle of bytes that must stay 0xA5 */
static pv_canvas black_canvas(void)
{
    memset(memory, 0xA5, sizeof memory);
    const pv_canvas canvas = {memory + MARGIN, STRIDE, WIDTH, HEIGHT};
    pv_paint_fill(&canvas, 0x000000);
    return canvas;
}

static uint32_t pixel(const pv_canvas *canvas, int x, int y)
{
    const uint8_t *p = canvas->rgb + (size_t)y * canvas->stride + (size_t)x * 3u;
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

/* how many white pixels the picture holds, edges counted by their shade */
static double white_area(const pv_canvas *canvas)
{
    double area = 0.0;
    for (int y = 0; y < canvas->height; y++) {
        for (int x = 0; x < canvas->width; x++) {
            area += (pixel(canvas, x, y) & 255u) / 255.0;
        }
    }
    return area;
}

static void check_margins(void)
{
    const size_t end = MARGIN + (size_t)STRIDE * HEIGHT;
    for (size_t i = 0; i < sizeof memory; i++) {
        const int in_picture = i >= MARGIN && i < end && (i - MARGIN) % STRIDE < WIDTH * 3;
        ck_assert_msg(in_picture || memory[i] == 0xA5, "byte %zu was written", i);
    }
}

static void check_area(double expected)
{
    const pv_canvas canvas = {memory + MARGIN, STRIDE, WIDTH, HEIGHT};
    ck_assert_double_eq_tol(white_area(&canvas), expected, 0.005 * expected + 0.5);
    check_margins();
}

static const double pi = 3.14159265358979;

START_TEST(mixing_ends_at_both_colours)
{
    ck_assert_uint_eq(pv_paint_mix(0x102030, 0xFFEEDD, 0.0), 0x102030);
    ck_assert_uint_eq(pv_paint_mix(0x102030, 0xFFEEDD, 1.0), 0xFFEEDD);
    ck_assert_uint_eq(pv_paint_mix(0x102030, 0xFFEEDD, -3.0), 0x102030);
    ck_assert_uint_eq(pv_paint_mix(0x102030, 0xFFEEDD, 3.0), 0xFFEEDD);
    ck_assert_uint_eq(pv_paint_mix(0x000000, 0x6480C8, 0.5), 0x324064);
}
END_TEST

START_TEST(rectangles_cover_exactly_their_pixels)
{
    const pv_canvas canvas = black_canvas();
    pv_paint_rect(&canvas, 10, 20, 30, 5, 0xFFFFFF);
    ck_assert_double_eq(white_area(&canvas), 150.0);
    ck_assert_uint_eq(pixel(&canvas, 10, 20), 0xFFFFFF);
    ck_assert_uint_eq(pixel(&canvas, 39, 24), 0xFFFFFF);
    ck_assert_uint_eq(pixel(&canvas, 40, 24), 0x000000);

    pv_paint_fill(&canvas, 0);
    pv_paint_frame(&canvas, 10, 20, 30, 15, 2, 0xFFFFFF);
    ck_assert_double_eq(white_area(&canvas), 30.0 * 15.0 - 26.0 * 11.0);
    ck_assert_uint_eq(pixel(&canvas, 12, 22), 0);

    pv_paint_fill(&canvas, 0);
    pv_paint_rect_blend(&canvas, 0, 0, 10, 10, 0xFFFFFF, 0.25);
    ck_assert_uint_eq(pixel(&canvas, 3, 3), 0x404040);
    check_margins();
}
END_TEST

START_TEST(blended_frames_paint_no_pixel_twice)
{
    const pv_canvas canvas = black_canvas();
    pv_paint_frame_blend(&canvas, 5, 5, 20, 10, 3, 0xFFFFFF, 0.5);
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            const uint32_t p = pixel(&canvas, x, y);
            ck_assert(p == 0 || p == 0x808080);
        }
    }
}
END_TEST

START_TEST(discs_and_rings_have_the_area_of_geometry)
{
    for (double r = 1.5; r < 40.0; r *= 1.7) {
        const pv_canvas canvas = black_canvas();
        pv_paint_disc(&canvas, 60.3, 44.6, r, 0xFFFFFF);
        check_area(pi * r * r);
    }
    const pv_canvas canvas = black_canvas();
    pv_paint_ring(&canvas, 60, 45, 30, 4, 0xFFFFFF);
    check_area(pi * (30.0 * 30.0 - 26.0 * 26.0));
}
END_TEST

START_TEST(lines_and_tiles_have_the_area_of_geometry)
{
    pv_canvas canvas = black_canvas();
    pv_paint_line(&canvas, 20, 20, 20 + 60, 20 + 45, 6, 0xFFFFFF); /* 75 long */
    check_area(75.0 * 6.0 + pi * 9.0);
    canvas = black_canvas();
    pv_paint_line(&canvas, 50, 50, 50, 50, 10, 0xFFFFFF); /* a dot */
    check_area(pi * 25.0);
    /* a right angle: its round outer corner is a quarter of a disc */
    const double points[] = {20, 20, 80, 20, 80, 70};
    canvas = black_canvas();
    pv_paint_path(&canvas, points, 3, 10, 0xFFFFFF);
    check_area(60.0 * 10.0 + 50.0 * 10.0 - 25.0 + pi * 25.0 * 1.25);
    canvas = black_canvas();
    pv_paint_tile(&canvas, 10, 10, 60, 40, 12, 0xFFFFFF);
    check_area(60.0 * 40.0 - (4.0 - pi) * 144.0);
    canvas = black_canvas();
    pv_paint_tile(&canvas, 10, 10, 60, 40, 0, 0xFFFFFF);
    check_area(60.0 * 40.0);
}
END_TEST

START_TEST(polygons_have_the_area_of_geometry)
{
    pv_canvas canvas = black_canvas();
    pv_paint_triangle(&canvas, 10, 10, 90, 20, 40, 80, 0xFFFFFF);
    check_area(0.5 * (80.0 * 70.0 - 30.0 * 10.0));
    /* an L, which is not convex */
    const double corners[] = {10, 10, 80, 10, 80, 30, 30, 30, 30, 80, 10, 80};
    canvas = black_canvas();
    pv_paint_polygon(&canvas, corners, 6, 0xFFFFFF);
    check_area(70.0 * 20.0 + 20.0 * 50.0);
    ck_assert_uint_eq(pixel(&canvas, 50, 50), 0);
}
END_TEST

START_TEST(arrows_point_to_their_end)
{
    const pv_canvas canvas = black_canvas();
    pv_paint_arrow(&canvas, 20, 45, 80, 45, 4, 0xFFFFFF);
    ck_assert_uint_ne(pixel(&canvas, 78, 44), 0); /* the point */
    ck_assert_uint_eq(pixel(&canvas, 82, 45), 0);
    ck_assert_uint_ne(pixel(&canvas, 69, 50), 0); /* a wing of the head */
    ck_assert_uint_eq(pixel(&canvas, 30, 50), 0); /* beside the shaft */
    for (int y = 0; y < 45; y++) {
        for (int x = 0; x < WIDTH; x++) {
            ck_assert_uint_eq(pixel(&canvas, x, 44 - y), pixel(&canvas, x, 45 + y));
        }
    }
    /* shaft of 48 x 4 and a head 12 long, 14.4 wide */
    check_area(48.0 * 4.0 + 0.5 * 12.0 * 14.4);
}
END_TEST

START_TEST(opacity_shows_what_is_below)
{
    const pv_canvas canvas = black_canvas();
    pv_paint_disc_blend(&canvas, 30, 30, 20, 0xFFFFFF, 0.5);
    ck_assert_uint_eq(pixel(&canvas, 30, 30), 0x808080);
    pv_paint_line_blend(&canvas, 60, 60, 80, 60, 8, 0x00FF00, 0.25);
    ck_assert_uint_eq(pixel(&canvas, 70, 60), 0x004000);
    pv_paint_arrow_blend(&canvas, 60, 20, 100, 20, 4, 0xFF0000, 0.5);
    ck_assert_uint_eq(pixel(&canvas, 70, 20), 0x800000);
    pv_paint_tile_blend(&canvas, 60, 30, 20, 20, 4, 0x0000FF, 0.5);
    ck_assert_uint_eq(pixel(&canvas, 70, 40), 0x000080);
    pv_paint_ring_blend(&canvas, 30, 70, 10, 4, 0x0000FF, 0.5);
    ck_assert_uint_eq(pixel(&canvas, 38, 70), 0x000080);
    pv_paint_triangle_blend(&canvas, 90, 60, 110, 60, 100, 80, 0x0000FF, 0.5);
    ck_assert_uint_eq(pixel(&canvas, 100, 65), 0x000080);
}
END_TEST

static void paint_everything_at(const pv_canvas *canvas, double x, double y, double size)
{
    pv_paint_disc(canvas, x, y, size, 0x112233);
    pv_paint_ring(canvas, x, y, size, 3, 0x223344);
    pv_paint_line(canvas, x, y, x + size, y - size, 5, 0x334455);
    pv_paint_tile(canvas, x, y, size, size, 5, 0x445566);
    pv_paint_triangle(canvas, x, y, x + size, y, x, y + size, 0x556677);
    pv_paint_arrow(canvas, x, y, x - size, y + size, 3, 0x667788);
}

START_TEST(what_lies_outside_is_cut_off)
{
    const pv_canvas canvas = black_canvas();
    for (int y = -100; y <= 200; y += 50) {
        for (int x = -100; x <= 200; x += 50) {
            paint_everything_at(&canvas, x, y, 70);
            pv_paint_rect(&canvas, x, y, 60, 60, 0x778899);
            pv_paint_frame(&canvas, x, y, 60, 60, 3, 0x8899AA);
            pv_paint_text(&canvas, x, y, 3, 0x99AABB, "Pavlov");
        }
    }
    pv_paint_rect(&canvas, 5, 5, 2147483647, 2147483647, 0x111111);
    pv_paint_rect(&canvas, 5, 5, -3, -3, 0x111111);
    paint_everything_at(&canvas, 1e300, -1e300, 1e9);
    paint_everything_at(&canvas, HUGE_VAL, 0, 10);
    paint_everything_at(&canvas, HUGE_VAL - HUGE_VAL, 0, 10); /* not a number */
    check_margins();
}
END_TEST

START_TEST(every_letter_looks_different)
{
    for (int a = 33; a < 127; a++) {
        ck_assert_mem_ne(pv_paint_letter_((unsigned char)a), pv_paint_letter_(' '), 9);
        for (int b = a + 1; b < 128; b++) {
            ck_assert_mem_ne(pv_paint_letter_((unsigned char)a), pv_paint_letter_((unsigned char)b),
                             9);
        }
    }
    ck_assert_mem_eq(pv_paint_letter_(0xC3), pv_paint_letter_(0x07), 9);
}
END_TEST

START_TEST(text_fills_the_width_it_says)
{
    ck_assert_int_eq(pv_text_width(2, ""), 0);
    for (int scale = 1; scale <= 3; scale++) {
        const pv_canvas canvas = black_canvas();
        pv_paint_text(&canvas, 7, 11, scale, 0xFFFFFF, "HpH");
        int left = WIDTH, right = 0, top = HEIGHT, bottom = 0;
        for (int i = 0; i < WIDTH * HEIGHT; i++) {
            const int x = i % WIDTH;
            const int y = i / WIDTH;
            if (pixel(&canvas, x, y) != 0) {
                left = x < left ? x : left;
                right = x > right ? x : right;
                top = y < top ? y : top;
                bottom = y > bottom ? y : bottom;
            }
        }
        ck_assert_int_eq(left, 7);
        ck_assert_int_eq(right + 1 - left, pv_text_width(scale, "HpH"));
        ck_assert_int_eq(top, 11);
        ck_assert_int_eq(bottom + 1 - top, PV_TEXT_HEIGHT * scale);
    }
}
END_TEST

/* pictures end up in videos whose bytes are compared: nothing may depend on the compiler */
START_TEST(the_same_shapes_give_the_same_bytes)
{
    const pv_canvas canvas = black_canvas();
    for (int i = 0; i < 12; i++) {
        paint_everything_at(&canvas, 10.25 * i, 7.75 * i, 5.5 + i);
    }
    pv_paint_text(&canvas, 5, 60, 2, 0xFFFFFF, "-12.5 g");
    uint64_t hash = 14695981039346656037u;
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            hash = (hash ^ pixel(&canvas, x, y)) * 1099511628211u;
        }
    }
    ck_assert_uint_eq(hash, 6173202451116150800u);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("draw");
    TCase *tests = tcase_create("draw");
    tcase_add_test(tests, mixing_ends_at_both_colours);
    tcase_add_test(tests, rectangles_cover_exactly_their_pixels);
    tcase_add_test(tests, blended_frames_paint_no_pixel_twice);
    tcase_add_test(tests, discs_and_rings_have_the_area_of_geometry);
    tcase_add_test(tests, lines_and_tiles_have_the_area_of_geometry);
    tcase_add_test(tests, polygons_have_the_area_of_geometry);
    tcase_add_test(tests, arrows_point_to_their_end);
    tcase_add_test(tests, opacity_shows_what_is_below);
    tcase_add_test(tests, what_lies_outside_is_cut_off);
    tcase_add_test(tests, every_letter_looks_different);
    tcase_add_test(tests, text_fills_the_width_it_says);
    tcase_add_test(tests, the_same_shapes_give_the_same_bytes);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
