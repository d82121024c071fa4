#include "base/log.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const names[] = {"error", "warn", "info", "debug", "trace"};
static enum log_level limit = LOG_INFO;
static char prefix[64];

void log_init(enum log_level level, const char *who)
{
    limit = level;
    snprintf(prefix, sizeof prefix, "%s%s", who ? who : "", who ? ": " : "");
}

const char *log_level_name(enum log_level level)
{
    return names[level];
}

/* One write() per line, so that lines of several processes do not mix. */
static void __attribute__((format(printf, 2, 0))) line_put(enum log_level level, const char *fmt, va_list ap)
{
    char line[2048];
    struct timespec t;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &t);
    gmtime_r(&t.tv_sec, &tm);
    size_t n = strftime(line, sizeof line, "%Y-%m-%dT%H:%M:%S", &tm);
    n += (size_t)snprintf(line + n, sizeof line - n, ".%03ldZ %-5s %s", t.tv_nsec / 1000000, names[level], prefix);
    int m = vsnprintf(line + n, sizeof line - n - 1, fmt, ap);
    n += m < 0 ? 0 : (size_t)m;
    if (n > sizeof line - 2) n = sizeof line - 2;
    line[n++] = '\n';
    if (write(STDERR_FILENO, line, n) < 0) return; /* nowhere left to complain */
}

void log_line(enum log_level level, const char *fmt, ...)
{
    if (level > limit) return;
    va_list ap;
    va_start(ap, fmt);
    line_put(level, fmt, ap);
    va_end(ap);
}

void log_trace(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    line_put(LOG_TRACE, fmt, ap);
    va_end(ap);
}
