#include "agent/session/agent.h"
#include "agent/os/proc.h"
#include "agent/session/lock.h"
#include "base/log.h"
#include "protocol/meeting.h"
#include "scratch.h"
#include "scripted_serve.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
/*
 * A whole agent in a thread, and a serve that says what the test says. Its engine is a script that knows its version, and then
 * waits until it is told to end.
 */

#define ENGINE                                                                         \
    "#!/bin/sh\n"                                                                      \
    "case \"$1\" in --version | -v) echo 'Redis server v=7.0.15 sha=0'; exit;; esac\n" \
    "exec tail -f /dev/null\n"
#define LINK "127.66.79.1"
#define NODE(id, more)                                                                                                      \
    "{\"id\":\"" id "\",\"run\":true,\"engine\":\"redis\",\"engine_version\":\"7.0.15\",\"address\":\"127.66.79.9\","       \
    "\"port\":6399,\"role\":\"primary\",\"generation\":5,\"users_generation\":6,\"incarnation\":1,\"admin_password\":\"x\"" \
    "," more "\"keep_data\":true}"

int __real_uv_timer_start(uv_timer_t *t, uv_timer_cb cb, uint64_t ms, uint64_t repeat);
int __wrap_uv_timer_start(uv_timer_t *t, uv_timer_cb cb, uint64_t ms, uint64_t repeat);

/* What happens once a second comes every 5 ms here. A limit comes a hundred times later: a test that is slow must not meet it. */
int __wrap_uv_timer_start(uv_timer_t *t, uv_timer_cb cb, uint64_t ms, uint64_t repeat)
{
    if (repeat >= 1000) return __real_uv_timer_start(t, cb, ms < 1000 ? ms : 5, 5);
    return __real_uv_timer_start(t, cb, ms < 1000 ? ms : ms * 100, repeat);
}

static struct scripted_serve serve;
static struct agent_options options;
static char data_dir[512], engine[512];
static pthread_t thread;
static struct err e;
static int result, version;

static void begin(void)
{
    log_init(LOG_ERROR, "test");
    scratch_open();
    scratch_write("regions/r1/x", "", 0600);
    scratch_write("engine", ENGINE, 0700);
    snprintf(data_dir, sizeof data_dir, "%s", scratch_path("regions/r1"));
    snprintf(engine, sizeof engine, "%s", scratch_path("engine"));
    options = (struct agent_options){.region = "r1", .data_dir = data_dir, .redis_server = engine, .stop_limit_ms = 60000};
    serve_come(&serve, scratch_dir(), NULL);
}

static void end(void)
{
    serve_leave(&serve);
    scratch_close();
}

TestSuite(agent, .init = begin, .fini = end);

static void *run(void *arg)
{
    (void)arg;
    result = agent_run(&options, &e);
    return NULL;
}

static void start(void)
{
    cr_assert_eq(pthread_create(&thread, NULL, run, NULL), 0);
}

static void await_end(int expected)
{
    pthread_join(thread, NULL);
    cr_assert_eq(result, expected, "%d: %s", result, e.msg);
}

/* The agent's poll is answered with the next assignment; 'more' are its members. */
static void assign(const char *more)
{
    char text[4096];
    struct serve_request q = serve_hear_poll(&serve);
    snprintf(text, sizeof text, "{\"version\":%d,\"region\":\"r1\",%s}", ++version, more);
    serve_answer(&serve, &q, 200, text);
}

/* Stores whole sightings until one has this text in it, and another one not. A serve that takes no difference is told the whole at once. */
static void await_seen(const char *text, const char *without)
{
    for (int i = 0; i < 2000; i++) {
        struct serve_request q = serve_hear_report(&serve);
        if (strstr(q.body.data, "\"since\"")) {
            buf_fini(&q.body);
            serve_answer(&serve, &q, MEETING_STALE, "{}");
            continue;
        }
        bool seen = strstr(q.body.data, text) != NULL && (without == NULL || strstr(q.body.data, without) == NULL);
        buf_fini(&q.body);
        serve_answer(&serve, &q, 200, "{}");
        if (seen) return;
    }
    cr_assert_fail("%s was not seen", text);
}

