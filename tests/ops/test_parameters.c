#include "catalog/parameter.h"
#include "fixture.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define VALUE FAULT_INVALID_PARAMETER_VALUE
#define COMBINATION FAULT_INVALID_PARAMETER_COMBINATION
#define STATE FAULT_INVALID_CACHE_PARAMETER_GROUP_STATE
#define NOT_FOUND FAULT_CACHE_PARAMETER_GROUP_NOT_FOUND
#define FAMILY "CacheParameterGroupFamily=redis7&Description=d&CacheParameterGroupName="
#define IN "CacheParameterGroupName=there&"
#define P1 "ParameterNameValues.ParameterNameValue.1."
#define P2 "ParameterNameValues.ParameterNameValue.2."
#define ONE(name, value) P1 "ParameterName=" name "&" P1 "ParameterValue=" value
#define TWO(name, value, name2, value2) ONE(name, value) "&" P2 "ParameterName=" name2 "&" P2 "ParameterValue=" value2
#define RG "ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&"

static const void *run(const char *region, const char *action, const char *form)
{
    struct answer a = fixture_run(region, action, form);
    cr_assert_eq(a.fault, 0, "%s %s: %s", action, form, a.message);
    return a.out;
}

static void setup(void)
{
    fixture_open();
    run("us-east-1", "CreateCacheParameterGroup", FAMILY "There");
}

TestSuite(parameters, .init = setup, .fini = fixture_close);

static const struct api_describe_cache_parameters_out *parameters(const char *region, const char *form)
{
    return run(region, "DescribeCacheParameters", form);
}

static const struct api_parameter *find(const struct api_parameter_list *l, const char *name)
{
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->items[i].parameter_name, name) == 0) return &l->items[i];
    return NULL;
}

/* What users set in a group, as "name=value name=value". */
static const char *set_by_user(const char *region, const char *group)
{
    static char text[500];
    char form[120];
    snprintf(form, sizeof form, "CacheParameterGroupName=%s&Source=user", group);
    const struct api_parameter_list *l = &parameters(region, form)->parameters;
    text[0] = '\0';
    for (size_t i = 0; i < l->n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s=%s", i ? " " : "", l->items[i].parameter_name,
            l->items[i].parameter_value);
    return text;
}

static const struct api_cache_parameter_group *group(const char *region, const char *name)
{
    char form[120];
    snprintf(form, sizeof form, "CacheParameterGroupName=%s", name);
    const struct api_describe_cache_parameter_groups_out *out = run(region, "DescribeCacheParameterGroups", form);
    cr_assert_eq(out->cache_parameter_groups.n, 1u);
    return out->cache_parameter_groups.items;
}

static struct row_cache_cluster *cluster(const char *region, const char *id)
{
    static struct arena a;
    struct row_cache_cluster *c;
    struct err e;
    cr_assert_eq(q_cluster_get(fixture_store(), &a, region, id, &c, &e), 0);
    return c;
}

static void set_in_sync(const char *region, const char *id)
{
    struct row_cache_cluster *c = cluster(region, id);
    struct err e;
    c->parameter_apply_status = APPLY_IN_SYNC;
    cr_assert_eq(q_cache_cluster_put(fixture_store(), c, &e), 0);
}

