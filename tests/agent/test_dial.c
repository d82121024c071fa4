#include "agent/session/dial.h"
#include "base/log.h"
#include "base/trip.h"
#include "scratch.h"
#include "scripted_serve.h"
#include "task_visits.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* What an agent says to serve, and when, against a serve that answers what the test says. */

enum { NEVER_MS = 3600000 };

int __real_uv_timer_start(uv_timer_t *t, uv_timer_cb cb, uint64_t ms, uint64_t repeat);
int __wrap_uv_timer_start(uv_timer_t *t, uv_timer_cb cb, uint64_t ms, uint64_t repeat);

static struct scripted_serve serve;
static uv_loop_t loop;
static bool limits_end; /* at once, those of a second and more; else never: a test that is slow must not meet them */
static bool next_ends;  /* the next of them alone */

int __wrap_uv_timer_start(uv_timer_t *t, uv_timer_cb cb, uint64_t ms, uint64_t repeat)
{
    if (ms >= 1000) {
        ms = limits_end || next_ends ? 0 : NEVER_MS;
        next_ends = false;
    }
    return __real_uv_timer_start(t, cb, ms, repeat);
}

static struct dial *dial;
static int64_t of_use; /* what assignment() says */
static char assigned[64], seen[64];
static bool finished, told_enough;
static int n_sightings, n_stored;

static int64_t take_assignment(void *arg, const char *json, size_t len)
{
    (void)arg;
    snprintf(assigned, sizeof assigned, "%.*s", (int)len, json);
    told_enough = of_use == DIAL_ENOUGH;
    return of_use;
}

static void give_sighting(void *arg, struct buf *out)
{
    (void)arg;
    n_sightings++;
    buf_puts(out, seen);
}

static void note_stored(void *arg)
{
    (void)arg;
    n_stored++;
}

static void finish(void *arg)
{
    (void)arg;
    finished = true;
}

static const struct dial_events events = {.assignment = take_assignment, .sighting = give_sighting, .stored = note_stored};

static int open_dial(struct err *e)
{
    static char folder[512];
    snprintf(folder, sizeof folder, "%s", scratch_path("regions/r1"));
    return dial_open(&loop, &(struct dial_options){.region = "r1", .data_dir = folder}, &events, NULL, &dial, e);
}

static void begin(void)
{
    struct err e;
    log_init(LOG_ERROR, "test");
    scratch_open();
    scratch_write("regions/r1/x", "", 0600);
    cr_assert_eq(uv_loop_init(&loop), 0);
    limits_end = next_ends = finished = told_enough = false;
    n_sightings = n_stored = 0;
    assigned[0] = '\0';
    serve_come(&serve, scratch_dir(), &loop);
    cr_assert_eq(open_dial(&e), 0, "%s", e.msg);
}

static void end(void)
{
    dial_close(dial);
    dial_close(NULL);
    serve_leave(&serve);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&loop), 0);
    scratch_close();
}

TestSuite(dial, .init = begin, .fini = end);

/* A test of its own, and a part of the walk through all states of a call at the end. */
#define SCENE(name)         \
    static void name(void); \
    Test(dial, name)        \
    {                       \
        name();             \
    }                       \
    static void name(void)

static struct serve_request hear_poll_after(const char *version)
{
    char path[256];
    struct serve_request q = serve_hear_poll(&serve);
    snprintf(path, sizeof path, "/_meridian/agent/assignment?region=r1&after=%s", version);
    cr_assert_str_eq(q.path, path);
    return q;
}

static struct serve_request hear_report_of(const char *sighting)
{
    struct serve_request q = serve_hear_report(&serve);
    cr_assert_str_eq(q.path, "/_meridian/agent/sighting");
    cr_assert_str_eq(q.body.data, sighting);
    buf_fini(&q.body);
    return q;
}

static void report(const char *sighting)
{
    snprintf(seen, sizeof seen, "%s", sighting);
    dial_report(dial);
}

SCENE(asks_for_what_is_newer_than_what_it_has)
{
    struct serve_request q = hear_poll_after("0");
    of_use = 7;
    serve_answer(&serve, &q, 200, "{\"version\":7}");
    q = hear_poll_after("7");
    cr_assert_str_eq(assigned, "{\"version\":7}");
    serve_answer(&serve, &q, 204, "");
    q = hear_poll_after("7");
}

SCENE(asks_again_for_what_was_of_no_use)
{
    struct serve_request q = hear_poll_after("0");
    of_use = -1;
    serve_answer(&serve, &q, 200, "nonsense");
    q = hear_poll_after("0");
    cr_assert_str_eq(assigned, "nonsense");
    serve_answer(&serve, &q, 500, "broken");
    q = hear_poll_after("0");
    cr_assert_str_eq(assigned, "nonsense", "what comes with another status is no assignment");
}

SCENE(asks_for_nothing_more_once_it_has_enough)
{
    struct serve_request q = hear_poll_after("0");
    of_use = DIAL_ENOUGH;
    serve_answer(&serve, &q, 200, "{\"version\":7}");
    serve_wait(&serve, &told_enough);
    report("stopping");
    q = hear_report_of("stopping");
    cr_assert_eq(serve.n_requests, 0u, "nobody asks for an assignment any more");
    serve_answer(&serve, &q, 200, "{}");
}

