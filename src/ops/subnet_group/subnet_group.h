#pragma once
#include "ops/core/op.h"
/*
 * Subnet groups. There is no VPC here, so any well-formed subnet id is taken as
 * one of the region's only VPC, and its zone follows from the id alone. The subnet group
 * "default" is not stored: it always exists and has a subnet in every zone.
 */

/* The subnet group that a request for nodes names, "default" where it names none; else the fault for one that is not there. */
int subnet_group_resolve(struct op *op, const char *given, const char **out);

/* The region's only VPC. */
const char *subnet_group_vpc(struct op *op);

/* The zones of a subnet group's subnets, each once, in the order of their names. 'name' must exist. */
int subnet_group_zones(struct op *op, const char *name, struct string_list *out);