/* The assignment of that version is in force. */
static void await_version(void)
{
    char text[64];
    snprintf(text, sizeof text, "\"version\":%d", version);
    await_seen(text, NULL);
}

static void shut_down(void)
{
    assign("\"nodes\":[],\"links\":[],\"shutdown\":true");
    await_seen("\"stopped\":true", NULL);
    await_end(0);
}

Test(agent, says_nothing_before_it_has_an_assignment_and_stops_when_it_is_told)
{
    start();
    assign("\"nodes\":[],\"links\":[]");
    await_version();
    shut_down();
}

Test(agent, passes_over_what_is_no_assignment_of_its_own)
{
    start();
    struct serve_request q = serve_hear_poll(&serve);
    serve_answer(&serve, &q, 200, "no JSON");
    q = serve_hear_poll(&serve);
    cr_assert(strstr(q.path, "after=0"));
    serve_answer(&serve, &q, 200, "{\"version\":9,\"region\":\"r2\",\"nodes\":[],\"links\":[]}");
    q = serve_hear_poll(&serve);
    cr_assert(strstr(q.path, "after=0"));
    serve_answer(&serve, &q, 200, "{\"version\":4,\"region\":\"r1\",\"nodes\":[],\"links\":[],\"stop_limit_ms\":5}");
    version = 4;
    await_version();
    shut_down();
}

Test(agent, makes_links_and_gives_them_up)
{
    start();
    assign("\"nodes\":[],\"links\":[{\"id\":\"l1\",\"kind\":\"reader\",\"address\":\"" LINK "\",\"port\":6399,\"targets\":[]},"
           "{\"id\":\"l2\",\"kind\":\"reader\",\"address\":\"nowhere\",\"port\":6398,\"targets\":[]}]");
    await_seen("\"listening\"", NULL);
    assign("\"nodes\":[],\"links\":[{\"id\":\"l1\",\"kind\":\"reader\",\"address\":\"" LINK "\",\"port\":6399,\"targets\":[]}]");
    await_seen("\"l1\"", "\"l2\"");
    shut_down();
}

Test(agent, makes_nodes_and_ends_those_that_are_not_ordered_any_more)
{
    start();
    assign("\"nodes\":[" NODE(
        "n1", "") ","
                  "{\"id\":\"n2\",\"run\":false,\"role\":\"primary\",\"engine\":\"redis\",\"engine_version\":\"7.0.15\","
                  "\"address\":\"127.66.79.8\",\"port\":6399}"
                  "," NODE("No Folder",
                      "") "],\"links\":[],"
                          "\"settings\":[{\"generation\":5,\"settings\":[{\"name\":\"maxmemory\",\"value\":\"1000000\"}]}],"
                          "\"users\":[{\"generation\":6,\"users\":[]}]");
    await_seen("\"starting\"", "No Folder");
    struct proc_id id;
    cr_assert(proc_unaccounted(scratch_path("regions/r1/n1"), &id));
    cr_assert_eq(kill((pid_t)id.pid, 0), 0);
    cr_assert(strstr(scratch_read("regions/r1/n1/redis.conf"), "1000000"), "settings are those of its generation");
    assign("\"nodes\":[],\"links\":[]");
    await_seen("\"nodes\":[]", NULL);
    cr_assert_neq(kill((pid_t)id.pid, 0), 0, "its process has ended");
    cr_assert_neq(access(scratch_path("regions/r1/n1/redis.conf"), F_OK), 0);
    shut_down();
}

Test(agent, keeps_snapshots_and_what_nodes_begin_with)
{
    start();
    assign("\"nodes\":[" NODE(
        "n1", "\"seed\":{\"source\":\"s9\"},\"tls\":{\"mode\":\"required\"},") "],\"links\":[],\"authority\":\"none\","
                                                                               "\"seeds\":[{\"id\":\"s9\",\"files\":[{"
                                                                               "\"snapshot\":\"s1\"}]}],\"snapshots\":[{\"id\":"
                                                                               "\"s1\",\"keep\":true}]");
    await_seen("\"id\":\"s1\",\"state\":\"missing\"", NULL);
    shut_down();
}

