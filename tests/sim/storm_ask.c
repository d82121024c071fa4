#include "catalog/offering.h"
#include "catalog/service_update.h"
#include "dice.h"
#include "machine.h"
#include "storm_int.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* What is asked for in a storm: every operation that is served. */

const char *const storm_regions[STORM_REGIONS] = {"us-east-1", "eu-west-1", "ap-southeast-2"};

void storm_ask(struct step *s, const char *region, const char *action, const char *fmt, ...)
{
    va_list ap;
    s->verb = VERB_ASK;
    snprintf(s->region, sizeof s->region, "%s", region);
    snprintf(s->action, sizeof s->action, "%s", action);
    va_start(ap, fmt);
    vsnprintf(s->form, sizeof s->form, fmt, ap);
    va_end(ap);
    for (char *c = s->form; *c; c++)
        if (*c == ' ') *c = '+';
}

const char *storm_other_region(const char *region)
{
    const char *other = region;
    while (strcmp(other, region) == 0) other = storm_regions[dice_below(STORM_REGIONS)];
    return other;
}

bool storm_in_shards, storm_of_two;

void storm_ask_for_group(struct step *s, const char *region, const char *g, int nodes)
{
    if (storm_in_shards)
        storm_ask(s, region, "CreateReplicationGroup",
            "ReplicationGroupId=%s&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumNodeGroups=2"
            "&ReplicasPerNodeGroup=%d&AutomaticFailoverEnabled=true&CacheParameterGroupName=default.redis7.cluster.on",
            g, nodes - 1);
    else
        storm_ask(s, region, "CreateReplicationGroup",
            "ReplicationGroupId=%s&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=%d"
            "&AutomaticFailoverEnabled=true",
            g, nodes);
}

static const char *boolean(void)
{
    return dice_chance(60) ? "true" : "false";
}

static void ask_of_encryption(struct step *s, const char *region, const char *g)
{
    if (dice_chance(40))
        storm_ask(s, region, "CreateReplicationGroup",
            "ReplicationGroupId=%s&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=2"
            "&AutomaticFailoverEnabled=true&TransitEncryptionEnabled=true&TransitEncryptionMode=%s",
            g, DICE_PICK("preferred", "required"));
    else if (dice_chance(20))
        storm_ask(s, region, "ModifyReplicationGroup",
            "ReplicationGroupId=%s&ApplyImmediately=true&AuthToken=sixteen-letters-at-least&AuthTokenUpdateStrategy=%s", g,
            DICE_PICK("SET", "ROTATE"));
    else
        storm_ask(s, region, "ModifyReplicationGroup",
            "ReplicationGroupId=%s&ApplyImmediately=true&TransitEncryptionEnabled=%s&TransitEncryptionMode=%s", g,
            DICE_PICK("true", "true", "false"), DICE_PICK("preferred", "preferred", "required"));
}

/* What waits for the maintenance window, and where that is. */
static void ask_for_later(struct step *s, const char *region, const char *g)
{
    if (dice_chance(30))
        storm_ask(s, region, "ModifyReplicationGroup",
            "ReplicationGroupId=%s&ApplyImmediately=true&PreferredMaintenanceWindow=%s:00:00-%s:23:00", g,
            DICE_PICK("mon", "wed", "sat"), DICE_PICK("mon", "wed", "sat"));
    else if (dice_chance(30))
        storm_ask(s, region, "ModifyReplicationGroup", "ReplicationGroupId=%s&ApplyImmediately=false&EngineVersion=%s", g,
            DICE_PICK("7.0", "7.1"));
    else
        storm_ask(s, region, "ModifyReplicationGroup", "ReplicationGroupId=%s%s&AutomaticFailoverEnabled=%s", g,
            dice_chance(50) ? "&ApplyImmediately=false" : "", boolean());
}

