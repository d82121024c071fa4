#include "datastore.h"
#include <string.h>

struct arena a;
struct build b;
struct world_global *g;
struct world_rg *east, *west, *south;

/* In the order of the regions' names. */
void datastore_setup(void)
{
    build_init(&b, &a);
    build_rg(&b, "eu-west-1", "west", "available", 2);
    build_rg(&b, "sa-east-1", "south", "available", 1);
    build_rg(&b, "us-east-1", "east", "available", 2);
    build_global(&b, "ldgnf-g", "available");
    build_member(&b, "ldgnf-g", "eu-west-1", "west", "SECONDARY", "associated");
    build_member(&b, "ldgnf-g", "sa-east-1", "south", "SECONDARY", "associated");
    build_member(&b, "ldgnf-g", "us-east-1", "east", "PRIMARY", "associated");
    build_link(&b);
    g = &b.globals[0];
    west = build_find(&b, "eu-west-1", "west");
    south = build_find(&b, "sa-east-1", "south");
    east = build_find(&b, "us-east-1", "east");
    plan_world(&b.w);
    build_see_all(&b);
    plan_world(&b.w);
}

void datastore_teardown(void)
{
    arena_fini(&a);
    memset(&a, 0, sizeof a);
}

void start_failover(void)
{
    g->row.status = GLOBAL_MODIFYING;
    g->row.phase = PHASE_FENCING;
    g->row.phase_since_ms = b.w.steady_ms;
    g->row.switch_region = "eu-west-1";
}

void reach_promoting(void)
{
    start_failover();
    east->nodes[0].row.seen_fenced = 1;
    east->nodes[0].row.seen_offset = 4711;
    plan_world(&b.w);
}

struct world_member *member(const char *region)
{
    for (size_t i = 0; i < b.w.n_members; i++)
        if (strcmp(b.members[i].row.region, region) == 0) return &b.members[i];
    return NULL;
}
