#pragma once
#include "control/agent_process.h"
#include "control/orders.h"
#include "control/silence.h"
#include "control/told.h"
/*
 * The regions' agents as serve sees them. A session is one region's: the process, whether it is in touch, the assignment it
 * shall have and who waits for it. A session looks after its agent by itself: starts it, starts it again when it has ended,
 * kills it where it hangs. What that means for the region is for 'changed' to look at.
 */
struct err;
struct proto_sighting;

/* All of them. Zeroed but for what is given: 'o', 'changed' and 'arg'. */
struct sessions {
    const struct control_options *o;
    void (*changed)(void *arg); /* an agent has come, gone, fallen silent, or can't be started to stop its nodes */
    void *arg;
    bool stopping; /* everything shall stop: an agent that has said that it stopped is not started again */
    struct session *first;
};

struct session {
    struct session *next;
    struct sessions *all;
    char *region;

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

    bool isolated;   /* nothing is heard of it, and its lists of orders stay as they are */
    bool incomplete; /* its lists are being made anew: an agent that got them as they are would delete what they lack */
    bool in_touch;
    bool dry_run;     /* its agent says that nodes have no processes */
    int64_t heard_ms; /* steady clock: of the last sighting, or of the beginning */
    struct told told;
    bool looked_in_touch; /* whether it was in touch when the plans looked last */
    int64_t looked_taken; /* and the version that its agent acted on then */

    struct orders orders;
    struct {
        bool made, has_tls, dry_run;
    } head;                 /* of the orders: by what of the session it was made */
    bool has_tls;           /* some node has, or had, a certificate: the authority's goes along */
    char numbering[65];     /* which versions these are: no other session's */
    int64_t version, taken; /* 'taken' is the one that the agent acts on, as it says itself */
    int64_t since;          /* what the waiter knows; below 0: nothing */
    control_assignment_fn *waiter;
    void *waiter_arg;
    uv_timer_t wait_limit;
    int open_handles;
    bool closing;
};

/* True where the region's nodes have no processes: its agent has said so, or is started so. */
bool session_is_dry_run(const struct sessions *all, const char *region);
struct session *session_find(const struct sessions *all, const char *region);
/* True where its agent is out of touch: of one that is cut off nobody is to learn anything. */
bool session_is_silent(const struct session *s);
/* True if an agent of an earlier serve is at work in the region. */
bool session_left_over(const struct sessions *all, const char *region);
/* Makes sure that the region has a session and that its agent runs, or is about to. */
void session_ensure(struct sessions *all, const char *region);
/* Hands its orders out if they have changed. */
void session_hand_out(struct session *s);
/*
 * The agent wants its assignment: 'done' is called as soon as there is one of another version than 'after', maybe at once. It gets what
 * is otherwise since then if 'numbering' is ours, and the whole if not, or if it is NULL. Whoever waited before gets nothing.
 */
void session_wait(struct session *s, int64_t after, const char *numbering, control_assignment_fn *done, void *arg);
/* Whoever waits with 'arg' has left: 'done' is not called any more, and the agent is out of touch until it reports. */
void session_unwait(struct session *s, const void *arg);
/*
 * A sighting has come; 'changed' is called for whatever it tells otherwise than the one before. '*news' false: that is nothing, nor has
 * anything else changed that plans look at. ERR_STALE: it does not go by the last one, and was not taken.
 */
int session_hear(
    struct session *s, const struct proto_sighting *seen, keyed_changed_fn *changed, void *arg, bool *news, struct err *e);
/*
 * Cuts the region off, or back in. Its agent goes on by the lists of orders that it has, and nothing that it tells is taken. What is cut
 * in again has no orders until those of everything are taken anew, and gets the whole once session_complete() says that they are.
 */
void session_isolate(struct session *s, bool isolated);
void session_complete(struct session *s);
/* To be called once a second: an agent that is silent is out of touch, and one that hangs is killed; the next one starts when
 * it is dead for sure, and not before. */
void session_look(struct session *s);
/* Stops watching, all of them; the processes go on. The loop frees the sessions. */
void sessions_close(struct sessions *all);
