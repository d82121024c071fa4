#include "http/json.h"
#include "http/exchange.h"
#include "model/json.h"
#include "protocol/admin.gen.h"
#include <stdarg.h>
#include <stdio.h>

void json_answer(struct exchange *x, unsigned status, struct buf *doc, const struct http_header *extra)
{
    buf_putc(doc, '\n');
    http_answer(x, status, "application/json", doc, extra);
}

void json_answer_shape(struct exchange *x, unsigned status, const struct shape *shape, const void *value)
{
    struct buf doc = {0};
    json_encode_whole(&doc, shape, value);
    json_answer(x, status, &doc, NULL);
}

void json_refuse(struct exchange *x, unsigned status, const char *text, const struct http_header *extra)
{
    struct buf doc = {0};
    json_encode_whole(&doc, &shape_admin_error, &(struct admin_error){text});
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

bool json_refuse_params(struct exchange *x, const char *names)
{
    const char *unknown = http_param_beyond(x, names);
    if (unknown && *names) json_answer_error(x, 400, "There is no parameter \"%.40s\" here; there are: %s.", unknown, names);
    else if (unknown) json_answer_error(x, 400, "There is no parameter \"%.40s\" here, and no other.", unknown);
    return unknown != NULL;
}
