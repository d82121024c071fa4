#include "control/stop.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/proc_stat.h"
#include "control/session.h"
#include "plan/seen.h"
#include "store/queries.gen.h"

void stop_begin(struct stop *s, int64_t limit_ms)
{
    s->due_ms = limit_ms ? clock_steady_ms() + limit_ms + STOP_MARGIN_MS : INT64_MAX;
}

void stop_extend(struct stop *s)
{
    int64_t due_ms = clock_steady_ms() + STOP_MARGIN_MS;
    if (s->due_ms < due_ms) s->due_ms = due_ms;
}

bool stop_is_overdue(const struct stop *s)
{
    return s->due_ms && clock_steady_ms() >= s->due_ms;
}

bool stop_is_done(const struct sessions *all)
{
    for (const struct session *s = all->first; s; s = s->next)
        if (!s->stopped || s->process) return false;
    return true;
}

static void tell_agents(struct stop *stop, const struct sessions *all)
{
    for (const struct session *s = all->first; s; s = s->next) {
        if (s->stopped && s->process == NULL && !s->given_up) continue;
        stop->n_left++;
        if (s->process) log_error("the agent of %s has not stopped (process %d)", s->region, (int)agent_process_pid(s->process));
        else log_error("the agent of %s could not be started to stop its nodes", s->region);
    }
}

void stop_tell_left(struct stop *s, const struct sessions *all, struct store *store)
{
    _arena_ struct arena a = {0};
    struct row_node *rows;
    struct err e;
    size_t n = 0;
    tell_agents(s, all);
    if (q_node_all(store, &a, &rows, &n, &e) != 0) log_error("nobody knows which nodes still run: %s", e.msg);
    for (size_t i = 0; i < n; i++) {
        if (!proc_stat_works_below((long)rows[i].seen_pid, all->o->data_dir)) continue;
        s->n_left++;
        const char *why = seen_node_reason(&rows[i]);
        log_error("node %s of %s still runs (process %lld)%s%s", rows[i].id, rows[i].region, (long long)rows[i].seen_pid,
            why ? ": " : "", why ? why : "");
    }
}
