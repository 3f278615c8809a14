/* test_media_webm.c: WebM files taken apart by an EBML reader of the test's own, and their pictures
   decoded with libvpx. */
#include "media_pictures.h"

#ifdef PV_WITH_VPX

#include <math.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

enum { BLOCKS = 1024, CLUSTERS = 64 };

/* an element: its number, and where its content lies in the file */
typedef struct element {
    uint32_t id;
    size_t at, begin, end;
} element;

typedef struct webm {
    char *data;
    size_t size;
    size_t segment; /* offset of its content */
    double duration;
    uint64_t width, height, default_duration;
    uint64_t colour[3]; /* matrix, transfer, primaries */
    int n_blocks, n_clusters, n_cues, n_seeks;
    struct {
        const uint8_t *data;
        size_t size;
        uint64_t time;
        int key, begins_cluster;
    } block[BLOCKS];
    size_t cluster_at[CLUSTERS];
    uint64_t cluster_time[CLUSTERS];
    uint64_t cue_time[CLUSTERS];
    uint64_t cue_at[CLUSTERS];
    uint64_t seek_at[4];
    uint32_t seek_id[4];
} webm;

static uint64_t get_bytes(const webm *w, size_t at, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        value = value << 8 | (uint8_t)w->data[at + i];
    }
    return value;
}

/* Returns how many bytes a number with a length marker takes. */
static size_t marked_length(uint8_t first)
{
    size_t n = 1;
    while (!(first & 0x80)) {
        first = (uint8_t)(first << 1);
        n++;
        ck_assert_uint_le(n, 8);
    }
    return n;
}

static element read_element(const webm *w, size_t at, size_t limit)
{
    element e = {.at = at};
    size_t n = marked_length((uint8_t)w->data[at]);
    e.id = (uint32_t)get_bytes(w, at, n);
    at += n;
    n = marked_length((uint8_t)w->data[at]);
    const uint64_t size = get_bytes(w, at, n) & ((UINT64_C(1) << (7 * n)) - 1);
    e.begin = at + n;
    e.end = e.begin + size;
    ck_assert_uint_le(e.end, limit);
    return e;
}

static uint64_t value_of(const webm *w, const element *e)
{
    return get_bytes(w, e->begin, e->end - e->begin);
}

static void read_block(webm *w, const element *e)
{
    ck_assert_int_lt(w->n_blocks, BLOCKS);
    ck_assert_uint_eq(get_bytes(w, e->begin, 1), 0x81);
    const uint64_t cluster_time = w->cluster_time[w->n_clusters - 1];
    w->block[w->n_blocks].time = cluster_time + get_bytes(w, e->begin + 1, 2);
    w->block[w->n_blocks].key = get_bytes(w, e->begin + 3, 1) == 0x80;
    w->block[w->n_blocks].data = (const uint8_t *)w->data + e->begin + 4;
    w->block[w->n_blocks].size = e->end - e->begin - 4;
    w->n_blocks++;
}

/* Notes what an element says; returns 1 if it holds others. */
static int note_element(webm *w, const element *e)
{
    switch (e->id) {
    case 0x1A45DFA3: /* EBML */
    case 0x114D9B74: /* SeekHead */
    case 0x1549A966: /* Info */
    case 0x1654AE6B: /* Tracks */
    case 0xAE:       /* TrackEntry */
    case 0xE0:       /* Video */
    case 0x55B0:     /* Colour */
    case 0x1C53BB6B: /* Cues */
    case 0xBB:       /* CuePoint */
    case 0xB7:       /* CueTrackPositions */
        return 1;
    case 0x18538067: /* Segment */
        w->segment = e->begin;
        ck_assert_uint_eq(e->end, w->size);
        return 1;
    case 0x4DBB: /* Seek */
        w->n_seeks++;
        return 1;
    case 0x1F43B675: /* Cluster */
        ck_assert_int_lt(w->n_clusters, CLUSTERS);
        w->cluster_at[w->n_clusters++] = e->at - w->segment;
        w->block[w->n_blocks].begins_cluster = 1;
        return 1;
    case 0xE7: /* Timestamp */
        w->cluster_time[w->n_clusters - 1] = value_of(w, e);
        break;
    case 0xA3: /* SimpleBlock */
        read_block(w, e);
        break;
    case 0x53AB:
        w->seek_id[w->n_seeks - 1] = (uint32_t)value_of(w, e);
        break;
    case 0x53AC:
        w->seek_at[w->n_seeks - 1] = value_of(w, e);
        break;
    case 0x4489: {
        const uint64_t bits = value_of(w, e);
        memcpy(&w->duration, &bits, sizeof bits);
        break;
    }
    case 0x2AD7B1: /* TimestampScale: milliseconds */
        ck_assert_uint_eq(value_of(w, e), 1000000);
        break;
    case 0x4282:
        ck_assert_mem_eq(w->data + e->begin, "webm", 4);
        break;
    case 0x86:
        ck_assert_mem_eq(w->data + e->begin, "V_VP9", 5);
        break;
    case 0x23E383:
        w->default_duration = value_of(w, e);
        break;
    case 0xB0:
        w->width = value_of(w, e);
        break;
    case 0xBA:
        w->height = value_of(w, e);
        break;
    case 0x55B1:
        w->colour[0] = value_of(w, e);
        break;
    case 0x55BA:
        w->colour[1] = value_of(w, e);
        break;
    case 0x55BB:
        w->colour[2] = value_of(w, e);
        break;
    case 0xB3:
        w->cue_time[w->n_cues] = value_of(w, e);
        break;
    case 0xF1:
        w->cue_at[w->n_cues++] = value_of(w, e);
        break;
    default:
        break;
    }
    return 0;
}

