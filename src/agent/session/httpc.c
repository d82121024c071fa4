#include "agent/session/httpc.h"
#include "base/libcurl.h"
#include "base/local.h"
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BODY_MAX = 64 << 20 };

/* A connection's socket. libcurl tells what to watch it for; it is open from open_socket() to close_socket(). */
struct wire {
    struct wire *next;
    struct httpc *owner;
    uv_poll_t poll;
    int fd;
};

struct httpc {
    uv_loop_t *loop;
    int folder;
    char *name;
    httpc_done *done;
    void *arg;
    CURLM *multi; /* of this client alone, so that its one connection stays open from request to request */
    CURL *easy;
    struct curl_slist *headers;
    uv_timer_t timer; /* libcurl's */
    struct wire *wires;
    const char *refused; /* why no connection was made, if that was decided here */
    bool busy, closing;
    struct buf body, answer;
};

/* ---- the end of a request ---- */

/* The answer is the client's last matter in this call: done() may send the next request, or close the client. */
static void finish_request(struct httpc *c, CURLcode result)
{
    long status = 0;
    if (result == CURLE_OK) curl.easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    curl.multi_remove_handle(c->multi, c->easy);
    c->busy = false;
    buf_add(&c->answer, "", 0);
    if (result == CURLE_OK) return c->done(c->arg, (int)status, c->answer.data, c->answer.len);
    const char *why = result == CURLE_OPERATION_TIMEDOUT ? "no answer in time" : curl.easy_strerror(result);
    if (c->refused != NULL) why = c->refused;
    c->done(c->arg, 0, why, strlen(why));
}

/* Lets libcurl go on with what has happened to a socket, or with what is due; called from the loop only. */
static void drive_transfer(struct httpc *c, curl_socket_t socket, int events)
{
    int running, left;
    curl.multi_socket_action(c->multi, socket, events, &running);
    const CURLMsg *m = curl.multi_info_read(c->multi, &left);
    if (m != NULL && m->msg == CURLMSG_DONE) finish_request(c, m->data.result);
}

static void httpc_timer_fired(uv_timer_t *t)
{
    drive_transfer(t->data, CURL_SOCKET_TIMEOUT, 0);
}

static void socket_ready(uv_poll_t *p, int status, int events)
{
    const struct wire *w = p->data;
    int what = (events & UV_READABLE ? CURL_CSELECT_IN : 0) | (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0);
    drive_transfer(w->owner, w->fd, status < 0 ? CURL_CSELECT_ERR : what);
}

/* ---- what libcurl asks for ---- */

static int set_timer(CURLM *multi, long ms, void *arg)
{
    struct httpc *c = arg;
    (void)multi;
    if (ms < 0) uv_timer_stop(&c->timer);
    else uv_timer_start(&c->timer, httpc_timer_fired, (uint64_t)ms, 0);
    return 0;
}

static struct wire **find_wire(struct httpc *c, int fd)
{
    struct wire **at = &c->wires;
    while (*at != NULL && (*at)->fd != fd) at = &(*at)->next;
    return at;
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *of_socket)
{
    struct wire *w = *find_wire(arg, fd);
    (void)easy;
    (void)of_socket;
    if (w == NULL) return 0;
    if (what == CURL_POLL_REMOVE) uv_poll_stop(&w->poll);
    else
        uv_poll_start(&w->poll, (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0), socket_ready);
    return 0;
}

/* For a connection to the socket of this user, if there is one. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct httpc *c = arg;
    (void)purpose;
    (void)address;
    c->refused = "there is no socket of this user";
    if (!local_is_ours(c->folder, c->name)) return CURL_SOCKET_BAD;
    c->refused = NULL;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return CURL_SOCKET_BAD;
    struct wire *w = calloc(1, sizeof *w);
    if (w == NULL || uv_poll_init(c->loop, &w->poll, fd) != 0) abort(); /* a socket can be polled */
    w->fd = fd;
    w->owner = c;
    w->poll.data = w;
    w->next = c->wires;
    c->wires = w;
    return fd;
}

/* Who listens is asked on the connection itself, before anything is said on it: whoever is there now may be another than a moment ago. */
static int check_peer(void *arg, char *their_ip, char *our_ip, int their_port, int our_port)
{
    struct httpc *c = arg;
    (void)their_ip;
    (void)our_ip;
    (void)their_port;
    (void)our_port;
    for (const struct wire *w = c->wires; w != NULL; w = w->next) {
        if (local_peer_is_ours(w->fd)) continue;
        c->refused = "another user listens there";
        return CURL_PREREQFUNC_ABORT;
    }
    return CURL_PREREQFUNC_OK;
}

