#include "base/text.h"
#include "store/store.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/host.h"
#include "base/trip.h"
#include "catalog/words.h"
#include "store/backup.h"
#include "store/bound.h"
#include "store/dump.h"
#include "store/keys.h"
#include "store/memo.h"
#include "store/room.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE_BYTES = 4096 }; /* SQLite's default */

struct store {
    sqlite3 *db;
    sqlite3_stmt *stmts[Q__COUNT];
    sqlite3_stmt *begin_read, *begin_write, *commit, *rollback;
    char *path;
    int wal_frames; /* after the last commit */
    struct stat wal;
    int64_t backed_up; /* store_changes() of the last copy */
    bool writing;      /* a write transaction is under way */
    struct memo memo;
    char memo_host[HOST_TEXT_SIZE]; /* whom its texts name */
    struct bounds rows;             /* how many there are at most */
    struct store_watch watch;       /* zeroed: nobody watches */
    struct keys keys;               /* of whom it acts for */
};

static int disk_full(struct err *e, const char *what)
{
    return err_set(e, ERR_DB, "%s: the disk is full; free some space, nothing that was acknowledged is lost", what);
}

static int store_failed(struct store *s, struct err *e, const char *what)
{
    int rc = sqlite3_errcode(s->db);
    int why = sqlite3_system_errno(s->db);
    if (rc == SQLITE_FULL || (rc == SQLITE_IOERR && (why == ENOSPC || why == EDQUOT))) return disk_full(e, what);
    if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
        return err_set(e, ERR_IN_USE, "%s: another process uses this database; stop it, or choose another --data-dir", what);
    if (rc == SQLITE_NOTADB || rc == SQLITE_CORRUPT) return backup_damaged(s->path, "it is not a readable database", e);
    return err_set(e, ERR_DB, "%s: %s", what, sqlite3_errmsg(s->db));
}

static int exec_sql(struct store *s, const char *sql, struct err *e)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : store_failed(s, e, sql);
}

static int read_pragma(struct store *s, const char *sql, int *out, struct err *e)
{
    sqlite3_stmt *st;
    if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) != SQLITE_OK) return store_failed(s, e, sql);
    int rc = sqlite3_step(st);
    *out = sqlite3_column_int(st, 0);
    sqlite3_finalize(st);
    return rc == SQLITE_ROW ? 0 : store_failed(s, e, sql);
}

static int read_version(struct store *s, int *out, struct err *e)
{
    return read_pragma(s, "PRAGMA user_version", out, e);
}

/* Damage anywhere in the file shows now, not with some request that happens to read there. A file that is new has nothing to check. */
static int check_sound(struct store *s, struct err *e)
{
    sqlite3_stmt *st;
    int version = 0;
    int r = read_version(s, &version, e);
    if (r || version == 0) return r;
    if (sqlite3_prepare_v2(s->db, "PRAGMA quick_check(1)", -1, &st, NULL) != SQLITE_OK) return store_failed(s, e, "checking it");
    bool sound = sqlite3_step(st) == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(st, 0), "ok") == 0;
    if (!sound) r = backup_damaged(s->path, "it is damaged", e);
    sqlite3_finalize(st);
    return r;
}

/* All of 'sql' and the version it leads to, or nothing. */
static int apply_migration(struct store *s, const struct sql_text *text, int version, struct err *e)
{
    char stamp[64];
    sqlite3_snprintf(sizeof stamp, stamp, "PRAGMA user_version = %d", version);
    int r = exec_sql(s, "BEGIN IMMEDIATE", e);
    if (r == 0) r = exec_sql(s, text->sql, e);
    if (r == 0) r = exec_sql(s, stamp, e);
    if (r == 0) r = exec_sql(s, "COMMIT", e);
    if (r == 0) return 0;
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return err_set(e, r, "migration %s: %s", text->name, sqlite3_errmsg(s->db));
}

