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
        [VERB_NETWORK] = SLOW_NETWORK};
    if (s->verb == VERB_ASK || s->signal == SIGCONT) return;
    fault = kinds[s->verb];
    if (s->signal == SIGSTOP) fault = s->verb == VERB_KILL ? ENGINE_STANDS : AGENT_STANDS;
    fault_ms = machine_ms();
}

static const char *state_word(const struct lifecycle *l, unsigned state)
{
    return state ? word_text(l->states, state) : "(new)";
}

void coverage_print(void)
{
    int moves = 0, met = 0, pairs = 0;
    for (size_t i = 0; i < N_LIFECYCLES; i++)
        for (size_t k = 0; k < lifecycles[i]->n_rows; k++) {
            int of = 0;
            for (int f = 0; f < FAULT_KINDS; f++) of += counts[i][k][f] > 0;
            moves++;
            met += of > 0;
            pairs += of;
        }
    printf("%d of %d moves met, %d of %d pairs of a move and a fault\n", met, moves, pairs, moves * FAULT_KINDS);
    for (size_t i = 0; i < N_LIFECYCLES; i++)
        for (size_t k = 0; k < lifecycles[i]->n_rows; k++) {
            const struct lifecycle *l = lifecycles[i];
            const struct lifecycle_row *r = &l->rows[k];
            bool seen = false;
            for (int f = 0; f < FAULT_KINDS; f++) seen |= counts[i][k][f] > 0;
            if (!seen)
                printf("  not met: %s from %s by %s to %s\n", l->name, state_word(l, r->from), l->events[r->event],
                    state_word(l, r->to));
        }
}
