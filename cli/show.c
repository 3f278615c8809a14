/* show.c: `pavlov show`: a picture of a trained network: its weights, its first filters, and what
   its layers make of a moment of the agent's own play. */
#include "cli/commands.h"
#include "cli/run.h"

#include "agents/evaluate.h"
#include "agents/net_inputs.h"
#include "core/file.h"
#include "core/memory.h"
#include "core/params.h"
#include "media/net_picture.h"

#include <stdio.h>
#include <string.h>

enum { AT = 50 }; /* decisions before the moment that is shown */

typedef struct wishes {
    const char *path, *layer;
    pv_show show;
    int best;
    uint64_t seed, at;
} wishes;

/* the agent at a moment of its play, and what its net makes of it */
typedef struct moment {
    pv_player player;
    pv_net_input *inputs; /* of the world */
    int n_inputs;
    pv_net_view *view;  /* [inputs of the net] */
    const void **input; /* [the same] what goes into the pass */
    uint32_t *source;   /* [the same] number of the observation */
    pv_pass *pass;
    float *state; /* recurrent */
    pv_canvas frame;
} moment;

static void free_moment(moment *m)
{
    pv_player_free(&m->player);
    pv_free(m->inputs);
    pv_free(m->view);
    pv_free((void *)m->input);
    pv_free(m->source);
    pv_pass_destroy(m->pass);
    pv_free(m->state);
    pv_free(m->frame.rgb);
}

/* finds the observation of each of the net's inputs by its name */
static pv_status match_inputs(moment *m, const pv_world *world, const pv_net *net)
{
    const pv_spec *spec = pv_world_spec(world);
    const int n = pv_net_input_count(net);
    m->inputs = pv_net_inputs_create(spec, &m->n_inputs);
    m->view = pv_alloc_array((size_t)n, sizeof *m->view);
    m->input = pv_alloc_array((size_t)n, sizeof *m->input);
    m->source = pv_alloc_array((size_t)n, sizeof *m->source);
    if (!m->inputs || !m->view || !m->input || !m->source) {
        return pv_last_status();
    }
    for (int i = 0; i < n; i++) {
        const char *name = pv_net_input_name(net, i);
        int known = -1;
        for (int k = 0; k < m->n_inputs; k++) {
            known = strcmp(m->inputs[k].name, name) == 0 ? k : known;
        }
        for (uint32_t k = 0; k < spec->n_obs && known >= 0; k++) {
            m->source[i] = strcmp(spec->obs[k].name, name) == 0 ? k : m->source[i];
        }
        if (known < 0) {
            return pv_fail(PV_ERROR_FIT, "the network's input \"%s\" is no observation of %s", name,
                           pv_world_name(world));
        }
        m->view[i].input = m->inputs[known];
        m->view[i].frames = (int)pv_world_stack(world, m->source[i]);
    }
    return PV_OK;
}

/* the net on what there is to see now; the state of recurrent layers goes on */
static void forward(moment *m, const pv_net *net)
{
    const pv_batch *batch = pv_vector_batch(m->player.vector);
    for (int i = 0; i < pv_net_input_count(net); i++) {
        m->input[i] = m->view[i].obs = batch->obs[m->source[i]];
    }
    pv_pass_forward(m->pass, net,
                    &(pv_net_batch){.steps = 1,
                                    .sequences = 1,
                                    .input = m->input,
                                    .reset = batch->first,
                                    .state = m->state,
                                    .state_after = m->state});
}

static pv_status paint_frame(moment *m, const pv_world *world)
{
    const pv_spec *spec = pv_world_spec(world);
    if (spec->width == 0 || !pv_world_class(world)->render) {
        return PV_OK;
    }
    m->frame = (pv_canvas){
        .stride = 3u * spec->width, .width = (int)spec->width, .height = (int)spec->height};
    m->frame.rgb = pv_alloc_array(spec->height, m->frame.stride);
    return m->frame.rgb ? pv_vector_render(m->player.vector, 0, m->frame.rgb, m->frame.stride)
                        : pv_last_status();
}

/* plays greedily for so many decisions, and stops there */
static pv_status play(moment *m, const pv_run *run, pv_agent *agent, const pv_net *net,
                      const wishes *w)
{
    pv_evaluation_config config = pv_evaluation_config_default(run->world, agent);
    config.seed = w->seed;
    config.purpose = PV_FOR_RECORDING;
    config.max_length = run->max_length;
    pv_status status = pv_player_init(&m->player, &config, 1);
    if (status) {
        return status;
    }
    m->pass = pv_pass_create(net, &(pv_pass_config){.rows = 1, .seed = w->seed});
    m->state = pv_alloc_array(pv_net_state_size(net) + 1, sizeof *m->state);
    if (!m->pass || !m->state) {
        return pv_last_status();
    }
    status = pv_player_reset(&m->player);
    for (uint64_t i = 0; i < w->at && status == PV_OK; i++) {
        forward(m, net);
        status = pv_player_step(&m->player);
    }
    if (status == PV_OK) {
        forward(m, net);
        status = paint_frame(m, run->world);
    }
    return status;
}

