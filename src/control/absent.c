#include "control/absent.h"
#include "base/proc_stat.h"
#include <string.h>

bool absent_is_there(const struct control *c, int64_t pid)
{
    return pid > 0 && proc_stat_works_below((long)pid, c->o.data_dir);
}

/* An agent that was started a moment ago has nothing in its hands yet; one that was found at work has. */
static bool has_agent_at_work(const struct control *c, const struct session *s, const char *region)
{
    return s ? s->process && agent_process_was_found(s->process) : session_left_over(c, region);
}

static void mark_region(const struct control *c, struct world *w, const char *region, bool unattended)
{
    for (size_t i = 0; i < w->n_nodes; i++) {
        struct world_node *n = &w->nodes[i];
        if (strcmp(n->row.region, region) != 0) continue;
        n->unattended = unattended;
        n->vanished = !absent_is_there(c, n->row.seen_pid);
    }
    for (size_t i = 0; i < w->n_endpoints; i++)
        if (strcmp(w->endpoints[i].row.region, region) == 0) w->endpoints[i].unattended = unattended;
}

void absent_mark(struct control *c, struct world *w)
{
    for (size_t i = 0; i < w->n_regions; i++) {
        const char *region = w->regions[i].row.name;
        const struct session *s = session_find(c, region);
        if (s == NULL || !s->in_touch) mark_region(c, w, region, !has_agent_at_work(c, s, region));
    }
}
