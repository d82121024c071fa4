#include "cluster.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_US = 100 * MS, WRITABLE_US = 2 * SECOND, REJOIN_MIN_US = 500 * MS, REJOIN_MAX_US = 5 * SECOND, BAN_US = 60 * SECOND };

/* ---- nodes ---- */

struct cnode *cluster_node(const struct cluster *c, const char *name)
{
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->nodes[i]->name, name) == 0) return c->nodes[i];
    return NULL;
}

struct cnode *cluster_add(struct cluster *c, const char *name, unsigned flags, int64_t now)
{
    struct cnode *n = calloc(1, sizeof *n);
    if (n == NULL) abort();
    if (c->n == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 8;
        c->nodes = realloc(c->nodes, c->cap * sizeof(struct cnode *));
        if (c->nodes == NULL) abort();
    }
    if (name) snprintf(n->name, sizeof n->name, "%s", name);
    else random_id(c->e->w, n->name);
    n->flags = flags;
    n->made_at = now;
    return c->nodes[c->n++] = n;
}

void cluster_rename(struct cluster *c, struct cnode *n, const char *name)
{
    snprintf(n->name, sizeof n->name, "%s", name);
    cluster_changed(c);
}

void cluster_remove(struct cluster *c, struct cnode *n)
{
    for (int slot = slots_next(&n->slots, 0); slot < SLOTS_ALL; slot = slots_next(&n->slots, slot + 1)) c->owners[slot] = 0;
    for (size_t i = 0; i < c->n_ids; i++)
        if (c->ids[i] == n) c->ids[i] = NULL;
    for (size_t i = c->n_moves; i-- > 0;)
        if (c->moves[i].to == n || c->moves[i].from == n) c->moves[i] = c->moves[--c->n_moves];
    for (size_t i = 0; i < c->n; i++) {
        struct cnode *other = c->nodes[i];
        if (other->master == n) other->master = NULL;
        for (int k = other->n_reports; k-- > 0;)
            if (other->reports[k].by == n) other->reports[k] = other->reports[--other->n_reports];
    }
    for (size_t i = 0; i < c->n; i++)
        if (c->nodes[i] == n) {
            memmove(c->nodes + i, c->nodes + i + 1, (c->n - i - 1) * sizeof *c->nodes);
            c->n--;
            break;
        }
    free(n);
    cluster_changed(c);
}

/* ---- slots ---- */

struct cnode *cluster_owner(const struct cluster *c, int slot)
{
    return c->owners[slot] ? c->ids[c->owners[slot] - 1] : NULL;
}

bool model_serves(const struct model_engine *e, int slot)
{
    return e->cluster && cluster_owner(e->cluster, slot) == e->cluster->myself;
}

static uint16_t id_of(struct cluster *c, struct cnode *n)
{
    for (size_t i = 0; i < c->n_ids; i++)
        if (c->ids[i] == n) return (uint16_t)(i + 1);
    c->ids = realloc(c->ids, (c->n_ids + 1) * sizeof(struct cnode *));
    if (c->ids == NULL) abort();
    c->ids[c->n_ids++] = n;
    return (uint16_t)c->n_ids;
}

void cluster_give_slot(struct cluster *c, int slot, struct cnode *n)
{
    struct cnode *was = cluster_owner(c, slot);
    if (was == n) return;
    if (was) {
        slots_remove(&was->slots, slot);
        was->n_slots--;
    }
    c->owners[slot] = n ? id_of(c, n) : 0;
    if (n == NULL) return;
    slots_add(&n->slots, slot);
    n->n_slots++;
}

struct move *cluster_move(struct cluster *c, int slot)
{
    for (size_t i = 0; i < c->n_moves; i++)
        if (c->moves[i].slot == slot) return &c->moves[i];
    return NULL;
}

