#include "store/backup.h"
#include "base/err.h"
#include "base/hash.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BACKUP ".backup"
#define SUM ".sum"

struct sum {
    int64_t size; /* -1: there is no such file */
    uint64_t hash;
};

static const char *path_beside(const char *db_path, const char *end, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s%s", db_path, end);
    return out;
}

static int64_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_size : -1;
}

static struct sum sum_of(const char *path)
{
    static char piece[1 << 16];
    struct sum s = {0};
    ssize_t n;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return (struct sum){.size = -1};
    while ((n = read(fd, piece, sizeof piece)) > 0) {
        s.hash = hash_words(s.hash, piece, (size_t)n);
        s.size += n;
    }
    close(fd);
    if (n < 0) s.size = -1;
    return s;
}

static bool sum_equals(const struct sum *a, const struct sum *b)
{
    return a->size >= 0 && a->size == b->size && a->hash == b->hash;
}

/* The database's and its copy's; false where there is no such file. */
static bool read_sums(const char *path, struct sum out[2])
{
    FILE *f = fopen(path, "re");
    if (f == NULL) return false;
    int n = fscanf(f, "%" SCNd64 " %" SCNx64 " %" SCNd64 " %" SCNx64, &out[0].size, &out[0].hash, &out[1].size, &out[1].hash);
    fclose(f);
    return n == 4;
}

int backup_damaged(const char *db_path, const char *what, struct err *e)
{
    char copy[PATH_MAX], when[32] = "";
    struct stat st;
    struct tm tm;
    if (stat(path_beside(db_path, BACKUP, copy), &st) != 0)
        return err_set(e, ERR_DB, "%s; restore it from a copy of yours, or move it away and start anew", what);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&st.st_mtime, &tm));
    const char *slash = strrchr(db_path, '/'), *name = slash ? slash + 1 : db_path;
    return err_set(e, ERR_DB,
        "%s; go back to the copy of %s with: cd '%.*s' && rm -f %s-wal && mv %s" BACKUP " %s - or move both away to start anew",
        what, when, slash ? (int)(slash - db_path) : 1, slash ? db_path : ".", name, name, name);
}

int backup_verify(const char *db_path, bool *proven, struct err *e)
{
    char path[PATH_MAX];
    struct sum was[2];
    *proven = false;
    bool in_use = size_of(path_beside(db_path, "-wal", path)) > 0;
    if (size_of(db_path) <= 0 && size_of(path_beside(db_path, BACKUP, path)) > 0) return backup_damaged(db_path, "it is gone", e);
    path_beside(db_path, SUM, path);
    if (!in_use && read_sums(path, was)) {
        struct sum is = sum_of(db_path);
        static const char what[] = "it is damaged: its bytes are not those that were there when it was closed (if you changed it "
                                   "yourself, delete its " SUM ")";
        if (!sum_equals(&is, &was[0]) && !sum_equals(&is, &was[1])) return backup_damaged(db_path, what, e);
        *proven = true;
    }
    unlink(path);
    return 0;
}

static int sync_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int r = fd < 0 ? -1 : fsync(fd);
    if (fd >= 0) close(fd);
    return r;
}

int backup_write(struct sqlite3 *db, const char *db_path, struct err *e)
{
    char copy[PATH_MAX], fresh[PATH_MAX];
    sqlite3_stmt *st = NULL;
    path_beside(db_path, BACKUP, copy);
    unlink(path_beside(db_path, BACKUP ".new", fresh));
    int rc = sqlite3_prepare_v2(db, "VACUUM INTO ?1", -1, &st, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_bind_text(st, 1, fresh, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK) rc = sqlite3_step(st);
    if (rc != SQLITE_DONE) err_set(e, ERR_DB, "copying the database to %s: %s", copy, sqlite3_errmsg(db));
    sqlite3_finalize(st);
    if (rc == SQLITE_DONE && sync_file(fresh) == 0 && rename(fresh, copy) == 0) return 0;
    if (rc == SQLITE_DONE) err_set(e, ERR_IO, "copying the database to %s: %s", copy, strerrordesc_np(errno));
    unlink(fresh);
    return e->code;
}

int backup_stamp(const char *db_path, struct err *e)
{
    char path[PATH_MAX], copy[PATH_MAX];
    struct sum db = sum_of(db_path), backup = sum_of(path_beside(db_path, BACKUP, copy));
    if (db.size < 0) return 0; /* whatever comes back in its place was closed elsewhere */
    FILE *f = fopen(path_beside(db_path, SUM, path), "we");
    bool ok = f != NULL && fprintf(f, "%" PRId64 " %016" PRIx64 " %" PRId64 " %016" PRIx64 "\n", db.size, db.hash, backup.size,
                               backup.hash) > 0;
    if (f && fclose(f) != 0) ok = false;
    if (ok) return 0;
    int why = errno;
    unlink(path);
    return err_set(e, ERR_IO, "writing %s: %s", path, strerrordesc_np(why));
}
