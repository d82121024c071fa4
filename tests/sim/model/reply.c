#include "model_int.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Answers are as hiredis hands them over. They live in a ring of pools: model_command() turns it by one. */

static struct redisReply *reply_new(struct model_world *w, int type)
{
    struct redisReply *r = pool_take(&w->replies[w->reply_at], sizeof *r);
    *r = (struct redisReply){.type = type};
    return r;
}

static void set_text(struct model_world *w, struct redisReply *r, const char *s, size_t len)
{
    r->str = pool_copy(&w->replies[w->reply_at], s, len);
    r->len = len;
}

struct redisReply *reply_status(struct model_world *w, const char *text)
{
    struct redisReply *r = reply_new(w, REDIS_REPLY_STATUS);
    set_text(w, r, text, strlen(text));
    return r;
}

struct redisReply *reply_error(struct model_world *w, const char *format, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    struct redisReply *r = reply_new(w, REDIS_REPLY_ERROR);
    set_text(w, r, text, strlen(text));
    return r;
}

struct redisReply *reply_int(struct model_world *w, int64_t n)
{
    struct redisReply *r = reply_new(w, REDIS_REPLY_INTEGER);
    r->integer = n;
    return r;
}

struct redisReply *reply_text(struct model_world *w, const char *s, size_t len)
{
    struct redisReply *r = reply_new(w, REDIS_REPLY_STRING);
    set_text(w, r, s, len);
    return r;
}

struct redisReply *reply_nil(struct model_world *w)
{
    return reply_new(w, REDIS_REPLY_NIL);
}

struct redisReply *reply_array(struct model_world *w, size_t n)
{
    struct redisReply *r = reply_new(w, REDIS_REPLY_ARRAY);
    r->elements = n;
    r->element = pool_take(&w->replies[w->reply_at], (n + 1) * sizeof *r->element);
    memset(r->element, 0, (n + 1) * sizeof *r->element);
    return r;
}
