#include "machine.h"
#include "record.h"
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_PID = 100, WINDOW_MS = 100 };
#define BEGIN_NS (1000 * 1000000000LL)

struct machine_event {
    int64_t at_ns;
    uint64_t serial; /* of two at the same time, the one that was asked for first */
    size_t index;
    struct process *owner;
    void (*run)(void *arg);
    void *arg;
    struct machine_event *later; /* of its owner, which stands still */
};

static struct machine {
    int64_t now_ns, wall_ahead_ms;
    uint64_t seed, state, serial, steps;
    int64_t window; /* that 'state' was begun for */
    struct machine_event **heap;
    size_t n, cap;
    struct machine_event *held; /* of processes that stand still, newest first */
    struct process *processes, *current;
    long pids;
    jmp_buf end_of_step;
    int dying;
    bool stepping;
} m;

void machine_open(uint64_t seed)
{
    m.now_ns = BEGIN_NS;
    m.wall_ahead_ms = MACHINE_BEGINS_MS - BEGIN_NS / NS_OF_MS;
    m.seed = seed;
    m.window = -1;
    m.pids = FIRST_PID;
}

/* ---- time and chance ---- */

int64_t machine_ns(void)
{
    return m.now_ns;
}

int64_t machine_ms(void)
{
    return m.now_ns / NS_OF_MS;
}

int64_t machine_wall_ms(void)
{
    return machine_ms() + m.wall_ahead_ms;
}

void machine_set_wall(int64_t by_ms)
{
    m.wall_ahead_ms += by_ms;
}

/*
 * splitmix64, begun anew from the seed and the time every WINDOW_MS: so a step that has no effect can be left out of a story, and
 * the chances of all others stay what they were.
 */
