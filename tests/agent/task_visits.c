#include "task_visits.h"
#include "base/task.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 16 };

static struct {
    const struct task *task;
    unsigned moves[TASK_STATES_MAX]; /* bit sets, by the state they begin in */
} visits[MOST];

void __real_task_move(const struct task *task, const char *whose, int *state, int to);
void __wrap_task_move(const struct task *task, const char *whose, int *state, int to);

void __wrap_task_move(const struct task *task, const char *whose, int *state, int to)
{
    int i = 0;
    while (i < MOST && visits[i].task != NULL && visits[i].task != task) i++;
    cr_assert_lt(i, MOST);
    visits[i].task = task;
    visits[i].moves[*state] |= TASK_TO(to);
    __real_task_move(task, whose, state, to);
}

void task_visits_assert_all(const char *name)
{
    int i = 0, n = 0, made = 0;
    while (i < MOST && visits[i].task != NULL && strcmp(visits[i].task->name, name) != 0) i++;
    cr_assert(i < MOST && visits[i].task != NULL, "no %s has moved", name);
    const struct task_state *states = visits[i].task->states;
    for (int from = 0; from < TASK_STATES_MAX; from++)
        for (int to = 0; to < TASK_STATES_MAX; to++) {
            if (!(states[from].next & TASK_TO(to))) continue;
            bool visited = visits[i].moves[from] & TASK_TO(to);
            fprintf(stderr, "# %s: %s -> %s%s\n", name, states[from].name, states[to].name, visited ? "" : ": never");
            n++;
            made += visited;
        }
    fprintf(stderr, "# moves of %s visited: %d of %d (%d %%)\n", name, made, n, 100 * made / n);
    cr_assert_eq(made, n);
}
