#include "base/arena.h"
#include "catalog/region.h"
#include "catalog/vpc.h"
#include "http/server.h"
#include "neighbour/call.h"
#include <fnmatch.h>
#include <string.h>

/*
 * The questions to EC2 about the network that ElastiCache resources are planned with (catalog/vpc.h): what there is by default, and whatever
 * else is named. Nothing can be made or changed. Filters and ids are as EC2 has them, tags match nothing, and there is one page.
 */

#define NAMESPACE "http://ec2.amazonaws.com/doc/2016-11-15/"

/* Of a request: 200 ids, and the 50 filters with 200 values in all that EC2 takes. */
enum { FIELDS_MAX = 12, IDS_MAX = 200, PARAMETERS_MAX = 500 };

/* One column of a description. */
struct field {
    const char *filter;  /* NULL: it can't be filtered by */
    const char *element; /* NULL: it is not shown */
    const char *value;
};

struct item {
    struct field fields[FIELDS_MAX];
    const char *rest; /* XML that follows them, or NULL */
};

/* An answer being made. */
struct list {
    struct neighbour_call *c;
    struct buf b;
    const char *refused; /* the name of a filter that there is not; NULL: all are good */
};

static const char *filter_name(struct neighbour_call *c, int i)
{
    return form_get(&c->form, arena_printf(c->arena, "Filter.%d.Name", i));
}

static const char *filter_value(struct neighbour_call *c, int i, int k)
{
    return form_get(&c->form, arena_printf(c->arena, "Filter.%d.Value.%d", i, k));
}

/* ---- filters ---- */

static bool has_value(struct neighbour_call *c, int i, const char *value)
{
    const char *wanted;
    for (int k = 1; (wanted = filter_value(c, i, k)) != NULL; k++)
        if (fnmatch(wanted, value, 0) == 0) return true;
    return false;
}

/* Two filters have a second name. */
static const char *canonical_name(const char *name)
{
    return strcmp(name, "isDefault") == 0 ? "is-default" : strcmp(name, "defaultForAz") == 0 ? "default-for-az" : name;
}

static bool passes_filters(struct list *l, const struct item *it)
{
    const char *name;
    bool all = true;
    for (int i = 1; (name = filter_name(l->c, i)) != NULL; i++) {
        const struct field *f = it->fields;
        while (f < it->fields + FIELDS_MAX && (f->filter == NULL || strcmp(f->filter, canonical_name(name)) != 0)) f++;
        bool known = f < it->fields + FIELDS_MAX;
        if (!known && strncmp(name, "tag", 3) != 0) l->refused = name;
        all = all && known && has_value(l->c, i, f->value);
    }
    return all;
}

static void list_add(struct list *l, const struct item *it)
{
    if (!passes_filters(l, it)) return;
    buf_puts(&l->b, "<item>");
    for (const struct field *f = it->fields; f < it->fields + FIELDS_MAX; f++)
        if (f->element) xml_line(&l->b, f->element, f->value);
    if (it->rest) buf_puts(&l->b, it->rest);
    buf_puts(&l->b, "</item>");
}

/* ---- answers ---- */

static void answer_ec2_fault(struct neighbour_call *c, const char *code, const char *message)
{
    struct buf b = {0};
    buf_puts(&b, "<Response><Errors><Error>");
    xml_line(&b, "Code", code);
    xml_line(&b, "Message", message);
    buf_puts(&b, "</Error></Errors>");
    xml_line(&b, "RequestID", c->id);
    buf_puts(&b, "</Response>");
    http_answer(c->x, 400, "text/xml", &b, NULL);
}

static void answer_body(struct neighbour_call *c, const struct buf *body)
{
    struct buf b = {0};
    buf_printf(&b, "<%sResponse xmlns=\"" NAMESPACE "\">", c->action);
    xml_line(&b, "requestId", c->id);
    buf_add(&b, body->data, body->len);
    buf_printf(&b, "</%sResponse>", c->action);
    http_answer(c->x, 200, "text/xml", &b, NULL);
}

