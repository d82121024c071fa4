#include "cluster.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What nodes tell each other. */

struct mail {
    struct mail *next;
    struct timer timer;
    struct model_world *w;
    struct model_engine *to;
    char from[HEX_ID + 1]; /* who it is for, as the sender knows him: whose link an answer comes over */
    struct packet *packet;
};

static void mail_run(void *obj, int64_t now);

static struct model_engine *engine_at_bus(const struct model_world *w, const char *host, int bus)
{
    for (struct model_engine *e = w->engines; e; e = e->next)
        if (engine_bus_at(e, host, bus)) return e;
    return NULL;
}

static void mail_free(struct mail *m)
{
    struct mail **at = &m->w->mails;
    while (*at != m) at = &(*at)->next;
    *at = m->next;
    timer_stop(m->w, &m->timer);
    free(m->packet);
    free(m);
}

void bus_free(struct model_world *w)
{
    while (w->mails) mail_free(w->mails);
}

/* What was on its way to one that has ended. */
void bus_forget(struct model_engine *e)
{
    for (struct mail *m = e->w->mails, *next; m; m = next) {
        next = m->next;
        if (m->to == e) mail_free(m);
    }
}

static struct packet *packet_new(const struct cluster *c, enum note_type type)
{
    bool gossips = type <= BUS_MEET;
    struct packet *p = calloc(1, sizeof *p + (gossips ? c->n : 0) * sizeof *p->gossip);
    if (p == NULL) abort();
    const struct cnode *me = c->myself, *owner = me->flags & NODE_SLAVE && me->master ? me->master : me;
    p->type = type;
    memcpy(p->name, me->name, sizeof p->name);
    if (me->master) memcpy(p->master, me->master->name, sizeof p->master);
    snprintf(p->host, sizeof p->host, "%s", me->host);
    p->port = me->port;
    p->bus = me->bus;
    p->flags = me->flags & (NODE_MASTER | NODE_SLAVE);
    p->epoch = owner->epoch;
    p->current_epoch = c->epoch;
    p->offset = cluster_offset(c);
    p->slots = owner->slots;
    for (size_t i = 0; gossips && i < c->n; i++) {
        const struct cnode *n = c->nodes[i];
        if (n == me || (n->flags & (NODE_HANDSHAKE | NODE_NOADDR)) || n->host[0] == '\0') continue;
        struct gossip *g = &p->gossip[p->n++];
        memcpy(g->name, n->name, sizeof g->name);
        memcpy(g->host, n->host, sizeof g->host);
        g->port = n->port;
        g->bus = n->bus;
        g->flags = n->flags & ~(unsigned)(NODE_MYSELF | NODE_MEET);
    }
    return p;
}

/* In how many microseconds something gets there; -1: it does not. */
static int64_t way_to(const struct cluster *c, const struct cnode *n, struct model_engine *to, bool *refused)
{
    const struct model_hooks *h = &c->e->w->hooks;
    int64_t delay = c->e->w->knobs.delay_us;
    struct model_wire wire = {.from = c->e, .to = to, .host = n->host, .port = n->bus, .bus = true};
    enum model_reach reach = h->carry ? h->carry(h->arg, &wire, c->e->w->now, &delay) : MODEL_REACHED;
    *refused = reach == MODEL_REFUSED;
    return reach == MODEL_REACHED ? delay : -1;
}

static bool packet_send(struct cluster *c, struct cnode *n, struct packet *p, int64_t now)
{
    bool refused = false;
    struct model_engine *to = n->host[0] ? engine_at_bus(c->e->w, n->host, n->bus) : NULL;
    int64_t delay = to ? way_to(c, n, to, &refused) : -1;
    if (delay < 0) {
        n->linked = n->linked && to && !refused;
        free(p);
        return false;
    }
    struct mail *m = calloc(1, sizeof *m);
    if (m == NULL) abort();
    *m = (struct mail){.next = c->e->w->mails, .w = c->e->w, .to = to, .packet = p};
    memcpy(m->from, n->name, sizeof m->from);
    c->e->w->mails = m;
    timer_set(c->e->w, &m->timer, now + delay, mail_run, m);
    return true;
}

/* ---- pings ---- */