void cluster_set_move(struct cluster *c, int slot, struct cnode *to, struct cnode *from)
{
    struct move *m = cluster_move(c, slot);
    c->unsaved = true;
    if (m == NULL && to == NULL && from == NULL) return;
    if (m && to == NULL && from == NULL) {
        *m = c->moves[--c->n_moves];
        return;
    }
    if (m == NULL) {
        c->moves = realloc(c->moves, (c->n_moves + 1) * sizeof *c->moves);
        if (c->moves == NULL) abort();
        m = &c->moves[c->n_moves++];
    }
    *m = (struct move){slot, to, from};
}

int cluster_count_keys(const struct cluster *c, int slot)
{
    int n = 0;
    for (size_t i = 0; i < c->e->data.n; i++) n += c->e->data.items[i].key->slot == slot;
    return n;
}

void cluster_drop_keys(struct cluster *c, int slot)
{
    struct model_engine *e = c->e;
    for (size_t i = e->data.n; i-- > 0;) {
        struct key *k = e->data.items[i].key;
        if (k->slot != slot) continue;
        struct op op = {.kind = OP_DEL, .key = k};
        repl_apply(e, &op);
        repl_feed(e, &op, resp_len(2, (const size_t[]){3, k->len}), e->w->now);
    }
}

/* ---- who is kept away ---- */

bool cluster_banned(const struct cluster *c, const char *name, int64_t now)
{
    for (size_t i = 0; i < c->n_bans; i++)
        if (strcmp(c->bans[i].name, name) == 0 && c->bans[i].until > now) return true;
    return false;
}

void cluster_ban(struct cluster *c, const char *name, int64_t now)
{
    c->bans = realloc(c->bans, (c->n_bans + 1) * sizeof *c->bans);
    if (c->bans == NULL) abort();
    c->bans[c->n_bans].until = now + BAN_US;
    snprintf(c->bans[c->n_bans++].name, sizeof c->bans->name, "%s", name);
}

/* ---- roles ---- */

int64_t cluster_timeout(const struct cluster *c)
{
    return conf_number(&c->e->conf, S_CLUSTER_TIMEOUT) * MS;
}

int64_t cluster_offset(const struct cluster *c)
{
    const struct repl *r = &c->e->repl;
    if (r->host && !repl_link_is_up(c->e) && !r->cached) return 0;
    return r->offset;
}

void cluster_changed(struct cluster *c)
{
    c->version++;
    c->unsaved = true;
}

void cluster_set_master(struct cluster *c, struct cnode *master, int64_t now)
{
    struct cnode *me = c->myself;
    if (me->flags & NODE_MASTER) {
        me->flags = (me->flags & ~(unsigned)NODE_MASTER) | NODE_SLAVE;
        while (c->n_moves) cluster_set_move(c, c->moves[0].slot, NULL, NULL);
    }
    me->master = master;
    if (master->host[0]) repl_follow(c->e, master->host, master->port, now);
    c->auth_at = 0;
    cluster_changed(c);
}

void cluster_become_master(struct cluster *c)
{
    struct cnode *me = c->myself;
    me->master = NULL;
    me->flags = (me->flags & ~(unsigned)NODE_SLAVE) | NODE_MASTER;
    cluster_changed(c);
}

uint64_t cluster_greatest_epoch(const struct cluster *c)
{
    uint64_t most = c->epoch;
    for (size_t i = 0; i < c->n; i++)
        if (c->nodes[i]->epoch > most) most = c->nodes[i]->epoch;
    return most;
}

/* False where its own is the greatest already. */
bool cluster_bump(struct cluster *c)
{
    uint64_t most = cluster_greatest_epoch(c);
    if (c->myself->epoch != 0 && c->myself->epoch == most) return false;
    c->epoch = most;
    c->myself->epoch = ++c->epoch;
    cluster_changed(c);
    return true;
}

/* ---- the state of the cluster, as this node sees it ---- */

static bool is_covered(const struct cluster *c)
{
    int covered = 0;
    if (!conf_yes(&c->e->conf, S_CLUSTER_COVERAGE)) return true;
    for (size_t i = 0; i < c->n; i++)
        if (!(c->nodes[i]->flags & NODE_FAIL)) covered += c->nodes[i]->n_slots;
    return covered == SLOTS_ALL;
}

