/* A page as a file: a cairo surface that writes into memory, chosen by the ending of the name, what
   the caller draws on it, and the bytes written at once. The same drawing is the same file. */
#ifdef PV_WITH_CAIRO

#include "media/page.h"

#include "core/file.h"
#include "core/memory.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { PIXELS_A_POINT = 2 };

/* --- a file in memory --- */

typedef struct pages {
    unsigned char *bytes;
    size_t size, room;
    int lost; /* 1: there was no memory for some; cairo does not always tell */
} pages;

static cairo_status_t keep_bytes(void *closure, const unsigned char *bytes, unsigned int size)
{
    pages *p = closure;
    if (p->room - p->size < size) {
        const size_t room = 2u * p->room + size;
        unsigned char *grown = pv_realloc(p->bytes, room);
        if (!grown) {
            p->lost = 1;
            return CAIRO_STATUS_NO_MEMORY;
        }
        p->bytes = grown;
        p->room = room;
    }
    memcpy(p->bytes + p->size, bytes, size);
    p->size += size;
    return CAIRO_STATUS_SUCCESS;
}

/* --- the formats --- */

static cairo_surface_t *open_svg(pages *p, double width, double height)
{
    return cairo_svg_surface_create_for_stream(keep_bytes, p, width, height);
}

static cairo_surface_t *open_pdf(pages *p, double width, double height)
{
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(keep_bytes, p, width, height);
    /* the same drawing is the same file, whenever it is made */
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z");
    return surface;
}

static cairo_surface_t *open_png(pages *p, double width, double height)
{
    (void)p;
    return cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width * PIXELS_A_POINT,
                                      (int)height * PIXELS_A_POINT);
}

typedef struct page_format {
    const char *ending;
    cairo_surface_t *(*open)(pages *p, double width, double height);
    int pixels;   /* 1: made of pixels, written out at the end */
    int numbered; /* 1: see count_surfaces_anew */
} page_format;

static const page_format formats[] = {
    {".svg", open_svg, 0, 1}, {".png", open_png, 1, 0}, {".pdf", open_pdf, 0, 0}};

static const page_format *find_format(const char *path)
{
    const size_t length = strlen(path);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        const size_t n = strlen(formats[i].ending);
        if (length > n && strcasecmp(path + length - n, formats[i].ending) == 0) {
            return &formats[i];
        }
    }
    pv_fail(PV_ERROR_ARGUMENT,
            "cannot tell the format of %s: the name must end in one of .svg .png .pdf", path);
    return NULL;
}

static pv_status cairo_failed(const char *path, cairo_status_t status)
{
    if (status == CAIRO_STATUS_NO_MEMORY) {
        return pv_fail(PV_ERROR_MEMORY, "out of memory drawing %s", path);
    }
    return pv_fail(PV_ERROR, "cannot draw %s: cairo says: %s", path,
                   cairo_status_to_string(status));
}

/* Returns the length of a name that cairo gives a surface in an SVG, up to its number, if one
   stands at `i`; 0 if not. */
static size_t surface_name(const pages *p, size_t i)
{
    static const char *const names[] = {"surface", "image", "image-", "source-"};
    if (p->bytes[i] != '"' && p->bytes[i] != '#') {
        return 0;
    }
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        const size_t n = strlen(names[k]) + 1u;
        if (i + n < p->size && memcmp(p->bytes + i + 1, names[k], n - 1u) == 0 &&
            isdigit(p->bytes[i + n])) {
            return n;
        }
    }
    return 0;
}

/* Reads the number at *i and steps over it. */
static unsigned long read_number(const pages *p, size_t *i)
{
    unsigned long number = 0;
    while (*i < p->size && isdigit(p->bytes[*i])) {
        number = 10u * number + (unsigned long)(p->bytes[(*i)++] - '0');
    }
    return number;
}

/* cairo numbers surfaces by how many the program has made: counted from the first of the file, the
   same drawing is the same file. */
