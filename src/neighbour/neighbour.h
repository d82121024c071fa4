#pragma once
#include "http/query.h"
struct forward;

struct neighbours {
    struct forward *forward; /* NULL: nothing is sent on */
    const struct gate *gate; /* NULL: signatures are not looked at; what is sent on is for those to verify to whom it goes */
};

/*
 * The services beside ElastiCache that clients ask along the way: STS, which says who somebody is, and the few questions to EC2 about the
 * network that ElastiCache resources are planned with. With --forward they are asked there, too, and so is all that is signed for another
 * service.
 */

/* A query_other_fn; 'arg' is a struct neighbours. */
bool neighbour_take(void *arg, struct exchange *x, const struct scope *scope);
/* Has the forward, unless there is none by then, take the long bodies of requests for other services. 'n' must outlive the server. */
void neighbour_take_long(struct http *h, struct neighbours *n);
