#include "plan/candidate.h"
#include "plan/plan.h"
#include "plan/want.h"
#include <string.h>

/*
 * A process that hangs: it neither answers nor uses its processor. Where another node has
 * the data, it is killed at once, so that it can't wake up as a second primary while its
 * place is taken. Where nobody has them, it is not killed: they would be lost, and it may
 * go on at any time. If it was made to stand still, it is woken after a while. The one
 * exception is the old primary in a failover between regions, after PASSED_OVER_MS.
 *
 * A primary that lives and answers nobody goes on by itself sooner or later: a script ends,
 * and so does a CLIENT PAUSE. Nobody can end either from outside, as the engine holds up
 * CLIENT UNPAUSE, too; so once it has taken too long it is killed, but only for a successor.
 */
enum { PASSED_OVER_MS = 8000 }; /* less than a failover between regions waits */

/*
 * It got everything that 'n' is known to have. A replica stays linked to a primary that hangs, until it has heard nothing for
 * long. One that was started again and has not linked since has nothing, whatever its offset: a primary's may be as low, which is
 * only as new as the last thing that was told of it.
 */
static bool has_all_of(const struct world_node *other, const struct world_node *n)
{
    if (other->row.seen_role != ROLE_REPLICA) return false;
    return other->row.seen_link_up || (!want_holds_nothing(other) && other->row.seen_offset >= n->row.seen_offset);
}

/* A replica of its own node group that is to take its place once it is dead. */
static bool has_successor(const struct world_node_group *ng, const struct world_node *n)
{
    for (size_t i = 0; i < ng->n_nodes; i++) {
        const struct world_node *other = &ng->nodes[i];
        bool runs = other != n && ng_has(ng, other) && other->row.want == WISH_RUN;
        if (runs && node_answers(other) && other->row.seen_blocked == SEEN_BLOCKED_NONE && has_all_of(other, n)) return true;
    }
    return false;
}

static bool is_replaceable(struct world_rg *rg, const struct world_node *n)
{
    const struct world_node_group *ng = n->node_group;
    if (ng == NULL) return false;
    if (want_failover(rg) && has_successor(ng, n)) return true;
    /* Whoever is to be primary has the data of its replicas, and another region's primary those of the region that follows it. */
    const struct world_node *first = rg_primary(ng);
    if (n == first) return node_answers(want_gateway_target(rg, ng));
    return node_takes_writes(first) || (want_passive(rg) && node_answers(first));
}

/* Another region is to become primary and may lack its last writes: so it is woken first, and killed if that is of no use. */
static int64_t is_passed_over_at(const struct world_rg *rg, const struct world_node *n)
{
    bool first = n->node_group && rg_primary(n->node_group) == n;
    return first && want_hands_over(rg) && want_has_ready_secondary(rg, n->node_group) ? n->row.seen_since_ms + PASSED_OVER_MS
                                                                                       : INT64_MAX;
}

void plan_hung(struct world *w, struct world_node *n)
{
    if (n->drop || !node_hangs(n)) return;
    int64_t limit = n->row.seen_since_ms + WANT_ROUSE_MS;
    int64_t passed_over = n->rg ? is_passed_over_at(n->rg, n) : INT64_MAX;
    bool goes =
        n->rg && n->rg->row.status == RG_DELETING; /* nobody takes its place any more; its last snapshot may be waited for */
    if (n->rg && !goes && (is_replaceable(n->rg, n) || w->steady_ms >= passed_over)) world_condemn(w, n);
    else world_wake(w, w->steady_ms < limit ? limit : passed_over);
}

int64_t plan_blocked_since(const struct world *w, const struct world_node *n)
{
    return n->row.blocked_since_ms > w->started_ms ? n->row.blocked_since_ms : w->started_ms;
}

/* What moves its data or its role is on its way: that ends by itself, or is given up. */
static bool is_changing(const struct world_node *n)
{
    bool reshards = n->rg->resharding && !n->rg->resharding->drop;
    return n->seed || reshards || n->node_group->row.switch_node_id || want_hands_over(n->rg);
}

/* Where only writes are held up, it goes on to send what it has: its place is taken in good order. */
static void replace_blocked(struct world *w, struct world_node *n)
{
    bool all_told;
    struct row_node_group *ng = &n->node_group->row;
    const struct world_node *next = candidate_best(n->rg, n->node_group, n, &all_told);
    if (n->row.seen_blocked != SEEN_BLOCKED_HELD || next == NULL) {
        world_condemn(w, n);
        return;
    }
    world_set(w, &ng->switch_node_id, next->row.id);
    world_set_int(w, &ng->switch_offset, -1);
    world_set_int(w, &ng->switch_since_ms, w->steady_ms);
}

void plan_blocked(struct world *w, struct world_node *n)
{
    if (n->drop || n->row.seen_blocked == SEEN_BLOCKED_NONE || !node_answers(n) || w->blocked_limit_ms == 0) return;
    if (n->rg == NULL || n->node_group == NULL || rg_primary(n->node_group) != n || is_changing(n)) return;
    int64_t limit = plan_blocked_since(w, n) + w->blocked_limit_ms;
    if (w->steady_ms < limit) world_wake(w, limit);
    else if (want_failover(n->rg) && has_successor(n->node_group, n)) replace_blocked(w, n);
}
