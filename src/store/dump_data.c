#include "store/dump_data.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "store/dump_sql.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 1 << 20 };

static const char tables[] =
    "CREATE TABLE dump_format (version INTEGER NOT NULL);"
    "INSERT INTO dump_format VALUES (1);"
    "CREATE TABLE dump_data (id INTEGER PRIMARY KEY, region TEXT NOT NULL, source_id TEXT NOT NULL, node_group_id TEXT NOT NULL,"
    " size INTEGER NOT NULL, sha256 TEXT NOT NULL);"
    "CREATE TABLE dump_piece (data_id INTEGER NOT NULL, seq INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (data_id, seq));";

/* ---- into a dump ---- */

struct packing {
    sqlite3 *db;
    sqlite3_stmt *datum, *piece;
    struct err *err;
};

static int add_piece(struct packing *p, size_t id, int64_t seq, const void *bytes, size_t n)
{
    sqlite3_bind_int64(p->piece, 1, (sqlite3_int64)id);
    sqlite3_bind_int64(p->piece, 2, seq);
    sqlite3_bind_blob64(p->piece, 3, bytes, n, SQLITE_STATIC);
    int rc = sqlite3_step(p->piece);
    sqlite3_reset(p->piece);
    return rc == SQLITE_DONE ? 0 : dump_sql_failed(p->db, "writing the dump", p->err);
}

static int add_datum(struct packing *p, size_t id, const struct dump_datum *d, int64_t size, const char *sha256)
{
    const char *texts[] = {d->region, d->source_id, d->node_group_id};
    sqlite3_bind_int64(p->datum, 1, (sqlite3_int64)id);
    for (int i = 0; i < 3; i++) sqlite3_bind_text(p->datum, 2 + i, texts[i], -1, SQLITE_STATIC);
    sqlite3_bind_int64(p->datum, 5, size);
    sqlite3_bind_text(p->datum, 6, sha256, -1, SQLITE_STATIC);
    int rc = sqlite3_step(p->datum);
    sqlite3_reset(p->datum);
    return rc == SQLITE_DONE ? 0 : dump_sql_failed(p->db, "writing the dump", p->err);
}

/* As many bytes as there are, up to 'most'; -1: an error. */
static ssize_t read_piece(int fd, char *to, size_t most)
{
    size_t have = 0;
    for (ssize_t n; have < most; have += (size_t)n) {
        n = read(fd, to + have, most - have);
        if (n < 0 && errno == EINTR) n = 0;
        else if (n < 0) return -1;
        else if (n == 0) break;
    }
    return (ssize_t)have;
}

