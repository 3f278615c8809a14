/* leaks.c: linked into every program of a build with AddressSanitizer that can draw plots.
   fontconfig keeps three patterns (about 1 kB) for as long as a program runs, behind pointers that
   the leak checker does not see; nothing of ours is left out. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig.so\n";
}

const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}
