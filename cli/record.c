/* record.c: `pavlov record`: a trained agent's episodes as a video. */
#include "cli/commands.h"
#include "cli/run.h"

#include "agents/evaluate.h"
#include "core/file.h"
#include "core/memory.h"
#include "media/overlay.h"
#include "media/video.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct wishes {
    const char *path;
    int episodes, scale, overlay, best;
    uint64_t seed, max_length;
    double fps; /* 0: the world's own */
} wishes;

enum { TURN_BASED_FPS = 4 };

typedef struct recording {
    pv_player player;
    pv_video *video;
    pv_canvas picture; /* where the world paints itself */
    pv_canvas frame;   /* that, enlarged; with overlays a caption below it */
    const wishes *wishes;
    double fps;
    int episode;
    uint64_t step;
    double episode_return;
} recording;

/* makes every pixel of the picture scale x scale ones of the frame */
static void enlarge(const pv_canvas *picture, int scale, const pv_canvas *frame)
{
    for (int y = 0; y < picture->height * scale; y++) {
        const uint8_t *from = picture->rgb + (size_t)(y / scale) * picture->stride;
        uint8_t *to = frame->rgb + (size_t)y * frame->stride;
        for (int x = 0; x < picture->width * scale; x++) {
            memcpy(to + 3 * x, from + 3 * (x / scale), 3);
        }
    }
}

/* draws what the agent thinks over the picture, and the score below it */
static pv_status add_overlay(recording *r)
{
    const int height = r->picture.height * r->wishes->scale;
    pv_canvas above = r->frame;
    pv_canvas caption = r->frame;
    char text[128];
    above.height = height;
    caption.rgb += (size_t)height * caption.stride;
    caption.height -= height;
    snprintf(text, sizeof text, "episode %d  step %llu  return %.5g", r->episode + 1,
             (unsigned long long)r->step, r->episode_return);
    pv_overlay_caption(&caption, text);
    const pv_status status = pv_overlay_values(&above, r->player.vector, 0, r->player.agent);
    /* agents without values and worlds without places keep their plain picture */
    return status == PV_ERROR_FIT ? PV_OK : status;
}

static pv_status add_frame(recording *r)
{
    pv_status status = pv_vector_render(r->player.vector, 0, r->picture.rgb, r->picture.stride);
    if (status == PV_OK) {
        enlarge(&r->picture, r->wishes->scale, &r->frame);
        status = r->wishes->overlay ? add_overlay(r) : PV_OK;
    }
    return status ? status : pv_video_add(r->video, r->frame.rgb, r->frame.stride);
}

/* one episode, its last picture held for a second */
static pv_status record_episode(recording *r)
{
    const pv_batch *batch = pv_vector_batch(r->player.vector);
    r->step = 0;
    r->episode_return = 0.0;
    pv_status status = pv_player_reset(&r->player);
    status = status ? status : add_frame(r);
    for (int ended = 0; status == PV_OK && !ended;) {
        status = pv_player_step(&r->player);
        if (status == PV_OK) {
            r->step++;
            r->episode_return += (double)batch->world_reward[0];
            ended = batch->ended[0];
            status = add_frame(r);
        }
    }
    for (int i = 1; i < (int)r->fps && status == PV_OK; i++) {
        status = add_frame(r);
    }
    return status;
}

static pv_status make_canvas(pv_canvas *canvas, int width, int height)
{
    *canvas = (pv_canvas){.stride = 3u * (size_t)width, .width = width, .height = height};
    canvas->rgb = pv_alloc_array((size_t)height, canvas->stride);
    return canvas->rgb ? PV_OK : pv_last_status();
}

static pv_status open_recording(recording *r, const pv_run *run, pv_agent *agent, const wishes *w)
{
    const pv_spec *spec = pv_world_spec(run->world);
    if (spec->width == 0 || !pv_world_class(run->world)->render) {
        return pv_fail(PV_ERROR_FIT, "world %s draws no pictures", pv_world_name(run->world));
    }
    pv_evaluation_config config = pv_evaluation_config_default(run->world, agent);
    config.seed = w->seed;
    config.purpose = PV_FOR_RECORDING;
    config.max_length = w->max_length;
    r->wishes = w;
    r->fps = w->fps > 0.0 ? w->fps : spec->fps > 0.0 ? spec->fps : TURN_BASED_FPS;
    pv_status status = pv_player_init(&r->player, &config, 1);
    if (status) {
        return status;
    }
    pv_vector_hold(r->player.vector, 1);
    status = make_canvas(&r->picture, (int)spec->width, (int)spec->height);
    const int width = r->picture.width * w->scale;
    const int height = r->picture.height * w->scale;
    status = status ? status
                    : make_canvas(&r->frame, width,
                                  height + (w->overlay ? pv_caption_height(width) : 0));
    const pv_video_config video = {.path = w->path,
                                   .width = r->frame.width,
                                   .height = r->frame.height,
                                   .fps = r->fps,
                                   .scale = 1};
    r->video = status ? NULL : pv_video_open(&video);
    return r->video ? PV_OK : pv_last_status();
}

