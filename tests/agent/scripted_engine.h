#pragma once
#include "agent/memcached/mconn.h"
#include "agent/os/proc.h"
#include "agent/redis/rconn.h"
#include <stdbool.h>
/*
 * Engines whose every word the test says: a second implementation of the seams between a node and its process (proc.h, rconn.h, mconn.h),
 * with a clock that stands until the test moves it. A process is a row in a table, a connection two lists of texts. Nothing happens
 * but what a test does, so that whatever takes an engine seconds takes none here.
 *
 * A command reads as its words with a space between; an answer is written as it goes over the wire: "+OK\r\n".
 */

/* ---- the clock ---- */

/* All timers of the loop are passed over: whoever waits is to be woken by the test. */
void script_advance(int64_t ms);

/* ---- processes, by the id of their node ---- */

/* The number of processes that were started for the node so far. */
int script_starts(const char *id);
/* Its process, while it lives; NULL: there is none. */
struct proc *script_process(const char *id);
long script_pid(const char *id);
/* A process that runs already when the node is opened. */
void script_leave_process(const char *id, int64_t incarnation);
/* The next start fails so. */
void script_refuse_start(int code, const char *why);
/* It ends. */
void script_end(const char *id, int status, int signal);
/* The last signal that it got; 0: none since it was asked. */
int script_signal(const char *id);
void script_stand_still(const char *id, bool still);
void script_work(const char *id, bool works);
/* One died while nobody looked. */
void script_leave_death(const char *id);

/* ---- connections ---- */

/* Whether anybody listens in that node's folder; not at first. */
void script_listen(const char *id, bool yes);
/* What rconn_open() makes, for a node without a folder. */
struct rconn *script_connect(const char *id, const struct rconn_events *events, void *arg);
/* Of the open connections to that node the n-th oldest, from 0 on; NULL: there are not so many. */
struct rconn *script_conn(const char *id, int n);
/* It stands. */
void script_accept(struct rconn *c);
/* The next command that was sent on it and not read yet; "" for none. Valid until the next call. */
const char *script_read(struct rconn *c);
/* True if that is it; then it is read. */
bool script_reads(struct rconn *c, const char *command);
/* What the engine answers: one reply, or several. */
void script_say(struct rconn *c, const char *wire);
/* The text as one answer of bytes. */
void script_say_text(struct rconn *c, const char *text);
/* It ends. */
void script_hang_up(struct rconn *c, const char *why);
/* How often nonsense was sent on it. */
int script_pokes(const struct rconn *c);

/* The same of a memcached at that port. */
struct mconn *script_mconn(int port);
void script_maccept(struct mconn *c);
const char *script_mread(struct mconn *c);
void script_msay(struct mconn *c, const char *line);
void script_mhang_up(struct mconn *c);

/* Forgets all of it. */
void script_reset(void);
