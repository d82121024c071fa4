#include "http/json.h"
#include "base/buf.h"
#include "http/exchange.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

static int add(const char *text, size_t len, void *out)
{
    buf_add(out, text, len);
    return 0;
}

void json_answer(struct exchange *x, unsigned status, json_t *doc, const struct http_header *extra)
{
    struct buf out = {0};
    int r = json_dump_callback(doc, add, &out, JSON_COMPACT);
    assert(r == 0);
    buf_putc(&out, '\n');
    json_decref(doc);
    http_answer(x, status, "application/json", &out, extra);
}

void json_answer_error(struct exchange *x, unsigned status, const char *fmt, ...)
{
    char text[600];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    /* A message quotes what a client sent, which need not be UTF-8. */
    for (char *p = text; *p; p++)
        if ((unsigned char)*p >= 0x80) *p = '?';
    json_answer(x, status, json_pack("{s:s}", "error", text), NULL);
}
