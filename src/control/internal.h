#pragma once
#include "control/assign.h"
#include "control/authority.h"
#include "control/certificates.h"
#include "control/losses.h"
#include "control/rows.h"
#include "control/session.h"
/* What the files of control/ share of its state. */

struct control {
    struct control_options o;
    struct session *sessions;
    struct rows rows;   /* what the last pass left in the database */
    uv_idle_t soon;     /* a pass as soon as the loop gets there */
    uv_timer_t later;   /* a pass when a plan's time comes */
    uv_timer_t touch;   /* looks once a second for agents that have fallen silent, or hang */
    int64_t started_ms; /* of the steady clock */
    int64_t apart_ms;   /* how much the wall clock was ahead of the steady one, a moment ago */
    char admin_password[65], replication_password[65];
    struct authority *authority;
    struct certificates *certificates;
    void (*stopped)(void *arg); /* set once control_stop() was called */
    void *stopped_arg;
    int64_t stop_due_ms;  /* steady clock: then nothing is waited for any more (stop.h) */
    size_t n_left;        /* agents and nodes that had not stopped then */
    struct losses losses; /* of data, since then */
    int open_handles;
    bool handed_out; /* once, at least: agents of an earlier serve were looked for */
    bool restless;   /* the last look's plans did not come to rest, and that was told */
    bool closing;
};

/* The world as the database has it and as plans would look at it now, in the arena. Nothing is stored. */
int control_load(struct control *c, struct arena *a, struct world *w, struct err *e);

/* An agent has come, gone or said that it stopped. */
void control_agent_changed(struct control *c);
