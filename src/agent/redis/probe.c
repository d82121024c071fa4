#include "agent/redis/probe.h"
#include "agent/os/file.h"
#include "agent/redis/conf.h"
#include "base/clock.h"
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_MS = 5000, ANSWER_MS = 2000, END_MS = 5000, AGAIN_MS = 5, WORDS_MAX = 12 };

/* One process of the program. */
struct probed {
    char dir[PATH_MAX - 32];
    pid_t pid; /* 0: it has ended */
    redisContext *conn;
};

/* ---- the process ---- */

/* A port that nobody has at the moment: in cluster mode an engine listens for others, whether there are any or not. */
static int find_free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&at, size) == 0 && getsockname(fd, (struct sockaddr *)&at, &size) == 0;
    if (fd >= 0) close(fd);
    return bound ? ntohs(at.sin_port) : 0;
}

static int put_conf(const struct probed *p, bool clustered, char path[PATH_MAX], struct err *e)
{
    _buf_ struct buf text = {0};
    static const struct string_list none;
    const struct proto_node_order order = {.address = "127.0.0.1", .role = ROLE_PRIMARY, .engine = "redis", .port = {true, 0}};
    conf_render(&order, &none, &none, p->dir, &text);
    if (clustered) buf_printf(&text, "cluster-enabled yes\ncluster-port %d\n", find_free_port());
    snprintf(path, PATH_MAX, "%s/redis.conf", p->dir);
    return file_replace(path, text.data, text.len, e);
}

static pid_t spawn_program(const char *program, const char *dir, const char *conf)
{
    pid_t pid;
    char *const args[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)conf, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, dir);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int r = posix_spawn(&pid, program, &actions, NULL, args, environ);
    posix_spawn_file_actions_destroy(&actions);
    return r == 0 ? pid : 0;
}

static int64_t now_ms(void)
{
    return clock_mono_ns() / 1000000;
}

/* Whether it ends until then, of the monotonic clock. */
static bool ends_until(struct probed *p, int64_t until_ms)
{
    while (p->pid) {
        if (waitpid(p->pid, NULL, WNOHANG) != 0) p->pid = 0;
        else if (now_ms() >= until_ms) return false;
        else poll(NULL, 0, AGAIN_MS);
    }
    return true;
}

/* Connects as soon as it listens, and has loaded what it loads: NULL where it does neither in time. */
static redisContext *connect_program(struct probed *p)
{
    char path[PATH_MAX];
    int64_t until = now_ms() + START_MS;
    snprintf(path, sizeof path, "%s/" CONF_SOCKET, p->dir);
    for (;;) {
        redisContext *c = redisConnectUnix(path);
        if (c != NULL && c->err == 0) return c;
        redisFree(c);
        if (now_ms() >= until || ends_until(p, 0)) return NULL;
        poll(NULL, 0, AGAIN_MS);
    }
}

/* ---- the questions ---- */

static redisReply *ask_words(redisContext *c, const char *command)
{
    char text[128], *words[WORDS_MAX], *rest = NULL;
    int n = 0;
    snprintf(text, sizeof text, "%s", command);
    for (char *w = strtok_r(text, " ", &rest); w && n < WORDS_MAX; w = strtok_r(NULL, " ", &rest)) words[n++] = w;
    return redisCommandArgv(c, n, (const char **)words, NULL);
}

/* Whether a text of the answer, or of one that is part of it, holds the words. */
static bool reply_holds(const redisReply *r, const char *words)
{
    if (r->str != NULL && strstr(r->str, words)) return true;
    for (size_t i = 0; i < r->elements; i++)
        if (reply_holds(r->element[i], words)) return true;
    return false;
}

static void note_lack(struct probe *out, const struct engine_need *need, const char *refusal)
{
    if (out->lacks.of[need->part]) return;
    out->lacks.of[need->part] = need;
    snprintf(out->refusals[need->part], sizeof out->refusals[need->part], "%.150s", refusal);
}

static void ask_for(struct probed *p, const struct engine_need *need, struct probe *out)
{
    if (p->conn == NULL) return note_lack(out, need, "it does not start with the configuration of a node");
    redisReply *r = p->conn->err ? NULL : ask_words(p->conn, need->command);
    if (r == NULL) return note_lack(out, need, "it does not answer any more");
    bool is_error = r->type == REDIS_REPLY_ERROR, knows = is_error && need->refusal && strstr(r->str, need->refusal);
    if (is_error && !knows) note_lack(out, need, r->str);
    else if (!is_error && *need->answer && !reply_holds(r, need->answer)) note_lack(out, need, "its answer is another one");
    freeReplyObject(r);
}

static void read_settings(struct probed *p, struct buf *out)
{
    redisReply *r = p->conn && p->conn->err == 0 ? ask_words(p->conn, "CONFIG GET *") : NULL;
    for (size_t i = 0; r && i < r->elements; i += 2)
        if (r->element[i]->str) buf_printf(out, "%s\n", r->element[i]->str);
    if (r) freeReplyObject(r);
}

/* ---- one run of the program ---- */

/* Saves and ends it as a node is ended; the file that it leaves is what a snapshot is made of, and a node starts with again. */
static void end_program(struct probed *p, struct probe *out)
{
    static const struct engine_need saves = {PART_NODES, "SHUTDOWN SAVE", "", "keep data over a stop"};
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/" CONF_DUMP, p->dir);
    redisReply *r = p->conn ? ask_words(p->conn, saves.command) : NULL;
    if (p->conn && (!ends_until(p, now_ms() + END_MS) || access(path, R_OK) != 0))
        note_lack(out, &saves, r && r->str ? r->str : "it leaves no file with its data");
    if (r) freeReplyObject(r);
    if (p->conn) redisFree(p->conn);
    if (p->pid) kill(p->pid, SIGKILL);
    if (p->pid) waitpid(p->pid, NULL, 0);
}

static int probe_once(const char *path, bool clustered, struct probe *out, struct err *e)
{
    char conf[PATH_MAX];
    struct probed p = {0};
    const char *parent = getenv("TMPDIR");
    snprintf(p.dir, sizeof p.dir, "%s/meridian-engine-XXXXXX", parent && *parent == '/' ? parent : "/tmp");
    if (mkdtemp(p.dir) == NULL) return err_set(e, ERR_IO, "no folder can be made for a trial of %s; set TMPDIR", path);
    int r = put_conf(&p, clustered, conf, e);
    if (r == 0) p.pid = spawn_program(path, p.dir, conf);
    if (p.pid) p.conn = connect_program(&p);
    if (p.conn) redisSetTimeout(p.conn, (struct timeval){.tv_sec = ANSWER_MS / 1000});
    for (size_t i = 0; r == 0 && i < n_engine_needs; i++)
        if ((engine_needs[i].part == PART_CLUSTER_MODE) == clustered) ask_for(&p, &engine_needs[i], out);
    if (r == 0 && !clustered) read_settings(&p, &out->settings);
    end_program(&p, out);
    struct err left;
    int removed = file_remove_tree(p.dir, &left);
    if (r == 0 && removed) *e = left;
    return r ? r : removed;
}

int probe_run(const char *path, struct probe *out, struct err *e)
{
    *out = (struct probe){0};
    int r = probe_once(path, false, out, e);
    return r || out->lacks.of[PART_NODES] ? r : probe_once(path, true, out, e);
}

bool probe_has_setting(const struct probe *p, const char *name)
{
    size_t n = strlen(name);
    for (const char *line = p->settings.data; line && *line; line = strchr(line, '\n') + 1)
        if (strncmp(line, name, n) == 0 && line[n] == '\n') return true;
    return false;
}
