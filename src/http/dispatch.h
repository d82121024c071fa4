#pragma once
struct exchange;
/* Has a whole request answered, or deferred: by the handler of its route, or, where it is refused or has none, in JSON. */
void dispatch(struct exchange *x);
