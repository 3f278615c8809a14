/* Wrappers on rewards. The return of an episode is counted from the world's own before them. */
#include "envs/host/wrap.h"

static void clip(pv_wrap_layer *layer, const pv_io *below, const pv_io *io, int first)
{
    const float most = (float)layer->wrap->number[0];
    (void)below;
    for (int i = 0; i < layer->lane->agents && !first; i++) {
        io->reward[i] = io->reward[i] > most ? most : io->reward[i] < -most ? -most : io->reward[i];
    }
}

const pv_wrap_class pv_wrap_clip = {
    .name = "clip",
    .usage = "clip r",
    .help = "rewards outside -r..r become -r or r",
    .takes = "a number above 0, like clip 1",
    .least = 1,
    .most = 1,
    .low = 1e-9,
    .high = 1e9,
    .keeps_stack = 1,
    .after = clip,
};

static void scale(pv_wrap_layer *layer, const pv_io *below, const pv_io *io, int first)
{
    const double *number = layer->wrap->number;
    (void)below;
    for (int i = 0; i < layer->lane->agents && !first; i++) {
        io->reward[i] = (float)(number[0] * (double)io->reward[i] + number[1]);
    }
}

const pv_wrap_class pv_wrap_scale = {
    .name = "scale",
    .usage = "scale a [b]",
    .help = "rewards times a, plus b (0 if not given)",
    .takes = "a factor and perhaps a summand, like scale 0.1 or scale 0.1 1",
    .least = 1,
    .most = 2,
    .low = -1e9,
    .high = 1e9,
    .keeps_stack = 1,
    .after = scale,
};
