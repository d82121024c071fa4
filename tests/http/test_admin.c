#include "http/admin.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/trip.h"
#include "client.h"
#include "model/operation.h"
#include <criterion/criterion.h>
#include <criterion/redirect.h>
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

static const struct operation operations[] = {{.name = "Do", .run = handler}, {.name = "Plan"}, {.name = "Undo", .run = handler}};
static int n_moved;
static const struct admin admin = {operations, 3, clock_moved, &n_moved};
static uv_loop_t loop;
static struct http *server;
static struct client client;
static bool closed;

static void on_closed(void *arg)
{
    *(bool *)arg = true;
}

static void open_all(void)
{
    struct err e;
    cr_redirect_stderr();
    uv_loop_init(&loop);
    cr_assert_eq(http_open(&server, &loop, "127.0.0.1:0", &e), 0);
    admin_add_routes(server, &admin);
    client_open(&client, &loop, http_port(server));
}

static void close_all(void)
{
    client_close(&client);
    http_close(server, on_closed, &closed);
    run_until(&loop, &closed);
    cr_assert_eq(uv_loop_close(&loop), 0);
}

TestSuite(admin, .init = open_all, .fini = close_all, .timeout = 20);

/* 'part' stands in the answer to "METHOD /_meridian/<what>". */
static void expect(const char *method, const char *what, int status, const char *part)
{
    char request[256], line[32];
    snprintf(request, sizeof request, "%s /_meridian/%s HTTP/1.1\r\nHost: a\r\n\r\n", method, what);
    snprintf(line, sizeof line, "HTTP/1.1 %d ", status);
    char *answer = client_ask(&client, request);
    cr_expect(strncmp(answer, line, strlen(line)) == 0 && strstr(answer, part) != NULL, "wanted %d and %s, got:\n%s", status,
        part, answer);
    cr_expect_not_null(strstr(answer, "\r\nContent-Type: application/json\r\n"));
    free(answer);
}

Test(admin, is_healthy)
{
    expect("GET", "health", 200, "{\"status\":\"ok\",\"version\":\"" MERIDIAN_VERSION "\"}");
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

Test(admin, moves_the_clock_and_says_so)
{
    int64_t before = clock_now_ms();
    expect("POST", "clock?advance_ms=3600000", 200, "\"advanced_ms\":3600000}");
    cr_assert(clock_now_ms() >= before + 3600000);
    cr_assert_eq(n_moved, 1);
    expect("GET", "clock", 200, "\"advanced_ms\":3600000}");
    expect("POST", "clock", 400, "advance_ms must be");
    expect("POST", "clock?advance_ms=1h", 400, "advance_ms must be");
    expect("POST", "clock?advance_ms=9999999999999", 400, "advance_ms must be");
    cr_assert_eq(n_moved, 1);
}

Test(admin, knows_wrong_methods_from_unknown_paths)
{
    expect("POST", "health", 405, "possible is GET.");
    expect("DELETE", "trips/spawn", 405, "possible is PUT, POST.");
    expect("GET", "trips/spawn", 405, "possible is PUT, POST.");
    expect("GET", "healthy", 404, "There is nothing at /_meridian/healthy.");
    expect("GET", "\xff", 404, "There is nothing at /_meridian/?.");
}
