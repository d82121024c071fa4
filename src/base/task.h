#pragma once
/*
 * States of a task, in a table, checked at every move. A task is a small state
 * machine around libuv handles: one x_step() tells its whole life, callbacks only
 * store what came, move and step.
 */
struct task_state {
    const char *name;
    unsigned next; /* bit set of the states that may follow */
};
#define TASK_TO(state) (1u << (state))

/* Moves *state to 'to'; aborts with the task's name and both states where the table does not allow it. */
void task_move(const char *task, const struct task_state *table, int *state, int to);