/* Every packet tells it but the one that ends a handshake, which is believed in no more than the name. */
static bool knows_of_data(const struct cnode *known, const struct cluster *whose)
{
    return (known->offset > 0) == (cluster_offset(whose) > 0);
}

static bool has_no_news(const struct cluster *c, const struct cnode *n, const struct model_engine *to)
{
    const struct cnode *me = to->cluster ? cluster_node(to->cluster, c->myself->name) : NULL;
    return me && n->told == c->version && me->told == to->cluster->version && knows_of_data(n, to->cluster) &&
           knows_of_data(me, c) && !(n->flags & (NODE_HANDSHAKE | NODE_FAIL | NODE_PFAIL)) &&
           strcmp(to->cluster->myself->name, n->name) == 0;
}

/* False where it gets nowhere for now. Of two that have nothing to tell each other it is settled at once that they live. */
bool bus_ping(struct cluster *c, struct cnode *n, enum note_type type, int64_t now)
{
    bool refused;
    struct model_engine *to = n->host[0] ? engine_at_bus(c->e->w, n->host, n->bus) : NULL;
    bool had = n->linked;
    if (to && way_to(c, n, to, &refused) >= 0) n->linked = true;
    else if (to == NULL || refused) n->linked = false;
    if (!had && n->linked) n->told = 0;
    bool quiet = to && had && n->linked && engine_is_free(to, now) && has_no_news(c, n, to);
    if (quiet) {
        n->pinged_at = 0;
        n->ponged_at = now;
        return true;
    }
    if (n->pinged_at == 0) n->pinged_at = now;
    if (!n->linked) return false;
    n->flags &= ~(unsigned)NODE_MEET;
    n->told = c->version;
    n->tell_at = 0;
    return packet_send(c, n, packet_new(c, type), now);
}

void bus_tell_all(struct cluster *c, enum note_type type, int64_t now)
{
    for (size_t i = 0; i < c->n; i++) {
        struct cnode *n = c->nodes[i];
        if (!n->linked || (n->flags & (NODE_MYSELF | NODE_HANDSHAKE))) continue;
        if (type == BUS_PONG) n->told = c->version;
        packet_send(c, n, packet_new(c, type), now);
    }
}

void bus_tell_about(struct cluster *c, struct cnode *to, enum note_type type, const struct cnode *about, int64_t now)
{
    struct packet *p = packet_new(c, type);
    memcpy(p->about, about->name, sizeof p->about);
    p->about_epoch = about->epoch;
    if (type == BUS_UPDATE) p->slots = about->slots;
    packet_send(c, to, p, now);
}

void bus_start_handshake(struct cluster *c, const char *host, int port, int bus, unsigned flags, int64_t now)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct cnode *n = c->nodes[i];
        if ((n->flags & NODE_HANDSHAKE) && strcmp(n->host, host) == 0 && n->bus == bus) return;
    }
    struct cnode *n = cluster_add(c, NULL, NODE_HANDSHAKE | flags, now);
    snprintf(n->host, sizeof n->host, "%s", host);
    n->port = port;
    n->bus = bus;
}

/* ---- what was heard ---- */

/* The slots that a primary claims, by the epoch that it claims them in. */
static void take_slots(struct cluster *c, struct cnode *sender, uint64_t epoch, const struct slots *claimed, int64_t now)
{
    struct cnode *mine = c->myself->flags & NODE_MASTER ? c->myself : c->myself->master, *successor = NULL;
    struct slots dirty = {0}, news = *claimed;
    int lost = 0, dirty_n = 0;
    if (sender == c->myself) return;
    slots_subtract(&news, &sender->slots);
    for (int slot = slots_next(&news, 0); slot < SLOTS_ALL; slot = slots_next(&news, slot + 1)) {
        struct cnode *owner = cluster_owner(c, slot);
        const struct move *m = cluster_move(c, slot);
        if ((m && m->from) || (owner && owner->epoch >= epoch)) continue;
        if (owner == c->myself && cluster_count_keys(c, slot)) slots_add(&dirty, slot), dirty_n++;
        if (owner && owner == mine) successor = sender, lost++;
        cluster_give_slot(c, slot, sender);
        c->unsaved = true;
    }
    bool all = conf_yes(&c->e->conf, S_CLUSTER_MIGRATION) || slots_count(claimed) == lost;
    if (successor && mine->n_slots == 0 && all) return cluster_set_master(c, sender, now);
    for (int slot = slots_next(&dirty, 0); dirty_n && slot < SLOTS_ALL; slot = slots_next(&dirty, slot + 1))
        cluster_drop_keys(c, slot);
}

