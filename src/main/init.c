#include "main/init.h"
#include "base/arena.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "http/json.h"
#include "http/server.h"
#include "main/init_output.h"
#include "model/api.gen.h"
#include "protocol/admin.gen.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CALLS ".calls"

enum { AGAIN_MS = 50, AGAIN_LIMIT_MS = 120000 };

struct init {
    struct init_options o;
    struct init_item *items;
    size_t n, at;
    struct child *child; /* NULL: no executable runs */
    struct init_outputs outputs;
    FILE *calls; /* NULL: no file of calls is open */
    char *line;  /* to be called next */
    size_t line_room;
    int line_number;
    int64_t again_until_ms; /* on the steady clock; 0: the line was not tried yet */
    uv_timer_t timer;
    bool of_dir; /* the path is that of a directory */
    bool failed; /* somebody was told of the first failure */
};

/* ---- what there is ---- */

static void add_item(struct init *t, const char *path)
{
    const char *slash = strrchr(path, '/');
    t->items = realloc(t->items, (t->n + 1) * sizeof *t->items);
    if (t->items == NULL) abort();
    struct init_item *item = &t->items[t->n++];
    *item = (struct init_item){.name = strdup(slash ? slash + 1 : path), .path = realpath(path, NULL)};
    if (item->path == NULL) item->path = strdup(path);
    if (item->name == NULL || item->path == NULL) abort();
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int read_names(struct init *t, struct err *e)
{
    struct dirent **names;
    struct stat st;
    if (t->o.path[0] == '\0') return 0;
    if (stat(t->o.path, &st) != 0) return err_set(e, ERR_USAGE, "--init %.200s: %s", t->o.path, strerrordesc_np(errno));
    t->of_dir = S_ISDIR(st.st_mode);
    if (!t->of_dir) return add_item(t, t->o.path), 0;
    int n = scandir(t->o.path, &names, is_shown, alphasort);
    if (n < 0) return err_set(e, ERR_USAGE, "--init %.200s: %s", t->o.path, strerrordesc_np(errno));
    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", t->o.path, names[i]->d_name);
        add_item(t, path);
        free(names[i]);
    }
    free(names);
    return 0;
}

/* ---- one after the other ---- */

static void go_on(struct init *t);

static void on_timer(uv_timer_t *timer)
{
    go_on(timer->data);
}

static struct init_item *current_script(struct init *t)
{
    return &t->items[t->at];
}

static void end_item(struct init *t, enum init_state state, const char *why)
{
    struct init_item *item = current_script(t);
    item->state = state;
    snprintf(item->why, sizeof item->why, "%s", why ? why : "");
    if (state == INIT_FAILED) log_error("init: %s failed: %s", item->name, why);
    else if (state == INIT_IGNORED) log_info("init: %s is ignored: %s", item->name, why);
    else log_info("init: %s is done", item->name);
    if (t->calls) fclose(t->calls);
    t->calls = NULL;
    t->at++;
    if (state == INIT_FAILED && t->o.failed && !t->failed) {
        t->failed = true;
        t->at = t->n;
        t->o.failed(t->o.arg);
        return;
    }
    uv_timer_start(&t->timer, on_timer, 0, 0);
}

static void end_run(struct init *t, const char *why)
{
    end_item(t, why ? INIT_FAILED : INIT_DONE, why);
}

static void on_ended(void *arg, int status, int signal)
{
    struct init *t = arg;
    char why[60];
    t->child = NULL;
    init_output_read(&t->outputs);
    if (signal) snprintf(why, sizeof why, "it was killed by signal %d", signal);
    else snprintf(why, sizeof why, "it exited with status %d", status);
    end_run(t, signal || status ? why : NULL);
}

static void run_executable(struct init *t)
{
    char *args[] = {current_script(t)->path, NULL};
    int output = init_output_open(&t->outputs, current_script(t)->name);
    if (output < 0) return end_run(t, strerrordesc_np(errno));
    int r = child_spawn(t->o.loop, NULL, args, NULL, output, on_ended, t, &t->child);
    close(output);
    if (r != 0) end_run(t, uv_strerror(r));
}

/* ---- calls ---- */

/* The value of a parameter that is no part of the call; it is cut out of the line. */
static const char *cut_region(char *line, char *out, size_t size)
{
    static const char name[] = "Region=";
    char *at = strncmp(line, name, sizeof name - 1) == 0 ? line : strstr(line, "&Region=");
    if (at == NULL) return NULL;
    char *value = strchr(at, '=') + 1, *end = value + strcspn(value, "&");
    snprintf(out, size, "%.*s", (int)(end - value), value);
    if (at == line && *end) end++;
    memmove(at, end, strlen(end) + 1);
    return out;
}

/* Whatever is still being made or changed is in a state that the API does not take: "InvalidReplicationGroupState", say. */
static bool may_do_later(int fault)
{
    const char *code = api_faults[fault].code;
    return (strncmp(code, "Invalid", 7) == 0 && strstr(code, "State")) || strcmp(code, "ServiceUnavailable") == 0;
}

static bool try_later(struct init *t, int fault)
{
    int64_t now = clock_steady_ms();
    if (fault <= 0 || !may_do_later(fault)) return false;
    if (t->again_until_ms == 0) t->again_until_ms = now + AGAIN_LIMIT_MS;
    return now < t->again_until_ms;
}

