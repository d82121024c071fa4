#include "main/wait_admin.h"
#include "base/arena.h"
#include "base/decimal.h"
#include "base/err.h"
#include "base/log.h"
#include "catalog/region.h"
#include "http/admin.h"
#include "http/json.h"
#include "http/server.h"
#include "main/init.h"
#include "plan/serverless.h"
#include "plan/shown.h"
#include "protocol/admin.gen.h"
#include "store/queries.gen.h"
#include "catalog/account_key.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_MS = 30000 };

#define DELETED "deleted"
#define INIT "init"

struct waiter {
    struct waiter *next;
    struct wait_admin *of;
    struct exchange *x; /* NULL: it was answered, or has left */
    const char *region, *id, *wanted;
    const char *account; /* whose it is */
    uv_timer_t limit;
};

/* ---- statuses ---- */

/* Its status as the API shows it; "deleted": there is none. */
static int find_status(struct store *s, struct arena *a, const char *region, const char *id, const char **out, struct err *e)
{
    struct row_replication_group *rg = NULL;
    struct row_cache_cluster *c = NULL;
    struct row_global_replication_group *g = NULL;
    struct row_snapshot *snapshot = NULL;
    struct row_user *user = NULL;
    struct row_user_group *group = NULL;
    const char *beneath = account_key_beside(a, id, arena_printf(a, SERVERLESS_PREFIX "%s", account_id(id)));
    int r = q_rg_get(s, a, region, id, &rg, e);
    if (r == 0 && !rg) r = q_rg_get(s, a, region, beneath, &rg, e);
    if (r == 0 && !rg) r = q_cluster_get(s, a, region, id, &c, e);
    if (r == 0 && !rg && !c) r = q_global_get(s, a, id, &g, e);
    if (r == 0 && !rg && !c && !g) r = q_snapshot_get(s, a, region, id, &snapshot, e);
    if (r == 0 && !rg && !c && !g && !snapshot) r = q_snapshot_get(s, a, region, beneath, &snapshot, e);
    if (r == 0 && !rg && !c && !g && !snapshot) r = q_user_group_get(s, a, region, id, &group, e);
    if (r == 0 && !rg && !c && !g && !snapshot && !group) r = q_user_get(s, a, region, id, &user, e);
    *out = rg         ? rg_status_text(shown_rg_status(rg))
           : c        ? cluster_status_text(shown_cluster_status(c))
           : g        ? global_status_text(g->status)
           : snapshot ? snapshot_status_text(snapshot->status)
           : group    ? user_group_status_text(group->status)
           : user     ? user_status_text(user->status)
                      : DELETED;
    return r;
}

static bool is_wanted(const char *status, const char *wanted)
{
    if (strcmp(status, wanted) == 0) return true;
    return strcmp(wanted, "available") == 0 && (strcmp(status, "active") == 0 || strcmp(status, "primary-only") == 0);
}

/* Nothing leads away from these but to deletion. */
static bool has_failed(const char *status)
{
    return strcmp(status, "create-failed") == 0 || strcmp(status, "restore-failed") == 0 || strcmp(status, "failed") == 0;
}

/* ---- who waits ---- */

static void on_freed(uv_handle_t *h)
{
    free(h->data);
}

static void waiter_end(struct waiter *q)
{
    struct waiter **at = &q->of->first;
    while (*at != q) at = &(*at)->next;
    *at = q->next;
    uv_close((uv_handle_t *)&q->limit, on_freed);
}

static void answer_status(struct waiter *q, unsigned code, const char *status)
{
    json_answer_shape(q->x, code, &shape_admin_waited, &(struct admin_waited){q->id, status});
    waiter_end(q);
}

