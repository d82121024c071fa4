#include "base/log.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const names[] = {"error", "warn", "info", "debug"};
static enum log_level limit = LOG_INFO;
static char prefix[64];

void log_init(enum log_level level, const char *who)
{
    limit = level;
    snprintf(prefix, sizeof prefix, "%s%s", who ? who : "", who ? ": " : "");
}

/* One write() per line, so that lines of several processes do not mix. */
void log_line(enum log_level level, const char *fmt, ...)
{
    if (level > limit) return;
    char line[2048];
    struct timespec t;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &t);
    gmtime_r(&t.tv_sec, &tm);
    size_t n = strftime(line, sizeof line, "%Y-%m-%dT%H:%M:%S", &tm);
    n += (size_t)snprintf(line + n, sizeof line - n, ".%03ldZ %-5s %s", t.tv_nsec / 1000000, names[level], prefix);
    va_list ap;
    va_start(ap, fmt);
    int m = vsnprintf(line + n, sizeof line - n - 1, fmt, ap);
    va_end(ap);
    n += m < 0 ? 0 : (size_t)m;
    if (n > sizeof line - 2) n = sizeof line - 2;
    line[n++] = '\n';
    if (write(STDERR_FILENO, line, n) < 0) return; /* nowhere left to complain */
}