static void list_answer(struct list *l, const char *set)
{
    struct neighbour_call *c = l->c;
    _buf_ struct buf body = {0};
    buf_printf(&body, "<%s>", set);
    buf_add(&body, l->b.data, l->b.len);
    buf_printf(&body, "</%s>", set);
    buf_fini(&l->b);
    if (l->refused)
        answer_ec2_fault(c, "InvalidParameterValue", arena_printf(c->arena, "The filter '%.100s' is invalid", l->refused));
    else answer_body(c, &body);
}

/* ---- ids ---- */

/* Those that are named as NAME.N or in the filter; at least one in all if *n is not 0. */
static size_t named_ids(struct neighbour_call *c, const char *name, const char *filter, const char **out)
{
    size_t n = 0;
    const char *found, *key;
    for (int i = 1; n < IDS_MAX && (found = form_get(&c->form, arena_printf(c->arena, "%s.%d", name, i))) != NULL; i++)
        out[n++] = found;
    for (int i = 1; n == 0 && (key = filter_name(c, i)) != NULL; i++) {
        if (strcmp(key, filter) != 0) continue;
        for (int k = 1; n < IDS_MAX && (found = filter_value(c, i, k)) != NULL; k++)
            if (strchr(found, '*') == NULL) out[n++] = found;
    }
    return n;
}

/* "vpc-" and letters and digits, say. Answers where one is not so. */
static bool ids_are_good(struct neighbour_call *c, const char *prefix, const char *code, const char **ids, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = strlen(prefix), len = strlen(ids[i]);
        const char *rest = ids[i] + at;
        bool good = strncmp(ids[i], prefix, at) == 0 && *rest && len <= 64 &&
                    strspn(rest, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(rest);
        if (good) continue;
        answer_ec2_fault(c, code, arena_printf(c->arena, "Invalid id: \"%.80s\"", ids[i]));
        return false;
    }
    return true;
}

static const char *own_vpc(struct neighbour_call *c)
{
    char *id = arena_alloc(c->arena, VPC_ID_SIZE);
    vpc_id(c->region, id);
    return id;
}

/* The VPC that is named, else the region's own: what lies in it is the same. */
static const char *vpc_of_filter(struct neighbour_call *c)
{
    const char *ids[IDS_MAX];
    return named_ids(c, "-", "vpc-id", ids) ? ids[0] : own_vpc(c);
}

static const char *arn_of(struct neighbour_call *c, const char *kind, const char *id)
{
    return arena_printf(
        c->arena, "arn:%s:ec2:%s:%s:%s/%s", c->region->partition->name, c->region->name, c->scope->account, kind, id);
}

static const char *zone_id(struct neighbour_call *c, const char *zone)
{
    int number = 1;
    while (number < c->region->n_zones && strcmp(c->region->zones[number - 1], zone) != 0) number++;
    return arena_printf(c->arena, "%s-az%d", c->region->code, number);
}

/* ---- VPCs ---- */

static void add_vpc(struct list *l, const char *id)
{
    bool own = strcmp(id, own_vpc(l->c)) == 0;
    struct item it = {{{"vpc-id", "vpcId", id}, {"state", "state", "available"}, {"owner-id", "ownerId", l->c->scope->account},
                          {"cidr", "cidrBlock", "172.31.0.0/16"}, {"dhcp-options-id", "dhcpOptionsId", "dopt-00000000000000001"},
                          {NULL, "instanceTenancy", "default"}, {"is-default", "isDefault", own ? "true" : "false"}},
        "<cidrBlockAssociationSet><item><associationId>vpc-cidr-assoc-00000000000000001</associationId><cidrBlock>172.31.0.0/16</"
        "cidrBlock>"
        "<cidrBlockState><state>associated</state></cidrBlockState></item></cidrBlockAssociationSet>"};
    list_add(l, &it);
}

static void describe_vpcs(struct neighbour_call *c)
{
    const char *ids[IDS_MAX];
    struct list l = {.c = c};
    size_t n = named_ids(c, "VpcId", "vpc-id", ids);
    if (!ids_are_good(c, "vpc-", "InvalidVpcID.NotFound", ids, n)) return;
    for (size_t i = 0; i < n; i++) add_vpc(&l, ids[i]);
    if (n == 0) add_vpc(&l, own_vpc(c));
    list_answer(&l, "vpcSet");
}