Test(parameters, faults_of_groups_are_those_of_the_service)
{
    static const struct fixture_line table[] = {
        {"CreateCacheParameterGroup", FAMILY "1x", VALUE, "The parameter CacheParameterGroupName" BAD_ID},
        {"CreateCacheParameterGroup", FAMILY "default.mine", VALUE, "The parameter CacheParameterGroupName" BAD_ID},
        {"CreateCacheParameterGroup", FAMILY "THERE", FAULT_CACHE_PARAMETER_GROUP_ALREADY_EXISTS,
            "Parameter group there already exists"},
        {"CreateCacheParameterGroup", "CacheParameterGroupFamily=redis8&Description=d&CacheParameterGroupName=x", VALUE,
            "CacheParameterGroupFamily redis8 is not a valid parameter group family."},
        {"CreateCacheParameterGroup", "CacheParameterGroupFamily=redis7&CacheParameterGroupName=x", VALUE,
            "The parameter Description must be provided and must not be null."},
        {"CreateCacheParameterGroup", FAMILY "x&Tags.Tag.1.Key=aws:x", VALUE,
            "Tag keys that begin with aws: are reserved for system use."},
        {"DescribeCacheParameterGroups", "CacheParameterGroupName=x", NOT_FOUND, "CacheParameterGroup x not found."},
        {"DescribeCacheParameters", "CacheParameterGroupName=x", NOT_FOUND, "CacheParameterGroup x not found."},
        {"DescribeCacheParameters", IN "Source=me", VALUE, "Invalid source: me..."},
        {"DescribeEngineDefaultParameters", "CacheParameterGroupFamily=redis1", VALUE,
            "CacheParameterGroupFamily redis1 is not a valid parameter group family."},
        {"DeleteCacheParameterGroup", "CacheParameterGroupName=x", NOT_FOUND, "CacheParameterGroupnot found: x"},
        {"DeleteCacheParameterGroup", "CacheParameterGroupName=default.redis7", VALUE,
            "The parameter CacheParameterGroupName" BAD_ID},
        {"DeleteCacheParameterGroup", "CacheParameterGroupName=THERE", 0, NULL},
        {"DeleteCacheParameterGroup", "CacheParameterGroupName=there", NOT_FOUND, "CacheParameterGroupnot found: there"},
    };
    CHECK("us-east-1", table);
}

Test(parameters, faults_of_values_are_those_of_the_service)
{
    static const struct fixture_line table[] = {
        {"ModifyCacheParameterGroup", "CacheParameterGroupName=x&" ONE("timeout", "20"), NOT_FOUND,
            "CacheParameterGroup not found: x"},
        {"ModifyCacheParameterGroup", "CacheParameterGroupName=default.redis7&" ONE("timeout", "20"), VALUE,
            "The parameter CacheParameterGroupName" BAD_ID},
        {"ModifyCacheParameterGroup", IN, VALUE, "The parameter ParameterNameValues must be provided and must not be null."},
        {"ModifyCacheParameterGroup", IN ONE("nope", "20"), VALUE, "Parameter nope doesn't exist"},
        {"ModifyCacheParameterGroup", IN P1 "ParameterName=timeout", VALUE,
            "The parameter ParameterValue must be provided and must not be null."},
        {"ModifyCacheParameterGroup", IN P1 "ParameterValue=20", VALUE,
            "The parameter ParameterName must be provided and must not be null."},
        {"ModifyCacheParameterGroup", IN ONE("timeout", "10"), VALUE,
            "Invalid parameter value: 10 for: timeout allowed values are: 0,20-"},
        {"ModifyCacheParameterGroup", IN ONE("maxclients", "10"), VALUE, "The parameter maxclients cannot be modified."},
        {"ModifyCacheParameterGroup", IN TWO("reserved-memory", "1", "reserved-memory-percent", "2"), COMBINATION,
            "The parameters reserved-memory and..."},
        {"ModifyCacheParameterGroup", IN TWO("timeout", "20", "nope", "1"), VALUE, "Parameter nope doesn't exist"},
        {"ResetCacheParameterGroup", "CacheParameterGroupName=x&ResetAllParameters=true", NOT_FOUND,
            "CacheParameterGroup not found: x"},
        {"ResetCacheParameterGroup", "CacheParameterGroupName=default.redis7&ResetAllParameters=true", VALUE,
            "The parameter CacheParameterGroupName" BAD_ID},
        {"ResetCacheParameterGroup", IN, VALUE, "The parameter ParameterNameValues must be provided and must not be null."},
        {"ResetCacheParameterGroup", IN "ResetAllParameters=true&" ONE("timeout", "1"), COMBINATION,
            "ParameterNameValues can't be used..."},
        {"ResetCacheParameterGroup", IN ONE("nope", "20"), VALUE, "Parameter nope doesn't exist"},
        {"ResetCacheParameterGroup", IN ONE("reserved-memory", "20"), VALUE, "Parameter reserved-memory doesn't exist"},
        {"ResetCacheParameterGroup", IN ONE("timeout", "20"), 0, NULL},
    };
    CHECK("us-east-1", table);
    cr_assert_str_eq(set_by_user("us-east-1", "there"), "");
}

