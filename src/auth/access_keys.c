#include "auth/access_keys.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/private_file.h"
#include "catalog/account_key.h"
#include "model/json.h"
#include "protocol/admin.gen.h"
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { FILE_LIMIT = 1 << 20, ID_MIN = 4, ID_MAX = 128, SECRET_MAX = 256, USER_MAX = 64 };

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

struct access_keys {
    char *file;
    struct timespec changed; /* its contents, owner or mode */
    ino_t inode;
    off_t size;
    struct arena arena; /* of the keys */
    struct access_key *items;
    size_t n;
};

static bool consists_of(const char *text, const char *letters, size_t min, size_t max)
{
    size_t n = strlen(text);
    return n >= min && n <= max && strspn(text, letters) == n;
}

bool action_matches(const char *pattern, const char *action)
{
    return fnmatch(pattern, action, FNM_CASEFOLD | FNM_NOESCAPE) == 0;
}

/* ---- the file ---- */

/* A pattern for an action of a service that is served here: another one would allow nothing, and its owner would not know why. */
static bool is_action(const char *text)
{
    static const char *const services[] = {"elasticache:", "sts:", "ec2:", "fis:", "*"};
    bool known = false;
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        known |= strncasecmp(text, services[i], strlen(services[i])) == 0;
    return known && consists_of(text, LETTERS DIGITS ":*?-", 1, ID_MAX);
}

static int check_key(const struct admin_access_key *k, size_t i, struct err *e)
{
    if (!consists_of(k->id, LETTERS DIGITS "_", ID_MIN, ID_MAX))
        return err_set(e, ERR_USAGE, "key %zu: its id must be %d to %d letters and digits", i + 1, ID_MIN, ID_MAX);
    if (k->secret[0] == '\0' || strlen(k->secret) > SECRET_MAX)
        return err_set(e, ERR_USAGE, "key %s: its secret must have 1 to %d characters", k->id, SECRET_MAX);
    if (!consists_of(k->account, DIGITS, ACCOUNT_DIGITS, ACCOUNT_DIGITS))
        return err_set(e, ERR_USAGE, "key %s: its account must be %d digits", k->id, ACCOUNT_DIGITS);
    if (k->user && !consists_of(k->user, LETTERS DIGITS "+=,.@_-", 1, USER_MAX))
        return err_set(e, ERR_USAGE, "key %s: its user is no name of an IAM user", k->id);
    for (size_t j = 0; j < k->actions.n; j++)
        if (!is_action(k->actions.items[j]))
            return err_set(e, ERR_USAGE,
                "key %s: its action %zu is none: * and elasticache:Describe* are, and so are those of sts, ec2 and fis", k->id,
                j + 1);
    return 0;
}

static struct access_key key_of(struct arena *a, const struct admin_access_key *k)
{
    return (struct access_key){
        .id = k->id,
        .secret = k->secret,
        .account = k->account,
        .who =
            {
                .arn = k->user ? arena_printf(a, "arn:aws:iam::%s:user/%s", k->account, k->user)
                               : arena_printf(a, "arn:aws:iam::%s:root", k->account),
                .id = k->user ? k->id : k->account,
                .key = k->id,
                .read_only = k->read_only.v,
                .actions = k->actions.set ? k->actions.items : NULL,
                .n_actions = k->actions.n,
            },
    };
}

static int compare_ids(const void *x, const void *y)
{
    return strcmp(((const struct access_key *)x)->id, ((const struct access_key *)y)->id);
}

static int take_keys(struct arena *a, const struct admin_access_keys *all, struct access_key **out, struct err *e)
{
    *out = arena_array(a, struct access_key, all->keys.n + 1);
    for (size_t i = 0; i < all->keys.n; i++) {
        int r = check_key(&all->keys.items[i], i, e);
        if (r) return r;
        (*out)[i] = key_of(a, &all->keys.items[i]);
    }
    qsort(*out, all->keys.n, sizeof **out, compare_ids);
    for (size_t i = 1; i < all->keys.n; i++)
        if (compare_ids(&(*out)[i - 1], &(*out)[i]) == 0)
            return err_set(e, ERR_USAGE, "the key %s stands there twice", (*out)[i].id);
    return 0;
}

/* The message of a JSON error may quote the text, secrets included: it is told without. */
static int read_file(struct access_keys *keys, struct arena *a, struct access_key **items, size_t *n, struct err *e)
{
    struct admin_access_keys all;
    size_t len;
    char *text;
    int r = private_file_read("access-keys", keys->file, FILE_LIMIT, a, &text, &len, e);
    if (r) return r;
    if (json_decode_strictly(&shape_admin_access_keys, text, len, a, &all, e) != 0)
        return err_set(e, ERR_USAGE,
            "--access-keys %s: it must be {\"keys\": [{\"id\": …, \"secret\": …, \"account\": …}, …]}; a key has no other "
            "members than user, read_only and actions",
            keys->file);
    r = take_keys(a, &all, items, e);
    *n = all.keys.n;
    return r ? err_wrap(e, "--access-keys %s", keys->file) : 0;
}

static void note_version(struct access_keys *keys, const struct stat *st)
{
    keys->changed = st->st_ctim;
    keys->inode = st->st_ino;
    keys->size = st->st_size;
}

static int take_file(struct access_keys *keys, struct err *e)
{
    struct arena a = {0};
    struct access_key *items = NULL;
    size_t n = 0;
    int r = read_file(keys, &a, &items, &n, e);
    if (r) {
        arena_fini(&a);
        return r;
    }
    arena_fini(&keys->arena);
    keys->arena = a;
    keys->items = items;
    keys->n = n;
    return 0;
}

static void look_for_change(struct access_keys *keys)
{
    struct stat st = {0};
    struct err e = {0};
    bool there = stat(keys->file, &st) == 0;
    bool same = st.st_ino == keys->inode && st.st_size == keys->size && st.st_ctim.tv_sec == keys->changed.tv_sec &&
                st.st_ctim.tv_nsec == keys->changed.tv_nsec;
    if (there ? same : keys->inode == 0) return;
    note_version(keys, &st);
    if (take_file(keys, &e) == 0) log_info("access keys: %s has changed; there are %zu", keys->file, keys->n);
    else log_warn("%s; the keys that were read before stay in force", e.msg);
}

/* ---- for the gate ---- */

int access_keys_open(struct access_keys **out, const char *file, struct err *e)
{
    struct stat st = {0};
    struct access_keys *keys = calloc(1, sizeof *keys);
    if (keys == NULL || (keys->file = strdup(file)) == NULL) abort();
    if (stat(file, &st) == 0) note_version(keys, &st);
    int r = take_file(keys, e);
    if (r) access_keys_close(keys);
    else *out = keys;
    return r;
}

void access_keys_close(struct access_keys *keys)
{
    if (keys == NULL) return;
    arena_fini(&keys->arena);
    free(keys->file);
    free(keys);
}

struct access_key *access_keys_find(struct access_keys *keys, const char *id)
{
    look_for_change(keys);
    const struct access_key wanted = {.id = id};
    return keys->n ? bsearch(&wanted, keys->items, keys->n, sizeof *keys->items, compare_ids) : NULL;
}
