#pragma once
#include "agent/node/state.h"
/*
 * Whether a process still answers. Every node is asked something on each beat, all of
 * them at the same time, so that an agent with many nodes wakes up ten times a second and
 * not a thousand times. A question that three beats did not see answered means that the
 * process hangs, unless it is at work: a long command, a script, a fork, a huge value, or a
 * machine with too much to do keep a process from answering, too, however long that takes.
 * So who hangs stands still: for three beats it has not used its processor, nor wanted to.
 * Of a script some engines say themselves after a while that they are BUSY, which is an answer;
 * and of one that a client may keep silent, a poke tells that it is alive.
 * Between two beats the loop always reads what has come, so that an agent without time
 * does not take its own slowness for theirs.
 */

/* What is known of its process otherwise. */
void node_set_hung(struct node *n, bool hung);
/* It has answered as it shall. */
void node_answered(struct node *n);
/* It has answered that it is at work. */
void node_said_busy(struct node *n);
/* It turns its loop, though it does not answer: something forbids it to. */
void node_turned(struct node *n);
