#pragma once
#include "control/unit.h"
/* When the plans want to look at units again: the next one is found at once, however many there are. A binary heap. */
struct due {
    struct unit **heap; /* from 1 on: each no later than those at 2i and 2i+1 */
    size_t n, room;
};

/* INT64_MAX: not any more. */
void due_set(struct due *d, struct unit *u, int64_t at_ms);
/* The next one's time; INT64_MAX: there is none. */
int64_t due_next_ms(const struct due *d);
/* Takes one out whose time has come by then, or returns NULL. */
struct unit *due_take(struct due *d, int64_t now_ms);
/* Forgets all of them; their units need not be there any more. */
void due_fini(struct due *d);
