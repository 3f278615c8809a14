/* video.h: pictures in a row into a file: .webm (VP9), .gif, .png (animated) or .mp4 (the user's
   ffmpeg).

   The file's ending chooses. A file is written beside its final name and renamed when closed well,
   so a failure leaves nothing half done. */
#ifndef PAVLOV_MEDIA_VIDEO_H
#define PAVLOV_MEDIA_VIDEO_H

#include "pavlov/status.h"

typedef struct pv_video pv_video;

typedef struct pv_video_config {
    const char *path;
    int width, height; /* of the frames given; odd sizes are fine */
    double fps;
    int scale; /* every pixel becomes scale x scale; 1: as it is */
} pv_video_config;

/* Begins a file. An ending that is not known, or not in this build, is an error that lists those
   that are; .mp4 without ffmpeg on the PATH is an error that says so. NULL on failure. */
pv_video *pv_video_open(const pv_video_config *config);

/* Adds a frame: `height` lines of `stride` bytes RGB. */
pv_status pv_video_add(pv_video *video, const uint8_t *rgb, size_t stride);

/* Ends the file and gives it its name. The video is gone whatever happens. */
pv_status pv_video_close(pv_video *video);

/* Throws the file away. NULL is fine. */
void pv_video_abandon(pv_video *video);

/* Returns the endings this build can write: ".webm .gif .png .mp4". */
const char *pv_video_endings(void);

#endif
