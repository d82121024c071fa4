#include "agent/forwarder/steering.h"
#include "agent/forwarder/borrow.h"
#include "agent/forwarder/steer.h"
#include <string.h>
#include <unistd.h>

static const struct sockaddr_in *address_of(const struct link *l)
{
    return (const struct sockaddr_in *)&l->listen.address;
}

/* Connections are known by the address that they are made to, which is none where the link listens everywhere. */
static bool may_steer(const struct link *l)
{
    bool one = l->listen.address.ss_family == AF_INET && address_of(l)->sin_addr.s_addr != INADDR_ANY;
    return one && l->kind == LINK_READER && l->listener != NULL && l->targets.n <= STEER_SOCKETS;
}

static bool is_steered_to(const struct steered *to, size_t n, const struct steered *one)
{
    for (size_t i = 0; i < n; i++)
        if (to[i].pid == one->pid && target_is(&to[i].target, &one->target)) return true;
    return false;
}

/* The processes that the link's connections shall go to; how many. */
static size_t find_processes(const struct link *l, struct steered out[STEER_SOCKETS])
{
    size_t n = 0;
    for (size_t i = 0; may_steer(l) && i < l->targets.n; i++) {
        const struct target *t = &l->targets.items[i];
        pid_t pid = t->address.ss_family == AF_INET ? l->host->process_at(l->host, t->host, t->port) : 0;
        if (pid > 0) out[n++] = (struct steered){*t, pid};
    }
    return n;
}

static bool is_current(const struct link *l, const struct steered *to, size_t n)
{
    if (n != l->n_steered) return false;
    for (size_t i = 0; i < n; i++)
        if (!is_steered_to(&l->steered[i], 1, &to[i]) || !steer_has(l->host->steer, l->place, i)) return false;
    return true;
}

/* The first of them that listen; the others are served by way of the link until they do. */
static size_t put_sockets(struct link *l, const struct steered *to, size_t n)
{
    size_t put = 0;
    for (size_t i = 0; i < n; i++) {
        int fd = borrow_listener(to[i].pid, &to[i].target.address);
        if (fd < 0) continue;
        if (steer_put(l->host->steer, l->place, put, fd)) l->steered[put++] = to[i];
        close(fd);
    }
    return put;
}

/* As the link itself ends a connection to a target that it no longer has. */
static void end_former(const struct link *l, const struct steered *before, size_t n_before)
{
    for (size_t i = 0; i < n_before; i++)
        if (!targets_have(&l->targets, &before[i].target)) borrow_and_end(before[i].pid, &l->listen.address);
}

void steering_renew(struct link *l)
{
    struct steered to[STEER_SOCKETS], before[STEER_SOCKETS];
    if (l->host->steer == NULL) return;
    size_t n = find_processes(l, to), n_before = l->n_steered;
    if (is_current(l, to, n) || (n > 0 && !l->placed && (l->place = steer_take_place(l->host->steer)) < 0)) return;
    l->placed = true;
    memcpy(before, l->steered, sizeof before);
    if (n_before > 0) steer_turn(l->host->steer, l->place, address_of(l), 0);
    l->n_steered = put_sockets(l, to, n);
    if (l->n_steered > 0 && !steer_turn(l->host->steer, l->place, address_of(l), l->n_steered)) l->n_steered = 0;
    end_former(l, before, n_before);
    if ((n_before > 0) != (l->n_steered > 0)) l->host->changed(l->host);
}

void steering_stop(struct link *l, bool ends)
{
    if (!l->placed) return;
    if (l->n_steered > 0) steer_turn(l->host->steer, l->place, address_of(l), 0);
    for (size_t i = 0; ends && i < l->n_steered; i++) borrow_and_end(l->steered[i].pid, &l->listen.address);
    steer_give_place(l->host->steer, l->place);
    l->n_steered = 0;
    l->placed = false;
}