/* A new database gets at once what the migrations would make of it, which takes a third of the time. */
static int migrate_database(struct store *s, struct err *e)
{
    int at = 0;
    int r = read_version(s, &at, e);
    if (r) return r;
    if (at > sql_migrations_count)
        return err_set(e, ERR_DB,
            "it was written by a newer Meridian (version %d, this program knows %d); use that one, or another --data-dir", at,
            sql_migrations_count);
    if (at == 0) return apply_migration(s, &sql_schema, sql_migrations_count, e);
    for (; r == 0 && at < sql_migrations_count; at++) r = apply_migration(s, &sql_migrations[at], at + 1, e);
    return r;
}

static int prepare_statement(struct store *s, const char *name, const char *sql, sqlite3_stmt **out, struct err *e)
{
    return sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL) == SQLITE_OK ? 0 : store_failed(s, e, name);
}

static int prepare_transactions(struct store *s, struct err *e)
{
    int r = prepare_statement(s, "BEGIN", "BEGIN", &s->begin_read, e);
    if (r == 0) r = prepare_statement(s, "BEGIN", "BEGIN IMMEDIATE", &s->begin_write, e);
    if (r == 0) r = prepare_statement(s, "COMMIT", "COMMIT", &s->commit, e);
    if (r == 0) r = prepare_statement(s, "ROLLBACK", "ROLLBACK", &s->rollback, e);
    return r;
}

/* A checkpoint that finds no room for the database to grow leaves the WAL as it is: nothing is lost, and the next one tries again. */
static int on_commit(void *arg, sqlite3 *db, const char *name, int frames)
{
    struct store *s = arg;
    s->wal_frames = frames;
    if (frames >= ROOM_CHECKPOINT_FRAMES) sqlite3_wal_checkpoint(db, name);
    return SQLITE_OK;
}

/*
 * Exclusive locking keeps the WAL index in this process's memory and leaves no
 * lock calls on the way of a query; nobody else may use the file anyway.
 */
static int configure_database(struct store *s, enum store_durability durability, struct err *e)
{
    static const struct {
        const char *journal, *synchronous;
    } how[] = {
        [STORE_FULL] = {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"},
        [STORE_NORMAL] = {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL"},
        [STORE_FLEETING] = {"PRAGMA journal_mode = MEMORY", "PRAGMA synchronous = OFF"},
    };
    int r = exec_sql(s, "PRAGMA locking_mode = EXCLUSIVE", e);
    if (r == 0) r = exec_sql(s, how[durability].journal, e);
    if (r == 0) r = exec_sql(s, how[durability].synchronous, e);
    if (r == 0) r = exec_sql(s, "PRAGMA foreign_keys = ON", e);
    if (r == 0) r = exec_sql(s, "PRAGMA cache_size = -6144", e);
    if (r == 0) r = exec_sql(s, "PRAGMA temp_store = MEMORY", e);
    int chunk = ROOM_CHUNK;
    sqlite3_file_control(s->db, "main", SQLITE_FCNTL_CHUNK_SIZE, &chunk);
    sqlite3_wal_hook(s->db, on_commit, s);
    keys_add_functions(s->db, &s->keys);
    return r;
}

static bool stat_wal(const struct store *s, struct stat *out)
{
    _buf_ struct buf path = {0};
    buf_printf(&path, "%s-wal", s->path);
    return stat(path.data, out) == 0;
}

/* So that the next checkpoints find room for the database to grow; and in the WAL, for when they don't. */
static void take_room(struct store *s)
{
    struct err e;
    int pages = 0;
    if (read_pragma(s, "PRAGMA page_count", &pages, &e) != 0) return;
    sqlite3_int64 size = (sqlite3_int64)pages * PAGE_BYTES + ROOM_AHEAD;
    sqlite3_file_control(s->db, "main", SQLITE_FCNTL_SIZE_HINT, &size);
    room_take(s->path);
    stat_wal(s, &s->wal);
}

/* SQLite would create the file with the umask's mode and fail without saying which file. */
static int touch_file(const char *path, struct err *e)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set(e, ERR_IO, "can't be opened for writing (%s); check its owner and mode, or choose another --data-dir",
            strerrordesc_np(errno));
    close(fd);
    return 0;
}

int store_open(struct store **out, const char *path, enum store_durability durability, struct err *e)
{
    bool is_proven = false;
    int r = backup_verify(path, &is_proven, e);
    if (r == 0) r = touch_file(path, e);
    if (r) return err_wrap(e, "database %s", path);
    struct store *s = calloc(1, sizeof *s);
    if (s == NULL || (s->path = strdup(path)) == NULL) abort();
    s->backed_up = -1; /* of a copy that there is, nobody knows how old it is: the last serve may have been killed */
    if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL) != SQLITE_OK)
        r = store_failed(s, e, "opening it");
    if (r == 0) r = configure_database(s, durability, e);
    if (r == 0 && !is_proven) r = check_sound(s, e);
    if (r == 0) r = exec_sql(s, "PRAGMA ignore_check_constraints = ON", e); /* words are checked where they are bound and read */
    if (r == 0) r = migrate_database(s, e);
    if (r == 0) r = prepare_transactions(s, e);
    if (r) {
        store_close(s);
        return err_wrap(e, "database %s", path);
    }
    take_room(s);
    *out = s;
    return 0;
}

