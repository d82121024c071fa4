#include "agent/node/lifecycle.h"
#include <criterion/criterion.h>
#include <stdio.h>
/* Every state, every allowed move, and every decision in each state; what was visited is printed. */

static const struct {
    enum node_state from;
    enum node_event event;
    enum node_state to;
} allowed[] = {
    {NODE_REST, EVENT_STARTED, NODE_BOOT},
    {NODE_REST, EVENT_DELETED, NODE_GONE},
    {NODE_REST, EVENT_CLOSED, NODE_CLOSED},
    {NODE_BOOT, EVENT_CONNECTED, NODE_GREET},
    {NODE_BOOT, EVENT_LOST, NODE_BOOT},
    {NODE_BOOT, EVENT_TOLD, NODE_STOP},
    {NODE_BOOT, EVENT_ENDED, NODE_REST},
    {NODE_GREET, EVENT_KNOWN, NODE_UP},
    {NODE_GREET, EVENT_LOST, NODE_BOOT},
    {NODE_GREET, EVENT_TOLD, NODE_STOP},
    {NODE_GREET, EVENT_ENDED, NODE_REST},
    {NODE_UP, EVENT_LOADS, NODE_GREET},
    {NODE_UP, EVENT_LOST, NODE_BOOT},
    {NODE_UP, EVENT_TOLD, NODE_STOP},
    {NODE_UP, EVENT_ENDED, NODE_REST},
    {NODE_STOP, EVENT_CONNECTED, NODE_STOP},
    {NODE_STOP, EVENT_LOST, NODE_STOP},
    {NODE_STOP, EVENT_ENDED, NODE_REST},
    {NODE_GONE, EVENT_REVIVED, NODE_REST},
    {NODE_GONE, EVENT_CLOSED, NODE_CLOSED},
};
enum { N_ALLOWED = sizeof allowed / sizeof *allowed };

static bool is_allowed(enum node_state from, enum node_event event, enum node_state *to)
{
    for (int i = 0; i < N_ALLOWED; i++)
        if (allowed[i].from == from && allowed[i].event == event) return *to = allowed[i].to, true;
    return false;
}

Test(lifecycle, every_move_and_no_other)
{
    int visited = 0;
    for (int from = 0; from < NODE_STATES; from++)
        for (int event = 0; event < NODE_EVENTS; event++) {
            enum node_state to, wanted = NODE_STATES;
            bool moves = node_lifecycle_move(from, event, &to), may = is_allowed(from, event, &wanted);
            cr_expect_eq(moves, may, "%s, %s", lifecycle_state_name(from), lifecycle_event_name(event));
            if (!moves) continue;
            cr_expect_eq(to, wanted);
            fprintf(
                stderr, "# %s, %s -> %s\n", lifecycle_state_name(from), lifecycle_event_name(event), lifecycle_state_name(to));
            visited++;
        }
    fprintf(stderr, "# moves visited: %d of %d (%d %%)\n", visited, N_ALLOWED, 100 * visited / N_ALLOWED);
    fflush(stdout);
    cr_assert_eq(visited, N_ALLOWED);
}

/* Whoever stands still in a state other than the last can still go on from there. */
Test(lifecycle, every_state_but_the_last_leads_to_the_last)
{
    bool leads[NODE_STATES] = {[NODE_CLOSED] = true};
    for (int round = 0; round < NODE_STATES; round++)
        for (int i = 0; i < N_ALLOWED; i++) leads[allowed[i].from] |= leads[allowed[i].to];
    for (int s = 0; s < NODE_STATES; s++) cr_expect(leads[s], "%s leads nowhere", lifecycle_state_name((enum node_state)s));
}

/* ---- what is to be done ---- */

#define ORDERED .assigned = true, .run = true
#define RUNS ORDERED, .has_process = true

static const struct {
    const char *what;
    enum node_state state;
    struct lifecycle_facts f;
    enum lifecycle_do want;
    int64_t at; /* now is 1000 */
} lines[] = {
    {"nobody has said what shall become of it", NODE_REST, {0}, DO_NOTHING, 0},
    {"it is no node any more", NODE_REST, {.assigned = true}, DO_DELETE, 0},
    {"its order makes no sense", NODE_REST, {.assigned = true, .refused = true}, DO_NOTHING, 0},
    {"the agent stops", NODE_REST, {ORDERED, .stopping = true}, DO_NOTHING, 0},
    {"nothing keeps it from starting", NODE_REST, {ORDERED}, DO_START, 0},
    {"it is held down", NODE_REST, {ORDERED, .start = {.held = true}}, DO_NOTHING, 0},
    {"it shall be primary with another's data", NODE_REST, {ORDERED, .start = {.for_another = true}}, DO_NOTHING, 0},
    {"its followers load first", NODE_REST, {ORDERED, .start = {.sparing = true}}, DO_NOTHING, 1020},
    {"it failed just now", NODE_REST, {ORDERED, .retry_at = 1500, .start = {.backs_off = true}}, DO_NOTHING, 1500},
    {"another one switches", NODE_REST, {ORDERED, .start = {.switching = true}}, DO_NOTHING, 1001},
    {"its upstream is not ready", NODE_REST, {ORDERED, .start = {.replica = true, .has_upstream = true}}, DO_NOTHING, 0},
    {"it need not be", NODE_REST, {ORDERED, .start = {.replica = true, .has_upstream = true, .at_once = true}}, DO_START, 0},
    {"an adopted one waits for its order", NODE_BOOT, {.has_process = true}, DO_NOTHING, 0},
    {"it does not listen yet", NODE_BOOT, {RUNS, .connect_at = 1002}, DO_NOTHING, 1002},
    {"it is time to try again", NODE_BOOT, {RUNS, .connect_at = 1000}, DO_CONNECT, 0},
    {"it is being connected", NODE_BOOT, {RUNS, .connected = true}, DO_NOTHING, 0},
    {"the order wants another process", NODE_BOOT, {RUNS, .misfit = true}, DO_END, 0},
    {"it is asked who it is", NODE_GREET, {RUNS, .connected = true}, DO_GREET, 0},
    {"it loads", NODE_GREET, {RUNS, .connected = true, .greet_at = 1005}, DO_NOTHING, 1005},
    {"it did not answer yet", NODE_GREET, {RUNS, .connected = true, .asking = true}, DO_NOTHING, 0},
    {"it shall go", NODE_GREET, {.assigned = true, .has_process = true}, DO_END, 0},
    {"it is known", NODE_UP, {RUNS, .connected = true}, DO_CONVERGE, 0},
    {"it was asked something", NODE_UP, {RUNS, .connected = true, .asking = true}, DO_NOTHING, 0},
    {"a refused order changes nothing", NODE_UP, {.assigned = true, .refused = true, .has_process = true}, DO_NOTHING, 0},
    {"the agent stops while it runs", NODE_UP, {RUNS, .stopping = true}, DO_END, 0},
    {"it is told to end", NODE_STOP, {RUNS, .stopping = true}, DO_AWAIT_END, 0},
    {"and is meanwhile wanted again", NODE_STOP, {RUNS}, DO_AWAIT_END, 0},
    {"or nobody knows", NODE_STOP, {.has_process = true}, DO_AWAIT_END, 0},
    {"it is gone", NODE_GONE, {.assigned = true}, DO_NOTHING, 0},
    {"it is wanted again", NODE_GONE, {ORDERED}, DO_REVIVE, 0},
    {"it is closed", NODE_CLOSED, {ORDERED}, DO_NOTHING, 0},
};

