#include "neighbour/forward.h"
#include "base/err.h"
#include "base/libcurl.h"
#include "base/log.h"
#include "http/json.h"
#include "http/request_id.h"
#include "http/server.h"
#include "http/stream.h"
#include "model/json.h"
#include "model/xml.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECT_MS = 5000, CONNECTIONS_KEPT = 64, HEADERS_MAX = 100, ONLY_SIZE = 64 };

/* A request that was sent on, and its answer as far as it has come. */
struct transfer {
    struct transfer *next;
    struct forward *of;
    struct exchange *x;
    CURL *easy;
    struct curl_slist *headers;
    struct buf url;
    struct http_stream *stream;  /* of the answer, once its body begins */
    struct buf piece;            /* of the request's body, that libcurl has not read */
    size_t read;                 /* of it */
    bool sinking;                /* the request's body is still coming: there can be no answer yet */
    bool held_answer, held_body; /* libcurl waits: for the client, or for the request's body */
    bool over;                   /* it has ended with 'result' before the request's body had */
    CURLcode result;
    struct http_header answer[HEADERS_MAX]; /* of the answer; their strings are the transfer's */
    size_t n_answer;
    bool head;
};

struct wire {
    uv_poll_t poll;
    struct forward *of;
    curl_socket_t fd;
};

struct forward {
    uv_loop_t *loop;
    char *url, via[24 + REQUEST_ID_SIZE];
    CURLM *multi;
    uv_timer_t timer;  /* libcurl's */
    uv_timer_t pauses; /* for those that wait for a request's body */
    int open_handles;
    struct transfer *first;
    bool closing;
};

/* ---- the end of a transfer ---- */

static void forget_answer(struct transfer *t)
{
    for (size_t i = 0; i < t->n_answer; i++) {
        free((char *)(uintptr_t)t->answer[i].name);
        free((char *)(uintptr_t)t->answer[i].value);
    }
    t->n_answer = 0;
}

static void transfer_end(struct transfer *t)
{
    struct transfer **at = &t->of->first;
    while (*at != t) at = &(*at)->next;
    *at = t->next;
    curl.multi_remove_handle(t->of->multi, t->easy);
    curl.easy_cleanup(t->easy);
    curl.slist_free_all(t->headers);
    forget_answer(t);
    buf_fini(&t->url);
    buf_fini(&t->piece);
    free(t);
}

/* In the form that the SDK of its service reads: JSON for those that were asked in JSON, else XML. */
static void answer_failure(struct exchange *x, unsigned status, const char *code, const char *message)
{
    const char *type = http_header(x, "Content-Type");
    struct buf doc = {0};
    log_warn("%s %s was not sent on: %s", http_method(x), http_path(x), message);
    if (type && strstr(type, "json")) {
        struct json_writer j = {.out = &doc};
        json_open(&j, NULL, '{');
        json_write_text(&j, "__type", code);
        json_write_text(&j, "message", message);
        json_close(&j, '}');
        http_answer(x, status, type, &doc, NULL);
        return;
    }
    buf_puts(&doc, "<ErrorResponse><Error><Type>Receiver</Type>");
    xml_line(&doc, "Code", code);
    xml_line(&doc, "Message", message);
    buf_puts(&doc, "</Error></ErrorResponse>");
    http_answer(x, status, "text/xml", &doc, NULL);
}

static void answer_unreached(struct transfer *t, CURLcode result)
{
    char message[300];
    snprintf(message, sizeof message, "%.150s does not answer: %s", t->of->url, curl.easy_strerror(result));
    answer_failure(t->x, 502, "BadGateway", message);
}

/* The status and headers of the answer; its length, where that is known. */
static unsigned end_headers(struct transfer *t, uint64_t *size)
{
    long status = 502;
    curl_off_t length = -1;
    curl.easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    curl.easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    t->answer[t->n_answer] = (struct http_header){0};
    *size = length < 0 ? HTTP_STREAM_UNKNOWN : (uint64_t)length;
    return (unsigned)status;
}

static void answer_without_body(struct transfer *t)
{
    uint64_t size;
    unsigned status = end_headers(t, &size);
    if (t->head) http_answer_head(t->x, status, size == HTTP_STREAM_UNKNOWN ? 0 : size, t->answer);
    else http_answer(t->x, status, NULL, NULL, t->answer);
}

