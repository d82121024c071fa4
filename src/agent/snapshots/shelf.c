#include "agent/snapshots/shelf.h"
#include "agent/os/file.h"
#include "agent/engine/order_check.h"
#include "agent/snapshots/rdb.h"
#include "base/beneath.h"
#include "base/log.h"
#include "base/task.h"
#include "base/trip.h"
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".rdb"
#define PART ".part" /* of a file that is not whole yet */

enum { REASON = 200 };

/* What is done with a snapshot's file, one thing at a time. */
enum item_state { ITEM_REST, ITEM_TAKE, ITEM_COPY, ITEM_EXPORT };

static const struct task item_task = {"file of the snapshot",
    {
        [ITEM_REST] = {"rest",
            TASK_TO(ITEM_TAKE) | TASK_TO(ITEM_COPY) | TASK_TO(ITEM_EXPORT)}, /* waits for a node, or an order */
        [ITEM_TAKE] = {"take", TASK_TO(ITEM_REST)},                          /* waits until what its engine wrote is safe */
        [ITEM_COPY] = {"copy", TASK_TO(ITEM_REST)},                          /* waits for another name of its source */
        [ITEM_EXPORT] = {"export", TASK_TO(ITEM_REST)},                      /* waits for a copy outside */
    }};

struct item {
    char *id;
    int state; /* enum item_state */
    bool ordered, keep, whole;
    int64_t size, taken_ms;
    char reason[REASON]; /* why it can't be taken; "" for none */
    char *copy_of, *export_root, *export_path;
    int64_t export; /* the number of the one that was ordered last, that the next two tell of */
    char *exported;
    char export_reason[REASON];
};

struct shelf {
    uv_loop_t *loop;
    char *dir;
    void (*changed)(void *arg);
    void *arg;
    struct item **items;
    size_t n;
    int jobs;
    bool closed;
};

/* What a thread does; it sees nothing of the shelf but its folder. */
struct job {
    uv_work_t work;
    struct shelf *shelf;
    enum item_state kind; /* of the item meanwhile */
    char *id;
    char from[PATH_MAX], to[PATH_MAX]; /* of an export: the path below 'root' */
    char root[PATH_MAX];
    bool injected;
    struct stat st;
    int r;
    struct err e;
};

static struct item *find_item(const struct shelf *s, const char *id)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->items[i]->id, id) == 0) return s->items[i];
    return NULL;
}

static void set_text(char **field, const char *value)
{
    free(*field);
    *field = value ? strdup(value) : NULL;
    if (value && *field == NULL) abort();
}

static struct item *add_item(struct shelf *s, const char *id)
{
    assert(id);
    struct item *it = calloc(1, sizeof *it);
    s->items = realloc(s->items, (s->n + 1) * sizeof(struct item *));
    if (it == NULL || s->items == NULL) abort();
    set_text(&it->id, id);
    return s->items[s->n++] = it;
}

static void free_item(struct item *it)
{
    char **strings[] = {&it->id, &it->copy_of, &it->export_root, &it->export_path, &it->exported};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) free(*strings[i]);
    free(it);
}

const char *shelf_path(const struct shelf *s, const char *id, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/%s" SUFFIX, s->dir, id);
    return out;
}

static void know_file(struct item *it, const struct stat *st)
{
    it->whole = true;
    it->size = st->st_size;
    it->taken_ms = st->st_mtim.tv_sec * 1000LL + st->st_mtim.tv_nsec / 1000000;
}

/* ---- in a thread ---- */

static int sync_folder(const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = fd < 0 || fsync(fd) != 0 ? err_set(e, ERR_IO, "%s: %s", path, strerror(errno)) : 0;
    if (fd >= 0) close(fd);
    return r;
}

