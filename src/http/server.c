#include "base/err.h"
#include "base/listen.h"
#include "base/local.h"
#include "base/log.h"
#include "http/dispatch.h"
#include "http/exchange_int.h"
#include "http/framing.h"
#include "http/overlong.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SWEEP_MS = 1000, /* how often connections are held against their limits */
    CLOSE_MS = 2000, /* how long answers under way may take once the server closes */
    CONNECTIONS = 2048,
    CONNECTIONS_LEAVING = 64, /* shut down, and not yet noticed by libmicrohttpd */
    RESERVED_FILES = 128,     /* descriptors for everything else: database, agents, logs */
    FEWEST_CONNECTIONS = 16,
    OWN_CONNECTIONS = 256,  /* two of each agent */
    SMALL_BODY = 16 << 10,  /* always taken, so that large bodies keep no usual request out */
    BODIES_MAX = 64 << 20,  /* all larger bodies that are held at one time */
    BODY_GRACE_MS = 5000,   /* a larger body that takes longer makes room for another */
    UNREAD_MAX = 128 << 10, /* of answers in the kernel, which would keep megabytes for each connection */
    DRAIN_MAX = 64 << 20,   /* bodies too large are read to the end, or the client would never see the answer; up to here */
};

/* Idle connections may wait longer than the keep-alive of the usual clients, so that these close first. */
static const struct connection_limits default_limits = {
    .grace_ms = 1000,
    .phase_ms =
        {[PHASE_FRESH] = 15000, [PHASE_HEAD] = 15000, [PHASE_BODY] = 60000, [PHASE_SENDING] = 120000, [PHASE_IDLE] = 75000},
};

/* ---- libmicrohttpd's callbacks ---- */

/* A client that takes this for a proxy sends the whole URL, and is to be served all the same (RFC 9112, 3.2.2). */
static const char *without_authority(const char *target)
{
    return strncasecmp(target, "http://", 7) == 0 ? target + 7 + strcspn(target + 7, "/?") : target;
}

/*
 * Comes first, with the request's target as it was sent; what it returns is the 'state' of the other callbacks.
 * libmicrohttpd (0.9.75) makes a record of every parameter, and where there is no room for them all it never answers. It gives
 * its own buffer to on_target() and looks for parameters there afterwards: it is to find none. What they are stands in the exchange.
 */
static void *on_target(void *arg, const char *target, struct MHD_Connection *c)
{
    struct exchange *x = exchange_new(arg, c);
    x->place = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    connection_enter(&x->http->connections, x->place, PHASE_HEAD, http_now_ms(x->http));
    target = without_authority(target);
    size_t path = strcspn(target, "?");
    buf_add(&x->target, path ? target : "/", path ? path : 1);
    buf_putc(&x->target, '\0');
    size_t query = x->target.len;
    if (target[path]) buf_puts(&x->target, target + path + 1);
    x->query = x->target.data + query;
    memset((char *)(uintptr_t)(target + path), '\0', strlen(target + path));
    return x;
}

/* Gives up the larger body that is awaited for longest, if that is for long. */
static bool give_up_body(struct http *h)
{
    struct exchange *slowest = NULL;
    for (struct exchange *x = h->live; x != NULL; x = x->next)
        if (x->state == X_BODY && x->reserved && (slowest == NULL || x->place->since_ms < slowest->place->since_ms)) slowest = x;
    if (slowest == NULL || http_now_ms(h) - slowest->place->since_ms < BODY_GRACE_MS) return false;
    connection_shut(slowest->place);
    h->bodies -= slowest->reserved;
    slowest->reserved = 0;
    slowest->refusal = REFUSED_NO_ROOM;
    buf_fini(&slowest->body);
    return true;
}

