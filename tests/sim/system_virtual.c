#include "base/clock.h"
#include "base/log.h"
#include "base/proc_stat.h"
#include "faults.h"
#include "machine.h"
#include "record.h"
#include "store/room.h"
#include <assert.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
/* What the program asks of the operating system: clocks, the process table, chance, the log, room on the disk. */

/* ---- base/clock.h ---- */

static int64_t steady_offset_ms;

int64_t clock_now_ms(void)
{
    return machine_wall_ms();
}

int64_t clock_mono_ns(void)
{
    return machine_ns();
}

int64_t clock_steady_ms(void)
{
    return machine_ms() + steady_offset_ms;
}

int64_t clock_steady_offset_ms(void)
{
    return steady_offset_ms;
}

void clock_steady_continue(int64_t offset_ms)
{
    steady_offset_ms = offset_ms;
}

void clock_warp(int64_t ms)
{
    machine_set_wall(ms);
}

void clock_advance(int64_t ms)
{
    machine_set_wall(ms);
    if (ms > 0) steady_offset_ms += ms;
}

int64_t clock_warped_ms(void)
{
    return 0;
}

/* ---- base/proc_stat.h ---- */

bool proc_stat_read(const char *path, struct proc_stat *out)
{
    long pid;
    return sscanf(path, "/proc/%ld/", &pid) == 1 && proc_stat_of(pid, out);
}

bool proc_stat_of(long pid, struct proc_stat *out)
{
    const struct process *p = machine_process(pid);
    if (p == NULL || !p->alive) return false;
    bool works = p->works && p->works(p);
    *out = (struct proc_stat){p->stopped ? 'T' : works ? 'R' : 'S', works ? (unsigned long long)machine_ms() : 1, p->start};
    return true;
}

bool proc_stat_works_below(long pid, const char *folder)
{
    const struct process *p = machine_process(pid);
    size_t len = strlen(folder);
    return p && p->alive && strncmp(p->folder, folder, len) == 0 && p->folder[len] == '/';
}

/* ---- base/log.h ---- */

void log_init(enum log_level level, const char *who)
{
    (void)level;
    (void)who;
}

const char *log_level_name(enum log_level level)
{
    static const char *const names[] = {"error", "warn", "info", "debug", "trace"};
    return names[level];
}

__attribute__((format(printf, 2, 0))) static void line_put(enum log_level level, const char *fmt, va_list ap)
{
    const struct process *p = machine_current();
    char line[2048];
    vsnprintf(line, sizeof line, fmt, ap);
    record_detail("    %s %s: %s", p ? p->name : "-", log_level_name(level), line);
}

void log_line(enum log_level level, const char *fmt, ...)
{
    va_list ap;
    if (!record_is_kept()) return;
    va_start(ap, fmt);
    line_put(level, fmt, ap);
    va_end(ap);
}

void log_trace(const char *fmt, ...)
{
    va_list ap;
    if (!record_is_kept()) return;
    va_start(ap, fmt);
    line_put(LOG_TRACE, fmt, ap);
    va_end(ap);
}

/* ---- store/room.h ---- */

void room_take(const char *db_path)
{
    (void)db_path;
}

bool room_is_gone(const char *db_path)
{
    (void)db_path;
    return faults_disk_is_full();
}

/* ---- chance and processes, wrapped by the linker ---- */

ssize_t __wrap_getrandom(void *out, size_t n, unsigned flags);
pid_t __wrap_getpid(void);
int __wrap_kill(pid_t pid, int sig);

ssize_t __wrap_getrandom(void *out, size_t n, unsigned flags)
{
    (void)flags;
    for (size_t i = 0; i < n; i++) ((unsigned char *)out)[i] = (unsigned char)machine_random();
    return (ssize_t)n;
}

pid_t __wrap_getpid(void)
{
    const struct process *p = machine_current();
    return p ? (pid_t)p->pid : 1;
}

/* A trip that crashes kills the process itself. Nothing else that is linked here kills. */
int __wrap_kill(pid_t pid, int sig)
{
    assert(pid == __wrap_getpid() && sig == SIGKILL);
    record("trip: a crash");
    machine_die(SIGKILL);
}
