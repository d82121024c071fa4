#include "control/absent.h"
#include "base/proc_stat.h"
#include "control/session.h"
#include "plan/world.h"
#include <string.h>

/* An agent that was started a moment ago has nothing in its hands yet; one that was found at work has. */
static bool has_agent_at_work(const struct sessions *all, const struct session *s, const char *region)
{
    return s ? s->process && agent_process_was_found(s->process) : session_left_over(all, region);
}

static void mark_region(const struct sessions *all, struct world *w, const char *region, bool unattended)
{
    bool dry_run = session_is_dry_run(all, region);
    for (size_t i = 0; i < w->n_nodes; i++) {
        struct world_node *n = &w->nodes[i];
        if (strcmp(n->row.region, region) != 0) continue;
        n->unattended = unattended;
        /* In a dry run, processes live as long as their agent. */
        n->vanished = dry_run ? unattended : !proc_stat_works_below((long)n->row.seen_pid, all->o->data_dir);
    }
    for (size_t i = 0; i < w->n_endpoints; i++)
        if (strcmp(w->endpoints[i].row.region, region) == 0) w->endpoints[i].unattended = unattended;
}

void absent_mark(const struct sessions *all, struct world *w)
{
    for (size_t i = 0; i < w->n_regions; i++) {
        const char *region = w->regions[i].row.name;
        const struct session *s = session_find(all, region);
        bool silent = s == NULL || (!s->in_touch && !s->isolated); /* of one that is cut off nobody learns anything */
        if (silent) mark_region(all, w, region, !has_agent_at_work(all, s, region));
    }
}
