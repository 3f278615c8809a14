/* The front of plots: checks what is asked, makes all texts proper UTF-8 and puts the figure on a
   page. */
#include "media/plot.h"

#ifdef PV_WITH_CAIRO

#include "core/memory.h"
#include "media/figure.h"
#include "media/page.h"

#include <assert.h>

enum { WIDTH = 640, HEIGHT = 400, SIDE_MIN = 100, SIDE_MAX = 4000 };

/* Replaces *text by a clean copy; NULL stays. Returns 0 for want of memory. */
static int clean_text(const char **text)
{
    char *copy = *text ? pv_copy_text(*text) : NULL;
    const int done = copy != NULL || *text == NULL;
    if (copy) {
        pv_page_clean(copy);
    }
    *text = copy;
    return done;
}

/* Makes a copy of the plot with texts of its own and sizes filled in. On failure what was copied is
   freed with it by free_copy. */
static pv_status copy_plot(const pv_plot *plot, pv_plot *copy)
{
    *copy = *plot;
    copy->width = plot->width ? plot->width : WIDTH;
    copy->height = plot->height ? plot->height : HEIGHT;
    pv_plot_series *series = pv_alloc_array((size_t)plot->n_series, sizeof *series);
    copy->series = series;
    int done = clean_text(&copy->title);
    done &= clean_text(&copy->x_title);
    done &= clean_text(&copy->y_title);
    done &= clean_text(&copy->note);
    for (int i = 0; i < plot->n_series && series; i++) {
        series[i] = plot->series[i];
        done &= clean_text(&series[i].label);
    }
    return series && done ? PV_OK : PV_ERROR_MEMORY;
}

static void free_copy(pv_plot *copy)
{
    const char *const texts[] = {copy->title, copy->x_title, copy->y_title, copy->note};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        pv_free((void *)texts[i]);
    }
    for (int i = 0; i < copy->n_series && copy->series; i++) {
        pv_free((void *)copy->series[i].label);
    }
    pv_free((void *)copy->series);
}

static pv_status check_plot(const pv_plot *plot, const char *path)
{
    assert(plot->n_series >= 0 && (plot->n_series == 0 || plot->series));
    const int sizes[] = {plot->width, plot->height};
    for (int i = 0; i < 2; i++) {
        if (sizes[i] != 0 && (sizes[i] < SIDE_MIN || sizes[i] > SIDE_MAX)) {
            return pv_fail(PV_ERROR_ARGUMENT, "%s: a %s of %d points; it must be %d to %d", path,
                           i ? "height" : "width", sizes[i], (int)SIDE_MIN, (int)SIDE_MAX);
        }
    }
    if (plot->y_low >= plot->y_high) {
        return pv_fail(PV_ERROR_ARGUMENT, "%s: the y axis goes from %g to %g; it must rise", path,
                       plot->y_low, plot->y_high);
    }
    return PV_OK;
}

static pv_status draw_plot(cairo_t *cr, const pv_page *page)
{
    return pv_figure_draw(cr, page->content, page->width, page->height);
}

pv_status pv_plot_write(const pv_plot *plot, const char *path)
{
    pv_status status = pv_page_check(path);
    status = status ? status : check_plot(plot, path);
    if (status != PV_OK) {
        return status;
    }
    pv_plot copy;
    status = copy_plot(plot, &copy);
    if (status == PV_OK) {
        const pv_page page = {copy.width, copy.height, draw_plot, &copy};
        status = pv_page_write(&page, path);
    }
    free_copy(&copy);
    return status;
}

#else

pv_status pv_plot_write(const pv_plot *plot, const char *path)
{
    (void)plot;
    return pv_fail(PV_ERROR_ARGUMENT,
                   "cannot draw %s: this build cannot draw plots; it was built without cairo",
                   path);
}

#endif