Test(lifecycle, what_is_to_be_done_in_each_state)
{
    bool seen[LIFECYCLE_DOS] = {false}, states[NODE_STATES] = {false};
    int n_seen = 0;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct lifecycle_next next = lifecycle_next(lines[i].state, &lines[i].f, 1000);
        cr_expect_eq(next.what, lines[i].want, "%s: %d, not %d", lines[i].what, next.what, lines[i].want);
        cr_expect_eq(next.at, lines[i].at, "%s: at %lld", lines[i].what, (long long)next.at);
        seen[next.what] = states[lines[i].state] = true;
    }
    for (int s = 0; s < NODE_STATES; s++)
        cr_expect(states[s], "no line for the state %s", lifecycle_state_name((enum node_state)s));
    for (int d = 0; d < LIFECYCLE_DOS; d++) n_seen += seen[d];
    fprintf(stderr, "# decisions visited: %d of %d (%d %%)\n", n_seen, LIFECYCLE_DOS, 100 * n_seen / LIFECYCLE_DOS);
    fflush(stdout);
    cr_assert_eq(n_seen, LIFECYCLE_DOS);
}

Test(lifecycle, why_a_process_ended_by_itself)
{
    cr_expect_eq(lifecycle_trouble(true, 0, false), TROUBLE_EXITED);
    cr_expect_eq(lifecycle_trouble(false, 9, false), TROUBLE_EXITED);
    cr_expect_eq(lifecycle_trouble(false, 0, true), TROUBLE_CONFLICT);
    cr_expect_eq(lifecycle_trouble(false, 0, false), TROUBLE_BROKEN);
}

static const struct {
    const char *what;
    struct end_facts f;
    enum end_do want; /* at 100000 */
    int64_t deadline;
} ends[] = {
    {"nothing is to be saved", {.want = WANT_GONE, .since = 99000}, END_WAIT, 101000},
    {"and that takes too long", {.want = WANT_GONE, .since = 98000}, END_KILL, 100000},
    {"it makes room, and takes as long as it takes", {.want = WANT_AGAIN, .saves = true, .since = 1, .ask_at = 100001}, END_WAIT,
        INT64_MAX},
    {"it is told again", {.want = WANT_AGAIN, .saves = true, .since = 1, .ask_at = 100000}, END_ASK, INT64_MAX},
    {"a replica has a limit", {.want = WANT_AGAIN, .saves = true, .replica = true, .since = 40000, .ask_at = 1}, END_KILL,
        100000},
    {"the user's limit", {.want = WANT_STOP, .saves = true, .since = 90000, .stop_limit_ms = 20000, .ask_at = 1}, END_ASK,
        110000},
    {"is over", {.want = WANT_STOP, .saves = true, .since = 80000, .stop_limit_ms = 20000}, END_KILL, 100000},
    {"but it writes",
        {.want = WANT_STOP, .saves = true, .since = 80000, .stop_limit_ms = 20000, .wrote_at = 99999, .ask_at = 100001}, END_WAIT,
        109999},
    {"there is none", {.want = WANT_STOP, .saves = true, .since = 1, .ask_at = 100001}, END_WAIT, INT64_MAX},
};

Test(lifecycle, how_long_a_process_may_take_to_end)
{
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct end_next next = lifecycle_end(&ends[i].f, 100000);
        cr_expect_eq(next.what, ends[i].want, "%s", ends[i].what);
        cr_expect_eq(next.deadline, ends[i].deadline, "%s: %lld", ends[i].what, (long long)next.deadline);
    }
    const struct end_facts writing = {.saves = true, .wrote_at = 1}, idle = {.saves = true};
    cr_expect(lifecycle_is_writing(&writing, 10000));
    cr_expect_not(lifecycle_is_writing(&writing, 10001));
    cr_expect_not(lifecycle_is_writing(&idle, 0));
}
