#include "base/connections.h"
#include <assert.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { COUNT_AFTER = 16 << 10 };

static void connection_append(struct connections *c, struct connection *x)
{
    x->prev = c->last;
    x->next = NULL;
    if (c->last) c->last->next = x;
    else c->first = x;
    c->last = x;
}

static void connection_unlink(struct connections *c, struct connection *x)
{
    if (x->prev) x->prev->next = x->next;
    else c->first = x->next;
    if (x->next) x->next->prev = x->prev;
    else c->last = x->prev;
}

/* Another port of the same address is the same client. An IPv4 address stands in the last bytes, as a mapped one does. */
static void read_address(const struct sockaddr *address, uint8_t out[16])
{
    memset(out, 0, 16);
    if (address == NULL) return;
    if (address->sa_family == AF_INET) memcpy(out + 12, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
    if (address->sa_family == AF_INET6) memcpy(out, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
}

void connection_shut(struct connection *x)
{
    x->shut = true;
    shutdown(x->fd, SHUT_RDWR);
}

/* 0: it goes first. The higher, the later; negative: it stays. */
static int leaving_rank(const struct connections *c, const struct connection *x, int64_t now_ms)
{
    static const int ranks[PHASE__COUNT] = {
        [PHASE_FRESH] = 0, [PHASE_IDLE] = 0, [PHASE_HEAD] = 1, [PHASE_BODY] = 1, [PHASE_ANSWERING] = -1, [PHASE_SENDING] = 2};
    bool early = now_ms - x->since_ms < c->limits.grace_ms;
    if (early && x->phase == PHASE_FRESH) return ranks[PHASE_HEAD];
    return early && x->phase == PHASE_SENDING ? -1 : ranks[x->phase];
}

/* Who goes so that 'newest' may stay: the oldest of the lowest rank, of its address if that one has too many; else 'newest'. */
static struct connection *find_victim(const struct connections *c, struct connection *newest, bool of_address)
{
    struct connection *victim = newest;
    int best = PHASE__COUNT;
    for (struct connection *x = c->first; x != NULL && best > 0; x = x->next) {
        int r = leaving_rank(c, x, newest->since_ms);
        if (x == newest || x->shut || r < 0 || r >= best) continue;
        if (of_address && memcmp(x->address, newest->address, sizeof x->address) != 0) continue;
        best = r;
        victim = x;
    }
    return victim;
}

static size_t count_alive(const struct connections *c, const struct connection *like)
{
    size_t n = 0;
    for (const struct connection *x = c->first; x != NULL; x = x->next)
        n += !x->shut && (like == NULL || memcmp(x->address, like->address, sizeof x->address) == 0);
    return n;
}

struct connection *connection_open(struct connections *c, int fd, const struct sockaddr *address, int64_t now_ms)
{
    struct connection *x = calloc(1, sizeof *x);
    if (x == NULL) abort();
    x->fd = fd;
    x->since_ms = now_ms;
    read_address(address, x->address);
    connection_append(c, x);
    /* Below the smaller limit there is nothing to count. */
    if (++c->n <= c->limits.of_one_address) return x;
    if (count_alive(c, x) > c->limits.of_one_address) connection_shut(find_victim(c, x, true));
    else if (count_alive(c, NULL) > c->limits.all) connection_shut(find_victim(c, x, false));
    return x;
}

bool connections_end_slowest(struct connections *c, enum connection_phase phase, int64_t now_ms)
{
    for (struct connection *x = c->first; x != NULL && now_ms - x->since_ms >= c->limits.grace_ms; x = x->next) {
        if (x->shut || x->phase != phase) continue;
        connection_shut(x);
        return true;
    }
    return false;
}

void connection_close(struct connections *c, struct connection *x)
{
    assert(c->n > 0);
    connection_unlink(c, x);
    c->n--;
    free(x);
}

void connection_enter(struct connections *c, struct connection *x, enum connection_phase phase, int64_t now_ms)
{
    assert(c->last == NULL || now_ms >= c->last->since_ms);
    x->phase = phase;
    x->since_ms = now_ms;
    connection_unlink(c, x);
    connection_append(c, x);
}

/* From its beginning on; 0 where the kernel does not know. */
static uint64_t count_bytes(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    int unread = 0;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || ioctl(fd, FIONREAD, &unread) != 0) return 0;
    return info.tcpi_bytes_received > (uint64_t)unread ? info.tcpi_bytes_received - (uint64_t)unread : 0;
}

uint64_t connection_bytes_read(const struct connection *x)
{
    uint64_t n = count_bytes(x->fd);
    return n > x->counted ? n - x->counted : 0;
}

/* To ask the kernel each time would cost a sixth of a short request. Until then bytes between requests may be missing. */
void connection_count(struct connection *x, size_t n)
{
    if (n < COUNT_AFTER && x->counted + n - x->checked < COUNT_AFTER) x->counted += n;
    else x->counted = x->checked = count_bytes(x->fd);
}

void connections_sweep(struct connections *c, int64_t now_ms)
{
    for (struct connection *x = c->first; x != NULL; x = x->next) {
        int64_t limit_ms = c->limits.phase_ms[x->phase];
        if (!x->shut && limit_ms > 0 && now_ms - x->since_ms > limit_ms) connection_shut(x);
    }
}
