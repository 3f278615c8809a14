/* status.h: how the library says what went wrong.

   A function that can fail returns pv_status (0 or negative), or a pointer that is NULL on failure;
   the reason, one line that says what was wrong and what would be right, waits in pv_last_error()
   of the calling thread. The library never prints and never exits. */
#ifndef PAVLOV_STATUS_H
#define PAVLOV_STATUS_H

#include "pavlov/env.h"

#include <stdarg.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PV_STATUS_MAP(X)                                                                           \
    X(PV_OK, 0, "no error")                                                                        \
    X(PV_ERROR, -1, "failed")                                                                      \
    X(PV_ERROR_MEMORY, -2, "out of memory")                                                        \
    X(PV_ERROR_ARGUMENT, -3, "wrong argument")                                                     \
    X(PV_ERROR_FILE, -4, "file error")                                                             \
    X(PV_ERROR_FORMAT, -5, "damaged or unknown data")                                              \
    X(PV_ERROR_VERSION, -6, "other version")                                                       \
    X(PV_ERROR_WORLD, -7, "the world failed")                                                      \
    X(PV_ERROR_FIT, -8, "the agent does not fit the world")                                        \
    X(PV_ERROR_NUMBER, -9, "not a finite number")                                                  \
    X(PV_ERROR_INTERRUPTED, -10, "interrupted")                                                    \
    X(PV_ERROR_EXISTS, -11, "exists already")

#define PV_STATUS_ENUM(name, code, text) name = code,
enum { PV_STATUS_MAP(PV_STATUS_ENUM) };
#undef PV_STATUS_ENUM

#if defined(__GNUC__)
#define PV_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define PV_PRINTF(text, first)
#endif

/* Returns the name of a status ("PV_ERROR_FILE"); static storage. */
const char *pv_status_name(pv_status status);

/* Returns what a status means in words; static storage. */
const char *pv_status_text(pv_status status);

/* Returns this thread's last error message, "" if none; valid until the thread's next failure. */
const char *pv_last_error(void);

/* Returns the status that came with pv_last_error(), PV_OK if none. */
pv_status pv_last_status(void);

/* Sets this thread's last error and returns `status`: `return pv_fail(PV_ERROR_FILE, "...", ...)`.
 */
pv_status pv_fail(pv_status status, const char *format, ...) PV_PRINTF(2, 3);

/* Puts "<words>: " before this thread's last error and returns its status, for callers that know
   where it happened. */
pv_status pv_fail_in(const char *format, ...) PV_PRINTF(1, 2);

/* Forgets this thread's last error. */
void pv_clear_error(void);

#ifdef __cplusplus
}
#endif

#endif