static void call_line(struct init *t)
{
    char region[64], why[sizeof current_script(t)->why];
    struct err e;
    _buf_ struct buf form = {0};
    buf_puts(&form, t->line);
    const char *named = cut_region(form.data, region, sizeof region);
    int r = t->o.call(t->o.arg, named ? named : t->o.default_region, form.data, &e);
    if (r && try_later(t, r)) {
        uv_timer_start(&t->timer, on_timer, AGAIN_MS, 0);
        return;
    }
    t->line[0] = '\0';
    t->again_until_ms = 0;
    snprintf(why, sizeof why, "line %d: %s%s%.140s", t->line_number, r > 0 ? api_faults[r].code : "", r > 0 ? ": " : "",
        r ? e.msg : "");
    if (r) end_run(t, why);
    else uv_timer_start(&t->timer, on_timer, 0, 0);
}

/* The next line with a call; false: there is none. */
static bool read_call(struct init *t)
{
    ssize_t n;
    while ((n = getline(&t->line, &t->line_room, t->calls)) >= 0) {
        t->line_number++;
        while (n > 0 && (t->line[n - 1] == '\n' || t->line[n - 1] == '\r' || t->line[n - 1] == ' ')) t->line[--n] = '\0';
        if (n > 0 && t->line[0] != '#') return true;
    }
    if (t->line) t->line[0] = '\0';
    return false;
}

static void begin_item(struct init *t)
{
    struct init_item *item = current_script(t);
    size_t n = strlen(item->name), suffix = sizeof CALLS - 1;
    struct stat st;
    bool file = stat(item->path, &st) == 0 && S_ISREG(st.st_mode);
    bool executable = file && access(item->path, X_OK) == 0;
    bool calls = file && n > suffix && strcmp(item->name + n - suffix, CALLS) == 0;
    if (!executable && !calls)
        return end_item(t, t->of_dir ? INIT_IGNORED : INIT_FAILED,
            file ? "it is neither executable nor a file of calls, NAME" CALLS : "it is no file");
    item->state = INIT_RUNNING;
    log_info("init: %s begins", item->name);
    if (executable) return run_executable(t);
    t->calls = fopen(item->path, "re");
    t->line_number = 0;
    if (t->calls == NULL) return end_run(t, strerrordesc_np(errno));
    go_on(t);
}

static void go_on(struct init *t)
{
    if (t->child) return;
    if (t->at == t->n) return t->o.over(t->o.arg);
    if (current_script(t)->state == INIT_WAITING) begin_item(t);
    else if ((t->line && t->line[0]) || read_call(t)) call_line(t);
    else end_run(t, NULL);
}

/* ---- the beginning and the end ---- */

/* What the AWS SDKs and the AWS CLI need, unless somebody has set it. */
static void set_environment(const struct init_options *o)
{
    char url[300];
    snprintf(url, sizeof url, "http://%s", o->endpoint);
    setenv("AWS_ENDPOINT_URL", url, 1);
    setenv("AWS_ENDPOINT_URL_ELASTICACHE", url, 1); /* wins, and may be another's */
    setenv("MERIDIAN_ENDPOINT", url, 1);
    setenv("AWS_ACCESS_KEY_ID", "test", 0);
    setenv("AWS_SECRET_ACCESS_KEY", "test", 0);
    setenv("AWS_DEFAULT_REGION", o->default_region, 0);
}

int init_open(struct init **out, const struct init_options *o, struct err *e)
{
    struct init *t = calloc(1, sizeof *t);
    if (t == NULL) abort();
    t->o = *o;
    t->outputs.loop = o->loop;
    int r = read_names(t, e);
    if (r) {
        free(t);
        return r;
    }
    uv_timer_init(o->loop, &t->timer);
    t->timer.data = t;
    if (t->n) set_environment(o);
    if (t->n) uv_timer_start(&t->timer, on_timer, 0, 0);
    *out = t;
    return 0;
}

void init_close(struct init *t)
{
    if (t == NULL) return;
    if (t->child) {
        child_kill_group(child_pid(t->child));
        child_leave(t->child);
    }
    init_output_close(&t->outputs);
    if (t->calls) fclose(t->calls);
    t->child = NULL;
    t->calls = NULL;
    uv_close((uv_handle_t *)&t->timer, NULL);
}

void init_free(struct init *t)
{
    for (size_t i = 0; t && i < t->n; i++) {
        free(t->items[i].name);
        free(t->items[i].path);
    }
    if (t) free(t->items);
    if (t) free(t->line);
    free(t);
}

size_t init_count(const struct init *t)
{
    return t->n;
}

const struct init_item *init_item(const struct init *t, size_t i)
{
    return &t->items[i];
}

bool init_is_over(const struct init *t)
{
    return t->at == t->n;
}

const char *init_state_text(const struct init *t)
{
    if (!init_is_over(t)) return "running";
    for (size_t i = 0; i < t->n; i++)
        if (t->items[i].state == INIT_FAILED) return "failed";
    return "done";
}

/* ---- how they went ---- */

static void get_init(struct exchange *x, void *arg)
{
    static const char *const words[] = {[INIT_WAITING] = "waiting",
        [INIT_RUNNING] = "running",
        [INIT_DONE] = "done",
        [INIT_FAILED] = "failed",
        [INIT_IGNORED] = "ignored"};
    const struct init *t = arg;
    struct admin_init told = {
        .state = init_state_text(t), .scripts = {true, t->n, arena_array(http_arena(x), struct admin_script, t->n)}};
    for (size_t i = 0; i < t->n; i++) {
        const struct init_item *item = &t->items[i];
        told.scripts.items[i] = (struct admin_script){item->name, words[item->state], item->why[0] ? item->why : NULL};
    }
    json_answer_shape(x, 200, &shape_admin_init, &told);
}

void init_add_routes(struct http *h, const struct init *t)
{
    const struct http_route routes[] = {
        {"GET", "/_meridian/init", get_init, (void *)(uintptr_t)t, .params = "", .what = "how what --init names has gone"},
    };
    http_add_routes(h, routes, sizeof routes / sizeof *routes);
}