static pv_status record(const pv_run *run, pv_agent *agent, const wishes *w)
{
    recording r;
    memset(&r, 0, sizeof r);
    pv_status status = open_recording(&r, run, agent, w);
    for (; r.episode < w->episodes && status == PV_OK; r.episode++) {
        status = record_episode(&r);
    }
    if (status == PV_OK) {
        status = pv_video_close(r.video);
    } else {
        pv_video_abandon(r.video);
    }
    pv_free(r.picture.rgb);
    pv_free(r.frame.rgb);
    pv_player_free(&r.player);
    return status;
}

/* small screens are enlarged until their longer side has some 400 pixels */
static int usual_scale(const pv_spec *spec)
{
    const uint32_t longer = spec->width > spec->height ? spec->width : spec->height;
    return longer > 0 && longer < 240 ? (int)(420 / longer) : 1;
}

static pv_status record_dir(const char *dir, wishes *w, int own_seed)
{
    pv_run run;
    pv_status status = pv_run_open(&run, dir);
    if (status) {
        return status;
    }
    pv_agent *agent = pv_run_agent(&run, w->best ? "best.safetensors" : "checkpoint.safetensors");
    w->seed = own_seed ? run.seed : w->seed;
    w->scale = w->scale ? w->scale : usual_scale(pv_world_spec(run.world));
    w->max_length = w->max_length ? w->max_length : run.max_length;
    status = agent ? record(&run, agent, w) : pv_last_status();
    pv_agent_destroy(agent);
    pv_run_free(&run);
    return status;
}

pv_status pv_record_run(const char *run_dir, const char *path, int episodes, uint64_t seed,
                        int scale, int overlay, uint64_t max_length)
{
    wishes w = {.path = path,
                .episodes = episodes,
                .scale = scale,
                .overlay = overlay,
                .seed = seed,
                .max_length = max_length};
    return record_dir(run_dir, &w, 0);
}

static pv_status read_wishes(const pv_arguments *a, wishes *w)
{
    uint64_t episodes = 1;
    uint64_t scale = 0;
    *w = (wishes){.path = pv_option_text(a, "-o"),
                  .overlay = pv_option_text(a, "--overlay") != NULL,
                  .best = pv_option_text(a, "--best") != NULL};
    if (!w->path) {
        return pv_fail(PV_ERROR_ARGUMENT, "where to? add -o FILE with one of the endings %s",
                       pv_video_endings());
    }
    pv_status status = pv_option_count(a, "--episodes", 1, 10000, &episodes);
    status = status ? status : pv_option_count(a, "--scale", 1, 16, &scale);
    status = status ? status : pv_option_count(a, "--seed", 0, UINT64_MAX, &w->seed);
    status = status ? status : pv_option_count(a, "--max-length", 1, UINT64_MAX, &w->max_length);
    status = status ? status : pv_option_number(a, "--fps", 0.1, 240.0, &w->fps);
    w->episodes = (int)episodes;
    w->scale = (int)scale;
    return status;
}

static pv_status run_record(const pv_arguments *a)
{
    wishes w;
    char **dirs = NULL;
    int n = 0;
    pv_status status = pv_arguments_check(a);
    status = status ? status : read_wishes(a, &w);
    status = status ? status : pv_run_find(pv_argument(a, 0), &dirs, &n);
    if (status == PV_OK && n > 1) {
        status = pv_fail(PV_ERROR_ARGUMENT, "%s holds %d runs; name one of them, such as %s",
                         pv_argument(a, 0), n, dirs[0]);
    }
    status = status ? status : record_dir(dirs[0], &w, pv_option_text(a, "--seed") == NULL);
    if (status == PV_OK) {
        printf("%s\n", w.path);
    }
    pv_dir_list_free(dirs, n);
    return status;
}

static const pv_option options[] = {
    {"-o", "FILE", "the video; its ending chooses .webm, .gif, .png (animated) or .mp4", 0},
    {"--episodes", "N", "1 if not given", 0},
    {"--seed", "S", "of the episodes; the run's own if not given", 0},
    {"--scale", "K", "every pixel becomes K x K; small screens are enlarged if not given", 0},
    {"--fps", "F", "pictures a second; the world's own if not given", 0},
    {"--overlay", NULL, "draw episode, step and return, and the values of tabular agents", 0},
    {"--best", NULL, "the best checkpoint by evaluation instead of the last", 0},
    {"--max-length", "N", "longest episode in worlds without a limit", 0},
};

const pv_command pv_command_record = {
    .name = "record",
    .positional = "RUN -o FILE",
    .summary = "a video of a trained agent",
    .least = 1,
    .most = 1,
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .run = run_record,
};
