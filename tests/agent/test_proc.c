#include "agent/os/proc.h"
#include "agent/node/census.h"
#include "base/log.h"
#include "base/trip.h"
#include "scratch.h"
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* Real processes, small ones: cat waits for input that never comes, from a pipe that it keeps open for itself. */

#define WAITS "exec 3<>waits; : >ready; exec cat <&3"

static uv_loop_t loop;
static struct err e;
static int n_gone;
static int code, killer;
static struct proc *adopted;

static void note_exit(void *arg, int status, int signal)
{
    cr_assert_eq(arg, &loop);
    n_gone++;
    code = status;
    killer = signal;
}

static void begin(void)
{
    log_init(LOG_ERROR, "test");
    scratch_open();
    scratch_write("r/n1/x", "", 0600);
    cr_assert_eq(mkfifo(scratch_path("r/n1/waits"), 0600), 0);
    uv_loop_init(&loop);
}

static void end(void)
{
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&loop), 0);
    scratch_close();
}

TestSuite(proc, .init = begin, .fini = end);

static const char *dir(void)
{
    return scratch_path("r/n1");
}

static struct proc *start(const char *script)
{
    char *args[] = {(char *)(uintptr_t) "/bin/sh", (char *)(uintptr_t) "-c", (char *)(uintptr_t)script, NULL};
    struct proc_id keep = {.restarts = 3, .incarnation = 4, .asked = "redis 7.1.0", .binary = "/bin/sh"};
    struct proc *p;
    cr_assert_eq(proc_spawn(&loop, dir(), args, NULL, "log", &keep, note_exit, &loop, &p, &e), 0, "%s", e.msg);
    return p;
}

/* A process that waits by now. */
static struct proc *start_waiting(void)
{
    unlink(scratch_path("r/n1/ready"));
    struct proc *p = start(WAITS);
    while (access(scratch_path("r/n1/ready"), F_OK) != 0) uv_run(&loop, UV_RUN_NOWAIT);
    return p;
}

static void await_exits(int n)
{
    while (n_gone < n) uv_run(&loop, UV_RUN_ONCE);
    n_gone = 0;
}

static void await_exit(void)
{
    await_exits(1);
}

static void end_by(struct proc *p, int signal)
{
    proc_signal(p, signal);
    await_exit();
    cr_assert_eq(killer, signal);
}

Test(proc, tells_how_it_ended_and_what_it_said)
{
    start("echo said; echo told >&2; exit 7");
    await_exit();
    cr_assert_eq(code, 7);
    cr_assert_eq(killer, 0);
    cr_assert_str_eq(scratch_read("r/n1/log"), "said\ntold\n");
}

Test(proc, is_known_in_its_folder_until_its_end_is)
{
    struct proc_id last;
    struct proc *p = start_waiting();
    const struct proc_id *id = proc_id(p);
    cr_assert_eq(id->restarts, 3);
    cr_assert(proc_is(p, id->pid, 0) && proc_is(p, id->pid, id->started_ms));
    cr_assert_not(proc_is(p, id->pid, 1) || proc_is(p, id->pid + 1, 0) || proc_is(NULL, id->pid, 0));
    cr_assert(proc_is_noted(dir(), id->pid) && !proc_is_noted(dir(), id->pid + 1));
    proc_ask(p, dir(), "valkey 8.0.0");
    proc_stand_for(p, dir(), 9);
    cr_assert(proc_unaccounted(dir(), &last));
    cr_assert_eq(last.pid, id->pid);
    cr_assert_eq(last.incarnation, 9);
    cr_assert_str_eq(last.asked, "valkey 8.0.0");
    cr_assert_str_eq(last.binary, "/bin/sh");
    end_by(p, SIGTERM);
    cr_assert(proc_unaccounted(dir(), &last), "whoever came now would not know of its end");
    proc_account(dir());
    cr_assert_not(proc_unaccounted(dir(), &last));
}

Test(proc, cannot_start_what_is_not_there)
{
    char *args[] = {(char *)(uintptr_t) "/no/such/program", NULL};
    struct proc_id keep = {0};
    struct proc *p;
    cr_assert_eq(proc_spawn(&loop, dir(), args, NULL, "log", &keep, note_exit, &loop, &p, &e), ERR_IO);
    cr_assert(strstr(e.msg, "starting /no/such/program: "), "%s", e.msg);
    cr_assert_eq(proc_spawn(&loop, dir(), args, NULL, "no/log", &keep, note_exit, &loop, &p, &e), ERR_IO);
    trip_arm(TRIP_SPAWN, 1);
    cr_assert_eq(proc_spawn(&loop, dir(), args, NULL, "log", &keep, note_exit, &loop, &p, &e), ERR_IO);
    cr_assert_not(proc_is_noted(dir(), 1));
}

