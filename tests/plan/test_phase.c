#include "plan/phase.h"
#include <criterion/criterion.h>

enum { FACTS = 24, NEW = 0 };

static bool ends_by(enum global_phase phase, unsigned wanted)
{
    enum global_phase_event event;
    for (unsigned set = 0; set < FACTS * FACTS * FACTS; set++) {
        unsigned facts = 1U << set % FACTS | 1U << set / FACTS % FACTS | 1U << set / FACTS / FACTS;
        if (phase_next(phase, facts, &event) && event == wanted) return true;
    }
    return false;
}

/* Those that end no phase are the operations'. A phase that begins anew is left by an event that leads to it from elsewhere. */
Test(phase, each_phase_ends_by_every_move_of_its_lifecycle_and_by_no_other)
{
    const struct lifecycle *l = &lifecycle_global_phase;
    for (enum global_phase phase = PHASE_STEADY; phase <= PHASE_RETURNING; phase++)
        for (unsigned event = PHASE_CREATED; event <= PHASE_SOURCE_GONE; event++) {
            bool moves = false, anew = false;
            for (size_t i = 0; i < l->n_rows; i++) {
                moves = moves || (l->rows[i].from == phase && l->rows[i].event == event && event != PHASE_FAILOVER_ASKED);
                anew = anew || (l->rows[i].to == phase && l->rows[i].event == event && l->rows[i].from != NEW);
            }
            bool ends = ends_by(phase, event);
            cr_expect(ends ? moves || anew : !moves, "%s by '%s'", global_phase_text(phase), l->events[event]);
        }
}

Test(phase, a_phase_goes_on_where_nothing_is_known)
{
    enum global_phase_event event;
    for (enum global_phase phase = PHASE_STEADY; phase <= PHASE_RETURNING; phase++) cr_expect_not(phase_next(phase, 0, &event));
}
