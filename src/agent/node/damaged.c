#include "agent/node/damaged.h"
#include "agent/node/core.h"
#include "agent/node/folder.h"
#include "agent/node/saved.h"
#include "agent/node/words.h"
#include "base/log.h"
#include <signal.h>
#include <stdio.h>

#define ASIDE "damaged.rdb"

enum { CRASHES_MAX = 3, TOLD_MS = 50 /* so long it stays down, so that a report says why */ };

bool node_data_is_to_blame(struct node *n, int signal, const char *why)
{
    _buf_ struct buf log = {0};
    if (!node_has_file(n, NODE_SAVED)) return false;
    if (signal == 0) {
        node_last_lines(n, &log);
        if (log.len == 0 || !n->kind->wrong_data || !n->kind->wrong_data(log.data)) return false;
    } else { /* may be anybody's deed; an engine that falls over itself this often does so because of what it loads */
        if (signal == SIGKILL || ++n->load_crashes < CRASHES_MAX) return false;
    }
    n->damaged = true;
    node_reason(n, "its saved data can't be loaded: %.90s (without %s in its folder it starts empty)", why, n->kind->data_file);
    node_put_damaged_aside(n);
    return true;
}

void node_put_damaged_aside(struct node *n)
{
    char from[PATH_MAX], to[PATH_MAX];
    if (!n->damaged || n->proc != NULL || n->order == NULL || role_at_start(n->order) != ROLE_REPLICA) return;
    if (n->kind->data_file == NULL || rename(node_path(n, n->kind->data_file, from), node_path(n, ASIDE, to)) != 0) return;
    node_unlink(n, NODE_SAVED);
    n->damaged = false;
    n->load_crashes = 0;
    n->retry_at = node_now(n) + TOLD_MS;
    node_reason(n, "its saved data can't be loaded: they are kept as " ASIDE ", and it gets those of its upstream");
}
