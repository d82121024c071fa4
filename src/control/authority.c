#include "control/authority.h"
#include "base/hex.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "catalog/endpoint_name.h"
#include "control/hosts.h"
#include "control/secret.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "Meridian local ElastiCache"
/* Nobody's address. Where a certificate has no DNS name, some clients hold its common name against what the authority may sign. */
#define NODE_NAME "meridian-node.localhost"

enum { SERIAL = 16, HASH = 32, DAYS = 3650, DAY_S = 86400, FILE_MAX = 8192 };

struct authority {
    char folder[600];
    const char *advertised;            /* NULL: none */
    const char *domains[NAME_DOMAINS]; /* of endpoints' names; NULL: none */
    const struct hosts *hosts;         /* NULL: none are learned */
    char *pem;                         /* NULL: there is none yet */
    char mark[2 * HASH + 1];
    gnutls_x509_crt_t certificate;
    gnutls_x509_privkey_t key;
};

static int gnutls_failed(struct err *e, int r, const char *what)
{
    return err_set(e, ERR_BROKEN, "%s: %s", what, gnutls_strerror(r));
}

static void authority_path(const struct authority *a, const char *file, char out[700])
{
    snprintf(out, 700, "%s/%s", a->folder, file);
}

/* ---- making what is signed ---- */

static int make_key(gnutls_x509_privkey_t *out, struct err *e)
{
    int r = gnutls_x509_privkey_init(out);
    if (r >= 0) r = gnutls_x509_privkey_generate(*out, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    return r < 0 ? gnutls_failed(e, r, "making a key") : 0;
}

/* What every certificate has; GnuTLS remembers no error here that signing would not find again. */
static int certificate_begin(gnutls_x509_crt_t c, gnutls_x509_privkey_t key, time_t from, time_t until, const char *name)
{
    unsigned char serial[SERIAL], id[HASH];
    size_t id_size = sizeof id;
    int r = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);
    serial[0] = (serial[0] & 0x7f) | 0x40; /* a positive number of full length */
    if (r >= 0) r = gnutls_x509_crt_set_version(c, 3);
    if (r >= 0) r = gnutls_x509_crt_set_serial(c, serial, sizeof serial);
    if (r >= 0) r = gnutls_x509_crt_set_activation_time(c, from);
    if (r >= 0) r = gnutls_x509_crt_set_expiration_time(c, until);
    if (r >= 0) r = gnutls_x509_crt_set_dn_by_oid(c, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)strlen(name));
    if (r >= 0) r = gnutls_x509_crt_set_key(c, key);
    if (r >= 0) r = gnutls_x509_crt_get_key_id(c, GNUTLS_KEYID_USE_SHA256, id, &id_size);
    if (r >= 0) r = gnutls_x509_crt_set_subject_key_id(c, id, 20);
    return r;
}

static int add_name(gnutls_x509_crt_t c, const char *name)
{
    unsigned char ip[16];
    if (inet_pton(AF_INET, name, ip) == 1)
        return gnutls_x509_crt_set_subject_alt_name(c, GNUTLS_SAN_IPADDRESS, ip, 4, GNUTLS_FSAN_APPEND);
    if (inet_pton(AF_INET6, name, ip) == 1)
        return gnutls_x509_crt_set_subject_alt_name(c, GNUTLS_SAN_IPADDRESS, ip, 16, GNUTLS_FSAN_APPEND);
    return gnutls_x509_crt_set_subject_alt_name(c, GNUTLS_SAN_DNSNAME, name, (unsigned)strlen(name), GNUTLS_FSAN_APPEND);
}

static int add_names(gnutls_x509_crt_t c, const char *names)
{
    _arena_ struct arena mem = {0};
    char *rest = NULL, *copy = arena_strdup(&mem, names);
    int r = 0;
    for (char *name = strtok_r(copy, " ", &rest); r >= 0 && name; name = strtok_r(NULL, " ", &rest)) r = add_name(c, name);
    return r;
}

static int name_issuer(gnutls_x509_crt_t c, gnutls_x509_crt_t issuer)
{
    unsigned char id[HASH];
    size_t size = sizeof id;
    int r = gnutls_x509_crt_get_subject_key_id(issuer, id, &size, NULL);
    return r < 0 ? r : gnutls_x509_crt_set_authority_key_id(c, id, size);
}

