#include "dice.h"
#include "storm_int.h"
#include <signal.h>
#include <stdio.h>

static const char *region, *group;

static struct step *then(struct steps *out, int64_t after_ms)
{
    struct step *s = steps_add(out);
    s->after_ms = after_ms;
    snprintf(s->region, sizeof s->region, "%s", region);
    return s;
}

static void fill_disk(struct steps *out, int64_t for_ms)
{
    struct step *s = then(out, 0);
    s->verb = VERB_DISK;
    s->n = for_ms;
}

/* Its file goes between the moment at which it is named and the one at which it is read. */
static void restore_what_is_gone(struct steps *out)
{
    bool cluster = dice_chance(50);
    storm_ask(then(out, 0), region, "CreateSnapshot", "SnapshotName=lost&ReplicationGroupId=%s", group);
    if (cluster)
        storm_ask(then(out, 2000), region, "CreateCacheCluster",
            "CacheClusterId=c1&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheNodes=1&SnapshotName=lost");
    else
        storm_ask(then(out, 2000), region, "CreateReplicationGroup",
            "ReplicationGroupId=g2&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=2"
            "&AutomaticFailoverEnabled=true&SnapshotName=lost");
    for (int i = 0; i < 3; i++) then(out, 0)->verb = VERB_SPOIL;
    if (cluster) storm_ask(then(out, dice_below(3000)), region, "DeleteCacheCluster", "CacheClusterId=c1");
    else storm_ask(then(out, dice_below(3000)), region, "DeleteReplicationGroup", "ReplicationGroupId=g2");
    storm_ask(then(out, 1000), region, "DeleteSnapshot", "SnapshotName=lost");
}

/* There is no room for the final snapshot. */
static void keep_what_can_not_be_saved(struct steps *out)
{
    int n = (int)dice_below(1000);
    fill_disk(out, 1 + dice_below(2000));
    if (dice_chance(50))
        storm_ask(then(out, 0), region, "DeleteReplicationGroup", "ReplicationGroupId=%s&FinalSnapshotIdentifier=f%d", group, n);
    else storm_ask(then(out, 0), region, "DeleteCacheCluster", "CacheClusterId=c0&FinalSnapshotIdentifier=f%d", n);
    storm_ask(then(out, 4000), region, "DeleteSnapshot", "SnapshotName=f%d", n);
}

/* What is under way when the next is asked for. */
static void ask_in_the_midst(struct steps *out)
{
    const char *c = DICE_PICK("c0", "m0");
    int n = 1 + (int)dice_below(4);
    if (dice_chance(50)) {
        storm_ask(then(out, 0), region, "RebootCacheCluster", "CacheClusterId=%s&CacheNodeIdsToReboot.CacheNodeId.1=0001", c);
        if (c[0] == 'c' && dice_chance(50))
            storm_ask(then(out, 0), region, "CreateSnapshot", "SnapshotName=mid&CacheClusterId=c0");
    } else if (c[0] == 'm') {
        storm_ask(then(out, 0), region, "ModifyCacheCluster", "CacheClusterId=m0&ApplyImmediately=true&NumCacheNodes=%d", n);
    } else {
        storm_ask(
            then(out, 0), region, "ModifyCacheCluster", "CacheClusterId=c0&ApplyImmediately=true&EngineVersion=7.%d", n % 2);
    }
    if (dice_chance(70)) storm_ask(then(out, dice_below(20)), region, "DeleteCacheCluster", "CacheClusterId=%s", c);
}

/* A change that can't come about, because others have the address of the one node: it can be deleted all the same. */
static void delete_what_is_stuck(struct steps *out)
{
    storm_ask(then(out, 0), region, "CreateCacheCluster",
        "CacheClusterId=c0&Engine=redis&CacheNodeType=cache.t4g.small&NumCacheNodes=1&EngineVersion=7.0");
    struct step *s = then(out, 1500);
    s->verb = VERB_KILL;
    s->signal = SIGKILL; /* the first by name */
    for (int i = 0; i < 3; i++) {
        s = then(out, 0);
        s->verb = VERB_STRANGER;
        s->n = i;
        s->more = 30000;
    }
    storm_ask(then(out, 0), region, "ModifyCacheCluster", "CacheClusterId=c0&ApplyImmediately=true&EngineVersion=7.1");
    storm_ask(then(out, 10500 + dice_below(1000)), region, "DeleteCacheCluster", "CacheClusterId=c0");
}

