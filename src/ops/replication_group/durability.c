#include "ops/replication_group/durability.h"
#include "ops/core/request.h"
#include "plan/rg_row.h"
#include <string.h>

/* Source of the rules: the service's guide, "Getting started with durability". The words are ours. */
static int check_durable(struct op *op, const struct engine_version *v, const struct row_replication_group *rg)
{
    enum fault combination = FAULT_INVALID_PARAMETER_COMBINATION;
    if (!engine_version_has(v, ENGINE_FEATURE_DURABILITY))
        return op_fault(op, combination, "Durability is not supported for %s version %s. Please use valkey version %s or later.",
            v->engine->name, v->version, engine_features[ENGINE_FEATURE_DURABILITY][ENGINE_VALKEY]);
    if (!rg_is_sharded(rg)) return op_fault(op, combination, "Durability is only supported with cluster mode enabled.");
    if (rg->transit_encryption == ENCRYPTION_NONE)
        return op_fault(op, combination, "Durability is only supported when encryption-in-transit is enabled.");
    return request_part(op, v, PART_DURABILITY, true);
}

int durability_read(struct op *op, const struct api_create_replication_group_in *in, const struct engine_version *v,
    struct row_replication_group *rg)
{
    rg->durability = in->durability ? word_of(&words_durability, in->durability) : DURABILITY_DEFAULT;
    if (!durability_outlives(rg->durability)) return 0;
    if (in->at_rest_encryption_enabled.set && !in->at_rest_encryption_enabled.v)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "Durability requires encryption at rest.");
    rg->at_rest_encryption = 1;
    return check_durable(op, v, rg);
}

int durability_change(struct op *op, const char *asked, struct row_replication_group *rg)
{
    if (asked == NULL) return 0;
    enum durability to = word_of(&words_durability, asked);
    if (durability_outlives(to) && !durability_outlives(rg->durability))
        return op_fault(
            op, FAULT_INVALID_PARAMETER_COMBINATION, "Durability cannot currently be enabled on non-durable clusters");
    if (!durability_outlives(to) && durability_outlives(rg->durability))
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "Durability cannot currently be disabled on durable clusters");
    rg->durability = to;
    return 0;
}

/* No version that is known makes anything durable by default. */
const char *durability_effective(enum durability d)
{
    return durability_text(durability_outlives(d) ? d : DURABILITY_DISABLED);
}
