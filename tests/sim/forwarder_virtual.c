#include "forwarder_virtual.h"
#include "agent/forwarder/link_pair.h"
#include "agent/forwarder/listener.h"
#include "agent/os/bound.h"
#include "machine.h"
#include "models.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

enum { HOPS = 3 };

struct listener {
    struct listener *next;
    struct process *process;
    char host[INET6_ADDRSTRLEN];
    int64_t port;
    listener_accepted *accepted;
    void *arg;
};

/* A connection through a link. */
struct pair {
    struct pair *next, *next_of_all;
    struct link *link;
    struct process *process;
    struct target target; /* where it leads */
    uint64_t tag;         /* the engine's end knows it by that; 0: it is a client's, which stays for a moment */
};

static struct listener *listeners;
static struct pair *all, *opened;
static struct process *accepting;
static uint64_t last_tag;

/* ---- who listens ---- */

static struct listener *find_listener(const char *host, int64_t port)
{
    for (struct listener *l = listeners; l; l = l->next)
        if (l->process->alive && l->port == port && strcmp(l->host, host) == 0) return l;
    return NULL;
}

bool forwarder_listens(const char *host, int64_t port)
{
    return find_listener(host, port) != NULL;
}

int listener_open(
    uv_loop_t *loop, const struct target *t, listener_accepted *accepted, void *arg, struct listener **out, struct err *e)
{
    (void)loop;
    if (bound_probe(t->host, t->port) != 0) return err_set(e, ERR_IN_USE, "its address is in use by another program");
    struct listener *l = calloc(1, sizeof *l);
    if (l == NULL) abort();
    *l = (struct listener){listeners, machine_current(), "", t->port, accepted, arg};
    snprintf(l->host, sizeof l->host, "%s", t->host);
    listeners = l;
    *out = l;
    return 0;
}

void listener_close(struct listener *l)
{
    struct listener **at = &listeners;
    while (*at != l) at = &(*at)->next;
    *at = l->next;
    free(l);
}

/* ---- connections ---- */

static const struct target *pick_target(struct link *l)
{
    if (l->kind == LINK_SPLITTER) return l->targets.n > 1 ? &l->targets.items[1] : NULL;
    return targets_next(&l->targets);
}

static bool is_safe(const struct link *l, const struct target *t)
{
    return l->kind == LINK_SPLITTER || l->host->leads_to_ours(l->host, t->host, t->port);
}

static bool is_down(const struct link *l)
{
    return l->far && (l->far->to.terms.down || l->far->from.terms.down);
}

static bool is_lost(const struct link *l)
{
    return l->far && (l->far->to.terms.lost || l->far->from.terms.lost);
}

/* From the models' end, in no descriptor: the network has it in 'opened'. */
void pair_open(struct link *l, int fd, const struct sockaddr *from)
{
    const struct target *t = pick_target(l);
    (void)fd;
    (void)from;
    if (t == NULL || !is_safe(l, t) || is_down(l)) return;
    struct pair *p = calloc(1, sizeof *p);
    if (p == NULL) abort();
    *p = (struct pair){l->pairs, all, l, accepting, *t, 0};
    l->pairs = all = opened = p;
    l->n_pairs++;
}

static void pair_free(struct pair *p)
{
    struct pair **at = &p->link->pairs, **at_all = &all;
    while (*at != p) at = &(*at)->next;
    while (*at_all != p) at_all = &(*at_all)->next_of_all;
    *at = p->next;
    *at_all = p->next_of_all;
    p->link->n_pairs--;
    free(p);
}

void pair_close(struct pair *p)
{
    struct link *l = p->link;
    if (p->tag) model_cut(models_world(), p->tag, models_now());
    pair_free(p);
    models_wake();
    if (l->closing) l->emptied(l);
}

struct pair *pair_next(struct pair *p)
{
    return p->next;
}

