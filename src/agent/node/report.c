#include "agent/node/end.h"
#include "agent/node/state.h"

/* What a node tells of itself in a sighting. */

/* Whatever became of its process: it is dead for as long as that lasts. */
static bool node_is_in_outage(const struct node *n)
{
    return n->order != NULL && n->order->run.v && n->order->outage.v && !n->stopping;
}

/* A node that did not start yet because its upstream is not ready is starting, too. */
static enum seen_state state_seen(const struct node *n)
{
    static const enum seen_state troubles[] = {[TROUBLE_NONE] = SEEN_STARTING,
        [TROUBLE_EXITED] = SEEN_EXITED,
        [TROUBLE_CONFLICT] = SEEN_CONFLICT,
        [TROUBLE_BROKEN] = SEEN_BROKEN};
    if (n->refused && n->proc == NULL) return SEEN_BROKEN;
    if (n->state == NODE_GONE || n->state == NODE_CLOSED) return SEEN_GONE;
    if (n->state == NODE_STOP || (n->proc != NULL && n->moved)) return SEEN_STOPPING;
    if (n->life.hung) return SEEN_HUNG;
    if (n->life.ready) return SEEN_READY;
    if (n->proc != NULL) return SEEN_STARTING;
    if (node_is_in_outage(n)) return SEEN_EXITED;
    return n->stopping ? SEEN_STOPPED : troubles[n->trouble];
}

static void see_process(const struct node *n, struct proto_node_seen *out)
{
    const struct proc_id *id = proc_id(n->proc);
    out->pid = OPT_INT(id->pid);
    out->started_ms = OPT_INT(id->started_ms);
    out->incarnation = OPT_INT(id->incarnation);
    if (id->asked[0]) out->engine_asked = id->asked;
    if (id->binary[0]) out->engine_binary = id->binary;
    if (n->life.server.pid == 0) return;
    if (out->engine_binary == NULL) out->engine_binary = n->life.server.program;
    out->engine_name = n->life.server.name;
    out->engine_version = n->life.server.version;
}

void node_see(const struct node *n, struct proto_node_seen *out)
{
    const struct life *l = &n->life;
    *out = (struct proto_node_seen){.id = n->id, .state = state_seen(n)};
    if (n->order != NULL) out->address = n->order->address;
    if (n->order != NULL) out->port = n->order->port;
    if (n->trace[0]) out->trace = n->trace;
    out->restarts = OPT_INT(n->restarts);
    if (node_is_in_outage(n)) out->reason = "an outage keeps it down";
    else if (n->reason[0]) out->reason = n->reason;
    else if (l->refused[0]) out->reason = l->refused;
    if (n->unsaved_ms) out->unsaved_ms = OPT_INT(n->unsaved_ms);
    if (node_is_saving(n)) out->saving = OPT_BOOL(true);
    if (!(n->state == NODE_UP && l->ready) && node_is_to_load(n)) out->loads = OPT_BOOL(true);
    out->keys_left_out = OPT_INT(n->keys_left_out);
    if (n->seed.refused[0]) out->seed_refused = n->seed.refused;
    if (n->proc == NULL) return;
    see_process(n, out);
    if (!l->ready) return;
    if (l->blocked) out->blocked = l->blocked == BLOCKED_PAUSED ? SEEN_BLOCKED_PAUSED : SEEN_BLOCKED_BUSY;
    if (l->generation >= 0) out->generation = OPT_INT(l->generation);
    out->pending_settings = l->pending;
    out->refused_settings = n->left_out;
    n->kind->see((struct node *)(uintptr_t)n, out);
}
