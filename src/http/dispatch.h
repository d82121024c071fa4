#pragma once
struct exchange;
/* Has a whole request answered or deferred: by the handler of its route, or in JSON if it is refused or has no route. */
void dispatch(struct exchange *x);
