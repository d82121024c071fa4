#pragma once
#include "base/trip.h"
#include "control/absent.h"
#include "control/assign.h"
#include "control/dry_run.h"
#include "control/due.h"
#include "control/losses.h"
#include "control/network.h"
#include "control/outages.h"
#include "control/rows.h"
#include "control/session.h"
/*
 * The passes of the plans over the rows in memory: what is marked is looked at, one component after the other (reach.h); what changed is
 * written, in one transaction for a batch of components; and every region's agent gets the orders that are others now.
 *
 * The rules go by what is, not by what happened: a look at everything would change nothing after a pass. With --check, and in a
 * program that was built with AddressSanitizer, each pass ends with such a look.
 */
struct arena;
struct proto_sighting;
struct trace;
struct world;

/* What heads of assignments tell of: everybody's. */
struct head_facts {
    size_t network, outages, dry_run; /* how often they were edited */
    bool stopping;
    int trips[TRIP__COUNT];
};

struct passes {
    const struct control_options *o;
    struct sessions *sessions;
    struct trace *trace;
    struct assign_secrets secrets;
    struct rows rows;
    struct due due;
    struct dry_run dry_run;
    struct network network;
    struct outages outages;
    size_t outage_edits;  /* as orders know them */
    size_t network_edits; /* as the plans know them */
    struct absences absences;
    struct losses losses;    /* of data, once everything is to stop */
    int64_t started_ms;      /* of the steady clock */
    int64_t steady_ms;       /* of the pass, on the steady clock */
    int64_t apart_ms;        /* how much the wall clock was ahead of it */
    struct head_facts heads; /* that the sessions' heads were made of */
    size_t trace_edits;      /* as orders know it */
    const char *host_names;  /* by which callers reach the API, and which certificates carry */
    bool stopping;           /* everything shall stop */
    bool handed_out;         /* once, at least: agents of an earlier serve were looked for */
    bool restless;           /* some plans did not come to rest, and that was told */
    size_t batches_left;     /* of a pass that goes on; 0: none does */
    bool planning;           /* the transaction that is under way is ours */
};

/* What is given stands in it already: options, sessions, trace, secrets. */
void passes_open(struct passes *p);
void passes_close(struct passes *p);

/* One pass, or the next part of one that has much to look at: requests shall not wait for all of it. Its orders go out at its end. */
int passes_make(struct passes *p, struct err *e);
/* True where the last pass goes on with the next passes_make(). */
bool passes_go_on(const struct passes *p);
/* True while something waits to be looked at. */
bool passes_have_work(const struct passes *p);
/* When the next pass is due, on the steady clock; INT64_MAX: nothing waits for time. */
int64_t passes_due_ms(const struct passes *p);
/* A session's agent has told something new of that: KEYED_SEEN_…, and its key. */
void passes_hear(struct passes *p, const struct session *s, int list, const char *key);
/* The next pass looks anew for the processes of regions whose agent is away; false: there are none. */
bool passes_look_for_processes(struct passes *p);
/* True where somebody has set the clock since the last pass, or the machine was asleep: dates come sooner or later than timers think. */
bool passes_clock_jumps(const struct passes *p);
/* Hands out what does not follow from rows: that everything shall stop, above all. */
void passes_hand_out(struct passes *p);

/* The rows as they are now, until the next write or pass; read from the database if they have to be. */
int passes_rows(struct passes *p, const struct rows **out, struct err *e);
/*
 * What a pass would look at together with the resource of that id, as the plans would look at it now, in the arena; nothing is stored. It
 * holds until the next pass. 'region' is NULL for a global datastore. Empty where there is no such resource.
 */
int passes_world(struct passes *p, const char *region, const char *id, struct arena *a, struct world *w, struct err *e);