/* Walks through the elements of begin..end; an element that holds others is walked into. */
static void walk(webm *w, size_t begin, size_t end)
{
    while (begin < end) {
        const element e = read_element(w, begin, end);
        begin = note_element(w, &e) ? e.begin : e.end;
    }
    ck_assert_uint_eq(begin, end);
}

static webm *read_webm(const char *path)
{
    webm *w = calloc(1, sizeof *w);
    ck_assert_int_eq(pv_file_read(path, &w->data, &w->size), PV_OK);
    walk(w, 0, w->size);
    return w;
}

static void free_webm(webm *w)
{
    pv_free(w->data);
    free(w);
}

/* BT.601 back to RGB, of range 16..235 */
static void image_pixel(const vpx_image_t *image, int x, int y, double rgb[3])
{
    const double luma = image->planes[0][y * image->stride[0] + x] - 16.0;
    const double u = image->planes[1][y / 2 * image->stride[1] + x / 2] - 128.0;
    const double v = image->planes[2][y / 2 * image->stride[2] + x / 2] - 128.0;
    rgb[0] = 255.0 * (luma / 219.0 + 1.402 * v / 224.0);
    rgb[1] = 255.0 * (luma / 219.0 - 0.344136 * u / 224.0 - 0.714136 * v / 224.0);
    rgb[2] = 255.0 * (luma / 219.0 + 1.772 * u / 224.0);
}

/* Returns the peak signal-to-noise ratio of a decoded picture, in decibels. */
static double picture_quality(const vpx_image_t *image, int number, int width, int height,
                              int scale, pictures kind)
{
    uint8_t *given = malloc((size_t)(width * height * 3));
    paint_picture(given, width, height, number, kind);
    double squares = 0.0;
    for (int y = 0; y < (int)image->d_h; y++) {
        for (int x = 0; x < (int)image->d_w; x++) {
            double rgb[3];
            const uint8_t *wanted = expected_pixel(given, width, height, scale, x, y);
            image_pixel(image, x, y, rgb);
            for (int k = 0; k < 3; k++) {
                squares += (rgb[k] - wanted[k]) * (rgb[k] - wanted[k]);
            }
        }
    }
    free(given);
    return 10.0 * log10(255.0 * 255.0 * 3.0 * image->d_w * image->d_h / squares);
}

/* Decodes all blocks; returns the worst quality of a picture. */
static double worst_quality(const webm *w, int width, int height, int scale, pictures kind)
{
    vpx_codec_ctx_t codec;
    ck_assert_int_eq(vpx_codec_dec_init(&codec, vpx_codec_vp9_dx(), NULL, 0), VPX_CODEC_OK);
    double worst = INFINITY;
    for (int i = 0; i < w->n_blocks; i++) {
        ck_assert_int_eq(
            vpx_codec_decode(&codec, w->block[i].data, (unsigned)w->block[i].size, NULL, 0),
            VPX_CODEC_OK);
        vpx_codec_iter_t iterator = NULL;
        const vpx_image_t *image = vpx_codec_get_frame(&codec, &iterator);
        ck_assert_ptr_nonnull(image);
        ck_assert_ptr_null(vpx_codec_get_frame(&codec, &iterator));
        ck_assert_uint_eq(image->d_w, w->width);
        ck_assert_uint_eq(image->d_h, w->height);
        ck_assert_int_eq(image->cs, VPX_CS_BT_601);
        ck_assert_int_eq(image->range, VPX_CR_STUDIO_RANGE);
        worst = fmin(worst, picture_quality(image, i, width, height, scale, kind));
    }
    vpx_codec_destroy(&codec);
    return worst;
}