/* The engine has synced what it wrote, so this costs next to nothing; it must be sure all the same. */
static int finish_file(struct job *j)
{
    struct rdb_facts facts;
    int fd = open(j->from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return err_set(&j->e, ERR_IO, "%s", strerror(errno));
    int r = rdb_look(fd, &facts, &j->e);
    if (r == 0 && (fsync(fd) != 0 || fstat(fd, &j->st) != 0)) r = err_set(&j->e, ERR_IO, "%s", strerror(errno));
    close(fd);
    if (r == 0 && rename(j->from, j->to) != 0) r = err_set(&j->e, ERR_IO, "%s", strerror(errno));
    return r ? r : sync_folder(j->shelf->dir, &j->e);
}

/* Files of snapshots are never written to again, so a copy is another name. */
static int copy_file(struct job *j)
{
    if (link(j->from, j->to) != 0 && errno != EEXIST) return err_set(&j->e, ERR_IO, "%s", strerror(errno));
    if (stat(j->to, &j->st) != 0) return err_set(&j->e, ERR_IO, "%s", strerror(errno));
    return sync_folder(j->shelf->dir, &j->e);
}

static int copy_bytes(int from, int to, struct err *e)
{
    struct stat st;
    if (ioctl(to, FICLONE, from) == 0) return 0;
    if (fstat(from, &st) != 0) return err_set(e, ERR_IO, "%s", strerror(errno));
    for (off_t left = st.st_size; left > 0;) {
        ssize_t n = copy_file_range(from, NULL, to, NULL, (size_t)left, 0);
        if (n <= 0) return err_set(e, ERR_IO, "%s", n < 0 ? strerror(errno) : "the file has become shorter");
        left -= n;
    }
    return 0;
}

static int export_below(struct job *j, int from, int at, const char *name)
{
    char aside[NAME_MAX + 1];
    if (snprintf(aside, sizeof aside, ".%s" PART, name) >= (int)sizeof aside)
        return err_set(&j->e, ERR_IO, "the name is too long");
    unlinkat(at, aside, 0);
    int to = openat(at, aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (to < 0) return err_set(&j->e, ERR_IO, "%s", strerror(errno));
    int r = copy_bytes(from, to, &j->e);
    if (r == 0 && fsync(to) != 0) r = err_set(&j->e, ERR_IO, "%s", strerror(errno));
    close(to);
    if (r == 0 && renameat2(at, aside, at, name, RENAME_NOREPLACE) != 0) {
        struct stat st;
        if (errno != EEXIST) r = err_set(&j->e, ERR_IO, "%s", strerror(errno));
        /* An agent that died after it had exported the file finds it there, and is not surprised. */
        else if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) || st.st_size != j->st.st_size)
            r = err_set(&j->e, ERR_IN_USE, "something else is there already");
    }
    unlinkat(at, aside, 0);
    return r;
}