bool store_is_lost(struct store *s)
{
    struct stat wal;
    int moved = 0;
    sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return moved || !stat_wal(s, &wal) || wal.st_ino != s->wal.st_ino || wal.st_dev != s->wal.st_dev;
}

int store_back_up(struct store *s, struct err *e)
{
    int64_t changes = store_changes(s);
    if (s->backed_up == changes) return 0;
    int r = backup_write(s->db, s->path, e);
    if (r == 0) s->backed_up = changes;
    return r;
}

int store_restore(struct store *s, const char *dump, struct err *e)
{
    memo_fini(&s->memo);
    bounds_fini(&s->rows);
    return dump_restore(s->db, dump, e);
}

int store_finish(struct store *s, struct err *e)
{
    if (s == NULL) return 0;
    _buf_ struct buf path = {0};
    buf_puts(&path, s->path);
    bool lost = store_is_lost(s);
    s->backed_up = -1; /* whatever became of the last one */
    int r = store_back_up(s, e);
    /* SQLite does not look after a file that was moved away; so that is as whole as it can be. */
    if (lost) sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    store_close(s);
    return r ? r : backup_stamp(path.data, e);
}

void store_close(struct store *s)
{
    if (s == NULL) return;
    for (int q = 0; q < Q__COUNT; q++) sqlite3_finalize(s->stmts[q]);
    sqlite3_finalize(s->begin_read);
    sqlite3_finalize(s->begin_write);
    sqlite3_finalize(s->commit);
    sqlite3_finalize(s->rollback);
    sqlite3_close(s->db);
    memo_fini(&s->memo);
    bounds_fini(&s->rows);
    free(s->path);
    free(s);
}

void store_act_for(struct store *s, const char *account, struct arena *a)
{
    keys_set(&s->keys, account, a);
}

static int step_once(struct store *s, sqlite3_stmt *st, const char *what, struct err *e)
{
    int rc = sqlite3_step(st);
    int r = rc == SQLITE_DONE ? 0 : store_failed(s, e, what);
    sqlite3_reset(st);
    return r;
}

int store_begin(struct store *s, bool write, struct err *e)
{
    int r = step_once(s, write ? s->begin_write : s->begin_read, "BEGIN", e);
    s->writing = r == 0 && write;
    return r;
}

int store_check_room(struct store *s, struct err *e)
{
    return s->wal_frames > ROOM_SHORT_FRAMES || room_is_gone(s->path) ? disk_full(e, "nothing new can be kept") : 0;
}

