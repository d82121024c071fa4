#include "behaviour_int.h"
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Runs behaviours on models. Time passes only where something is waited for. */

enum { DEADLINE = 60000000, PACE = 5000, TEXT = 16384 };

__attribute__((format(printf, 2, 3))) static void wrong(struct stage *s, const char *format, ...)
{
    va_list ap;
    if (s->wrong[0]) return;
    int n = snprintf(s->wrong, sizeof s->wrong, "line %d, \"%s\": ", s->line, s->what);
    va_start(ap, format);
    vsnprintf(s->wrong + n, sizeof s->wrong - (size_t)n, format, ap);
    va_end(ap);
}

/* ---- time ---- */

static void pass_until(struct stage *s, int64_t at)
{
    s->now = at;
    model_tick(s->w, at);
}

/* The next thing happens, or a moment goes by. */
static void pass_some(struct stage *s)
{
    int64_t next = model_next(s->w), most = s->now + PACE;
    pass_until(s, next > s->now && next < most ? next : most);
}

/* ---- engines ---- */

static int engine_of(const char *name)
{
    return name[0] - 'a';
}

static void exited(void *arg, struct model_engine *e, int status, int sig)
{
    struct stage *s = arg;
    for (int i = 0; i < STAGE_ENGINES; i++) {
        if (s->engines[i] != e) continue;
        s->ended[i] = true;
        s->status[i] = status;
        s->signal[i] = sig;
    }
}

static void folder_of(const struct stage *s, const char *name, char out[160])
{
    snprintf(out, 160, "%s/%c", s->dir, name[0]);
}

static void write_conf(struct stage *s, const char *name, const char *settings)
{
    char folder[160], path[200], base[300];
    _buf_ struct buf text = {0}, whole = {0};
    folder_of(s, name, folder);
    mkdir(folder, 0700);
    snprintf(path, sizeof path, "%s/redis.conf", folder);
    snprintf(base, sizeof base, "%s/%s.conf", getenv("BEHAVIOURS"), s->cluster ? "cluster" : "redis");
    FILE *f = fopen(base, "r");
    char line[300];
    while (f && fgets(line, sizeof line, f)) buf_puts(&text, line);
    if (f) fclose(f);
    else wrong(s, "there is no file %s", base);
    for (const char *p = settings; *p; p++) buf_putc(&text, *p == ';' ? '\n' : *p);
    buf_putc(&text, '\n');
    char own[3] = {name[0], '\0'};
    struct stage with = *s;
    with.n_variables = 0;
    snprintf(with.variables[with.n_variables].name, 32, "dir");
    snprintf(with.variables[with.n_variables++].value, sizeof with.variables[0].value, "%s", folder);
    snprintf(with.variables[with.n_variables].name, 32, "host");
    snprintf(with.variables[with.n_variables++].value, 80, "127.77.0.%d", engine_of(own) + 1);
    text_expand(&with, text.data, &whole);
    f = fopen(path, "w");
    if (f == NULL) return wrong(s, "%s can't be written", path);
    fputs(whole.data, f);
    fclose(f);
}

static void close_conns(struct stage *s, char name)
{
    for (int i = 0; i < s->n_conns; i++) {
        if (s->conns[i].name[0] != name) continue;
        if (s->conns[i].conn) model_close(s->conns[i].conn, s->now);
        for (int k = 0; k < LATE_ANSWERS; k++) {
            buf_fini(&s->conns[i].late[k].text);
            buf_fini(&s->conns[i].late[k].lines);
        }
        s->conns[i] = (struct stage_conn){.stage = s};
    }
}

