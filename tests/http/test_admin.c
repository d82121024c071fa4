#include "http/admin.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/trip.h"
#include "served.h"
#include "model/operation.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int handler(struct op *op, const void *in, void *out)
{
    (void)op, (void)in, (void)out;
    return 0;
}

static void clock_moved(void *arg)
{
    ++*(int *)arg;
}

static bool is_dry_run(void *arg)
{
    (void)arg;
    return false;
}

static const struct operation operations[] = {{.name = "Do", .run = handler}, {.name = "Plan"}, {.name = "Undo", .run = handler}};
static int n_moved;
static struct admin admin = {
    .operations = operations,
    .n_operations = 3,
    .token = "0123456789abcdef",
    .trips = true,
    .local = true,
    .dry_run = is_dry_run,
    .clock_moved = clock_moved,
    .arg = &n_moved,
};
static struct served served;

static void add_routes(struct http *h)
{
    admin_add_routes(h, &admin);
}

static void open_all(void)
{
    served_open(&served, add_routes);
}

static void close_all(void)
{
    served_close(&served);
}

TestSuite(admin, .init = open_all, .fini = close_all, .timeout = 20);

static void expect_of(const char *header, const char *method, const char *what, int status, const char *part)
{
    char request[256];
    snprintf(request, sizeof request, "%s /_meridian/%s HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n", method, what, header);
    served_check(client_ask(&served.client, request), status, "application/json", part);
}

/* 'part' stands in the answer to the administrator's "METHOD /_meridian/<what>". */
static void expect(const char *method, const char *what, int status, const char *part)
{
    expect_of("Authorization: Bearer 0123456789abcdef", method, what, status, part);
}

Test(admin, lists_what_there_is_by_the_table_that_serves_it)
{
    static const struct http_route others[] = {{"GET", "/_meridian/more", NULL, NULL, .params = "", .what = "of another file"},
        {"GET", "/_meridian/hidden", NULL, NULL, .params = ""}};
    http_add_routes(served.http, others, 2);
    expect("GET", "", 200, "{\"paths\":[{\"method\":\"GET\",\"path\":\"/_meridian/\",\"what\":\"this list\"},");
    expect("GET", "", 200, "{\"method\":\"PUT\",\"path\":\"/_meridian/trips/*\",\"what\":\"with --trips: ");
    expect("GET", "", 200, "{\"method\":\"GET\",\"path\":\"/_meridian/more\",\"what\":\"of another file\"}]}");
    served_check(
        client_ask(&served.client, "GET /_meridian HTTP/1.1\r\nHost: a\r\n\r\n"), 200, "application/json", "/_meridian/health");
    expect("POST", "", 405, "possible is GET");
    expect("GET", "more?x=1", 400, "There is no parameter \\\"x\\\" here, and no other.");
    expect("POST", "clock?advance=1", 400, "There is no parameter \\\"advance\\\" here; there are: advance_ms jump_ms.");
    expect("GET", "nothing", 404, "There is nothing at /_meridian/nothing.");
}

Test(admin, is_healthy)
{
    expect("GET", "health", 200, "{\"status\":\"ok\",\"version\":\"" MERIDIAN_VERSION "\",\"dry_run\":false}");
}

Test(admin, tells_which_operations_are_served)
{
    expect("GET", "operations", 200, "{\"served\":[\"Do\",\"Undo\"],\"not_served\":[\"Plan\"]}");
}

Test(admin, arms_trips_and_lists_them)
{
    expect("GET", "trips", 200, "\"spawn\":0");
    expect("PUT", "trips/spawn", 200, "{\"trips\":{\"spawn\":1}}");
    expect("POST", "trips/probe?count=-1", 200, "{\"trips\":{\"probe\":-1}}");
    expect("GET", "trips", 200, "\"spawn\":1,\"probe\":-1");
    cr_assert(trip_hit(TRIP_SPAWN) && !trip_hit(TRIP_SPAWN) && trip_hit(TRIP_PROBE) && trip_hit(TRIP_PROBE));
    expect("PUT", "trips/probe?count=0", 200, "{\"trips\":{\"probe\":0}}");
    cr_assert(!trip_hit(TRIP_PROBE));
}