uint64_t machine_random(void)
{
    int64_t window = machine_ms() / WINDOW_MS;
    if (window != m.window) m.state = m.seed * 0x9e3779b97f4a7c15 + (uint64_t)window * 0xd1342543de82ef95;
    m.window = window;
    uint64_t x = m.state += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

int64_t machine_below(int64_t n)
{
    return n > 0 ? (int64_t)(machine_random() % (uint64_t)n) : 0;
}

bool machine_chance(int percent)
{
    return machine_below(100) < percent;
}

/* ---- events ---- */

static bool is_before(const struct machine_event *a, const struct machine_event *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->serial < b->serial;
}

static void put_at(size_t i, struct machine_event *e)
{
    m.heap[i] = e;
    e->index = i;
}

static void sift_up(size_t i, struct machine_event *e)
{
    for (; i > 0 && is_before(e, m.heap[(i - 1) / 2]); i = (i - 1) / 2) put_at(i, m.heap[(i - 1) / 2]);
    put_at(i, e);
}

static void sift_down(size_t i, struct machine_event *e)
{
    for (;;) {
        size_t child = 2 * i + 1;
        if (child + 1 < m.n && is_before(m.heap[child + 1], m.heap[child])) child++;
        if (child >= m.n || !is_before(m.heap[child], e)) break;
        put_at(i, m.heap[child]);
        i = child;
    }
    put_at(i, e);
}

static void heap_add(struct machine_event *e)
{
    if (m.n == m.cap) {
        m.cap = m.cap ? 2 * m.cap : 1024;
        m.heap = realloc(m.heap, m.cap * sizeof *m.heap);
        if (m.heap == NULL) abort();
    }
    m.n++;
    sift_up(m.n - 1, e);
}

static void heap_remove(struct machine_event *e)
{
    size_t i = e->index;
    struct machine_event *last = m.heap[--m.n];
    if (last == e) return;
    sift_down(i, last);
    sift_up(last->index, last);
}

struct machine_event *machine_after(struct process *owner, int64_t after_ns, void (*run)(void *arg), void *arg)
{
    struct machine_event *e = calloc(1, sizeof *e);
    if (e == NULL) abort();
    *e = (struct machine_event){
        .at_ns = m.now_ns + (after_ns > 0 ? after_ns : 0), .serial = ++m.serial, .owner = owner, .run = run, .arg = arg};
    heap_add(e);
    return e;
}

void machine_cancel(struct machine_event *e)
{
    if (e == NULL) return;
    for (struct machine_event **at = &m.held; *at; at = &(*at)->later)
        if (*at == e) {
            *at = e->later;
            free(e);
            return;
        }
    heap_remove(e);
    free(e);
}

static bool drop_event(struct machine_event *e)
{
    if (e->owner && !e->owner->alive) {
        free(e);
        return true;
    }
    if (e->owner == NULL || !e->owner->stopped) return false;
    e->later = m.held;
    m.held = e;
    return true;
}

static void run_for(struct process *p, void (*run)(void *arg), void *arg)
{
    struct process *before = m.current;
    m.current = p;
    run(arg);
    if (p && p->alive && p->turn) p->turn(p);
    m.current = before;
}

void machine_as(struct process *p, void (*run)(void *arg), void *arg)
{
    run_for(p, run, arg);
}

/* The one who dies does so in the midst of its own event, not of what another does for it. */
void machine_die(int signal)
{
    if (!m.stepping) abort(); /* nobody would come back from there */
    m.dying = signal;
    longjmp(m.end_of_step, 1);
}

bool machine_step(int64_t until_ns)
{
    if (m.n == 0 || m.heap[0]->at_ns > until_ns) {
        if (m.now_ns < until_ns) m.now_ns = until_ns;
        return false;
    }
    struct machine_event *e = m.heap[0];
    heap_remove(e);
    if (e->at_ns > m.now_ns) m.now_ns = e->at_ns;
    if (drop_event(e)) return true;
    m.steps++;
    struct machine_event it = *e;
    free(e);
    m.stepping = true;
    if (setjmp(m.end_of_step) == 0) {
        run_for(it.owner, it.run, it.arg);
        m.stepping = false;
        return true;
    }
    m.stepping = false;
    struct process *dead = m.current;
    m.current = NULL;
    machine_kill(dead, m.dying);
    return true;
}

uint64_t machine_steps(void)
{
    return m.steps;
}

/* ---- processes ---- */

struct process *machine_spawn(const char *name, const char *folder)
{
    struct process *p = calloc(1, sizeof *p);
    if (p == NULL) abort();
    p->pid = ++m.pids;
    p->start = (unsigned long long)machine_ms() / 10;
    snprintf(p->name, sizeof p->name, "%s", name);
    snprintf(p->folder, sizeof p->folder, "%s", folder);
    p->alive = true;
    p->next = m.processes;
    m.processes = p;
    return p;
}

struct process *machine_process(long pid)
{
    for (struct process *p = m.processes; p; p = p->next)
        if (p->pid == pid) return p;
    return NULL;
}

struct process *machine_processes(void)
{
    return m.processes;
}

struct process *machine_current(void)
{
    return m.current;
}

void machine_ended(struct process *p, int status, int signal)
{
    if (!p->alive) return;
    p->alive = p->stopped = false;
    record("%s (%ld) ends, signal %d, status %d", p->name, p->pid, signal, status);
    if (p->ended) p->ended(p, status, signal);
}

/* What came while it stood still happens now, in the order in which it would have. */
static void go_on(struct process *p)
{
    struct machine_event *held = m.held, *rest = NULL, *next;
    m.held = NULL;
    p->stopped = false;
    for (struct machine_event *e = held; e; e = next) {
        next = e->later;
        e->later = NULL;
        if (e->owner == p) heap_add(e);
        else {
            e->later = rest;
            rest = e;
        }
    }
    for (struct machine_event *e = rest; e; e = next) {
        next = e->later;
        e->later = m.held;
        m.held = e;
    }
}

void machine_kill(struct process *p, int signal)
{
    if (p == NULL || !p->alive) return;
    if (signal == SIGSTOP) {
        record("%s (%ld) stands still", p->name, p->pid);
        p->stopped = true;
    } else if (signal == SIGCONT && p->stopped) {
        record("%s (%ld) goes on", p->name, p->pid);
        go_on(p);
    } else if (signal == SIGKILL || (signal != SIGCONT && p->hears == NULL)) {
        return machine_ended(p, 0, signal);
    }
    if (p->hears) p->hears(p, signal);
}

void machine_exit(struct process *p, int status)
{
    machine_ended(p, status, 0);
}
