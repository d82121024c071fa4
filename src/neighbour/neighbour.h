#pragma once
#include "http/query.h"
struct forward;
/*
 * The services beside ElastiCache that clients ask along the way: STS, which says who somebody is, and the few questions to EC2 about the
 * network that ElastiCache resources are planned with. With --forward they are asked there, too, and so is all that is signed for another
 * service.
 */

/* A query_other_fn; 'arg' is a pointer to a struct forward, which may be NULL. */
bool neighbour_take(void *arg, struct exchange *x, const struct scope *scope);
/* Has *f, unless it is NULL by then, take the long bodies of requests for other services. 'f' must outlive the server. */
void neighbour_take_long(struct http *h, struct forward **f);