/* Nobody knows how long a body in chunks gets. */
static bool reserve_body(struct exchange *x, uint64_t length)
{
    size_t n = length == FRAMING_CHUNKED ? HTTP_BODY_MAX : length <= SMALL_BODY ? 0 : (size_t)length;
    while (n > BODIES_MAX - x->http->bodies)
        if (!give_up_body(x->http)) return false;
    x->reserved = n;
    x->http->bodies += n;
    return true;
}

/* A client that waits for "100 Continue", or would send for very long, is answered before it sends the body. */
static bool refuse_early(struct exchange *x)
{
    uint64_t n = 0;
    int fd = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    if (x->http->own_users && !local_peer_is_ours(fd)) x->refusal = REFUSED_STRANGER;
    else if (!framing_read(x->connection, &n)) x->refusal = REFUSED_AMBIGUOUS;
    else if ((n > HTTP_BODY_MAX || n == FRAMING_CHUNKED) && sink_begin(x, n == FRAMING_CHUNKED ? HTTP_STREAM_UNKNOWN : n))
        return false;
    else if (n != FRAMING_CHUNKED && n > HTTP_BODY_MAX) x->refusal = REFUSED_TOO_LARGE;
    else if (!reserve_body(x, n)) x->refusal = REFUSED_NO_ROOM;
    x->has_length = !x->refusal && n != FRAMING_CHUNKED;
    if (x->refusal == REFUSED_TOO_LARGE) return n > DRAIN_MAX || http_header(x, "Expect") != NULL;
    return x->refusal != REFUSED_NOT;
}

static void on_body(struct exchange *x, const char *data, size_t size)
{
    x->received += size;
    if (x->refusal == REFUSED_NO_ROOM) return;
    if (x->received > HTTP_BODY_MAX) x->refusal = REFUSED_TOO_LARGE;
    else buf_add(&x->body, data, size);
}

static enum MHD_Result finish_handling(struct exchange *x, void (*handle)(struct exchange *x))
{
    x->state = X_HANDLING;
    connection_enter(&x->http->connections, x->place, PHASE_ANSWERING, http_now_ms(x->http));
    handle(x);
    if (x->state == X_ANSWERED) arena_fini(&x->arena); /* what the answer was made of */
    if (x->state == X_DEFERRED) exchange_suspend(x);
    if (x->state == X_DEFERRED && x->http->closing) exchange_give_up(x);
    return MHD_YES;
}

static enum MHD_Result handle_exchange(struct exchange *x)
{
    return finish_handling(x, dispatch);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method, const char *version,
    const char *data, size_t *size, void **state)
{
    (void)arg, (void)c, (void)url, (void)version;
    struct exchange *x = *state;
    switch (x->state) {
    case X_HEADERS:
        x->method = method;
        x->state = X_BODY;
        connection_enter(&x->http->connections, x->place, PHASE_BODY, http_now_ms(x->http));
        return refuse_early(x) ? handle_exchange(x) : MHD_YES;
    case X_SINKING:
        if (*size == 0) return finish_handling(x, sink_end);
        sink_data(x, data, *size);
        *size = 0;
        return MHD_YES;
    case X_BODY:
        if (*size == 0) return handle_exchange(x);
        on_body(x, data, *size);
        *size = 0;
        return x->received > DRAIN_MAX ? MHD_NO : MHD_YES;
    case X_READY: exchange_answered(x); return MHD_queue_response(x->connection, x->ready_status, x->ready);
    case X_GONE: return MHD_NO;
    default: return MHD_YES;
    }
}

/* SIZE_MAX: only the kernel knows. */
static size_t size_of_request(const struct exchange *x)
{
    const union MHD_ConnectionInfo *head = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return head && x->has_length ? head->header_size + x->received : SIZE_MAX;
}

static void on_completed(void *arg, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode why)
{
    (void)arg, (void)c, (void)why;
    struct exchange *x = *state;
    if (x == NULL) return;
    *state = NULL;
    if (!x->http->own_users) connection_count(x->place, size_of_request(x));
    if (x->state == X_SINKING) x->gone(x, x->gone_arg);
    connection_enter(&x->http->connections, x->place, PHASE_IDLE, http_now_ms(x->http));
    exchange_done(x);
}

