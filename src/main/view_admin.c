#include "main/view_admin.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/host.h"
#include "base/log.h"
#include "catalog/account_key.h"
#include "control/control.h"
#include "http/json.h"
#include "http/server.h"

static void get_nodes(struct exchange *x, void *arg)
{
    struct view_admin *s = arg;
    struct err e;
    _buf_ struct buf body = {0};
    if (s->control == NULL) err_set(&e, ERR_BROKEN, "stopping");
    else if (control_nodes_json(s->control, &body, &e) == 0) {
        http_answer(x, 200, "application/json", &body, NULL);
        return;
    }
    log_error("%s", e.msg);
    json_answer_error(x, 500, "%s", e.msg);
}

static void get_why(struct exchange *x, void *arg)
{
    struct view_admin *s = arg;
    struct err e;
    _buf_ struct buf body = {0};
    bool found;
    _arena_ struct arena a = {0};
    const char *region = http_param(x, "region"), *id = http_param(x, "id"), *account = http_param(x, "account");
    if (id == NULL || *id == '\0') {
        json_answer_error(x, 400, "id is missing: /_meridian/why?region=R&id=X");
        return;
    }
    if (account && !account_is(account)) return json_answer_error(x, 400, "account must have twelve digits.");
    const char *key = account && !account_leads(id) ? account_key(&a, account, id) : id;
    int r = s->control ? control_why_json(s->control, region, key, &body, &found, &e) : err_set(&e, ERR_BROKEN, "stopping");
    if (r) log_error("%s", e.msg);
    if (r) json_answer_error(x, 500, "%s", e.msg);
    else if (found) http_answer(x, 200, "application/json", &body, NULL);
    else
        json_answer_error(
            x, 404, "There is no %.80s in %.40s.", id, region ? region : "any region: name one, but for a global datastore");
}

/* No secret: whoever is to trust the endpoints needs it. */
static void get_authority(struct exchange *x, void *arg)
{
    struct view_admin *s = arg;
    struct err e;
    _buf_ struct buf body = {0};
    if (s->control == NULL) err_set(&e, ERR_BROKEN, "stopping");
    char host[HOST_TEXT_SIZE];
    if (s->control && http_host(x, host)) control_reached_by(s->control, host);
    const char *pem = s->control ? control_authority_pem(s->control, &e) : NULL;
    if (pem) {
        buf_puts(&body, pem);
        http_answer(x, 200, "application/x-pem-file", &body, NULL);
        return;
    }
    log_error("%s", e.msg);
    json_answer_error(x, 500, "%s", e.msg);
}

void view_admin_add_routes(struct http *h, struct view_admin *v)
{
    const struct http_route routes[] = {
        {"GET", "/_meridian/ca.pem", get_authority, v, .params = "", .what = "the certificate that TLS clients are to trust"},
        {"GET", "/_meridian/nodes", get_nodes, v, .params = "", .what = "every node: what is wanted of it, and what was seen"},
        {"GET", "/_meridian/why", get_why, v, .params = "region id account",
            .what = "what ?id=X of ?region=R waits for, since when, and what ends it; account=A: another account's"},
    };
    http_add_routes(h, routes, sizeof routes / sizeof *routes);
}