void cluster_update_state(struct cluster *c, int64_t now)
{
    int reachable = 0;
    bool master = c->myself->flags & NODE_MASTER;
    if (c->first_update_at == 0) c->first_update_at = now;
    if (master && !c->ok && now - c->first_update_at < WRITABLE_US) return;
    bool ok = is_covered(c);
    c->size = 0;
    for (size_t i = 0; i < c->n; i++) {
        const struct cnode *n = c->nodes[i];
        if (!(n->flags & NODE_MASTER) || n->n_slots == 0) continue;
        c->size++;
        reachable += !(n->flags & (NODE_FAIL | NODE_PFAIL));
    }
    if (reachable < c->size / 2 + 1) {
        ok = false;
        c->minority_at = now;
    }
    if (ok == c->ok) return;
    int64_t delay = cluster_timeout(c);
    delay = delay > REJOIN_MAX_US ? REJOIN_MAX_US : delay < REJOIN_MIN_US ? REJOIN_MIN_US : delay;
    if (ok && master && c->minority_at && now - c->minority_at < delay) return;
    c->ok = ok;
    engine_log(c->e, '#', "Cluster state changed: %s", ok ? "ok" : "fail");
}

/* ---- its own course ---- */

static bool needs_link(const struct cnode *n)
{
    return !(n->flags & (NODE_MYSELF | NODE_NOADDR));
}

/* A node that answers nothing for half of the timeout is asked; one that has not been told what is new hears it by then. */
static void look_at_node(struct cluster *c, struct cnode *n, int64_t now)
{
    int64_t half = cluster_timeout(c) / 2;
    bool news = n->told != c->version;
    if (!n->linked || (n->flags & NODE_HANDSHAKE)) {
        if (n->pinged_at == 0 || !n->linked) bus_ping(c, n, n->flags & NODE_MEET ? BUS_MEET : BUS_PING, now);
        return;
    }
    if (news && n->tell_at == 0) n->tell_at = now + (int64_t)world_random(c->e->w, (uint64_t)(half > SECOND ? SECOND : half) + 1);
    bool due = news && now >= n->tell_at;
    if (n->pinged_at == 0 && (due || now - n->ponged_at > half)) bus_ping(c, n, BUS_PING, now);
    else if (n->pinged_at != 0) bus_ping(c, n, BUS_PING, now);
}

static void judge_node(struct cluster *c, struct cnode *n, int64_t now)
{
    int64_t limit = cluster_timeout(c);
    if ((n->flags & (NODE_HANDSHAKE | NODE_PFAIL | NODE_FAIL)) || n->pinged_at == 0) return;
    if (now - n->pinged_at <= limit) return;
    n->flags |= NODE_PFAIL;
    cluster_changed(c);
    vote_check_failed(c, n, now);
}

static void cron_run(void *obj, int64_t now)
{
    struct cluster *c = obj;
    if (!engine_is_free(c->e, now)) return timer_set(c->e->w, &c->cron, now + LOOK_US, cron_run, c);
    int64_t handshake = cluster_timeout(c) > SECOND ? cluster_timeout(c) : SECOND;
    for (size_t i = c->n; i-- > 0;) {
        struct cnode *n = c->nodes[i];
        if ((n->flags & NODE_HANDSHAKE) && now - n->made_at > handshake) cluster_remove(c, n);
        else if (needs_link(n)) look_at_node(c, n, now);
    }
    for (size_t i = 0; i < c->n; i++)
        if (needs_link(c->nodes[i])) judge_node(c, c->nodes[i], now);
    struct cnode *master = c->myself->master;
    if ((c->myself->flags & NODE_SLAVE) && c->e->repl.host == NULL && master && !(master->flags & NODE_NOADDR) && master->host[0])
        repl_follow(c->e, master->host, master->port, now);
    bool has_offset = cluster_offset(c) > 0;
    if (has_offset != c->offset_told) cluster_changed(c);
    c->offset_told = has_offset;
    vote_run(c, now);
    if (!c->ok) cluster_update_state(c, now);
    cluster_settle(c, now);
}

