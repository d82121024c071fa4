#include "agent/redis/unlinked.h"
#include "agent/node/words.h"
#include "agent/redis/state.h"
#include <ctype.h>
#include <string.h>
#include <sys/statvfs.h>

enum { USUAL_MS = 3000, LOOK_MS = 1000, TOLD_MS = 30000, REASON_MAX = 140, ROOM_LEAST = 65536 };

enum weight {
    WEIGHT_SUM,    /* it only sums up a line before it */
    WEIGHT_CAUSE,  /* a reason, where the link stays down for longer than usual */
    WEIGHT_BROKEN, /* what came was not fit to be read: told at once, as the link may be up again in no time */
};

/*
 * What Redis and Valkey log where a replica can't follow, from the beginning of the message on: in src/replication.c, src/rdb.c and
 * src/networking.c, of 7.0 to 8.0. A "*" is the word for whom it follows, which is not the same in both.
 */
static const struct saying {
    const char *pattern;
    enum weight weight;
} sayings[] = {
    {"Unable to AUTH to *", WEIGHT_CAUSE}, {"Unable to connect to *", WEIGHT_CAUSE}, {"Unable to send PSYNC to *", WEIGHT_CAUSE},
    {"Error reply to PING from *", WEIGHT_CAUSE}, {"Error condition on socket for SYNC", WEIGHT_CAUSE},
    {"Unexpected reply to PSYNC from *", WEIGHT_CAUSE}, {"* is currently unable to PSYNC", WEIGHT_CAUSE},
    {"* does not support PSYNC or is in error state", WEIGHT_CAUSE}, {"* aborted replication with an error", WEIGHT_CAUSE},
    {"Bad protocol from *", WEIGHT_CAUSE}, {"I/O error reading bulk count from *", WEIGHT_CAUSE},
    {"I/O error trying to sync with *", WEIGHT_CAUSE}, {"I/O error writing to *", WEIGHT_CAUSE},
    {"Write error or short write writing to the DB dump file", WEIGHT_CAUSE},
    {"Opening the temp file needed for *", WEIGHT_CAUSE}, {"Error truncating the RDB file received", WEIGHT_CAUSE},
    {"Failed trying to sync the temp DB to disk", WEIGHT_CAUSE}, {"Failed trying to rename the temp DB", WEIGHT_CAUSE},
    {"Wrong signature trying to load DB from file", WEIGHT_CAUSE}, {"Can't handle RDB format version", WEIGHT_CAUSE},
    {"Short read or OOM loading DB", WEIGHT_CAUSE}, {"Failed trying to load the * synchronization DB", WEIGHT_SUM},
    {"Timeout connecting to the *", WEIGHT_CAUSE}, {"Timeout receiving bulk data from *", WEIGHT_CAUSE},
    {"* timeout", WEIGHT_CAUSE}, {"Failed to read response from the server", WEIGHT_CAUSE},
    {"Protocol error (", WEIGHT_BROKEN}, /* at this level of the log, of an upstream alone */
};

static bool begins_so(const char *text, const char *pattern)
{
    for (; *pattern; pattern++) {
        if (*pattern != '*' && *text++ != *pattern) return false;
        while (*pattern == '*' && isalpha((unsigned char)*text)) text++;
    }
    return true;
}

/* Behind the mark of the level, which follows the time: "12:S 29 Nov 2026 03:00:15.841 # Unable to …". */
static char *message_of(char *line)
{
    char *at = strpbrk(line, "#*-.");
    while (at && !(at > line && at[-1] == ' ' && at[1] == ' ')) at = strpbrk(at + 1, "#*-.");
    return at ? at + 2 : NULL;
}

static const struct saying *saying_of(const char *message)
{
    for (size_t i = 0; message && i < sizeof sayings / sizeof *sayings; i++)
        if (begins_so(message, sayings[i].pattern)) return &sayings[i];
    return NULL;
}

/* What a line quotes is whoever's, and what it says of the client are numbers. */
static void leave_out_quotes(char *message)
{
    char *end = message + strcspn(message, "\"\r"), *client = strstr(message, " from client: ");
    for (char *at = strchr(message, '\''); at && at < end; at = strchr(at + 1, '\''))
        if (at > message && !isalpha((unsigned char)at[-1])) end = at; /* and not that of "can't" */
    *end = '\0';
    if (client && client < end) *client = '\0';
}

/* The last line that is heavy enough. */
static const char *find_reason(char *log, enum weight least)
{
    const char *found = NULL;
    for (char *line = log, *end; line && *line; line = end) {
        end = strchr(line, '\n');
        if (end) *end++ = '\0';
        char *message = message_of(line);
        const struct saying *s = saying_of(message);
        if (s == NULL || s->weight < least || (s->weight == WEIGHT_SUM && found)) continue;
        leave_out_quotes(message);
        found = message;
    }
    return found;
}

const char *unlinked_reason(char *log)
{
    return find_reason(log, WEIGHT_SUM);
}

/* True where it told of a line that is heavy enough, and that the engine has logged since it had its link last. */
static bool tell_reason(struct node *n, enum weight least)
{
    struct unlinked *u = &redis_of(n)->unlinked;
    _buf_ struct buf log = {0};
    if (u->log_from > node_log_size(n)) u->log_from = 0; /* the log was cut */
    node_lines_since(n, u->log_from, &log);
    const char *why = log.len ? find_reason(log.data, least) : NULL;
    if (why == NULL) return false;
    node_reason(n, "it can't follow its upstream: %.*s", REASON_MAX, why);
    return true;
}

/* A full disk takes no log either. */
static bool tell_full_disk(struct node *n)
{
    struct statvfs fs;
    if (statvfs(n->dir, &fs) != 0 || fs.f_bavail * fs.f_frsize >= ROOM_LEAST) return false;
    node_reason(n, "it can't follow its upstream: its disk is full");
    return true;
}

bool unlinked_note(struct node *n, bool replica, bool up)
{
    struct unlinked *u = &redis_of(n)->unlinked;
    bool linked = !replica || up;
    if (linked && u->since == 0 && node_now(n) < u->see_at) return false; /* hundreds of nodes answer all the time */
    long size = node_log_size(n);
    bool broken = replica && up && u->log_from && size > u->log_from && tell_reason(n, WEIGHT_BROKEN);
    /* Why the link went down was logged before that is seen. */
    if (linked) *u = (struct unlinked){.log_from = size, .see_at = node_now(n) + LOOK_MS};
    if ((!linked || broken) && u->since == 0) {
        u->since = u->look_at = node_now(n);
        u->told = broken;
    }
    return broken;
}

int64_t unlinked_at(const struct node *n)
{
    const struct unlinked *u = &redis_of(n)->unlinked;
    return u->since ? u->look_at : 0;
}

bool unlinked_look(struct node *n)
{
    struct unlinked *u = &redis_of(n)->unlinked;
    if (u->since == 0 || node_now(n) < u->look_at) return u->told;
    bool usual = node_now(n) < u->since + USUAL_MS;
    u->told = tell_reason(n, usual ? WEIGHT_BROKEN : WEIGHT_SUM) || (!usual && tell_full_disk(n)) || u->told;
    /* Several tries may fail in several ways: each is an event, so they are not told one after the other. */
    u->look_at = usual ? u->since + USUAL_MS : node_now(n) + (u->told ? TOLD_MS : LOOK_MS);
    return u->told;
}
