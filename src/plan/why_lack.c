#include "plan/why_lack.h"
#include "base/arena.h"
#include "plan/plan.h"
#include "plan/seen.h"
#include "plan/want.h"
#include <string.h>

void whys_add(struct whys *out, int64_t since_ms, const char *what, const char *ends)
{
    struct why *y = arena_new(out->w->arena, struct why);
    *y = (struct why){NULL, what, ends, since_ms};
    if (out->end == NULL) out->end = &out->first;
    *out->end = y;
    out->end = &y->next;
}

/* What each state of a process means for whoever waits for it: schema/words.json lists the states. */
static const struct state {
    enum seen_state seen;
    const char *what, *ends;
} states[] = {
    {SEEN_UNKNOWN, "a first report about node %s", "the region's agent has looked for its process"},
    {SEEN_STARTING, "the process of node %s to answer", "it has started, and has its data or a primary to get them from"},
    {SEEN_EXITED, "a new process of node %s, whose last one has ended",
        "its agent starts one; a dead primary's role goes to a replica first, where one may have it"},
    {SEEN_BROKEN, "node %s to be startable", "what keeps it from starting is put right; it is tried again and again"},
    {SEEN_CONFLICT, "the address of node %s, which another process has", "that process gives it up; it is tried again and again"},
    {SEEN_HUNG, "the process of node %s, which hangs", "it goes on, or is killed where another node has its data"},
    {SEEN_STOPPING, "the process of node %s to save its data and end", "it has ended"},
    {SEEN_STOPPED, "node %s to be started", "its agent starts it"},
    {SEEN_GONE, "node %s to be started", "its agent starts it"},
};

static const struct sentence {
    const char *what, *ends;
} sentences[] = {
    [LACK_END] = {"the end of node %s", "its process has ended and its data are deleted"},
    [LACK_RESTART] = {"the restart of node %s", "its new process answers"},
    [LACK_CLUSTER] = {"node %s to know all nodes of its Redis Cluster, and no other", "its view of the cluster is sound"},
    [LACK_VERSION] = {"node %s to run the engine version asked for",
        "its agent has started it so, or found its program good for both"},
    [LACK_ENDPOINT] = {"node %s to listen on its group's endpoint", "whoever has that address has given it up"},
    [LACK_FENCE] = {"node %s to hold its writes", "its agent has told so"},
    [LACK_WRITES] = {"node %s to take writes again", "its agent has told so"},
    [LACK_ROLE] = {"the role of node %s", "its agent has asked the process"},
    [LACK_PRIMARY] = {"node %s to become primary", "its agent has promoted it"},
    [LACK_REPLICA] = {"node %s to become a replica", "its agent has told it whom to follow"},
    [LACK_LINK] = {"node %s to be in step with its primary", "its link to that one is up"},
    [LACK_USERS] = {"the users of node %s", "its engine has them as they are now"},
    [LACK_ENCRYPTION] = {"the encryption of node %s", "it speaks what was asked for, and so do its links"},
    [LACK_SETTINGS] = {"the parameters of node %s", "its engine has those of its parameter group"},
    [LACK_UPDATE] = {"the service update", "all nodes were restarted for it, one after the other, or it is stopped"},
    [LACK_LOGS] = {"the delivery of the logs of node %s", "its agent has told that it delivers them as asked for"},
    [LACK_STEP] = {"node %s to be available", "its restart or creation is through"},
    [LACK_SLOTS] = {"slots to come to rest", "every shard has what it shall have, and all nodes agree about it"},
    [LACK_ROOM] = {"the nodes to tell how much memory they use", "all have told; after 10 s the change is not made"},
    [LACK_DATASTORE] = {"its global datastore", "it has joined that, or left it"},
    [LACK_NODES] = {"the number of nodes that was asked for", "new ones answer, and removed ones are gone"},
};

/* The one "%s" in a sentence is the node. */
static const char *name_node(struct whys *out, const char *sentence, const struct world_node *n)
{
    const char *at = strstr(sentence, "%s");
    if (at == NULL) return sentence;
    return arena_printf(out->w->arena, "%.*s%s%s", (int)(at - sentence), sentence, n ? n->row.id : "", at + 2);
}