/* libmicrohttpd (0.9.75) tells of no end of a request whose cookies it had no room for: the connection just closes. */
static void forget_exchanges(struct http *h, const struct connection *place)
{
    for (struct exchange *x = h->live, *next; x != NULL; x = next) {
        next = x->next;
        if (x->place != place) continue;
        assert(x->state == X_HEADERS);
        exchange_done(x);
    }
}

static void on_connection(void *arg, struct MHD_Connection *c, void **place, enum MHD_ConnectionNotificationCode what)
{
    struct http *h = arg;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        forget_exchanges(h, *place);
        connection_close(&h->connections, *place);
        return;
    }
    int fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd, unread = UNREAD_MAX;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &unread, sizeof unread);
    const struct sockaddr *client = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    *place = connection_open(&h->connections, fd, client, http_now_ms(h));
}

__attribute__((format(printf, 2, 0))) static void on_log(void *arg, const char *fmt, va_list ap)
{
    char text[600];
    int n = vsnprintf(text, sizeof text, fmt, ap);
    while (n > 0 && n < (int)sizeof text && text[n - 1] == '\n') text[--n] = '\0';
    log_debug("http: %s", text);
    overlong_heard(arg, text);
}

/* ---- the loop ---- */

static void on_timer(uv_timer_t *t);
static void finish_closing(struct http *h);

/* MHD's epoll is edge-triggered: after every run, obey MHD_get_timeout() or data may sit unread. */
static void run_daemon(struct http *h)
{
    MHD_UNSIGNED_LONG_LONG ms = 0;
    h->resumed = false;
    MHD_run(h->daemon);
    if (h->closing && h->live == NULL) finish_closing(h);
    else if (h->resumed || MHD_get_timeout(h->daemon, &ms) == MHD_YES) uv_timer_start(&h->timer, on_timer, ms, 0);
    else uv_timer_stop(&h->timer);
}

static void on_timer(uv_timer_t *t)
{
    run_daemon(t->data);
}

static void on_poll(uv_poll_t *p, int status, int events)
{
    (void)status, (void)events;
    run_daemon(p->data);
}

static void on_sweep(uv_timer_t *t)
{
    struct http *h = t->data;
    connections_sweep(&h->connections, http_now_ms(h));
    overlong_sweep(h, false);
}

/* Every connection takes a descriptor, and whatever happens some must be left for the work itself. */
static size_t connections_possible(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur > CONNECTIONS + RESERVED_FILES + CONNECTIONS_LEAVING)
        return CONNECTIONS;
    size_t taken = RESERVED_FILES + CONNECTIONS_LEAVING;
    return files.rlim_cur < taken + FEWEST_CONNECTIONS ? FEWEST_CONNECTIONS : (size_t)files.rlim_cur - taken;
}

static struct MHD_Daemon *start_daemon(struct http *h, int fd)
{
    struct connection_limits *l = &h->connections.limits;
    if (!h->own_users) *l = default_limits; /* own processes are waited for as long as they like */
    l->all = h->own_users ? OWN_CONNECTIONS : connections_possible();
    l->of_one_address = h->own_users ? l->all : l->all * 3 / 4;
    unsigned most = (unsigned)l->all + CONNECTIONS_LEAVING;
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, h, MHD_OPTION_EXTERNAL_LOGGER, on_log, h, MHD_OPTION_LISTEN_SOCKET,
        fd, MHD_OPTION_URI_LOG_CALLBACK, on_target, h, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_LIMIT, most,
        MHD_OPTION_END);
}

static void handle_closed(struct http *h)
{
    if (--h->open_handles > 0) return;
    for (struct exchange *x = h->spare, *next; x != NULL; x = next) {
        next = x->next;
        exchange_destroy(x);
    }
    void (*closed)(void *) = h->closed;
    void *arg = h->closed_arg;
    free(h->routes);
    free(h->sinks);
    free(h);
    if (closed) closed(arg);
}