void pairs_check(struct link *l)
{
    for (struct pair *p = l->pairs, *next; p; p = next) {
        next = p->next;
        if (!targets_have(&l->targets, &p->target) || is_down(l)) pair_close(p);
    }
}

/* ---- what leads where ---- */

/* The connection to the listener, if its process takes it. */
static struct pair *connect_to(struct listener *l)
{
    opened = NULL;
    accepting = l->process;
    l->accepted(l->arg, -1, NULL);
    return opened;
}

struct route {
    struct pair *pairs[HOPS];
    int n;
    struct model_engine *to;
    const char *host; /* of the last leg */
    int64_t port;
    bool by_socket;
};

static struct model_engine *engine_at_socket(const struct target *t)
{
    char path[sizeof t->address], real[PATH_MAX];
    snprintf(path, sizeof path, "%s", ((const struct sockaddr_un *)&t->address)->sun_path);
    *strrchr(path, '/') = '\0';
    return realpath(path, real) ? models_in(real) : NULL;
}

static enum model_reach find_route(const char *host, int64_t port, struct route *r)
{
    bool tls;
    *r = (struct route){.host = host, .port = port};
    for (struct listener *l; !r->by_socket && (l = find_listener(r->host, r->port)) != NULL;) {
        if (l->process->stopped) return MODEL_SILENT;
        struct pair *p = r->n < HOPS ? connect_to(l) : NULL;
        if (p == NULL) return MODEL_REFUSED;
        r->pairs[r->n++] = p;
        if (is_lost(p->link)) return MODEL_SILENT;
        r->host = p->target.host;
        r->port = p->target.port;
        r->by_socket = p->target.host[0] == '\0';
    }
    r->to = r->by_socket ? engine_at_socket(&r->pairs[r->n - 1]->target) : model_at(models_world(), r->host, (int)r->port, &tls);
    return r->to ? MODEL_REACHED : MODEL_REFUSED;
}

static void give_up_route(struct route *r)
{
    while (r->n > 0) pair_free(r->pairs[--r->n]);
}

struct model_engine *forwarder_reaches(const char *host, int64_t port)
{
    struct route r;
    find_route(host, port, &r);
    give_up_route(&r);
    return r.to;
}

enum model_reach forwarder_dial(void *arg, const struct model_engine *from, const char *host, int port, struct model_path *out)
{
    struct route r;
    enum model_reach reach = find_route(host, port, &r);
    (void)arg;
    (void)from;
    if (reach != MODEL_REACHED) give_up_route(&r);
    if (reach == MODEL_REACHED && r.n > 0) last_tag++;
    for (int i = 0; i < r.n; i++) r.pairs[i]->tag = last_tag;
    *out = (struct model_path){
        .to = r.to, .host = r.n ? r.host : NULL, .port = (int)r.port, .tag = r.n ? last_tag : 0, .any_tls = r.by_socket};
    return reach;
}

enum model_reach forwarder_carry(void *arg, const struct model_wire *wire, int64_t now, int64_t *delay_us)
{
    (void)arg;
    (void)now;
    *delay_us = 20 + machine_below(200);
    for (const struct pair *p = wire->tag ? all : NULL; p; p = p->next_of_all) {
        if (p->tag != wire->tag) continue;
        if (p->process->stopped || is_lost(p->link)) return MODEL_SILENT;
        if (p->link->far) *delay_us += (p->link->far->to.terms.latency_ns + p->link->far->from.terms.latency_ns) / 1000;
    }
    return MODEL_REACHED;
}

/* What its memory held is of no use to anybody. */
void forwarders_leave(const struct process *p)
{
    for (struct pair *x = all; x; x = x->next_of_all)
        if (x->process == p && x->tag) model_cut(models_world(), x->tag, models_now());
    for (struct pair **at = &all; *at;)
        if ((*at)->process == p) *at = (*at)->next_of_all;
        else at = &(*at)->next_of_all;
    models_wake();
}
