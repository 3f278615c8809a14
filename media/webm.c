/* WebM: VP9 by libvpx at constant quality, a key picture at least every five seconds. Colours are
   BT.601 of the range 16..235, which players assume for small pictures, and declared as such. */
#include "media/encoder.h"

#ifdef PV_WITH_VPX

#include "core/memory.h"
#include "media/matroska.h"

#include <limits.h>
#include <math.h>
#include <string.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

enum {
    QUALITY = 12, /* VP9's quantiser, 0 (lossless) to 63 */
    CPU_USED = 6, /* of libvpx: 5 slow and small, 9 fast and large */
    KEY_MS = 5000 /* the longest time between two key pictures */
};

typedef struct webm_state {
    pv_encoder_config config;
    pv_matroska matroska;
    vpx_codec_ctx_t codec;
    int has_codec;
    vpx_image_t image; /* its planes are in `planes` */
    uint8_t *planes;
    uint64_t frames;
    uint64_t key_time; /* of the last key picture, ms */
} webm_state;

static pv_status vpx_failed(webm_state *s)
{
    const char *detail = vpx_codec_error_detail(&s->codec);
    return pv_fail(PV_ERROR, "cannot write %s: libvpx says: %s%s%s", s->config.output->path,
                   vpx_codec_error(&s->codec), detail ? ": " : "", detail ? detail : "");
}

static pv_status open_codec(webm_state *s)
{
    vpx_codec_enc_cfg_t config;
    if (vpx_codec_enc_config_default(vpx_codec_vp9_cx(), &config, 0) != VPX_CODEC_OK) {
        return vpx_failed(s);
    }
    config.g_w = (unsigned)s->config.width;
    config.g_h = (unsigned)s->config.height;
    config.g_timebase = (vpx_rational_t){1, 1000};
    config.g_threads = 1;
    config.g_lag_in_frames = 0;
    config.rc_end_usage = VPX_Q;
    config.rc_min_quantizer = 0;
    config.rc_max_quantizer = QUALITY + 8;
    config.kf_mode = VPX_KF_DISABLED; /* key pictures are asked for one by one */
    config.kf_max_dist = INT_MAX;
    if (vpx_codec_enc_init(&s->codec, vpx_codec_vp9_cx(), &config, 0) != VPX_CODEC_OK) {
        return vpx_failed(s);
    }
    s->has_codec = 1;
    if (vpx_codec_control(&s->codec, VP8E_SET_CQ_LEVEL, QUALITY) != VPX_CODEC_OK ||
        vpx_codec_control(&s->codec, VP8E_SET_CPUUSED, CPU_USED) != VPX_CODEC_OK ||
        vpx_codec_control(&s->codec, VP9E_SET_TUNE_CONTENT, VP9E_CONTENT_SCREEN) != VPX_CODEC_OK ||
        vpx_codec_control(&s->codec, VP9E_SET_COLOR_SPACE, VPX_CS_BT_601) != VPX_CODEC_OK ||
        vpx_codec_control(&s->codec, VP9E_SET_COLOR_RANGE, VPX_CR_STUDIO_RANGE) != VPX_CODEC_OK) {
        return vpx_failed(s);
    }
    return PV_OK;
}

static pv_status webm_open(void *state, const pv_encoder_config *config)
{
    webm_state *s = state;
    s->config = *config;
    s->planes = pv_alloc_array((size_t)config->width * 3u / 2u, (size_t)config->height);
    if (!s->planes) {
        return PV_ERROR_MEMORY;
    }
    vpx_img_wrap(&s->image, VPX_IMG_FMT_I420, (unsigned)config->width, (unsigned)config->height, 1,
                 s->planes);
    const pv_status status = open_codec(s);
    return status == PV_OK ? pv_matroska_begin(&s->matroska, config->output, config->width,
                                               config->height, config->fps)
                           : status;
}

/* RGB to the planes of the image: ITU-R BT.601 of range 16..235, in 1/65536; a chroma sample is the
   mean of four pixels. */