static int add_file(struct packing *p, size_t id, const struct dump_datum *d, char *piece)
{
    char sha256[DIGEST_TEXT_SIZE];
    int64_t size = 0, seq = 0;
    ssize_t n = -1;
    int r = 0, fd = open(d->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct digest *sum = digest_new();
    while (r == 0 && fd >= 0 && (n = read_piece(fd, piece, PIECE)) > 0) {
        digest_add(sum, piece, (size_t)n);
        r = add_piece(p, id, seq++, piece, (size_t)n);
        size += n;
    }
    if (r == 0 && n < 0) r = err_set(p->err, ERR_IO, "reading the data of %s: %s", d->source_id, strerrordesc_np(errno));
    if (fd >= 0) close(fd);
    digest_end(sum, sha256);
    return r ? r : add_datum(p, id, d, size, sha256);
}

static int add_files(struct packing *p, const struct dump_datum *data, size_t n)
{
    static const char datum[] = "INSERT INTO dump_data VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                      piece[] = "INSERT INTO dump_piece VALUES (?1, ?2, ?3)";
    _buf_ struct buf bytes = {0};
    buf_reserve(&bytes, PIECE);
    int r = dump_sql_run(p->db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN", p->err);
    if (r == 0) r = dump_sql_run(p->db, tables, p->err);
    if (r) return r;
    bool ready = sqlite3_prepare_v2(p->db, datum, -1, &p->datum, NULL) == SQLITE_OK &&
                 sqlite3_prepare_v2(p->db, piece, -1, &p->piece, NULL) == SQLITE_OK;
    if (!ready) r = dump_sql_failed(p->db, "writing the dump", p->err);
    for (size_t i = 0; r == 0 && i < n; i++) r = add_file(p, i + 1, &data[i], bytes.data);
    sqlite3_finalize(p->datum);
    sqlite3_finalize(p->piece);
    return r ? r : dump_sql_run(p->db, "COMMIT", p->err);
}

/* The copy itself stays: it is what a damaged database is put right with. */
static int copy_database(const char *copy, const char *out, struct err *e)
{
    sqlite3 *db = NULL;
    char *sql = sqlite3_mprintf("VACUUM INTO %Q", out);
    int r = sqlite3_open_v2(copy, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK ? dump_sql_run(db, sql, e)
                                                                                : dump_sql_failed(db, "copying the database", e);
    sqlite3_free(sql);
    sqlite3_close(db);
    return r;
}

int dump_data_pack(const char *copy, const char *out, const struct dump_datum *data, size_t n, struct err *e)
{
    struct packing p = {.err = e};
    unlink(out);
    int r = copy_database(copy, out, e);
    if (r == 0 && n) {
        r = sqlite3_open_v2(out, &p.db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK ? add_files(&p, data, n)
                                                                                  : dump_sql_failed(p.db, "writing the dump", e);
        sqlite3_close(p.db);
    }
    if (r) unlink(out);
    return r;
}

/* ---- out of a dump ---- */

static int not_whole(struct err *e)
{
    return err_set(e, ERR_USAGE, "the dump can't be used: it is damaged");
}

static int write_piece(int fd, const char *bytes, size_t n, struct err *e)
{
    for (ssize_t w; n > 0; bytes += w, n -= (size_t)w) {
        w = write(fd, bytes, n);
        if (w < 0 && errno == EINTR) w = 0;
        else if (w < 0) return err_set(e, ERR_IO, "writing the dump's data: %s", strerrordesc_np(errno));
    }
    return 0;
}

static int write_pieces(sqlite3 *db, sqlite3_int64 id, int fd, int64_t size, const char *sha256, struct err *e)
{
    char found[DIGEST_TEXT_SIZE];
    sqlite3_stmt *st;
    int r = 0, rc = sqlite3_prepare_v2(db, "SELECT bytes FROM dump_piece WHERE data_id = ?1 ORDER BY seq", -1, &st, NULL);
    struct digest *sum = digest_new();
    sqlite3_bind_int64(st, 1, id);
    while (r == 0 && (rc == SQLITE_OK || rc == SQLITE_ROW) && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        const char *bytes = sqlite3_column_blob(st, 0);
        size_t n = (size_t)sqlite3_column_bytes(st, 0);
        if (n) digest_add(sum, bytes, n);
        size -= (int64_t)n;
        r = write_piece(fd, bytes, n, e);
    }
    sqlite3_finalize(st);
    digest_end(sum, found);
    if (r) return r;
    return rc == SQLITE_DONE && size == 0 && strcmp(found, sha256) == 0 ? 0 : not_whole(e);
}

static int write_file(sqlite3 *db, sqlite3_stmt *datum, const char *dir, struct err *e)
{
    char path[PATH_MAX];
    sqlite3_int64 id = sqlite3_column_int64(datum, 0);
    const char *sha256 = (const char *)sqlite3_column_text(datum, 2);
    snprintf(path, sizeof path, "%s/%lld.rdb", dir, (long long)id);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return err_set(e, ERR_IO, "writing %s: %s", path, strerrordesc_np(errno));
    int r = write_pieces(db, id, fd, sqlite3_column_int64(datum, 1), sha256 ? sha256 : "", e);
    if (r == 0 && fsync(fd) != 0) r = err_set(e, ERR_IO, "writing %s: %s", path, strerrordesc_np(errno));
    close(fd);
    return r;
}

static int write_files(sqlite3 *db, const char *dir, struct err *e)
{
    sqlite3_stmt *st;
    int r = 0, rc = sqlite3_prepare_v2(db, "SELECT id, size, sha256 FROM dump_data", -1, &st, NULL);
    if (mkdir(dir, 0700) != 0) r = err_set(e, ERR_IO, "making %s: %s", dir, strerrordesc_np(errno));
    while (r == 0 && (rc == SQLITE_OK || rc == SQLITE_ROW) && (rc = sqlite3_step(st)) == SQLITE_ROW)
        r = write_file(db, st, dir, e);
    sqlite3_finalize(st);
    return r || rc == SQLITE_DONE ? r : not_whole(e);
}

/* What the tables hold is known from now on; nothing of it is needed twice. */
static int drop_pieces(sqlite3 *db, struct err *e)
{
    return dump_sql_run(db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; DROP TABLE dump_piece; VACUUM", e) == 0
               ? 0
               : not_whole(e);
}

static int unpack_dump(sqlite3 *db, const char *dir, bool *any, struct err *e)
{
    _buf_ struct buf text = {0};
    int version;
    int r = dump_sql_check_version(db, e);
    if (r == 0) r = dump_sql_collect(db, "SELECT name FROM sqlite_schema WHERE name = 'dump_format'", &text, e);
    *any = r == 0 && text.len > 0;
    if (!*any) return r;
    buf_clear(&text);
    if (dump_sql_collect(db, "SELECT version FROM dump_format", &text, e) != 0 || sscanf(text.data, "%d", &version) != 1)
        return not_whole(e);
    if (version > DUMP_DATA_FORMAT)
        return err_set(e, ERR_USAGE, "the dump is of a newer Meridian (format %d of its data, this program knows %d)", version,
            DUMP_DATA_FORMAT);
    r = write_files(db, dir, e);
    return r ? r : drop_pieces(db, e);
}

int dump_data_unpack(const char *dump, const char *dir, bool *any, struct err *e)
{
    sqlite3 *db = NULL;
    *any = false;
    dump_data_remove(dir);
    int r = sqlite3_open_v2(dump, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK ? unpack_dump(db, dir, any, e)
                                                                                 : dump_sql_failed(db, "the dump", e);
    sqlite3_close(db);
    if (r) dump_data_remove(dir);
    return r;
}

void dump_data_remove(const char *dir)
{
    DIR *d = opendir(dir);
    for (struct dirent *entry; d && (entry = readdir(d)) != NULL;) unlinkat(dirfd(d), entry->d_name, 0);
    if (d) closedir(d);
    rmdir(dir);
}
