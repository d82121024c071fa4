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

enum { TASK_STATES_MAX = 16 };

struct task {
    const char *name;                          /* of every task of its kind: "fence" */
    struct task_state states[TASK_STATES_MAX]; /* by their number; a state without a name is none */
};

/* Moves *state to 'to', with a line in the log at the level trace that says whose task it is. A move that the table does not allow is
 * a mistake (mistake.h), told with both states. */
void task_move(const struct task *task, const char *whose, int *state, int to);
