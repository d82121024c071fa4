#include "http/json.h"
#include "http/exchange.h"
#include "model/json.h"
#include <stdarg.h>
#include <stdio.h>

void json_answer(struct exchange *x, unsigned status, struct buf *doc, const struct http_header *extra)
{
    buf_putc(doc, '\n');
    http_answer(x, status, "application/json", doc, extra);
}

void json_refuse(struct exchange *x, unsigned status, const char *text, const struct http_header *extra)
{
    struct buf doc = {0};
    struct json_writer j = {.out = &doc};
    json_open(&j, NULL, '{');
    json_write_text(&j, "error", text);
    json_close(&j, '}');
    json_answer(x, status, &doc, extra);
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
    json_refuse(x, status, text, NULL);
}