static void finish_forward(struct transfer *t, CURLcode result)
{
    t->over = true;
    t->result = result;
    if (t->sinking) {
        http_sink_go_on(t->x); /* the rest of the body is read, and is for nobody */
        return;
    }
    if (t->stream) http_stream_end(t->stream, result == CURLE_OK);
    else if (result != CURLE_OK) answer_unreached(t, result);
    else answer_without_body(t);
    t->stream = NULL;
    transfer_end(t);
}

static void on_left(struct exchange *x, void *arg)
{
    struct transfer *t = arg;
    (void)x;
    transfer_end(t);
}

/* ---- libcurl in the loop ---- */

static void drive_transfers(struct forward *f, curl_socket_t fd, int events)
{
    int running, left;
    const CURLMsg *m;
    curl.multi_socket_action(f->multi, fd, events, &running);
    while ((m = curl.multi_info_read(f->multi, &left)) != NULL) {
        struct transfer *t = f->first;
        while (t && t->easy != m->easy_handle) t = t->next;
        if (t && m->msg == CURLMSG_DONE) finish_forward(t, m->data.result);
    }
}

static void on_timer(uv_timer_t *timer)
{
    drive_transfers(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

/* Whoever waited for the end of a request's body goes on. */
static void on_pauses(uv_timer_t *timer)
{
    struct forward *f = timer->data;
    for (struct transfer *t = f->first, *next; t; t = next) {
        next = t->next;
        if (t->sinking || t->stream || !(t->held_body || t->held_answer)) continue;
        t->held_body = t->held_answer = false;
        curl.easy_pause(t->easy, CURLPAUSE_CONT);
    }
}

static int set_timer(CURLM *multi, long ms, void *arg)
{
    struct forward *f = arg;
    (void)multi;
    if (f->closing) return 0;
    if (ms < 0) uv_timer_stop(&f->timer);
    else uv_timer_start(&f->timer, on_timer, (uint64_t)ms, 0);
    return 0;
}

static void on_ready(uv_poll_t *p, int status, int events)
{
    const struct wire *w = p->data;
    int what = (events & UV_READABLE ? CURL_CSELECT_IN : 0) | (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0);
    drive_transfers(w->of, w->fd, status < 0 ? CURL_CSELECT_ERR : what);
}

static void on_freed(uv_handle_t *h)
{
    free(h->data);
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *of_socket)
{
    struct forward *f = arg;
    struct wire *w = of_socket;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (w) uv_close((uv_handle_t *)&w->poll, on_freed);
        curl.multi_assign(f->multi, fd, NULL);
        return 0;
    }
    if (w == NULL) {
        w = calloc(1, sizeof *w);
        if (w == NULL || uv_poll_init(f->loop, &w->poll, fd) != 0) abort(); /* a socket can be polled */
        w->of = f;
        w->fd = fd;
        w->poll.data = w;
        curl.multi_assign(f->multi, fd, w);
    }
    uv_poll_start(&w->poll, (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0), on_ready);
    return 0;
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
    (void)arg, (void)purpose;
    return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/* ---- the answer ---- */

/* What a proxy must not pass on (RFC 9110, 7.6.1), and what whoever sends says of the body by itself. */
static bool is_of_connection(const char *name)
{
    static const char *const names[] = {"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization",
        "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length", "Expect"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(names[i], name) == 0) return true;
    return false;
}

static size_t take_header(char *data, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    size_t len = size * n;
    const char *colon = memchr(data, ':', len);
    if (len > 5 && strncmp(data, "HTTP/", 5) == 0) forget_answer(t); /* what came before was a "100 Continue" */
    if (colon == NULL || colon == data || t->n_answer == HEADERS_MAX - 1) return len;
    const char *value = colon + 1, *end = data + len;
    while (value < end && (*value == ' ' || *value == '\t')) value++;
    while (end > value && (end[-1] == '\n' || end[-1] == '\r' || end[-1] == ' ')) end--;
    struct http_header h = {strndup(data, (size_t)(colon - data)), strndup(value, (size_t)(end - value))};
    if (h.name == NULL || h.value == NULL) abort();
    t->answer[t->n_answer++] = h;
    if (is_of_connection(h.name)) {
        t->n_answer--;
        free((char *)(uintptr_t)h.name);
        free((char *)(uintptr_t)h.value);
    }
    return len;
}

/* The client has read, or has left. */
static void stream_wanted(void *arg)
{
    struct transfer *t = arg;
    if (!t->held_answer) return;
    t->held_answer = false;
    curl.easy_pause(t->easy, CURLPAUSE_CONT);
}

static void stream_gone(void *arg)
{
    struct transfer *t = arg;
    t->stream = NULL;
    transfer_end(t);
}

static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    t->held_answer = t->sinking || (t->stream && http_stream_waiting(t->stream) > HTTP_STREAM_HIGH);
    if (t->held_answer) return CURL_WRITEFUNC_PAUSE;
    if (t->stream == NULL) {
        uint64_t length;
        unsigned status = end_headers(t, &length);
        t->stream = http_stream_open(t->x, status, length, t->answer, &(struct http_stream_user){stream_wanted, stream_gone, t});
    }
    http_stream_add(t->stream, data, size * n);
    return size * n;
}

/* ---- the request ---- */

static void add_line(struct transfer *t, const char *line)
{
    struct curl_slist *longer = curl.slist_append(t->headers, line);
    if (longer == NULL) abort();
    t->headers = longer;
}

static void add_header(void *arg, const char *name, const char *value)
{
    struct transfer *t = arg;
    _buf_ struct buf line = {0};
    if (is_of_connection(name)) return;
    if (*value) buf_printf(&line, "%s: %s", name, value);
    else buf_printf(&line, "%s;", name); /* libcurl's way to write one without a value */
    add_line(t, line.data);
}

/* Those that libcurl would add by itself. */
static void keep_away(struct transfer *t, const char *name)
{
    char line[ONLY_SIZE];
    snprintf(line, sizeof line, "%s:", name);
    if (http_header(t->x, name) == NULL) add_line(t, line);
}

static void set_headers(struct transfer *t)
{
    _buf_ struct buf via = {0};
    http_each_header(t->x, add_header, t);
    buf_printf(&via, "Via: 1.1 %s", t->of->via);
    add_line(t, via.data);
    keep_away(t, "Accept");
    keep_away(t, "Content-Type");
    keep_away(t, "User-Agent");
    add_line(t, "Expect:");
    curl.easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
}

/* libcurl asks for more of the request's body. */
static size_t give_body(char *to, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    size_t left = t->piece.len - t->read, most = size * n;
    t->held_body = left == 0 && t->sinking;
    if (t->held_body) return CURL_READFUNC_PAUSE;
    if (left > most) left = most;
    if (left) memcpy(to, t->piece.data + t->read, left);
    t->read += left;
    buf_compact(&t->piece, &t->read);
    if (t->sinking && t->piece.len - t->read < HTTP_STREAM_LOW) http_sink_go_on(t->x);
    return left;
}

static void set_method(struct transfer *t, uint64_t size)
{
    const char *method = http_method(t->x);
    t->head = strcmp(method, "HEAD") == 0;
    if (t->head) curl.easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
    else if (strcmp(method, "GET") == 0 && size == 0) curl.easy_setopt(t->easy, CURLOPT_HTTPGET, 1L);
    else curl.easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, method);
    if (t->head || (size == 0 && http_header(t->x, "Content-Length") == NULL)) return;
    curl.easy_setopt(t->easy, CURLOPT_UPLOAD, 1L);
    curl.easy_setopt(t->easy, CURLOPT_INFILESIZE_LARGE, size == HTTP_STREAM_UNKNOWN ? (curl_off_t)-1 : (curl_off_t)size);
    curl.easy_setopt(t->easy, CURLOPT_READFUNCTION, give_body);
    curl.easy_setopt(t->easy, CURLOPT_READDATA, t);
}