static void convert_picture(webm_state *s, const uint8_t *rgb)
{
    const size_t line = (size_t)s->config.width * 3u;
    for (int y = 0; y < s->config.height; y++) {
        const uint8_t *in = rgb + (size_t)y * line;
        uint8_t *luma = s->image.planes[VPX_PLANE_Y] + y * s->image.stride[VPX_PLANE_Y];
        for (int x = 0; x < s->config.width; x++, in += 3) {
            luma[x] = (uint8_t)((16829 * in[0] + 33039 * in[1] + 6416 * in[2] + (33 << 15)) >> 16);
        }
    }
    for (int y = 0; y < s->config.height / 2; y++) {
        const uint8_t *in = rgb + (size_t)y * 2u * line;
        uint8_t *u = s->image.planes[VPX_PLANE_U] + y * s->image.stride[VPX_PLANE_U];
        uint8_t *v = s->image.planes[VPX_PLANE_V] + y * s->image.stride[VPX_PLANE_V];
        for (int x = 0; x < s->config.width / 2; x++, in += 6) {
            const int r = in[0] + in[3] + in[line] + in[line + 3];
            const int g = in[1] + in[4] + in[line + 1] + in[line + 4];
            const int b = in[2] + in[5] + in[line + 2] + in[line + 5];
            u[x] = (uint8_t)((-9714 * r - 19070 * g + 28784 * b + (257 << 17)) >> 18);
            v[x] = (uint8_t)((28784 * r - 24103 * g - 4681 * b + (257 << 17)) >> 18);
        }
    }
}

/* When picture number i begins, in milliseconds. */
static uint64_t frame_time(const webm_state *s, uint64_t i)
{
    return (uint64_t)llround((double)i * 1000.0 / s->config.fps);
}

/* Encodes a picture, or with NULL what the codec still holds, and writes the packets. */
static pv_status encode(webm_state *s, const vpx_image_t *image)
{
    const uint64_t time = frame_time(s, s->frames);
    const uint64_t end = frame_time(s, s->frames + 1u);
    const int key = s->frames == 0 || end - s->key_time > KEY_MS;
    if (vpx_codec_encode(&s->codec, image, (vpx_codec_pts_t)time, (unsigned long)(end - time),
                         key ? VPX_EFLAG_FORCE_KF : 0, VPX_DL_REALTIME) != VPX_CODEC_OK) {
        return vpx_failed(s);
    }
    vpx_codec_iter_t iterator = NULL;
    const vpx_codec_cx_pkt_t *packet;
    while ((packet = vpx_codec_get_cx_data(&s->codec, &iterator)) != NULL) {
        if (packet->kind != VPX_CODEC_CX_FRAME_PKT) {
            continue;
        }
        const int is_key = (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
        const pv_status status =
            pv_matroska_add(&s->matroska, packet->data.frame.buf, packet->data.frame.sz,
                            (uint64_t)packet->data.frame.pts, is_key);
        if (status != PV_OK) {
            return status;
        }
        s->key_time = is_key ? (uint64_t)packet->data.frame.pts : s->key_time;
    }
    return PV_OK;
}

static pv_status webm_add(void *state, const uint8_t *rgb)
{
    webm_state *s = state;
    convert_picture(s, rgb);
    const pv_status status = encode(s, &s->image);
    s->frames++;
    return status;
}

/* --- the end --- */

static pv_status webm_finish(void *state)
{
    webm_state *s = state;
    const pv_status status = encode(s, NULL);
    return status == PV_OK ? pv_matroska_end(&s->matroska, frame_time(s, s->frames)) : status;
}

static void webm_free(void *state)
{
    webm_state *s = state;
    if (s->has_codec) {
        vpx_codec_destroy(&s->codec);
    }
    pv_free(s->planes);
    pv_matroska_free(&s->matroska);
}

const pv_encoder_class pv_encoder_webm = {.ending = ".webm",
                                          .even = 1,
                                          .size = sizeof(webm_state),
                                          .open = webm_open,
                                          .add = webm_add,
                                          .finish = webm_finish,
                                          .free = webm_free};

#else

const pv_encoder_class pv_encoder_webm = {.ending = ".webm", .missing = "libvpx"};

#endif
