#include "step.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/trip.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REAL_AGENTS "real agents"

static const char *const verbs[VERB__COUNT] = {"ask", "kill", "burden", "agent", "serve", "restart", "blackout", "pause", "cut",
    "clock", "trip", "network", "disk", "stranger", "busy", "spoil", "older", "reset", "outage", "link"};

static const struct {
    const char *name;
    int signal;
} signals[] = {{"KILL", SIGKILL}, {"STOP", SIGSTOP}, {"CONT", SIGCONT}, {"TERM", SIGTERM}};

const char *verb_name(enum verb v)
{
    return verbs[v];
}

struct step *steps_add(struct steps *s)
{
    if (s->n == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 256;
        s->items = realloc(s->items, s->cap * sizeof *s->items);
        if (s->items == NULL) abort();
    }
    s->items[s->n] = (struct step){0};
    return &s->items[s->n++];
}

void steps_fini(struct steps *s)
{
    free(s->items);
    *s = (struct steps){0};
}

/* ---- as text ---- */

static const char *signal_name(int signal)
{
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (signals[i].signal == signal) return signals[i].name;
    return "?";
}

static int signal_of(const char *name)
{
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (strcmp(signals[i].name, name) == 0) return signals[i].signal;
    return 0;
}

void step_write(const struct step *s, struct buf *out)
{
    buf_printf(out, "+%lld %s", (long long)s->after_ms, verbs[s->verb]);
    if (s->verb == VERB_ASK) buf_printf(out, " %s %s %s", s->region, s->action, s->form);
    else if (s->verb == VERB_KILL) buf_printf(out, " %s %lld %s", s->region, (long long)s->n, signal_name(s->signal));
    else if (s->verb == VERB_BURDEN)
        buf_printf(out, " %s %lld %s %lld", s->region, (long long)s->n, s->action, (long long)s->more);
    else if (s->verb == VERB_AGENT) buf_printf(out, " %s %s", s->region, signal_name(s->signal));
    else if (s->verb == VERB_SERVE) buf_printf(out, " %s", signal_name(s->signal));
    else if (s->verb == VERB_RESET) buf_printf(out, " %s", s->region);
    else if (s->verb == VERB_CUT || s->verb == VERB_SPOIL) buf_printf(out, " %s %lld", s->region, (long long)s->n);
    else if (s->verb == VERB_CLOCK || s->verb == VERB_PAUSE || s->verb == VERB_DISK) buf_printf(out, " %lld", (long long)s->n);
    else if (s->verb == VERB_STRANGER || s->verb == VERB_BUSY || s->verb == VERB_OUTAGE)
        buf_printf(out, " %s %lld %lld", s->region, (long long)s->n, (long long)s->more);
    else if (s->verb == VERB_LINK) buf_printf(out, " %s %s %s %lld", s->region, s->action, s->form, (long long)s->n);
    else if (s->verb == VERB_TRIP) buf_printf(out, " %s %lld", s->action, (long long)s->n);
    else if (s->verb == VERB_NETWORK) buf_printf(out, " %lld %lld", (long long)s->n, (long long)s->more);
}

void steps_write(const struct steps *s, struct buf *out)
{
    buf_printf(out, "seed %llu\n%s", (unsigned long long)s->seed, s->real ? REAL_AGENTS "\n" : "");
    int64_t skipped = 0;
    for (size_t i = 0; i < s->n; i++) {
        struct step it = s->items[i];
        it.after_ms += skipped;
        skipped = it.left_out ? it.after_ms : 0;
        if (it.left_out) continue;
        step_write(&it, out);
        buf_putc(out, '\n');
    }
}

static bool read_arguments(struct step *s, const char *rest)
{
    char word[16] = "";
    long long n = 0, more = 0;
    bool ok = true;
    if (s->verb == VERB_ASK) ok = sscanf(rest, "%31s %63s %599s", s->region, s->action, s->form) >= 2;
    else if (s->verb == VERB_KILL) ok = sscanf(rest, "%31s %lld %15s", s->region, &n, word) == 3;
    else if (s->verb == VERB_BURDEN) ok = sscanf(rest, "%31s %lld %63s %lld", s->region, &n, s->action, &more) == 4;
    else if (s->verb == VERB_AGENT) ok = sscanf(rest, "%31s %15s", s->region, word) == 2;
    else if (s->verb == VERB_SERVE) ok = sscanf(rest, "%15s", word) == 1;
    else if (s->verb == VERB_RESET) ok = sscanf(rest, "%31s", s->region) == 1;
    else if (s->verb == VERB_CUT || s->verb == VERB_SPOIL) ok = sscanf(rest, "%31s %lld", s->region, &n) == 2;
    else if (s->verb == VERB_CLOCK || s->verb == VERB_PAUSE || s->verb == VERB_DISK) ok = sscanf(rest, "%lld", &n) == 1;
    else if (s->verb == VERB_STRANGER || s->verb == VERB_BUSY || s->verb == VERB_OUTAGE)
        ok = sscanf(rest, "%31s %lld %lld", s->region, &n, &more) == 3;
    else if (s->verb == VERB_LINK) ok = sscanf(rest, "%31s %63s %599s %lld", s->region, s->action, s->form, &n) == 4;
    else if (s->verb == VERB_TRIP) ok = sscanf(rest, "%63s %lld", s->action, &n) == 2 && trip_find(s->action) >= 0;
    else if (s->verb == VERB_NETWORK) ok = sscanf(rest, "%lld %lld", &n, &more) == 2;
    s->n = n;
    s->more = more;
    if (word[0]) s->signal = signal_of(word);
    return ok && (word[0] == '\0' || s->signal != 0);
}

static bool read_line(struct steps *s, const char *line)
{
    char verb[16];
    long long after;
    int used = 0;
    unsigned long long seed;
    if (line[0] == '#' || line[0] == '\0') return true;
    if (sscanf(line, "seed %llu", &seed) == 1) return s->seed = seed, true;
    if (strcmp(line, REAL_AGENTS) == 0) return s->real = true;
    if (sscanf(line, "+%lld %15s%n", &after, verb, &used) != 2) return false;
    struct step *step = steps_add(s);
    step->after_ms = after;
    for (step->verb = VERB_ASK; step->verb < VERB__COUNT; step->verb++)
        if (strcmp(verbs[step->verb], verb) == 0) return read_arguments(step, line + used);
    return false;
}

int steps_read(struct steps *s, const char *text, struct err *e)
{
    char line[800];
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, "\n");
        snprintf(line, sizeof line, "%.*s", (int)n, p);
        if (!read_line(s, line)) return err_set(e, ERR_PARSE, "no step: %s", line);
        p += n + (p[n] == '\n');
    }
    return 0;
}