Test(parameters, a_request_names_at_most_twenty)
{
    char form[4000] = "CacheParameterGroupName=there";
    for (int i = 1; i <= 21; i++)
        snprintf(form + strlen(form), sizeof form - strlen(form),
            "&ParameterNameValues.ParameterNameValue.%d.ParameterName=timeout&ParameterNameValues.ParameterNameValue.%d."
            "ParameterValue=20",
            i, i);
    struct answer a = fixture_run("us-east-1", "ModifyCacheParameterGroup", form);
    cr_assert_eq(a.fault, COMBINATION);
    cr_assert_str_eq(a.message, "Cannot modify more than 20 parameters in a single request");
}

Test(parameters, a_region_has_three_hundred_groups_at_most)
{
    char name[20];
    struct err e;
    for (int i = 1; i < 300; i++) {
        snprintf(name, sizeof name, "group-%d", i);
        struct row_parameter_group row = {
            .region = "us-east-1", .name = name, .account = "000000000000", .family = "redis7", .description = "d"};
        cr_assert_eq(q_parameter_group_put(fixture_store(), &row, &e), 0);
    }
    static const struct fixture_line full[] = {
        {"CreateCacheParameterGroup", FAMILY "one-more", FAULT_CACHE_PARAMETER_GROUP_QUOTA_EXCEEDED,
            "You can have at most 300 cache parameter groups in this region."},
        {"DeleteCacheParameterGroup", "CacheParameterGroupName=group-1", 0, NULL},
        {"CreateCacheParameterGroup", FAMILY "one-more", 0, NULL},
    };
    CHECK("us-east-1", full);
}

Test(parameters, the_default_groups_are_there_from_the_start)
{
    const struct api_cache_parameter_group *g = group("us-east-1", "default.redis7");
    cr_assert_str_eq(g->cache_parameter_group_family, "redis7");
    cr_assert_str_eq(g->description, "Default parameter group for redis7");
    cr_assert_str_eq(g->arn, "arn:aws:elasticache:us-east-1:000000000000:parametergroup:default.redis7");
    cr_assert_str_eq(group("eu-west-1", "DEFAULT.redis7.cluster.on")->description,
        "Customized default parameter group for redis7 with cluster mode on");
    const struct api_parameter_list *off = &parameters("us-east-1", "CacheParameterGroupName=default.redis7")->parameters;
    const struct api_parameter_list *on =
        &parameters("us-east-1", "CacheParameterGroupName=default.redis7.cluster.on")->parameters;
    cr_assert_str_eq(find(off, "cluster-enabled")->parameter_value, "no");
    cr_assert_str_eq(find(on, "cluster-enabled")->parameter_value, "yes");
    cr_assert_str_eq(find(on, "cluster-enabled")->source, "system");
}

Test(parameters, groups_are_listed_by_name_whoever_made_them)
{
    char form[120] = "MaxRecords=20";
    const char *last = "";
    size_t seen = 0, mine = 0;
    for (;;) {
        const struct api_describe_cache_parameter_groups_out *out = run("us-east-1", "DescribeCacheParameterGroups", form);
        for (size_t i = 0; i < out->cache_parameter_groups.n; i++) {
            const char *name = out->cache_parameter_groups.items[i].cache_parameter_group_name;
            cr_assert_lt(strcmp(last, name), 0, "%s after %s", name, last);
            last = name;
            seen++;
            mine += strcmp(name, "there") == 0;
        }
        if (out->marker == NULL) break;
        cr_assert_eq(out->cache_parameter_groups.n, 20u);
        snprintf(form, sizeof form, "MaxRecords=20&Marker=%s", out->marker);
    }
    cr_assert_eq(seen, n_default_groups + 1);
    cr_assert_eq(mine, 1u);
}