static void ask_of_logs(struct step *s, const char *region, const char *g)
{
    bool enabled = dice_chance(70);
    storm_ask(s, region, "ModifyReplicationGroup",
        "ReplicationGroupId=%s&ApplyImmediately=%s&LogDeliveryConfigurations.LogDeliveryConfigurationRequest.1.LogType=%s"
        "&LogDeliveryConfigurations.LogDeliveryConfigurationRequest.1.Enabled=%s%s",
        g, boolean(), DICE_PICK("slow-log", "engine-log"), enabled ? "true" : "false",
        enabled
            ? "&LogDeliveryConfigurations.LogDeliveryConfigurationRequest.1.DestinationType=cloudwatch-logs"
              "&LogDeliveryConfigurations.LogDeliveryConfigurationRequest.1.LogFormat=json"
              "&LogDeliveryConfigurations.LogDeliveryConfigurationRequest.1.DestinationDetails.CloudWatchLogsDetails.LogGroup=l"
            : "");
}

/* Restarts every node, one after the other, with its data. */
static void ask_of_service_update(struct step *s, const char *region, const char *g)
{
    struct service_update u;
    service_update_at((int)dice_below(2), MACHINE_BEGINS_MS, &u);
    storm_ask(s, region, DICE_PICK("BatchApplyUpdateAction", "BatchApplyUpdateAction", "BatchStopUpdateAction"),
        "ServiceUpdateName=%s&%s=%s", u.name, dice_chance(80) ? "ReplicationGroupIds.member.1" : "CacheClusterIds.member.1",
        dice_chance(80) ? g : "c0");
}

static void ask_for_reserved_node(struct step *s, const char *region)
{
    struct offering o;
    if (!offering_at((size_t)dice_below((int64_t)offering_places()), &o)) offering_at(0, &o);
    storm_ask(s, region, "PurchaseReservedCacheNodesOffering", "ReservedCacheNodesOfferingId=%s&ReservedCacheNodeId=r%d", o.id,
        (int)dice_below(5));
}

static void ask_of_group(struct step *s, const char *region, const char *g)
{
    switch (dice_below(19)) {
    case 0:
    case 1:
    case 2:
        if (storm_in_shards) return storm_ask_for_group(s, region, g, 1 + (int)dice_below(3));
        storm_ask(s, region, "CreateReplicationGroup",
            "ReplicationGroupId=%s&ReplicationGroupDescription=d&Engine=%s&CacheNodeType=cache.r6g.large&NumCacheClusters=%d"
            "&AutomaticFailoverEnabled=%s",
            g, DICE_PICK("redis", "redis", "valkey"), 1 + (int)dice_below(3), boolean());
        return;
    case 3:
        storm_ask(s, region, "DeleteReplicationGroup", "ReplicationGroupId=%s%s", g,
            dice_chance(20) ? "&RetainPrimaryCluster=true" : "");
        return;
    case 4:
        storm_ask(s, region, "ModifyReplicationGroup", "ReplicationGroupId=%s&ApplyImmediately=true&AutomaticFailoverEnabled=%s",
            g, boolean());
        return;
    case 5:
    case 6:
        storm_ask(s, region, "ModifyReplicationGroup", "ReplicationGroupId=%s&ApplyImmediately=true&PrimaryClusterId=%s-00%d%s",
            g, g, 1 + (int)dice_below(4), dice_chance(50) ? "&AutomaticFailoverEnabled=false" : "");
        return;
    case 7:
        storm_ask(s, region, "ModifyReplicationGroup", "ReplicationGroupId=%s&ApplyImmediately=%s&CacheNodeType=%s", g, boolean(),
            DICE_PICK("cache.r6g.large", "cache.r6g.xlarge", "cache.t4g.small"));
        return;
    case 8:
        storm_ask(s, region, "ModifyReplicationGroup", "ReplicationGroupId=%s&ApplyImmediately=true&EngineVersion=%s", g,
            DICE_PICK("7.0", "7.1", "6.2"));
        return;
    case 9:
    case 10:
        storm_ask(s, region, "IncreaseReplicaCount", "ReplicationGroupId=%s&ApplyImmediately=true&NewReplicaCount=%d", g,
            1 + (int)dice_below(3));
        return;
    case 11:
        storm_ask(s, region, "DecreaseReplicaCount", "ReplicationGroupId=%s&ApplyImmediately=true&NewReplicaCount=%d", g,
            (int)dice_below(3));
        return;
    case 12: storm_ask(s, region, "TestFailover", "ReplicationGroupId=%s&NodeGroupId=0001", g); return;
    case 13: ask_of_encryption(s, region, g); return;
    case 15: ask_for_later(s, region, g); return;
    case 16: ask_of_logs(s, region, g); return;
    case 17: ask_of_service_update(s, region, g); return;
    case 14:
        storm_ask(s, region, "ModifyReplicationGroup",
            "ReplicationGroupId=%s&ApplyImmediately=true&SnapshotRetentionLimit=%d&SnapshottingClusterId=%s-00%d", g,
            (int)dice_below(3), g, 1 + (int)dice_below(2));
        return;
    default:
        storm_ask(s, region, "RebootCacheCluster", "CacheClusterId=%s-00%d&CacheNodeIdsToReboot.CacheNodeId.1=0001", g,
            1 + (int)dice_below(3));
        return;
    }
}

