/* The front of all video formats: picks the encoder by the file's ending, makes every pixel
   scale x scale, pads to even sizes where the format wants them, and writes beside the final name,
   which the file gets only when it has been closed well. */
#include "media/video.h"

#include "core/memory.h"
#include "media/encoder.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* no format here goes beyond, and no screen */
enum { SIDE_MAX = 16384 };
static const double FPS_MIN = 0.1;
static const double FPS_MAX = 1000.0;

static const pv_encoder_class *const encoders[] = {&pv_encoder_webm, &pv_encoder_gif,
                                                   &pv_encoder_apng, &pv_encoder_mp4};
enum { ENCODERS = sizeof encoders / sizeof encoders[0] };

struct pv_video {
    const pv_encoder_class *encoder;
    void *state;
    pv_output output;
    char *path, *part;
    int width, height, scale;  /* of the pictures given */
    int out_width, out_height; /* of those the encoder gets */
    uint8_t *picture;          /* [out_height][out_width][3] */
    uint64_t frames;
    pv_status failure; /* the first one; it sticks */
};

const char *pv_video_endings(void)
{
    return ""
#ifdef PV_WITH_VPX
           ".webm "
#endif
#ifdef PV_WITH_GIF
           ".gif "
#endif
#ifdef PV_WITH_PNG
           ".png "
#endif
           ".mp4";
}

static const pv_encoder_class *find_encoder(const char *path)
{
    const size_t length = strlen(path);
    for (int i = 0; i < ENCODERS; i++) {
        const size_t n = strlen(encoders[i]->ending);
        if (length <= n || strcasecmp(path + length - n, encoders[i]->ending) != 0) {
            continue;
        }
        if (encoders[i]->missing) {
            pv_fail(PV_ERROR_ARGUMENT,
                    "cannot write %s: this build cannot write %s; it was built without %s "
                    "(it writes %s)",
                    path, encoders[i]->ending, encoders[i]->missing, pv_video_endings());
            return NULL;
        }
        return encoders[i];
    }
    pv_fail(PV_ERROR_ARGUMENT, "cannot tell the video format of %s: the name must end in one of %s",
            path, pv_video_endings());
    return NULL;
}

static pv_status check_config(const pv_video_config *config)
{
    assert(config->path && config->width > 0 && config->height > 0);
    if (!(config->fps >= FPS_MIN && config->fps <= FPS_MAX)) {
        return pv_fail(PV_ERROR_ARGUMENT, "%s: %g frames a second; it must be %g to %g",
                       config->path, config->fps, FPS_MIN, FPS_MAX);
    }
    if (config->scale < 1 || config->scale > SIDE_MAX / config->width ||
        config->scale > SIDE_MAX / config->height) {
        return pv_fail(PV_ERROR_ARGUMENT,
                       "%s: scale %d; it must be 1 or more, and no side of the %d x %d picture may "
                       "become longer than %d pixels",
                       config->path, config->scale, config->width, config->height, (int)SIDE_MAX);
    }
    return PV_OK;
}

/* Makes a new empty file beside the path: "curve.webm.1234-0.part". */
static pv_status open_part(pv_video *video)
{
    struct stat there;
    if (stat(video->path, &there) == 0 && S_ISDIR(there.st_mode)) {
        return pv_fail(PV_ERROR_FILE, "cannot write %s: it is a folder", video->path);
    }
    int descriptor = -1;
    for (int i = 0; descriptor < 0; i++) {
        pv_free(video->part);
        video->part = pv_format_text("%s.%ld-%d.part", video->path, (long)getpid(), i);
        if (!video->part) {
            return PV_ERROR_MEMORY;
        }
        descriptor = open(video->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor < 0 && errno != EEXIST) {
            const pv_status status =
                pv_fail(PV_ERROR_FILE, "cannot write %s: %s", video->path, strerror(errno));
            pv_free(video->part);
            video->part = NULL;
            return status;
        }
    }
    video->output.path = video->path;
    video->output.part = video->part;
    video->output.file = fdopen(descriptor, "w+b");
    if (!video->output.file) {
        close(descriptor);
        return pv_fail(PV_ERROR_FILE, "cannot write %s: %s", video->path, strerror(errno));
    }
    return PV_OK;
}