static void tell_end(struct store *s, bool committed)
{
    if (s->watch.end) s->watch.end(s->watch.arg, committed);
}

int store_commit(struct store *s, struct err *e)
{
    int r = trip_hit(TRIP_STORE_COMMIT) ? err_set(e, ERR_DB, "COMMIT: tripped") : step_once(s, s->commit, "COMMIT", e);
    if (r) {
        store_rollback(s);
        return r;
    }
    s->writing = false;
    trip_crash(TRIP_CRASH_AFTER_COMMIT);
    tell_end(s, true);
    return 0;
}

void store_rollback(struct store *s)
{
    s->writing = false;
    if (!sqlite3_get_autocommit(s->db)) { /* else SQLite already did it */
        sqlite3_step(s->rollback);
        sqlite3_reset(s->rollback);
    }
    tell_end(s, false);
}

int64_t store_changes(struct store *s)
{
    return sqlite3_total_changes64(s->db);
}

/* Queries are prepared when they are first used: the build has proved that they can be, and an idle server needs few. */
static int prepare_query(struct store *s, enum query q, struct err *e)
{
    return s->stmts[q] ? 0 : prepare_statement(s, sql_queries[q].name, sql_queries[q].sql, &s->stmts[q], e);
}

/* Strings are bound without a copy: they outlive the step. */
static int bind_query(struct store *s, enum query q, const struct sql_param *p, sqlite3_stmt **out, struct err *e)
{
    int r = prepare_query(s, q, e);
    sqlite3_stmt *st = *out = s->stmts[q];
    int used = r ? 0 : sqlite3_bind_parameter_count(st); /* a row's last columns may be left alone */
    assert(used == 0 || p != NULL);
    for (int i = 0; i < used; i++) {
        const char *text = keys_of(&s->keys, p[i].key, p[i].text);
        if (p[i].kind == SQL_INT) sqlite3_bind_int64(st, i + 1, p[i].number);
        else if (text) sqlite3_bind_text(st, i + 1, text, -1, SQLITE_STATIC);
        else sqlite3_bind_null(st, i + 1);
    }
    return r;
}

/* What a newer Meridian may have written, or somebody by hand, is nothing to guess at. */
static int read_word(const struct sql_table *t, const struct sql_column *c, const char *text, void *at, struct err *e)
{
    if (word_read(c->words, text, at)) return 0;
    return err_set(e, ERR_DB, "column %s of table %s holds %s, which is not %s that this program knows", c->name, t->name,
        text ? text : "nothing", c->words->is);
}

/* A copy of the column's text, or the id where it is a key. */
static char *read_text(const struct store *s, sqlite3_stmt *st, int column, enum sql_key key, const char *text, struct arena *a)
{
    return keys_id(&s->keys, key, text ? arena_strndup(a, text, (size_t)sqlite3_column_bytes(st, column)) : NULL);
}

/* Texts are in the arena; without one they are SQLite's own, until the next step. */
static int read_row(const struct store *s, sqlite3_stmt *st, const struct sql_table *t, struct arena *a, char *row, struct err *e)
{
    int r = 0;
    for (int i = 0; i < t->n_columns && r == 0; i++) {
        const struct sql_column *c = &t->columns[i];
        void *at = row + c->offset;
        const char *text = c->kind == SQL_INT ? NULL : (const char *)sqlite3_column_text(st, i);
        if (c->kind == SQL_INT) *(int64_t *)at = sqlite3_column_int64(st, i);
        else if (c->kind == SQL_WORD) r = read_word(t, c, text, at, e);
        else *(const char **)at = a ? read_text(s, st, i, c->key, text, a) : text;
    }
    return r;
}

int store_run(struct store *s, enum query q, const struct sql_param *p, struct err *e)
{
    sqlite3_stmt *st;
    int r = bind_query(s, q, p, &st, e);
    return r ? r : step_once(s, st, sql_queries[q].name, e);
}

