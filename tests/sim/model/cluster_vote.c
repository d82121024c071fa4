#include "cluster.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Who is taken for dead, and which replica takes over without an order. */

enum { UNDO = 2, REPORTS_LIVE = 2 };

void vote_note_report(struct cnode *n, struct cnode *by, bool failing, int64_t now)
{
    int at = 0;
    while (at < n->n_reports && n->reports[at].by != by) at++;
    if (failing && at == n->n_reports && at < REPORTS_MAX) n->n_reports++;
    if (failing && at < n->n_reports) n->reports[at].by = by, n->reports[at].at = now;
    if (!failing && at < n->n_reports) n->reports[at] = n->reports[--n->n_reports];
}

static int count_reports(const struct cluster *c, const struct cnode *n, int64_t now)
{
    int found = 0;
    for (int i = 0; i < n->n_reports; i++) found += now - n->reports[i].at <= REPORTS_LIVE * cluster_timeout(c);
    return found;
}

/* A majority of the primaries holds it for unreachable. */
void vote_check_failed(struct cluster *c, struct cnode *n, int64_t now)
{
    int needed = c->size / 2 + 1, have = count_reports(c, n, now) + ((c->myself->flags & NODE_MASTER) != 0);
    if (!(n->flags & NODE_PFAIL) || (n->flags & NODE_FAIL) || have < needed) return;
    n->flags = (n->flags & ~(unsigned)NODE_PFAIL) | NODE_FAIL;
    n->failed_at = now;
    engine_log(c->e, '*', "Marking node %s as failing (quorum reached).", n->name);
    if (c->myself->flags & NODE_MASTER)
        for (size_t i = 0; i < c->n; i++)
            if (c->nodes[i]->linked && c->nodes[i] != n) bus_tell_about(c, c->nodes[i], BUS_FAIL, n, now);
    cluster_changed(c);
}

/* A primary with slots that answers again is one only if nobody has taken its place for a while. */
void vote_clear_failed(struct cluster *c, struct cnode *n, int64_t now)
{
    bool serves = (n->flags & NODE_MASTER) && n->n_slots > 0;
    if (serves && now - n->failed_at <= UNDO * cluster_timeout(c)) return;
    n->flags &= ~(unsigned)NODE_FAIL;
    cluster_changed(c);
}

/* ---- an election ---- */

void vote_asked(struct cluster *c, const struct packet *p, struct cnode *sender, int64_t now)
{
    struct cnode *master = sender->master;
    bool votes = (c->myself->flags & NODE_MASTER) && c->myself->n_slots > 0;
    if (!votes || p->current_epoch < c->epoch || c->last_vote == c->epoch) return;
    if ((sender->flags & NODE_MASTER) || master == NULL || !(master->flags & NODE_FAIL)) return;
    if (master->voted_at && now - master->voted_at < 2 * cluster_timeout(c)) return;
    for (int slot = slots_next(&p->slots, 0); slot < SLOTS_ALL; slot = slots_next(&p->slots, slot + 1)) {
        const struct cnode *owner = cluster_owner(c, slot);
        if (owner && owner->epoch > p->epoch) return;
    }
    master->voted_at = now;
    c->last_vote = c->epoch;
    c->unsaved = true;
    bus_tell_about(c, sender, BUS_VOTE, sender, now);
}

void vote_got(struct cluster *c, const struct packet *p, struct cnode *sender, int64_t now)
{
    bool counts = (sender->flags & NODE_MASTER) && sender->n_slots > 0 && p->current_epoch >= c->auth_epoch;
    if (!c->auth_sent || !counts) return;
    c->auth_votes++;
    vote_run(c, now);
}

/* It has its primary's slots from now on, and tells everybody. */
void vote_take_over(struct cluster *c, int64_t now)
{
    struct cnode *was = c->myself->master;
    if ((c->myself->flags & NODE_MASTER) || was == NULL) return;
    struct slots slots = was->slots;
    cluster_become_master(c);
    repl_lead(c->e, now);
    for (int slot = slots_next(&slots, 0); slot < SLOTS_ALL; slot = slots_next(&slots, slot + 1))
        cluster_give_slot(c, slot, c->myself);
    c->auth_at = 0;
    c->auth_sent = false;
    cluster_changed(c);
    cluster_update_state(c, now);
    cluster_save(c);
    bus_tell_all(c, BUS_PONG, now);
}

static int rank_of(const struct cluster *c)
{
    int rank = 0;
    for (size_t i = 0; i < c->n; i++)
        rank += c->nodes[i] != c->myself && c->nodes[i]->master == c->myself->master && c->nodes[i]->offset > cluster_offset(c);
    return rank;
}

void vote_run(struct cluster *c, int64_t now)
{
    const struct cnode *me = c->myself, *master = me->master;
    int64_t limit = 2 * cluster_timeout(c) > 2 * SECOND ? 2 * cluster_timeout(c) : 2 * SECOND;
    bool stands = !(me->flags & NODE_MASTER) && master && (master->flags & NODE_FAIL) && master->n_slots > 0 &&
                  !conf_yes(&c->e->conf, S_CLUSTER_NO_FAILOVER);
    if (conf_number(&c->e->conf, S_CLUSTER_VALIDITY) != 0 && stands) model_unknown(c->e, "cluster-replica-validity-factor");
    if (!stands) return;
    if (c->auth_at == 0 || now - c->auth_at > 2 * limit) {
        c->auth_at = now + 500 * MS + (int64_t)world_random(c->e->w, 500) * MS + rank_of(c) * SECOND;
        c->auth_votes = 0;
        c->auth_sent = false;
        bus_tell_all(c, BUS_PONG, now);
        return;
    }
    if (now < c->auth_at || now - c->auth_at > limit) return;
    if (!c->auth_sent) {
        c->auth_epoch = ++c->epoch;
        c->auth_sent = true;
        c->unsaved = true;
        return bus_tell_all(c, BUS_ASK_VOTE, now);
    }
    if (c->auth_votes < c->size / 2 + 1) return;
    if (c->myself->epoch < c->auth_epoch) c->myself->epoch = c->auth_epoch;
    engine_log(c->e, '#', "Failover election won: I'm the new master.");
    vote_take_over(c, now);
}