static void ask_of_datastores_shards(struct step *s, const char *region)
{
    const char *action = DICE_PICK("IncreaseNodeGroupsInGlobalReplicationGroup", "DecreaseNodeGroupsInGlobalReplicationGroup",
        "RebalanceSlotsInGlobalReplicationGroup");
    if (action[0] == 'R') storm_ask(s, region, action, "GlobalReplicationGroupId=ldgnf-d0&ApplyImmediately=true");
    else
        storm_ask(s, region, action, "GlobalReplicationGroupId=ldgnf-d0&ApplyImmediately=true&NodeGroupCount=%d",
            1 + (int)dice_below(3));
}

static void ask_of_datastore(struct step *s, const char *region, const char *g)
{
    const char *other = storm_regions[dice_below(STORM_REGIONS)];
    switch (dice_below(11)) {
    case 0:
    case 1:
        storm_ask(s, region, "CreateGlobalReplicationGroup", "GlobalReplicationGroupIdSuffix=d0&PrimaryReplicationGroupId=%s", g);
        return;
    case 2:
    case 3:
        storm_ask(s, region, "CreateReplicationGroup",
            "ReplicationGroupId=%s&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-d0&%s=%d", g,
            storm_in_shards ? "ReplicasPerNodeGroup" : "NumCacheClusters", 1 + (int)dice_below(2));
        return;
    case 4:
    case 5:
    case 6:
        storm_ask(s, region, "FailoverGlobalReplicationGroup",
            "GlobalReplicationGroupId=ldgnf-d0&PrimaryRegion=%s&PrimaryReplicationGroupId=%s", other, g);
        return;
    case 7:
        storm_ask(s, region, "DisassociateGlobalReplicationGroup",
            "GlobalReplicationGroupId=ldgnf-d0&ReplicationGroupRegion=%s&ReplicationGroupId=%s", other, g);
        return;
    case 9: ask_of_datastores_shards(s, region); return;
    case 8:
        if (dice_chance(50)) {
            storm_ask(s, region, "DeleteGlobalReplicationGroup",
                "GlobalReplicationGroupId=ldgnf-d0&RetainPrimaryReplicationGroup=true");
            return;
        } /* fall through */
    default:
        storm_ask(s, region, "ModifyGlobalReplicationGroup",
            "GlobalReplicationGroupId=ldgnf-d0&ApplyImmediately=true&AutomaticFailoverEnabled=%s", boolean());
        return;
    }
}

static void ask_of_shards(struct step *s, const char *region)
{
    switch (dice_below(8)) {
    case 0:
    case 1:
        storm_ask(s, region, "CreateReplicationGroup",
            "ReplicationGroupId=k0&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumNodeGroups=%d"
            "&ReplicasPerNodeGroup=%d&AutomaticFailoverEnabled=true&CacheParameterGroupName=default.redis7.cluster.on",
            1 + (int)dice_below(3), (int)dice_below(3));
        return;
    case 2:
    case 3:
    case 4: {
        int n = 1 + (int)dice_below(4);
        char removed[300] = "";
        if (dice_chance(20)) snprintf(removed, sizeof removed, "&NodeGroupsToRemove.NodeGroupToRemove.1=000%d", n + 1);
        else if (dice_chance(40))
            snprintf(removed, sizeof removed, "&NodeGroupsToRetain.NodeGroupToRetain.1=0001%s",
                n > 1 ? "&NodeGroupsToRetain.NodeGroupToRetain.2=0002" : "");
        storm_ask(s, region, "ModifyReplicationGroupShardConfiguration",
            "ReplicationGroupId=k0&ApplyImmediately=true&NodeGroupCount=%d%s", n, removed);
        return;
    }
    case 5: storm_ask(s, region, "TestFailover", "ReplicationGroupId=k0&NodeGroupId=000%d", 1 + (int)dice_below(3)); return;
    case 6:
        storm_ask(s, region, dice_chance(50) ? "IncreaseReplicaCount" : "DecreaseReplicaCount",
            "ReplicationGroupId=k0&ApplyImmediately=true&NewReplicaCount=%d", (int)dice_below(3));
        return;
    default: storm_ask(s, region, "DeleteReplicationGroup", "ReplicationGroupId=k0"); return;
    }
}