static int export_file(struct job *j)
{
    const char *name;
    int from = open(j->from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (from < 0 || fstat(from, &j->st) != 0) return err_set(&j->e, ERR_IO, "%s", strerror(errno));
    int at = beneath_open_parent(j->root, j->to, &name, &j->e);
    int r = at < 0 ? at : export_below(j, from, at, name);
    if (at >= 0) close(at);
    close(from);
    return r;
}

static void run_job(uv_work_t *w)
{
    struct job *j = w->data;
    if (j->injected) j->r = err_set(&j->e, ERR_IO, "injected failure");
    else if (j->kind == ITEM_TAKE) j->r = finish_file(j);
    else if (j->kind == ITEM_COPY) j->r = copy_file(j);
    else j->r = export_file(j);
}

/* ---- in the loop ---- */

static void reconcile_items(struct shelf *s);

static void free_closed(struct shelf *s)
{
    if (!s->closed || s->jobs > 0) return;
    for (size_t i = 0; i < s->n; i++) free_item(s->items[i]);
    free(s->items);
    free(s->dir);
    free(s);
}

static void job_done(uv_work_t *w, int status)
{
    struct job *j = w->data;
    struct shelf *s = j->shelf;
    struct item *it = find_item(s, j->id);
    (void)status;
    s->jobs--;
    if (j->r && j->kind != ITEM_EXPORT) unlink(j->to);
    if (j->r && j->kind == ITEM_TAKE) unlink(j->from);
    assert(it->state == (int)j->kind);
    task_move(&item_task, it->id, &it->state, ITEM_REST);
    bool export = j->kind == ITEM_EXPORT;
    if (j->r == 0 && export) set_text(&it->exported, j->to);
    else if (j->r == 0) know_file(it, &j->st);
    else snprintf(export ? it->export_reason : it->reason, REASON, "%.190s", j->e.msg);
    if (j->r) log_warn("snapshot %s: %s", it->id, j->e.msg);
    free(j->id);
    free(j);
    if (!s->closed) s->changed(s->arg);
    if (!s->closed) reconcile_items(s);
    free_closed(s);
}

static struct job *new_job(struct shelf *s, struct item *it, enum item_state kind)
{
    struct job *j = calloc(1, sizeof *j);
    if (j == NULL) abort();
    *j = (struct job){.work.data = j, .shelf = s, .kind = kind, .injected = trip_hit(TRIP_SNAPSHOT_WRITE)};
    set_text(&j->id, it->id);
    task_move(&item_task, it->id, &it->state, (int)kind);
    s->jobs++;
    return j;
}

void shelf_take(struct shelf *s, const char *id, const char *path)
{
    struct item *it = find_item(s, id);
    struct err e;
    if (it == NULL || it->state != ITEM_REST) return;
    struct job *j = new_job(s, it, ITEM_TAKE);
    shelf_path(s, id, j->to);
    snprintf(j->from, sizeof j->from, "%s/%s" PART, s->dir, id);
    if (file_mkdirs(s->dir, &e) == 0)
        rename(path, j->from); /* at once, before anything else can happen to it; see finish_file() */
    uv_queue_work(s->loop, &j->work, run_job, job_done);
}

void shelf_fail(struct shelf *s, const char *id, const char *reason)
{
    struct item *it = find_item(s, id);
    if (it == NULL) return;
    snprintf(it->reason, REASON, "%.190s", reason);
    log_warn("snapshot %s: %s", id, reason);
    s->changed(s->arg);
}

bool shelf_wants(const struct shelf *s, const char *id)
{
    const struct item *it = find_item(s, id);
    return it && it->ordered && it->keep && !it->whole && it->state == ITEM_REST && it->reason[0] == '\0';
}

/* ---- orders ---- */

static void reconcile_item(struct shelf *s, struct item *it)
{
    const struct item *source = it->copy_of ? find_item(s, it->copy_of) : NULL;
    bool lacks = it->copy_of && !it->whole && it->reason[0] == '\0';
    if (it->state != ITEM_REST) return;
    if (!it->ordered || !it->keep) {
        char path[PATH_MAX];
        unlink(shelf_path(s, it->id, path));
        it->whole = false;
    } else if (lacks && source && source->whole) {
        struct job *j = new_job(s, it, ITEM_COPY);
        shelf_path(s, it->copy_of, j->from);
        shelf_path(s, it->id, j->to);
        uv_queue_work(s->loop, &j->work, run_job, job_done);
    } else if (lacks && (source == NULL || source->state == ITEM_REST)) {
        shelf_fail(s, it->id, "its source's file is missing"); /* only whole ones are copied: it has gone since */
    } else if (it->whole && it->export_path && it->exported == NULL && it->export_reason[0] == '\0') {
        struct job *j = new_job(s, it, ITEM_EXPORT);
        shelf_path(s, it->id, j->from);
        snprintf(j->to, sizeof j->to, "%s", it->export_path);
        snprintf(j->root, sizeof j->root, "%s", it->export_root);
        uv_queue_work(s->loop, &j->work, run_job, job_done);
    }
}

static void reconcile_items(struct shelf *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->n; i++) reconcile_item(s, s->items[i]);
    for (size_t i = 0; i < s->n; i++) {
        if (s->items[i]->ordered || s->items[i]->state != ITEM_REST) s->items[kept++] = s->items[i];
        else free_item(s->items[i]);
    }
    s->n = kept;
}