#define NAME_1 "1111111111111111111111111111111111111111"
#define NAME_2 "2222222222222222222222222222222222222222"

Test(agent, moves_slots_of_a_cluster_that_makes_sense)
{
    start();
    assign("\"nodes\":[" NODE("n1",
        "\"cluster\":\"c\",\"cluster_name\":\"" NAME_1
        "\",") "],\"links\":[],\"clusters\":["
               "{\"group\":\"bad\",\"nodes\":[{\"order\":\"n1\",\"name\":\"x\",\"host\":\"h\",\"port\":1,\"shard\":\"1\","
               "\"primary\":true,\"slots\":\"\"}]},{\"group\":\"c\",\"nodes\":["
               "{\"order\":\"n1\",\"name\":\"" NAME_1
               "\",\"host\":\"127.66.79.9\",\"port\":6399,\"shard\":\"1\",\"primary\":true,\"slots\":\"0-100\"},"
               "{\"order\":\"n2\",\"name\":\"" NAME_2
               "\",\"host\":\"127.66.79.8\",\"port\":6399,\"shard\":\"2\",\"primary\":true,\"slots\":\"\"}],"
               "\"moves\":[{\"slots\":\"1-5\",\"from\":\"1\",\"to\":\"2\"}]}]");
    await_version();
    for (int i = 0; i < 10; i++) await_seen("\"n1\"", NULL); /* a tick each */
    assign("\"nodes\":[" NODE("n1", "\"cluster\":\"c\",\"cluster_name\":\"" NAME_1 "\",") "],\"links\":[],\"clusters\":[]");
    await_version();
    shut_down();
}

Test(agent, arms_trips_when_their_list_is_another)
{
    start();
    assign("\"nodes\":[],\"links\":[],\"trips\":[{\"name\":\"snapshot_write\",\"count\":1},{\"name\":\"nobody's\",\"count\":1}]");
    await_version();
    assign("\"nodes\":[],\"links\":[],\"trips\":[{\"name\":\"snapshot_write\",\"count\":1},{\"name\":\"nobody's\",\"count\":1}]");
    await_version();
    assign("\"nodes\":[],\"links\":[],\"trips\":[]");
    await_version();
    shut_down();
}

Test(agent, stops_its_nodes_at_a_signal)
{
    start();
    assign("\"nodes\":[" NODE("n1", "") "],\"links\":[]");
    await_seen("\"starting\"", NULL);
    kill(getpid(), SIGTERM);
    await_seen("\"stopped\":true", NULL);
    await_end(0);
}

/* A process that another agent has left behind. */
static struct proc_id leave_process(void)
{
    struct proc_id id;
    start();
    assign("\"nodes\":[" NODE("n1", "") "],\"links\":[]");
    await_seen("\"starting\"", NULL);
    cr_assert(proc_unaccounted(scratch_path("regions/r1/n1"), &id));
    return id;
}

Test(agent, ends_without_its_folder_and_so_do_its_nodes)
{
    struct proc_id id = leave_process();
    cr_assert_eq(rename(data_dir, scratch_path("elsewhere")), 0);
    await_seen("\"stopped\":true", NULL);
    await_end(ERR_IO);
    cr_assert(strstr(e.msg, "went away"), "%s", e.msg);
    cr_assert_neq(kill((pid_t)id.pid, 0), 0);
}

Test(agent, puts_its_lock_back)
{
    struct stat st;
    start();
    assign("\"nodes\":[],\"links\":[]");
    await_version();
    cr_assert_eq(unlink(scratch_path("regions/r1/" AGENT_LOCK)), 0);
    for (int i = 0; i < 1000 && stat(scratch_path("regions/r1/" AGENT_LOCK), &st) != 0; i++) await_version();
    cr_assert_eq(stat(scratch_path("regions/r1/" AGENT_LOCK), &st), 0);
    shut_down();
}

