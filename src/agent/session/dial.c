#include "agent/session/dial.h"
#include "agent/os/backoff.h"
#include "agent/session/httpc.h"
#include "base/libcurl.h"
#include "base/local.h"
#include "base/log.h"
#include "base/task.h"
#include "base/trip.h"
#include <assert.h>
#include "protocol/meeting.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { POLL_TIMEOUT_MS = 30000, REPORT_TIMEOUT_MS = 5000, AGAIN_MS = 20, AGAIN_LIMIT_MS = 100, FINISH_MS = 1500 };

enum call_state { CALL_IDLE, CALL_ASKED, CALL_LATER, CALL_OVER };

static const struct task call_task = {"call",
    {
        [CALL_IDLE] = {"idle", TASK_TO(CALL_ASKED) | TASK_TO(CALL_LATER) | TASK_TO(CALL_OVER)},  /* waits for something to say */
        [CALL_ASKED] = {"asked", TASK_TO(CALL_IDLE) | TASK_TO(CALL_LATER) | TASK_TO(CALL_OVER)}, /* waits for serve's answer */
        [CALL_LATER] = {"later",
            TASK_TO(CALL_ASKED) | TASK_TO(CALL_LATER) | TASK_TO(CALL_OVER)}, /* waits for the back-off to end */
        [CALL_OVER] = {"over", 0},                                           /* nothing more is said */
    }};

/* One of the two requests that are repeated for ever. */
struct call {
    const char *about;
    int state; /* enum call_state */
    struct httpc *http;
    struct backoff backoff;
    uv_timer_t again;
};

struct dial {
    uv_loop_t *loop;
    const struct dial_events *events;
    void *arg;
    char *region;
    int folder; /* serve's, where its socket is */
    struct call poll, report;
    uv_timer_t deadline;
    int64_t version;
    bool changed; /* since the sighting that was posted last */
    bool away;    /* serve did not answer: said once */
    void (*finished)(void *arg);
    bool patient; /* more time than usual was given to finish */
    bool closing;
    int handles;
};

static void send_report(struct dial *d);
static void send_poll(struct dial *d);

static void call_move(struct call *c, enum call_state to)
{
    task_move(&call_task, c->about, &c->state, (int)to);
    assert(uv_is_active((uv_handle_t *)&c->again) == 0 || to == CALL_LATER || to == CALL_OVER);
}

static void call_again(struct dial *d, struct call *c, uv_timer_cb cb)
{
    int ms = backoff_failed(&c->backoff, (int64_t)uv_now(d->loop));
    call_move(c, CALL_LATER);
    uv_timer_start(&c->again, cb, (uint64_t)(ms > AGAIN_MS ? ms : AGAIN_MS), 0);
}

static bool call_answered(struct dial *d, struct call *c, int status, const char *body)
{
    bool ok = status == 200 || status == 204;
    bool away = !ok;
    if (d->away != away) {
        d->away = away;
        if (!away) log_info("serve answers");
        else if (status) log_warn("serve answers with status %d; trying again", status);
        else log_warn("serve does not answer (%s); trying again", body);
    }
    if (ok) backoff_healthy(&c->backoff, (int64_t)uv_now(d->loop));
    return ok;
}

/* ---- the assignment ---- */

static void poll_again(uv_timer_t *t)
{
    send_poll(t->data);
}

static void poll_ended(void *arg, int status, const char *body, size_t len)
{
    struct dial *d = arg;
    int64_t version = d->version;
    bool ok = call_answered(d, &d->poll, status, body);
    if (d->finished != NULL) return call_move(&d->poll, CALL_OVER);
    if (ok && status == 200) version = d->events->assignment(d->arg, body, len);
    if (version == DIAL_ENOUGH) return call_move(&d->poll, CALL_OVER);
    d->version = version > 0 ? version : 0;
    if (!ok || version < 0) return call_again(d, &d->poll, poll_again);
    call_move(&d->poll, CALL_IDLE);
    if (d->finished == NULL) send_poll(d);
}

static void send_poll(struct dial *d)
{
    _buf_ struct buf path = {0};
    const char *numbering = d->events->numbering ? d->events->numbering(d->arg) : "";
    call_move(&d->poll, CALL_ASKED);
    buf_printf(&path, MEETING_ASSIGNMENT "?region=%s&after=%lld", d->region, (long long)d->version);
    if (*numbering) buf_printf(&path, "&numbering=%s", numbering);
    httpc_send(d->poll.http, path.data, NULL, POLL_TIMEOUT_MS);
}

