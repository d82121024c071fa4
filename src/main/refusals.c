#include "main/refusals.h"
#include "base/decimal.h"
#include "base/err.h"
#include "base/log.h"
#include "catalog/region.h"
#include "http/json.h"
#include "main/faults_admin.h"
#include "model/api.gen.h"
#include "protocol/admin.gen.h"
#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define REFUSALS_PATH "/_meridian/refusals"
#define UNTOLD "This fault was asked for by PUT " REFUSALS_PATH "."

static void drop_refusal(struct refusals *r, size_t i)
{
    assert(i < r->n);
    memmove(&r->items[i], &r->items[i + 1], (--r->n - i) * sizeof *r->items);
}

int refusals_take(struct refusals *r, const struct operation *o, const char *region, struct err *e)
{
    for (size_t i = 0; i < r->n; i++) {
        struct refusal *x = &r->items[i];
        if (x->operation != o || (x->region && strcmp(x->region, region) != 0)) continue;
        int fault = err_set(e, x->fault, "%s", x->message);
        if (x->left > 0 && --x->left == 0) drop_refusal(r, i);
        return fault;
    }
    return 0;
}

void refusals_clear(struct refusals *r)
{
    r->n = 0;
}

/* ---- the administration API ---- */

static void answer_refusals(struct exchange *x, const struct refusals *r)
{
    struct admin_refusal told[REFUSALS_MAX];
    for (size_t i = 0; i < r->n; i++)
        told[i] = (struct admin_refusal){.operation = r->items[i].operation->name,
            .code = api_faults[r->items[i].fault].code,
            .region = r->items[i].region,
            .message = r->items[i].message,
            .left = OPT_INT(r->items[i].left)};
    struct admin_refusals all = {.refusals = {true, r->n, told}};
    json_answer_shape(x, 200, &shape_admin_refusals, &all);
}

static void get_refusals(struct exchange *x, void *arg)
{
    answer_refusals(x, arg);
}

/* The fault that the operation can answer with this code; FAULT_NONE where there is none. */
static int fault_of(const struct operation *o, const char *code)
{
    for (int f = FAULT_NONE + 1; f < FAULT__COUNT; f++)
        if (code && strcmp(api_faults[f].code, code) == 0 && operation_declares(o, f)) return f;
    return FAULT_NONE;
}

static bool read_refusal(struct exchange *x, const struct refusals *r, struct refusal *out)
{
    const char *name = http_path(x) + strlen(REFUSALS_PATH "/"), *code = http_param(x, "code");
    const char *region = http_param(x, "region"), *count = http_param(x, "count"), *message = http_param(x, "message");
    const struct region *found = region ? region_find(region) : NULL;
    *out = (struct refusal){.operation = operation_find(r->admin->operations, r->admin->n_operations, name), .left = 1};
    snprintf(out->message, sizeof out->message, "%s", message ? message : UNTOLD);
    if (out->operation == NULL || out->operation->run == NULL) json_answer_error(x, 404, "%.60s is no operation.", name);
    else if (region && found == NULL) faults_answer_unknown_region(x, region);
    else if (count && !decimal_parse(count, -1, INT_MAX, &out->left))
        json_answer_error(x, 400, "count must be a whole number from -1 on.");
    else if ((out->fault = fault_of(out->operation, code)) == FAULT_NONE)
        json_answer_error(x, 400, "%s does not answer \"%.60s\": see its faults in the API reference.", name, code ? code : "");
    else {
        out->region = found ? found->name : NULL;
        return true;
    }
    return false;
}

static void put_refusal(struct exchange *x, void *arg)
{
    struct refusals *r = arg;
    struct refusal asked;
    if (admin_refuse(x, r->admin, !r->admin->local) || !read_refusal(x, r, &asked)) return;
    for (size_t i = r->n; i-- > 0;) {
        const struct refusal *old = &r->items[i];
        bool alike = old->operation == asked.operation && old->fault == asked.fault && old->region == asked.region;
        if (alike) drop_refusal(r, i);
    }
    if (r->n == REFUSALS_MAX) {
        json_answer_error(x, 409, "%d refusals are asked for already; DELETE them.", REFUSALS_MAX);
        return;
    }
    if (asked.left != 0) r->items[r->n++] = asked;
    log_info("%s is refused with %s, %lld times", asked.operation->name, api_faults[asked.fault].code, (long long)asked.left);
    answer_refusals(x, r);
}

static void delete_refusals(struct exchange *x, void *arg)
{
    struct refusals *r = arg;
    if (admin_refuse(x, r->admin, !r->admin->local)) return;
    refusals_clear(r);
    answer_refusals(x, r);
}

void refusals_add_routes(struct http *h, struct refusals *r)
{
    const struct http_route routes[] = {
        {"GET", REFUSALS_PATH, get_refusals, r, .params = "", .what = "the refusals that were asked for"},
        {"PUT", REFUSALS_PATH "/*", put_refusal, r, .params = "code count region message",
            .what = "has the next calls of an operation end with ?code=C, count=N times"},
        {"POST", REFUSALS_PATH "/*", put_refusal, r, .params = "code count region message"},
        {"DELETE", REFUSALS_PATH, delete_refusals, r, .params = "", .what = "ends all of them"},
    };
    http_add_routes(h, routes, sizeof routes / sizeof *routes);
}
