#include "storm.h"
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const regions[] = {"us-east-1", "eu-west-1", "ap-southeast-2"};
enum { N_REGIONS = 3 };

/* What a seed is about: how often, of a hundred steps, something breaks; and which part of the operations it likes. */
static const struct mood {
    const char *name;
    int faults;                                          /* in a hundred steps */
    int groups;                                          /* different names of groups in a region */
    int datastores, shards, clusters, access, snapshots; /* weights of operations beside those of groups */
    int hurry;                                           /* in a hundred steps that follow at once */
} moods[] = {
    {"deaths", 60, 1, 0, 0, 0, 0, 2, 70},
    {"datastores", 45, 1, 60, 0, 0, 0, 2, 60},
    {"datastores in peace", 12, 1, 80, 0, 0, 0, 5, 40},
    {"shards", 35, 1, 0, 60, 0, 2, 5, 55},
    {"everything", 30, 2, 15, 15, 20, 15, 15, 50},
    {"changes", 10, 2, 5, 10, 20, 20, 20, 70},
};

static uint64_t state;

static int64_t below(int64_t n)
{
    uint64_t x = state += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return (int64_t)((x ^ (x >> 31)) % (uint64_t)n);
}

static bool chance(int percent)
{
    return below(100) < percent;
}

static const char *pick(const char *const *words, size_t n)
{
    return words[below((int64_t)n)];
}
#define PICK(...) pick((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static int64_t gap(const struct mood *m)
{
    if (chance(m->hurry)) return below(30);
    return chance(92) ? below(900) : below(12000);
}

