#include "storm.h"
#include "dice.h"
#include "storm_int.h"
#include <signal.h>
#include <stdio.h>

static const struct mood moods[] = {
    {"deaths", 60, 1, 0, 0, 0, 0, 2, 0, 70},
    {"datastores", 45, 1, 60, 0, 0, 0, 2, 0, 60},
    {"datastores in peace", 12, 1, 80, 0, 0, 0, 5, 0, 40},
    {"shards", 35, 1, 0, 60, 0, 2, 5, 0, 55},
    {"everything", 30, 2, 15, 15, 20, 15, 15, 10, 50},
    {"changes", 10, 2, 5, 10, 20, 20, 20, 10, 70},
};

enum { SCENES = 5 /* in a hundred steps */ };

static int64_t gap(const struct mood *m)
{
    if (dice_chance(m->hurry)) return dice_below(30);
    return dice_chance(92) ? dice_below(900) : dice_below(12000);
}

/* ---- what breaks ---- */

static int some_signal(void)
{
    return dice_chance(60) ? SIGKILL : dice_chance(60) ? SIGSTOP : SIGCONT;
}

static void break_machine(struct step *s, int at)
{
    static const enum verb verbs[] = {VERB_DISK, VERB_DISK, VERB_DISK, VERB_STRANGER, VERB_STRANGER, VERB_STRANGER, VERB_STRANGER,
        VERB_BUSY, VERB_BUSY, VERB_BUSY, VERB_PAUSE, VERB_PAUSE, VERB_SPOIL, VERB_SPOIL, VERB_BLACKOUT, VERB_OLDER, VERB_RESET,
        VERB_OUTAGE, VERB_OUTAGE, VERB_OUTAGE, VERB_LINK, VERB_LINK, VERB_LINK, VERB_LINK};
    int64_t ms = dice_chance(70) ? 1 + dice_below(3000) : dice_below(40000);
    bool number = verbs[at] == VERB_STRANGER || verbs[at] == VERB_BUSY || verbs[at] == VERB_SPOIL;
    s->verb = verbs[at];
    if (s->verb == VERB_RESET && dice_chance(30)) snprintf(s->region, sizeof s->region, "-");
    if (s->verb == VERB_LINK) {
        snprintf(s->action, sizeof s->action, "%s", storm_other_region(s->region));
        snprintf(s->form, sizeof s->form, "%s", DICE_PICK("slow", "down", "blackhole"));
    }
    s->n = number ? dice_below(12) : ms;
    s->more = s->verb == VERB_OUTAGE ? dice_below(2) : ms;
}

static void break_something(struct step *s)
{
    int at = (int)dice_below(124);
    snprintf(s->region, sizeof s->region, "%s", storm_regions[dice_below(STORM_REGIONS)]);
    if (at >= 100) {
        break_machine(s, at - 100);
    } else if (at < 62) {
        s->verb = VERB_KILL;
        s->n = dice_below(12);
        s->signal = some_signal();
    } else if (at < 74) {
        s->verb = VERB_AGENT;
        s->signal = some_signal();
    } else if (at < 82) {
        s->verb = VERB_SERVE;
        s->signal = dice_chance(70) ? SIGKILL : dice_chance(50) ? SIGSTOP : SIGCONT;
    } else if (at < 84) {
        s->verb = VERB_RESTART;
    } else if (at < 89) {
        s->verb = VERB_CUT;
        s->n = dice_chance(80) ? 1 + dice_below(3000) : dice_below(60000);
    } else if (at < 91) {
        s->verb = VERB_CLOCK;
        s->n = dice_chance(70) ? dice_below(7200000) - 3600000 : dice_below(3 * 86400000);
    } else if (at < 96) {
        s->verb = VERB_TRIP;
        snprintf(s->action, sizeof s->action, "%s", DICE_PICK("store_commit", "crash_after_commit", "crash_after_assign"));
        s->n = 1 + dice_below(3);
    } else {
        s->verb = VERB_NETWORK;
        s->n = dice_chance(50) ? 0 : dice_below(30);
        s->more = dice_chance(50) ? 1 : dice_below(300);
    }
}

/* What can only happen to an engine that is a model, and in an agent that is the program's own. */
static void break_really(struct step *s)
{
    if (s->verb == VERB_TRIP) {
        snprintf(s->action, sizeof s->action, "%s",
            DICE_PICK("store_commit", "crash_after_commit", "crash_after_assign", "spawn", "probe", "redis_reply",
                "snapshot_write", "crash_after_spawn"));
    } else if (s->verb == VERB_CLOCK && s->n < 0) {
        s->n = -s->n; /* a client's pause ends by that clock: one that is set back has it last for as long */
    } else if (s->verb == VERB_KILL && dice_chance(30)) {
        s->verb = VERB_BURDEN;
        snprintf(s->action, sizeof s->action, "%s", DICE_PICK("stall", "stall", "script", "pause", "full"));
        s->more = dice_chance(70) ? dice_below(1500) : dice_below(12000);
    }
}

/* Something to break: what the mood is about, and time to come into being. */
static void begin(struct steps *out, const struct mood *m)
{
    storm_ask_for_group(steps_add(out), storm_regions[0], "g0", 2 + (int)dice_below(2));
    if (m->shards > 10)
        storm_ask(steps_add(out), storm_regions[1], "CreateReplicationGroup",
            "ReplicationGroupId=k0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumNodeGroups=2"
            "&ReplicasPerNodeGroup=1&AutomaticFailoverEnabled=true&CacheParameterGroupName=default.redis7.cluster.on");
    struct step *s = steps_add(out);
    storm_ask(s, storm_regions[1], "CreateReplicationGroup",
        "ReplicationGroupId=%s&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=2"
        "&AutomaticFailoverEnabled=true",
        m->datastores > 10 ? "other" : "g0");
    if (m->datastores <= 10) return;
    s = steps_add(out);
    storm_ask(
        s, storm_regions[0], "CreateGlobalReplicationGroup", "GlobalReplicationGroupIdSuffix=d0&PrimaryReplicationGroupId=g0");
    s->after_ms = 4000;
    for (int i = 1; i < STORM_REGIONS; i++) {
        s = steps_add(out);
        storm_ask(s, storm_regions[i], "CreateReplicationGroup",
            "ReplicationGroupId=g0&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-d0&%s",
            storm_in_shards ? "ReplicasPerNodeGroup=1" : "NumCacheClusters=2");
        s->after_ms = 3000;
    }
}

void storm(uint64_t seed, size_t n_steps, struct steps *out)
{
    dice_begin(seed);
    const struct mood *m = &moods[dice_below(sizeof moods / sizeof *moods)];
    out->seed = seed;
    out->real = seed % 10 == 0;                            /* they take five times as long */
    storm_in_shards = m->datastores > 10 && seed % 4 == 3; /* models load no module: never the real ones */
    storm_of_two = dice_chance(30);
    begin(out, m);
    size_t begun = out->n;
    while (out->n < n_steps) {
        size_t first = out->n;
        if (dice_chance(SCENES)) storm_scene(out, m);
        else if (dice_chance(m->faults)) break_something(steps_add(out));
        else storm_ask_something(steps_add(out), m);
        if (out->real) break_really(&out->items[first]);
        out->items[first].after_ms += first == begun ? 5000 : gap(m);
    }
}
