#pragma once
#include "http/query.h"
/*
 * The services beside ElastiCache that clients ask along the way: STS, which says who somebody is, and the few questions to EC2 about the
 * network that ElastiCache resources are planned with.
 */

/* A query_other_fn, which needs no 'arg'. */
bool neighbour_take(void *arg, struct exchange *x, const struct scope *scope);
