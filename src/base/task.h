#pragma once
/*
 * A task is a small state machine around libuv handles. A table lists its states and the
 * moves that each allows; every move is checked. One x_step() tells its whole life.
 * Callbacks only store what has come, move, and step.
 */
struct task_state {
    const char *name;
    unsigned next; /* bit set of the states that may follow */
};
#define TASK_TO(state) (1u << (state))

/* Moves *state to 'to', with a line in the log at the level trace. A move that the table does not allow is a mistake (mistake.h), told
 * with the task's name and both states. */
void task_move(const char *task, const struct task_state *table, int *state, int to);
