#include "belief.h"
#include "base/arena.h"
#include "engines.h"
#include "machine.h"
#include "plan/want.h"
#include "record.h"
#include "serve.h"

static void tell_datastores(const struct world *w)
{
    for (size_t i = 0; i < w->n_globals; i++)
        record_detail("    datastore %s: %s, %s, towards %s", w->globals[i].row.id, global_status_text(w->globals[i].row.status),
            global_phase_text(w->globals[i].row.phase),
            w->globals[i].row.switch_region ? w->globals[i].row.switch_region : "nobody");
    for (size_t i = 0; i < w->n_members; i++)
        record_detail("    member %s of %s: %s, %s", w->members[i].row.rg_id, w->members[i].row.region,
            member_role_text(w->members[i].row.role), member_status_text(w->members[i].row.status));
}

static void tell_groups(struct world *w)
{
    for (size_t i = 0; i < w->n_rgs; i++) {
        const struct row_replication_group *rg = &w->rgs[i].row;
        record_detail("    group %s of %s: %s%s, automatic failover %lld", rg->id, rg->region, rg_status_text(rg->status),
            rg->unserved_since_ms ? ", not served" : "", (long long)rg->automatic_failover);
        for (size_t k = 0; k < w->rgs[i].n_node_groups; k++) {
            const struct row_node_group *ng = &w->rgs[i].node_groups[k].row;
            record_detail("      node group %s: primary %s, to become it %s, slots %s", ng->id, ng->primary_node_id,
                ng->switch_node_id ? ng->switch_node_id : "nobody", ng->slots ? ng->slots : "-");
        }
    }
}

static void tell_view(const struct row_shard_node *v)
{
    record_detail("      of its Redis Cluster: epoch %lld, slots %s%s%s", (long long)v->seen_epoch,
        v->seen_slots ? v->seen_slots : "-", v->seen_agrees ? ", agrees with the others" : "",
        v->seen_moving ? ", some move" : "");
}

static void tell_nodes(struct world *w)
{
    for (size_t i = 0; i < w->n_nodes; i++) {
        const struct row_node *n = &w->nodes[i].row;
        struct want_node want = want_node(w, &w->nodes[i]);
        record_detail("    node %s of %s: wanted %s, %s%s%s; seen %s, process %lld, role %d, offset %lld, link %lld, fenced %lld",
            n->id, n->region, node_wish_text(n->want), want.primary ? "primary" : "replica", want.hold ? ", held" : "",
            want.fence ? ", fenced" : "", seen_state_text(n->seen_state), (long long)n->seen_pid, (int)n->seen_role,
            (long long)n->seen_offset, (long long)n->seen_link_up, (long long)n->seen_fenced);
        if (w->nodes[i].shard_node) tell_view(&w->nodes[i].shard_node->row);
    }
}

void belief_tell(void)
{
    _arena_ struct arena a = {0};
    struct world w;
    record_detail("-- what serve believes");
    if (!serve_runs() || serve_load(&a, &w) != 0) record_detail("    there is no serve");
    else {
        tell_datastores(&w);
        tell_groups(&w);
        tell_nodes(&w);
    }
    record_detail("-- what runs");
    for (const struct engine *e = engines_living(); e; e = e->next)
        record_detail("    %s (%ld): %s, offset %lld, follows %s, link %d, %zu writes%s%s", e->process->name, e->process->pid,
            e->primary ? "primary" : "replica", (long long)e->offset, e->upstream[0] ? e->upstream : "nobody", e->link_up,
            e->n_writes, e->fenced ? ", fenced" : "", e->process->stopped ? ", stands still" : "");
}