/* ---- what is remembered of rows ---- */

/* The text of that column; NULL where the table has none of that name. */
static const char *text_of(const struct sql_table *t, const void *row, const char *column)
{
    for (const struct sql_column *c = t->columns; c < t->columns + t->n_columns; c++)
        if (strcmp(c->name, column) == 0) return *(const char *const *)((const char *)row + c->offset);
    return NULL;
}

void store_remember(struct store *s, const char *region, const char *rg_id, const char *text, size_t n)
{
    if (!s->writing) memo_put(&s->memo, region, keys_of(&s->keys, SQL_KEY_WHOLE, rg_id), text, n);
}

void store_remember_for(struct store *s, const char *host)
{
    if (strcmp(s->memo_host, host) == 0) return;
    memo_fini(&s->memo);
    snprintf(s->memo_host, sizeof s->memo_host, "%s", host);
}

const struct buf *store_recall(const struct store *s, const char *region, const char *rg_id)
{
    return s->writing ? NULL : memo_get(&s->memo, region, keys_of(&s->keys, SQL_KEY_WHOLE, rg_id));
}

int64_t store_most_rows(const struct store *s, const struct sql_table *t, const char *region)
{
    _arena_ struct arena a = {0};
    return bounds_get(&s->rows, t, keys_place(&s->keys, &a, t, NULL, region));
}

void store_counted(struct store *s, const struct sql_table *t, const char *region, int64_t n)
{
    _arena_ struct arena a = {0};
    bounds_set(&s->rows, t, keys_place(&s->keys, &a, t, NULL, region), n);
}

static int write_row(struct store *s, enum query q, const struct sql_param *p, const struct sql_table *t, const void *row,
    bool gone, struct err *e)
{
    int r = store_run(s, q, p, e);
    _arena_ struct arena a = {0};
    bool itself = t == &sql_table_replication_group;
    row = keys_row(&s->keys, t, row);
    const char *region = text_of(t, row, "region"), *id = region ? text_of(t, row, itself ? "id" : "rg_id") : NULL;
    if (id) memo_drop(&s->memo, region, id);
    if (region && !gone) bounds_grow(&s->rows, t, keys_place(&s->keys, &a, t, row, region));
    if (r || s->watch.row == NULL) return r;
    s->watch.row(s->watch.arg, t, row, gone);
    if (sqlite3_get_autocommit(s->db)) tell_end(s, true);
    return 0;
}

int store_put(struct store *s, enum query q, const struct sql_param *p, const struct sql_table *t, const void *row, struct err *e)
{
    return write_row(s, q, p, t, row, false, e);
}

int store_delete(
    struct store *s, enum query q, const struct sql_param *p, const struct sql_table *t, const void *row, struct err *e)
{
    return write_row(s, q, p, t, row, true, e);
}

void store_watch(struct store *s, const struct store_watch *w)
{
    s->watch = w ? *w : (struct store_watch){0};
}

int store_int(struct store *s, enum query q, const struct sql_param *p, int64_t *out, struct err *e)
{
    sqlite3_stmt *st;
    int r = bind_query(s, q, p, &st, e);
    if (r) return r;
    int rc = sqlite3_step(st);
    *out = rc == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
    r = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : store_failed(s, e, sql_queries[q].name);
    sqlite3_reset(st);
    return r;
}

int store_one(struct store *s, enum query q, const struct sql_param *p, const struct sql_table *t, struct arena *a, void **out,
    struct err *e)
{
    sqlite3_stmt *st;
    int r = bind_query(s, q, p, &st, e);
    if (r) return r;
    int rc = sqlite3_step(st);
    *out = NULL;
    if (rc == SQLITE_ROW) r = read_row(s, st, t, a, *out = arena_alloc(a, t->row_size), e);
    else if (rc != SQLITE_DONE) r = store_failed(s, e, sql_queries[q].name);
    sqlite3_reset(st);
    return r;
}

