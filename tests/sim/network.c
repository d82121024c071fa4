#include "agent/session/dial.h"
#include "agents.h"
#include "control/outages.h"
#include "machine.h"
#include "record.h"
#include "serve.h"
#include "uv_virtual.h"
#include <stdlib.h>
#include <string.h>
/*
 * agent/session/dial.h on the simulated network. A connection keeps the order of what is sent
 * through it, as a socket does; it breaks with the process at either end, and with a cut. What
 * was sent by then may still arrive: a sighting of an agent that is dead, an assignment that is
 * not the last any more.
 */
enum { AGAIN_MS = 20, AGAIN_SPREAD_MS = 80, REPORT_TIMEOUT_MS = 5000, POLL_TIMEOUT_MS = 30000, FINISH_MS = 1500, CUTS_MAX = 8 };

struct wait {
    struct dial *dial; /* NULL: its agent has gone, or asks through another connection */
    struct machine_event *limit;
};

struct dial {
    struct process *process; /* the agent's */
    char region[64];
    const struct dial_events *events;
    void *arg;
    int64_t version;
    int64_t heard_ms;                  /* when it was last told that serve has what it told */
    struct wait *wait;                 /* the poll that is under way, as serve knows it */
    struct machine_event *poll, *post; /* the next thing that happens to either */
    bool changed, reporting, closed;
    bool unheard; /* serve has answered what it did not take: whose difference it expects is not known, and may be any */
    void (*finished)(void *arg);
    struct dial *next;
};

struct letter {
    struct dial *dial;
    struct wait *wait;
    char region[64];
    char *text;
    size_t len;
    int status;
    bool broken; /* its numbers are not those that it was sent with */
};

static struct dial *dials;
static int lost_percent;
static int64_t delay_ns = 2 * NS_OF_MS;
static struct {
    char region[64];
    int64_t until_ns;
} cuts[CUTS_MAX];

void network_set(int lost, int64_t delay_ms)
{
    lost_percent = lost;
    delay_ns = (delay_ms > 0 ? delay_ms : 1) * NS_OF_MS;
}

/* Usually a moment, now and then as long as it may be. */
static int64_t delay(void)
{
    return machine_chance(80) ? machine_below(NS_OF_MS) : machine_below(delay_ns);
}

static bool is_cut(const char *region)
{
    for (int i = 0; i < CUTS_MAX; i++)
        if (cuts[i].until_ns > machine_ns() && strcmp(cuts[i].region, region) == 0) return true;
    return false;
}

void network_heal(void)
{
    for (int i = 0; i < CUTS_MAX; i++) cuts[i].until_ns = 0;
}

const char *network_unheard(int64_t since_ms)
{
    for (const struct dial *d = dials; d; d = d->next)
        if (d->process->alive && !d->closed && d->heard_ms < since_ms) return d->region;
    return NULL;
}

static struct letter *letter_new(struct dial *d, const char *text, size_t len, int status)
{
    struct letter *l = calloc(1, sizeof *l);
    if (l == NULL || (text && (l->text = malloc(len + 1)) == NULL)) abort();
    l->dial = d;
    if (d) strcpy(l->region, d->region);
    if (text) memcpy(l->text, text, len), l->text[len] = '\0';
    l->len = len;
    l->status = status;
    return l;
}

/* The next or the last number in place of a number, or another installation's: by the last character, which stays one of its kind. */
static void change_last(char *end)
{
    if (*end == '9' || *end == 'f') --*end;
    else if (*end == '0' || *end == 'a') ++*end;
    else *end = (char)(*end + (machine_chance(50) ? 1 : -1));
}

/*
 * On a bad network a difference may come as if one before it was missing, a second time, or as another installation's: its numbers
 * are changed. Whoever gets it must leave everything as it is, and have the whole told.
 */
static void break_numbers(struct letter *l)
{
    static const char since[] = "\"since\":", numbering[] = "\"numbering\":\"";
    char *number = l->text ? strstr(l->text, since) : NULL;
    if (number == NULL || lost_percent == 0 || !machine_chance(lost_percent)) return;
    char *name = strstr(l->text, numbering);
    bool renumber = name && machine_chance(30);
    if (renumber) name += sizeof numbering - 1;
    else number += sizeof since - 1;
    change_last(renumber ? name + strcspn(name, "\"") - 1 : number + strspn(number, "0123456789") - 1);
    record("on the way of a difference for %s its numbers are changed", l->region);
    l->broken = true;
}

static void letter_free(struct letter *l)
{
    free(l->text);
    free(l);
}

/* ---- the assignment ---- */

static void send_poll(void *arg);
static void send_report(struct dial *d);

