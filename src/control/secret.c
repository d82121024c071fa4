#include "control/secret.h"
#include "base/digest.h"
#include "base/hex.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static int secret_failed(struct err *e, const char *path)
{
    return err_set(e, ERR_IO, "%s: %s", path, strerrordesc_np(errno));
}

int secret_write(const char *path, const char *text, size_t n, struct err *e)
{
    char temporary[800];
    snprintf(temporary, sizeof temporary, "%s.new", path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return secret_failed(e, temporary);
    int r = write(fd, text, n) == (ssize_t)n && fsync(fd) == 0 ? 0 : secret_failed(e, temporary);
    close(fd);
    if (r == 0 && rename(temporary, path) < 0) r = secret_failed(e, path);
    return r;
}

static int secret_make(const char *path, char out[65], struct err *e)
{
    uint8_t bytes[32];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) return secret_failed(e, "getrandom");
    hex_write(bytes, sizeof bytes, out);
    return secret_write(path, out, 64, e);
}

void secret_derive(const char root[65], const char *purpose, const char *region, const char *owner, char out[65])
{
    _buf_ struct buf what = {0};
    buf_printf(&what, "%s\n%s\n%s", purpose, region, owner);
    digest_hmac(root, 64, what.data, what.len, out);
}

bool secret_is_lost(const char *path)
{
    return access(path, F_OK) != 0 && errno == ENOENT;
}

void secret_put_back(const char *folder, const char *path, const char *text, size_t n)
{
    struct err e = {0};
    mkdir(folder, 0700);
    if (secret_write(path, text, n, &e) == 0) log_warn("%s was deleted while it was in use: put back", path);
    else log_error("%s was deleted while it was in use: %s", path, e.msg);
}

void secret_keep(const char *data_dir, const char *name, const char text[65])
{
    char folder[600], file[640];
    snprintf(folder, sizeof folder, "%s/secrets", data_dir);
    snprintf(file, sizeof file, "%s/%s", folder, name);
    if (secret_is_lost(file)) secret_put_back(folder, file, text, 64);
}

void secret_forget(const char *data_dir, const char *name)
{
    char file[640];
    snprintf(file, sizeof file, "%s/secrets/%s", data_dir, name);
    unlink(file);
}

int secret_read(const char *data_dir, const char *name, char out[65], char *path, unsigned long size, struct err *e)
{
    char folder[600], file[640];
    snprintf(folder, sizeof folder, "%s/secrets", data_dir);
    snprintf(file, sizeof file, "%s/%s", folder, name);
    if (path) snprintf(path, size, "%s", file);
    if (mkdir(folder, 0700) < 0 && errno != EEXIST) return secret_failed(e, folder);
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return errno == ENOENT ? secret_make(file, out, e) : secret_failed(e, file);
    struct stat st;
    if (fstat(fd, &st) == 0 && (st.st_mode & 077)) fchmod(fd, 0600); /* others could read it; they need not go on doing so */
    ssize_t n = read(fd, out, 64);
    close(fd);
    out[64] = '\0';
    if (n != 64 || strspn(out, "0123456789abcdef") != 64)
        return err_set(e, ERR_IO, "%s is damaged; remove it while nothing runs from this data directory, and start again", file);
    return 0;
}