static void ask(struct step *s, const char *region, const char *action, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static void ask(struct step *s, const char *region, const char *action, const char *fmt, ...)
{
    va_list ap;
    s->verb = VERB_ASK;
    snprintf(s->region, sizeof s->region, "%s", region);
    snprintf(s->action, sizeof s->action, "%s", action);
    va_start(ap, fmt);
    vsnprintf(s->form, sizeof s->form, fmt, ap);
    va_end(ap);
}

static const char *boolean(void)
{
    return chance(60) ? "true" : "false";
}

/* ---- what is asked ---- */

static void ask_of_group(struct step *s, const char *region, const char *g)
{
    switch (below(14)) {
    case 0:
    case 1:
    case 2:
        ask(s, region, "CreateReplicationGroup",
            "ReplicationGroupId=%s&ReplicationGroupDescription=d&Engine=%s&CacheNodeType=cache.r6g.large&NumCacheClusters=%d"
            "&AutomaticFailoverEnabled=%s",
            g, PICK("redis", "redis", "valkey"), 1 + (int)below(3), boolean());
        return;
    case 3:
        ask(s, region, "DeleteReplicationGroup", "ReplicationGroupId=%s%s", g, chance(20) ? "&RetainPrimaryCluster=true" : "");
        return;
    case 4:
        ask(s, region, "ModifyReplicationGroup", "ReplicationGroupId=%s&ApplyImmediately=true&AutomaticFailoverEnabled=%s", g,
            boolean());
        return;
    case 5:
    case 6:
        ask(s, region, "ModifyReplicationGroup", "ReplicationGroupId=%s&ApplyImmediately=true&PrimaryClusterId=%s-00%d", g, g,
            1 + (int)below(4));
        return;
    case 7:
        ask(s, region, "ModifyReplicationGroup", "ReplicationGroupId=%s&ApplyImmediately=%s&CacheNodeType=%s", g, boolean(),
            PICK("cache.r6g.large", "cache.r6g.xlarge", "cache.t4g.small"));
        return;
    case 8:
        ask(s, region, "ModifyReplicationGroup", "ReplicationGroupId=%s&ApplyImmediately=true&EngineVersion=%s", g,
            PICK("7.0", "7.1", "6.2"));
        return;
    case 9:
    case 10:
        ask(s, region, "IncreaseReplicaCount", "ReplicationGroupId=%s&ApplyImmediately=true&NewReplicaCount=%d", g,
            1 + (int)below(3));
        return;
    case 11:
        ask(s, region, "DecreaseReplicaCount", "ReplicationGroupId=%s&ApplyImmediately=true&NewReplicaCount=%d", g,
            (int)below(3));
        return;
    case 12: ask(s, region, "TestFailover", "ReplicationGroupId=%s&NodeGroupId=0001", g); return;
    default:
        ask(s, region, "RebootCacheCluster", "CacheClusterId=%s-00%d&CacheNodeIdsToReboot.CacheNodeId.1=0001", g,
            1 + (int)below(3));
        return;
    }
}

static void ask_of_datastore(struct step *s, const char *region, const char *g)
{
    const char *other = regions[below(N_REGIONS)];
    switch (below(10)) {
    case 0:
    case 1:
        ask(s, region, "CreateGlobalReplicationGroup", "GlobalReplicationGroupIdSuffix=d0&PrimaryReplicationGroupId=%s", g);
        return;
    case 2:
    case 3:
        ask(s, region, "CreateReplicationGroup",
            "ReplicationGroupId=%s&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-d0&NumCacheClusters=%d", g,
            1 + (int)below(2));
        return;
    case 4:
    case 5:
    case 6:
        ask(s, region, "FailoverGlobalReplicationGroup",
            "GlobalReplicationGroupId=ldgnf-d0&PrimaryRegion=%s&PrimaryReplicationGroupId=%s", other, g);
        return;
    case 7:
        ask(s, region, "DisassociateGlobalReplicationGroup",
            "GlobalReplicationGroupId=ldgnf-d0&ReplicationGroupRegion=%s&ReplicationGroupId=%s", other, g);
        return;
    case 8:
        if (chance(50)) {
            ask(s, region, "DeleteGlobalReplicationGroup",
                "GlobalReplicationGroupId=ldgnf-d0&RetainPrimaryReplicationGroup=true");
            return;
        } /* fall through */
    default:
        ask(s, region, "ModifyGlobalReplicationGroup",
            "GlobalReplicationGroupId=ldgnf-d0&ApplyImmediately=true&AutomaticFailoverEnabled=%s", boolean());
        return;
    }
}

static void ask_of_shards(struct step *s, const char *region)
{
    switch (below(8)) {
    case 0:
    case 1:
        ask(s, region, "CreateReplicationGroup",
            "ReplicationGroupId=k0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumNodeGroups=%d"
            "&ReplicasPerNodeGroup=%d&AutomaticFailoverEnabled=true&CacheParameterGroupName=default.redis7.cluster.on",
            1 + (int)below(3), (int)below(3));
        return;
    case 2:
    case 3:
    case 4: {
        int n = 1 + (int)below(4);
        char removed[300] = "";
        if (chance(40))
            snprintf(removed, sizeof removed, "&NodeGroupsToRetain.NodeGroupToRetain.1=0001%s",
                n > 1 ? "&NodeGroupsToRetain.NodeGroupToRetain.2=0002" : "");
        ask(s, region, "ModifyReplicationGroupShardConfiguration",
            "ReplicationGroupId=k0&ApplyImmediately=true&NodeGroupCount=%d%s", n, removed);
        return;
    }
    case 5: ask(s, region, "TestFailover", "ReplicationGroupId=k0&NodeGroupId=000%d", 1 + (int)below(3)); return;
    case 6:
        ask(s, region, chance(50) ? "IncreaseReplicaCount" : "DecreaseReplicaCount",
            "ReplicationGroupId=k0&ApplyImmediately=true&NewReplicaCount=%d", (int)below(3));
        return;
    default: ask(s, region, "DeleteReplicationGroup", "ReplicationGroupId=k0"); return;
    }
}

static void ask_of_cluster(struct step *s, const char *region)
{
    const char *c = PICK("c0", "m0");
    bool memcached = c[0] == 'm';
    switch (below(6)) {
    case 0:
    case 1:
        ask(s, region, "CreateCacheCluster", "CacheClusterId=%s&Engine=%s&CacheNodeType=cache.t4g.small&NumCacheNodes=%d", c,
            memcached ? "memcached" : "redis", memcached ? 1 + (int)below(3) : 1);
        return;
    case 2: ask(s, region, "DeleteCacheCluster", "CacheClusterId=%s", c); return;
    case 3: ask(s, region, "RebootCacheCluster", "CacheClusterId=%s&CacheNodeIdsToReboot.CacheNodeId.1=0001", c); return;
    case 4:
        ask(s, region, "ModifyCacheCluster", "CacheClusterId=m0&ApplyImmediately=true&NumCacheNodes=%d", 1 + (int)below(4));
        return;
    default:
        ask(s, region, "ModifyCacheCluster", "CacheClusterId=c0&ApplyImmediately=true&CacheNodeType=%s",
            PICK("cache.t4g.small", "cache.r6g.large"));
        return;
    }
}

static void ask_of_access(struct step *s, const char *region, const char *g)
{
    switch (below(7)) {
    case 0:
        ask(s, region, "CreateUser", "UserId=u%d&UserName=%s&Engine=redis&AccessString=on ~* %%2B@all&NoPasswordRequired=true",
            (int)below(3), chance(50) ? "default" : "other");
        return;
    case 1:
        ask(s, region, "CreateUserGroup", "UserGroupId=ug0&Engine=redis&UserIds.member.1=u0%s",
            chance(50) ? "&UserIds.member.2=u1" : "");
        return;
    case 2:
        ask(s, region, "ModifyUser", "UserId=u%d&AccessString=%s", (int)below(3), PICK("on ~* %2B@read", "on ~* %2B@all"));
        return;
    case 3: ask(s, region, "DeleteUser", "UserId=u%d", (int)below(3)); return;
    case 4: ask(s, region, "DeleteUserGroup", "UserGroupId=ug0"); return;
    case 5:
        ask(s, region, "CreateCacheParameterGroup", "CacheParameterGroupName=p0&CacheParameterGroupFamily=redis7&Description=d");
        return;
    default:
        ask(s, region, "ModifyReplicationGroup", "ReplicationGroupId=%s&ApplyImmediately=true&CacheParameterGroupName=%s", g,
            PICK("p0", "default.redis7"));
        return;
    }
}

static void ask_of_snapshot(struct step *s, const char *region, const char *g)
{
    int n = (int)below(3);
    switch (below(5)) {
    case 0:
    case 1: ask(s, region, "CreateSnapshot", "SnapshotName=s%d&ReplicationGroupId=%s", n, PICK("g0", "k0", "g1")); return;
    case 2: ask(s, region, "CopySnapshot", "SourceSnapshotName=s%d&TargetSnapshotName=s%d", n, (int)below(3)); return;
    case 3: ask(s, region, "DeleteSnapshot", "SnapshotName=s%d", n); return;
    default:
        ask(s, region, "CreateReplicationGroup",
            "ReplicationGroupId=%s&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=2"
            "&AutomaticFailoverEnabled=true&SnapshotName=s%d",
            g, n);
        return;
    }
}

static void ask_something(struct step *s, const struct mood *m)
{
    char g[8];
    const char *region = regions[below(N_REGIONS)];
    int at = (int)below(30 + m->datastores + m->shards + m->clusters + m->access + m->snapshots);
    snprintf(g, sizeof g, "g%d", (int)below(m->groups));
    if ((at -= 30) < 0) ask_of_group(s, region, g);
    else if ((at -= m->datastores) < 0) ask_of_datastore(s, region, g);
    else if ((at -= m->shards) < 0) ask_of_shards(s, region);
    else if ((at -= m->clusters) < 0) ask_of_cluster(s, region);
    else if ((at -= m->access) < 0) ask_of_access(s, region, g);
    else ask_of_snapshot(s, region, g);
    for (char *c = s->form; *c; c++)
        if (*c == ' ') *c = '+';
}

/* ---- what breaks ---- */

static int some_signal(void)
{
    return chance(60) ? SIGKILL : chance(60) ? SIGSTOP : SIGCONT;
}

static void break_something(struct step *s)
{
    int at = (int)below(100);
    snprintf(s->region, sizeof s->region, "%s", regions[below(N_REGIONS)]);
    if (at < 62) {
        s->verb = VERB_KILL;
        s->n = below(12);
        s->signal = some_signal();
    } else if (at < 74) {
        s->verb = VERB_AGENT;
        s->signal = some_signal();
    } else if (at < 82) {
        s->verb = VERB_SERVE;
        s->signal = SIGKILL;
    } else if (at < 84) {
        s->verb = VERB_RESTART;
    } else if (at < 89) {
        s->verb = VERB_CUT;
        s->n = chance(80) ? 1 + below(3000) : below(60000);
    } else if (at < 91) {
        s->verb = VERB_CLOCK;
        s->n = below(7200000) - 3600000;
    } else if (at < 96) {
        s->verb = VERB_TRIP;
        snprintf(s->action, sizeof s->action, "%s", PICK("store_commit", "crash_after_commit", "crash_after_assign"));
        s->n = 1 + below(3);
    } else {
        s->verb = VERB_NETWORK;
        s->n = chance(50) ? 0 : below(30);
        s->more = chance(50) ? 1 : below(300);
    }
}

/* What can only happen to an engine that is a model, and in an agent that is the program's own. */
static void break_really(struct step *s)
{
    if (s->verb == VERB_TRIP) {
        snprintf(s->action, sizeof s->action, "%s",
            PICK("store_commit", "crash_after_commit", "crash_after_assign", "spawn", "probe", "redis_reply", "snapshot_write",
                "crash_after_spawn"));
    } else if (s->verb == VERB_CLOCK && s->n < 0) {
        s->n = -s->n; /* a client's pause ends by that clock: one that is set back has it last for as long */
    } else if (s->verb == VERB_KILL && chance(30)) {
        s->verb = VERB_BURDEN;
        snprintf(s->action, sizeof s->action, "%s", PICK("stall", "stall", "script", "pause", "full"));
        s->more = chance(70) ? below(1500) : below(12000);
    }
}

/* Something to break: what the mood is about, and time to come into being. */
static void begin(struct steps *out, const struct mood *m)
{
    ask(steps_add(out), regions[0], "CreateReplicationGroup",
        "ReplicationGroupId=g0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=%d"
        "&AutomaticFailoverEnabled=true",
        2 + (int)below(2));
    if (m->shards > 10)
        ask(steps_add(out), regions[1], "CreateReplicationGroup",
            "ReplicationGroupId=k0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumNodeGroups=2"
            "&ReplicasPerNodeGroup=1&AutomaticFailoverEnabled=true&CacheParameterGroupName=default.redis7.cluster.on");
    struct step *s = steps_add(out);
    ask(s, regions[1], "CreateReplicationGroup",
        "ReplicationGroupId=%s&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=2"
        "&AutomaticFailoverEnabled=true",
        m->datastores > 10 ? "other" : "g0");
    if (m->datastores <= 10) return;
    s = steps_add(out);
    ask(s, regions[0], "CreateGlobalReplicationGroup", "GlobalReplicationGroupIdSuffix=d0&PrimaryReplicationGroupId=g0");
    s->after_ms = 4000;
    for (int i = 1; i < N_REGIONS; i++) {
        s = steps_add(out);
        ask(s, regions[i], "CreateReplicationGroup",
            "ReplicationGroupId=g0&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-d0&NumCacheClusters=2");
        s->after_ms = 3000;
    }
}

void storm(uint64_t seed, size_t n_steps, struct steps *out)
{
    state = seed * 0x2545f4914f6cdd1d + 99;
    const struct mood *m = &moods[below(sizeof moods / sizeof *moods)];
    out->seed = seed;
    out->real = seed % 10 == 0; /* they take five times as long */
    begin(out, m);
    for (size_t i = 0; i < n_steps; i++) {
        struct step *s = steps_add(out);
        if (chance(m->faults)) break_something(s);
        else ask_something(s, m);
        if (out->real) break_really(s);
        s->after_ms = i == 0 ? 5000 : gap(m);
    }
}
