#include "auth/resource.h"
#include "catalog/region.h"
#include "http/scope.h"
#include "model/form.h"
#include <stdio.h>
#include <string.h>

/* What an action is called after, the longer names first: CreateServerlessCacheSnapshot is about a snapshot. */
static const struct {
    const char *noun, *parameter, *type;
} kinds[] = {
    {"ServerlessCacheSnapshot", "ServerlessCacheSnapshotName", "serverlesscachesnapshot"},
    {"ServerlessCache", "ServerlessCacheName", "serverlesscache"},
    {"GlobalReplicationGroup", "GlobalReplicationGroupId", "globalreplicationgroup"},
    {"ReplicationGroup", "ReplicationGroupId", "replicationgroup"},
    {"Replica", "ReplicationGroupId", "replicationgroup"},
    {"Migration", "ReplicationGroupId", "replicationgroup"},
    {"Failover", "ReplicationGroupId", "replicationgroup"},
    {"CacheParameterGroup", "CacheParameterGroupName", "parametergroup"},
    {"CacheParameters", "CacheParameterGroupName", "parametergroup"},
    {"CacheSubnetGroup", "CacheSubnetGroupName", "subnetgroup"},
    {"CacheSecurityGroup", "CacheSecurityGroupName", "securitygroup"},
    {"CacheCluster", "CacheClusterId", "cluster"},
    {"NodeTypeModifications", "ReplicationGroupId", "replicationgroup"},
    {"ReservedCacheNodes", "ReservedCacheNodeId", "reserved-instance"},
    {"Snapshot", "SnapshotName", "snapshot"},
    {"UserGroup", "UserGroupId", "usergroup"},
    {"User", "UserId", "user"},
};

void resource_of(const struct scope *scope, const char *action, const struct form *form, char out[RESOURCE_SIZE])
{
    const struct region *region = region_find(scope->region);
    const char *arn = form_get(form, "ResourceName");
    snprintf(out, RESOURCE_SIZE, "%.300s", arn ? arn : "*");
    for (size_t i = 0; arn == NULL && region && i < sizeof kinds / sizeof *kinds; i++) {
        const char *id = strstr(action, kinds[i].noun) ? form_get(form, kinds[i].parameter) : NULL;
        if (id == NULL) continue;
        bool global = strcmp(kinds[i].type, "globalreplicationgroup") == 0;
        snprintf(out, RESOURCE_SIZE, "arn:%s:elasticache:%s:%s:%s:%.200s", region->partition->name, global ? "" : region->name,
            scope->account, kinds[i].type, id);
        return;
    }
}
