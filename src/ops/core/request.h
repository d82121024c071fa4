#pragma once
#include "ops/core/op.h"
/*
 * What the requests of several operations have in common, read in one way. The
 * messages are AWS's own where they are known; many clients match on them.
 */
/* For changes that can't wait for the maintenance window. */
int request_now(struct op *op, struct opt_bool apply_immediately);
bool request_flag(struct opt_bool given, bool otherwise);
/* The list's words, one space between them. */
const char *request_words(struct op *op, const struct string_list *list);

/* The version of the engine that a request means; NULL means the default. */
int request_version(struct op *op, const struct engine *e, const char *given, const struct engine_version **out);
/* The program that runs the version can do what the part needs, if the part is 'asked' for. */
int request_part(struct op *op, const struct engine_version *v, enum engine_part part, bool asked);
/* A node type that runs the version. */
int request_node_type(struct op *op, const char *given, const struct engine_version *v, const struct node_type **out);
/* The node type to which a cache cluster of type 'from' may be moved. */
int request_new_node_type(
    struct op *op, const char *given, const char *from, const struct engine_version *v, const struct node_type **out);

int request_port(struct op *op, struct opt_int given, int64_t otherwise, int64_t *out);
int request_retention(struct op *op, struct opt_int given, int64_t otherwise, int64_t *out);
int request_zone(struct op *op, const char *zone);
/* Ids of VPC security groups are looked at, but nothing is known of them. Cache security groups are of the time before VPCs: refused,
 * in other words where VPC members come with them. */
int request_security_groups(
    struct op *op, const struct string_list *cache_groups, const struct string_list *ids, bool with_subnets);
/* The ARN of a topic of SNS; empty takes the topic away, and NULL leaves *out as it is. The fault's words are our own. */
int request_topic(struct op *op, const char *given, const char **out);
/* NULL leaves *out as it is. */
int request_topic_status(struct op *op, const char *given, enum topic_status *out);

/* The fault for what Meridian does not serve yet: it is never silently left out. */
int not_served(struct op *op, const char *what);
