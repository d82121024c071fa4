#include "agent/node/end.h"
#include "agent/node/state.h"

/* What a node tells of itself in a sighting. */

/* A node that did not start yet because its upstream is not ready is starting, too. */
static const char *state_name(const struct node *n)
{
    static const char *const troubles[] = {
        [TROUBLE_NONE] = "starting", [TROUBLE_EXITED] = "exited", [TROUBLE_CONFLICT] = "conflict", [TROUBLE_BROKEN] = "broken"};
    if (n->refused && n->proc == NULL) return "broken";
    if (n->state == NODE_GONE || n->state == NODE_CLOSED) return "gone";
    if (n->state == NODE_STOP || (n->proc != NULL && n->moved)) return "stopping";
    if (n->life.hung) return "hung";
    if (n->life.ready) return "ready";
    if (n->proc != NULL) return "starting";
    return n->stopping ? "stopped" : troubles[n->trouble];
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
    *out = (struct proto_node_seen){.id = n->id, .state = state_name(n)};
    if (n->order != NULL) out->address = n->order->address;
    if (n->order != NULL) out->port = n->order->port;
    if (n->order != NULL) out->trace = n->order->trace;
    out->restarts = OPT_INT(n->restarts);
    if (n->reason[0]) out->reason = n->reason;
    else if (l->refused[0]) out->reason = l->refused;
    if (n->unsaved_ms) out->unsaved_ms = OPT_INT(n->unsaved_ms);
    if (node_is_saving(n)) out->saving = OPT_BOOL(true);
    out->keys_left_out = OPT_INT(n->keys_left_out);
    if (n->seed_refused[0]) out->seed_refused = n->seed_refused;
    if (n->proc == NULL) return;
    see_process(n, out);
    if (!l->ready) return;
    if (l->blocked) out->blocked = l->blocked == BLOCKED_PAUSED ? "paused" : "busy";
    if (l->generation >= 0) out->generation = OPT_INT(l->generation);
    out->pending_settings = l->pending;
    out->refused_settings = n->left_out;
    n->kind->see((struct node *)(uintptr_t)n, out);
}