static int sign_leaf(struct authority *a, gnutls_x509_crt_t c, gnutls_x509_privkey_t key, const char *names, time_t until)
{
    int r = certificate_begin(c, key, gnutls_x509_crt_get_activation_time(a->certificate), until, NODE_NAME);
    if (r >= 0) r = add_names(c, names);
    if (r >= 0) r = gnutls_x509_crt_set_basic_constraints(c, 0, -1);
    if (r >= 0) r = gnutls_x509_crt_set_key_usage(c, GNUTLS_KEY_DIGITAL_SIGNATURE);
    if (r >= 0) r = gnutls_x509_crt_set_key_purpose_oid(c, GNUTLS_KP_TLS_WWW_SERVER, 0);
    if (r >= 0) r = gnutls_x509_crt_set_key_purpose_oid(c, GNUTLS_KP_TLS_WWW_CLIENT, 0);
    if (r >= 0) r = name_issuer(c, a->certificate);
    return r < 0 ? r : gnutls_x509_crt_sign2(c, a->certificate, a->key, GNUTLS_DIG_SHA256, 0);
}

static int add_pem(struct buf *out, gnutls_x509_crt_t c, gnutls_x509_privkey_t key)
{
    gnutls_datum_t pem = {0};
    int r =
        c ? gnutls_x509_crt_export2(c, GNUTLS_X509_FMT_PEM, &pem) : gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem);
    if (r >= 0) buf_add(out, (const char *)pem.data, pem.size);
    if (pem.data && key) gnutls_memset(pem.data, 0, pem.size);
    gnutls_free(pem.data);
    return r;
}

int authority_issue(
    struct authority *a, const char *names, int64_t expires_ms, struct buf *certificate, struct buf *key, struct err *e)
{
    gnutls_x509_privkey_t k = NULL;
    gnutls_x509_crt_t c = NULL;
    if (authority_pem(a, e) == NULL) return e->code;
    int r = make_key(&k, e), ok = gnutls_x509_crt_init(&c);
    if (r == 0 && ok >= 0) ok = sign_leaf(a, c, k, names, (time_t)(expires_ms / 1000));
    if (r == 0 && ok >= 0) ok = add_pem(certificate, c, NULL);
    if (r == 0 && ok >= 0) ok = add_pem(key, NULL, k);
    if (r == 0 && ok < 0) r = gnutls_failed(e, ok, "issuing a certificate");
    gnutls_x509_crt_deinit(c);
    gnutls_x509_privkey_deinit(k);
    return r;
}

/* ---- the authority's own ---- */

static void take_mark(struct authority *a)
{
    unsigned char hash[HASH];
    size_t size = sizeof hash;
    if (gnutls_x509_crt_get_fingerprint(a->certificate, GNUTLS_DIG_SHA256, hash, &size) < 0) size = 0;
    hex_write(hash, size, a->mark);
}

static int permit_range(gnutls_x509_name_constraints_t list, gnutls_x509_subject_alt_name_t type, const void *name, size_t size)
{
    const gnutls_datum_t what = {(unsigned char *)(uintptr_t)name, (unsigned)size};
    return gnutls_x509_name_constraints_add_permitted(list, type, &what);
}

/* An address with the mask for it alone, as RFC 5280, 4.2.1.10, writes a range. */
static int permit_name(gnutls_x509_name_constraints_t list, const char *name)
{
    unsigned char range[32];
    memset(range, 0xff, sizeof range);
    if (inet_pton(AF_INET, name, range) == 1) return permit_range(list, GNUTLS_SAN_IPADDRESS, range, 8);
    if (inet_pton(AF_INET6, name, range) == 1) return permit_range(list, GNUTLS_SAN_IPADDRESS, range, 32);
    return permit_range(list, GNUTLS_SAN_DNSNAME, name, strlen(name));
}