SCENE(asks_again_until_serve_is_back)
{
    struct serve_request q = hear_poll_after("0");
    serve_leave(&serve);
    for (int i = 0; i < 5; i++) uv_run(&loop, UV_RUN_ONCE);
    serve_come(&serve, scratch_dir(), &loop);
    q = hear_poll_after("0");
    of_use = 1;
    serve_answer(&serve, &q, 200, "{}");
    hear_poll_after("1");
}

SCENE(a_sighting_is_on_its_way_at_once_and_the_next_after_its_answer)
{
    report("first");
    struct serve_request q = hear_report_of("first");
    report("second");
    report("third");
    cr_assert_eq(n_sightings, 1, "the next is asked for when it is sent");
    serve_answer(&serve, &q, 200, "{}");
    q = hear_report_of("third");
    serve_answer(&serve, &q, 204, "");
    report("fourth");
    hear_report_of("fourth");
    cr_assert_eq(n_sightings, 3);
    cr_assert_eq(n_stored, 2);
}

SCENE(a_sighting_that_was_not_stored_is_followed_by_a_newer_one)
{
    report("first");
    struct serve_request q = hear_report_of("first");
    snprintf(seen, sizeof seen, "newer");
    serve_answer(&serve, &q, 500, "broken");
    q = hear_report_of("newer");
    serve_hang_up(&serve, &q);
    hear_report_of("newer");
    cr_assert_eq(n_stored, 0);
}

SCENE(a_sighting_that_got_lost_is_posted_again)
{
    trip_arm(TRIP_REPORT, 2);
    report("first");
    hear_report_of("first");
    cr_assert_eq(n_sightings, 3);
}

SCENE(finishes_though_its_last_sighting_got_lost)
{
    trip_arm(TRIP_REPORT, 1);
    report("first");
    limits_end = true;
    dial_finish(dial, finish);
    serve_wait(&serve, &finished);
    cr_assert_eq(n_sightings, 1);
}

SCENE(finishes_with_a_last_sighting_and_asks_for_nothing_more)
{
    of_use = 3;
    struct serve_request poll = hear_poll_after("0");
    report("running");
    struct serve_request q = hear_report_of("running");
    snprintf(seen, sizeof seen, "stopped");
    dial_finish(dial, finish);
    serve_answer(&serve, &q, 200, "{}");
    q = hear_report_of("stopped");
    cr_assert_not(finished);
    serve_answer(&serve, &poll, 200, "{}");
    serve_answer(&serve, &q, 200, "{}");
    serve_wait(&serve, &finished);
    cr_assert_str_eq(assigned, "", "an assignment that comes now is passed over");
    report("nothing");
    uv_run(&loop, UV_RUN_NOWAIT);
    cr_assert_eq(n_sightings, 2);
}

SCENE(finishes_without_serve_when_that_does_not_answer)
{
    report("running");
    hear_report_of("running");
    limits_end = true;
    dial_finish(dial, finish);
    serve_wait(&serve, &finished);
    cr_assert_eq(n_sightings, 1);
}

SCENE(finishes_later_than_usual_where_serve_is_busy)
{
    report("running");
    struct serve_request q = hear_report_of("running");
    snprintf(seen, sizeof seen, "stopped");
    next_ends = true;
    dial_finish(dial, finish);
    for (int i = 0; i < 5; i++) uv_run(&loop, UV_RUN_NOWAIT);
    cr_assert_not(finished);
    serve_answer(&serve, &q, 200, "{}");
    q = hear_report_of("stopped");
    serve_answer(&serve, &q, 200, "{}");
    serve_wait(&serve, &finished);
    cr_assert_eq(n_stored, 2);
}

SCENE(does_not_begin_where_others_may_write)
{
    struct err e;
    struct dial *was = dial;
    cr_assert_eq(chmod(scratch_dir(), 0777), 0);
    cr_assert_eq(open_dial(&e), ERR_IO);
    cr_assert(strstr(e.msg, "opening "), "%s", e.msg);
    dial = was;
    cr_assert_eq(chmod(scratch_dir(), 0700), 0);
}

Test(dial, every_move_of_a_call_is_visited)
{
    static void (*const scenes[])(void) = {asks_for_what_is_newer_than_what_it_has, asks_again_for_what_was_of_no_use,
        asks_again_until_serve_is_back, a_sighting_is_on_its_way_at_once_and_the_next_after_its_answer,
        a_sighting_that_was_not_stored_is_followed_by_a_newer_one, a_sighting_that_got_lost_is_posted_again,
        finishes_with_a_last_sighting_and_asks_for_nothing_more, finishes_without_serve_when_that_does_not_answer,
        does_not_begin_where_others_may_write, asks_for_nothing_more_once_it_has_enough,
        finishes_though_its_last_sighting_got_lost};
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        scenes[i]();
        end();
        begin();
    }
    task_visits_assert_all("call");
}