static void set_options(struct transfer *t)
{
    const char *query = http_query(t->x);
    buf_printf(&t->url, "%s%s%s%s", t->of->url, http_path(t->x), *query ? "?" : "", query);
    curl.easy_setopt(t->easy, CURLOPT_URL, t->url.data);
    curl.easy_setopt(t->easy, CURLOPT_PATH_AS_IS, 1L);
    curl.easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    curl.easy_setopt(t->easy, CURLOPT_NOPROXY, "*");
    curl.easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl.easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl.easy_setopt(t->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl.easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, take_header);
    curl.easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
    curl.easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, take_body);
    curl.easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
}

static bool has_been_here(const struct forward *f, struct exchange *x)
{
    const char *via = http_header(x, "Via");
    return via && strstr(via, f->via) != NULL;
}

static struct transfer *transfer_begin(struct forward *f, struct exchange *x, uint64_t size)
{
    struct transfer *t = calloc(1, sizeof *t);
    if (t == NULL || (t->easy = curl.easy_init()) == NULL) abort();
    t->of = f;
    t->x = x;
    t->next = f->first;
    f->first = t;
    set_options(t);
    set_method(t, size);
    set_headers(t);
    curl.multi_add_handle(f->multi, t->easy); /* it begins in the loop's next turn */
    return t;
}

