#include "base/task.h"
#include "base/log.h"
#include "base/mistake.h"
#include <stdlib.h>

void task_move(const struct task *task, const char *whose, int *state, int to)
{
    const struct task_state *from = &task->states[*state];
    if (!(from->next & TASK_TO(to))) {
        log_error("%s of %s may not go from %s to %s", task->name, whose, from->name, task->states[to].name);
        if (MISTAKES_END_IT) abort();
    }
    if (*state != to) log_line(LOG_TRACE, "%s of %s: %s -> %s", task->name, whose, from->name, task->states[to].name);
    *state = to;
}
