#include "discovery/discovery.h"
#include "agent/forwarder/link_pair.h"
#include "base/clock.h"
#include "base/task.h"
#include "base/trip.h"
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

/*
 * One forwarded connection. Bytes go from one socket to the other at once, through one
 * buffer that all pairs share; what a socket does not take is kept, and as long as
 * something is kept for it, nothing more is read for it.
 *
 * A gateway's connection counts as made once its target has answered: a process that is
 * killed still takes connections for a moment. Until then it can be made again, with all
 * that the client has said so far, which is how links between Redis processes begin.
 *
 * A splitter's connection waits for the first byte of its client, which tells whether it
 * speaks TLS. Redis never speaks first.
 *
 * What passes between regions takes the time that the network there takes (wan.h): it is kept on its way until an alarm says that it has
 * arrived. A network that does nothing costs nothing, as bytes go at once then.
 *
 * A configuration endpoint's connection begins as a talk with the endpoint itself; the
 * first command that only a node can answer makes it a connection to one of them.
 */

enum { BUFFER = 64 << 10, READS = 4, RETRY_MS = 2, HOLD_MS = 5000, SAID_MAX = 16 << 10, LINE_MAX_BYTES = 2048 };

enum pair_state { PAIR_SILENT, PAIR_TALK, PAIR_HOLD, PAIR_CONNECT, PAIR_PASS, PAIR_CLOSED };

static const struct task pair_task = {"connection",
    {
        [PAIR_SILENT] = {"silent",
            TASK_TO(PAIR_CONNECT) | TASK_TO(PAIR_CLOSED)}, /* a splitter's, waits for the client's first byte */
        [PAIR_TALK] = {"talk",
            TASK_TO(PAIR_CONNECT) | TASK_TO(PAIR_CLOSED)}, /* waits for commands to the configuration endpoint */
        [PAIR_HOLD] = {"hold", TASK_TO(PAIR_CONNECT) | TASK_TO(PAIR_CLOSED)}, /* waits to try a target, its client being held */
        [PAIR_CONNECT] = {"connect", TASK_TO(PAIR_HOLD) | TASK_TO(PAIR_PASS) | TASK_TO(PAIR_CLOSED)}, /* waits for the target */
        [PAIR_PASS] = {"pass", TASK_TO(PAIR_HOLD) | TASK_TO(PAIR_CLOSED)},                            /* waits for bytes */
        [PAIR_CLOSED] = {"closed", 0}, /* waits for its handles to close */
    }};

struct side {
    uv_poll_t poll;
    int fd; /* -1: no socket, and no handle */
    int watched;
    bool eof;       /* its peer sends nothing more */
    struct buf out; /* bytes it did not take yet, from out_at on */
    size_t out_at;
    struct wan_queue way; /* bytes that come to it after those, and are on their way between regions */
};

struct pair {
    struct pair *next, *prev;
    struct link *link;
    struct target target;
    int state;       /* enum pair_state */
    bool young;      /* a gateway's, and the target has not answered yet */
    bool plain;      /* a splitter's, whose client does not speak TLS */
    struct buf said; /* by the client of a young pair; what a talking one has said and was not answered */
    size_t tried;    /* targets that refused */
    uint64_t until;  /* a gateway gives up then, ms of the loop's clock */
    int handles;     /* open ones: the last to close frees the pair */
    uv_timer_t timer;
    struct side client, upstream;
    uv_poll_t alarm; /* rings when something has arrived: to the microsecond, which the loop's timers are too coarse for */
    int alarm_fd;    /* -1: none was needed yet */
    int64_t rings_ns;
    bool served;              /* counted in the link's n_served */
    struct connection *place; /* the client's, among those of all links */
};

#define NS_PER_S INT64_C(1000000000)

static char buffer[BUFFER];

static void connect_upstream(struct pair *p);
static void attempt_closed(uv_handle_t *h);
static void side_ready(uv_poll_t *h, int status, int events);

struct pair *pair_next(struct pair *p)
{
    return p->next;
}

