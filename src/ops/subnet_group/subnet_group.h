#pragma once
#include "ops/core/op.h"
/*
 * Subnet groups. There is no VPC here, so a subnet's VPC and zone follow from its id alone (catalog/vpc.h). The subnet group
 * "default" is not stored: it always exists and has a subnet in every zone.
 */

/* The subnet group that a request for nodes names, "default" where it names none; else the fault for one that is not there. */
int subnet_group_resolve(struct op *op, const char *given, const char **out);

/* The region's only VPC. */
const char *subnet_group_vpc(struct op *op);

/* The zones of a subnet group's subnets, each once, in the order of their names. 'name' must exist. */
int subnet_group_zones(struct op *op, const char *name, struct string_list *out);

/* A zone that a request names is one of the region, and of the subnet group's subnets: else the fault. 'name' must exist. */
int subnet_group_check_zone(struct op *op, const char *name, const char *zone);
