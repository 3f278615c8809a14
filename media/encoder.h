/* encoder.h: what a video format is: one struct of functions, a file each, and what they share.

   The front (video.c) chooses by the file's ending, scales and pads the pictures, names the file
   and renames it. An encoder gets whole packed pictures and a file that is open, and writes. */
#ifndef PAVLOV_MEDIA_ENCODER_H
#define PAVLOV_MEDIA_ENCODER_H

#include "pavlov/status.h"

#include <stdio.h>

/* --- the file being written --- */

typedef struct pv_output {
    FILE *file;
    const char *path;  /* the final name, for messages */
    const char *part;  /* the name it has until it is closed well */
    uint64_t size;     /* bytes written so far */
    pv_status failure; /* the first one; it sticks */
} pv_output;

/* Adds bytes at the end. */
pv_status pv_output_write(pv_output *output, const void *data, size_t size);

/* Replaces bytes that were written at offset `at`. */
pv_status pv_output_patch(pv_output *output, uint64_t at, const void *data, size_t size);

/* Hands all to the disk and closes. Returns the first failure of its life. */
pv_status pv_output_close(pv_output *output);

/* --- the formats --- */

typedef struct pv_encoder_config {
    int width, height; /* of the pictures added */
    double fps;
    pv_output *output; /* outlives the encoder */
} pv_encoder_config;

typedef struct pv_encoder_class {
    const char *ending;  /* ".webm" */
    const char *missing; /* the library this build lacks for it; NULL: it can write */
    int even;            /* 1: takes only even widths and heights */
    size_t size;         /* of its state, which is zeroed before open */
    pv_status (*open)(void *state, const pv_encoder_config *config);
    pv_status (*add)(void *state, const uint8_t *rgb); /* [height][width][3] */
    pv_status (*finish)(void *state);                  /* writes what is still to be written */
    void (*free)(void *state); /* gives back what open took; also after a failed open */
} pv_encoder_class;

extern const pv_encoder_class pv_encoder_webm, pv_encoder_gif, pv_encoder_apng, pv_encoder_mp4;

/* --- pictures --- */

/* Finds the smallest rectangle outside which two pictures [height][width][3] are equal; one pixel
   where they are equal everywhere. */
pv_rect pv_changed_rect(const uint8_t *before, const uint8_t *after, int width, int height);

#endif
