#include "http/exchange_int.h"
#include "base/text.h"
#include "base/err.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    SPARE_EXCHANGES = 64, /* kept for the next requests, with their buffers */
    SPARE_BODY = 64 << 10,
    ANSWERS_MAX = 64 << 20, /* beyond, two clients that are slow to read lose their answers for each new one */
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

/* ---- its request ---- */

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

/* Read at the first question: the Query API reads them by itself. */
static const struct form *params_of(struct exchange *x)
{
    struct err e;
    if (!x->params_read && form_parse(&x->params, &x->arena, x->query, strlen(x->query), &e) != 0) x->params = (struct form){0};
    x->params_read = true;
    return &x->params;
}

const char *http_param(struct exchange *x, const char *name)
{
    return form_get(params_of(x), name);
}

const char *http_param_beyond(struct exchange *x, const char *names)
{
    const struct form *f = params_of(x);
    for (size_t i = 0; i < f->n; i++)
        if (!text_has_word(names, f->pairs[i].key)) return f->pairs[i].key;
    return NULL;
}

const char *http_header(const struct exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

struct each_header {
    void (*each)(void *arg, const char *name, const char *value);
    void *arg;
};

static enum MHD_Result on_header(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    const struct each_header *e = arg;
    (void)kind;
    e->each(e->arg, name, value ? value : "");
    return MHD_YES;
}

void http_each_header(const struct exchange *x, void (*each)(void *arg, const char *name, const char *value), void *arg)
{
    struct each_header e = {each, arg};
    MHD_get_connection_values(x->connection, MHD_HEADER_KIND, on_header, &e);
}

const char *http_host(const struct exchange *x, char out[HOST_TEXT_SIZE])
{
    const char *host = http_header(x, "Host");
    return host && host_take(host, out) ? out : NULL;
}

const struct http_route *http_routes(const struct exchange *x, size_t *n)
{
    *n = x->http->n_routes;
    return x->http->routes;
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

/* ---- its answer ---- */

static void add_headers(const struct http *h, struct MHD_Response *r, const struct http_header *extra)
{
    for (; extra != NULL && extra->name != NULL; extra++) MHD_add_response_header(r, extra->name, extra->value);
    if (h->closing) MHD_add_response_header(r, "Connection", "close");
}

static struct MHD_Response *make_response(struct http *h, const char *type, struct buf *body, const struct http_header *extra)
{
    struct MHD_Response *r;
    if (body != NULL && body->data != NULL) {
        char *whole = realloc(body->data, body->len + 1); /* a client may take long to read it: no more is kept than is sent */
        if (whole == NULL) abort();
        r = MHD_create_response_from_buffer(body->len, whole, MHD_RESPMEM_MUST_FREE);
        *body = (struct buf){0};
    } else {
        r = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    }
    if (r == NULL) abort();
    if (type) MHD_add_response_header(r, "Content-Type", type);
    add_headers(h, r, extra);
    return r;
}

void exchange_answered(struct exchange *x)
{
    x->state = X_ANSWERED;
    connection_enter(&x->http->connections, x->place, PHASE_SENDING, http_now_ms(x->http));
}

/* Without a thread libmicrohttpd does not wake up by itself, nor does MHD_get_timeout() know of resumed connections. */
static void resume_exchange(struct exchange *x)
{
    MHD_resume_connection(x->connection);
    x->http->resumed = true;
    uv_timer_start(&x->http->timer, x->http->on_timer, 0, 0);
}

static void hand_over(struct exchange *x, unsigned status, struct MHD_Response *r)
{
    if (x->state == X_DEFERRED && x->watch != NULL) {
        exchange_unwatch(x);
        x->state = X_READY;
        x->ready = r;
        x->ready_status = status;
        resume_exchange(x);
        return;
    }
    exchange_answered(x);
    MHD_queue_response(x->connection, status, r);
    MHD_destroy_response(r);
}

void http_answer(struct exchange *x, unsigned status, const char *type, struct buf *body, const struct http_header *extra)
{
    assert(x->state == X_HANDLING || x->state == X_DEFERRED);
    /* They are freed once libmicrohttpd has met the ends of their connections. */
    size_t size = body ? body->len : 0;
    struct http *h = x->http;
    x->answer = size;
    h->answers += size;
    if (!h->own_users) {
        for (int i = 0; i < 2 && h->answers > ANSWERS_MAX; i++)
            connections_end_slowest(&h->connections, PHASE_SENDING, http_now_ms(h));
    }
    hand_over(x, status, make_response(x->http, type, body, extra));
}

void exchange_answer_with(struct exchange *x, unsigned status, struct MHD_Response *r, const struct http_header *extra)
{
    add_headers(x->http, r, extra);
    hand_over(x, status, r);
}

/* Nobody reads the body of such an answer: libmicrohttpd sends its size alone. */
static ssize_t read_nothing(void *arg, uint64_t at, char *to, size_t n)
{
    (void)arg, (void)at, (void)to, (void)n;
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

void http_answer_head(struct exchange *x, unsigned status, uint64_t size, const struct http_header *extra)
{
    assert(x->state == X_HANDLING || x->state == X_DEFERRED);
    struct MHD_Response *r = MHD_create_response_from_callback(size, 1, read_nothing, NULL, NULL);
    if (r == NULL) abort();
    exchange_answer_with(x, status, r, extra);
}

void http_defer(struct exchange *x, http_fn *gone, void *arg)
{
    assert(x->state == X_HANDLING || x->state == X_DEFERRED);
    x->state = X_DEFERRED;
    x->gone = gone;
    x->gone_arg = arg;
}

static void on_left(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct exchange *x = ((struct watch *)poll->data)->x;
    exchange_unwatch(x);
    if (x->state != X_ANSWERED) x->state = X_GONE; /* else it is a stream, and its reader ends it */
    x->gone(x, x->gone_arg);
    resume_exchange(x);
}

void exchange_go_on(struct exchange *x)
{
    exchange_unwatch(x);
    resume_exchange(x);
}

void exchange_suspend(struct exchange *x)
{
    int fd = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    struct watch *w = malloc(sizeof *w);
    if (w == NULL) abort();
    w->x = x;
    w->poll.data = w;
    if (uv_poll_init(x->http->loop, &w->poll, fd) != 0) abort(); /* only a descriptor that is watched already can fail */
    uv_poll_start(&w->poll, UV_DISCONNECT, on_left);
    x->watch = w;
    MHD_suspend_connection(x->connection);
}

void exchange_give_up(struct exchange *x)
{
    x->gone(x, x->gone_arg);
    http_answer(x, 503, NULL, NULL, NULL);
}
