#include "base/log.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE_SIZE = 2000, LINE_SIZE = 6 * MESSAGE_SIZE + 300 /* each byte may be written as \u00XX */ };

static const char *const names[] = {"error", "warn", "info", "debug", "trace"};
static enum log_level limit = LOG_INFO;
static enum log_format format;
static char who[64];

void log_init(enum log_level level, const char *name)
{
    limit = level;
    snprintf(who, sizeof who, "%s", name ? name : "");
}

void log_set_format(enum log_format wanted)
{
    format = wanted;
}

const char *log_level_name(enum log_level level)
{
    return names[level];
}

static size_t put_time(char *out, size_t size)
{
    struct timespec t;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &t);
    gmtime_r(&t.tv_sec, &tm);
    size_t n = strftime(out, size, "%Y-%m-%dT%H:%M:%S", &tm);
    return n + (size_t)snprintf(out + n, size - n, ".%03ldZ", t.tv_nsec / 1000000);
}

static size_t put_text_line(char *line, enum log_level level, const char *message)
{
    size_t n = put_time(line, LINE_SIZE);
    return n + (size_t)snprintf(line + n, LINE_SIZE - n, " %-5s %s%s%s\n", names[level], who, who[0] ? ": " : "", message);
}

/* Foreign bytes that need not be UTF-8 come out as '?': base knows no encodings. */
static size_t put_escaped_line(char *out, const char *text)
{
    size_t n = 0;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') out[n++] = '\\';
        if (c < 0x20) n += (size_t)sprintf(out + n, "\\u%04x", c);
        else out[n++] = c < 0x7f ? (char)c : '?';
    }
    return n;
}

static size_t put_json_line(char *line, enum log_level level, const char *message)
{
    size_t n = (size_t)sprintf(line, "{\"time\": \"");
    n += put_time(line + n, LINE_SIZE - n);
    n += (size_t)sprintf(line + n, "\", \"level\": \"%s\", \"who\": \"", names[level]);
    n += put_escaped_line(line + n, who[0] ? who : "serve");
    n += (size_t)sprintf(line + n, "\", \"message\": \"");
    n += put_escaped_line(line + n, message);
    return n + (size_t)sprintf(line + n, "\"}\n");
}

/* One write() per line, so that lines of several processes do not mix. */
static void __attribute__((format(printf, 3, 0))) line_put(enum log_level level, bool notice, const char *fmt, va_list ap)
{
    char message[MESSAGE_SIZE], line[LINE_SIZE];
    vsnprintf(message, sizeof message, fmt, ap);
    size_t n = format == LOG_JSON ? put_json_line(line, level, message)
               : notice           ? (size_t)snprintf(line, sizeof line, "meridian: %s\n", message)
                                  : put_text_line(line, level, message);
    if (write(STDERR_FILENO, line, n) < 0) return; /* nowhere left to complain */
}

void log_line(enum log_level level, const char *fmt, ...)
{
    if (level > limit) return;
    va_list ap;
    va_start(ap, fmt);
    line_put(level, false, fmt, ap);
    va_end(ap);
}

void log_trace(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    line_put(LOG_TRACE, false, fmt, ap);
    va_end(ap);
}

void log_notice(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    line_put(LOG_WARN, true, fmt, ap);
    va_end(ap);
}
