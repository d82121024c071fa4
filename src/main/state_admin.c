#include "main/state_admin.h"
#include "agent/snapshots/shelf.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "control/control.h"
#include "http/file.h"
#include "http/json.h"
#include "http/stream.h"
#include "ops/dump/data_dump.h"
#include "protocol/admin.gen.h"
#include "store/dump.h"
#include "store/dump_data.h"
#include "store/queries.gen.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATE_PATH "/_meridian/state"
#define DUMP "state.dump"          /* what comes, or goes */
#define FILES "state.data"         /* with what nodes begin, */
#define NEW_FILES "state.data.new" /* and before it is known whether they do */

/* What a thread does: files into a dump, or out of it. */
struct state_job {
    uv_work_t work;
    struct state_admin *s;
    struct arena arena;
    char copy[PATH_MAX], dump[PATH_MAX], files[PATH_MAX];
    struct dump_datum *data;
    size_t n;
    bool any; /* it has data */
    int r;
    struct err e;
};

static const char *path_in(const struct state_admin *s, const char *name, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/%s", s->data_dir, name);
    return out;
}

/* SQLite's files of the dump, too. */
static void forget_dump(const struct state_admin *s)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    char path[PATH_MAX], file[PATH_MAX + 10];
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(file, sizeof file, "%s%s", path_in(s, DUMP, path), ends[i]);
        unlink(file);
    }
}

static void forget_files(const struct state_admin *s, const char *name)
{
    char path[PATH_MAX];
    dump_data_remove(path_in(s, name, path));
}

/* True with the answer given: nothing else may be under way. */
static bool refuse_busy(struct exchange *x, const struct state_admin *s)
{
    if (s->reset->control == NULL) json_answer_error(x, 503, "stopping");
    else if (s->reset->under_way) json_answer_error(x, 409, "A reset is under way already.");
    else if (s->doing != STATE_REST) json_answer_error(x, 409, "Another dump is being made or restored.");
    else return false;
    return true;
}

static void answer_failure(struct state_admin *s, unsigned status, const char *text)
{
    struct exchange *x = s->waiting;
    s->waiting = NULL;
    if (status == 500) log_error("%s", text);
    if (x) json_answer_error(x, status, "%s", text);
}

static unsigned status_of(int r)
{
    return r == ERR_USAGE ? 400 : r == ERR_IN_USE ? 409 : 500;
}

static struct state_job *new_job(struct state_admin *s)
{
    struct state_job *j = calloc(1, sizeof *j);
    if (j == NULL) abort();
    j->s = s;
    j->work.data = j;
    path_in(s, DUMP, j->dump);
    path_in(s, NEW_FILES, j->files);
    return j;
}

static void free_job(struct state_job *j)
{
    arena_fini(&j->arena);
    free(j);
}

/* ---- GET ---- */

/* Nobody needs the snapshots any more. */
static void end_taking(struct state_admin *s)
{
    struct err e;
    if (data_dump_end(s->store, &e) != 0) log_error("%s", e.msg);
    if (s->reset->control) control_changed(s->reset->control);
}

static void run_packing(uv_work_t *w)
{
    struct state_job *j = w->data;
    j->r = dump_data_pack(j->copy, j->dump, j->data, j->n, &j->e);
}

