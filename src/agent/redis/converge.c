#include "agent/redis/converge.h"
#include "agent/os/names.h"
#include <string.h>

static const char *const names[STEP__COUNT] = {
    [STEP_NONE] = "none",
    [STEP_WAIT] = "wait",
    [STEP_WAIT_OFFSET] = "wait_offset",
    [STEP_READ] = "read",
    [STEP_RELEASE] = "release",
    [STEP_DROP] = "drop",
    [STEP_SECRET] = "set its peers' passwords",
    [STEP_CERTIFY] = "certify",
    [STEP_LISTEN] = "listen",
    [STEP_ENCRYPT] = "encrypt",
    [STEP_RELINK] = "relink",
    [STEP_WRITE_CONF] = "write_conf",
    [STEP_FOLLOW] = "follow",
    [STEP_PROMOTE] = "promote",
    [STEP_SOURCE] = "follow another region",
    [STEP_QUIET] = "quiet",
    [STEP_PAUSE] = "pause",
    [STEP_UNPAUSE] = "unpause",
    [STEP_LOUD] = "loud",
    [STEP_LOCK_OUT] = "lock out",
    [STEP_LET_IN] = "let in",
    [STEP_TAKE] = "take",
    [STEP_ACCESS] = "set users",
    [STEP_SET] = "set",
    [STEP_WEIGH] = "weigh",
    [STEP_CLIENTS] = "clients",
    [STEP_CLUSTER_INFO] = "cluster_info",
    [STEP_CLUSTER_NODES] = "cluster_nodes",
    [STEP_CLUSTER_SLOTS] = "cluster_slots",
    [STEP_MEET] = "meet",
    [STEP_FORGET] = "forget",
    [STEP_MEND] = "mend",
    [STEP_CLAIM] = "claim",
    [STEP_ANNOUNCE] = "announce its host",
    [STEP_PATIENCE] = "patience",
    [STEP_STIR] = "stir",
    [STEP_HAIL] = "hail",
    [STEP_SAVE] = "save",
    [STEP_SAVE_LOOK] = "save_look",
};

const char *step_name(enum step s)
{
    return names[s];
}

/*
 * A primary's file is written first, so that no crash brings back a second one. A primary
 * that takes writes must stop at once; a replica, or a primary whose writes are held, had
 * better wait: Redis tries an upstream that refuses it only once a second.
 */
static enum step toward_replica(const struct proto_node_order *o, const struct node_now *now)
{
    if (now->conf_stale && now->info.role != ROLE_REPLICA) return STEP_WRITE_CONF;
    if (now->source_stale) return STEP_SOURCE;
    bool follows = now->info.role == ROLE_REPLICA && now->info.upstream_port == o->upstream_port.v &&
                   strcmp(now->info.upstream_host, o->upstream_host) == 0;
    if (follows) return STEP_NONE;
    /* The first node of a shard that follows another region: once it is primary in its Redis Cluster it follows by itself. */
    bool of_source = o->cluster != NULL && o->upstream_node == NULL;
    /* One that can't would take writes that nobody else has. */
    if (of_source && now->unable && now->info.role == ROLE_PRIMARY && now->lockout != LOCKOUT_ON) return STEP_LOCK_OUT;
    if (of_source) return o->takeover.v && !now->other_process && !now->shard_primary ? STEP_PROMOTE : STEP_WAIT;
    bool takes_writes = now->info.role == ROLE_PRIMARY && now->fence != FENCE_ON && now->fence != FENCE_PAUSED;
    return now->upstream_ready || takes_writes ? STEP_FOLLOW : STEP_WAIT;
}

static enum step toward_primary(const struct proto_node_order *o, const struct node_now *now)
{
    if (now->info.role == ROLE_PRIMARY) return now->source_stale ? STEP_SOURCE : STEP_NONE;
    if (now->other_process) return STEP_WAIT;
    /* In a Redis Cluster the engine elects, too. Whoever has the slots keeps them until serve has chosen. */
    if (o->cluster != NULL && !o->takeover.v && !now->attached) return STEP_WAIT;
    if (o->promote_offset.set && now->info.offset < o->promote_offset.v) {
        /* A replica whose shard follows another region gets the rest as its primary: the one before is dead. */
        bool takes_over = o->cluster != NULL && o->takeover.v && now->has_source && !now->shard_primary;
        return takes_over ? STEP_PROMOTE : STEP_WAIT_OFFSET;
    }
    return role_is_fenced(o) && now->lockout != LOCKOUT_ON ? STEP_LOCK_OUT : STEP_PROMOTE;
}

/*
 * The PINGs stop before the pause and go on after it: one of them, after the offset was read, would cost a full synchronisation.
 * What lets clients end the pause is taken from them before it, and given back after it: a write that one of them lets in
 * meanwhile would be lost.
 */
static enum step toward_fence(bool wanted, const struct node_now *now)
{
    bool quiet = now->fence != FENCE_UNKNOWN && now->fence != FENCE_OFF;
    enum step done = now->lockout != LOCKOUT_OFF ? STEP_LET_IN : STEP_NONE;
    if (wanted && quiet && now->bar_stale) return STEP_ACCESS;
    switch (now->fence) {
    case FENCE_UNKNOWN: return wanted ? STEP_QUIET : STEP_UNPAUSE;
    case FENCE_OFF: return wanted ? STEP_QUIET : done;
    case FENCE_QUIET: return wanted ? STEP_PAUSE : STEP_LOUD;
    case FENCE_PAUSED: return wanted ? STEP_READ : STEP_UNPAUSE;
    case FENCE_ON: return !wanted ? STEP_UNPAUSE : done;
    }
    return STEP_NONE;
}

/* Without a certificate Redis can't listen, nor link. */
static enum step toward_encryption(const struct node_now *now)
{
    if (now->encryption_blocked) return STEP_NONE;
    if (now->certificate_stale) return STEP_CERTIFY;
    if (now->listens_otherwise) return STEP_LISTEN;
    if (now->links_stale) return STEP_ENCRYPT;
    return now->relink ? STEP_RELINK : STEP_NONE;
}

enum step converge(const struct proto_node_order *o, const struct node_now *now)
{
    bool replica = o->role == ROLE_REPLICA;
    enum step role, next;
    if (!names_within(now->held, &o->endpoints)) return STEP_RELEASE;
    if (now->dropping) return STEP_DROP;
    if (now->relisten && !now->take_blocked) return STEP_TAKE;
    if (now->secret_stale) return STEP_SECRET;
    next = toward_encryption(now);
    if (next != STEP_NONE) return next;
    if (now->info_old) return STEP_READ;
    role = replica ? toward_replica(o, now) : toward_primary(o, now);
    if (role != STEP_NONE && role != STEP_WAIT && role != STEP_WAIT_OFFSET) return role;
    if (role == STEP_NONE) {
        /* A fence is for primaries: on a replica it would hold the stream of its own upstream. */
        next = toward_fence(role_is_fenced(o), now);
        if (next != STEP_NONE) return next;
        if (!now->take_blocked && !names_within(&o->endpoints, now->held)) return STEP_TAKE;
        if (now->conf_stale) return STEP_WRITE_CONF;
    }
    if (now->access_stale || now->bar_stale) return STEP_ACCESS;
    if (now->settings_stale) return STEP_SET;
    if (now->weigh_due) return STEP_WEIGH;
    if (now->save_look_due) return STEP_SAVE_LOOK;
    return role == STEP_NONE && now->save_due ? STEP_SAVE : role;
}
