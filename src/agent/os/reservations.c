#include "agent/os/reservations.h"
#include "agent/os/bound.h"
#include "base/index.h"
#include "base/log.h"
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BORROWERS_STEP = 4 };

struct reservation {
    char *key; /* ADDRESS PORT */
    char address[INET6_ADDRSTRLEN];
    int64_t port;
    int fd; /* -1: it could not be taken, or not yet */
    bool wanted;
    const void **borrowers; /* each once */
    size_t n_borrowers;
};

struct reservations {
    struct reservation **items;
    size_t n;
    struct index by_key;
    int64_t fd_limit; /* descriptors from this one on are for more important things */
    bool told;        /* that it was met */
};

struct reservations *reservations_new(void)
{
    struct reservations *r = calloc(1, sizeof *r);
    if (r == NULL) abort();
    r->fd_limit = sysconf(_SC_OPEN_MAX) / 2;
    return r;
}

static void reservation_free(struct reservation *x)
{
    if (x->fd >= 0) bound_close(x->fd);
    free(x->borrowers);
    free(x->key);
    free(x);
}

void reservations_free(struct reservations *r)
{
    if (r == NULL) return;
    for (size_t i = 0; i < r->n; i++) reservation_free(r->items[i]);
    index_fini(&r->by_key);
    free(r->items);
    free(r);
}

static struct reservation *reservation_find(const struct reservations *r, const char *address, int64_t port)
{
    char key[INET6_ADDRSTRLEN + 24];
    snprintf(key, sizeof key, "%s %lld", address, (long long)port);
    return index_get(&r->by_key, key);
}

/* ---- the socket ---- */

static void fair_share(const struct reservation *x, bool on)
{
    if (x->fd >= 0) bound_share(x->fd, on);
}

/* The system gives the lowest number that is free. */
static bool is_affordable(struct reservations *r, int fd)
{
    if (fd < r->fd_limit) return true;
    if (!r->told) log_warn("too few descriptors (ulimit -n) to keep strangers from the addresses of nodes that are down");
    r->told = true;
    return false;
}

static void reservation_take(struct reservations *r, struct reservation *x)
{
    if (x->fd >= 0 || x->n_borrowers > 0) return;
    x->fd = bound_hold(x->address, x->port);
    if (x->fd < 0 || is_affordable(r, x->fd)) return;
    bound_close(x->fd);
    x->fd = -1;
}

bool reservations_lacks(const struct reservations *r, const char *address, int64_t port)
{
    const struct reservation *x = reservation_find(r, address, port);
    return x != NULL && x->fd < 0;
}

int reservations_probe(struct reservations *r, const char *address, int64_t port)
{
    struct reservation *x = reservation_find(r, address, port);
    if (x != NULL) reservation_take(r, x);
    if (x != NULL) fair_share(x, true);
    int why = bound_probe(address, port);
    if (x != NULL && x->n_borrowers == 0) fair_share(x, false);
    return why;
}

/* ---- which there are ---- */

void reservations_begin(struct reservations *r)
{
    for (size_t i = 0; i < r->n; i++) r->items[i]->wanted = false;
}

static struct reservation *reservation_add(struct reservations *r, const char *address, int64_t port)
{
    struct reservation *x = calloc(1, sizeof *x);
    r->items = realloc(r->items, (r->n + 1) * sizeof *r->items);
    if (x == NULL || r->items == NULL || asprintf(&x->key, "%s %lld", address, (long long)port) < 0) abort();
    snprintf(x->address, sizeof x->address, "%s", address);
    x->port = port;
    x->fd = -1;
    index_put(&r->by_key, x->key, x);
    return r->items[r->n++] = x;
}

void reservations_want(struct reservations *r, const char *address, int64_t port)
{
    struct reservation *x = reservation_find(r, address, port);
    if (x == NULL) x = reservation_add(r, address, port);
    x->wanted = true;
}

void reservations_end(struct reservations *r)
{
    size_t kept = 0, before = r->n;
    for (size_t i = 0; i < before; i++) {
        if (r->items[i]->wanted) r->items[kept++] = r->items[i];
        else reservation_free(r->items[i]);
    }
    r->n = kept;
    if (kept < before) {
        index_fini(&r->by_key);
        for (size_t i = 0; i < kept; i++) index_put(&r->by_key, r->items[i]->key, r->items[i]);
    }
    reservations_renew(r);
}

void reservations_renew(struct reservations *r)
{
    for (size_t i = 0; i < r->n; i++) reservation_take(r, r->items[i]);
}

/* ---- lending ---- */

static size_t borrower_at(const struct reservation *x, const void *borrower)
{
    size_t i = 0;
    while (i < x->n_borrowers && x->borrowers[i] != borrower) i++;
    return i;
}

void reservations_lend(struct reservations *r, const void *borrower, const char *address, int64_t port)
{
    struct reservation *x = reservation_find(r, address, port);
    if (x == NULL || borrower_at(x, borrower) < x->n_borrowers) return;
    if (x->n_borrowers % BORROWERS_STEP == 0)
        x->borrowers = realloc(x->borrowers, (x->n_borrowers + BORROWERS_STEP) * sizeof *x->borrowers);
    if (x->borrowers == NULL) abort();
    x->borrowers[x->n_borrowers++] = borrower;
    fair_share(x, true);
}

void reservations_return(struct reservations *r, const void *borrower)
{
    for (size_t i = 0; i < r->n; i++) {
        struct reservation *x = r->items[i];
        size_t at = borrower_at(x, borrower);
        if (at == x->n_borrowers) continue;
        x->borrowers[at] = x->borrowers[--x->n_borrowers];
        if (x->n_borrowers > 0) continue;
        fair_share(x, false);
        reservation_take(r, x);
    }
}

void reservations_take(struct reservations *r, const char *address, int64_t port)
{
    struct reservation *x = reservation_find(r, address, port);
    if (x != NULL) reservation_take(r, x);
}