static void end_packing(uv_work_t *w, int status)
{
    struct state_job *j = w->data;
    struct state_admin *s = j->s;
    (void)status;
    s->doing = STATE_REST;
    if (j->n) end_taking(s);
    struct exchange *x = s->waiting;
    int fd = j->r == 0 && x ? open(j->dump, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    if (j->r == 0 && x && fd < 0) j->r = err_set(&j->e, ERR_IO, "the dump can't be read: %s", strerrordesc_np(errno));
    forget_dump(s);
    if (j->r) answer_failure(s, 500, j->e.msg);
    else if (x) http_answer_file(x, "application/vnd.sqlite3", fd);
    s->waiting = NULL;
    free_job(j);
}

/* The copy that is made of the database now and then is a dump without data. */
static void begin_packing(struct state_admin *s, const struct data_dump *d)
{
    struct state_job *j = new_job(s);
    path_in(s, "meridian.db.backup", j->copy);
    j->data = arena_array(&j->arena, struct dump_datum, d->n);
    for (; j->n < d->n; j->n++) {
        const struct data_dump_file *f = &d->files[j->n];
        j->data[j->n] = (struct dump_datum){arena_strdup(&j->arena, f->region), arena_strdup(&j->arena, f->source_id),
            arena_strdup(&j->arena, f->node_group_id),
            arena_printf(&j->arena, "%s/regions/%s/" SHELF_FOLDER "/%s.rdb", s->data_dir, f->region, f->file)};
    }
    s->doing = STATE_PACK;
    j->r = store_back_up(s->store, &j->e);
    if (j->r) end_packing(&j->work, 0);
    else uv_queue_work(s->loop, &j->work, run_packing, end_packing);
}

static void look_at_taking(struct state_admin *s)
{
    _arena_ struct arena a = {0};
    struct data_dump d;
    struct err e;
    int r = data_dump_look(s->store, &a, &d, &e);
    if (r == 0 && d.failed) r = err_set(&e, ERR_IN_USE, "The data of %s can't be taken: try again.", d.failed);
    if (r == 0 && !d.whole) return;
    if (r == 0) return begin_packing(s, &d);
    s->doing = STATE_REST;
    end_taking(s);
    answer_failure(s, status_of(r), e.msg);
}

static void on_left(struct exchange *x, void *arg)
{
    struct state_admin *s = arg;
    (void)x;
    s->waiting = NULL;
    if (s->doing != STATE_TAKE) return;
    s->doing = STATE_REST;
    end_taking(s);
}

static void begin_waiting(struct state_admin *s, struct exchange *x)
{
    s->waiting = x;
    http_defer(x, on_left, s);
}

static void get_data(struct exchange *x, struct state_admin *s)
{
    struct err e;
    if (s->admin->dry_run(s->admin->arg)) return json_answer_error(x, 400, "The nodes of a dry run hold no data.");
    int r = data_dump_begin(s->store, clock_now_ms(), &e);
    if (r) return json_answer_error(x, status_of(r), "%s", e.msg);
    s->doing = STATE_TAKE;
    begin_waiting(s, x);
    control_changed(s->reset->control);
    look_at_taking(s);
}

static void get_state(struct exchange *x, void *arg)
{
    struct state_admin *s = arg;
    const char *data = http_param(x, "data");
    bool wanted = data && strcmp(data, "true") == 0;
    if (admin_refuse(x, s->admin, true) || refuse_busy(x, s)) return;
    if (data && !wanted && strcmp(data, "false") != 0) return json_answer_error(x, 400, "data must be true or false.");
    if (wanted) return get_data(x, s);
    begin_waiting(s, x);
    begin_packing(s, &(struct data_dump){.whole = true});
}

/* ---- PUT ---- */

static int put_files(struct state_admin *s, struct err *e)
{
    char from[PATH_MAX], to[PATH_MAX];
    forget_files(s, FILES);
    s->has_files = rename(path_in(s, NEW_FILES, from), path_in(s, FILES, to)) == 0;
    return s->has_files || errno == ENOENT ? 0 : err_set(e, ERR_IO, "renaming %s: %s", from, strerrordesc_np(errno));
}

/* Everything is gone, and nobody can make anything yet. */
static int restore_state(void *arg, struct exchange *x, struct err *e)
{
    struct state_admin *s = arg;
    char path[PATH_MAX];
    int r = put_files(s, e);
    if (r == 0) r = store_restore(s->store, path_in(s, DUMP, path), e);
    forget_dump(s);
    if (r) return r;
    log_info("the state was restored from a dump");
    control_reload(s->reset->control);
    if (x == NULL) return 0;
    json_answer_shape(x, 200, &shape_admin_restored, &(struct admin_restored){OPT_BOOL(true)});
    return 0;
}

static void forget_all(struct state_admin *s)
{
    forget_dump(s);
    forget_files(s, NEW_FILES);
}

static void run_unpacking(uv_work_t *w)
{
    struct state_job *j = w->data;
    j->r = dump_data_unpack(j->dump, j->files, &j->any, &j->e);
}

/* Whatever is wrong with the dump is known by now: from here on, what there is goes. */
static void end_unpacking(uv_work_t *w, int status)
{
    struct state_job *j = w->data;
    struct state_admin *s = j->s;
    struct exchange *x = s->waiting;
    char path[PATH_MAX];
    (void)status;
    s->doing = STATE_REST;
    if (x && j->r == 0) j->r = dump_prepare(j->dump, j->any ? path_in(s, FILES, path) : NULL, &j->e);
    if (x == NULL || j->r || refuse_busy(x, s)) {
        forget_all(s);
        if (j->r) answer_failure(s, status_of(j->r), j->e.msg);
    } else {
        reset_admin_begin(s->reset, x, NULL, NULL, restore_state, s);
    }
    s->waiting = NULL;
    free_job(j);
}

static void begin_unpacking(struct state_admin *s, struct exchange *x)
{
    struct state_job *j = new_job(s);
    s->doing = STATE_UNPACK;
    begin_waiting(s, x);
    uv_queue_work(s->loop, &j->work, run_unpacking, end_unpacking);
}

static int create_dump(const struct state_admin *s)
{
    char path[PATH_MAX];
    forget_dump(s);
    return open(path_in(s, DUMP, path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* How many bytes could not be written. */
static size_t write_bytes(int fd, const char *bytes, size_t n)
{
    for (ssize_t w; n > 0; bytes += w, n -= (size_t)w) {
        w = write(fd, bytes, n);
        if (w < 0 && errno == EINTR) w = 0;
        else if (w < 0) return n;
    }
    return n;
}

static void refuse_unwritten(struct exchange *x, struct state_admin *s, int why)
{
    forget_dump(s);
    log_error("the dump can't be kept: %s", strerrordesc_np(why));
    json_answer_error(x, 500, "The dump can't be kept: %s.", strerrordesc_np(why));
}

static void put_state(struct exchange *x, void *arg)
{
    struct state_admin *s = arg;
    size_t n;
    const char *body = http_body(x, &n);
    if (admin_refuse(x, s->admin, true) || refuse_busy(x, s)) return;
    int fd = create_dump(s);
    bool written = fd >= 0 && write_bytes(fd, body, n) == 0;
    int why = errno;
    if (fd >= 0) close(fd);
    if (written) begin_unpacking(s, x);
    else refuse_unwritten(x, s, why);
}

/* ---- the body of a large PUT ---- */

struct upload {
    struct state_admin *s;
    struct exchange *x;
    int fd;  /* -1: the request is going to be refused, and nothing of it is kept */
    int why; /* why it can't be written; 0: it is */
};

static bool begin_upload(void *arg, struct exchange *x, uint64_t size, void **taken)
{
    struct state_admin *s = arg;
    (void)size;
    if (strcmp(http_path(x), STATE_PATH) != 0 || strcmp(http_method(x), "PUT") != 0) return false;
    bool may = admin_has_token(x, s->admin) && s->doing == STATE_REST && !s->reset->under_way;
    struct upload *u = malloc(sizeof *u);
    if (u == NULL) abort();
    *u = (struct upload){s, x, may ? create_dump(s) : -1, 0};
    if (may) s->doing = STATE_RECEIVE;
    if (may && u->fd < 0) u->why = errno;
    *taken = u;
    return true;
}

static size_t upload_data(void *taken, const void *data, size_t n)
{
    struct upload *u = taken;
    if (u->fd >= 0 && u->why == 0 && write_bytes(u->fd, data, n) > 0) u->why = errno;
    return 0;
}

static struct upload end_upload(struct upload *u)
{
    struct upload was = *u;
    bool received = u->fd >= 0 || u->why;
    if (u->fd >= 0) close(u->fd);
    if (received) u->s->doing = STATE_REST;
    free(u);
    return was;
}

static void upload_whole(void *taken)
{
    struct upload u = end_upload(taken);
    bool refused = admin_refuse(u.x, u.s->admin, true) || json_refuse_params(u.x, "") || refuse_busy(u.x, u.s);
    if (refused && u.fd >= 0) forget_dump(u.s);
    if (refused) return;
    if (u.why) refuse_unwritten(u.x, u.s, u.why);
    else if (u.fd >= 0) begin_unpacking(u.s, u.x);
    else json_answer_error(u.x, 409, "Another dump was being made or restored.");
}

static void upload_gone(void *taken)
{
    struct upload u = end_upload(taken);
    if (u.fd >= 0) forget_dump(u.s);
}

/* ---- both ---- */

/* The files of a restored dump are of use as long as a node is to begin with them. */
static void look_at_files(struct state_admin *s)
{
    _arena_ struct arena a = {0};
    struct row_seed_file *files;
    size_t n;
    char path[PATH_MAX];
    struct err e;
    path_in(s, FILES, path);
    if (q_seed_file_all(s->store, &a, &files, &n, &e) != 0) return log_error("%s", e.msg);
    for (size_t i = 0; i < n; i++)
        if (files[i].root && strcmp(files[i].root, path) == 0) return;
    forget_files(s, FILES);
    s->has_files = false;
}

void state_admin_look(struct state_admin *s)
{
    if (s->doing == STATE_TAKE) look_at_taking(s);
    if (s->has_files) look_at_files(s);
}

void state_admin_open(struct http *h, struct state_admin *s)
{
    const struct http_route routes[] = {
        {"GET", STATE_PATH, get_state, s, .params = "data",
            .what = "a dump of all resources, with ?data=true of what nodes hold, too; it needs the administrator's token"},
        {"PUT", STATE_PATH, put_state, s, .params = "",
            .what = "resets everything, and makes what the dump has; nodes begin with its data, if it has any"},
    };
    char path[PATH_MAX];
    forget_all(s);
    end_taking(s);
    s->has_files = access(path_in(s, FILES, path), F_OK) == 0;
    http_add_routes(h, routes, sizeof routes / sizeof *routes);
    http_add_sink(h, &(struct http_sink){begin_upload, upload_data, upload_whole, upload_gone, s});
}
