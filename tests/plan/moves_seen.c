#include "catalog/words.h"
#include "plan/lifecycle.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Notes every move of a lifecycle in the file that MERIDIAN_MOVES names, a line for each: tests/plan/moves.py counts them. */
static void note_move(const struct lifecycle *l, const struct lifecycle_row *row)
{
    char line[200];
    int fd = open(getenv("MERIDIAN_MOVES"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    int n = snprintf(
        line, sizeof line, "%s|%s|%s\n", l->name, row->from ? word_text(l->states, row->from) : "new", l->events[row->event]);
    if (fd < 0 || write(fd, line, (size_t)n) != n) abort();
    close(fd);
}

__attribute__((constructor)) static void watch_moves(void)
{
    if (getenv("MERIDIAN_MOVES")) lifecycle_on_move = note_move;
}