static void on_closed(uv_handle_t *handle)
{
    handle_closed(handle->data);
}

static void start_handles(struct http *h)
{
    h->on_timer = on_timer;
    h->poll.data = h->timer.data = h->deadline.data = h->sweep.data = h;
    uv_timer_init(h->loop, &h->timer);
    uv_timer_init(h->loop, &h->deadline);
    uv_timer_init(h->loop, &h->sweep);
    uv_timer_start(&h->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
    if (uv_poll_init(h->loop, &h->poll, MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd) != 0) abort();
    uv_poll_start(&h->poll, UV_READABLE, on_poll);
    h->open_handles = 4;
    h->handle_closed = handle_closed;
}

static int open_on(struct http **out, uv_loop_t *loop, int fd, bool own_users, struct err *e)
{
    struct http *h = calloc(1, sizeof *h);
    if (h == NULL) abort();
    h->loop = loop;
    h->own_users = own_users;
    h->port = own_users ? 0 : listen_port(fd);
    h->local = own_users || listen_is_loopback(fd);
    h->daemon = start_daemon(h, fd);
    if (h->daemon == NULL) {
        close(fd);
        free(h);
        return err_set(e, ERR_BROKEN, "libmicrohttpd does not start");
    }
    start_handles(h);
    *out = h;
    return 0;
}

int http_open(struct http **out, uv_loop_t *loop, const char *address, struct err *e)
{
    int fd;
    int r = listen_on(address, "--listen", &fd, e);
    return r ? r : open_on(out, loop, fd, false, e);
}

int http_open_local(struct http **out, uv_loop_t *loop, int fd, struct err *e)
{
    return open_on(out, loop, fd, true, e);
}

uint16_t http_port(const struct http *h)
{
    return h->port;
}

bool http_is_local(const struct http *h)
{
    return h->local;
}

void http_add_routes(struct http *h, const struct http_route *routes, size_t n)
{
    h->routes = realloc(h->routes, (h->n_routes + n) * sizeof *routes);
    if (h->routes == NULL) abort();
    for (size_t i = 0; i < n; i++) /* none of the administration's paths takes what is misspelt for nothing */
        assert(h->own_users || routes[i].params || routes[i].method == NULL || strncmp(routes[i].path, "/_meridian", 10) != 0);
    memcpy(h->routes + h->n_routes, routes, n * sizeof *routes);
    h->n_routes += n;
}

void http_explain_overlong(struct http *h, http_explain_fn *explain)
{
    h->explain = explain;
}

/* ---- its end ---- */

/* MHD_stop_daemon() calls on_completed() for every exchange that is left. */
static void finish_closing(struct http *h)
{
    if (uv_is_closing((uv_handle_t *)&h->poll)) return;
    uv_close((uv_handle_t *)&h->poll, on_closed);
    uv_close((uv_handle_t *)&h->timer, on_closed);
    uv_close((uv_handle_t *)&h->deadline, on_closed);
    uv_close((uv_handle_t *)&h->sweep, on_closed);
    overlong_sweep(h, true);
    MHD_stop_daemon(h->daemon);
}

static void on_deadline(uv_timer_t *t)
{
    finish_closing(t->data);
}

void http_close(struct http *h, void (*closed)(void *arg), void *arg)
{
    assert(!h->closing);
    h->closing = true;
    h->closed = closed;
    h->closed_arg = arg;
    int fd = MHD_quiesce_daemon(h->daemon);
    if (fd >= 0) close(fd);
    for (struct exchange *x = h->live; x != NULL; x = x->next)
        if (x->state == X_DEFERRED) exchange_give_up(x);
        else if (x->state == X_SINKING) http_sink_go_on(x);
    uv_timer_start(&h->deadline, on_deadline, CLOSE_MS, 0);
    uv_timer_start(&h->timer, on_timer, 0, 0);
}
