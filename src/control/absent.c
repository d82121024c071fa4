#include "control/absent.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool absent_is_there(const struct control *c, int64_t pid)
{
    char path[40], cwd[PATH_MAX];
    size_t len = strlen(c->o.data_dir);
    snprintf(path, sizeof path, "/proc/%lld/cwd", (long long)pid);
    ssize_t n = pid > 0 ? readlink(path, cwd, sizeof cwd - 1) : -1;
    return n > 0 && (size_t)n > len && strncmp(cwd, c->o.data_dir, len) == 0 && cwd[len] == '/';
}

/* An agent that was started a moment ago has nothing in its hands yet; one that was found at work has. */
static bool has_agent_at_work(const struct control *c, const struct session *s, const char *region)
{
    return s ? s->pidfd_fd >= 0 : session_left_over(c, region);
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
