#include "agent/redis/unlinked.h"
#include "agent/node/words.h"
#include "agent/redis/state.h"
#include <string.h>

enum { USUAL_MS = 3000, LOOK_MS = 1000, REASON_MAX = 140 };

/* What Redis and Valkey log where a replica can't follow: in src/replication.c, of 7.0 to 8.0. */
static const char *const beginnings[] = {
    "Unable to AUTH to MASTER",
    "Error reply to PING from master",
    "Error condition on socket for SYNC",
    "Unexpected reply to PSYNC from master",
    "Master is currently unable to PSYNC",
    "Master does not support PSYNC or is in error state",
    "MASTER aborted replication with an error",
    "Bad protocol from MASTER",
    "I/O error reading bulk count from MASTER",
    "I/O error trying to sync with MASTER",
    "Failed trying to load the MASTER synchronization DB",
    "Write error or short write writing to the DB dump file",
    "Opening the temp file needed for MASTER",
    "Timeout connecting to the MASTER",
    "Timeout receiving bulk data from MASTER",
    "MASTER timeout",
    "Failed to read response from the server",
};

const char *unlinked_reason(char *log)
{
    const char *found = NULL;
    for (char *line = log, *end; line && *line; line = end) {
        end = strchr(line, '\n');
        if (end) *end++ = '\0';
        for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
            char *at = strstr(line, beginnings[i]);
            if (at == NULL) continue;
            at[strcspn(at, "'\"\r")] = '\0'; /* what it may quote is whoever's */
            found = at;
        }
    }
    return found;
}

void unlinked_note(struct node *n, bool replica, bool up)
{
    struct unlinked *u = &redis_of(n)->unlinked;
    bool linked = !replica || up;
    if (linked) *u = (struct unlinked){0};
    else if (u->since == 0) *u = (struct unlinked){node_now(n), node_now(n) + USUAL_MS, node_log_size(n), false};
}

int64_t unlinked_at(const struct node *n)
{
    const struct unlinked *u = &redis_of(n)->unlinked;
    return u->since ? u->look_at : 0;
}

bool unlinked_look(struct node *n)
{
    struct unlinked *u = &redis_of(n)->unlinked;
    _buf_ struct buf log = {0};
    if (u->since == 0 || node_now(n) < u->look_at) return u->told;
    u->look_at = node_now(n) + LOOK_MS;
    if (u->log_from > node_log_size(n)) u->log_from = 0; /* the log was cut */
    node_lines_since(n, u->log_from, &log);
    const char *why = log.len ? unlinked_reason(log.data) : NULL;
    if (why == NULL) return u->told;
    node_reason(n, "it can't follow its upstream: %.*s", REASON_MAX, why);
    u->told = true;
    return true;
}