static void move_to_state(struct pair *p, enum pair_state to)
{
    task_move(&pair_task, p->link->id, &p->state, (int)to);
    assert(to != PAIR_PASS || (p->served && p->client.fd >= 0 && p->upstream.fd >= 0));
}

/* ---- handles ---- */

static void pair_handle_closed(uv_handle_t *h)
{
    struct pair *p = h->data;
    if (--p->handles > 0) return;
    struct link *l = p->link;
    buf_fini(&p->client.out);
    buf_fini(&p->upstream.out);
    buf_fini(&p->said);
    wan_queue_fini(&p->client.way);
    wan_queue_fini(&p->upstream.way);
    free(p);
    if (--l->n_pairs == 0 && l->closing) l->emptied(l);
}

static void watch_side(struct side *s, int events)
{
    if (s->watched == events) return;
    s->watched = events;
    if (events == 0) uv_poll_stop(&s->poll);
    else uv_poll_start(&s->poll, events, side_ready);
}

static void side_open(struct pair *p, struct side *s, int fd)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *s = (struct side){.fd = fd};
    s->poll.data = p;
    if (uv_poll_init(p->link->host->loop, &s->poll, fd) != 0) abort(); /* a socket can be polled */
    p->handles++;
}

/* What its client is waited for decides who goes first where there are too many. */
static void pair_enter(struct pair *p, enum connection_phase phase)
{
    struct link_host *h = p->link->host;
    connection_enter(&h->connections, p->place, phase, (int64_t)uv_now(h->loop));
}

/*
 * The client has said what it wants, or had nothing to say: it is to reach a target. One link takes no more of those than one
 * address may, so that something is left for the links of other nodes. False where it takes no more.
 */
static bool pair_serve(struct pair *p)
{
    struct link *l = p->link;
    if (l->n_served >= l->host->connections.limits.of_one_address) return pair_close(p), false;
    p->served = true;
    l->n_served++;
    pair_enter(p, PHASE_ANSWERING);
    return true;
}

static void side_close(struct side *s, uv_close_cb done)
{
    if (s->fd < 0) return;
    uv_poll_stop(&s->poll);
    close(s->fd);
    s->fd = -1;
    uv_close((uv_handle_t *)&s->poll, done);
}

static void alarm_close(struct pair *p)
{
    if (p->alarm_fd < 0) return;
    uv_poll_stop(&p->alarm);
    close(p->alarm_fd);
    p->alarm_fd = -1;
    uv_close((uv_handle_t *)&p->alarm, pair_handle_closed);
}

void pair_close(struct pair *p)
{
    if (p->state == PAIR_CLOSED) return;
    move_to_state(p, PAIR_CLOSED);
    connection_close(&p->link->host->connections, p->place);
    p->link->n_served -= p->served;
    if (p->prev != NULL) p->prev->next = p->next;
    else p->link->pairs = p->next;
    if (p->next != NULL) p->next->prev = p->prev;
    side_close(&p->client, pair_handle_closed);
    side_close(&p->upstream, pair_handle_closed);
    alarm_close(p);
    uv_close((uv_handle_t *)&p->timer, pair_handle_closed);
}

/* ---- passing bytes ---- */

/* How many bytes it took; -1 where the connection is broken. */
static ssize_t write_side(struct side *s, const char *data, size_t n)
{
    if (trip_hit(TRIP_GATEWAY_WRITE)) return -1;
    ssize_t w = send(s->fd, data, n, MSG_NOSIGNAL);
    return w < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : w;
}

static bool has_pending(const struct side *s)
{
    return s->out.len > 0;
}

/* False where the pair can't go on. */
static bool flush_side(struct side *s)
{
    ssize_t w = write_side(s, s->out.data + s->out_at, s->out.len - s->out_at);
    if (w < 0) return false;
    s->out_at += (size_t)w;
    if (s->out_at < s->out.len) return true;
    buf_fini(&s->out);
    s->out = (struct buf){0};
    s->out_at = 0;
    return true;
}

