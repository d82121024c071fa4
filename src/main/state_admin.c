#include "main/state_admin.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "control/control.h"
#include "http/json.h"
#include "model/json.h"
#include "store/dump.h"
#include "store/store.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STATE_PATH "/_meridian/state"

static char *dump_path(const struct state_admin *s, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/state.dump", s->data_dir);
    return out;
}

/* ---- GET ---- */

static int read_file(const char *path, struct buf *out, struct err *e)
{
    char bytes[1 << 16];
    ssize_t n = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    while (fd >= 0 && (n = read(fd, bytes, sizeof bytes)) > 0) buf_add(out, bytes, (size_t)n);
    if (fd >= 0) close(fd);
    return n == 0 ? 0 : err_set(e, ERR_IO, "reading %s: %s", path, strerrordesc_np(errno));
}

/* The copy that is made of the database now and then is a dump. */
static void get_state(struct exchange *x, void *arg)
{
    struct state_admin *s = arg;
    char path[PATH_MAX];
    struct buf dump = {0};
    struct err e;
    if (admin_refuse(x, s->admin, true)) return;
    if (http_param(x, "data")) return json_answer_error(x, 501, "What nodes hold is not part of a dump.");
    snprintf(path, sizeof path, "%s/meridian.db.backup", s->data_dir);
    int r = store_back_up(s->store, &e);
    if (r == 0) r = read_file(path, &dump, &e);
    if (r == 0) return http_answer(x, 200, "application/vnd.sqlite3", &dump, NULL);
    buf_fini(&dump);
    log_error("%s", e.msg);
    json_answer_error(x, 500, "%s", e.msg);
}

/* ---- PUT ---- */

static int write_file(const char *path, const char *bytes, size_t n, struct err *e)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool whole = fd >= 0 && write(fd, bytes, n) == (ssize_t)n;
    if (fd >= 0) close(fd);
    return whole ? 0 : err_set(e, ERR_IO, "writing %s: %s", path, strerrordesc_np(errno));
}

/* SQLite's files of the dump, too. */
static void forget_dump(const struct state_admin *s)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    char path[PATH_MAX], file[PATH_MAX + 10];
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(file, sizeof file, "%s%s", dump_path(s, path), ends[i]);
        unlink(file);
    }
}

/* Everything is gone, and nobody can make anything yet. */
static int restore_state(void *arg, struct exchange *x, struct err *e)
{
    struct state_admin *s = arg;
    char path[PATH_MAX];
    int r = store_restore(s->store, dump_path(s, path), e);
    forget_dump(s);
    if (r) return r;
    log_info("the state was restored from a dump");
    control_reload(s->reset->control);
    if (x == NULL) return 0;
    struct buf doc = {0};
    struct json_writer j = {.out = &doc};
    json_open(&j, NULL, '{');
    json_write_bool(&j, "restored", true);
    json_close(&j, '}');
    json_answer(x, 200, &doc, NULL);
    return 0;
}

static void put_state(struct exchange *x, void *arg)
{
    struct state_admin *s = arg;
    char path[PATH_MAX];
    size_t n;
    const char *body = http_body(x, &n);
    struct err e;
    if (admin_refuse(x, s->admin, true)) return;
    if (s->reset->under_way) return json_answer_error(x, 409, "A reset is under way already.");
    int r = write_file(dump_path(s, path), body, n, &e);
    if (r == 0) r = dump_prepare(path, &e);
    if (r == 0) return reset_admin_begin(s->reset, x, NULL, NULL, restore_state, s);
    forget_dump(s);
    if (r != ERR_USAGE) log_error("%s", e.msg);
    json_answer_error(x, r == ERR_USAGE ? 400 : 500, "%s", e.msg);
}

bool state_admin_is_for_dump(struct exchange *x)
{
    return strcmp(http_path(x), STATE_PATH) == 0 && strcmp(http_method(x), "PUT") == 0;
}

void state_admin_add_routes(struct http *h, struct state_admin *s)
{
    const struct http_route routes[] = {
        {"GET", STATE_PATH, get_state, s, .what = "a dump of all resources; it needs the administrator's token"},
        {"PUT", STATE_PATH, put_state, s, .what = "resets everything, and makes what the dump has; the nodes begin empty"},
    };
    http_add_routes(h, routes, sizeof routes / sizeof *routes);
}
