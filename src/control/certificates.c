#include "control/certificates.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/index.h"
#include "base/log.h"
#include "control/authority.h"
#include "control/secret.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Some clients refuse what is valid for more than 398 days. */
#define VALID_MS (397LL * 24 * 3600 * 1000)
#define RENEW_MS (30LL * 24 * 3600 * 1000)

enum { FILE_MAX = 16384 };

enum { NAME_MAX_SIZE = 400 };

struct kept {
    char *name;               /* the region and the id: kept_name() */
    char *region, *id, *head; /* the head tells the names and the authority */
    char *pem, *key;
    int64_t expires_ms;
};

struct certificates {
    struct authority *authority;
    char folder[600];
    struct index by_name; /* struct kept */
    int64_t due_ms;       /* when the first of them is renewed */
    bool due_known;
};

static void kept_name(const char *region, const char *id, char out[NAME_MAX_SIZE])
{
    snprintf(out, NAME_MAX_SIZE, "%s %s", region, id);
}

static struct kept *kept_next(const struct certificates *c, size_t *at)
{
    while (*at < c->by_name.cap) {
        struct kept *k = c->by_name.slots[(*at)++].value;
        if (k) return k;
    }
    return NULL;
}

static void kept_path(const struct certificates *c, const struct kept *k, char out[800])
{
    snprintf(out, 800, "%s/%s.%s.pem", c->folder, k->region, k->id);
}

static void kept_clear(struct kept *k)
{
    if (k->key) explicit_bzero(k->key, strlen(k->key));
    free(k->head);
    free(k->pem);
    free(k->key);
    k->head = k->pem = k->key = NULL;
    k->expires_ms = 0;
}

static char *text_copy(const char *s, size_t n)
{
    char *out = strndup(s, n);
    if (out == NULL) abort();
    return out;
}

static struct kept *kept_find(struct certificates *c, const char *region, const char *id)
{
    char name[NAME_MAX_SIZE];
    kept_name(region, id, name);
    return index_get(&c->by_name, name);
}

/* ---- files: the head, a line with the time it expires, the certificate, the key ---- */