static void set_sizes(pv_video *video, const pv_video_config *config)
{
    const int even = video->encoder->even;
    video->width = config->width;
    video->height = config->height;
    video->scale = config->scale;
    video->out_width = config->width * config->scale;
    video->out_height = config->height * config->scale;
    video->out_width += even & video->out_width;
    video->out_height += even & video->out_height;
}

pv_video *pv_video_open(const pv_video_config *config)
{
    const pv_encoder_class *encoder = find_encoder(config->path);
    if (!encoder || check_config(config) != PV_OK) {
        return NULL;
    }
    pv_video *video = pv_alloc(sizeof *video);
    if (!video) {
        return NULL;
    }
    video->encoder = encoder;
    set_sizes(video, config);
    video->path = pv_copy_text(config->path);
    video->picture = pv_alloc_array((size_t)video->out_width * 3u, (size_t)video->out_height);
    if (!video->path || !video->picture || open_part(video) != PV_OK) {
        goto fail;
    }
    video->state = pv_alloc(encoder->size);
    if (!video->state) {
        goto fail;
    }
    const pv_encoder_config inner = {video->out_width, video->out_height, config->fps,
                                     &video->output};
    if (encoder->open(video->state, &inner) != PV_OK) {
        goto fail;
    }
    return video;
fail:
    pv_video_abandon(video);
    return NULL;
}

/* Fills the encoder's picture: nearest neighbour, the padding repeats the last row and column. */
static void scale_picture(const pv_video *video, const uint8_t *rgb, size_t stride)
{
    const size_t line = (size_t)video->out_width * 3u;
    for (int y = 0; y < video->out_height; y++) {
        uint8_t *out = video->picture + (size_t)y * line;
        if (y % video->scale != 0 || y / video->scale >= video->height) {
            memcpy(out, out - line, line);
            continue;
        }
        const uint8_t *in = rgb + (size_t)(y / video->scale) * stride;
        for (int x = 0; x < video->width; x++) {
            for (int i = 0; i < video->scale; i++) {
                memcpy(out, in + (size_t)x * 3u, 3);
                out += 3;
            }
        }
        if (video->width * video->scale < video->out_width) {
            memcpy(out, out - 3, 3);
        }
    }
}

pv_status pv_video_add(pv_video *video, const uint8_t *rgb, size_t stride)
{
    assert(rgb && stride >= (size_t)video->width * 3u);
    if (video->failure != PV_OK) {
        return video->failure;
    }
    scale_picture(video, rgb, stride);
    video->failure = video->encoder->add(video->state, video->picture);
    video->frames += video->failure == PV_OK;
    return video->failure;
}

static void free_video(pv_video *video)
{
    pv_free(video->picture);
    pv_free(video->path);
    pv_free(video->part);
    pv_free(video);
}

static void free_encoder(pv_video *video)
{
    if (video->state) {
        video->encoder->free(video->state);
        pv_free(video->state);
        video->state = NULL;
    }
}

pv_status pv_video_close(pv_video *video)
{
    pv_status status = video->failure;
    if (status == PV_OK && video->frames == 0) {
        status = pv_fail(PV_ERROR_ARGUMENT, "cannot write %s: it has no pictures", video->path);
    }
    if (status == PV_OK) {
        status = video->encoder->finish(video->state);
    }
    free_encoder(video);
    const pv_status closed = pv_output_close(&video->output);
    status = status == PV_OK ? closed : status;
    if (status == PV_OK && rename(video->part, video->path) != 0) {
        status = pv_fail(PV_ERROR_FILE, "cannot write %s: %s", video->path, strerror(errno));
    }
    if (status != PV_OK) {
        unlink(video->part);
    }
    free_video(video);
    return status;
}

void pv_video_abandon(pv_video *video)
{
    if (!video) {
        return;
    }
    free_encoder(video);
    if (video->output.file) {
        fclose(video->output.file);
    }
    if (video->part) {
        unlink(video->part);
    }
    free_video(video);
}
