#include "ops/core/op.h"
/*
 * Cache security groups belong to the network from before VPCs. Accounts that
 * have only VPCs, which by now are all, may not use them: every operation says so.
 */

static int not_permitted(struct op *op)
{
    return op_fault(
        op, FAULT_INVALID_PARAMETER_VALUE, "Use of cache security groups is not permitted in this API version for your account.");
}

int op_create_cache_security_group(
    struct op *op, const struct api_create_cache_security_group_in *in, struct api_create_cache_security_group_out *out)
{
    (void)in;
    (void)out;
    return not_permitted(op);
}

int op_describe_cache_security_groups(
    struct op *op, const struct api_describe_cache_security_groups_in *in, struct api_describe_cache_security_groups_out *out)
{
    (void)in;
    (void)out;
    return not_permitted(op);
}

int op_authorize_cache_security_group_ingress(struct op *op, const struct api_authorize_cache_security_group_ingress_in *in,
    struct api_authorize_cache_security_group_ingress_out *out)
{
    (void)in;
    (void)out;
    return not_permitted(op);
}

int op_revoke_cache_security_group_ingress(struct op *op, const struct api_revoke_cache_security_group_ingress_in *in,
    struct api_revoke_cache_security_group_ingress_out *out)
{
    (void)in;
    (void)out;
    return not_permitted(op);
}

int op_delete_cache_security_group(struct op *op, const struct api_delete_cache_security_group_in *in)
{
    (void)in;
    return not_permitted(op);
}