void forward_send(struct forward *f, struct exchange *x)
{
    size_t n;
    const char *body = http_body(x, &n);
    if (has_been_here(f, x)) return answer_failure(x, 508, "LoopDetected", "--forward leads back to this server");
    struct transfer *t = transfer_begin(f, x, n);
    buf_add(&t->piece, body, n);
    http_defer(x, on_left, t);
}

/* ---- long requests ---- */

bool forward_take(struct forward *f, struct exchange *x, uint64_t size, void **taken)
{
    if (has_been_here(f, x)) return false;
    struct transfer *t = transfer_begin(f, x, size);
    t->sinking = true;
    *taken = t;
    return true;
}

size_t forward_body(void *taken, const void *data, size_t n)
{
    struct transfer *t = taken;
    if (t->over) return 0;
    buf_add(&t->piece, data, n);
    if (t->held_body) curl.easy_pause(t->easy, CURLPAUSE_CONT);
    return t->piece.len - t->read;
}

void forward_body_end(void *taken)
{
    struct transfer *t = taken;
    t->sinking = false;
    if (t->over) return finish_forward(t, t->result);
    http_defer(t->x, on_left, t);
    if (t->held_body || t->held_answer)
        uv_timer_start(&t->of->pauses, on_pauses, 0, 0); /* libcurl may answer, which is not for a handler */
}

void forward_body_gone(void *taken)
{
    transfer_end(taken);
}

/* ---- opening and closing ---- */

static bool is_own_place(const char *place, const char *own)
{
    const char *colon = strrchr(place, ':'), *own_colon = strrchr(own, ':');
    if (colon == NULL || own_colon == NULL || strcmp(colon, own_colon) != 0) return false;
    static const char *const here[] = {"localhost", "127.0.0.1", "[::1]", "0.0.0.0"};
    size_t n = (size_t)(colon - place);
    for (size_t i = 0; i < sizeof here / sizeof *here; i++)
        if (strlen(here[i]) == n && strncasecmp(place, here[i], n) == 0) return true;
    return strcasecmp(place, own) == 0;
}

int forward_open(struct forward **out, uv_loop_t *loop, const char *url, const char *own, struct err *e)
{
    char id[REQUEST_ID_SIZE];
    size_t n = strlen(url);
    const char *place = strncmp(url, "http://", 7) == 0 ? url + 7 : strncmp(url, "https://", 8) == 0 ? url + 8 : NULL;
    while (n > 0 && url[n - 1] == '/') n--;
    if (place == NULL || url + n <= place || strcspn(place, " \t\r\n?#@") < strlen(place))
        return err_set(e, ERR_FLAG, "--forward \"%.200s\": expected a URL like http://127.0.0.1:4567", url);
    struct forward *f = calloc(1, sizeof *f);
    if (f == NULL || (f->url = strndup(url, n)) == NULL) abort();
    int r =
        is_own_place(f->url + (place - url), own) ? err_set(e, ERR_USAGE, "--forward %.200s leads to this very server", url) : 0;
    if (r == 0) r = libcurl_load(e);
    if (r) {
        free(f->url);
        free(f);
        return r;
    }
    request_id_make(id);
    snprintf(f->via, sizeof f->via, "meridian-%s", id);
    f->loop = loop;
    f->multi = curl.multi_init();
    if (f->multi == NULL) abort();
    libcurl_keep_descriptors();
    curl.multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
    curl.multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl.multi_setopt(f->multi, CURLMOPT_TIMERDATA, f);
    curl.multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl.multi_setopt(f->multi, CURLMOPT_SOCKETDATA, f);
    uv_timer_init(loop, &f->timer);
    uv_timer_init(loop, &f->pauses);
    f->timer.data = f->pauses.data = f;
    f->open_handles = 2;
    *out = f;
    return 0;
}

static void on_timer_closed(uv_handle_t *h)
{
    struct forward *f = h->data;
    if (--f->open_handles > 0) return;
    free(f->url);
    free(f);
}

void forward_close(struct forward *f)
{
    if (f == NULL) return;
    f->closing = true;
    for (struct transfer *t = f->first, *next; t; t = next) {
        next = t->next;
        if (t->sinking) http_sink_drop(t->x);
        else if (t->stream) http_stream_end(t->stream, false);
        else answer_failure(t->x, 503, "ServiceUnavailable", "this server stops");
        transfer_end(t);
    }
    curl.multi_cleanup(f->multi);
    uv_close((uv_handle_t *)&f->timer, on_timer_closed);
    uv_close((uv_handle_t *)&f->pauses, on_timer_closed);
}