/* ---- the sighting ---- */

static void report_again(uv_timer_t *t)
{
    send_report(t->data);
}

static void finish_dial(struct dial *d)
{
    void (*done)(void *) = d->finished;
    call_move(&d->report, CALL_OVER);
    d->finished = NULL;
    done(d->arg);
}

static void report_ended(void *arg, int status, const char *body, size_t len)
{
    struct dial *d = arg;
    (void)len;
    if (d->report.state == CALL_OVER) return;
    if (status == MEETING_STALE) {
        call_move(&d->report, CALL_IDLE);
        return send_report(d); /* the whole */
    }
    if (!call_answered(d, &d->report, status, body)) return call_again(d, &d->report, report_again);
    call_move(&d->report, CALL_IDLE);
    d->events->stored(d->arg);
    if (d->changed) send_report(d);
    else if (d->finished != NULL) finish_dial(d);
}

static void send_report(struct dial *d)
{
    _buf_ struct buf json = {0};
    if (d->report.state == CALL_OVER) return;
    d->changed = false;
    d->events->sighting(d->arg, &json);
    if (trip_hit(TRIP_REPORT)) return call_again(d, &d->report, report_again);
    call_move(&d->report, CALL_ASKED);
    httpc_send(d->report.http, MEETING_SIGHTING, &json, REPORT_TIMEOUT_MS);
}

void dial_report(struct dial *d)
{
    d->changed = true;
    if (d->report.state == CALL_IDLE) send_report(d);
}

static void give_up(uv_timer_t *t)
{
    struct dial *d = t->data;
    if (d->finished == NULL) return;
    if (d->report.state != CALL_ASKED || d->patient) return finish_dial(d);
    d->patient = true; /* serve has heard it, and may be busy with what other agents have said last */
    uv_timer_start(&d->deadline, give_up, REPORT_TIMEOUT_MS, 0);
}

void dial_finish(struct dial *d, void (*done)(void *arg))
{
    d->finished = done;
    uv_timer_start(&d->deadline, give_up, FINISH_MS, 0);
    dial_report(d);
}

/* ---- opening and closing ---- */

static void call_open(struct dial *d, struct call *c, const char *about, httpc_done *done)
{
    c->about = about;
    c->http = httpc_open(d->loop, d->folder, MEETING_SOCKET, done, d);
    c->backoff = (struct backoff){.first_ms = AGAIN_MS, .limit_ms = AGAIN_LIMIT_MS};
    uv_timer_init(d->loop, &c->again);
    c->again.data = d;
}

int dial_open(
    uv_loop_t *loop, const struct dial_options *o, const struct dial_events *events, void *arg, struct dial **out, struct err *e)
{
    char path[PATH_MAX];
    int r = libcurl_load(e);
    if (r) return r;
    snprintf(path, sizeof path, "%s/" MEETING_FOLDER, o->data_dir);
    int folder = local_folder(path);
    if (folder < 0) return err_set(e, ERR_IO, "opening %s: %s", path, strerror(errno));
    struct dial *d = calloc(1, sizeof *d);
    if (d == NULL || (d->region = strdup(o->region)) == NULL) abort();
    d->folder = folder;
    d->loop = loop;
    d->events = events;
    d->arg = arg;
    d->handles = 3;
    call_open(d, &d->poll, "assignment", poll_ended);
    call_open(d, &d->report, "sighting", report_ended);
    uv_timer_init(loop, &d->deadline);
    d->deadline.data = d;
    send_poll(d);
    *out = d;
    return 0;
}

static void handle_closed(uv_handle_t *h)
{
    struct dial *d = h->data;
    if (--d->handles > 0) return;
    free(d->region);
    close(d->folder);
    free(d);
}

void dial_close(struct dial *d)
{
    if (d == NULL || d->closing) return;
    d->closing = true;
    httpc_close(d->poll.http);
    httpc_close(d->report.http);
    uv_close((uv_handle_t *)&d->poll.again, handle_closed);
    uv_close((uv_handle_t *)&d->report.again, handle_closed);
    uv_close((uv_handle_t *)&d->deadline, handle_closed);
}
