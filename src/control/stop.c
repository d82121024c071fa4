#include "control/stop.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "control/absent.h"
#include "store/queries.gen.h"

void stop_begin(struct control *c)
{
    int64_t limit = c->o.stop_limit_ms;
    c->stop_due_ms = limit ? clock_steady_ms() + limit + STOP_MARGIN_MS : INT64_MAX;
}

void stop_extend(struct control *c)
{
    int64_t due = clock_steady_ms() + STOP_MARGIN_MS;
    if (c->stop_due_ms < due) c->stop_due_ms = due;
}

bool stop_is_overdue(const struct control *c)
{
    return c->stopped != NULL && clock_steady_ms() >= c->stop_due_ms;
}

static void tell_agents(struct control *c)
{
    for (const struct session *s = c->sessions; s; s = s->next) {
        if (s->stopped && s->process == NULL && !s->given_up) continue;
        c->n_left++;
        if (s->process) log_error("the agent of %s has not stopped (process %d)", s->region, (int)session_pid(s));
        else log_error("the agent of %s could not be started to stop its nodes", s->region);
    }
}

void stop_tell_left(struct control *c)
{
    _arena_ struct arena a = {0};
    struct row_node *rows;
    struct err e;
    size_t n = 0;
    tell_agents(c);
    if (q_node_all(c->o.store, &a, &rows, &n, &e) != 0) log_error("nobody knows which nodes still run: %s", e.msg);
    for (size_t i = 0; i < n; i++) {
        if (!absent_is_there(c, rows[i].seen_pid)) continue;
        c->n_left++;
        log_error("node %s of %s still runs (process %lld)%s%s", rows[i].id, rows[i].region, (long long)rows[i].seen_pid,
            rows[i].seen_reason ? ": " : "", rows[i].seen_reason ? rows[i].seen_reason : "");
    }
}
