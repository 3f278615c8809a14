/* status.c: status codes by name, and the last error of each thread. The message lives in a fixed
   buffer of the thread, so that telling of a failure cannot fail itself. */
#include "pavlov/status.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_SIZE = 1024 };

typedef struct last_error {
    pv_status status;
    char message[MESSAGE_SIZE];
} last_error;

static _Thread_local last_error last;

typedef struct status_row {
    pv_status status;
    const char *name, *text;
} status_row;

#define STATUS_ROW(name, code, text) {code, #name, text},
static const status_row status_rows[] = {PV_STATUS_MAP(STATUS_ROW)};
#undef STATUS_ROW

static const status_row *find_row(pv_status status)
{
    for (size_t i = 0; i < sizeof status_rows / sizeof status_rows[0]; i++) {
        if (status_rows[i].status == status) {
            return &status_rows[i];
        }
    }
    return NULL;
}

const char *pv_status_name(pv_status status)
{
    const status_row *row = find_row(status);
    return row ? row->name : "unknown status";
}

const char *pv_status_text(pv_status status)
{
    const status_row *row = find_row(status);
    return row ? row->text : "unknown status";
}

const char *pv_last_error(void)
{
    return last.message;
}

pv_status pv_last_status(void)
{
    return last.status;
}

/* ends a text that did not fit in "...", and makes it one line */
static void tidy(char *text, int wanted)
{
    if (wanted >= MESSAGE_SIZE) {
        memcpy(text + MESSAGE_SIZE - 4, "...", 4);
    }
    for (; *text; text++) {
        if (*text == '\n' || *text == '\r') {
            *text = ' ';
        }
    }
}

pv_status pv_fail(pv_status status, const char *format, ...)
{
    assert(status < 0);
    char text[MESSAGE_SIZE]; /* apart from the old message, which may be among the arguments */
    va_list args;
    va_start(args, format);
    const int wanted = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    tidy(text, wanted);
    memcpy(last.message, text, sizeof text);
    last.status = status;
    return status;
}

pv_status pv_fail_in(const char *format, ...)
{
    char words[MESSAGE_SIZE];
    va_list args;
    va_start(args, format);
    const int wanted = vsnprintf(words, sizeof words, format, args);
    va_end(args);
    tidy(words, wanted);
    if (last.status == PV_OK) {
        return pv_fail(PV_ERROR, "%s: %s", words, pv_status_text(PV_ERROR));
    }
    return pv_fail(last.status, "%s: %s", words, last.message);
}

void pv_clear_error(void)
{
    last.status = PV_OK;
    last.message[0] = '\0';
}
