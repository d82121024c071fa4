#include "neighbour/forward.h"
#include "base/err.h"
#include "base/libcurl.h"
#include "base/log.h"
#include "http/json.h"
#include "http/request_id.h"
#include "http/server.h"
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
    struct buf url, body;
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
    uv_timer_t timer; /* libcurl's */
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
    buf_fini(&t->body);
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

static void answer_client(struct transfer *t)
{
    long status = 502;
    curl_off_t size = -1;
    curl.easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    curl.easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
    t->answer[t->n_answer] = (struct http_header){0};
    if (t->head) http_answer_head(t->x, (unsigned)status, size < 0 ? 0 : (uint64_t)size, t->answer);
    else http_answer(t->x, (unsigned)status, NULL, &t->body, t->answer);
}

static void finish(struct transfer *t, CURLcode result)
{
    if (result != CURLE_OK) answer_unreached(t, result);
    else answer_client(t);
    transfer_end(t);
}

static void on_left(struct exchange *x, void *arg)
{
    struct transfer *t = arg;
    (void)x;
    transfer_end(t);
}

/* ---- libcurl in the loop ---- */

static void drive(struct forward *f, curl_socket_t fd, int events)
{
    int running, left;
    const CURLMsg *m;
    curl.multi_socket_action(f->multi, fd, events, &running);
    while ((m = curl.multi_info_read(f->multi, &left)) != NULL) {
        struct transfer *t = f->first;
        while (t && t->easy != m->easy_handle) t = t->next;
        if (t && m->msg == CURLMSG_DONE) finish(t, m->data.result);
    }
}

static void on_timer(uv_timer_t *timer)
{
    drive(timer->data, CURL_SOCKET_TIMEOUT, 0);
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
    drive(w->of, w->fd, status < 0 ? CURL_CSELECT_ERR : what);
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

static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    if (t->body.len + size * n > FORWARD_BODY_MAX) return 0;
    buf_add(&t->body, data, size * n);
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

static void set_method(struct transfer *t)
{
    size_t n;
    const char *method = http_method(t->x), *body = http_body(t->x, &n);
    t->head = strcmp(method, "HEAD") == 0;
    if (t->head) curl.easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
    else if (strcmp(method, "GET") == 0 && n == 0) curl.easy_setopt(t->easy, CURLOPT_HTTPGET, 1L);
    else curl.easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, method);
    if (t->head || (n == 0 && http_header(t->x, "Content-Length") == NULL)) return;
    curl.easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)n);
    curl.easy_setopt(t->easy, CURLOPT_POSTFIELDS, body); /* the exchange's, which lives as long as this, or is left */
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

void forward_send(struct forward *f, struct exchange *x)
{
    if (has_been_here(f, x)) return answer_failure(x, 508, "LoopDetected", "--forward leads back to this server");
    struct transfer *t = calloc(1, sizeof *t);
    if (t == NULL || (t->easy = curl.easy_init()) == NULL) abort();
    t->of = f;
    t->x = x;
    t->next = f->first;
    f->first = t;
    set_options(t);
    set_method(t);
    set_headers(t);
    http_defer(x, on_left, t);
    curl.multi_add_handle(f->multi, t->easy); /* it begins in the loop's next turn */
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
        return err_set(e, ERR_USAGE, "--forward \"%.200s\": expected a URL like http://127.0.0.1:4567", url);
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
    f->timer.data = f;
    *out = f;
    return 0;
}

static void on_timer_closed(uv_handle_t *h)
{
    struct forward *f = h->data;
    free(f->url);
    free(f);
}

void forward_close(struct forward *f)
{
    if (f == NULL) return;
    f->closing = true;
    while (f->first) {
        answer_failure(f->first->x, 503, "ServiceUnavailable", "this server stops");
        transfer_end(f->first);
    }
    curl.multi_cleanup(f->multi);
    uv_close((uv_handle_t *)&f->timer, on_timer_closed);
}
