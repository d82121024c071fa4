#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * The machine that the whole control plane runs on: virtual time, processes, and events in
 * the order in which they happen. Everything is of one seed, so that a run can be repeated.
 * A process is no thread: it is whoever an event belongs to. One that is killed gets none of
 * its events any more; one that stands still (SIGSTOP) gets them when it goes on.
 */
struct machine_event;

struct process {
    struct process *next;
    long pid;
    unsigned long long start; /* as /proc tells it */
    char name[96];
    char folder[256]; /* its working directory */
    bool alive, stopped;
    void *body;                             /* what it is, for whoever has made it */
    void *loop;                             /* its event loop, for uv_virtual.c */
    void (*turn)(struct process *p);        /* after each of its events; NULL: nothing */
    void (*over)(struct process *p);        /* its loop has nothing left to wait for; NULL: nobody cares */
    bool (*works)(const struct process *p); /* whether it uses its processor now; NULL: it never does */
    /* It hears a signal, which has stopped it or let it go on by then, if it is one of those; NULL: another than these ends it. */
    void (*hears)(struct process *p, int signal);
    /* It has ended by that signal, or, where that is 0, by itself with that status. */
    void (*ended)(struct process *p, int status, int signal);
};

#define MACHINE_BEGINS_MS 1767600000000LL /* what the wall clock shows then: 5 January 2026, 08:00 */
enum { NS_OF_MS = 1000000 };

/* Begins at a fixed date, with nothing in it. */
void machine_open(uint64_t seed);
int64_t machine_ns(void);
int64_t machine_ms(void);
/* How much the wall clock is ahead of machine_ms(), and its being set. */
int64_t machine_wall_ms(void);
void machine_set_wall(int64_t by_ms);

uint64_t machine_random(void);
/* 0 to n - 1; 0 where n is 0. */
int64_t machine_below(int64_t n);
bool machine_chance(int percent);

/* A new process; never freed, as others may hold on to it. */
struct process *machine_spawn(const char *name, const char *folder);
struct process *machine_process(long pid);
struct process *machine_processes(void);
/* Whose event runs; NULL: the world's own. */
struct process *machine_current(void);
/* Does something in the name of a process, as if it were its event. */
void machine_as(struct process *p, void (*run)(void *arg), void *arg);
/* SIGKILL, SIGSTOP and SIGCONT work at once; what others do is up to whoever made it. */
void machine_kill(struct process *p, int signal);
/* It ends by itself. */
void machine_exit(struct process *p, int status);
/* It has ended so. Done again, it does nothing. */
void machine_ended(struct process *p, int status, int signal);
/* The process whose event runs is gone, in the midst of it. Does not return. */
_Noreturn void machine_die(int signal);

/* Calls run(arg) in 'after_ns'. 'owner' NULL: the world itself. The event is gone once it has run. */
struct machine_event *machine_after(struct process *owner, int64_t after_ns, void (*run)(void *arg), void *arg);
/* NULL is fine. */
void machine_cancel(struct machine_event *e);
/* Runs the next event; false where there is none, or where it is later than 'until_ns': then it is that time. */
bool machine_step(int64_t until_ns);
/* How many events have run. */
uint64_t machine_steps(void);