Test(parameters, only_what_users_changed_has_the_source_user)
{
    run("us-east-1", "ModifyCacheParameterGroup", IN TWO("timeout", "20", "maxmemory-policy", "noeviction"));
    run("us-east-1", "ModifyCacheParameterGroup", IN ONE("tcp-keepalive", "300")); /* its default */
    cr_assert_str_eq(set_by_user("us-east-1", "there"), "maxmemory-policy=noeviction tcp-keepalive=300 timeout=20");
    cr_assert_eq(parameters("us-east-1", IN "Source=user")->cache_node_type_specific_parameters.n, 0u);
    const struct api_describe_cache_parameters_out *all = parameters("us-east-1", IN),
                                                   *system = parameters("us-east-1", IN "Source=system");
    cr_assert_eq(all->parameters.n, system->parameters.n + 3);
    cr_assert_null(find(&system->parameters, "timeout"));
    cr_assert_eq(parameters("us-east-1", IN "Source=engine-default")->parameters.n, 0u);
    const struct api_parameter *p = find(&all->parameters, "timeout");
    cr_assert_str_eq(p->parameter_value, "20");
    cr_assert_str_eq(p->source, "user");
    cr_assert_str_eq(p->allowed_values, "0,20-");
    cr_assert_str_eq(p->data_type, "integer");
    cr_assert_str_eq(p->change_type, "immediate");
    cr_assert(p->is_modifiable.v);
    cr_assert_str_eq(find(&all->parameters, "databases")->change_type, "requires-reboot");
    cr_assert_not(find(&all->parameters, "maxclients")->is_modifiable.v);
}

Test(parameters, a_reset_takes_named_or_all_changes_back)
{
    run("us-east-1", "ModifyCacheParameterGroup", IN TWO("timeout", "20", "maxmemory-policy", "noeviction"));
    run("us-east-1", "ResetCacheParameterGroup", IN ONE("timeout", "20"));
    cr_assert_str_eq(set_by_user("us-east-1", "there"), "maxmemory-policy=noeviction");
    const struct api_reset_cache_parameter_group_out *out =
        run("us-east-1", "ResetCacheParameterGroup", "CacheParameterGroupName=THERE&ResetAllParameters=true");
    cr_assert_str_eq(out->cache_parameter_group_name, "there");
    cr_assert_str_eq(set_by_user("us-east-1", "there"), "");
}

Test(parameters, a_group_reserves_memory_in_one_way_only)
{
    cr_assert_null(find(&parameters("us-east-1", IN)->parameters, "reserved-memory"));
    run("us-east-1", "ModifyCacheParameterGroup", IN ONE("reserved-memory-percent", "30"));
    run("us-east-1", "ModifyCacheParameterGroup", IN ONE("reserved-memory", "1000"));
    cr_assert_str_eq(set_by_user("us-east-1", "there"), "reserved-memory=1000");
    cr_assert_null(find(&parameters("us-east-1", IN)->parameters, "reserved-memory-percent"));
    run("us-east-1", "ModifyCacheParameterGroup", IN ONE("reserved-memory-percent", "30"));
    cr_assert_str_eq(set_by_user("us-east-1", "there"), "reserved-memory-percent=30");
}

Test(parameters, a_familys_defaults_come_with_the_figures_of_the_node_types)
{
    const struct api_describe_engine_default_parameters_out *out =
        run("us-east-1", "DescribeEngineDefaultParameters", "CacheParameterGroupFamily=redis7");
    const struct api_engine_defaults *d = out->engine_defaults;
    cr_assert_str_eq(d->cache_parameter_group_family, "redis7");
    cr_assert_str_eq(find(&d->parameters, "maxmemory-policy")->parameter_value, "volatile-lru");
    const struct api_cache_node_type_specific_parameter_list *l = &d->cache_node_type_specific_parameters;
    cr_assert_eq(l->n, 3u);
    const struct api_cache_node_type_specific_parameter *p = &l->items[2];
    cr_assert_str_eq(p->parameter_name, "maxmemory");
    for (size_t i = 0; i < p->cache_node_type_specific_values.n; i++) {
        const struct api_cache_node_type_specific_value *v = &p->cache_node_type_specific_values.items[i];
        if (strcmp(v->cache_node_type, "cache.m5.large") == 0) cr_assert_str_eq(v->value, "6854542746");
        cr_assert_neq(strcmp(v->cache_node_type, "cache.m8g.large"), 0, "no Redis runs there");
    }
}

