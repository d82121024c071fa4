#include "run.h"
#include "agents.h"
#include "belief.h"
#include "coverage.h"
#include "deed.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mistake.h"
#include "base/trip.h"
#include "expect.h"
#include "faults.h"
#include "machine.h"
#include "models.h"
#include "plan/world.h"
#include "real_agent.h"
#include "record.h"
#include "scripted.h"
#include "serve.h"
#include "sqlite_virtual.h"
#include "store/store.h"
#include "catalog/account_key.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    REST_LIMIT_MS =
        400000, /* everything is at rest this long after the last fault; a role that returns, or a move of slots, takes a minute or two */
    REST_LOOK_MS = 500,
    STILL_MS = 3000,
    SUPERVISE_MS = 300,
    WATCHDOG_S = MISTAKES_END_IT ? 1200 : 120, /* of the processor's time; sanitizers make it slow */
    STORY_MAX = 64 << 20,
};

static struct outcome *outcome; /* shared with the process that waits for the run */
static char *story_memory;

static _Noreturn void give_up(const char *text)
{
    snprintf(outcome->failure, sizeof outcome->failure, "%s", text);
    outcome->hash = record_hash();
    outcome->events = machine_steps();
    outcome->virtual_ms = machine_ms();
    if (text[0] && story_memory) belief_tell();
    if (story_memory) snprintf(story_memory, STORY_MAX, "%s", record_text());
    _exit(1);
}

static void supervise(void *arg)
{
    (void)arg;
    if (!serve_process()->alive && deed_pause_left_ms() == 0) serve_start(); /* a machine that sleeps starts nothing */
    machine_after(NULL, (SUPERVISE_MS + machine_below(SUPERVISE_MS)) * NS_OF_MS, supervise, NULL);
}

static int64_t faults_ended_ms;

static void run_for(int64_t ms)
{
    int64_t until = machine_ns() + ms * NS_OF_MS;
    while (machine_step(until)) {
    }
}

/* No fault is under way any more but those that nobody but Meridian can mend. */
static void end_faults(void)
{
    for (int t = 0; t < TRIP__COUNT; t++) trip_arm((enum trip)t, 0);
    network_set(0, 5);
    network_heal();
    int64_t burdened_ms = models_relieve(), paused_ms = deed_pause_left_ms();
    faults_end();
    machine_kill(serve_process(), SIGCONT);
    serve_end_outages();
    record("no more faults");
    run_for(burdened_ms > paused_ms ? burdened_ms : paused_ms);
    faults_ended_ms = machine_ms();
}

static const char *look(struct arena *a)
{
    struct world w;
    if (!serve_runs() || serve_load(a, &w) != 0) return "serve does not run";
    const char *unheard = network_unheard(faults_ended_ms);
    if (unheard) return arena_printf(a, "the agent of %s has told nothing", unheard);
    return expect_rest(&w, a);
}

static void await_rest(const char *what)
{
    for (int64_t waited = 0; waited < REST_LIMIT_MS; waited += REST_LOOK_MS) {
        _arena_ struct arena a = {0};
        if (look(&a) == NULL) {
            run_for(STILL_MS);
            if (look(&a) == NULL) return;
        }
        run_for(REST_LOOK_MS);
    }
    _arena_ struct arena a = {0};
    record_failure("%s, nothing is at rest after %d s: %s", what, REST_LIMIT_MS / 1000, look(&a));
}

static void check_truth(void)
{
    _arena_ struct arena a = {0};
    struct world w;
    if (serve_load(&a, &w) != 0) record_failure("the world can't be loaded");
    expect_truth(&w);
}

/* ---- the end of everything ---- */

/* The form has the keys of what is deleted; its account asks for that by the ids. */
static void delete_one(struct arena *a, const char *region, const char *key, const char *action, const char *form)
{
    const void *out;
    const char *message;
    if (account_leads(key)) region = arena_printf(a, "%s@%s", region, account_of(a, key));
    form = account_text(a, key, form);
    expect_asking(region, action, form);
    int r = serve_run(region, action, form, a, &out, &message);
    record("asked at the end in %s: %s %s: %s", region, action, form, r ? message : "done");
    expect_answer(r == 0);
}

