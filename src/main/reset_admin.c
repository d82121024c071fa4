#include "main/reset_admin.h"
#include "base/err.h"
#include "base/log.h"
#include "catalog/region.h"
#include "control/control.h"
#include "http/json.h"
#include "main/fis.h"
#include "main/refusals.h"
#include "protocol/admin.gen.h"
#include "catalog/account_key.h"
#include <stdio.h>
#include <string.h>

static struct reset_scope scope_of(const struct reset_admin *t)
{
    return (struct reset_scope){t->region[0] ? t->region : NULL, t->account[0] ? t->account : NULL};
}

static int answer_reset(void *arg, struct exchange *x, struct err *e)
{
    const struct reset_scope scope = scope_of(arg);
    (void)e;
    if (x == NULL) return 0;
    struct admin_reset_scope told = {scope.region, scope.account};
    json_answer_shape(x, 200, &shape_admin_reset, &(struct admin_reset){&told});
    return 0;
}

void reset_admin_look(struct reset_admin *t)
{
    struct err e;
    bool done;
    const struct reset_scope scope = scope_of(t);
    if (!t->under_way) return;
    int r = reset_finish(t->store, &scope, &done, &e);
    if (r == 0 && !done) return;
    if (r == 0) r = fis_reset(t->store, t->control, &scope, &e);
    if (r == 0 && scope.region == NULL && scope.account == NULL) refusals_clear(t->refusals);
    struct exchange *x = t->waiting;
    t->under_way = false;
    t->waiting = NULL;
    if (r == 0) {
        log_info("reset: everything is gone%s%s%s%s", t->region[0] ? " of " : "", t->region, t->account[0] ? " of account " : "",
            t->account);
        r = t->then(t->then_arg, x, &e);
    }
    control_changed(t->control);
    if (r == 0) return;
    log_error("reset: %s", e.msg);
    if (x) json_answer_error(x, 500, "%s", e.msg);
}

static void on_reset_left(struct exchange *x, void *arg)
{
    struct reset_admin *t = arg;
    (void)x;
    t->waiting = NULL;
}

void reset_admin_begin(
    struct reset_admin *t, struct exchange *x, const char *region, const char *account, reset_then_fn *then, void *arg)
{
    struct err e;
    snprintf(t->region, sizeof t->region, "%s", region ? region : "");
    snprintf(t->account, sizeof t->account, "%s", account ? account : "");
    const struct reset_scope scope = scope_of(t);
    if (t->control == NULL) return json_answer_error(x, 503, "stopping");
    if (reset_begin(t->store, &scope, &e) != 0) {
        log_error("reset: %s", e.msg);
        return json_answer_error(x, 500, "%s", e.msg);
    }
    if (region == NULL && account == NULL) control_end_faults(t->control, t->store);
    t->under_way = true;
    t->waiting = x;
    t->then = then;
    t->then_arg = arg;
    http_defer(x, on_reset_left, t);
    control_changed(t->control);
}

static void post_reset(struct exchange *x, void *arg)
{
    struct reset_admin *t = arg;
    const char *region = http_param(x, "region"), *account = http_param(x, "account");
    if (admin_refuse(x, t->admin, !t->admin->local)) return;
    if (t->under_way) return json_answer_error(x, 409, "A reset is under way already.");
    if (region && region_find(region) == NULL) return json_answer_error(x, 400, "There is no region %.40s.", region);
    if (account && !account_is(account)) return json_answer_error(x, 400, "account must have twelve digits.");
    reset_admin_begin(t, x, region, account, answer_reset, t);
}

void reset_admin_add_routes(struct http *h, struct reset_admin *t)
{
    const struct http_route routes[] = {
        {"POST", "/_meridian/reset", post_reset, t, .params = "region account",
            .what =
                "deletes everything with its processes and data, or what ?region=R or account=A names; answers once it is gone"},
    };
    http_add_routes(h, routes, sizeof routes / sizeof *routes);
}
