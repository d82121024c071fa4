#include "plan/access.h"
#include "plan/lack.h"
#include "plan/moves.gen.h"
#include "plan/plan.h"
#include <string.h>

void rg_find_users_lacking(struct world *w, struct world_rg *rg, struct lacks *l)
{
    for (size_t i = 0; i < rg->n_nodes && lacks_want_more(l); i++) {
        const struct world_node *n = &rg->nodes[i];
        if (node_shall_run(n) && !access_in_force(w, n)) lacks_add(l, LACK_USERS, n, NULL);
    }
}

/* A user group that is on its way out needs nobody's users any more. */
void user_group_find_lacks(struct world *w, const struct world_user_group *g, struct lacks *l)
{
    for (size_t i = 0; i < w->n_user_links && lacks_want_more(l); i++) {
        const struct world_user_link *link = &w->user_links[i];
        if (link->group != g || link->drop || link->rg == NULL || link->rg->drop || link->rg->row.status == RG_DELETING) continue;
        rg_find_users_lacking(w, link->rg, l);
    }
}

static bool group_in_force(struct world *w, const struct world_user_group *g)
{
    struct lacks lacks = {0};
    user_group_find_lacks(w, g, &lacks);
    return lacks.n == 0;
}

static void plan_group(struct world *w, struct world_user_group *g)
{
    if (g->drop || g->row.status == USER_GROUP_ACTIVE) return;
    if (g->row.status == USER_GROUP_DELETING) {
        for (size_t i = 0; i < g->n_members; i++) world_drop(w, &g->members[i].drop);
        world_drop(w, &g->drop);
        world_event(w, g->row.region, g->row.id, EVENT_USER_GROUP_DELETED, g->row.id);
    } else if (group_in_force(w, g)) {
        for (size_t i = 0; i < g->n_members; i++) {
            struct world_user_member *m = &g->members[i];
            if (m->drop) continue;
            if (m->row.change == LINK_REMOVE) world_drop(w, &m->drop);
            else world_set_word(w, &m->row.change, LINK_NONE);
        }
        if (g->row.status == USER_GROUP_CREATING) world_event(w, g->row.region, g->row.id, EVENT_USER_GROUP_CREATED, g->row.id);
        else world_event(w, g->row.region, g->row.id, EVENT_USER_GROUP_MODIFIED, g->row.id);
        move_user_group_status(w, &g->row.status, USER_GROUP_SETTLED);
    }
}

/* True while a user group has the user; *in_force if the engines of all these user groups have it as it is now. */
static bool is_member(struct world *w, const struct world_user *u, bool *in_force)
{
    bool found = false;
    *in_force = true;
    for (size_t i = 0; i < w->n_user_groups; i++) {
        struct world_user_group *g = &w->user_groups[i];
        for (size_t k = 0; k < g->n_members; k++) {
            if (g->members[k].user != u || g->members[k].drop) continue;
            found = true;
            *in_force = *in_force && group_in_force(w, g);
        }
    }
    return found;
}

static void plan_user(struct world *w, struct world_user *u)
{
    bool in_force;
    if (u->drop || u->row.status == USER_ACTIVE) return;
    bool member = is_member(w, u, &in_force);
    if (u->row.status == USER_MODIFYING && in_force) {
        move_user_status(w, &u->row.status, USER_SETTLED);
        world_event(w, u->row.region, u->row.id, EVENT_USER_MODIFIED, u->row.id);
    } else if (u->row.status == USER_DELETING && !member) {
        world_drop(w, &u->drop);
        world_event(w, u->row.region, u->row.id, EVENT_USER_DELETED, u->row.id);
    }
}

void plan_users(struct world *w)
{
    for (size_t i = 0; i < w->n_user_links; i++)
        if (w->user_links[i].rg == NULL || w->user_links[i].rg->drop) world_drop(w, &w->user_links[i].drop);
    for (size_t i = 0; i < w->n_user_groups; i++) plan_group(w, &w->user_groups[i]);
    for (size_t i = 0; i < w->n_users; i++) plan_user(w, &w->users[i]);
}