static void launch(struct stage *s, const char *name, char *rest)
{
    char folder[160];
    int at = engine_of(name);
    close_conns(s, name[0]);
    folder_of(s, name, folder);
    if (s->engines[at] && model_is_alive(s->engines[at])) return wrong(s, "%s runs already", name);
    if (s->engines[at]) model_forget(s->engines[at]);
    s->ended[at] = false;
    if (s->kind == MODEL_MEMCACHED) {
        char *words[32] = {(char *)(uintptr_t) "memcached"};
        mkdir(folder, 0700);
        int n = text_words(rest, words + 1, 31);
        s->engines[at] = model_spawn(s->w, s->kind, folder, "engine.log", n + 1, (const char *const *)words, s->now);
        return;
    }
    write_conf(s, name, rest);
    const char *argv[] = {s->kind == MODEL_VALKEY ? "valkey-server" : "redis-server", "redis.conf"};
    s->engines[at] = model_spawn(s->w, s->kind, folder, "engine.log", 2, argv, s->now);
}

/* ---- connections ---- */

static void on_reply(void *arg, const struct redisReply *r)
{
    struct stage_conn *c = arg;
    if (c->n_late == LATE_ANSWERS) return wrong(c->stage, "too many answers over %s", c->name);
    struct answer *a = &c->late[c->n_late++];
    lines_of_reply(r, &a->lines);
    if (c->stage->kind == MODEL_MEMCACHED) buf_add(&a->text, r->str, strcspn(r->str, "\n"));
    else text_of_reply(r, &a->text);
}

static void on_down(void *arg, const char *why)
{
    struct stage_conn *c = arg;
    c->conn = NULL;
    c->closed = true;
    snprintf(c->why, sizeof c->why, "%s", why);
}

static const struct model_events events = {.reply = on_reply, .down = on_down};

static struct stage_conn *conn_named(struct stage *s, const char *name)
{
    for (int i = 0; i < s->n_conns; i++)
        if (strcmp(s->conns[i].name, name) == 0) return &s->conns[i];
    return NULL;
}

/* NULL where nobody listens. */
static struct stage_conn *connect_to(struct stage *s, const char *name)
{
    struct stage_conn *c = conn_named(s, name);
    struct model_engine *e = s->engines[engine_of(name)];
    char host[32];
    if (c && c->conn) return c;
    if (c == NULL) {
        c = conn_named(s, "");
        if (c == NULL && s->n_conns == STAGE_CONNS) return wrong(s, "too many connections"), NULL;
        if (c == NULL) c = &s->conns[s->n_conns++];
        *c = (struct stage_conn){.stage = s};
        snprintf(c->name, sizeof c->name, "%s", name);
    }
    c->closed = false;
    snprintf(host, sizeof host, "127.77.0.%d", engine_of(name) + 1);
    if (e) c->conn = model_connect(e, host, &events, c);
    return c->conn ? c : NULL;
}

static bool take_late(struct stage_conn *c, struct answer *out)
{
    if (c->n_late == 0) return false;
    buf_puts(&out->text, c->late[0].text.data);
    buf_puts(&out->lines, c->late[0].lines.data);
    buf_fini(&c->late[0].text);
    buf_fini(&c->late[0].lines);
    memmove(c->late, c->late + 1, sizeof c->late - sizeof *c->late);
    c->late[LATE_ANSWERS - 1] = (struct answer){0};
    c->n_late--;
    return true;
}

/* One command: false where there is no answer at once. */
static bool send_words(struct stage *s, const char *name, const char *text, struct answer *out)
{
    char line[TEXT], *words[64];
    struct stage_conn *c = connect_to(s, name);
    if (c == NULL) return false;
    snprintf(line, sizeof line, "%s", text);
    if (s->kind == MODEL_MEMCACHED) {
        char *rest = NULL;
        for (char *part = strtok_r(line, "|", &rest); part; part = strtok_r(NULL, "|", &rest)) {
            part += strspn(part, " ");
            const char *lines = model_line(c->conn, part, s->now);
            if (lines) buf_puts(&out->lines, lines);
        }
        if (out->lines.len) buf_add(&out->text, out->lines.data, strcspn(out->lines.data, "\n"));
        return out->text.len > 0;
    }
    int n = text_words(line, words, 64);
    const struct redisReply *r = model_command(c->conn, n, (const char *const *)words, NULL, s->now);
    if (r == NULL) return false;
    text_of_reply(r, &out->text);
    lines_of_reply(r, &out->lines);
    return true;
}