/* What is not there may still come while --init is run. */
static void look_at_resource(struct waiter *q, bool late)
{
    _arena_ struct arena a = {0};
    const char *status;
    struct err e;
    store_act_for(q->of->store, q->account, &a);
    int r = find_status(q->of->store, &a, q->region, q->id, &status, &e);
    store_act_for(q->of->store, NULL, NULL);
    if (r) {
        log_error("%s", e.msg);
        json_answer_error(q->x, 500, "%s", e.msg);
        return waiter_end(q);
    }
    bool gone = strcmp(status, DELETED) == 0;
    if (is_wanted(status, q->wanted)) answer_status(q, 200, status);
    else if (gone && init_is_over(q->of->init)) answer_status(q, 404, status);
    else if (has_failed(status) && strcmp(q->wanted, DELETED) != 0) answer_status(q, 409, status);
    else if (late) answer_status(q, 504, status);
}

static void look_at_init(struct waiter *q, bool late)
{
    const char *state = init_state_text(q->of->init);
    if (init_is_over(q->of->init)) answer_status(q, strcmp(state, "done") == 0 ? 200 : 409, state);
    else if (late) answer_status(q, 504, state);
}

static void waiter_look(struct waiter *q, bool late)
{
    if (q->id) look_at_resource(q, late);
    else look_at_init(q, late);
}

static void on_late(uv_timer_t *t)
{
    waiter_look(t->data, true);
}

static void on_waiter_left(struct exchange *x, void *arg)
{
    (void)x;
    waiter_end(arg);
}

void wait_admin_look(struct wait_admin *w)
{
    for (struct waiter *q = w->first, *next; q; q = next) {
        next = q->next;
        waiter_look(q, false);
    }
}

static bool is_status(const char *text)
{
    static const struct words *const lists[] = {&words_rg_status, &words_cluster_status, &words_global_status,
        &words_snapshot_status, &words_user_status, &words_user_group_status};
    unsigned value;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (word_read(lists[i], text, &value)) return true;
    return strcmp(text, DELETED) == 0;
}

static void get_wait(struct exchange *x, void *arg)
{
    struct wait_admin *w = arg;
    const char *id = http_param(x, "id"), *region = http_param(x, "region"), *wanted = http_param(x, "for"),
               *limit = http_param(x, "limit_ms"), *account = http_param(x, "account");
    int64_t limit_ms = LIMIT_MS;
    bool init = wanted && strcmp(wanted, INIT) == 0;
    if (init && (id || region)) return json_answer_error(x, 400, "for=init is about no resource: leave id and region out.");
    if (!init && (id == NULL || *id == '\0' || region == NULL))
        return json_answer_error(x, 400, "id or region is missing: /_meridian/wait?id=X&region=R&for=available");
    if (!init && region_find(region) == NULL) return json_answer_error(x, 400, "There is no region %.40s.", region);
    if (wanted && !init && !is_status(wanted)) return json_answer_error(x, 400, "Nothing ever has the status %.40s.", wanted);
    if (account && !account_is(account)) return json_answer_error(x, 400, "account must have twelve digits.");
    if (limit && !decimal_parse(limit, 0, INT_MAX, &limit_ms))
        return json_answer_error(x, 400, "limit_ms must be a whole number.");
    struct waiter *q = calloc(1, sizeof *q);
    if (q == NULL) abort();
    *q = (struct waiter){w->first, w, x, region, id, wanted ? wanted : "available", account, {0}};
    w->first = q;
    uv_timer_init(w->loop, &q->limit);
    q->limit.data = q;
    uv_timer_start(&q->limit, on_late, (uint64_t)limit_ms, 0);
    http_defer(x, on_waiter_left, q);
    waiter_look(q, false);
}

void wait_admin_add_routes(struct http *h, struct wait_admin *w)
{
    const struct http_route routes[] = {
        {"GET", "/_meridian/wait", get_wait, w, .params = "id region account for limit_ms",
            .what = "answers once ?id=X of region=R is for=available, or deleted, or for=init once --init was run; limit_ms=N at "
                    "most"},
    };
    http_add_routes(h, routes, sizeof routes / sizeof *routes);
}