Test(parameters, come_in_pages_too)
{
    char form[200] = "CacheParameterGroupFamily=redis7&MaxRecords=25";
    size_t seen = 0, specific = 0;
    for (;;) {
        const struct api_engine_defaults *d =
            ((const struct api_describe_engine_default_parameters_out *)run("us-east-1", "DescribeEngineDefaultParameters", form))
                ->engine_defaults;
        seen += d->parameters.n;
        specific += d->cache_node_type_specific_parameters.n;
        if (d->marker == NULL) break;
        cr_assert_eq(d->parameters.n, 25u);
        snprintf(form, sizeof form, "CacheParameterGroupFamily=redis7&MaxRecords=25&Marker=%s", d->marker);
    }
    cr_assert_gt(seen, 50u);
    cr_assert_eq(specific, 3u, "with the first page alone");
}

Test(parameters, a_group_can_be_tagged_from_the_start)
{
    run("us-east-1", "CreateCacheParameterGroup", FAMILY "tagged&Tags.Tag.1.Key=team&Tags.Tag.1.Value=blue");
    const struct api_list_tags_for_resource_out *out =
        run("us-east-1", "ListTagsForResource", "ResourceName=arn:aws:elasticache:us-east-1:000000000000:parametergroup:tagged");
    cr_assert_eq(out->tag_list.n, 1u);
    cr_assert_str_eq(out->tag_list.items[0].value, "blue");
}

Test(parameters, a_group_in_use_stays_and_keeps_what_a_cluster_is_made_with)
{
    run("us-east-1", "CreateReplicationGroup", RG "ReplicationGroupId=user&CacheParameterGroupName=There");
    cr_assert_str_eq(cluster("us-east-1", "user-001")->parameter_group, "there");
    static const struct fixture_line table[] = {
        {"DeleteCacheParameterGroup", "CacheParameterGroupName=there", STATE,
            "Cache parameter group there is currently in use by a cache cluster."},
        {"ModifyCacheParameterGroup", IN ONE("databases", "32"), VALUE, "The parameter databases can't be modified while..."},
        {"ModifyCacheParameterGroup", IN ONE("databases", "16"), 0, NULL},
        {"ModifyCacheParameterGroup", IN ONE("timeout", "20"), 0, NULL},
        {"ResetCacheParameterGroup", IN ONE("timeout", "20"), STATE,
            "Cannot reset the parameter group because the parameter timeout has pending changes."},
        {"ModifyCacheParameterGroup", IN ONE("timeout", "21"), 0, NULL},
    };
    CHECK("us-east-1", table);
    cr_assert_eq(cluster("us-east-1", "user-001")->parameter_apply_status, APPLY_APPLYING);
    set_in_sync("us-east-1", "user-001");
    run("us-east-1", "ResetCacheParameterGroup", IN ONE("databases", "16"));
    cr_assert_eq(cluster("us-east-1", "user-001")->parameter_apply_status, APPLY_IN_SYNC, "nothing differs");
    run("us-east-1", "ResetCacheParameterGroup", IN "ResetAllParameters=true");
    cr_assert_eq(cluster("us-east-1", "user-001")->parameter_apply_status, APPLY_APPLYING);
}