static bool await_late(struct stage *s, const char *name, struct answer *out)
{
    for (int64_t end = s->now + DEADLINE; s->now < end; pass_some(s)) {
        struct stage_conn *c = conn_named(s, name);
        if (c == NULL) return false;
        if (take_late(c, out)) return true;
        if (c->closed) return false;
    }
    return false;
}

/* ---- what is expected ---- */

/* NULL, or the line that does not hold. */
static const char *unmet(const char *const expected[], int n, const struct answer *a)
{
    for (int i = 0; i < n; i++) {
        const char *e = expected[i];
        const char *text = a->text.data ? a->text.data : "", *lines = a->lines.data ? a->lines.data : "";
        if (e[0] == '=' && !text_matches(e + 2, text)) return e;
        if (e[0] == '~' && !text_has_line(lines, e + 2)) return e;
        if (e[0] == '!' && text_has_line(lines, e + 3)) return e;
    }
    return NULL;
}

static void answer_fini(struct answer *a)
{
    buf_fini(&a->text);
    buf_fini(&a->lines);
    *a = (struct answer){0};
}

static void do_command(struct stage *s, const char *name, const char *text, const char *const expected[], int n)
{
    struct answer a = {0};
    bool answered = false, later = n == 1 && strcmp(expected[0], "= later") == 0;
    if (connect_to(s, name) == NULL) return wrong(s, "nobody listens");
    answered = send_words(s, name, text, &a);
    if (later && answered) wrong(s, "the answer \"%s\" came at once", a.text.data);
    if (later) return answer_fini(&a);
    if (!answered) answered = await_late(s, name, &a);
    if (!answered && n > 0) wrong(s, "no answer");
    const char *lacks = answered ? unmet(expected, n, &a) : NULL;
    if (lacks) wrong(s, "the answer is \"%.300s\", and not %s", a.text.data, lacks);
    answer_fini(&a);
}

static void do_until(struct stage *s, const char *name, const char *text, const char *const expected[], int n)
{
    struct answer a = {0};
    const char *lacks = "";
    for (int64_t end = s->now + DEADLINE; s->now < end; pass_some(s)) {
        answer_fini(&a);
        bool answered =
            send_words(s, name, text, &a) || (conn_named(s, name) && conn_named(s, name)->conn && await_late(s, name, &a));
        lacks = answered ? unmet(expected, n, &a) : "an answer";
        if (lacks == NULL) return answer_fini(&a);
    }
    wrong(s, "the last answer was \"%.300s\", and not %s", a.text.data ? a.text.data : "", lacks);
    answer_fini(&a);
}

static void do_reply(struct stage *s, const char *name, const char *const expected[], int n)
{
    struct answer a = {0};
    if (!await_late(s, name, &a)) return wrong(s, "no answer comes");
    const char *lacks = unmet(expected, n, &a);
    if (lacks) wrong(s, "the answer is \"%.300s\", and not %s", a.text.data, lacks);
    answer_fini(&a);
}

/* ---- the other lines ---- */

static void do_start(struct stage *s, const char *name, char *rest)
{
    launch(s, name, rest);
    if (s->kind == MODEL_MEMCACHED) do_until(s, name, "version", (const char *const[]){"= VERSION *"}, 1);
    else do_until(s, name, "PING", (const char *const[]){"!~ *LOADING*"}, 1);
}

static void do_let(struct stage *s, char *rest, const char *variable)
{
    struct answer a = {0};
    char *bar = strrchr(rest, '|'), *colon = strchr(rest, ':'), field[64], name[16];
    if (bar == NULL || colon == NULL || s->n_variables == STAGE_VARIABLES) return wrong(s, "no proper let");
    snprintf(field, sizeof field, "%s:", bar + 1 + strspn(bar + 1, " "));
    snprintf(name, sizeof name, "%.*s", (int)(colon - rest), rest);
    *bar = '\0';
    if (!send_words(s, name, colon + 1, &a)) return wrong(s, "no answer");
    int at = 0;
    while (at < s->n_variables && strcmp(s->variables[at].name, variable) != 0) at++;
    if (at == s->n_variables) s->n_variables++;
    snprintf(s->variables[at].name, sizeof s->variables[at].name, "%s", variable);
    const char *value = strcmp(field, "-:") == 0 ? a.text.data + 1 : strstr(a.lines.data, field);
    if (value && strcmp(field, "-:") != 0) value += strlen(field);
    if (value == NULL) wrong(s, "there is no %s in the answer", field);
    else snprintf(s->variables[at].value, sizeof s->variables[at].value, "%.*s", (int)strcspn(value, "\r\n"), value);
    answer_fini(&a);
}

