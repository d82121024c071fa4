#include "main/trace_admin.h"
#include "base/log.h"
#include "base/err.h"
#include "control/trace.h"
#include "control/trace_keep.h"
#include "http/json.h"
#include "protocol/admin.gen.h"
#include <string.h>

#define TRACE_PATH "/_meridian/trace"

/* The id behind the path, or NULL, with the answer given. */
static const char *traced_id(struct exchange *x, const struct trace_admin *t)
{
    const char *id = http_path(x) + strlen(TRACE_PATH "/");
    size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");
    if (t->trace == NULL) json_answer_error(x, 500, "stopping");
    else if (n == 0 || id[n] || n >= TRACE_ID_SIZE) json_answer_error(x, 400, "%.80s is no id of a resource.", id);
    else return id;
    return NULL;
}

static void answer_traced(struct exchange *x, const struct trace_admin *t, const char *id)
{
    struct admin_trace told = {.id = id, .traced = OPT_BOOL(trace_wants(t->trace, id))};
    json_answer_shape(x, 200, &shape_admin_trace, &told);
}

/* It is in force, though the database may be unable to take it: a disk may be full, which is what somebody wants to look into. */
static void keep_traced(const struct trace_admin *t, const char *id, bool traced)
{
    struct err e = {0};
    log_info("%s is %s from now on", id, traced ? "traced" : "not traced");
    if (trace_keep_set(t->store, id, traced, &e) != 0)
        log_warn("that %s is %s ends with serve: %s", id, traced ? "traced" : "not traced", e.msg);
}

static void get_traces(struct exchange *x, void *arg)
{
    const struct trace_admin *t = arg;
    const char *ids[TRACE_IDS_MAX];
    struct admin_traces all = {.traced = {true, 0, ids}};
    while (t->trace && all.traced.n < TRACE_IDS_MAX && (ids[all.traced.n] = trace_id(t->trace, all.traced.n)) != NULL)
        all.traced.n++;
    json_answer_shape(x, 200, &shape_admin_traces, &all);
}

static void get_trace(struct exchange *x, void *arg)
{
    const struct trace_admin *t = arg;
    const char *id = traced_id(x, t);
    if (id) answer_traced(x, t, id);
}

static void put_trace(struct exchange *x, void *arg)
{
    const struct trace_admin *t = arg;
    if (admin_refuse(x, t->admin, !t->admin->local)) return;
    const char *id = traced_id(x, t);
    if (id == NULL) return;
    if (!trace_add_id(t->trace, id)) {
        json_answer_error(x, 409, "%d resources are traced already; DELETE one of them.", TRACE_IDS_MAX);
        return;
    }
    keep_traced(t, id, true);
    answer_traced(x, t, id);
}

static void delete_trace(struct exchange *x, void *arg)
{
    const struct trace_admin *t = arg;
    if (admin_refuse(x, t->admin, !t->admin->local)) return;
    const char *id = traced_id(x, t);
    if (id == NULL) return;
    trace_drop_id(t->trace, id);
    keep_traced(t, id, false);
    answer_traced(x, t, id);
}

void trace_admin_add_routes(struct http *h, const struct trace_admin *t)
{
    void *arg = (void *)t;
    const struct http_route routes[] = {
        {"GET", TRACE_PATH, get_traces, arg, .params = "", .what = "the ids of what is traced"},
        {"GET", TRACE_PATH "/*", get_trace, arg, .params = ""},
        {"PUT", TRACE_PATH "/*", put_trace, arg, .params = "", .what = "traces what has that id: the log tells of each step"},
        {"POST", TRACE_PATH "/*", put_trace, arg, .params = ""},
        {"DELETE", TRACE_PATH "/*", delete_trace, arg, .params = "", .what = "ends that"},
    };
    http_add_routes(h, routes, sizeof routes / sizeof *routes);
}
