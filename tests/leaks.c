/* leaks.c: linked into every program of a build with AddressSanitizer that can draw plots.
   fontconfig keeps three patterns (about 1 kB) for as long as a program runs, behind pointers that
   the leak checker does not see. cairo since 1.17 forgets much of a PDF whose stream failed; with
   cairo 1.16 what we take from it is checked. Nothing of ours is left out. */
#include <cairo.h>

#if CAIRO_VERSION >= CAIRO_VERSION_ENCODE(1, 17, 0)
#define OF_CAIRO "leak:libcairo.so\n"
#else
#define OF_CAIRO ""
#endif

const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig.so\n" OF_CAIRO;
}

const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}