static void ask_of_cluster(struct step *s, const char *region)
{
    const char *c = DICE_PICK("c0", "m0");
    bool memcached = c[0] == 'm';
    switch (dice_below(6)) {
    case 0:
    case 1:
        storm_ask(s, region, "CreateCacheCluster", "CacheClusterId=%s&Engine=%s&CacheNodeType=cache.t4g.small&NumCacheNodes=%d",
            c, memcached ? "memcached" : "redis", memcached ? 1 + (int)dice_below(3) : 1);
        return;
    case 2: storm_ask(s, region, "DeleteCacheCluster", "CacheClusterId=%s", c); return;
    case 3: storm_ask(s, region, "RebootCacheCluster", "CacheClusterId=%s&CacheNodeIdsToReboot.CacheNodeId.1=0001", c); return;
    case 4:
        storm_ask(
            s, region, "ModifyCacheCluster", "CacheClusterId=m0&ApplyImmediately=true&NumCacheNodes=%d", 1 + (int)dice_below(4));
        return;
    default:
        storm_ask(s, region, "ModifyCacheCluster", "CacheClusterId=c0&ApplyImmediately=true&CacheNodeType=%s",
            DICE_PICK("cache.t4g.small", "cache.r6g.large"));
        return;
    }
}

static void ask_of_access(struct step *s, const char *region, const char *g)
{
    switch (dice_below(8)) {
    case 0:
        storm_ask(s, region, "CreateUser",
            "UserId=u%d&UserName=%s&Engine=redis&AccessString=on ~* %%2B@all&NoPasswordRequired=true", (int)dice_below(3),
            dice_chance(50) ? "default" : "other");
        return;
    case 1:
        storm_ask(s, region, "CreateUserGroup", "UserGroupId=ug0&Engine=redis&UserIds.member.1=u0%s",
            dice_chance(50) ? "&UserIds.member.2=u1" : "");
        return;
    case 2:
        storm_ask(s, region, "ModifyUser", "UserId=u%d&AccessString=%s", (int)dice_below(3),
            DICE_PICK("on ~* %2B@read", "on ~* %2B@all"));
        return;
    case 3: storm_ask(s, region, "DeleteUser", "UserId=u%d", (int)dice_below(3)); return;
    case 4: storm_ask(s, region, "DeleteUserGroup", "UserGroupId=ug0"); return;
    case 5:
        storm_ask(s, region, "ModifyReplicationGroup",
            "ReplicationGroupId=%s&ApplyImmediately=true&UserGroupIdsTo%s.member.1=ug0", g, DICE_PICK("Add", "Add", "Remove"));
        return;
    default:
        storm_ask(s, region, "ModifyUserGroup", "UserGroupId=ug0&UserIdsTo%s.member.1=u%d", DICE_PICK("Add", "Add", "Remove"),
            (int)dice_below(3));
        return;
    }
}