static void poll_again(struct dial *d)
{
    machine_cancel(d->poll);
    d->poll = machine_after(d->process, (AGAIN_MS + machine_below(AGAIN_SPREAD_MS)) * NS_OF_MS, send_poll, d);
}

static void poll_fails(struct dial *d)
{
    if (d->wait) d->wait->dial = NULL;
    d->wait = NULL;
    if (!d->finished) poll_again(d);
}

static void poll_timed_out(void *arg)
{
    struct dial *d = arg;
    d->poll = NULL;
    poll_fails(d);
}

static void assignment_arrives(void *arg)
{
    struct letter *l = arg;
    struct dial *d = l->dial;
    int64_t version = d->version;
    if (d->closed || d->wait != l->wait || d->finished) return letter_free(l);
    machine_cancel(d->poll);
    d->poll = NULL;
    d->wait = NULL;
    free(l->wait);
    if (l->text) {
        record("%s gets an assignment of %zu bytes", d->process->name, l->len);
        version = d->events->assignment(d->arg, l->text, l->len);
        if (l->broken && version > 0 && version != d->version)
            record_failure("%s takes a difference that goes by other numbers", d->process->name);
    }
    letter_free(l);
    if (version == DIAL_ENOUGH) return;
    if (version < 0) return poll_again(d);
    d->version = version;
    if (!d->finished) send_poll(d);
}

/* Serve answers; the connection may break on the way, which its client finds out by a time limit or at once. */
static void assignment_leaves(void *arg, const char *text, size_t len)
{
    struct wait *w = arg;
    if (w->dial == NULL || is_cut(w->dial->region)) return;
    if (text) record_bytes(text, len);
    struct letter *l = letter_new(w->dial, text, len, 200);
    l->wait = w;
    break_numbers(l);
    machine_after(w->dial->process, delay(), assignment_arrives, l);
}

static void serve_gets_poll(void *arg)
{
    struct wait *w = arg;
    if (w->dial == NULL || w->dial->closed || !serve_runs()) return; /* the agent has ended meanwhile */
    const struct dial_events *events = w->dial->events;
    const char *numbering = events->numbering ? events->numbering(w->dial->arg) : "";
    control_wait(serve_control(), w->dial->region, w->dial->version, *numbering ? numbering : NULL, assignment_leaves, w);
}

static void deliver_poll(void *arg)
{
    struct wait *w = arg;
    if (!serve_runs()) {
        if (w->dial) poll_fails(w->dial);
        return;
    }
    if (serve_process()->stopped) {
        machine_after(serve_process(), 0, serve_gets_poll, w);
        return;
    }
    machine_as(serve_process(), serve_gets_poll, w);
}

static void send_poll(void *arg)
{
    struct dial *d = arg;
    d->poll = NULL;
    if (!serve_runs() || is_cut(d->region)) return poll_again(d);
    d->wait = calloc(1, sizeof *d->wait);
    if (d->wait == NULL) abort();
    d->wait->dial = d;
    machine_cancel(d->poll);
    d->poll = machine_after(d->process, (int64_t)POLL_TIMEOUT_MS * NS_OF_MS, poll_timed_out, d);
    machine_after(NULL, delay(), deliver_poll, d->wait);
}

/* ---- the sighting ---- */

static void report_again(void *arg)
{
    struct dial *d = arg;
    d->post = NULL;
    send_report(d);
}

static void report_fails(void *arg)
{
    struct dial *d = arg;
    machine_cancel(d->post);
    d->post = machine_after(d->process, (AGAIN_MS + machine_below(AGAIN_SPREAD_MS)) * NS_OF_MS, report_again, d);
}

static void report_timed_out(void *arg)
{
    struct dial *d = arg;
    d->post = NULL;
    report_fails(d);
}

static void finish(struct dial *d)
{
    void (*done)(void *arg) = d->finished;
    machine_cancel(d->post);
    d->post = NULL;
    d->finished = NULL;
    d->reporting = true;
    done(d->arg);
}

static void answer_arrives(void *arg)
{
    struct letter *l = arg;
    struct dial *d = l->dial;
    int status = l->status;
    letter_free(l);
    if (d->closed) return;
    if (status != 200) return report_fails(d);
    machine_cancel(d->post);
    d->post = NULL;
    d->reporting = false;
    d->heard_ms = machine_ms();
    d->events->stored(d->arg);
    if (d->changed) send_report(d);
    else if (d->finished) finish(d);
}

