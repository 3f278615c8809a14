/* machine.c: what the machine has, asked in each system's own way. */
#include "core/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif

/* a number behind `key` in a file of lines "key number", in units of `unit`; 0 if there is none */
static uint64_t number_in(const char *path, const char *key, uint64_t unit)
{
    FILE *file = fopen(path, "r");
    char line[256];
    unsigned long long number = 0;
    while (file && number == 0 && fgets(line, sizeof line, file)) {
        if (strncmp(line, key, strlen(key)) == 0) {
            number = strtoull(line + strlen(key), NULL, 10);
        }
    }
    if (file) {
        fclose(file);
    }
    return (uint64_t)number * unit;
}

static uint64_t physical_memory(void)
{
#if defined(__APPLE__)
    uint64_t bytes = 0;
    size_t size = sizeof bytes;
    return sysctlbyname("hw.memsize", &bytes, &size, NULL, 0) == 0 ? bytes : 0;
#elif defined(_SC_PHYS_PAGES)
    const long pages = sysconf(_SC_PHYS_PAGES);
    const long size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : 0;
#else
    return 0;
#endif
}

uint64_t pv_memory_available(void)
{
    /* Linux; a container may be granted less than the machine has */
    const uint64_t available = number_in("/proc/meminfo", "MemAvailable:", 1024);
    const uint64_t granted = number_in("/sys/fs/cgroup/memory.max", "", 1);
    const uint64_t most = available ? available : physical_memory();
    return granted && granted < most ? granted : most;
}

const char *pv_size_text(uint64_t bytes, char text[32])
{
    static const char *const units[] = {"bytes", "KB", "MB", "GB", "TB", "PB", "EB"};
    double number = (double)bytes;
    int unit = 0;
    while (number >= 999.5 && unit < 6) {
        number /= 1000.0;
        unit++;
    }
    snprintf(text, 32, number < 9.95 && unit > 0 ? "%.1f %s" : "%.0f %s", number, units[unit]);
    return text;
}