/* One round: what can't be deleted yet can in the next. False once there is nothing. */
static bool delete_some(void)
{
    _arena_ struct arena a = {0};
    struct world w;
    if (!serve_runs() || serve_load(&a, &w) != 0) return true;
    bool any = w.n_globals || w.n_rgs || w.n_clusters || w.n_snapshots;
    for (size_t i = 0; i < w.n_members; i++)
        if (w.members[i].row.role == MEMBER_SECONDARY)
            delete_one(&a, w.members[i].row.region, w.members[i].row.rg_id, "DisassociateGlobalReplicationGroup",
                arena_printf(&a, "GlobalReplicationGroupId=%s&ReplicationGroupRegion=%s&ReplicationGroupId=%s",
                    w.members[i].row.global_id, w.members[i].row.region, w.members[i].row.rg_id));
    for (size_t i = 0; i < w.n_members; i++)
        delete_one(&a, w.members[i].row.region, w.members[i].row.rg_id, "DeleteGlobalReplicationGroup",
            arena_printf(&a, "GlobalReplicationGroupId=%s&RetainPrimaryReplicationGroup=true", w.members[i].row.global_id));
    for (size_t i = 0; i < w.n_rgs; i++)
        if (w.rgs[i].row.status != RG_DELETING)
            delete_one(&a, w.rgs[i].row.region, w.rgs[i].row.id, "DeleteReplicationGroup",
                arena_printf(&a, "ReplicationGroupId=%s", w.rgs[i].row.id));
    for (size_t i = 0; i < w.n_clusters; i++)
        if (w.clusters[i].row.rg_id == NULL && w.clusters[i].row.status != CLUSTER_DELETING)
            delete_one(&a, w.clusters[i].row.region, w.clusters[i].row.id, "DeleteCacheCluster",
                arena_printf(&a, "CacheClusterId=%s", w.clusters[i].row.id));
    for (size_t i = 0; i < w.n_snapshots; i++)
        if (w.snapshots[i].row.status != SNAPSHOT_DELETING)
            delete_one(&a, w.snapshots[i].row.region, w.snapshots[i].row.name, "DeleteSnapshot",
                arena_printf(&a, "SnapshotName=%s", w.snapshots[i].row.name));
    return any;
}

static void delete_all(void)
{
    for (int round = 0; round < 60; round++) {
        if (!delete_some()) {
            _arena_ struct arena a = {0};
            struct world w;
            if (serve_load(&a, &w) != 0) record_failure("the world can't be loaded");
            return expect_nothing_left(&w);
        }
        run_for(3000);
    }
    record_failure("not everything could be deleted");
}

/* As an event, so that serve can die in it. */
static void take(void *arg)
{
    coverage_step(arg);
    deed_do(arg);
}

static void run_all(const struct steps *s, const char *folder)
{
    machine_open(s->seed);
    agents_body = s->real ? real_agent : scripted_agent;
    agents_gone = s->real ? real_agent_ended : NULL;
    if (s->real) models_open(s->seed);
    coverage_begin();
    record_failed = give_up;
    serve_open(folder);
    serve_start();
    machine_after(NULL, 0, supervise, NULL);
    clients_open();
    run_for(100);
    int64_t skipped = 0;
    for (size_t i = 0; i < s->n; i++) {
        int64_t after = s->items[i].after_ms + skipped;
        skipped = s->items[i].left_out ? after : 0;
        if (s->items[i].left_out) continue;
        machine_after(NULL, after * NS_OF_MS, take, &s->items[i]);
        run_for(after);
    }
    end_faults();
    await_rest("after the storm");
    clients_stop();
    run_for(STILL_MS);
    check_truth();
    delete_all();
    outcome->done = true;
    give_up("");
}

/* ---- the process of a run ---- */

static void on_alarm(int signal)
{
    (void)signal;
    give_up("it does not end");
}

void run_prepare(const char *dir)
{
    char path[300];
    struct store *store;
    struct err e;
    coverage_open();
    real_agents_prepare(dir);
    snprintf(path, sizeof path, "%s/" DATABASE_NAME, dir);
    machine_open(0);
    record_open(false);
    if (store_open(&store, path, STORE_FLEETING, &e) != 0) {
        fprintf(stderr, "%s\n", e.msg);
        exit(1);
    }
    store_close(store);
    sqlite_virtual_prepare();
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static void remove_folder(const char *path)
{
    if (nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT) fprintf(stderr, "%s can't be removed\n", path);
}

void run_steps(const struct steps *s, const char *dir, struct outcome *out, char **story)
{
    char folder[200];
    int status;
    outcome = mmap(NULL, sizeof *outcome, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    story_memory =
        story ? mmap(NULL, STORY_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) : NULL;
    if (outcome == MAP_FAILED || story_memory == MAP_FAILED) abort();
    snprintf(folder, sizeof folder, "%s/run", dir);
    remove_folder(folder);
    if (mkdir(folder, 0700) != 0) abort();
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGPROF, on_alarm);
        setitimer(ITIMER_PROF, &(struct itimerval){.it_value.tv_sec = WATCHDOG_S}, NULL);
        record_open(story != NULL);
        if (chdir(dir) != 0) abort();
        run_all(s, folder);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid) abort();
    *out = *outcome;
    if (!out->done && out->failure[0] == '\0') {
        if (WIFSIGNALED(status)) snprintf(out->failure, sizeof out->failure, "killed by signal %d", WTERMSIG(status));
        else snprintf(out->failure, sizeof out->failure, "exit status %d", WEXITSTATUS(status));
    }
    if (story) *story = strdup(story_memory);
    if (story_memory) munmap(story_memory, STORY_MAX);
    munmap(outcome, sizeof *outcome);
    remove_folder(folder);
}
