#include "agent/node/core.h"
#include "agent/os/names.h"
#include "base/log.h"
#include "base/mistake.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t node_now(const struct node *n)
{
    return (int64_t)uv_now(n->host->loop);
}

void node_step(struct node *n)
{
    n->step(n);
}

static void timer_fired(uv_timer_t *t)
{
    node_step(t->data);
}

void node_timer(struct node *n, int64_t ms)
{
    uv_timer_start(&n->timer, timer_fired, ms > 0 ? (uint64_t)ms : 0, 0);
}

void node_event(struct node *n, enum node_event event)
{
    enum node_state to;
    if (!node_lifecycle_move(n->state, event, &to)) {
        log_error("node %s: is %s and can't be %s: it stays as it is", n->id, lifecycle_state_name(n->state),
            lifecycle_event_name(event));
        if (MISTAKES_END_IT) abort();
        return;
    }
    if (to != n->state) node_trace(n, "%s -> %s", lifecycle_state_name(n->state), lifecycle_state_name(to));
    n->state = to;
}

void node_trace(const struct node *n, const char *fmt, ...)
{
    char what[200];
    va_list ap;
    if (n->trace[0] == '\0') return;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    log_trace("request %s: node %s: %s", n->trace, n->id, what);
}

void node_changed(struct node *n)
{
    n->stirred = true;
    n->host->changed(n->host);
}

void node_reason(struct node *n, const char *fmt, ...)
{
    char text[sizeof n->reason];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (strcmp(text, n->reason) == 0) return;
    strcpy(n->reason, text);
    if (*text) log_warn("node %s: %s", n->id, text);
    node_changed(n);
}

void node_asks(struct node *n)
{
    n->asking = true;
    n->asked_at = node_now(n);
}

void node_has_answer(struct node *n)
{
    n->asking = false;
}

void node_drop_conn(struct node *n)
{
    if (n->conn != NULL) n->kind->disconnect(n->conn);
    n->conn = NULL;
    n->asking = false;
    n->kind->hung_up(n);
}

void node_be(struct node *n, const struct engine_kind *kind)
{
    if (n->kind == kind) return;
    assert(n->conn == NULL);
    if (n->engine != NULL) n->kind->close(n);
    n->kind = kind;
    n->engine = kind->open(n);
    node_forget(n);
}

void node_forget(struct node *n)
{
    names_clear(&n->life.pending);
    n->life = (struct life){.generation = -1};
    n->kind->forget(n);
}

bool node_is_down(const struct node *n)
{
    bool outage = n->order != NULL && n->order->outage.v;
    return n->proc == NULL && (outage || n->died || n->refused || n->trouble != TROUBLE_NONE);
}

bool node_has_run(const struct node *n)
{
    return n->life.ready || n->adopted;
}

bool node_is_outdated(const struct node *n)
{
    return proc_id(n->proc)->incarnation < n->order->incarnation.v;
}

bool node_is_out_of_role(const struct node *n)
{
    bool comes_up = n->proc != NULL && !node_has_run(n) && n->order != NULL && n->order->cluster == NULL;
    return comes_up && n->began_as == ROLE_PRIMARY && role_at_start(n->order) == ROLE_REPLICA;
}