static void ask_of_parameters(struct step *s, const char *region, const char *g)
{
    switch (dice_below(7)) {
    case 0:
        storm_ask(
            s, region, "CreateCacheParameterGroup", "CacheParameterGroupName=p0&CacheParameterGroupFamily=redis7&Description=d");
        return;
    case 1:
    case 2:
        storm_ask(s, region, "ModifyCacheParameterGroup",
            "CacheParameterGroupName=p0&ParameterNameValues.ParameterNameValue.1.ParameterName=%s"
            "&ParameterNameValues.ParameterNameValue.1.ParameterValue=%d",
            DICE_PICK("timeout", "databases"), 8 + (int)dice_below(3));
        return;
    case 3: storm_ask(s, region, "ResetCacheParameterGroup", "CacheParameterGroupName=p0&ResetAllParameters=true"); return;
    case 4:
        if (dice_chance(30)) {
            storm_ask(s, region, "DeleteCacheParameterGroup", "CacheParameterGroupName=p0");
            return;
        } /* fall through */
    default:
        storm_ask(s, region, "ModifyReplicationGroup", "ReplicationGroupId=%s&ApplyImmediately=true&CacheParameterGroupName=%s",
            g, DICE_PICK("p0", "p0", "default.redis7"));
        return;
    }
}

static void ask_of_serverless(struct step *s, const char *region)
{
    switch (dice_below(10)) {
    case 0:
    case 1:
        storm_ask(s, region, "CreateServerlessCache", "ServerlessCacheName=z0&Engine=%s&CacheUsageLimits.DataStorage.Maximum=%d",
            DICE_PICK("redis", "valkey"), 1 + (int)dice_below(5));
        return;
    case 2:
        storm_ask(s, region, "DeleteServerlessCache", "ServerlessCacheName=z0%s", dice_chance(30) ? "&FinalSnapshotName=zf" : "");
        return;
    case 3:
        storm_ask(s, region, "ModifyServerlessCache", "ServerlessCacheName=z0&CacheUsageLimits.DataStorage.Maximum=%d%s",
            (int)dice_below(5), dice_chance(30) ? "&Engine=valkey" : "&UserGroupId=ug0");
        return;
    case 4:
        storm_ask(s, region, "CreateServerlessCacheSnapshot", "ServerlessCacheName=z0&ServerlessCacheSnapshotName=zs%d",
            (int)dice_below(3));
        return;
    case 5:
        storm_ask(s, region, "CopyServerlessCacheSnapshot",
            "SourceServerlessCacheSnapshotName=zs%d&TargetServerlessCacheSnapshotName=zs%d", (int)dice_below(3),
            (int)dice_below(3));
        return;
    case 6: storm_ask(s, region, "DeleteServerlessCacheSnapshot", "ServerlessCacheSnapshotName=zs%d", (int)dice_below(3)); return;
    case 7:
        storm_ask(s, region, "CreateServerlessCache",
            "ServerlessCacheName=z0&Engine=redis&SnapshotArnsToRestore.SnapshotArn.1=arn:aws:elasticache:%s:000000000000:"
            "serverlesscachesnapshot:zs%d",
            region, (int)dice_below(3));
        return;
    default:
        storm_ask(s, region, DICE_PICK("DescribeServerlessCaches", "DescribeServerlessCacheSnapshots"), "MaxResults=%d",
            1 + (int)dice_below(50));
        return;
    }
}

static const char *const describing[] = {"DescribeCacheClusters", "DescribeCacheEngineVersions", "DescribeEvents",
    "DescribeGlobalReplicationGroups", "DescribeCacheParameterGroups", "DescribeReplicationGroups", "DescribeCacheSecurityGroups",
    "DescribeSnapshots", "DescribeCacheSubnetGroups", "DescribeUsers", "DescribeUserGroups", "DescribeServiceUpdates",
    "DescribeUpdateActions", "DescribeReservedCacheNodes", "DescribeReservedCacheNodesOfferings"};

