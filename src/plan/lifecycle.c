#include "plan/lifecycle.h"
#include "base/log.h"
#include "base/mistake.h"
#include "catalog/words.h"
#include "plan/world.h"
#include <stdlib.h>

void (*lifecycle_on_move)(const struct lifecycle *l, const struct lifecycle_row *row);

static const struct lifecycle_row *find_row(const struct lifecycle *l, unsigned from, unsigned event)
{
    for (size_t i = 0; i < l->n_rows; i++)
        if (l->rows[i].from == from && l->rows[i].event == event) return &l->rows[i];
    return NULL;
}

static bool leads_to(const struct lifecycle *l, unsigned event, unsigned to)
{
    for (size_t i = 0; i < l->n_rows; i++)
        if (l->rows[i].event == event && l->rows[i].to == to) return true;
    return false;
}

void lifecycle_move(struct world *w, const struct lifecycle *l, void *at, unsigned event)
{
    unsigned *state = at;
    const struct lifecycle_row *row = find_row(l, *state, event);
    if (row == NULL && leads_to(l, event, *state)) return;
    if (row == NULL) {
        unsigned from = *state;
        log_error("%s does not move from '%s' by '%s': the row stays as it is", l->states->is,
            word_knows(l->states, from) ? word_text(l->states, from) : "new", l->events[event]);
        if (MISTAKES_END_IT) abort();
        return;
    }
    if (w) world_set_unsigned(w, at, row->to);
    else *state = row->to;
    if (lifecycle_on_move) lifecycle_on_move(l, row);
}
