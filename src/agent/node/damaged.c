#include "agent/node/node_int.h"
#include "agent/redis/conf.h"
#include "agent/os/file.h"
#include "base/log.h"
#include <signal.h>
#include <stdio.h>

/*
 * Saved data that can't be loaded. A primary stays down with them: they may be all there are,
 * and another node with data of its own takes its place. A replica gets its data from its
 * upstream, so that it puts the file aside, where it harms nobody and is not lost, either.
 */

#define ASIDE "damaged.rdb"

enum { CRASHES_MAX = 3, TAIL = 2048, TOLD_MS = 50 /* so long it stays down, so that a report says why */ };

/* A signal may be anybody's deed; an engine that falls over itself this often does so because of what it loads. */
static bool is_to_blame(struct node *n, int signal)
{
    char path[PATH_MAX];
    _buf_ struct buf log = {0};
    if (signal != 0) return signal != SIGKILL && ++n->load_crashes >= CRASHES_MAX;
    file_tail(node_path(n, NODE_LOG, path), n->log_from, TAIL, &log);
    return log.len > 0 && n->ops->wrong_data && n->ops->wrong_data(log.data);
}

bool node_data_is_to_blame(struct node *n, int signal, const char *why)
{
    if (!node_has_file(n, NODE_SAVED) || !is_to_blame(n, signal)) return false;
    n->damaged = true;
    node_reason(n, "its saved data can't be loaded: %.90s (without " CONF_DUMP " in its folder it starts empty)", why);
    node_put_damaged_aside(n);
    return true;
}

void node_put_damaged_aside(struct node *n)
{
    char from[PATH_MAX], to[PATH_MAX];
    if (!n->damaged || n->proc != NULL || n->order == NULL || role_parse(n->order->role) != ROLE_REPLICA) return;
    if (rename(node_path(n, CONF_DUMP, from), node_path(n, ASIDE, to)) != 0) return;
    node_unlink(n, NODE_SAVED);
    n->damaged = false;
    n->load_crashes = 0;
    n->retry_at = node_now(n) + TOLD_MS;
    node_reason(n, "its saved data can't be loaded: they are kept as " ASIDE ", and it gets those of its upstream");
}