static void count_surfaces_anew(pages *p)
{
    unsigned long least = ULONG_MAX;
    for (size_t i = 0; i < p->size; i++) {
        size_t at = i + surface_name(p, i);
        const unsigned long number = at > i ? read_number(p, &at) : ULONG_MAX;
        least = number < least ? number : least;
    }
    size_t to = 0;
    for (size_t from = 0; from < p->size;) {
        const size_t n = surface_name(p, from);
        memmove(p->bytes + to, p->bytes + from, n ? n : 1);
        to += n ? n : 1;
        from += n ? n : 1;
        if (n) { /* never longer than it was */
            char text[24];
            const int length = snprintf(text, sizeof text, "%lu", read_number(p, &from) - least);
            memcpy(p->bytes + to, text, (size_t)length);
            to += (size_t)length;
        }
    }
    p->size = to;
}

/* Draws into p; the surface is finished when this returns. */
static pv_status draw_pages(const page_format *format, const pv_page *page, const char *path,
                            pages *p)
{
    const double width = page->width;
    const double height = page->height;
    cairo_surface_t *surface = format->open(p, width, height);
    cairo_t *cr = cairo_create(surface);
    if (format->pixels) {
        cairo_scale(cr, PIXELS_A_POINT, PIXELS_A_POINT);
    }
    pv_status status = PV_OK;
    if (cairo_status(cr) == CAIRO_STATUS_SUCCESS) {
        status = page->draw(cr, page);
    }
    cairo_status_t drawn = cairo_status(cr);
    if (drawn == CAIRO_STATUS_SUCCESS && format->pixels && status == PV_OK) {
        drawn = cairo_surface_write_to_png_stream(surface, keep_bytes, p);
    }
    cairo_destroy(cr);
    cairo_surface_finish(surface);
    if (drawn == CAIRO_STATUS_SUCCESS) {
        drawn = cairo_surface_status(surface);
    }
    cairo_surface_destroy(surface);
    if (status == PV_OK && (drawn != CAIRO_STATUS_SUCCESS || p->lost)) {
        return cairo_failed(path, p->lost ? CAIRO_STATUS_NO_MEMORY : drawn);
    }
    return status;
}

/* --- texts --- */

/* Returns how many bytes the character at `text` has, 0 if it is not UTF-8. */
static size_t utf8_length(const unsigned char *text)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } kinds[] = {{0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};
    for (size_t n = 1; n <= 4; n++) {
        if ((text[0] & kinds[n - 1].mask) != kinds[n - 1].lead) {
            continue;
        }
        uint32_t code = text[0] & (unsigned char)~kinds[n - 1].mask;
        for (size_t i = 1; i < n; i++) {
            if ((text[i] & 0xC0) != 0x80) {
                return 0;
            }
            code = code << 6 | (text[i] & 0x3Fu);
        }
        const int surrogate = code >= 0xD800 && code <= 0xDFFF;
        return code < kinds[n - 1].least || code > 0x10FFFF || surrogate ? 0 : n;
    }
    return 0;
}

void pv_page_clean(char *text)
{
    for (char *c = text; *c;) {
        const size_t n = utf8_length((const unsigned char *)c);
        if (n == 0 || (n == 1 && (*c == 0x7F || (*c < ' ' && *c != '\n')))) {
            *c = '?';
        }
        c += n > 0 ? n : 1;
    }
}

pv_status pv_page_check(const char *path)
{
    return find_format(path) ? PV_OK : pv_last_status();
}

pv_status pv_page_write(const pv_page *page, const char *path)
{
    const page_format *format = find_format(path);
    if (!format) {
        return pv_last_status();
    }
    pages p = {0};
    pv_status status = draw_pages(format, page, path, &p);
    if (status == PV_OK && format->numbered) {
        count_surfaces_anew(&p);
    }
    if (status == PV_OK) {
        status = pv_file_write(path, p.bytes, p.size);
    }
    pv_free(p.bytes);
    return status;
}

#else

typedef int pv_no_pages; /* a translation unit is never empty */

#endif
