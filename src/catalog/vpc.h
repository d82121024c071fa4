#pragma once
#include <stdbool.h>
struct region;
/*
 * What stands for the network: each region has one VPC, with a subnet in every zone and a security group. Their ids look like EC2's, follow
 * from names alone and never change. Any other well-formed id is taken as one of that VPC, but for those that let a client meet refusals:
 * "subnet-other…" lies in a second VPC, and "subnet-outpost…" on an Outpost.
 */
enum { VPC_ID_SIZE = 32 };

void vpc_id(const struct region *r, char out[VPC_ID_SIZE]);
/* The second VPC of the region. */
void vpc_other_id(const struct region *r, char out[VPC_ID_SIZE]);
/* The subnet that a zone has by default. */
void vpc_subnet_id(const char *zone, char out[VPC_ID_SIZE]);
/* The security group "default". */
void vpc_security_group_id(const struct region *r, char out[VPC_ID_SIZE]);
/* Whether it may be a subnet's id: "subnet-" and up to 57 lower-case letters, digits and hyphens. */
bool vpc_is_subnet_id(const char *id);
enum vpc_place { VPC_PLACE_HERE, VPC_PLACE_OTHER, VPC_PLACE_OUTPOST };
enum vpc_place vpc_place_of_subnet(const char *id);
/* The zone of a subnet follows from its id. */
const char *vpc_zone_of_subnet(const struct region *r, const char *id);