Test(parameters, a_group_for_cluster_mode_is_told_apart)
{
    run("us-east-1", "ModifyCacheParameterGroup", IN ONE("cluster-enabled", "yes"));
    static const struct fixture_line table[] = {
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&CacheParameterGroupName=there&ClusterMode=disabled", COMBINATION,
            "Cluster mode should be disabled in parameter group, but found it is enabled."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&CacheParameterGroupName=default.redis7&NumNodeGroups=2", COMBINATION,
            "Cluster mode should be enabled in parameter group, but found it is disabled."},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&CacheParameterGroupName=there&NumNodeGroups=2", 0, NULL},
        {"CreateReplicationGroup", RG "ReplicationGroupId=x&EngineVersion=6.2&CacheParameterGroupName=there", COMBINATION,
            "Expected a parameter group of family redis6.x but found one of family redis7"},
    };
    CHECK("us-east-1", table);
}

Test(parameters, whoever_changes_its_group_keeps_what_it_was_made_with)
{
    run("us-east-1", "ModifyCacheParameterGroup", IN ONE("timeout", "20"));
    run("us-east-1", "CreateCacheParameterGroup", FAMILY "larger");
    run("us-east-1", "ModifyCacheParameterGroup", "CacheParameterGroupName=larger&" ONE("databases", "32"));
    run("us-east-1", "CreateCacheParameterGroup", FAMILY "sharded");
    run("us-east-1", "ModifyCacheParameterGroup", "CacheParameterGroupName=sharded&" ONE("cluster-enabled", "yes"));
    run("us-east-1", "CreateReplicationGroup", RG "ReplicationGroupId=user");
    fixture_available("us-east-1", "user");
    static const struct fixture_line table[] = {
        {"ModifyReplicationGroup", "ReplicationGroupId=user&CacheParameterGroupName=nope", NOT_FOUND,
            "CacheParameterGroup not found: nope"},
        {"ModifyReplicationGroup", "ReplicationGroupId=user&CacheParameterGroupName=default.redis6.x", COMBINATION,
            "Expected a parameter group of family redis7 but found one of family redis6.x"},
        {"ModifyReplicationGroup", "ReplicationGroupId=user&CacheParameterGroupName=larger", COMBINATION,
            "The parameter databases has a different value in the requested parameter group than the current parameter group. "
            "This parameter value cannot be changed for a cache cluster"},
        {"ModifyReplicationGroup", "ReplicationGroupId=user&CacheParameterGroupName=sharded", COMBINATION,
            "Cluster mode should be disabled in parameter group, but found it is enabled."},
        {"ModifyReplicationGroup", "ReplicationGroupId=user&CacheParameterGroupName=default.redis7", COMBINATION,
            "No modifications were requested"},
        {"ModifyReplicationGroup", "ReplicationGroupId=user&CacheParameterGroupName=THERE", 0, NULL},
        {"DeleteCacheParameterGroup", "CacheParameterGroupName=there", STATE,
            "Cache parameter group there is currently in use by a cache cluster."},
    };
    CHECK("us-east-1", table);
    cr_assert_str_eq(cluster("us-east-1", "user-001")->parameter_group, "there");
    cr_assert_eq(cluster("us-east-1", "user-001")->parameter_apply_status, APPLY_APPLYING);
}

Test(parameters, a_group_for_the_next_family_waits_with_its_version)
{
    run("us-east-1", "CreateReplicationGroup", RG "ReplicationGroupId=user&EngineVersion=6.2");
    fixture_available("us-east-1", "user");
    run("us-east-1", "ModifyReplicationGroup", "ReplicationGroupId=user&EngineVersion=7.1&CacheParameterGroupName=there");
    cr_assert_str_eq(cluster("us-east-1", "user-001")->parameter_group, "default.redis6.x");
    cr_assert_str_eq(cluster("us-east-1", "user-001")->pending_parameter_group, "there");
    cr_assert_eq(fixture_run("us-east-1", "DeleteCacheParameterGroup", "CacheParameterGroupName=there").fault, STATE);
}