static void wire_closed(uv_handle_t *h)
{
    free(h->data);
}

static int close_socket(void *arg, curl_socket_t fd)
{
    struct wire **at = find_wire(arg, fd), *w = *at;
    assert(w != NULL);
    *at = w->next;
    uv_poll_stop(&w->poll);
    uv_close((uv_handle_t *)&w->poll, wire_closed);
    return close(fd);
}

static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
    struct httpc *c = arg;
    if (c->answer.len + n > BODY_MAX) return 0;
    buf_add(&c->answer, data, size * n);
    return size * n;
}

/* ---- sending ---- */

static void add_header(struct httpc *c, const char *line)
{
    struct curl_slist *longer = curl.slist_append(c->headers, line);
    if (longer == NULL) abort();
    c->headers = longer;
}

void httpc_send(struct httpc *c, const char *path, const struct buf *body, uint64_t timeout_ms)
{
    char url[1024];
    assert(!c->busy && !c->closing);
    int n = snprintf(url, sizeof url, "http://localhost%s", path);
    assert(n > 0 && n < (int)sizeof url);
    c->busy = true;
    c->refused = NULL;
    buf_clear(&c->answer);
    buf_clear(&c->body);
    curl.easy_setopt(c->easy, CURLOPT_URL, url);
    curl.easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    if (body != NULL) {
        buf_add(&c->body, body->data, body->len);
        buf_add(&c->body, "", 0);
        curl.easy_setopt(c->easy, CURLOPT_POST, 1L);
        curl.easy_setopt(c->easy, CURLOPT_POSTFIELDS, c->body.data);
        curl.easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body.len);
    } else {
        curl.easy_setopt(c->easy, CURLOPT_HTTPGET, 1L);
    }
    /* The transfer begins at once, so that what is to be told is on its way before anything else is done; its end is told by the loop. */
    int running = 0;
    curl.multi_add_handle(c->multi, c->easy);
    curl.multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    if (running == 0) uv_timer_start(&c->timer, httpc_timer_fired, 0, 0);
}

/* ---- opening and closing ---- */

static void set_options(struct httpc *c)
{
    char path[LOCAL_PATH_SIZE];
    local_path(c->folder, c->name, path);
    add_header(c, "Content-Type: application/json");
    add_header(c, "Accept:");
    add_header(c, "Expect:");
    curl.multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, 1L);
    curl.multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl.multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    curl.multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl.multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl.easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
    curl.easy_setopt(c->easy, CURLOPT_NOPROXY, "*");
    curl.easy_setopt(c->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl.easy_setopt(c->easy, CURLOPT_UNIX_SOCKET_PATH, path);
    curl.easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers);
    curl.easy_setopt(c->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl.easy_setopt(c->easy, CURLOPT_OPENSOCKETDATA, c);
    curl.easy_setopt(c->easy, CURLOPT_PREREQFUNCTION, check_peer);
    curl.easy_setopt(c->easy, CURLOPT_PREREQDATA, c);
    curl.easy_setopt(c->easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl.easy_setopt(c->easy, CURLOPT_CLOSESOCKETDATA, c);
    curl.easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, take_body);
    curl.easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
}

struct httpc *httpc_open(uv_loop_t *loop, int folder, const char *name, httpc_done *done, void *arg)
{
    struct httpc *c = calloc(1, sizeof *c);
    assert(curl.loaded);
    if (c == NULL || (c->name = strdup(name)) == NULL) abort();
    c->folder = folder;
    c->loop = loop;
    c->done = done;
    c->arg = arg;
    c->multi = curl.multi_init();
    c->easy = curl.easy_init();
    if (c->multi == NULL || c->easy == NULL) abort();
    libcurl_keep_descriptors();
    set_options(c);
    c->timer.data = c;
    uv_timer_init(loop, &c->timer);
    return c;
}

static void httpc_timer_closed(uv_handle_t *h)
{
    struct httpc *c = h->data;
    buf_fini(&c->body);
    buf_fini(&c->answer);
    free(c->name);
    free(c);
}

void httpc_close(struct httpc *c)
{
    if (c == NULL || c->closing) return;
    c->closing = true;
    if (c->busy) curl.multi_remove_handle(c->multi, c->easy);
    curl.easy_cleanup(c->easy);
    curl.multi_cleanup(c->multi);
    curl.slist_free_all(c->headers);
    assert(c->wires == NULL);
    uv_close((uv_handle_t *)&c->timer, httpc_timer_closed);
}
