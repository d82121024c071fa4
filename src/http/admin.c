#include "http/admin.h"
#include "base/clock.h"
#include "base/decimal.h"
#include "base/log.h"
#include "base/trip.h"
#include "http/bearer.h"
#include "http/json.h"
#include "model/operation.h"
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TRIPS_PATH "/_meridian/trips/"

bool admin_refuse(struct exchange *x, const struct admin *admin, bool token_needed)
{
    if (!http_may_change(x)) {
        json_answer_error(x, 403, "A web page must not change anything with this request.");
    } else if (token_needed && !bearer_is(http_header(x, "Authorization"), admin->token)) {
        json_answer(x, 401, json_pack("{s:s}", "error", "This needs the administrator's token: Authorization: Bearer TOKEN."),
            (struct http_header[]){{"WWW-Authenticate", "Bearer"}, {0}});
    } else {
        return false;
    }
    return true;
}

static bool refuse_trips(struct exchange *x, const struct admin *admin)
{
    if (admin->trips) return admin_refuse(x, admin, true);
    json_answer_error(x, 403, "Failure injection is off: start serve with --trips.");
    return true;
}

static void get_paths(struct exchange *x, void *admin)
{
    (void)admin;
    size_t n;
    const struct http_route *routes = http_routes(x, &n);
    json_t *paths = json_array();
    for (const struct http_route *r = routes; r < routes + n; r++)
        if (r->what)
            json_array_append_new(paths, json_pack("{s:s, s:s, s:s}", "method", r->method, "path", r->path, "what", r->what));
    json_answer(x, 200, json_pack("{s:o}", "paths", paths), NULL);
}

static void get_health(struct exchange *x, void *admin)
{
    (void)admin;
    json_answer(x, 200, json_pack("{s:s, s:s}", "status", "ok", "version", MERIDIAN_VERSION), NULL);
}

static void get_operations(struct exchange *x, void *arg)
{
    const struct admin *admin = arg;
    json_t *served = json_array(), *not_served = json_array();
    for (const struct operation *o = admin->operations; o < admin->operations + admin->n_operations; o++)
        json_array_append_new(o->run ? served : not_served, json_string(o->name));
    json_answer(x, 200, json_pack("{s:o, s:o}", "served", served, "not_served", not_served), NULL);
}

static void get_trips(struct exchange *x, void *admin)
{
    if (refuse_trips(x, admin)) return;
    json_t *trips = json_object();
    for (int t = 0; t < TRIP__COUNT; t++) json_object_set_new(trips, trip_name(t), json_integer(trip_left[t]));
    json_answer(x, 200, json_pack("{s:o}", "trips", trips), NULL);
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
        json_answer(x, 200, json_pack("{s:{s:i}}", "trips", trip_name(trip), (int)n), NULL);
    }
}

static void get_clock(struct exchange *x, void *admin)
{
    (void)admin;
    json_int_t now = clock_now_ms(), advanced = clock_warped_ms(), steady = clock_steady_ms();
    json_answer(x, 200, json_pack("{s:I, s:I, s:I}", "now_ms", now, "steady_ms", steady, "advanced_ms", advanced), NULL);
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
        {"GET", "/_meridian", get_paths, arg},
        {"GET", "/_meridian/", get_paths, arg, .what = "this list"},
        {"GET", "/_meridian/health", get_health, arg, .what = "200 once requests are served, and the version"},
        {"GET", "/_meridian/operations", get_operations, arg,
            .what = "the operations of the API that are served, and those that are not"},
        {"GET", "/_meridian/trips", get_trips, arg,
            .what = "with --trips: the failures that can be injected, and how often each will strike"},
        {"PUT", TRIPS_PATH "*", put_trip, arg,
            .what = "with --trips: the failure of that name strikes ?count=N times, 0 for never, -1 for ever"},
        {"POST", TRIPS_PATH "*", put_trip, arg},
        {"GET", "/_meridian/clock", get_clock, arg, .what = "the clocks, in milliseconds"},
        {"POST", "/_meridian/clock", post_clock, arg,
            .what = "lets ?advance_ms=N pass at once, or moves the wall clock alone by ?jump_ms=N"},
        {NULL, "/_meridian/*", answer_unknown, arg},
    };
    http_add_routes(h, routes, sizeof routes / sizeof *routes);
}
