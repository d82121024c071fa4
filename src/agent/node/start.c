#include "agent/node/start.h"

bool start_may_follow(const struct start_facts *f)
{
    return !f->replica || !f->has_upstream || f->feeds || (f->lost && f->to_load);
}

bool start_is_held(const struct proto_node_order *o, enum node_role died_role)
{
    return o->hold.v && (o->role == died_role || o->role == ROLE_PRIMARY);
}

enum start_wait start_waits_for(const struct start_facts *f)
{
    if (f->for_another || f->held) return START_HELD;
    if (f->sparing) return START_SPARING;
    if (f->backs_off) return START_BACKOFF;
    if (f->switching) return START_SWITCH;
    return start_may_follow(f) || f->at_once ? START_NOW : START_UPSTREAM;
}