int store_many(struct store *s, enum query q, const struct sql_param *p, const struct sql_table *t, struct arena *a, void **out,
    size_t *n, struct err *e)
{
    sqlite3_stmt *st;
    int rc, r = bind_query(s, q, p, &st, e);
    if (r) return r;
    size_t cap = 16;
    char *rows = arena_alloc(a, cap * t->row_size);
    for (*n = 0; r == 0 && (rc = sqlite3_step(st)) == SQLITE_ROW; ++*n) {
        if (*n == cap) {
            char *more = arena_alloc(a, 2 * cap * t->row_size);
            memcpy(more, rows, cap * t->row_size);
            rows = more;
            cap *= 2;
        }
        r = read_row(s, st, t, a, rows + *n * t->row_size, e);
    }
    *out = rows;
    if (r == 0 && rc != SQLITE_DONE) r = store_failed(s, e, sql_queries[q].name);
    sqlite3_reset(st);
    return r;
}

int store_each(struct store *s, const struct sql_table *t, store_row_fn *each, void *arg, struct err *e)
{
    _arena_ struct arena a = {0};
    char *row = arena_alloc(&a, t->row_size);
    sqlite3_stmt *st;
    int rc, r = bind_query(s, (enum query)t->q_all, NULL, &st, e);
    if (r) return r;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW && (r = read_row(s, st, t, NULL, row, e)) == 0) each(arg, row);
    if (r == 0 && rc != SQLITE_DONE) r = store_failed(s, e, sql_queries[t->q_all].name);
    sqlite3_reset(st);
    return r;
}

static int read_texts(struct store *s, enum query q, const struct sql_param *p, enum sql_key key, struct arena *a,
    const char ***out, size_t *n, struct err *e)
{
    sqlite3_stmt *st;
    int rc, r = bind_query(s, q, p, &st, e);
    if (r) return r;
    size_t cap = 16;
    const char **texts = arena_array(a, const char *, cap);
    for (*n = 0; (rc = sqlite3_step(st)) == SQLITE_ROW; ++*n) {
        if (*n == cap) {
            const char **more = arena_array(a, const char *, 2 * cap);
            memcpy(more, texts, cap * sizeof *texts);
            texts = more;
            cap *= 2;
        }
        texts[*n] = read_text(s, st, 0, key, (const char *)sqlite3_column_text(st, 0), a);
    }
    *out = texts;
    if (rc != SQLITE_DONE) r = store_failed(s, e, sql_queries[q].name);
    sqlite3_reset(st);
    return r;
}

int store_texts(
    struct store *s, enum query q, const struct sql_param *p, struct arena *a, const char ***out, size_t *n, struct err *e)
{
    return read_texts(s, q, p, SQL_KEY_NONE, a, out, n, e);
}

int store_keys(
    struct store *s, enum query q, const struct sql_param *p, struct arena *a, const char ***out, size_t *n, struct err *e)
{
    return read_texts(s, q, p, SQL_KEY_WHOLE, a, out, n, e);
}

bool row_column_equal(const struct sql_column *c, const void *a, const void *b)
{
    const void *x = (const char *)a + c->offset, *y = (const char *)b + c->offset;
    switch (c->kind) {
    case SQL_INT: return *(const int64_t *)x == *(const int64_t *)y;
    case SQL_WORD: return *(const unsigned *)x == *(const unsigned *)y;
    case SQL_TEXT: break;
    }
    return text_equal(*(const char *const *)x, *(const char *const *)y);
}

bool row_equal(const struct sql_table *t, const void *a, const void *b)
{
    if (memcmp(a, b, t->row_size) == 0) return true; /* most rows were not touched since they were copied */
    for (int i = 0; i < t->n_columns; i++)
        if (!row_column_equal(&t->columns[i], a, b)) return false;
    return true;
}