static void ask_of_a_group_in_the_midst(struct steps *out)
{
    if (dice_chance(50)) storm_ask(then(out, 0), region, "CreateSnapshot", "SnapshotName=mid&ReplicationGroupId=%s", group);
    else
        storm_ask(then(out, 0), region, "ModifyReplicationGroup",
            "ReplicationGroupId=%s&ApplyImmediately=true&EngineVersion=7.%d", group, (int)dice_below(2));
    if (dice_chance(60)) storm_ask(then(out, dice_below(3)), region, "DeleteReplicationGroup", "ReplicationGroupId=%s", group);
    else
        storm_ask(then(out, 0), region, "CreateGlobalReplicationGroup",
            "GlobalReplicationGroupIdSuffix=d0&PrimaryReplicationGroupId=%s", group);
    storm_ask(then(out, 2000), region, "DeleteSnapshot", "SnapshotName=mid");
}

/* Every setting of a memcached takes a restart. */
static void change_what_takes_a_restart(struct steps *out)
{
    storm_ask(then(out, 0), region, "CreateCacheParameterGroup",
        "CacheParameterGroupName=p1&CacheParameterGroupFamily=memcached1.6&Description=d");
    storm_ask(then(out, 0), region, "CreateCacheCluster",
        "CacheClusterId=m0&Engine=memcached&CacheNodeType=cache.t4g.small&NumCacheNodes=2&CacheParameterGroupName=p1");
    storm_ask(
        then(out, 1000), region, "ModifyCacheCluster", "CacheClusterId=m0&ApplyImmediately=true&CacheParameterGroupName=p1");
    for (int i = 0; i < 5; i++) {
        int64_t after_ms = dice_chance(50) ? dice_below(60) : dice_below(3000);
        if (dice_chance(70))
            storm_ask(then(out, after_ms), region, "ModifyCacheParameterGroup",
                "CacheParameterGroupName=p1&ParameterNameValues.ParameterNameValue.1.ParameterName=idle_timeout"
                "&ParameterNameValues.ParameterNameValue.1.ParameterValue=%d",
                (int)dice_below(2));
        else
            storm_ask(then(out, after_ms), region, "RebootCacheCluster",
                "CacheClusterId=m0&CacheNodeIdsToReboot.CacheNodeId.1=0001&CacheNodeIdsToReboot.CacheNodeId.2=0002");
    }
}

/* Users that are changed while others are. */
static void change_users(struct steps *out)
{
    for (int i = 0; i < 3; i++)
        storm_ask(then(out, 0), region, "CreateUser",
            "UserId=u%d&UserName=%s&Engine=redis&AccessString=on ~* %%2B@all&NoPasswordRequired=true", i,
            i ? DICE_PICK("other", "another") : "default");
    storm_ask(then(out, 0), region, "CreateUserGroup", "UserGroupId=ug0&Engine=redis&UserIds.member.1=u0&UserIds.member.2=u2");
    if (dice_chance(50)) storm_ask(then(out, 0), region, "DeleteUser", "UserId=u2");
    storm_ask(then(out, dice_below(3)), region, "ModifyUserGroup", "UserGroupId=ug0&UserIdsToAdd.member.1=u1");
    storm_ask(then(out, dice_below(2000)), region, "ModifyUserGroup", "UserGroupId=ug0&UserIdsToRemove.member.1=u1");
    storm_ask(then(out, dice_below(2000)), region, "ModifyReplicationGroup",
        "ReplicationGroupId=%s&ApplyImmediately=true&UserGroupIdsToAdd.member.1=ug0", group);
    storm_ask(then(out, dice_below(50)), region, "ModifyUserGroup", "UserGroupId=ug0&UserIdsToAdd.member.1=u2");
}

/* Automatic snapshots, and days that pass: one may meet a full disk, or an agent that is away. */
static void let_days_pass(struct steps *out)
{
    storm_ask(then(out, 0), region, "ModifyReplicationGroup",
        "ReplicationGroupId=%s&ApplyImmediately=true&SnapshotRetentionLimit=1&SnapshottingClusterId=%s-001&SnapshotWindow=09:00-"
        "10:00",
        group, group);
    for (int i = 0; i < 4; i++) {
        struct step *s = then(out, 200 + dice_below(3000));
        s->verb = VERB_CLOCK;
        s->n = i ? 24 * 3600000 : 3600000;
        if (dice_chance(40)) fill_disk(out, 1 + dice_below(4000));
    }
}