static void do_ended(struct stage *s, const char *name, const char *how)
{
    char was[32];
    int at = engine_of(name);
    for (int64_t end = s->now + DEADLINE; !s->ended[at] && s->now < end;) pass_some(s);
    if (!s->ended[at]) return wrong(s, "it does not end");
    if (s->signal[at]) snprintf(was, sizeof was, "signal %d", s->signal[at]);
    else snprintf(was, sizeof was, "%d", s->status[at]);
    if (!text_matches(how, was)) wrong(s, "it ended with %s, and not %s", was, how);
}

static void do_closed(struct stage *s, const char *name, const char *pattern)
{
    struct stage_conn *c = conn_named(s, name);
    for (int64_t end = s->now + DEADLINE; c && !c->closed && s->now < end;) pass_some(s);
    if (c == NULL || !c->closed) return wrong(s, "it is not closed");
    if (*pattern && !text_matches(pattern, c->why)) wrong(s, "it said \"%s\"", c->why);
}

static void do_file(struct stage *s, const char *name, const char *file, bool there)
{
    char folder[160], path[300];
    folder_of(s, name, folder);
    snprintf(path, sizeof path, "%s/%s", folder, file);
    for (int64_t end = s->now + DEADLINE; (access(path, F_OK) == 0) != there && s->now < end;) pass_some(s);
    if ((access(path, F_OK) == 0) != there) wrong(s, "there is %s file %s", there ? "no" : "a", file);
}

static void do_log(struct stage *s, const char *name, const char *pattern)
{
    char folder[160], path[300], line[1024];
    folder_of(s, name, folder);
    snprintf(path, sizeof path, "%s/engine.log", folder);
    FILE *f = fopen(path, "r");
    bool found = false;
    while (f && !found && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\r\n")] = '\0';
        found = text_matches(pattern, line);
    }
    if (f) fclose(f);
    if (!found) wrong(s, "its log has no such line");
}

static void do_write(struct stage *s, const char *name, char *rest)
{
    char folder[160], path[300];
    char *blank = strchr(rest, ' ');
    if (blank == NULL) return wrong(s, "no text");
    *blank = '\0';
    folder_of(s, name, folder);
    mkdir(folder, 0700);
    snprintf(path, sizeof path, "%s/%s", folder, rest);
    FILE *f = fopen(path, "w");
    if (f == NULL) return wrong(s, "%s can't be written", path);
    for (const char *p = blank + 1; *p; p++) fputc(*p == ';' ? '\n' : *p, f);
    fclose(f);
}

/* A folder where a file is to be keeps that from being written. */
static void do_block(struct stage *s, const char *name, const char *file, bool on)
{
    char folder[160], path[300];
    folder_of(s, name, folder);
    snprintf(path, sizeof path, "%s/%s", folder, file);
    if ((on ? mkdir(path, 0700) : rmdir(path)) != 0) wrong(s, "the folder %s can't be changed", path);
}

/* Models look no further than that there are files. */
static void do_certificates(struct stage *s, const char *name)
{
    static const char *const files[] = {"cert.pem", "key.pem", "ca.pem"};
    char line[32];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(line, sizeof line, "%s x", files[i]);
        do_write(s, name, line);
    }
}

static void do_garbage(struct stage *s, const char *name)
{
    struct stage_conn *c = connect_to(s, name);
    if (c == NULL) return wrong(s, "nobody listens");
    model_garbage(c->conn, s->now);
}