static pv_status draw(const pv_run *run, const pv_net *net, const moment *m, const wishes *w)
{
    const char *wrap = pv_world_wrap(run->world);
    char note[192];
    char when[96];
    char *title = pv_format_text("%s in %s", run->agent_class->name, pv_world_name(run->world));
    (void)snprintf(note, sizeof note, "%zu parameters, seed %llu, %s checkpoint%s%s",
                   pv_net_parameter_count(net), (unsigned long long)run->seed,
                   w->best ? "best" : "last", *wrap ? "; wrappers: " : "", wrap);
    (void)snprintf(when, sizeof when, "after %llu greedy decisions from seed %llu",
                   (unsigned long long)w->at, (unsigned long long)w->seed);
    const pv_net_picture picture = {.net = net,
                                    .show = w->show,
                                    .layer = w->layer,
                                    .view = m->view,
                                    .pass = m->pass,
                                    .frame = m->frame.rgb ? &m->frame : NULL,
                                    .title = title,
                                    .note = note,
                                    .moment = when};
    const pv_status status = title ? pv_net_picture_write(&picture, w->path) : pv_last_status();
    pv_free(title);
    return status;
}

static pv_status show_agent(const pv_run *run, pv_agent *agent, const wishes *w)
{
    const pv_net *net = agent->agent_class->net ? agent->agent_class->net(agent) : NULL;
    moment m;
    if (!net) {
        return pv_fail(PV_ERROR_FIT,
                       "agent %s has no network to show; what a table has learned is drawn by "
                       "pavlov record RUN -o FILE --overlay",
                       run->agent_class->name);
    }
    memset(&m, 0, sizeof m);
    pv_status status = match_inputs(&m, run->world, net);
    if (status == PV_OK && (w->show == PV_SHOW_ALL || w->show == PV_SHOW_ACTIVATIONS)) {
        status = play(&m, run, agent, net, w);
    }
    status = status ? status : draw(run, net, &m, w);
    free_moment(&m);
    return status;
}

static pv_status show_dir(const char *dir, wishes *w, int own_seed)
{
    pv_run run;
    pv_status status = pv_run_open(&run, dir);
    if (status) {
        return status;
    }
    pv_agent *agent = pv_run_agent(&run, w->best ? "best.safetensors" : "checkpoint.safetensors");
    w->seed = own_seed ? run.seed : w->seed;
    status = agent ? show_agent(&run, agent, w) : pv_last_status();
    pv_agent_destroy(agent);
    pv_run_free(&run);
    return status;
}

static pv_status read_what(const char *text, pv_show *show)
{
    static const char *const names[] = {"all", "hinton", "filters", "activations"};
    for (int i = 0; i < 4; i++) {
        if (strcmp(text, names[i]) == 0) {
            *show = (pv_show)i;
            return PV_OK;
        }
    }
    const char *near = pv_near_name(text, names, 4);
    return pv_fail(PV_ERROR_ARGUMENT,
                   "--what takes hinton, filters, activations or all, not \"%s\"%s%s%s", text,
                   near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static pv_status read_wishes(const pv_arguments *a, wishes *w)
{
    const char *what = pv_option_text(a, "--what");
    *w = (wishes){.path = pv_option_text(a, "-o"),
                  .layer = pv_option_text(a, "--layer"),
                  .best = pv_option_text(a, "--best") != NULL,
                  .at = AT};
    if (!w->path) {
        return pv_fail(PV_ERROR_ARGUMENT,
                       "where to? add -o FILE with one of the endings .svg .png .pdf");
    }
    pv_status status = pv_net_picture_check(w->path);
    status = status ? status : what ? read_what(what, &w->show) : PV_OK;
    status = status ? status : pv_option_count(a, "--at", 0, 10000000, &w->at);
    return status ? status : pv_option_count(a, "--seed", 0, UINT64_MAX, &w->seed);
}

static pv_status run_show(const pv_arguments *a)
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
    status = status ? status : show_dir(dirs[0], &w, pv_option_text(a, "--seed") == NULL);
    if (status == PV_OK) {
        printf("%s\n", w.path);
    }
    pv_dir_list_free(dirs, n);
    return status;
}

static const pv_option options[] = {
    {"-o", "FILE", "the picture; its ending chooses .svg, .png or .pdf", 0},
    {"--what", "WHAT", "hinton (weights), filters, activations, or all, which is usual", 0},
    {"--layer", "NAME", "only this layer (conv1), or all of a head (q)", 0},
    {"--at", "N", "activations after N greedy decisions, 50 if not given", 0},
    {"--seed", "S", "of that play; the run's own if not given", 0},
    {"--best", NULL, "the best checkpoint by evaluation instead of the last", 0},
};

const pv_command pv_command_show = {
    .name = "show",
    .positional = "RUN -o FILE",
    .summary = "a picture of a trained network",
    .least = 1,
    .most = 1,
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .run = run_show,
};