START_TEST(every_picture_comes_back_in_good_quality)
{
    static const struct {
        int width, height, frames, scale, out_width, out_height;
        double quality;
    } cases[] = {{64, 48, 20, 2, 128, 96, 34},
                 {33, 17, 9, 3, 100, 52, 34}, /* odd sides get one more */
                 {161, 211, 3, 1, 162, 212, 30},
                 {1, 1, 2, 1, 2, 2, 38},
                 {40, 30, 1, 4, 160, 120, 38}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int kind = FLAT; kind <= COLOURFUL; kind++) {
            const char *path = in_folder("x.webm");
            ck_assert_int_eq(write_video(path, cases[i].width, cases[i].height, cases[i].frames, 25,
                                         cases[i].scale, (pictures)kind),
                             PV_OK);
            webm *w = read_webm(path);
            ck_assert_int_eq(w->n_blocks, cases[i].frames);
            ck_assert_uint_eq(w->width, (unsigned)cases[i].out_width);
            ck_assert_uint_eq(w->height, (unsigned)cases[i].out_height);
            ck_assert_double_ge(
                worst_quality(w, cases[i].width, cases[i].height, cases[i].scale, (pictures)kind),
                cases[i].quality);
            free_webm(w);
        }
    }
}
END_TEST

START_TEST(times_and_duration_follow_the_rate)
{
    static const double rates[] = {30, 60, 25, 29.97, 1, 0.1, 500};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        const char *path = in_folder("x.webm");
        const int n = 20;
        ck_assert_int_eq(write_video(path, 16, 16, n, rates[i], 1, FLAT), PV_OK);
        webm *w = read_webm(path);
        ck_assert_int_eq(w->n_blocks, n);
        for (int k = 0; k < n; k++) {
            ck_assert_double_eq_tol((double)w->block[k].time, k * 1000.0 / rates[i], 0.5001);
        }
        ck_assert_double_eq_tol(w->duration, n * 1000.0 / rates[i], 0.5001);
        ck_assert_double_eq_tol((double)w->default_duration, 1e9 / rates[i], 0.5001);
        free_webm(w);
    }
}
END_TEST

START_TEST(every_cluster_begins_with_a_key_picture_and_is_in_the_index)
{
    const char *path = in_folder("x.webm");
    ck_assert_int_eq(write_video(path, 16, 16, 700, 30, 1, FLAT), PV_OK);
    webm *w = read_webm(path);
    ck_assert_int_eq(w->n_clusters, 5); /* 23.3 seconds in parts of at most 5 */
    ck_assert_int_eq(w->n_cues, w->n_clusters);
    for (int i = 0; i < w->n_clusters; i++) {
        ck_assert_uint_eq(w->cue_at[i], w->cluster_at[i]);
        ck_assert_uint_eq(w->cue_time[i], w->cluster_time[i]);
        ck_assert_uint_le(w->cluster_time[i], (unsigned)i * 5000u);
    }
    for (int i = 0; i < w->n_blocks; i++) {
        ck_assert_int_eq(w->block[i].key, w->block[i].begins_cluster);
    }
    free_webm(w);
}
END_TEST

START_TEST(the_list_of_parts_points_to_them)
{
    const char *path = in_folder("x.webm");
    ck_assert_int_eq(write_video(path, 16, 16, 3, 30, 1, FLAT), PV_OK);
    webm *w = read_webm(path);
    ck_assert_int_eq(w->n_seeks, 3);
    static const uint32_t ids[] = {0x1549A966, 0x1654AE6B, 0x1C53BB6B};
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(w->seek_id[i], ids[i]);
        ck_assert_uint_eq(get_bytes(w, w->segment + w->seek_at[i], 4), ids[i]);
    }
    free_webm(w);
}
END_TEST

START_TEST(colours_are_declared_as_they_were_converted)
{
    const char *path = in_folder("x.webm");
    ck_assert_int_eq(write_video(path, 16, 16, 3, 30, 1, FLAT), PV_OK);
    webm *w = read_webm(path);
    ck_assert_uint_eq(w->colour[0], 6);  /* BT.601 */
    ck_assert_uint_eq(w->colour[1], 13); /* sRGB */
    ck_assert_uint_eq(w->colour[2], 1);  /* BT.709 primaries, which are those of sRGB */
    free_webm(w);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("webm");
    tcase_add_test(tests, every_picture_comes_back_in_good_quality);
    tcase_add_test(tests, times_and_duration_follow_the_rate);
    tcase_add_test(tests, every_cluster_begins_with_a_key_picture_and_is_in_the_index);
    tcase_add_test(tests, the_list_of_parts_points_to_them);
    tcase_add_test(tests, colours_are_declared_as_they_were_converted);
    return run_suite("media/webm", tests);
}

#else

START_TEST(webm_is_not_among_the_endings)
{
    ck_assert_ptr_null(strstr(pv_video_endings(), ".webm"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("webm");
    tcase_add_test(tests, webm_is_not_among_the_endings);
    return run_suite("media/webm", tests);
}

#endif
