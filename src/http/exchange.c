#include "http/server_int.h"
#include <assert.h>
#include <stdlib.h>

enum {
    SPARE_EXCHANGES = 64, /* kept for the next requests, with their buffers */
    SPARE_BODY = 64 << 10,
};

struct exchange *exchange_new(struct http *h, struct MHD_Connection *c)
{
    struct exchange *x = h->spare;
    if (x != NULL) {
        h->spare = x->next;
        h->n_spare--;
    } else if ((x = malloc(sizeof *x)) == NULL) {
        abort();
    } else {
        *x = (struct exchange){0};
    }
    *x = (struct exchange){.http = h, .connection = c, .state = X_HEADERS, .next = h->live, .target = x->target, .body = x->body};
    if (h->live) h->live->prev = x;
    h->live = x;
    return x;
}

void exchange_destroy(struct exchange *x)
{
    buf_fini(&x->target);
    buf_fini(&x->body);
    free(x);
}

void exchange_unwatch(struct exchange *x)
{
    if (x->watch == NULL) return;
    uv_close((uv_handle_t *)&x->watch->poll, (uv_close_cb)free);
    x->watch = NULL;
}

void exchange_done(struct exchange *x)
{
    struct http *h = x->http;
    assert(h->bodies >= x->reserved);
    h->bodies -= x->reserved;
    assert(h->answers >= x->answer);
    h->answers -= x->answer;
    if (x->prev) x->prev->next = x->next;
    else h->live = x->next;
    if (x->next) x->next->prev = x->prev;
    exchange_unwatch(x);
    if (x->ready) MHD_destroy_response(x->ready);
    arena_fini(&x->arena);
    if (h->n_spare >= SPARE_EXCHANGES || x->body.cap > SPARE_BODY) {
        exchange_destroy(x);
        return;
    }
    buf_clear(&x->target);
    buf_clear(&x->body);
    x->next = h->spare;
    h->spare = x;
    h->n_spare++;
}

const char *http_method(const struct exchange *x)
{
    return x->method;
}

const char *http_path(const struct exchange *x)
{
    return x->target.data;
}

const char *http_query(const struct exchange *x)
{
    return x->query;
}

const char *http_param(const struct exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->connection, MHD_GET_ARGUMENT_KIND, name);
}

const char *http_header(const struct exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

bool http_may_change(const struct exchange *x)
{
    return origin_may_change(x->origin, x->method);
}

const char *http_body(const struct exchange *x, size_t *len)
{
    *len = x->body.len;
    return x->body.data ? x->body.data : "";
}

struct arena *http_arena(struct exchange *x)
{
    return &x->arena;
}
