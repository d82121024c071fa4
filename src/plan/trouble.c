#include "base/arena.h"
#include "base/text.h"
#include "plan/plan.h"
#include "plan/rg_row.h"
#include "plan/seen.h"
#include "plan/want.h"
#include <string.h>

enum { BLOCKED_TOLD_MS = 10000 };

static bool in_trouble(const struct row_node *n)
{
    return seen_node_reason(n) && (seen_node_state(n) == SEEN_BROKEN || (seen_node_state(n) == SEEN_CONFLICT && n->settled));
}

/* The reason is kept until it runs: each try that fails in the same way is no news. */
static bool known_already(const struct row_node *stored, const struct row_node *now)
{
    return stored && text_is(seen_node_reason(stored), seen_node_reason(now));
}

/* It runs, and tells why it has had no link for a while, or can have none to another region. A reason that it had before, or that is about something else, is no news. */
static void tell_unlinked(struct world *w, const struct world_node *n)
{
    const struct row_node *row = &n->row;
    bool unable = row->seen_unable && node_answers(n) && n->rg && want_passive(n->rg);
    const char *why = unable ? seen_node_reason(row) : seen_why_unlinked(row);
    if (why && !known_already(n->stored, row))
        world_event(w, row->region, row->cluster_id, EVENT_NODE_UNLINKED, row->node_id, why);
}

/* The third death, the sixth, the twelfth …: one that dies for ever does not fill the list of events. */
static int death_level(int64_t deaths)
{
    int level = 0;
    for (int64_t at = 3; deaths >= at; at *= 2) level++;
    return level;
}

static void plan_deaths(struct world *w, const struct world_node *n)
{
    int64_t before = n->stored ? seen_node_restarts(n->stored) : 0, now = seen_node_restarts(&n->row);
    const char *why = seen_node_reason(&n->row);
    if (death_level(now) <= death_level(before) || why == NULL || in_trouble(&n->row)) return;
    world_event(w, n->row.region, n->row.cluster_id, EVENT_NODE_KEEPS_ENDING, n->row.node_id,
        arena_printf(w->arena, "%lld", (long long)now), why);
}

/* A replica's data are its primary's, and those of a region that follows another are that one's. */
static bool has_data_of_its_own(const struct world_node *n)
{
    if (n->rg == NULL) return true;
    return n->node_group && rg_primary(n->node_group) == n && !want_passive(n->rg);
}

/* The one whose place a replica takes is told of by plan_failover(). */
static bool is_told_otherwise(struct world *w, const struct world_node *n)
{
    const struct world_node_group *ng = n->node_group;
    if (ng == NULL) return false;
    return (ng->row.failed_node_id && strcmp(ng->row.failed_node_id, n->row.id) == 0) ||
           (rg_primary(ng) == n && want_has_stand_in(w, n->rg, n));
}

/* Engines keep their data in memory: who dies and comes back as a primary has none, unless they are durable. */
static void tell_of_loss(struct world *w, const struct world_node *n)
{
    const char *cache = n->rg && n->rg->serverless ? n->rg->serverless->row.name : NULL;
    if (!has_data_of_its_own(n) || durability_outlives(n->cluster->row.durability)) return;
    if (n->row.seen_role != ROLE_UNKNOWN && !node_takes_writes(n)) return;
    if (cache) world_event(w, n->row.region, cache, EVENT_SERVERLESS_DATA_LOST, cache);
    else world_event(w, n->row.region, n->row.cluster_id, EVENT_NODE_DATA_LOST, n->row.node_id);
}

static void plan_recovered(struct world *w, struct world_node *n)
{
    int64_t before = n->stored ? seen_node_restarts(n->stored) : 0, now = seen_node_restarts(&n->row);
    if (n->cluster == NULL || n->cluster->row.status == CLUSTER_CREATING) return;
    if (now > before && !n->row.recovering && !is_told_otherwise(w, n)) {
        world_set_int(w, &n->row.recovering, 1);
        world_event(w, n->row.region, n->row.cluster_id, EVENT_RECOVERING, n->row.node_id);
    }
    if (!n->row.recovering || !node_answers(n)) return;
    world_set_int(w, &n->row.recovering, 0);
    tell_of_loss(w, n);
    world_event(w, n->row.region, n->row.cluster_id, EVENT_RECOVERY_FINISHED, n->row.node_id);
}

bool plan_has_not_saved(const struct world_node *n)
{
    int64_t before = n->stored ? n->stored->seen_unsaved_ms : 0, now = n->row.seen_unsaved_ms;
    return now != 0 && now != before && has_data_of_its_own(n);
}

static void plan_left_out(struct world *w, const struct world_node *n)
{
    int64_t before = n->stored ? n->stored->seen_left_out : 0, now = n->row.seen_left_out;
    if (now == 0 || now == before) return;
    world_event(
        w, n->row.region, n->row.cluster_id, EVENT_KEYS_LEFT_OUT, n->row.node_id, arena_printf(w->arena, "%lld", (long long)now));
}

static void plan_unsaved(struct world *w, const struct world_node *n)
{
    const char *why = seen_node_reason(&n->row);
    if (!plan_has_not_saved(n)) return;
    world_event(w, n->row.region, n->row.cluster_id, EVENT_NODE_DATA_UNSAVED, n->row.node_id,
        why ? why : "its data could not be saved when it was stopped");
}

static const char *why_blocked(const struct row_node *n)
{
    bool paused = n->seen_blocked == SEEN_BLOCKED_PAUSED;
    if (n->seen_blocked == SEEN_BLOCKED_HELD) return "a client's CLIENT PAUSE holds up writes";
    return paused ? "a client's CLIENT PAUSE keeps it from answering" : "it is at work on a script or another long command";
}

/* Told before anything is done about it: plan_blocked() kills no sooner. */
static void tell_blocked(struct world *w, struct world_node *n)
{
    bool early = w->blocked_limit_ms && w->blocked_limit_ms < BLOCKED_TOLD_MS;
    int64_t at = plan_blocked_since(w, n) + (early ? w->blocked_limit_ms : BLOCKED_TOLD_MS);
    if (n->row.seen_blocked == SEEN_BLOCKED_NONE) {
        world_set_int(w, &n->row.blocked_told, 0);
    } else if (w->steady_ms < at) {
        world_wake(w, at);
    } else if (!n->row.blocked_told) {
        world_event(w, n->row.region, n->row.cluster_id, EVENT_NODE_BLOCKED, n->row.node_id, why_blocked(&n->row));
        world_set_int(w, &n->row.blocked_told, 1);
    }
}

void plan_trouble(struct world *w)
{
    for (size_t i = 0; i < w->n_nodes; i++) {
        const struct row_node *n = &w->nodes[i].row;
        plan_deaths(w, &w->nodes[i]);
        plan_recovered(w, &w->nodes[i]);
        plan_left_out(w, &w->nodes[i]);
        plan_unsaved(w, &w->nodes[i]);
        tell_blocked(w, &w->nodes[i]);
        tell_unlinked(w, &w->nodes[i]);
        bool seed = w->nodes[i].seed && w->nodes[i].seed->row.seen_refused; /* told of as a restore that failed */
        if (!in_trouble(n) || seed || known_already(w->nodes[i].stored, n)) continue;
        world_event(w, n->region, n->cluster_id, EVENT_NODE_START_FAILED, n->node_id, seen_node_reason(n));
    }
}
