#include "base/task.h"
#include "base/log.h"
#include "base/mistake.h"
#include <stdlib.h>

void task_move(const char *task, const struct task_state *table, int *state, int to)
{
    if (!(table[*state].next & TASK_TO(to))) {
        log_error("%s may not go from %s to %s", task, table[*state].name, table[to].name);
        if (MISTAKES_END_IT) abort();
    }
    if (*state != to) log_line(LOG_TRACE, "%s: %s -> %s", task, table[*state].name, table[to].name);
    *state = to;
}