/* What the client has said so far is kept for another target, until one has answered or it is too much. */
static void remember_said(struct pair *p, const struct side *from, size_t n)
{
    if (from == &p->client) buf_add(&p->said, buffer, n);
    if (from == &p->client && p->said.len <= SAID_MAX) return;
    p->young = false;
    buf_fini(&p->said);
}

/* ---- the way between regions ---- */

/* NULL for a link within the region. */
static struct wan_line *line_to(const struct pair *p, const struct side *to)
{
    struct wan_region *far = p->link->far;
    return far == NULL ? NULL : to == &p->client ? &far->from : &far->to;
}

/* Whatever is still on its way comes first, though the network may have become as fast as can be. */
static bool takes_time(const struct pair *p, const struct side *to)
{
    const struct wan_line *l = line_to(p, to);
    return l && (to->way.first || !wan_is_plain(l));
}

/* False while nothing more is to be read for it. */
static bool takes_more(const struct pair *p, const struct side *to)
{
    return takes_time(p, to) ? wan_has_room(&to->way, line_to(p, to)) : !has_pending(to);
}

static bool has_all(const struct side *s)
{
    return !has_pending(s) && s->way.first == NULL;
}

/* What has arrived goes on; false where the pair can't. */
static bool deliver_bytes(struct pair *p, struct side *to)
{
    const struct wan_line *l = line_to(p, to);
    const char *data;
    size_t n;
    while (l && !has_pending(to) && wan_arrived(&to->way, l, clock_mono_ns(), &data, &n)) {
        ssize_t w = n ? write_side(to, data, n) : 0;
        if (w < 0) return false;
        if ((size_t)w < n) buf_add(&to->out, data + w, n - (size_t)w);
        wan_take(&to->way, n);
    }
    return true;
}

static int64_t arrival_ns(const struct pair *p, const struct side *to)
{
    const struct wan_line *l = line_to(p, to);
    return l == NULL || has_pending(to) ? INT64_MAX : wan_next_ns(&to->way, l);
}

static void alarm_rang(uv_poll_t *h, int status, int events);

static void alarm_open(struct pair *p)
{
    p->alarm_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    p->alarm.data = p;
    if (p->alarm_fd < 0 || uv_poll_init(p->link->host->loop, &p->alarm, p->alarm_fd) != 0) abort(); /* as for lack of memory */
    p->handles++;
    uv_poll_start(&p->alarm, UV_READABLE, alarm_rang);
}

