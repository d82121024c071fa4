#include "http/admin.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/decimal.h"
#include "base/log.h"
#include "base/trip.h"
#include "http/bearer.h"
#include "http/json.h"
#include "model/json.h"
#include "model/operation.h"
#include "protocol/admin.gen.h"
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TRIPS_PATH "/_meridian/trips/"

bool admin_has_token(const struct exchange *x, const struct admin *admin)
{
    return admin->open || bearer_is(http_header(x, "Authorization"), admin->token);
}

bool admin_refuse(struct exchange *x, const struct admin *admin, bool token_needed)
{
    if (!http_may_change(x)) {
        json_answer_error(x, 403, "A web page must not change anything with this request.");
    } else if (token_needed && !admin_has_token(x, admin)) {
        json_refuse(x, 401, "This needs the administrator's token: Authorization: Bearer TOKEN.",
            (struct http_header[]){{"WWW-Authenticate", "Bearer"}, {0}});
    } else {
        return false;
    }
    return true;
}

static bool refuse_trips(struct exchange *x, const struct admin *admin)
{
    if (admin->trips) return admin_refuse(x, admin, true);
    json_answer_error(x, 403, "Failure injection is off: start serve with --trips, or with --admin open.");
    return true;
}

static void get_paths(struct exchange *x, void *admin)
{
    (void)admin;
    size_t n;
    const struct http_route *routes = http_routes(x, &n);
    struct admin_paths told = {.paths = {true, 0, arena_array(http_arena(x), struct admin_path, n)}};
    for (const struct http_route *r = routes; r < routes + n; r++)
        if (r->what) told.paths.items[told.paths.n++] = (struct admin_path){r->method, r->path, r->what};
    json_answer_shape(x, 200, &shape_admin_paths, &told);
}

static void get_health(struct exchange *x, void *arg)
{
    const struct admin *admin = arg;
    json_answer_shape(
        x, 200, &shape_admin_health, &(struct admin_health){"ok", MERIDIAN_VERSION, OPT_BOOL(admin->dry_run(admin->arg))});
}

static void get_operations(struct exchange *x, void *arg)
{
    const struct admin *admin = arg;
    struct arena *a = http_arena(x);
    struct admin_operations told = {.served = {true, 0, arena_array(a, const char *, admin->n_operations)},
        .not_served = {true, 0, arena_array(a, const char *, admin->n_operations)}};
    for (const struct operation *o = admin->operations; o < admin->operations + admin->n_operations; o++) {
        struct string_list *list = o->run ? &told.served : &told.not_served;
        list->items[list->n++] = o->name;
    }
    json_answer_shape(x, 200, &shape_admin_operations, &told);
}

/* How often the failures from 'first' up to 'end' will strike. */
static void answer_trips(struct exchange *x, int first, int end)
{
    struct buf doc = {0};
    struct json_writer j = {.out = &doc};
    json_open(&j, NULL, '{');
    json_open(&j, "trips", '{');
    for (int t = first; t < end; t++) json_write_int(&j, trip_name(t), trip_left[t]);
    json_close(&j, '}');
    json_close(&j, '}');
    json_answer(x, 200, &doc, NULL);
}

static void get_trips(struct exchange *x, void *admin)
{
    if (!refuse_trips(x, admin)) answer_trips(x, 0, TRIP__COUNT);
}

static void put_trip(struct exchange *x, void *admin)
{
    if (refuse_trips(x, admin)) return;
    const char *name = http_path(x) + strlen(TRIPS_PATH), *count = http_param(x, "count");
    int trip = trip_find(name);
    int64_t n = 1;
    if (trip < 0) {
        json_answer_error(x, 404, "There is no trip \"%s\"; GET /_meridian/trips lists them.", name);
    } else if (count != NULL && !decimal_parse(count, -1, INT_MAX, &n)) {
        json_answer_error(x, 400, "count must be a whole number: how often to trip, 0 for never, -1 for ever.");
    } else {
        trip_arm(trip, (int)n);
        log_info("trip %s is set to %" PRId64, trip_name(trip), n);
        answer_trips(x, trip, trip + 1);
    }
}

static void get_clock(struct exchange *x, void *admin)
{
    (void)admin;
    const struct admin_clock told = {OPT_INT(clock_now_ms()), OPT_INT(clock_steady_ms()), OPT_INT(clock_warped_ms())};
    json_answer_shape(x, 200, &shape_admin_clock, &told);
}

static void post_clock(struct exchange *x, void *arg)
{
    const struct admin *admin = arg;
    const int64_t century_ms = INT64_C(100) * 365 * 24 * 3600 * 1000;
    const char *jump = http_param(x, "jump_ms"), *text = jump ? jump : http_param(x, "advance_ms");
    int64_t ms;
    if (admin_refuse(x, admin, !admin->local)) return;
    if (text == NULL || !decimal_parse(text, -century_ms, century_ms, &ms)) {
        json_answer_error(
            x, 400, "%s must be a whole number of milliseconds, a century at most.", jump ? "jump_ms" : "advance_ms");
        return;
    }
    if (jump) clock_warp(ms);
    else clock_advance(ms);
    log_info("the %s was moved by %" PRId64 " ms", jump ? "wall clock" : "time", ms);
    if (admin->clock_moved) admin->clock_moved(admin->arg);
    get_clock(x, arg);
}

static void answer_unknown(struct exchange *x, void *admin)
{
    (void)admin;
    json_answer_error(x, 404, "There is nothing at %s.", http_path(x));
}

void admin_add_routes(struct http *h, const struct admin *admin)
{
    void *arg = (void *)admin;
    const struct http_route routes[] = {
        {"GET", "/_meridian", get_paths, arg, .params = ""},
        {"GET", "/_meridian/", get_paths, arg, .params = "", .what = "this list"},
        {"GET", "/_meridian/health", get_health, arg, .params = "",
            .what = "200 once requests are served, the version, and whether this is a dry run"},
        {"GET", "/_meridian/operations", get_operations, arg, .params = "",
            .what = "the operations of the API that are served, and those that are not"},
        {"GET", "/_meridian/trips", get_trips, arg, .params = "",
            .what = "with --trips: the failures that can be injected, and how often each will strike"},
        {"PUT", TRIPS_PATH "*", put_trip, arg, .params = "count",
            .what = "with --trips: the failure of that name strikes ?count=N times, 0 for never, -1 for ever"},
        {"POST", TRIPS_PATH "*", put_trip, arg, .params = "count"},
        {"GET", "/_meridian/clock", get_clock, arg, .params = "", .what = "the clocks, in milliseconds"},
        {"POST", "/_meridian/clock", post_clock, arg, .params = "advance_ms jump_ms",
            .what = "lets ?advance_ms=N pass at once, or moves the wall clock alone by ?jump_ms=N"},
        {NULL, "/_meridian/*", answer_unknown, arg},
    };
    http_add_routes(h, routes, sizeof routes / sizeof *routes);
}