/* What is private: RFC 1918, 3927, 6598 and 4193. */
static int permit_private(gnutls_x509_name_constraints_t list)
{
    static const unsigned char four[][8] = {{10, 0, 0, 0, 255, 0, 0, 0}, {172, 16, 0, 0, 255, 240, 0, 0},
        {192, 168, 0, 0, 255, 255, 0, 0}, {169, 254, 0, 0, 255, 255, 0, 0}, {100, 64, 0, 0, 255, 192, 0, 0}};
    static const unsigned char six[][32] = {{[0] = 0xfc, [16] = 0xfe}, {[0] = 0xfe, [1] = 0x80, [16] = 0xff, [17] = 0xc0}};
    int r = 0;
    for (size_t i = 0; r >= 0 && i < sizeof four / sizeof *four; i++)
        r = permit_range(list, GNUTLS_SAN_IPADDRESS, four[i], sizeof four[i]);
    for (size_t i = 0; r >= 0 && i < sizeof six / sizeof *six; i++)
        r = permit_range(list, GNUTLS_SAN_IPADDRESS, six[i], sizeof six[i]);
    return r;
}

static int permit_hosts(gnutls_x509_name_constraints_t list, const struct hosts *h)
{
    int r = permit_private(list);
    for (const char *const *d = hosts_domains; r >= 0 && *d; d++) r = permit_name(list, *d);
    for (size_t i = 0; r >= 0 && i < h->n; i++) r = permit_name(list, h->names[i]);
    return r;
}

/* Whoever trusts this authority trusts it for these names only: it can't speak for any other host. */
static int constrain_names(gnutls_x509_crt_t c, const struct authority *a)
{
    static const unsigned char loopback[] = {127, 0, 0, 0, 255, 0, 0, 0};
    const char *advertised = a->advertised;
    gnutls_x509_name_constraints_t list;
    int r = gnutls_x509_name_constraints_init(&list);
    if (r < 0) return r;
    r = permit_range(list, GNUTLS_SAN_IPADDRESS, loopback, sizeof loopback);
    if (r >= 0) r = permit_name(list, "::1");
    if (r >= 0) r = permit_name(list, "localhost");
    if (r >= 0 && advertised && strcmp(advertised, "localhost") != 0) r = permit_name(list, advertised);
    for (int i = 0; i < NAME_DOMAINS && r >= 0 && a->domains[i]; i++) r = permit_name(list, a->domains[i]);
    if (r >= 0 && a->hosts) r = permit_hosts(list, a->hosts);
    if (r >= 0) r = gnutls_x509_crt_set_name_constraints(c, list, 1);
    gnutls_x509_name_constraints_deinit(list);
    return r;
}

/* An authority without constraints, of an earlier version, may sign for everybody. */
static bool is_permitted(gnutls_x509_crt_t c, const char *name)
{
    unsigned char ip[16];
    gnutls_x509_name_constraints_t list;
    if (gnutls_x509_name_constraints_init(&list) < 0) return false;
    int r = gnutls_x509_crt_get_name_constraints(c, list, 0, NULL);
    size_t size = inet_pton(AF_INET, name, ip) == 1 ? 4 : inet_pton(AF_INET6, name, ip) == 1 ? 16 : 0;
    const gnutls_datum_t what = {size ? ip : (unsigned char *)(uintptr_t)name, (unsigned)(size ? size : strlen(name))};
    bool may = r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE ||
               (r >= 0 && gnutls_x509_name_constraints_check(list, size ? GNUTLS_SAN_IPADDRESS : GNUTLS_SAN_DNSNAME, &what) != 0);
    gnutls_x509_name_constraints_deinit(list);
    return may;
}

bool authority_may_sign_for(const struct authority *a, const char *name)
{
    return a->certificate == NULL || is_permitted(a->certificate, name);
}