static void take_role(struct cluster *c, struct cnode *sender, const struct packet *p)
{
    if (p->master[0] == '\0') {
        if (!(sender->flags & NODE_SLAVE)) return;
        sender->flags = (sender->flags & ~(unsigned)NODE_SLAVE) | NODE_MASTER;
        sender->master = NULL;
        return cluster_changed(c);
    }
    struct cnode *master = cluster_node(c, p->master);
    if (sender->flags & NODE_MASTER) {
        for (int slot = slots_next(&sender->slots, 0); slot < SLOTS_ALL; slot = slots_next(&sender->slots, slot + 1))
            cluster_give_slot(c, slot, NULL);
        sender->flags = (sender->flags & ~(unsigned)NODE_MASTER) | NODE_SLAVE;
        cluster_changed(c);
    }
    if (master == NULL || sender->master == master) return;
    sender->master = master;
    cluster_changed(c);
}

static void settle_collision(struct cluster *c, const struct cnode *sender)
{
    struct cnode *me = c->myself;
    if (sender->epoch != me->epoch || !(sender->flags & NODE_MASTER) || !(me->flags & NODE_MASTER)) return;
    if (strcmp(sender->name, me->name) <= 0) return;
    me->epoch = ++c->epoch;
    cluster_changed(c);
}

static void take_gossip(struct cluster *c, struct cnode *sender, const struct packet *p, int64_t now)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct gossip *g = &p->gossip[i];
        struct cnode *n = cluster_node(c, g->name);
        if (n && n != c->myself && sender->flags & NODE_MASTER) {
            vote_note_report(n, sender, g->flags & (NODE_FAIL | NODE_PFAIL), now);
            vote_check_failed(c, n, now);
        }
        if (n || (g->flags & NODE_NOADDR) || cluster_banned(c, g->name, now)) continue;
        n = cluster_add(c, g->name, g->flags & (NODE_MASTER | NODE_SLAVE), now);
        memcpy(n->host, g->host, sizeof n->host);
        n->port = g->port;
        n->bus = g->bus;
        n->ponged_at = now;
        cluster_changed(c);
    }
}

/* A node that does not know what the sender should: somebody else took its slots. */
static void tell_update(struct cluster *c, struct cnode *sender, const struct packet *p, int64_t now)
{
    struct slots others = p->slots;
    slots_subtract(&others, &sender->slots);
    for (int slot = slots_next(&others, 0); slot < SLOTS_ALL; slot = slots_next(&others, slot + 1)) {
        struct cnode *owner = cluster_owner(c, slot);
        if (owner == NULL || owner->epoch <= p->epoch) continue;
        return bus_tell_about(c, sender, BUS_UPDATE, owner, now);
    }
}

static void take_config(struct cluster *c, struct cnode *sender, const struct packet *p, int64_t now)
{
    take_role(c, sender, p);
    const struct cnode *owner = sender->flags & NODE_MASTER ? sender : sender->master;
    bool differs = owner && memcmp(&owner->slots, &p->slots, sizeof p->slots) != 0;
    if ((sender->flags & NODE_MASTER) && differs) take_slots(c, sender, p->epoch, &p->slots, now);
    if (differs) tell_update(c, sender, p, now);
    settle_collision(c, sender);
    take_gossip(c, sender, p, now);
}

/* The node that the answer's connection leads to; NULL where it is gone, or is somebody else. */
static struct cnode *take_pong(struct cluster *c, const struct packet *p, const char *asked, int64_t now)
{
    struct cnode *n = cluster_node(c, asked), *known = cluster_node(c, p->name);
    if (n == NULL) return known;
    if (n->flags & NODE_HANDSHAKE) {
        if (known) return cluster_remove(c, n), NULL;
        n->flags = (n->flags & ~(unsigned)NODE_HANDSHAKE) | p->flags;
        cluster_rename(c, n, p->name);
    } else if (n != known) {
        n->flags |= NODE_NOADDR;
        n->host[0] = '\0';
        n->port = n->bus = 0;
        n->linked = false;
        c->unsaved = true;
        return known;
    }
    n->ponged_at = now;
    n->pinged_at = 0;
    if (n->flags & NODE_PFAIL) {
        n->flags &= ~(unsigned)NODE_PFAIL;
        cluster_changed(c);
    } else if (n->flags & NODE_FAIL) vote_clear_failed(c, n, now);
    return n;
}