/* What waits for the maintenance window, until it comes. */
static void let_the_window_come(struct steps *out)
{
    storm_ask(then(out, 0), region, "ModifyReplicationGroup",
        "ReplicationGroupId=%s&ApplyImmediately=true&PreferredMaintenanceWindow=wed:00:00-wed:23:00", group);
    storm_ask(then(out, 0), region, "ModifyReplicationGroup", "ReplicationGroupId=%s&AutomaticFailoverEnabled=%s", group,
        DICE_PICK("true", "false"));
    if (dice_chance(50))
        storm_ask(then(out, 0), region, "ModifyReplicationGroup", "ReplicationGroupId=%s&EngineVersion=7.1", group);
    for (int i = 0; i < 3; i++) {
        struct step *s = then(out, 200 + dice_below(2000));
        s->verb = VERB_CLOCK;
        s->n = 24 * 3600000;
    }
}

/* Everything there goes while a snapshot is taken, read, copied or exported. */
static void reset_in_the_midst(struct steps *out)
{
    storm_ask(then(out, 0), region, "CreateSnapshot", "SnapshotName=mid&%s",
        DICE_PICK("ReplicationGroupId=g0", "ReplicationGroupId=g0", "CacheClusterId=c0"));
    int kind = (int)dice_below(4);
    if (kind == 0)
        storm_ask(then(out, 2000), region, "CopySnapshot", "SourceSnapshotName=mid&TargetSnapshotName=far&TargetBucket=bucket");
    if (kind == 1)
        storm_ask(then(out, 2000), region, "CreateCacheCluster",
            "CacheClusterId=c1&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheNodes=1&SnapshotName=mid");
    if (kind == 2)
        storm_ask(then(out, 2000), region, "CreateReplicationGroup",
            "ReplicationGroupId=g2&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=2"
            "&AutomaticFailoverEnabled=true&SnapshotName=mid");
    then(out, dice_below(8))->verb = VERB_RESET;
}

static struct step *kill_node(struct steps *out, int64_t after_ms, const char *where, int64_t n, int signal)
{
    struct step *s = then(out, after_ms);
    snprintf(s->region, sizeof s->region, "%s", where);
    s->verb = VERB_KILL;
    s->n = n;
    s->signal = signal;
    return s;
}

static void cut_off(struct steps *out, int64_t after_ms, const char *where, int64_t for_ms)
{
    struct step *s = then(out, after_ms);
    snprintf(s->region, sizeof s->region, "%s", where);
    s->verb = VERB_CUT;
    s->n = for_ms;
}

static void delay_messages(struct steps *out, int64_t after_ms, int lost_percent, int64_t delay_ms)
{
    struct step *s = then(out, after_ms);
    s->verb = VERB_NETWORK;
    s->n = lost_percent;
    s->more = delay_ms;
}

/* Two of three nodes: the second while the order that follows from the first one's death is on its way to it. */
static void die_while_an_order_comes(struct steps *out)
{
    storm_ask(
        then(out, 0), region, "IncreaseReplicaCount", "ReplicationGroupId=%s&ApplyImmediately=true&NewReplicaCount=2", group);
    delay_messages(out, 4000, 0, 300);
    kill_node(out, 20, region, dice_below(3), SIGKILL);
    kill_node(out, dice_below(120), region, dice_below(2), SIGKILL);
    delay_messages(out, 2500, 0, 1);
}

/* The region that takes over dies on the way, or the one before does. */
static void die_while_roles_move(struct steps *out)
{
    const char *other = storm_regions[dice_below(STORM_REGIONS)];
    storm_ask(then(out, 0), region, "FailoverGlobalReplicationGroup",
        "GlobalReplicationGroupId=ldgnf-d0&PrimaryRegion=%s&PrimaryReplicationGroupId=%s", other, group);
    int n = 1 + (int)dice_below(4);
    for (int i = 0; i < n; i++) {
        struct step *s = then(out, dice_chance(70) ? dice_below(60) : dice_below(11000));
        if (dice_chance(60)) snprintf(s->region, sizeof s->region, "%s", other);
        s->verb = dice_chance(15) ? VERB_CUT : VERB_KILL;
        s->n = s->verb == VERB_CUT ? dice_below(20000) : dice_below(4);
        s->signal = dice_chance(70) ? SIGKILL : SIGSTOP;
    }
    if (dice_chance(30)) storm_ask(then(out, dice_below(100)), region, "DeleteReplicationGroup", "ReplicationGroupId=%s", group);
}