Test(admin, refuses_trips_that_do_not_exist_and_counts_that_are_none)
{
    expect("PUT", "trips/floor", 404, "There is no trip");
    expect("PUT", "trips/", 404, "There is no trip");
    for (const char *const *bad = (const char *[]){"", "x", "1x", "-2", "99999999999", NULL}; *bad; bad++) {
        char what[64];
        snprintf(what, sizeof what, "trips/spawn?count=%s", *bad);
        expect("PUT", what, 400, "count must be a whole number");
    }
    cr_assert(!trip_hit(TRIP_SPAWN));
}

Test(admin, lets_failures_be_injected_with_trips_on_and_by_the_administrator_only)
{
    static const char *const strangers[] = {"X: y", "Authorization: Bearer", "Authorization: Bearer 0123456789abcdeF",
        "Authorization: Bearer 0123456789abcde", "Authorization: Basic 0123456789abcdef"};
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        expect_of(strangers[i], "PUT", "trips/spawn", 401, "administrator's token");
        expect_of(strangers[i], "GET", "trips", 401, "administrator's token");
    }
    admin.trips = false;
    expect("PUT", "trips/spawn", 403, "--trips");
    expect("GET", "trips", 403, "--trips");
    cr_assert(!trip_hit(TRIP_SPAWN));
}

Test(admin, asks_for_the_token_where_other_machines_reach_it)
{
    expect_of("X: y", "POST", "clock?advance_ms=1", 200, "advanced_ms");
    admin.local = false;
    expect_of("X: y", "POST", "clock?advance_ms=1", 401, "administrator's token");
    expect_of("X: y", "GET", "clock", 200, "\"advanced_ms\":1}");
    expect("POST", "clock?advance_ms=1", 200, "\"advanced_ms\":2}");
}

Test(admin, lets_no_web_page_of_others_change_anything)
{
    expect_of("User-Agent: Mozilla/5.0", "POST", "clock?advance_ms=1", 403, "error");
    expect_of("Sec-Fetch-Site: none", "POST", "clock?advance_ms=1", 403, "error");
    cr_assert_eq(n_moved, 0);
}

Test(admin, moves_the_clock_and_says_so)
{
    int64_t before = clock_now_ms();
    expect("POST", "clock?advance_ms=3600000", 200, "\"advanced_ms\":3600000}");
    cr_assert(clock_now_ms() >= before + 3600000);
    cr_assert_eq(n_moved, 1);
    expect("GET", "clock", 200, "\"advanced_ms\":3600000}");
    int64_t steady = clock_steady_ms();
    before = clock_now_ms();
    expect("POST", "clock?jump_ms=-7200000", 200, "\"advanced_ms\":-3600000}");
    cr_assert_lt(clock_now_ms(), before, "dates go back");
    cr_assert_geq(clock_steady_ms(), steady, "and durations do not");
    cr_assert_eq(n_moved, 2);
    expect("POST", "clock?jump_ms=soon", 400, "jump_ms must be");
    expect("POST", "clock", 400, "advance_ms must be");
    expect("POST", "clock?advance_ms=1h", 400, "advance_ms must be");
    expect("POST", "clock?advance_ms=9999999999999", 400, "advance_ms must be");
    cr_assert_eq(n_moved, 2);
}

Test(admin, knows_wrong_methods_from_unknown_paths)
{
    expect("POST", "health", 405, "possible is GET.");
    expect("DELETE", "trips/spawn", 405, "possible is PUT, POST.");
    expect("GET", "trips/spawn", 405, "possible is PUT, POST.");
    expect("GET", "healthy", 404, "There is nothing at /_meridian/healthy.");
    expect("GET", "\xff", 404, "There is nothing at /_meridian/?.");
}
