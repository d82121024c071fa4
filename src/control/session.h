#pragma once
#include "base/buf.h"
#include "control/agent_process.h"
#include "control/control.h"
#include "control/silence.h"
#include <sys/types.h>
/*
 * One region's agent as serve sees it: the process, whether it is in touch, the
 * assignment it shall have and who waits for it. Sessions live in a list in
 * struct control; session_close() ends one.
 */
struct session {
    struct session *next;
    struct control *control;
    char *region;

    /* The process: started here, or found at work from an earlier serve. */
    struct agent_process *process; /* NULL: none */
    uv_timer_t respawn;
    int64_t respawn_ms; /* the next pause before a start; 0: at once */
    int64_t started_ns;
    int failures;   /* starts that came to nothing while everything shall stop */
    bool stopped;   /* it has said that it stopped its nodes and is about to go */
    bool given_up;  /* it can't be started to stop them */
    bool briefed;   /* this process has got an assignment: from then on it reports */
    bool condemned; /* it hangs, and was killed: its end is waited for */
    struct silence silence;

    bool in_touch;
    int64_t heard_ms;    /* steady clock: of the last sighting, or of the beginning */
    struct buf sighting; /* the last one, as it came */

    struct buf assignment; /* as it goes out; its version is 'version' */
    struct buf unversioned;
    int64_t version, taken; /* 'taken' is the one that the agent acts on, as it says itself */
    control_assignment_fn *waiter;
    void *waiter_arg;
    uv_timer_t wait_limit;
    int open_handles;
    bool closing;
};

struct session *session_find(struct control *c, const char *region);
/* Its agent's process, or 0. */
pid_t session_pid(const struct session *s);
/* True if an agent of an earlier serve is at work in the region. */
bool session_left_over(const struct control *c, const char *region);
/* Makes sure that the region has a session and that its agent runs, or is about to. */
struct session *session_ensure(struct control *c, const char *region);
/* Hands 'text' (an Assignment with version 0) out if it differs from the one before. */
void session_assign(struct session *s, const struct buf *text);
/* To be called once a second: an agent that is silent is out of touch, and one that hangs is killed; the next one starts when
 * it is dead for sure, and not before. */
void session_look(struct session *s);
/* Sends its agent's process a signal, if there is one. */
void session_signal(struct session *s, int signal);
/* Ends the wait of whoever waits, with nothing. */
void session_release(struct session *s);
/* Stops watching; the process goes on. The session is freed by the loop. */
void session_close(struct session *s);