static void take_fail(struct cluster *c, const struct packet *p, int64_t now)
{
    struct cnode *n = cluster_node(c, p->about);
    if (n == NULL || (n->flags & (NODE_FAIL | NODE_MYSELF))) return;
    n->flags = (n->flags & ~(unsigned)NODE_PFAIL) | NODE_FAIL;
    n->failed_at = now;
    cluster_changed(c);
}

static void take_update(struct cluster *c, const struct packet *p, int64_t now)
{
    struct cnode *n = cluster_node(c, p->about);
    if (n == NULL || n->epoch >= p->about_epoch) return;
    if (n->flags & NODE_SLAVE) {
        n->flags = (n->flags & ~(unsigned)NODE_SLAVE) | NODE_MASTER;
        n->master = NULL;
    }
    n->epoch = p->about_epoch;
    c->unsaved = true;
    take_slots(c, n, p->about_epoch, &p->slots, now);
}

static void answer_ping(struct cluster *c, const struct packet *p, int64_t now)
{
    struct cnode *n = cluster_node(c, p->name), stranger = {.port = p->port, .bus = p->bus};
    memcpy(stranger.host, p->host, sizeof stranger.host);
    struct packet *pong = packet_new(c, BUS_PONG);
    if (n) n->told = c->version;
    memcpy(pong->about, p->about, sizeof pong->about);
    packet_send(c, n && n->host[0] ? n : &stranger, pong, now);
}

/* 'asked': of an answer, the node that was asked as the receiver calls it. */
static void packet_take(struct cluster *c, const struct packet *p, const char *asked, int64_t now)
{
    struct cnode *sender = cluster_node(c, p->name);
    if (sender && (sender->flags & NODE_HANDSHAKE)) sender = NULL;
    if (sender) {
        if (p->current_epoch > c->epoch) c->epoch = p->current_epoch, c->unsaved = true;
        if (p->epoch > sender->epoch && (p->flags & NODE_MASTER)) sender->epoch = p->epoch, c->unsaved = true;
        sender->offset = p->offset;
    }
    if (p->type == BUS_MEET && sender == NULL) bus_start_handshake(c, p->host, p->port, p->bus, 0, now);
    if (p->type == BUS_PING || p->type == BUS_MEET) answer_ping(c, p, now);
    if (p->type == BUS_PONG && asked[0]) {
        struct cnode *n = take_pong(c, p, asked, now);
        if (sender == NULL && n && strcmp(n->name, p->name) == 0) sender = n, n->epoch = p->epoch;
    }
    if (sender == NULL) return;
    if (p->type <= BUS_MEET) take_config(c, sender, p, now);
    else if (p->type == BUS_FAIL) take_fail(c, p, now);
    else if (p->type == BUS_UPDATE) take_update(c, p, now);
    else if (p->type == BUS_ASK_VOTE) vote_asked(c, p, sender, now);
    else vote_got(c, p, sender, now);
}

static void mail_run(void *obj, int64_t now)
{
    struct mail *m = obj;
    struct model_engine *e = m->to;
    bool gone = e->life == LIFE_ENDED || e->cluster == NULL;
    if (!gone && !engine_is_free(e, now)) {
        timer_set(m->w, &m->timer, e->frozen_until > now ? e->frozen_until : now + 20 * MS, mail_run, m);
        return;
    }
    struct packet *p = m->packet;
    m->packet = NULL;
    if (!gone && (p->type == BUS_PING || p->type == BUS_MEET)) memcpy(p->about, m->from, sizeof p->about);
    mail_free(m);
    if (!gone) packet_take(e->cluster, p, p->type == BUS_PONG ? p->about : "", now);
    if (!gone) cluster_settle(e->cluster, now);
    free(p);
}