/* All nodes of one region die, as if it had lost its power. */
static void lose_a_region(struct steps *out)
{
    for (int i = 0; i < 6; i++) {
        struct step *s = then(out, dice_below(3));
        s->verb = VERB_KILL;
        s->signal = SIGKILL;
    }
    for (int i = 0; i < 3; i++) {
        struct step *s = then(out, dice_below(4000));
        snprintf(s->region, sizeof s->region, "%s", storm_regions[dice_below(STORM_REGIONS)]);
        s->verb = VERB_KILL;
        s->n = dice_below(4);
        s->signal = SIGKILL;
    }
}

static void ask_for_failover(struct steps *out, int64_t after_ms, const char *to)
{
    storm_ask(then(out, after_ms), region, "FailoverGlobalReplicationGroup",
        "GlobalReplicationGroupId=ldgnf-d0&PrimaryRegion=%s&PrimaryReplicationGroupId=%s", to, group);
}

/* The next primary works for so long that the order is taken back, of which its agent does not hear at once. */
static const char *have_the_order_taken_back(struct steps *out, int64_t busy_ms)
{
    const char *other = storm_other_region(region);
    ask_for_failover(out, 0, region);
    struct step *s = then(out, 4000);
    snprintf(s->region, sizeof s->region, "%s", other);
    s->verb = VERB_BUSY;
    s->more = busy_ms;
    ask_for_failover(out, dice_below(10), other);
    return other;
}

/* Meanwhile the primary that was to take writes again dies, or the next one becomes primary all the same. */
static void take_an_order_back_too_late(struct steps *out)
{
    bool dies = dice_chance(50);
    const char *other = have_the_order_taken_back(out, dies ? 15000 : 9500 + dice_below(450));
    cut_off(out, dies ? 9900 : 9300, other, dies ? 4000 : 1200);
    for (int i = 0; dies && i < 4; i++) kill_node(out, i ? 1 : 150 + dice_below(300), region, 0, SIGKILL);
}

/* A dead primary gets its data back; what is asked or dies in that moment meets a role that is on its way. */
static void disturb_a_return(struct steps *out)
{
    bool asks = dice_chance(50);
    const char *other = storm_other_region(region);
    ask_for_failover(out, 0, region);
    delay_messages(out, 4000, 0, 300);
    for (int i = 0; i < 4; i++) kill_node(out, 1, region, 0, SIGKILL);
    if (asks) ask_for_failover(out, 50 + dice_below(500), other);
    for (int i = 0; !asks && i < 3; i++)
        kill_node(out, i ? dice_below(60) : 50 + dice_below(400), storm_regions[dice_below(STORM_REGIONS)], 0, SIGKILL);
    delay_messages(out, 1000, 0, 1);
}

/* The primary returns, of which nobody hears for so long (T17) that its return has just begun anew. */
static void return_unheard(struct steps *out)
{
    ask_for_failover(out, 0, region);
    delay_messages(out, 4000, 90, 5);
    for (int i = 0; i < 4; i++) kill_node(out, 1, region, 0, SIGKILL);
    cut_off(out, 6000, region, 9080 + dice_below(130));
    delay_messages(out, 9500, 0, 1);
}

void storm_scene(struct steps *out, const struct mood *m)
{
    static void (*const scenes[])(struct steps *) = {restore_what_is_gone, keep_what_can_not_be_saved, ask_in_the_midst,
        delete_what_is_stuck, ask_of_a_group_in_the_midst, change_what_takes_a_restart, change_users, let_days_pass,
        let_the_window_come, reset_in_the_midst, die_while_an_order_comes, die_while_an_order_comes};
    static void (*const of_datastores[])(struct steps *) = {
        die_while_roles_move, die_while_roles_move, lose_a_region, take_an_order_back_too_late, disturb_a_return, return_unheard};
    region = storm_regions[dice_below(STORM_REGIONS)];
    group = m->groups > 1 ? DICE_PICK("g0", "g1") : "g0";
    if (m->datastores > 10 && dice_chance(70)) of_datastores[dice_below(sizeof of_datastores / sizeof *of_datastores)](out);
    else scenes[dice_below(sizeof scenes / sizeof *scenes)](out);
}
