#include "coverage.h"
#include "catalog/words.h"
#include "machine.h"
#include "plan/moves.gen.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ROWS_MAX = 32, UNDER_WAY_MS = 3000 };
#define N_LIFECYCLES (sizeof lifecycles / sizeof *lifecycles)

enum fault_kind {
    PEACE,
    ENGINE_DEATH,
    ENGINE_STANDS,
    AGENT_DEATH,
    AGENT_STANDS,
    SERVE_DEATH,
    RESTART,
    CUT,
    CLOCK,
    TRIP,
    SLOW_NETWORK,
    SERVE_STANDS,
    BLACKOUT,
    PAUSE,
    FULL_DISK,
    STRANGER,
    BUSY_ENGINE,
    SPOILT_FILE,
    OLDER_PROGRAM,
    A_RESET,
    AN_OUTAGE,
    A_LINK,
    FAULT_KINDS
};

static uint32_t (*counts)[ROWS_MAX][FAULT_KINDS]; /* of each lifecycle */
static enum fault_kind fault;
static int64_t fault_ms;

void coverage_open(void)
{
    counts = mmap(NULL, N_LIFECYCLES * sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counts == MAP_FAILED) abort();
}

static void on_move(const struct lifecycle *l, const struct lifecycle_row *row)
{
    enum fault_kind now = machine_ms() < fault_ms + UNDER_WAY_MS ? fault : PEACE;
    for (size_t i = 0; i < N_LIFECYCLES; i++)
        if (lifecycles[i] == l) counts[i][row - l->rows][now]++;
}

void coverage_begin(void)
{
    fault = PEACE;
    lifecycle_on_move = on_move;
}

void coverage_step(const struct step *s)
{
    static const enum fault_kind kinds[VERB__COUNT] = {[VERB_KILL] = ENGINE_DEATH,
        [VERB_AGENT] = AGENT_DEATH,
        [VERB_SERVE] = SERVE_DEATH,
        [VERB_RESTART] = RESTART,
        [VERB_CUT] = CUT,
        [VERB_CLOCK] = CLOCK,
        [VERB_TRIP] = TRIP,
        [VERB_NETWORK] = SLOW_NETWORK,
        [VERB_BLACKOUT] = BLACKOUT,
        [VERB_PAUSE] = PAUSE,
        [VERB_DISK] = FULL_DISK,
        [VERB_STRANGER] = STRANGER,
        [VERB_BUSY] = BUSY_ENGINE,
        [VERB_SPOIL] = SPOILT_FILE,
        [VERB_OLDER] = OLDER_PROGRAM,
        [VERB_RESET] = A_RESET,
        [VERB_OUTAGE] = AN_OUTAGE,
        [VERB_LINK] = A_LINK};
    if (s->verb == VERB_ASK || s->signal == SIGCONT) return;
    fault = kinds[s->verb];
    if (s->signal == SIGSTOP) fault = s->verb == VERB_KILL ? ENGINE_STANDS : s->verb == VERB_AGENT ? AGENT_STANDS : SERVE_STANDS;
    fault_ms = machine_ms();
}

/* No storm can make these. */
static const struct {
    const char *lifecycle, *event, *why;
} exempt[] = {
    {"global_phase", "target gone",
        "a reset alone takes a member away while its datastore fails over, and seldom does at that moment"},
};

static const char *why_exempt(const struct lifecycle *l, const struct lifecycle_row *r)
{
    for (size_t i = 0; i < sizeof exempt / sizeof *exempt; i++)
        if (strcmp(exempt[i].lifecycle, l->name) == 0 && strcmp(exempt[i].event, l->events[r->event]) == 0) return exempt[i].why;
    return r->from == 0 ? "what a row begins with is no move that anybody makes" : NULL;
}

static const char *state_word(const struct lifecycle *l, unsigned state)
{
    return state ? word_text(l->states, state) : "(new)";
}

static int faults_met(size_t lifecycle, size_t row)
{
    int n = 0;
    for (int f = 0; f < FAULT_KINDS; f++) n += counts[lifecycle][row][f] > 0;
    return n;
}

static void tell_missing(const struct lifecycle *l, const struct lifecycle_row *r)
{
    printf("  not met: %s from %s by %s to %s\n", l->name, state_word(l, r->from), l->events[r->event], state_word(l, r->to));
}

size_t coverage_print(void)
{
    size_t moves = 0, missing = 0, pairs = 0;
    for (size_t i = 0; i < N_LIFECYCLES; i++)
        for (size_t k = 0; k < lifecycles[i]->n_rows; k++) {
            const struct lifecycle_row *r = &lifecycles[i]->rows[k];
            if (why_exempt(lifecycles[i], r)) continue;
            moves++;
            pairs += (size_t)faults_met(i, k);
            if (faults_met(i, k)) continue;
            missing++;
            tell_missing(lifecycles[i], r);
        }
    printf("%zu of %zu moves met, %zu of %zu pairs of a move and a fault\n", moves - missing, moves, pairs, moves * FAULT_KINDS);
    return missing;
}