/* Nothing that is told of the region's nodes need be true any more. */
static void add_agent(struct whys *out, const char *region)
{
    const struct world_region *r = world_region(out->w, region);
    if (r == NULL || r->in_touch) return;
    for (const struct why *y = out->first; y; y = y->next)
        if (strcmp(y->ends, "it reports") == 0 && strstr(y->what, region)) return;
    whys_add(out, r->heard_ms, arena_printf(out->w->arena, "the agent of %s, which is not in touch", region), "it reports");
}

void whys_add_cut(struct whys *out, const char *region, const char *other)
{
    whys_add(
        out, 0, arena_printf(out->w->arena, "the link between %s and %s, which is cut", region, other), "the link is up again");
}

/* The first node of a region that follows another one, over a link that is cut. */
static void add_cut(struct whys *out, const struct world_node *n)
{
    struct world_member *active = n->rg && n->rg->global && want_passive(n->rg) ? global_primary(n->rg->global) : NULL;
    if (active && rg_primary(n->node_group) == n && world_is_cut(out->w, active->row.region, n->row.region))
        whys_add_cut(out, active->row.region, n->row.region);
}

void whys_add_lack(struct whys *out, enum lack lack, const struct world_node *n, const struct world_endpoint *e)
{
    if (lack == LACK_NOTHING) return;
    if (n) add_agent(out, n->row.region);
    else if (e) add_agent(out, e->row.region);
    if (e) {
        const char *what = arena_printf(out->w->arena, "the %s endpoint to listen", endpoint_kind_text(e->row.kind));
        const char *reason = e->row.no_address ? e->row.no_address : seen_endpoint_reason(&e->row);
        if (reason) what = arena_printf(out->w->arena, "%s: %s", what, reason);
        whys_add(out, 0, what, "its agent has opened it");
    } else if (lack == LACK_PROCESS) {
        for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
            if ((n->row.no_address ? SEEN_BROKEN : seen_node_state(&n->row)) != states[i].seen) continue;
            const char *what = name_node(out, states[i].what, n),
                       *reason = n->row.no_address ? n->row.no_address : seen_node_reason(&n->row);
            if (reason) what = arena_printf(out->w->arena, "%s: %s", what, reason);
            whys_add(out, n->row.seen_since_ms, what, states[i].ends);
        }
    } else {
        whys_add(out, n ? n->row.unserved_since_ms : 0, name_node(out, sentences[lack].what, n), sentences[lack].ends);
        if (lack == LACK_LINK && n) add_cut(out, n);
    }
}

void whys_add_service(struct whys *out, struct world_node *n)
{
    size_t told = 0;
    if (n->row.seen_blocked && node_answers(n)) {
        bool held = n->row.seen_blocked == SEEN_BLOCKED_HELD;
        const char *what = held ? "node %s, whose writes a client's CLIENT PAUSE holds up"
                                : "node %s, which lives and answers nobody: a long command, or a client's CLIENT PAUSE";
        whys_add(out, plan_blocked_since(out->w, n), name_node(out, what, n),
            "the command or the pause ends; after --blocked-primary-timeout a replica takes a primary's place");
        return;
    }
    if (n->vanished && node_answers(n)) {
        add_agent(out, n->row.region);
        whys_add(out, n->row.unserved_since_ms, name_node(out, "node %s, whose process is gone", n),
            "its agent has told what became of it");
        return;
    }
    for (const struct why *y = out->first; y; y = y->next) told++;
    whys_add_lack(out, want_lack(out->w, n), n, NULL);
    for (const struct why *y = out->first; y; y = y->next) told--;
    if (told == 0)
        whys_add(out, n->row.unserved_since_ms, name_node(out, "node %s to serve its clients", n),
            "its slots, its endpoints and its writes are as they shall be");
}

void whys_add_forwarder(struct whys *out, struct world_rg *rg, const struct world_endpoint *e)
{
    bool serves = e->drop || e->row.kind == ENDPOINT_GATEWAY || want_floats(out->w, rg, e);
    if (!serves && (e->unattended || seen_endpoint_state(&e->row) != ENDPOINT_LISTENING))
        whys_add_lack(out, LACK_ENDPOINT, NULL, e);
}