static void order_item(struct item *it, const struct proto_snapshot_order *o)
{
    it->ordered = true;
    it->keep = o->keep.v;
    set_text(&it->copy_of, o->copy_of && file_id_ok(o->copy_of) ? o->copy_of : NULL);
    if (it->export == o->export.v && it->export_path && o->export_path && strcmp(it->export_path, o->export_path) == 0) return;
    bool proper = order_is_place(o->export_root, o->export_path);
    it->export = o->export.v;
    set_text(&it->export_root, proper ? o->export_root : NULL);
    set_text(&it->export_path, proper ? o->export_path : NULL);
    set_text(&it->exported, NULL);
    it->export_reason[0] = '\0';
}

void shelf_order(struct shelf *s, const struct proto_snapshot_order_list *list)
{
    for (size_t i = 0; i < s->n; i++) s->items[i]->ordered = false;
    for (size_t i = 0; i < list->n; i++) {
        const struct proto_snapshot_order *o = &list->items[i];
        if (!file_id_ok(o->id)) continue;
        struct item *it = find_item(s, o->id);
        order_item(it ? it : add_item(s, o->id), o);
    }
    reconcile_items(s);
}

void shelf_see(const struct shelf *s, struct arena *a, struct proto_snapshot_seen_list *out)
{
    *out = (struct proto_snapshot_seen_list){true, 0, arena_array(a, struct proto_snapshot_seen, s->n)};
    for (size_t i = 0; i < s->n; i++) {
        const struct item *it = s->items[i];
        if (!it->ordered) continue;
        struct proto_snapshot_seen *seen = &out->items[out->n++];
        bool failed = it->keep && !it->whole && it->reason[0];
        *seen = (struct proto_snapshot_seen){.id = it->id, .state = it->keep ? PART_MISSING : PART_GONE};
        if (it->state != ITEM_REST && !it->whole) seen->state = PART_WORKING;
        if (failed) seen->state = PART_FAILED;
        if (failed) seen->reason = it->reason;
        seen->export = OPT_INT(it->export);
        seen->exported = it->exported;
        if (it->export_reason[0]) seen->export_reason = it->export_reason;
        if (!it->keep || !it->whole) continue;
        seen->state = PART_WHOLE;
        seen->size = OPT_INT(it->size);
        seen->taken_ms = OPT_INT(it->taken_ms);
    }
}

/* ---- the beginning and the end ---- */

/* What was not finished is of no use to anybody. */
static void scan_file(struct shelf *s, int dir, const char *name)
{
    char id[NAME_MAX + 1];
    struct stat st;
    size_t n = strlen(name), suffix = sizeof SUFFIX - 1;
    snprintf(id, sizeof id, "%.*s", n > suffix ? (int)(n - suffix) : 0, name);
    bool ours = n > suffix && strcmp(name + n - suffix, SUFFIX) == 0 && file_id_ok(id);
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || S_ISDIR(st.st_mode)) return;
    if (ours && S_ISREG(st.st_mode)) know_file(add_item(s, id), &st);
    else unlinkat(dir, name, 0);
}

struct shelf *shelf_open(uv_loop_t *loop, const char *dir, void (*changed)(void *arg), void *arg)
{
    struct shelf *s = calloc(1, sizeof *s);
    if (s == NULL || asprintf(&s->dir, "%s/" SHELF_FOLDER, dir) < 0) abort();
    s->loop = loop;
    s->changed = changed;
    s->arg = arg;
    DIR *d = opendir(s->dir);
    for (struct dirent *entry; d && (entry = readdir(d)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) scan_file(s, dirfd(d), entry->d_name);
    /* The agent before may have died between a file's renaming and its being safe. */
    if (d && s->n) fsync(dirfd(d));
    if (d) closedir(d);
    return s;
}

void shelf_close(struct shelf *s)
{
    if (s == NULL) return;
    s->closed = true;
    free_closed(s);
}
