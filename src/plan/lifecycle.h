#pragma once
#include <stddef.h>
/*
 * How statuses, phases and roles move. schema/words.json lists for each column every move that there is: from where, by which event, to
 * where; docs/lifecycles.md draws them. Operations and plans say what has happened, by the functions of plan/moves.gen.h:
 *     move_rg_status(w, &rg->row.status, RG_SETTLED);
 * and nobody else writes such a column, but for the first word of a new row (tests/lint/lifecycles.py). An operation, which has no
 * world, passes NULL for it.
 */
struct world;
struct words;

struct lifecycle_row {
    unsigned from; /* 0: the row is new */
    unsigned event, to;
};

struct lifecycle {
    const char *name;
    const struct words *states;
    const struct lifecycle_row *rows;
    size_t n_rows;
    const char *const *events;
};

/*
 * Writes to *at, an enum of these states, where the event leads from there. Rules look again and again: an event that has led to where
 * the row is already changes nothing. A move that the table lacks is a mistake in the program: one that is built with
 * AddressSanitizer ends, any other one leaves the row as it is and logs an error.
 */
void lifecycle_move(struct world *w, const struct lifecycle *l, void *at, unsigned event);

/* For tests, which count the moves that they have seen: called with each, once it is made. */
extern void (*lifecycle_on_move)(const struct lifecycle *l, const struct lifecycle_row *row);