/* Valid since yesterday as real clocks have it: a clock that was moved must not make it one of the future. */
static int sign_self(struct authority *a)
{
    time_t now = (time_t)((clock_now_ms() - clock_warped_ms()) / 1000);
    int r = certificate_begin(a->certificate, a->key, now - DAY_S, now + (time_t)(DAYS - 1) * DAY_S, NAME);
    if (r >= 0) r = gnutls_x509_crt_set_basic_constraints(a->certificate, 1, 0);
    if (r >= 0) r = gnutls_x509_crt_set_key_usage(a->certificate, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
    if (r >= 0) r = constrain_names(a->certificate, a);
    return r < 0 ? r : gnutls_x509_crt_sign2(a->certificate, a->certificate, a->key, GNUTLS_DIG_SHA256, 0);
}

/* The key first: a certificate without its key would be an authority that is damaged. */
static int authority_keep_new(struct authority *a, const struct buf *pem, const struct buf *key, struct err *e)
{
    char path[700];
    if (mkdir(a->folder, 0700) < 0 && errno != EEXIST) return err_set(e, ERR_IO, "%s: %s", a->folder, strerrordesc_np(errno));
    authority_path(a, "ca.key", path);
    int r = secret_write(path, key->data, key->len, e);
    authority_path(a, "ca.pem", path);
    return r ? r : secret_write(path, pem->data, pem->len, e);
}

/* The key first, as when it was made. */
void authority_keep(const struct authority *a)
{
    char key[700], pem[700];
    _buf_ struct buf text = {0};
    if (a->pem == NULL) return;
    authority_path(a, "ca.key", key);
    authority_path(a, "ca.pem", pem);
    if (secret_is_lost(key) && add_pem(&text, NULL, a->key) >= 0) secret_put_back(a->folder, key, text.data, text.len);
    if (secret_is_lost(pem)) secret_put_back(a->folder, pem, a->pem, strlen(a->pem));
    if (text.data) gnutls_memset(text.data, 0, text.cap);
}

static void authority_forget(struct authority *a)
{
    gnutls_x509_crt_deinit(a->certificate);
    gnutls_x509_privkey_deinit(a->key);
    free(a->pem);
    a->certificate = NULL;
    a->key = NULL;
    a->pem = NULL;
}

static int authority_make(struct authority *a, struct err *e)
{
    _buf_ struct buf pem = {0}, key = {0};
    int r = make_key(&a->key, e), ok = gnutls_x509_crt_init(&a->certificate);
    if (r == 0 && ok >= 0) ok = sign_self(a);
    if (r == 0 && ok >= 0) ok = add_pem(&pem, a->certificate, NULL);
    if (r == 0 && ok >= 0) ok = add_pem(&key, NULL, a->key);
    if (r == 0 && ok < 0) r = gnutls_failed(e, ok, "making the certificate authority");
    if (r == 0) r = authority_keep_new(a, &pem, &key, e);
    if (key.data) gnutls_memset(key.data, 0, key.cap);
    if (r) {
        authority_forget(a);
        return r;
    }
    if ((a->pem = strdup(pem.data)) == NULL) abort();
    take_mark(a);
    return 0;
}

const char *authority_pem(struct authority *a, struct err *e)
{
    return a->pem || authority_make(a, e) == 0 ? a->pem : NULL;
}

const char *authority_mark(const struct authority *a)
{
    return a->mark;
}

/* ---- what an earlier serve has left ---- */

static int refuse_file(const char *path, const char *why, struct err *e)
{
    return err_set(e, ERR_USAGE,
        "%s %s; set it right, or remove the folder of that file to have a new certificate authority made", path, why);
}

/* Nobody else may read it, and nobody else may have written it. */
static int check_private(const char *path, const struct stat *st, struct err *e)
{
    if (st->st_uid != geteuid()) return refuse_file(path, "belongs to another user", e);
    if (st->st_mode & 077) return refuse_file(path, "can be read or written by others (chmod go= would mend that)", e);
    return 0;
}

static int read_private(const char *path, char *out, gnutls_datum_t *text, struct err *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return refuse_file(path, "can't be read", e);
    int r = fstat(fd, &st) < 0 ? refuse_file(path, "can't be read", e) : check_private(path, &st, e);
    ssize_t n = r ? 0 : read(fd, out, FILE_MAX - 1);
    close(fd);
    if (r == 0 && n <= 0) r = refuse_file(path, "can't be read", e);
    if (r) return r;
    out[n] = '\0';
    *text = (gnutls_datum_t){(unsigned char *)out, (unsigned)n};
    return 0;
}

static bool is_pair(const struct authority *a)
{
    unsigned char of_key[HASH], of_certificate[HASH];
    size_t size = sizeof of_key, other = sizeof of_certificate;
    return gnutls_x509_privkey_get_key_id(a->key, GNUTLS_KEYID_USE_SHA256, of_key, &size) >= 0 &&
           gnutls_x509_crt_get_key_id(a->certificate, GNUTLS_KEYID_USE_SHA256, of_certificate, &other) >= 0 && size == other &&
           memcmp(of_key, of_certificate, size) == 0;
}

static int read_key(struct authority *a, struct err *e)
{
    char path[700], text[FILE_MAX];
    gnutls_datum_t pem;
    authority_path(a, "ca.key", path);
    int r = read_private(path, text, &pem, e);
    if (r) return r;
    bool ok = gnutls_x509_privkey_init(&a->key) >= 0 && gnutls_x509_privkey_import(a->key, &pem, GNUTLS_X509_FMT_PEM) >= 0;
    gnutls_memset(text, 0, sizeof text);
    return ok ? 0 : refuse_file(path, "is no private key", e);
}

static int read_certificate(struct authority *a, struct err *e)
{
    char path[700], text[FILE_MAX];
    gnutls_datum_t pem;
    authority_path(a, "ca.pem", path);
    int r = read_private(path, text, &pem, e);
    if (r) return r;
    bool ok =
        gnutls_x509_crt_init(&a->certificate) >= 0 && gnutls_x509_crt_import(a->certificate, &pem, GNUTLS_X509_FMT_PEM) >= 0;
    if (!ok) return refuse_file(path, "is no certificate", e);
    if (!is_pair(a)) return refuse_file(path, "does not belong to the key next to it", e);
    if ((a->pem = strdup(text)) == NULL) abort();
    take_mark(a);
    return 0;
}

/* A key without a certificate is what a crash leaves while an authority is made: it never signed anything. */
static int check_unused(const struct authority *a, const char *pem, struct err *e)
{
    char nodes[700];
    authority_path(a, AUTHORITY_NODES, nodes);
    return access(nodes, F_OK) < 0 ? 0 : refuse_file(pem, "is missing, and nodes have certificates that it signed", e);
}

static int refuse_name(const char *path, const char *flag, const char *name, struct err *e)
{
    return err_set(e, ERR_USAGE,
        "%s was made for another %s than %s; remove its folder to have a new certificate authority made, which clients "
        "have to trust anew",
        path, flag, name);
}

static int check_permitted(const struct authority *a, const char *path, struct err *e)
{
    if (a->advertised && !is_permitted(a->certificate, a->advertised)) return refuse_name(path, "--advertise", a->advertised, e);
    for (int i = 0; i < NAME_DOMAINS && a->domains[i]; i++)
        if (!is_permitted(a->certificate, a->domains[i])) return refuse_name(path, "--names", a->domains[i], e);
    return 0;
}

static int authority_find(struct authority *a, struct err *e)
{
    struct stat st;
    char path[700];
    if (lstat(a->folder, &st) < 0) return errno == ENOENT ? 0 : err_set(e, ERR_IO, "%s: %s", a->folder, strerrordesc_np(errno));
    int r = check_private(a->folder, &st, e);
    if (r) return r;
    authority_path(a, "ca.pem", path);
    if (lstat(path, &st) < 0 && errno == ENOENT) return check_unused(a, path, e);
    r = read_key(a, e);
    if (r == 0) r = read_certificate(a, e);
    return r ? r : check_permitted(a, path, e);
}

int authority_open(struct authority **out, const char *data_dir, const char *advertised, const char *domain,
    const struct hosts *hosts, struct err *e)
{
    struct authority *a = calloc(1, sizeof *a);
    if (a == NULL) abort();
    snprintf(a->folder, sizeof a->folder, "%s/tls", data_dir);
    a->advertised = advertised;
    a->hosts = hosts;
    if (domain) endpoint_name_domains(domain, a->domains);
    int r = authority_find(a, e);
    if (r) {
        authority_close(a);
        return r;
    }
    *out = a;
    return 0;
}

void authority_close(struct authority *a)
{
    if (a == NULL) return;
    authority_forget(a);
    free(a);
}