Test(agent, keeps_its_log_small)
{
    struct stat st = {.st_size = 2 << 20};
    const char *log = scratch_path("regions/r1/" AGENT_LOG);
    int was = dup(STDERR_FILENO), fd = open(log, O_CREAT | O_RDWR | O_APPEND, 0600);
    cr_assert_eq(ftruncate(fd, st.st_size), 0);
    dup2(fd, STDERR_FILENO);
    start();
    assign("\"nodes\":[],\"links\":[]");
    for (int i = 0; i < 1000 && st.st_size > 1 << 20; i++) {
        await_version();
        cr_assert_eq(fstat(fd, &st), 0);
    }
    dup2(was, STDERR_FILENO);
    cr_assert_lt(st.st_size, 1 << 20);
    close(fd);
    shut_down();
}

/* fcntl's locks are a process's, so the other agent has to be one. */
static int run_in_child(void)
{
    int status;
    pid_t child = fork();
    if (child == 0) _exit(-agent_run(&options, &e));
    cr_assert_eq(waitpid(child, &status, 0), child);
    return -WEXITSTATUS(status);
}

Test(agent, is_the_only_one_in_its_folder)
{
    int lock;
    cr_assert_eq(lock_take(&options, &lock, &e), 0);
    cr_assert_eq(run_in_child(), ERR_IN_USE);
    close(lock);
}

/* Its file was deleted, and a second agent has one of its own: the first leaves everything to it. */
Test(agent, leaves_its_nodes_to_a_second_one)
{
    int lock, told[2], status;
    char c;
    cr_assert_eq(pipe(told), 0);
    cr_assert_eq(lock_take(&options, &lock, &e), 0);
    cr_assert_eq(unlink(scratch_path("regions/r1/" AGENT_LOCK)), 0);
    pid_t second = fork();
    if (second == 0) {
        close(lock);
        if (lock_take(&options, &lock, &e) != 0 || write(told[1], "l", 1) != 1) _exit(1);
        pause();
    }
    cr_assert_eq(read(told[0], &c, 1), 1);
    pid_t first = fork();
    if (first == 0) {
        lock_keep(&options, &lock);
        _exit(0); /* it went on */
    }
    cr_assert_eq(waitpid(first, &status, 0), first);
    cr_assert_eq(WEXITSTATUS(status), EXIT_FAILURE);
    kill(second, SIGKILL);
    waitpid(second, &status, 0);
    close(lock);
}

Test(agent, does_not_begin_without_its_folders)
{
    options.region = "No Region";
    cr_assert_eq(agent_run(&options, &e), ERR_USAGE);
    options.region = "r1";
    options.data_dir = "/proc/no/folder";
    cr_assert_eq(agent_run(&options, &e), ERR_IO);
    options.data_dir = data_dir;
    cr_assert_eq(chmod(scratch_dir(), 0777), 0);
    cr_assert_eq(agent_run(&options, &e), ERR_IO);
    cr_assert_eq(chmod(scratch_dir(), 0700), 0);
    unlink(scratch_path("regions/r1/" AGENT_LOCK));
    cr_assert_eq(mkdir(scratch_path("regions/r1/" AGENT_LOCK), 0700), 0);
    cr_assert_eq(agent_run(&options, &e), ERR_IO);
}

static bool gone;

static void note_exit(void *arg, int status, int signal)
{
    (void)arg, (void)status, (void)signal;
    gone = true;
}

/* Without a serve: what runs is found in its folder, and stopped. */
Test(agent, only_started_to_stop_it_stops_what_runs)
{
    uv_loop_t loop;
    char dir[600], *args[] = {engine, NULL};
    struct proc_id keep = {0};
    struct proc *p;
    serve_leave(&serve);
    scratch_write("regions/r1/n1/x", "", 0600);
    snprintf(dir, sizeof dir, "%s", scratch_path("regions/r1/n1"));
    uv_loop_init(&loop);
    cr_assert_eq(proc_spawn(&loop, dir, args, NULL, "log", &keep, note_exit, NULL, &p, &e), 0, "%s", e.msg);
    options.stop_only = true;
    options.stop_limit_ms = 1;
    start();
    while (!gone) uv_run(&loop, UV_RUN_ONCE);
    await_end(0);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
}