static void do_signal(struct stage *s, const char *name, int sig)
{
    struct model_engine *e = s->engines[engine_of(name)];
    if (e) model_signal(e, sig, s->now);
    else wrong(s, "it does not run");
}

static void do_still(struct stage *s, const char *name)
{
    const struct stage_conn *c = conn_named(s, name);
    if (c == NULL || c->n_late > 0 || c->closed) wrong(s, "there is an answer");
}

/* "WORD NAME REST" */
static void do_line(struct stage *s, const char *word, char *rest, const char *const expected[], int n)
{
    static const struct {
        const char *word;
        int signal;
    } signals[] = {{"kill", SIGKILL}, {"stop", SIGSTOP}, {"cont", SIGCONT}, {"term", SIGTERM}};
    char name[32];
    size_t len = strcspn(rest, " ");
    snprintf(name, sizeof name, "%.*s", (int)len, rest);
    rest += len + strspn(rest + len, " ");
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (strcmp(word, signals[i].word) == 0) return do_signal(s, name, signals[i].signal);
    if (strcmp(word, "only") == 0) s->other = strcmp(name, s->kind == MODEL_VALKEY ? "valkey-server" : "redis-server") != 0;
    else if (strcmp(word, "start") == 0) do_start(s, name, rest);
    else if (strcmp(word, "launch") == 0) launch(s, name, rest);
    else if (strcmp(word, "let") == 0) do_let(s, rest, name);
    else if (strcmp(word, "reply") == 0) do_reply(s, name, expected, n);
    else if (strcmp(word, "still") == 0) do_still(s, name);
    else if (strcmp(word, "garbage") == 0) do_garbage(s, name);
    else if (strcmp(word, "certificates") == 0) do_certificates(s, name);
    else if (strcmp(word, "closed") == 0) do_closed(s, name, rest);
    else if (strcmp(word, "ended") == 0) do_ended(s, name, rest);
    else if (strcmp(word, "file") == 0) do_file(s, name, rest, true);
    else if (strcmp(word, "nofile") == 0) do_file(s, name, rest, false);
    else if (strcmp(word, "write") == 0) do_write(s, name, rest);
    else if (strcmp(word, "block") == 0 || strcmp(word, "unblock") == 0) do_block(s, name, rest, word[0] == 'b');
    else if (strcmp(word, "log") == 0) do_log(s, name, rest);
    else wrong(s, "nobody knows \"%s\"", word);
}

void behaviour_line(struct stage *s, const char *raw, const char *const expected[], int n)
{
    _buf_ struct buf text = {0};
    text_expand(s, raw, &text);
    char word[32], *line = text.data;
    size_t len = strcspn(line, " ");
    snprintf(word, sizeof word, "%.*s", (int)len, line);
    char *rest = line + len + strspn(line + len, " ");
    if (word[0] && word[strlen(word) - 1] == ':') {
        word[strlen(word) - 1] = '\0';
        return do_command(s, word, rest, expected, n);
    }
    if (strcmp(word, "until") != 0) return do_line(s, word, rest, expected, n);
    char *colon = strchr(rest, ':');
    if (colon == NULL) return wrong(s, "no proper until");
    *colon = '\0';
    do_until(s, rest, colon + 1 + strspn(colon + 1, " "), expected, n);
}

/* ---- one behaviour ---- */

void stage_begin(struct stage *s, enum model_kind kind, bool cluster, const char *what)
{
    *s = (struct stage){.kind = kind, .cluster = cluster, .now = 1000000, .dir = "/tmp/meridian-model-XXXXXX"};
    snprintf(s->what, sizeof s->what, "%s", what);
    s->w = model_world_new(7, &(struct model_hooks){.arg = s, .exited = exited});
    if (mkdtemp(s->dir) == NULL) wrong(s, "no folder");
}

void stage_end(struct stage *s)
{
    char command[120];
    for (char name = 'a'; name < 'a' + STAGE_ENGINES; name++) close_conns(s, name);
    model_world_free(s->w);
    snprintf(command, sizeof command, "rm -rf %s", s->dir);
    if (system(command) != 0) wrong(s, "its folder stays");
}