static void serve_gets_sighting(void *arg)
{
    struct letter *l = arg;
    struct err e = {0};
    if (!serve_runs()) return letter_free(l);
    record_bytes(l->text, l->len);
    bool isolated = outages_isolate(control_outages(serve_control()), l->region); /* it is answered, and nothing of it is taken */
    int r = control_sighting(serve_control(), l->text, l->len, &e);
    if (l->dial) l->dial->unheard = isolated || (l->dial->unheard && strstr(l->text, "\"since\":"));
    if (r) record("serve refuses a sighting: %s", e.msg);
    else if (l->broken && l->dial && !l->dial->unheard)
        record_failure("serve takes a difference of %s that goes by other numbers", l->region);
    bool lost = machine_chance(lost_percent) || is_cut(l->region);
    if (lost) record("the answer to a sighting of %s is lost", l->region);
    if (l->dial && !lost) machine_after(l->dial->process, delay(), answer_arrives, letter_new(l->dial, NULL, 0, r ? 500 : 200));
    letter_free(l);
}

static void deliver_sighting(void *arg)
{
    struct letter *l = arg;
    if (!serve_runs()) {
        if (!l->dial->closed && l->dial->process->alive) report_fails(l->dial);
        return letter_free(l);
    }
    if (serve_process()->stopped) machine_after(serve_process(), 0, serve_gets_sighting, l);
    else machine_as(serve_process(), serve_gets_sighting, l);
}

static void send_report(struct dial *d)
{
    _buf_ struct buf json = {0};
    d->reporting = true;
    d->changed = false;
    if (!serve_runs() || is_cut(d->region)) return report_fails(d);
    d->events->sighting(d->arg, &json);
    machine_cancel(d->post);
    d->post = machine_after(d->process, (int64_t)REPORT_TIMEOUT_MS * NS_OF_MS, report_timed_out, d);
    struct letter *l = letter_new(d, json.data, json.len, 0);
    break_numbers(l);
    machine_after(NULL, delay(), deliver_sighting, l);
}

void dial_report(struct dial *d)
{
    d->changed = true;
    if (!d->reporting) send_report(d);
}

static void finish_limit(void *arg)
{
    struct dial *d = arg;
    if (d->finished) finish(d);
}

void dial_finish(struct dial *d, void (*done)(void *arg))
{
    d->finished = done;
    machine_after(d->process, (int64_t)FINISH_MS * NS_OF_MS, finish_limit, d);
    dial_report(d);
}

/* ---- opening, closing, and breaking ---- */

int dial_open(
    uv_loop_t *loop, const struct dial_options *o, const struct dial_events *events, void *arg, struct dial **out, struct err *e)
{
    (void)loop;
    (void)e;
    struct dial *d = calloc(1, sizeof *d);
    if (d == NULL || strlen(o->region) >= sizeof d->region) abort();
    d->process = machine_current();
    strcpy(d->region, o->region);
    d->events = events;
    d->arg = arg;
    d->next = dials;
    dials = d;
    send_poll(d);
    *out = d;
    return 0;
}

/* Its memory stays: letters may be under way. */
void dial_close(struct dial *d)
{
    if (d == NULL) return;
    d->closed = true;
    machine_cancel(d->poll);
    machine_cancel(d->post);
    d->poll = d->post = NULL;
}

struct parting {
    char region[64];
    struct wait *wait;
};

static void client_left(void *arg)
{
    struct parting *p = arg;
    if (serve_runs()) control_unwait(serve_control(), p->region, p->wait);
    free(p);
}

/* Either end of the connection finds out that it is broken. */
static void break_connections(struct dial *d)
{
    struct wait *w = d->wait;
    if (w && serve_runs()) {
        struct parting *p = calloc(1, sizeof *p);
        if (p == NULL) abort();
        strcpy(p->region, d->region);
        p->wait = w;
        machine_after(serve_process(), machine_below(2 * NS_OF_MS), client_left, p);
    }
    if (!d->process->alive) {
        if (w) w->dial = NULL;
        d->wait = NULL;
        return;
    }
    if (w) poll_fails(d);
    if (d->reporting && d->post) report_fails(d);
}

void network_cut(const char *region, int64_t for_ms)
{
    for (int i = 0; region && for_ms > 0 && i < CUTS_MAX; i++) {
        if (cuts[i].until_ns > machine_ns()) continue;
        record("%s is cut off for %lld ms", region, (long long)for_ms);
        strcpy(cuts[i].region, region);
        cuts[i].until_ns = machine_ns() + for_ms * NS_OF_MS;
        break;
    }
    for (struct dial **at = &dials, *d; (d = *at) != NULL;) {
        if (!d->closed && (region == NULL || strcmp(region, d->region) == 0)) break_connections(d);
        if (d->closed || !d->process->alive) *at = d->next;
        else at = &d->next;
    }
}
