#include "ops/core/request.h"
#include "catalog/limits.gen.h"
#include "ops/core/id.h"
#include <string.h>

int request_now(struct op *op, struct opt_bool apply_immediately)
{
    if (apply_immediately.v) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
        "The parameter ApplyImmediately must be true: this change can't wait for the maintenance window.");
}

bool request_flag(struct opt_bool given, bool otherwise)
{
    return given.set ? given.v : otherwise;
}

const char *request_words(struct op *op, const struct string_list *list)
{
    return arena_join(op->arena, list->items, list->n, " ");
}

int request_version(struct op *op, const struct engine *e, const char *given, const struct engine_version **out)
{
    switch (engine_version_resolve(e, given, out)) {
    case VERSION_OK: return 0;
    case VERSION_TOO_EXACT:
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Specific version selection is not allowed for '%s', please use '%s'",
            given, (*out)->version);
    case VERSION_UNKNOWN: break;
    }
    return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "Cannot find version %s for %s", given, e->name);
}

int request_part(struct op *op, const struct engine_version *v, enum engine_part part, bool asked)
{
    const struct ops_config *c = op->config;
    const char *lack =
        asked && c->engine_lack ? c->engine_lack(c->engine_lack_arg, op->arena, v->engine->name, v->full, part) : NULL;
    if (lack == NULL) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "The server that runs %s version %s here has no %s: %s.",
        v->engine->name, v->version, engine_part_names[part], lack);
}

int request_node_type(struct op *op, const char *given, const struct engine_version *v, const struct node_type **out)
{
    if (given == NULL || given[0] == '\0')
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The parameter CacheNodeType must be provided and must not be null.");
    *out = node_type_find(given);
    if (*out == NULL || !(*out)->family->current)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Invalid Cache Node Type: %s.", given);
    if (!node_type_runs(*out, v))
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "The node type %s does not support %s version %s.", given,
            v->engine->name, v->version);
    return 0;
}

static bool has_type(const struct node_type *const *types, size_t n, const struct node_type *t)
{
    for (size_t i = 0; i < n; i++)
        if (types[i] == t) return true;
    return false;
}

int request_new_node_type(
    struct op *op, const char *given, const char *from, const struct engine_version *v, const struct node_type **out)
{
    struct node_type_moves moves;
    *out = node_type_find(given);
    if (*out == NULL) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Invalid Cache Node Type: %s.", given);
    if (strcmp(given, from) == 0) return 0;
    node_type_moves(node_type_find(from), v, false, &moves);
    if (has_type(moves.up, moves.n_up, *out) || has_type(moves.down, moves.n_down, *out)) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
        "The node type %s can't be changed to %s: see ListAllowedNodeTypeModifications.", from, given);
}

int request_port(struct op *op, struct opt_int given, int64_t otherwise, int64_t *out)
{
    *out = given.set ? given.v : otherwise;
    if (*out >= 1 && *out <= 65535) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Invalid port %lld. Must be between 1 and 65535.", (long long)*out);
}

int request_retention(struct op *op, struct opt_int given, int64_t otherwise, int64_t *out)
{
    *out = given.set ? given.v : otherwise;
    if (*out >= 0 && *out <= LIMIT_SNAPSHOT_RETENTION_DAYS_MAX) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The snapshot retention limit must be within 0 and %d.",
        LIMIT_SNAPSHOT_RETENTION_DAYS_MAX);
}

int request_zone(struct op *op, const char *zone)
{
    if (region_has_zone(op->region, zone)) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "%s is not a valid availability zone of %s.", zone, op->region->name);
}

static bool is_security_group_id(const char *id)
{
    if (strncmp(id, "sg-", 3) != 0 || id[3] == '\0') return false;
    return id[3 + strspn(id + 3, "0123456789abcdefghijklmnopqrstuvwxyz")] == '\0';
}

static int check_security_group_ids(struct op *op, const struct string_list *ids)
{
    for (size_t i = 0; i < ids->n; i++)
        if (!is_security_group_id(ids->items[i]))
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Invalid security group id: %s.", ids->items[i]);
    return 0;
}

int request_topic(struct op *op, const char *given, const char **out)
{
    size_t colons = 0;
    if (given == NULL) return 0;
    *out = *given ? given : NULL;
    if (*given == '\0') return 0;
    for (const char *c = given; *c; c++) colons += *c == ':';
    if (colons == 5 && strncmp(given, "arn:aws", 7) == 0 && strstr(given, ":sns:") && given[strlen(given) - 1] != ':') return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Invalid topic ARN: %s.", given);
}

int request_topic_status(struct op *op, const char *given, enum topic_status *out)
{
    unsigned status;
    if (given == NULL) return 0;
    if (!word_read(&words_topic_status, id_fold(op, given), &status))
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "Invalid NotificationTopicStatus: %s. Valid values are active and inactive.", given);
    *out = status;
    return 0;
}

int request_security_groups(
    struct op *op, const struct string_list *cache_groups, const struct string_list *ids, bool with_subnets)
{
    int r = check_security_group_ids(op, ids);
    bool with_vpc = with_subnets || ids->n;
    if (r) return r;
    if (cache_groups->n == 0) return 0;
    if (with_vpc)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "Use of cache security groups is not permitted along with cache subnet group and/or security group Ids.");
    return op_fault(
        op, FAULT_INVALID_PARAMETER_VALUE, "Use of cache security groups is not permitted in this API version for your account.");
}

int not_served(struct op *op, const char *what)
{
    return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "%s is not served by this version of Meridian.", what);
}
