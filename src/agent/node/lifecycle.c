#include "agent/node/lifecycle.h"
#include <assert.h>
#include <stddef.h>

enum {
    SPARE_LOOK_MS = 20,
    SWITCH_LOOK_MS = 1,
    END_MS = 2000,          /* for one that has nothing to save */
    END_REPLICA_MS = 60000, /* for one whose data its primary has */
    WRITING_MS = 10000,     /* for one that was writing its data until then */
};

static const char *const state_names[NODE_STATES] = {[NODE_REST] = "rest",
    [NODE_BOOT] = "boot",
    [NODE_GREET] = "greet",
    [NODE_UP] = "up",
    [NODE_STOP] = "stop",
    [NODE_GONE] = "gone",
    [NODE_CLOSED] = "closed"};

static const char *const event_names[NODE_EVENTS] = {[EVENT_STARTED] = "started",
    [EVENT_CONNECTED] = "connected",
    [EVENT_KNOWN] = "known",
    [EVENT_LOADS] = "loads",
    [EVENT_LOST] = "lost",
    [EVENT_TOLD] = "told",
    [EVENT_ENDED] = "ended",
    [EVENT_DELETED] = "deleted",
    [EVENT_REVIVED] = "revived",
    [EVENT_CLOSED] = "closed"};

static const struct {
    enum node_state from;
    enum node_event event;
    enum node_state to;
} moves[] = {
    {NODE_REST, EVENT_STARTED, NODE_BOOT},
    {NODE_REST, EVENT_DELETED, NODE_GONE},
    {NODE_REST, EVENT_CLOSED, NODE_CLOSED},
    {NODE_BOOT, EVENT_CONNECTED, NODE_GREET},
    {NODE_BOOT, EVENT_LOST, NODE_BOOT}, /* refused: it does not listen yet */
    {NODE_BOOT, EVENT_TOLD, NODE_STOP},
    {NODE_BOOT, EVENT_ENDED, NODE_REST},
    {NODE_GREET, EVENT_KNOWN, NODE_UP},
    {NODE_GREET, EVENT_LOST, NODE_BOOT},
    {NODE_GREET, EVENT_TOLD, NODE_STOP},
    {NODE_GREET, EVENT_ENDED, NODE_REST},
    {NODE_UP, EVENT_LOADS, NODE_GREET},
    {NODE_UP, EVENT_LOST, NODE_BOOT},
    {NODE_UP, EVENT_TOLD, NODE_STOP},
    {NODE_UP, EVENT_ENDED, NODE_REST},
    {NODE_STOP, EVENT_CONNECTED, NODE_STOP}, /* a connection that was asked for before may still be made, */
    {NODE_STOP, EVENT_LOST, NODE_STOP},      /* and one that stood end before its process */
    {NODE_STOP, EVENT_ENDED, NODE_REST},
    {NODE_GONE, EVENT_REVIVED, NODE_REST},
    {NODE_GONE, EVENT_CLOSED, NODE_CLOSED},
};

const char *lifecycle_state_name(enum node_state state)
{
    return state_names[state];
}

const char *lifecycle_event_name(enum node_event event)
{
    return event_names[event];
}

bool node_lifecycle_move(enum node_state from, enum node_event event, enum node_state *to)
{
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        if (moves[i].from != from || moves[i].event != event) continue;
        *to = moves[i].to;
        return true;
    }
    return false;
}

/* ---- what is to be done ---- */

enum node_want lifecycle_want(const struct lifecycle_facts *f)
{
    if (f->stopping) return WANT_STOP;
    if (!f->assigned || f->refused) return WANT_NOTHING; /* of an adopted process, the order has the address and the password */
    if (!f->run) return WANT_GONE;
    return f->has_process && f->misfit ? WANT_AGAIN : WANT_RUN;
}

static struct lifecycle_next now_do(enum lifecycle_do what)
{
    return (struct lifecycle_next){.what = what};
}

static struct lifecycle_next wait_until(int64_t at)
{
    return (struct lifecycle_next){.what = DO_NOTHING, .at = at};
}

static struct lifecycle_next next_at_rest(const struct lifecycle_facts *f, int64_t now)
{
    switch (start_waits_for(&f->start)) {
    case START_HELD: /* another order wakes it */
    case START_UPSTREAM: /* whoever changes wakes all others */ return wait_until(0);
    case START_SPARING: return wait_until(now + SPARE_LOOK_MS);
    case START_BACKOFF: return wait_until(f->retry_at);
    case START_SWITCH: return wait_until(now + SWITCH_LOOK_MS);
    case START_NOW: break;
    }
    return now_do(DO_START);
}

struct lifecycle_next lifecycle_next(enum node_state state, const struct lifecycle_facts *f, int64_t now)
{
    enum node_want want = lifecycle_want(f);
    assert(f->has_process == (state == NODE_BOOT || state == NODE_GREET || state == NODE_UP || state == NODE_STOP));
    if (state == NODE_STOP) return now_do(DO_AWAIT_END);
    if (want == WANT_NOTHING) return wait_until(0);
    if (f->has_process && want != WANT_RUN) return now_do(DO_END);
    switch (state) {
    case NODE_REST: /* waits for an order, its upstream, or the end of the back-off */
        if (want == WANT_GONE) return now_do(DO_DELETE);
        return want == WANT_RUN ? next_at_rest(f, now) : wait_until(0);
    case NODE_BOOT: /* waits for a connection, or the time to try again */
        if (f->connected) return wait_until(0);
        return now >= f->connect_at ? now_do(DO_CONNECT) : wait_until(f->connect_at);
    case NODE_GREET: /* waits for an answer */
        if (f->asking) return wait_until(0);
        return now >= f->greet_at ? now_do(DO_GREET) : wait_until(f->greet_at);
    case NODE_UP: /* waits for an answer, or the time to look again */ return f->asking ? wait_until(0) : now_do(DO_CONVERGE);
    case NODE_GONE: /* waits for an order to run */ return want == WANT_RUN ? now_do(DO_REVIVE) : wait_until(0);
    default: return wait_until(0);
    }
}

enum node_trouble lifecycle_trouble(bool has_run, int signal, bool in_use)
{
    if (signal != 0 || has_run) return TROUBLE_EXITED;
    return in_use ? TROUBLE_CONFLICT : TROUBLE_BROKEN;
}

/* ---- its end ---- */

/*
 * How long a process that was told to end is waited for; 0: as long as it takes. Data that would be lost with it are waited
 * for: where everything stops, as long as the user says; where only this process is to make room for another, without a
 * limit, for nothing is lost while that waits. Of a replica, its primary has the data, too.
 */
static int64_t patience_ms(const struct end_facts *f)
{
    if (!f->saves) return END_MS;
    if (f->want == WANT_STOP) return f->stop_limit_ms;
    return f->replica ? END_REPLICA_MS : 0;
}

struct end_next lifecycle_end(const struct end_facts *f, int64_t now)
{
    int64_t limit = patience_ms(f);
    struct end_next next = {.what = END_WAIT, .deadline = limit ? f->since + limit : INT64_MAX};
    if (f->wrote_at && next.deadline < f->wrote_at + WRITING_MS) next.deadline = f->wrote_at + WRITING_MS;
    if (now >= next.deadline) next.what = END_KILL;
    else if (f->saves && now >= f->ask_at) next.what = END_ASK;
    return next;
}

bool lifecycle_is_writing(const struct end_facts *f, int64_t now)
{
    return f->saves && f->wrote_at && now < f->wrote_at + WRITING_MS;
}