static void make_datastore(void)
{
    run("us-east-1", "ModifyCacheParameterGroup", IN ONE("timeout", "20"));
    run("us-east-1", "CreateReplicationGroup", RG "ReplicationGroupId=prim&CacheParameterGroupName=there");
    fixture_available("us-east-1", "prim");
    run("us-east-1", "CreateGlobalReplicationGroup", "GlobalReplicationGroupIdSuffix=g&PrimaryReplicationGroupId=prim");
    struct row_global_replication_group *g;
    static struct arena a;
    struct err e;
    cr_assert_eq(q_global_get(fixture_store(), &a, "ldgnf-g", &g, &e), 0);
    g->status = GLOBAL_PRIMARY_ONLY;
    cr_assert_eq(q_global_replication_group_put(fixture_store(), g, &e), 0);
    run("eu-west-1", "CreateReplicationGroup",
        "ReplicationGroupId=sec&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-g");
    cr_assert_str_eq(
        fixture_run("us-east-1", "ModifyCacheParameterGroup", IN ONE("timeout", "22")).message, "", "its own group is free");
    g->status = GLOBAL_AVAILABLE;
    cr_assert_eq(q_global_replication_group_put(fixture_store(), g, &e), 0);
}

Test(parameters, members_of_a_datastore_have_copies_that_change_together)
{
    char form[200];
    make_datastore();
    const char *prim = cluster("us-east-1", "prim-001")->parameter_group, *sec = cluster("eu-west-1", "sec-001")->parameter_group;
    cr_assert_eq(strncmp(prim, "global-datastore-prim-", 22), 0, "%s", prim);
    cr_assert_eq(strncmp(sec, "global-datastore-sec-", 21), 0, "%s", sec);
    cr_assert_str_eq(set_by_user("us-east-1", prim), "timeout=20");
    cr_assert_str_eq(set_by_user("eu-west-1", sec), "timeout=20");
    cr_assert(group("eu-west-1", sec)->is_global.v);
    cr_assert_not(group("us-east-1", "there")->is_global.v);

    snprintf(form, sizeof form, "CacheParameterGroupName=%s&" ONE("timeout", "25"), sec);
    run("eu-west-1", "ModifyCacheParameterGroup", form);
    cr_assert_str_eq(set_by_user("us-east-1", prim), "timeout=25");
    cr_assert_str_eq(set_by_user("eu-west-1", sec), "timeout=25");
    cr_assert_eq(cluster("us-east-1", "prim-001")->parameter_apply_status, APPLY_APPLYING);
    cr_assert_eq(cluster("eu-west-1", "sec-001")->parameter_apply_status, APPLY_APPLYING);

    snprintf(form, sizeof form, "CacheParameterGroupName=%s&ResetAllParameters=true", prim);
    cr_assert_eq(fixture_run("us-east-1", "ResetCacheParameterGroup", form).fault, STATE);
    set_in_sync("us-east-1", "prim-001");
    cr_assert_eq(fixture_run("us-east-1", "ResetCacheParameterGroup", form).fault, STATE, "the other region is not done");
    set_in_sync("eu-west-1", "sec-001");
    run("us-east-1", "ResetCacheParameterGroup", form);
    cr_assert_str_eq(set_by_user("eu-west-1", sec), "");

    snprintf(form, sizeof form, "CacheParameterGroupName=%s", sec);
    cr_assert_eq(fixture_run("eu-west-1", "DeleteCacheParameterGroup", form).fault, STATE);
}

Test(parameters, a_datastore_that_changes_keeps_its_values)
{
    char form[200];
    make_datastore();
    struct row_global_replication_group *g;
    static struct arena arena;
    struct err e;
    cr_assert_eq(q_global_get(fixture_store(), &arena, "ldgnf-g", &g, &e), 0);
    g->status = GLOBAL_MODIFYING;
    cr_assert_eq(q_global_replication_group_put(fixture_store(), g, &e), 0);
    snprintf(
        form, sizeof form, "CacheParameterGroupName=%s&" ONE("timeout", "25"), cluster("us-east-1", "prim-001")->parameter_group);
    struct answer a = fixture_run("us-east-1", "ModifyCacheParameterGroup", form);
    cr_assert_eq(a.fault, FAULT_INVALID_GLOBAL_REPLICATION_GROUP_STATE, "%s", a.message);
}
