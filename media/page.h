/* page.h: a page drawn with cairo and written as .svg, .png (2 pixels a point) or .pdf. */
#ifndef PAVLOV_MEDIA_PAGE_H
#define PAVLOV_MEDIA_PAGE_H

#include "pavlov/status.h"

#include <cairo.h>

typedef struct pv_page pv_page;

struct pv_page {
    int width, height;                                   /* points */
    pv_status (*draw)(cairo_t *cr, const pv_page *page); /* lengths are points */
    const void *content;                                 /* the drawer's own */
};

/* Fails unless a page can be written to a file of this name: the ending tells the format. */
pv_status pv_page_check(const char *path);

/* Draws a page and writes it; nothing is written where drawing fails. */
pv_status pv_page_write(const pv_page *page, const char *path);

/* Makes a text proper UTF-8 without control characters, which cairo insists on: what is not becomes
   a question mark. */
void pv_page_clean(char *text);

#endif
