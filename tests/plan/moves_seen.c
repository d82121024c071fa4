#include "catalog/event.h"
#include "catalog/words.h"
#include "plan/lifecycle.h"
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Notes what happens in the file that MERIDIAN_MOVES names, a line for each: tests/plan/moves.py counts them. */
__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    char line[200];
    va_list values;
    va_start(values, format);
    int n = vsnprintf(line, sizeof line, format, values);
    va_end(values);
    int fd = open(getenv("MERIDIAN_MOVES"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd < 0 || write(fd, line, (size_t)n) != n) abort();
    close(fd);
}

static void note_move(const struct lifecycle *l, const struct lifecycle_row *row)
{
    note("%s|%s|%s\n", l->name, row->from ? word_text(l->states, row->from) : "new", l->events[row->event]);
}

__attribute__((constructor)) static void watch_moves(void)
{
    if (getenv("MERIDIAN_MOVES")) lifecycle_on_move = note_move;
}

/* The linker has every event of the API come through here. */
const char *__real_event_format(struct arena *a, enum event event, const char *const *values, size_t n);
const char *__wrap_event_format(struct arena *a, enum event event, const char *const *values, size_t n);

const char *__wrap_event_format(struct arena *a, enum event event, const char *const *values, size_t n)
{
    if (getenv("MERIDIAN_MOVES")) note("event|%u\n", (unsigned)event);
    return __real_event_format(a, event, values, n);
}