/* Has the alarm ring when the next bytes arrive. */
static void set_alarm(struct pair *p)
{
    int64_t a = arrival_ns(p, &p->client), b = arrival_ns(p, &p->upstream), at = a < b ? a : b;
    if (at == INT64_MAX) at = 0; /* for a timer that is never */
    if (at == p->rings_ns) return;
    if (p->alarm_fd < 0) alarm_open(p);
    p->rings_ns = at;
    struct itimerspec when = {.it_value = {at / NS_PER_S, at % NS_PER_S}};
    timerfd_settime(p->alarm_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

/* ---- both directions ---- */

static bool pass_bytes(struct pair *p, struct side *from, struct side *to)
{
    for (int i = 0; i < READS; i++) {
        bool injected = trip_hit(TRIP_GATEWAY_READ);
        ssize_t n = injected ? -1 : recv(from->fd, buffer, sizeof buffer, 0);
        if (n < 0) return !injected && (errno == EAGAIN || errno == EINTR);
        if (n == 0) {
            from->eof = true;
            if (takes_time(p, to)) wan_send_end(&to->way, line_to(p, to), clock_mono_ns());
            return true;
        }
        if (p->young) remember_said(p, from, (size_t)n);
        if (takes_time(p, to)) {
            wan_send(&to->way, line_to(p, to), clock_mono_ns(), buffer, (size_t)n);
            if (n < BUFFER || !takes_more(p, to)) return true;
            continue;
        }
        ssize_t w = write_side(to, buffer, (size_t)n);
        if (w < 0) return false;
        if (w < n) buf_add(&to->out, buffer + w, (size_t)(n - w));
        if (w < n || n < BUFFER) return true;
    }
    return true;
}

static void watch_both(struct pair *p)
{
    struct side *c = &p->client, *u = &p->upstream;
    watch_side(c, (c->eof || !takes_more(p, u) ? 0 : UV_READABLE) | (has_pending(c) ? UV_WRITABLE : 0));
    watch_side(u, (u->eof || !takes_more(p, c) ? 0 : UV_READABLE) | (has_pending(u) ? UV_WRITABLE : 0));
}

/* Tells the peer of 'to' that no more will come, once it has everything. */
static void pass_eof(struct side *from, struct side *to)
{
    if (from->eof && has_all(to)) shutdown(to->fd, SHUT_WR);
}

static bool may_start_over(const struct pair *p)
{
    return p->young && uv_now(p->link->host->loop) < p->until;
}

static void start_over(struct pair *p)
{
    move_to_state(p, PAIR_HOLD);
    buf_fini(&p->upstream.out);
    wan_queue_fini(&p->upstream.way);
    wan_queue_fini(&p->client.way);
    watch_side(&p->client, p->client.eof ? 0 : UV_DISCONNECT);
    side_close(&p->upstream, attempt_closed);
}

/* After something has come or gone; 'ok' false: a connection is broken. */
static void go_on(struct pair *p, bool ok)
{
    struct side *c = &p->client, *u = &p->upstream;
    ok = ok && deliver_bytes(p, c) && deliver_bytes(p, u);
    if ((!ok || u->eof) && may_start_over(p)) return start_over(p);
    if (!ok) return pair_close(p);
    if (c->eof || u->eof) {
        pass_eof(c, u);
        pass_eof(u, c);
        if (c->eof && u->eof && has_all(c) && has_all(u)) return pair_close(p);
    }
    watch_both(p);
    set_alarm(p);
}

static void alarm_rang(uv_poll_t *h, int status, int events)
{
    struct pair *p = h->data;
    uint64_t times;
    (void)status, (void)events;
    if (read(p->alarm_fd, &times, sizeof times) < 0) return; /* it was set anew meanwhile */
    p->rings_ns = 0;
    if (p->state == PAIR_PASS) go_on(p, true);
}

static void serve_side(struct pair *p, struct side *s, struct side *other, int events)
{
    bool ok = !(events & UV_WRITABLE) || !has_pending(s) || flush_side(s);
    if (ok && (events & UV_READABLE) && !s->eof && takes_more(p, other)) ok = pass_bytes(p, s, other);
    go_on(p, ok);
}

/* ---- connecting ---- */

static void retry_fired(uv_timer_t *t)
{
    connect_upstream(t->data);
}

static void attempt_closed(uv_handle_t *h)
{
    struct pair *p = h->data;
    if (p->state == PAIR_CLOSED) return pair_handle_closed(h);
    p->handles--;
    uv_timer_start(&p->timer, retry_fired, p->link->kind == LINK_GATEWAY ? RETRY_MS : 0, 0);
}

static bool is_down(const struct link *l)
{
    return l->far && (l->far->to.terms.down || l->far->from.terms.down);
}

/* Whoever asks gets no answer, and waits for as long as it likes. */
static bool is_lost(const struct link *l)
{
    return l->far && (l->far->to.terms.lost || l->far->from.terms.lost);
}

/* A gateway holds its client and tries until the target answers; the others go on to the next target. */
static void attempt_failed(struct pair *p)
{
    const struct link *l = p->link;
    bool again = l->kind == LINK_GATEWAY ? uv_now(l->host->loop) < p->until || is_lost(l) : ++p->tried < l->targets.n;
    if (!again) return pair_close(p);
    move_to_state(p, PAIR_HOLD);
    if (p->upstream.fd >= 0) side_close(&p->upstream, attempt_closed);
    else uv_timer_start(&p->timer, retry_fired, RETRY_MS, 0);
}

static void attempt_ready(struct pair *p)
{
    int why = 0;
    socklen_t size = sizeof why;
    getsockopt(p->upstream.fd, SOL_SOCKET, SO_ERROR, &why, &size);
    if (why != 0 || !targets_have(&p->link->targets, &p->target)) return attempt_failed(p);
    move_to_state(p, PAIR_PASS);
    if (p->said.len > 0 && takes_time(p, &p->upstream))
        wan_send(&p->upstream.way, line_to(p, &p->upstream), clock_mono_ns(), p->said.data, p->said.len);
    else if (p->said.len > 0) buf_add(&p->upstream.out, p->said.data, p->said.len);
    watch_both(p);
    set_alarm(p);
}

/* NULL where there is none now. An address is not believed; what a splitter leads to is its own node's. */
static const struct target *pick_target(const struct pair *p)
{
    struct link *l = p->link;
    if (l->kind == LINK_SPLITTER) return l->targets.n > (size_t)p->plain ? &l->targets.items[p->plain] : NULL;
    if (is_down(l) || is_lost(l)) return NULL;
    const struct target *t = targets_next(&l->targets);
    return t != NULL && l->host->leads_to_ours(l->host, t->host, t->port) ? t : NULL;
}

static void connect_upstream(struct pair *p)
{
    const struct target *t = pick_target(p);
    move_to_state(p, PAIR_CONNECT);
    if (t == NULL) return attempt_failed(p);
    p->target = *t;
    int fd = socket(t->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return attempt_failed(p);
    side_open(p, &p->upstream, fd);
    if (connect(fd, (const struct sockaddr *)&t->address, t->size) != 0 && errno != EINPROGRESS) return attempt_failed(p);
    watch_side(&p->upstream, UV_WRITABLE);
}

/* It did not want to wait for its gateway any longer; one that has only said all it has to say does. */
static void client_hung_up(struct pair *p)
{
    char c;
    watch_side(&p->client, 0);
    if (recv(p->client.fd, &c, 1, MSG_PEEK) <= 0) pair_close(p);
}

/* ---- talking ---- */

/* The first byte of a request in memcached's binary protocol, which knows nothing of the kind. */
#define BINARY_REQUEST '\x80'

/* The client's own way to the endpoint leads to its nodes, too, where all of them listen everywhere. */
static void list_nodes(const struct pair *p, struct buf *out)
{
    struct sockaddr_storage at = {0};
    char here[INET6_ADDRSTRLEN] = "";
    socklen_t size = sizeof at;
    if (getsockname(p->client.fd, (struct sockaddr *)&at, &size) == 0)
        getnameinfo((struct sockaddr *)&at, size, here, sizeof here, NULL, 0, NI_NUMERICHOST);
    discovery_place(out, p->link->nodes.data, here);
}

/* Answers the lines that are there; false once one of them is for a node, or the client leaves. */
static bool answer_lines(struct pair *p)
{
    struct link *l = p->link;
    _buf_ struct buf nodes = {0};
    if (p->said.len > 0 && p->said.data[0] == BINARY_REQUEST) return false;
    list_nodes(p, &nodes);
    for (char *end; p->said.len > 0 && (end = memchr(p->said.data, '\n', p->said.len)) != NULL;) {
        char line[64];
        size_t n = (size_t)(end - p->said.data), len = n > 0 && end[-1] == '\r' ? n - 1 : n;
        snprintf(line, sizeof line, "%.*s", (int)len, p->said.data);
        enum discovery d = len < sizeof line
                               ? discovery_answer(line, l->nodes_version, nodes.data, l->engine_version, &p->client.out)
                               : DISCOVERY_OTHER;
        if (d == DISCOVERY_QUIT) p->client.eof = true;
        if (d != DISCOVERY_ANSWERED) return false;
        memmove(p->said.data, end + 1, p->said.len - n - 1);
        p->said.len -= n + 1;
    }
    return p->said.len < LINE_MAX_BYTES;
}

static void talk_to_client(struct pair *p)
{
    struct side *c = &p->client;
    ssize_t n = recv(c->fd, buffer, sizeof buffer, 0);
    bool broken = n < 0 && errno != EAGAIN && errno != EINTR;
    if (n > 0) buf_add(&p->said, buffer, (size_t)n);
    if (n == 0) c->eof = true;
    bool goes_on = answer_lines(p);
    if (broken || (has_pending(c) && !flush_side(c)) || c->eof) return pair_close(p);
    if (goes_on) return watch_side(c, UV_READABLE | (has_pending(c) ? UV_WRITABLE : 0));
    if (!pair_serve(p)) return;
    watch_side(c, UV_DISCONNECT);
    connect_upstream(p);
}

/* The type of the record that every TLS connection begins with. */
#define TLS_HANDSHAKE 0x16

static void listen_to_first_byte(struct pair *p)
{
    unsigned char c;
    ssize_t n = recv(p->client.fd, &c, 1, MSG_PEEK);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) return pair_close(p);
    if (!pair_serve(p)) return;
    p->plain = c != TLS_HANDSHAKE;
    watch_side(&p->client, UV_DISCONNECT);
    connect_upstream(p);
}

static void side_ready(uv_poll_t *h, int status, int events)
{
    struct pair *p = h->data;
    bool of_client = h == &p->client.poll;
    switch ((enum pair_state)p->state) {
    case PAIR_SILENT: return listen_to_first_byte(p);
    case PAIR_TALK: return talk_to_client(p);
    case PAIR_HOLD: return client_hung_up(p); /* it has no other socket now */
    case PAIR_CONNECT: return of_client ? client_hung_up(p) : attempt_ready(p);
    case PAIR_CLOSED: return;
    case PAIR_PASS: break;
    }
    if (status < 0) { /* libuv watches it no more; the read or write tells what is wrong */
        events = UV_READABLE | UV_WRITABLE;
        (of_client ? &p->client : &p->upstream)->watched = 0;
    }
    if (of_client) serve_side(p, &p->client, &p->upstream, events);
    else serve_side(p, &p->upstream, &p->client, events);
}

/* What the network takes to make a connection. */
static uint64_t round_trip_ms(const struct link *l)
{
    return l->far ? (uint64_t)((l->far->to.terms.latency_ns + l->far->from.terms.latency_ns) / (NS_PER_S / 1000)) : 0;
}

void pair_open(struct link *l, int fd, const struct sockaddr *from)
{
    struct pair *p = calloc(1, sizeof *p);
    if (p == NULL) abort();
    p->link = l;
    p->next = l->pairs;
    if (p->next != NULL) p->next->prev = p;
    l->pairs = p;
    l->n_pairs++;
    p->upstream.fd = p->alarm_fd = -1;
    p->until = uv_now(l->host->loop) + HOLD_MS;
    p->timer.data = p;
    uv_timer_init(l->host->loop, &p->timer);
    p->handles = 1;
    side_open(p, &p->client, fd);
    p->place = connection_open(&l->host->connections, fd, from, (int64_t)uv_now(l->host->loop));
    p->young = l->kind == LINK_GATEWAY;
    p->state = l->kind == LINK_CONFIGURATION ? PAIR_TALK : l->kind == LINK_SPLITTER ? PAIR_SILENT : PAIR_HOLD;
    if (p->place->shut) return pair_close(p);
    if (p->state == PAIR_TALK) pair_enter(p, PHASE_IDLE);
    if (p->state != PAIR_HOLD) return watch_side(&p->client, UV_READABLE);
    if (!pair_serve(p)) return;
    if (p->young) watch_side(&p->client, UV_DISCONNECT);
    if (round_trip_ms(l)) uv_timer_start(&p->timer, retry_fired, round_trip_ms(l), 0);
    else connect_upstream(p);
}

void pairs_check(struct link *l)
{
    for (struct pair *p = l->pairs, *next; p != NULL; p = next) {
        next = p->next;
        if (p->state != PAIR_PASS) continue;
        if (targets_have(&l->targets, &p->target) && !is_down(l)) go_on(p, true);
        else if (may_start_over(p)) start_over(p);
        else pair_close(p);
    }
}