static void describe_vpc_attribute(struct neighbour_call *c)
{
    static const struct {
        const char *name, *value;
    } attributes[] = {
        {"enableDnsSupport", "true"}, {"enableDnsHostnames", "true"}, {"enableNetworkAddressUsageMetrics", "false"}};
    const char *id = form_get(&c->form, "VpcId"), *wanted = form_get(&c->form, "Attribute");
    _buf_ struct buf b = {0};
    if (id == NULL || wanted == NULL)
        return answer_ec2_fault(c, "MissingParameter", "The request must contain the parameters VpcId and Attribute");
    xml_line(&b, "vpcId", id);
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        if (strcmp(attributes[i].name, wanted) != 0) continue;
        buf_printf(&b, "<%s><value>%s</value></%s>", wanted, attributes[i].value, wanted);
        return answer_body(c, &b);
    }
    answer_ec2_fault(
        c, "InvalidParameterValue", arena_printf(c->arena, "Value (%.80s) for parameter attribute is invalid", wanted));
}

static void describe_route_tables(struct neighbour_call *c)
{
    const char *vpc = vpc_of_filter(c),
               *id = arena_printf(c->arena, "rtb-%s", vpc + strcspn(vpc, "-") + (strchr(vpc, '-') != NULL));
    struct list l = {.c = c};
    struct item it = {{{"route-table-id", "routeTableId", id}, {"vpc-id", "vpcId", vpc},
                          {"owner-id", "ownerId", c->scope->account}, {"association.main", NULL, "true"}},
        arena_printf(c->arena,
            "<routeSet><item><destinationCidrBlock>172.31.0.0/16</destinationCidrBlock><gatewayId>local</"
            "gatewayId><state>active</state>"
            "<origin>CreateRouteTable</origin></item></"
            "routeSet><associationSet><item><routeTableAssociationId>rtbassoc-00000000000000001"
            "</routeTableAssociationId><routeTableId>%s</routeTableId><main>true</main><associationState><state>associated</"
            "state>"
            "</associationState></item></associationSet>",
            id)};
    if (!ids_are_good(c, "vpc-", "InvalidVpcID.NotFound", &vpc, 1)) return;
    list_add(&l, &it);
    list_answer(&l, "routeTableSet");
}

/* ---- subnets, security groups, zones ---- */

static void add_subnet(struct list *l, const char *id, const char *vpc)
{
    struct neighbour_call *c = l->c;
    const char *zone = vpc_zone_of_subnet(c->region, id);
    char own[VPC_ID_SIZE];
    int at = 0;
    while (at < c->region->n_zones - 1 && strcmp(c->region->zones[at], zone) != 0) at++;
    vpc_subnet_id(zone, own);
    const char *cidr = arena_printf(c->arena, "172.31.%d.0/20", 16 * at);
    struct item it = {
        {{"subnet-id", "subnetId", id}, {"subnet-arn", "subnetArn", arn_of(c, "subnet", id)}, {"state", "state", "available"},
            {"owner-id", "ownerId", c->scope->account}, {"vpc-id", "vpcId", vpc}, {"cidr-block", "cidrBlock", cidr},
            {"available-ip-address-count", "availableIpAddressCount", "4091"}, {"availability-zone", "availabilityZone", zone},
            {"availability-zone-id", "availabilityZoneId", zone_id(c, zone)},
            {"default-for-az", "defaultForAz", strcmp(own, id) == 0 ? "true" : "false"},
            {"map-public-ip-on-launch", "mapPublicIpOnLaunch", "true"}},
        "<assignIpv6AddressOnCreation>false</assignIpv6AddressOnCreation><mapCustomerOwnedIpOnLaunch>false</"
        "mapCustomerOwnedIpOnLaunch>"
        "<enableDns64>false</enableDns64><ipv6Native>false</ipv6Native><privateDnsNameOptionsOnLaunch><hostnameType>ip-name</"
        "hostnameType>"
        "<enableResourceNameDnsARecord>false</enableResourceNameDnsARecord><enableResourceNameDnsAAAARecord>false"
        "</enableResourceNameDnsAAAARecord></privateDnsNameOptionsOnLaunch>"};
    list_add(l, &it);
}