Test(proc, stands_still_and_works_as_the_kernel_says)
{
    struct proc *p = start_waiting();
    for (int i = 0; i < 1000000 && proc_works(p); i++) uv_run(&loop, UV_RUN_NOWAIT);
    cr_assert_not(proc_works(p));
    cr_assert_not(proc_is_stopped(p));
    proc_signal(p, SIGSTOP);
    for (int i = 0; i < 1000000 && !proc_is_stopped(p); i++) uv_run(&loop, UV_RUN_NOWAIT);
    cr_assert(proc_is_stopped(p));
    cr_assert_not(proc_works(p));
    end_by(p, SIGKILL);
    p = start("while :; do :; done");
    for (int i = 0; i < 1000000 && !proc_works(p); i++) uv_run(&loop, UV_RUN_NOWAIT);
    cr_assert(proc_works(p));
    end_by(p, SIGKILL);
}

Test(proc, another_agent_adopts_it)
{
    struct proc *p = start_waiting();
    long pid = proc_id(p)->pid;
    cr_assert_eq(proc_adopt(&loop, dir(), "pidfile", note_exit, &loop, &adopted, &e), 0);
    cr_assert(proc_is(adopted, pid, proc_id(p)->started_ms));
    cr_assert_eq(proc_id(adopted)->restarts, 3);
    cr_assert_str_eq(proc_id(adopted)->asked, "redis 7.1.0");
    proc_signal(adopted, SIGTERM);
    await_exits(2); /* each of the two tells */
}

Test(proc, nobody_is_adopted_where_nobody_runs)
{
    char note[64];
    cr_assert_eq(proc_adopt(&loop, dir(), "pidfile", note_exit, &loop, &adopted, &e), 0);
    cr_assert_null(adopted);
    snprintf(note, sizeof note, "%d 1 0 0 0\n\n\n", getpid());
    scratch_write("r/n1/process", note, 0600);
    cr_assert_eq(proc_adopt(&loop, dir(), "pidfile", note_exit, &loop, &adopted, &e), 0);
    cr_assert_null(adopted, "the pid is somebody else's by now");
    cr_assert_eq(proc_note(dir(), 1 << 30, &e), ERR_IO);
}

/* Whoever started it died before it could write down the number: it is looked for, or has written its own. */
Test(proc, one_that_was_just_started_is_found)
{
    char number[32];
    struct proc *p = start_waiting();
    long pid = proc_id(p)->pid;
    unlink(scratch_path("r/n1/process"));
    scratch_write("r/n1/starting", "0 0 0 5 6\nredis 7.1.0\n/bin/sh\n", 0600);
    cr_assert(proc_is_noted(dir(), pid));
    cr_assert_eq(proc_adopt(&loop, dir(), "pidfile", note_exit, &loop, &adopted, &e), 0);
    cr_assert(proc_is(adopted, pid, 0));
    cr_assert_eq(proc_id(adopted)->incarnation, 6);
    unlink(scratch_path("r/n1/process"));
    snprintf(number, sizeof number, "%ld\n", pid);
    scratch_write("r/n1/pidfile", number, 0600);
    struct proc *again;
    cr_assert_eq(proc_adopt(&loop, dir(), "pidfile", note_exit, &loop, &again, &e), 0);
    cr_assert(proc_is(again, pid, 0));
    proc_signal(p, SIGKILL);
    await_exits(3);
}

Test(proc, what_it_leaves_behind_ends_with_it)
{
    struct proc *p = start("exec 3<>waits; cat <&3 & echo $! >child; exec cat <&3");
    while (scratch_read("r/n1/child")[0] == '\0') uv_run(&loop, UV_RUN_NOWAIT);
    long child = atol(scratch_read("r/n1/child"));
    cr_assert_gt(child, 1);
    end_by(p, SIGKILL);
    char state[64], name[64];
    FILE *f;
    snprintf(name, sizeof name, "/proc/%ld/stat", child);
    while ((f = fopen(name, "r")) != NULL) { /* until it is a zombie that its new parent has not seen yet, or none */
        bool dead = fscanf(f, "%*d %*s %63s", state) == 1 && state[0] == 'Z';
        fclose(f);
        if (dead) break;
    }
}

/* ---- the census ---- */

Test(proc, the_census_notes_whom_no_folder_tells_of)
{
    struct proc *p = start_waiting();
    long pid = proc_id(p)->pid;
    census_restore(scratch_path("r"));
    proc_account(dir());
    cr_assert_not(proc_is_noted(dir(), pid));
    census_restore(scratch_path("r"));
    cr_assert(proc_is_noted(dir(), pid));
    census_restore(scratch_path("nowhere"));
    end_by(p, SIGTERM);
}

Test(proc, the_census_kills_whose_folder_was_deleted)
{
    struct proc_id last;
    struct proc *p = start_waiting();
    long pid = proc_id(p)->pid;
    const char *names[] = {"r/n1/x", "r/n1/waits", "r/n1/ready", "r/n1/log", "r/n1/process", "r/n1/process.new", "r/n1/starting",
        "r/n1/starting.new"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(scratch_path(names[i]));
    cr_assert_eq(rmdir(dir()), 0);
    census_restore(scratch_path("r"));
    await_exit();
    cr_assert_eq(killer, SIGKILL);
    cr_assert(proc_unaccounted(dir(), &last), "its folder is there again, and tells of its death");
    cr_assert_eq(last.pid, pid);
    cr_assert_eq(last.incarnation, -1);
    (void)p;
}