/* Quiet nodes look seldom: as long as nobody has anything to tell and all answer, a look finds nothing but that. */
static int64_t next_look(const struct cluster *c, int64_t now)
{
    int64_t half = cluster_timeout(c) / 2, at = now + half;
    if (!c->ok || (c->myself->flags & NODE_SLAVE && c->e->repl.host == NULL) || c->auth_at) return now + LOOK_US;
    if ((cluster_offset(c) > 0) != c->offset_told) return now + LOOK_US;
    for (size_t i = 0; i < c->n; i++) {
        const struct cnode *n = c->nodes[i];
        if (!needs_link(n)) continue;
        if (!n->linked || n->told != c->version || n->pinged_at || (n->flags & (NODE_HANDSHAKE | NODE_PFAIL | NODE_FAIL)))
            return now + LOOK_US;
        if (n->ponged_at + half + MS < at) at = n->ponged_at + half + MS;
    }
    return at > now + LOOK_US ? at : now + LOOK_US;
}

void cluster_settle(struct cluster *c, int64_t now)
{
    if (c->e->life != LIFE_RUNNING) return;
    if (c->unsaved) {
        cluster_update_state(c, now);
        cluster_save(c);
    }
    int64_t at = next_look(c, now);
    if (c->cron.place == 0 || c->cron.at > at) timer_set(c->e->w, &c->cron, at, cron_run, c);
}

void cluster_start(struct model_engine *e, int64_t now)
{
    struct cluster *c = e->cluster;
    for (size_t i = 0; i < c->n; i++) c->nodes[i]->ponged_at = c->nodes[i]->made_at = now;
    cluster_update_state(c, now);
    cron_run(c, now);
}

/* Its links break: others see that at once, or what is left of it, in their own course. */
void cluster_end(struct model_engine *e, int64_t now)
{
    timer_stop(e->w, &e->cluster->cron);
    close(e->cluster->file);
    bus_forget(e);
    for (struct model_engine *other = e->w->engines; other; other = other->next) {
        if (other->cluster == NULL || other == e || other->life != LIFE_RUNNING) continue;
        struct cnode *n = cluster_node(other->cluster, e->cluster->myself->name);
        if (n == NULL) continue;
        n->linked = false;
        cluster_settle(other->cluster, now);
    }
}

void cluster_free(struct model_engine *e)
{
    struct cluster *c = e->cluster;
    if (c == NULL) return;
    for (size_t i = 0; i < c->n; i++) free(c->nodes[i]);
    free(c->nodes);
    free(c->ids);
    free(c->moves);
    free(c->bans);
    free(c);
    e->cluster = NULL;
}

void cluster_resumed(struct model_engine *e, int64_t now)
{
    if (e->cluster && e->life == LIFE_RUNNING) cron_run(e->cluster, now);
}

void cluster_configured(struct model_engine *e, int64_t now)
{
    if (e->cluster) cluster_settle(e->cluster, now);
}

void cluster_link_changed(struct model_engine *e, int64_t now)
{
    if (e->cluster) cluster_settle(e->cluster, now);
}

bool engine_bus_at(const struct model_engine *e, const char *host, int port)
{
    return e->cluster && port == e->cluster->myself->bus && engine_binds(e, host);
}

bool cluster_listen(struct model_engine *e, int64_t now)
{
    char host[64];
    int64_t bus = e->cluster->myself->bus;
    snprintf(host, sizeof host, "%.*s", (int)strcspn(conf_text(&e->conf, S_BIND), " "), conf_text(&e->conf, S_BIND));
    bool taken = e->w->hooks.taken && e->w->hooks.taken(e->w->hooks.arg, host, (int)bus);
    for (const struct model_engine *other = e->w->engines; other && !taken; other = other->next) {
        bool tls;
        taken = other != e && (engine_bus_at(other, host, (int)bus) || engine_listens_at(other, host, (int)bus, &tls));
    }
    if (!taken) return true;
    engine_log(e, '#', "Failed listening on port %lld (cluster), aborting.", (long long)bus);
    engine_exit(e, 1, 0, now);
    return false;
}