/* What reads, and what no process has to do with: it shares the database with all the others. */
static void ask_of_rest(struct step *s, const char *region, const char *g)
{
    switch (dice_below(20)) {
    case 0: storm_ask(s, region, "ListAllowedNodeTypeModifications", "ReplicationGroupId=%s", g); return;
    case 1:
        storm_ask(s, region, "DescribeCacheParameters", "CacheParameterGroupName=%s", DICE_PICK("p0", "default.redis7"));
        return;
    case 2: storm_ask(s, region, "DescribeEngineDefaultParameters", "CacheParameterGroupFamily=redis7"); return;
    case 3: storm_ask(s, region, "CreateCacheSecurityGroup", "CacheSecurityGroupName=sg0&Description=d"); return;
    case 4:
        storm_ask(s, region, DICE_PICK("AuthorizeCacheSecurityGroupIngress", "RevokeCacheSecurityGroupIngress"),
            "CacheSecurityGroupName=sg0&EC2SecurityGroupName=e0&EC2SecurityGroupOwnerId=000000000000");
        return;
    case 5: storm_ask(s, region, "DeleteCacheSecurityGroup", "CacheSecurityGroupName=sg0"); return;
    case 6:
        storm_ask(s, region, DICE_PICK("CreateCacheSubnetGroup", "ModifyCacheSubnetGroup"),
            "CacheSubnetGroupName=sn0&CacheSubnetGroupDescription=d&SubnetIds.SubnetIdentifier.1=subnet-0000000%d",
            (int)dice_below(3));
        return;
    case 7: storm_ask(s, region, "DeleteCacheSubnetGroup", "CacheSubnetGroupName=sn0"); return;
    case 12: ask_for_reserved_node(s, region); return;
    case 10:
    case 11: ask_of_serverless(s, region); return;
    case 8:
    case 9: {
        const char *action = DICE_PICK("AddTagsToResource", "RemoveTagsFromResource", "ListTagsForResource");
        storm_ask(s, region, action, "ResourceName=arn:aws:elasticache:%s:000000000000:replicationgroup:%s%s", region, g,
            action[0] == 'A'   ? "&Tags.Tag.1.Key=k&Tags.Tag.1.Value=v"
            : action[0] == 'R' ? "&TagKeys.member.1=k"
                               : "");
        return;
    }
    default:
        storm_ask(
            s, region, describing[dice_below(sizeof describing / sizeof *describing)], "MaxRecords=%d", 20 + (int)dice_below(80));
        return;
    }
}

static void ask_of_snapshot(struct step *s, const char *region, const char *g)
{
    int n = (int)dice_below(3);
    switch (dice_below(6)) {
    case 4:
        storm_ask(s, region, "CopySnapshot", "SourceSnapshotName=s%d&TargetSnapshotName=s%d&TargetBucket=bucket", n,
            (int)dice_below(9));
        return;
    case 0:
    case 1:
        storm_ask(s, region, "CreateSnapshot", "SnapshotName=s%d&ReplicationGroupId=%s", n, DICE_PICK("g0", "k0", "g1"));
        return;
    case 2: storm_ask(s, region, "CopySnapshot", "SourceSnapshotName=s%d&TargetSnapshotName=s%d", n, (int)dice_below(3)); return;
    case 3: storm_ask(s, region, "DeleteSnapshot", "SnapshotName=s%d", n); return;
    default:
        storm_ask(s, region, "CreateReplicationGroup",
            "ReplicationGroupId=%s&ReplicationGroupDescription=d&Engine=redis&CacheNodeType=cache.r6g.large&NumCacheClusters=2"
            "&AutomaticFailoverEnabled=true&SnapshotName=s%d",
            g, n);
        return;
    }
}

void storm_ask_something(struct step *s, const struct mood *m)
{
    char g[8];
    const char *region = storm_regions[dice_below(STORM_REGIONS)];
    int at = (int)dice_below(30 + m->datastores + m->shards + m->clusters + m->access + m->snapshots + m->rest);
    snprintf(g, sizeof g, "g%d", (int)dice_below(m->groups));
    if ((at -= 30) < 0) ask_of_group(s, region, g);
    else if ((at -= m->datastores) < 0) ask_of_datastore(s, region, g);
    else if ((at -= m->shards) < 0) ask_of_shards(s, region);
    else if ((at -= m->clusters) < 0) ask_of_cluster(s, region);
    else if ((at -= m->access) < 0 && dice_chance(50)) ask_of_access(s, region, g);
    else if (at < 0) ask_of_parameters(s, region, g);
    else if ((at -= m->snapshots) < 0) ask_of_snapshot(s, region, g);
    else ask_of_rest(s, region, g);
    if (storm_of_two && s->verb == VERB_ASK && dice_chance(40)) strcat(s->region, "@111111111111");
}