static void describe_subnets(struct neighbour_call *c)
{
    const char *ids[IDS_MAX], *vpc = vpc_of_filter(c);
    char own[VPC_ID_SIZE];
    struct list l = {.c = c};
    size_t n = named_ids(c, "SubnetId", "subnet-id", ids);
    if (!ids_are_good(c, "subnet-", "InvalidSubnetID.NotFound", ids, n)) return;
    for (size_t i = 0; i < n; i++) add_subnet(&l, ids[i], vpc);
    for (int i = 0; n == 0 && i < c->region->n_zones; i++) {
        vpc_subnet_id(c->region->zones[i], own);
        add_subnet(&l, arena_strdup(c->arena, own), vpc);
    }
    list_answer(&l, "subnetSet");
}

static void add_security_group(struct list *l, const char *id, const char *vpc)
{
    struct neighbour_call *c = l->c;
    char own[VPC_ID_SIZE];
    vpc_security_group_id(c->region, own);
    bool is_own = strcmp(own, id) == 0;
    struct item it = {{{"owner-id", "ownerId", c->scope->account}, {"group-id", "groupId", id},
                          {"group-name", "groupName", is_own ? "default" : id},
                          {"description", "groupDescription", is_own ? "default VPC security group" : id},
                          {"vpc-id", "vpcId", vpc}, {NULL, "securityGroupArn", arn_of(c, "security-group", id)}},
        "<ipPermissions/><ipPermissionsEgress><item><ipProtocol>-1</ipProtocol><groups/><ipRanges><item><cidrIp>0.0.0.0/0</"
        "cidrIp></item>"
        "</ipRanges></item></ipPermissionsEgress>"};
    list_add(l, &it);
}

static void describe_security_groups(struct neighbour_call *c)
{
    const char *ids[IDS_MAX], *vpc = vpc_of_filter(c);
    char own[VPC_ID_SIZE];
    struct list l = {.c = c};
    size_t n = named_ids(c, "GroupId", "group-id", ids);
    if (!ids_are_good(c, "sg-", "InvalidGroup.NotFound", ids, n)) return;
    for (size_t i = 0; i < n; i++) add_security_group(&l, ids[i], vpc);
    vpc_security_group_id(c->region, own);
    if (n == 0) add_security_group(&l, own, vpc);
    list_answer(&l, "securityGroupInfo");
}

static void describe_availability_zones(struct neighbour_call *c)
{
    struct list l = {.c = c};
    for (int i = 0; i < c->region->n_zones; i++) {
        const char *zone = c->region->zones[i], *name = c->region->name;
        struct item it = {
            {{"zone-name", "zoneName", zone}, {"state", "zoneState", "available"}, {"region-name", "regionName", name},
                {"zone-id", "zoneId", zone_id(c, zone)}, {"opt-in-status", "optInStatus", "opt-in-not-required"},
                {"group-name", "groupName", arena_printf(c->arena, "%s-zg-1", name)}, {NULL, "networkBorderGroup", name},
                {"zone-type", "zoneType", "availability-zone"}},
            NULL};
        list_add(&l, &it);
    }
    list_answer(&l, "availabilityZoneInfo");
}

bool ec2_answer(struct neighbour_call *c)
{
    if (c->form.n > PARAMETERS_MAX) {
        answer_ec2_fault(c, "FilterLimitExceeded", "The maximum number of filter values specified on a single call is 200");
        return true;
    }
    static const struct {
        const char *action;
        void (*answer)(struct neighbour_call *c);
    } actions[] = {
        {"DescribeAvailabilityZones", describe_availability_zones},
        {"DescribeRouteTables", describe_route_tables},
        {"DescribeSecurityGroups", describe_security_groups},
        {"DescribeSubnets", describe_subnets},
        {"DescribeVpcAttribute", describe_vpc_attribute},
        {"DescribeVpcs", describe_vpcs},
    };
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(actions[i].action, c->action) != 0) continue;
        actions[i].answer(c);
        return true;
    }
    return false;
}