static void kept_read_file(const struct certificates *c, struct kept *k)
{
    char path[800], text[FILE_MAX];
    struct stat st;
    kept_path(c, k, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return;
    /* One that others could read, or have written, is not used any more. */
    bool own = fstat(fd, &st) == 0 && (st.st_mode & 077) == 0 && st.st_uid == geteuid();
    ssize_t n = own ? read(fd, text, sizeof text - 1) : 0;
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    char *head = strstr(text, "\nexpires_ms ");
    char *pem = strstr(text, "-----BEGIN CERTIFICATE"), *key = pem ? strstr(pem + 1, "-----BEGIN") : NULL;
    if (head && key) {
        k->expires_ms = strtoll(head + sizeof "\nexpires_ms", NULL, 10);
        k->head = text_copy(text, (size_t)(head - text));
        k->pem = text_copy(pem, (size_t)(key - pem));
        k->key = text_copy(key, strlen(key));
    }
    explicit_bzero(text, sizeof text);
}

static void kept_put_text(const struct kept *k, struct buf *text)
{
    buf_printf(text, "%s\nexpires_ms %" PRId64 "\n%s%s", k->head, k->expires_ms, k->pem, k->key);
}

void certificates_keep(const struct certificates *c)
{
    char path[800];
    const struct kept *k;
    for (size_t at = 0; (k = kept_next(c, &at)) != NULL;) {
        _buf_ struct buf text = {0};
        kept_path(c, k, path);
        if (k->pem == NULL || !secret_is_lost(path)) continue;
        kept_put_text(k, &text);
        secret_put_back(c->folder, path, text.data, text.len);
        explicit_bzero(text.data, text.len);
    }
}

/* Without its file a certificate is as good, but the next serve will issue another. */
static void kept_write_file(const struct certificates *c, const struct kept *k)
{
    char path[800];
    struct err e;
    _buf_ struct buf text = {0};
    kept_put_text(k, &text);
    kept_path(c, k, path);
    int r = mkdir(c->folder, 0700) < 0 && errno != EEXIST ? err_set(&e, ERR_IO, "%s: %s", c->folder, strerrordesc_np(errno)) : 0;
    if (r == 0) r = secret_write(path, text.data, text.len, &e);
    if (r) log_warn("keeping a certificate: %s", e.msg);
    explicit_bzero(text.data, text.len);
}

/* ---- issuing ---- */

static int kept_issue(struct certificates *c, struct kept *k, const char *head, const char *names, int64_t now_ms, struct err *e)
{
    _buf_ struct buf pem = {0}, key = {0};
    int64_t expires_ms = now_ms + VALID_MS;
    int r = authority_issue(c->authority, names, expires_ms, &pem, &key, e);
    if (r) return r;
    kept_clear(k);
    k->expires_ms = expires_ms;
    c->due_known = false;
    k->head = text_copy(head, strlen(head));
    k->pem = text_copy(pem.data, pem.len);
    k->key = text_copy(key.data, key.len);
    explicit_bzero(key.data, key.len);
    log_info("node %s of %s: has a new certificate", k->id, k->region);
    kept_write_file(c, k);
    return 0;
}

static struct kept *kept_add(struct certificates *c, const char *region, const char *id)
{
    struct kept *k = calloc(1, sizeof *k);
    char name[NAME_MAX_SIZE];
    if (k == NULL) abort();
    kept_name(region, id, name);
    k->name = text_copy(name, strlen(name));
    k->region = text_copy(region, strlen(region));
    k->id = text_copy(id, strlen(id));
    index_put(&c->by_name, k->name, k);
    kept_read_file(c, k);
    c->due_known = false;
    return k;
}

int certificates_get(struct certificates *c, const char *region, const char *id, const char *names, int64_t now_ms,
    struct certificate *out, struct err *e)
{
    _buf_ struct buf head = {0};
    if (authority_pem(c->authority, e) == NULL) return e->code;
    buf_printf(&head, "names %s\nauthority %s", names, authority_mark(c->authority));
    struct kept *k = kept_find(c, region, id);
    if (k == NULL) k = kept_add(c, region, id);
    bool good = k->head && strcmp(k->head, head.data) == 0 && now_ms < k->expires_ms - RENEW_MS;
    int r = good ? 0 : kept_issue(c, k, head.data, names, now_ms, e);
    if (r == 0) *out = (struct certificate){k->pem, k->key};
    return r;
}

/* ---- the whole ---- */

static void kept_drop(struct kept *k)
{
    kept_clear(k);
    free(k->name);
    free(k->region);
    free(k->id);
    free(k);
}

void certificates_forget(struct certificates *c, const char *region, const char *id)
{
    char path[800];
    struct kept *k = kept_find(c, region, id);
    if (k == NULL) return;
    index_drop(&c->by_name, k->name);
    c->due_known = false;
    kept_path(c, k, path);
    unlink(path);
    kept_drop(k);
}

int64_t certificates_due_ms(struct certificates *c)
{
    const struct kept *k;
    if (c->due_known) return c->due_ms;
    c->due_known = true;
    c->due_ms = INT64_MAX;
    for (size_t at = 0; (k = kept_next(c, &at)) != NULL;)
        if (k->expires_ms - RENEW_MS < c->due_ms) c->due_ms = k->expires_ms - RENEW_MS;
    return c->due_ms;
}

struct certificates *certificates_open(struct authority *a, const char *data_dir)
{
    struct certificates *c = calloc(1, sizeof *c);
    if (c == NULL) abort();
    c->authority = a;
    snprintf(c->folder, sizeof c->folder, "%s/tls/" AUTHORITY_NODES, data_dir);
    return c;
}

void certificates_close(struct certificates *c)
{
    struct kept *k;
    if (c == NULL) return;
    for (size_t at = 0; (k = kept_next(c, &at)) != NULL;) kept_drop(k);
    index_fini(&c->by_name);
    free(c);
}
