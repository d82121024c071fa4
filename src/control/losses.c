#include "control/losses.h"
#include "base/log.h"
#include "plan/plan.h"
#include "plan/seen.h"
#include <string.h>

/* True once for each line. */
static bool line_is_news(struct losses *l, const char *line)
{
    if (index_get(&l->told, line)) return false;
    line = arena_strdup(&l->arena, line);
    index_put(&l->told, line, line);
    return true;
}

static void losses_look_at(struct losses *l, struct arena *a, const struct world_node *n)
{
    const char *why = seen_node_reason(&n->row);
    const char *line = arena_printf(a, "node %s of %s: %s", n->row.id, n->row.region, why ? why : "nothing tells why");
    bool unsaved = plan_has_not_saved(n), waits = why && seen_node_state(&n->row) == SEEN_STOPPING;
    if ((!unsaved && !waits) || !line_is_news(l, line)) return;
    if (unsaved) log_error("%s", line);
    else log_warn("%s; it is waited for as long as --stop-timeout says", line);
    l->n += unsaved;
}

void losses_look(struct losses *l, const struct world *w)
{
    _arena_ struct arena a = {0};
    for (size_t i = 0; i < w->n_nodes; i++) losses_look_at(l, &a, &w->nodes[i]);
}

void losses_fini(struct losses *l)
{
    index_fini(&l->told);
    arena_fini(&l->arena);
}
