#include "record.h"
#include "base/buf.h"
#include "machine.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    bool keeps_text;
    uint64_t hash;
    struct buf text;
} r;

static char hidden[64];

void (*record_failed)(const char *text);

void record_open(bool keeps_text)
{
    r.keeps_text = keeps_text;
    r.hash = 0xcbf29ce484222325;
}

void record_hide(const char *text)
{
    snprintf(hidden, sizeof hidden, "%s", text);
}

/* FNV-1a, eight bytes at a time where there are as many. */
static void hash_bytes(const void *data, size_t n)
{
    const unsigned char *p = data;
    for (; n >= sizeof(uint64_t); n -= sizeof(uint64_t), p += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, p, sizeof word);
        r.hash = (r.hash ^ word) * 0x100000001b3;
        r.hash ^= r.hash >> 32;
    }
    for (size_t i = 0; i < n; i++) r.hash = (r.hash ^ p[i]) * 0x100000001b3;
}

void record_bytes(const void *data, size_t n)
{
    const char *at = data, *end = at + n, *found;
    while (hidden[0] && (found = memmem(at, (size_t)(end - at), hidden, strlen(hidden))) != NULL) {
        hash_bytes(at, (size_t)(found - at));
        at = found + strlen(hidden);
    }
    hash_bytes(at, (size_t)(end - at));
}

static void keep(const char *line)
{
    int64_t ms = machine_ms();
    if (r.keeps_text) buf_printf(&r.text, "%6lld.%03d  %s\n", (long long)(ms / 1000 - 1000), (int)(ms % 1000), line);
}

void record(const char *fmt, ...)
{
    char line[1200];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    int64_t now = machine_ns();
    record_bytes(&now, sizeof now);
    record_bytes(line, n < (int)sizeof line ? (size_t)n : sizeof line - 1);
    keep(line);
}

void record_detail(const char *fmt, ...)
{
    char line[4000];
    va_list ap;
    if (!r.keeps_text) return;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    keep(line);
}

bool record_is_kept(void)
{
    return r.keeps_text;
}

uint64_t record_hash(void)
{
    return r.hash;
}

const char *record_text(void)
{
    return r.text.data ? r.text.data : "";
}

void record_failure(const char *fmt, ...)
{
    char line[1200];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    record("DOES NOT HOLD: %s", line);
    record_failed(line);
    abort();
}
