#include "auth/temporary.h"
#include "base/arena.h"
#include "base/decimal.h"
#include "base/digest.h"
#include "base/text.h"
#include "control/secret.h"
#include <ctype.h>
#include <string.h>

#define VERSION_MARK "M1"

enum { FIELDS = 7, SEAL = 6, ID_DIGITS = 16, TOKEN_MAX = 1024 };

static const char *derive_text(const char *purpose, const char *what, const char root[65], struct arena *a)
{
    char *out = arena_alloc(a, DIGEST_TEXT_SIZE);
    secret_derive(root, purpose, "", what, out);
    return out;
}

static const char *key_id(const char *what, const char root[65], struct arena *a)
{
    char *id = arena_printf(a, "ASIA%.*s", ID_DIGITS, derive_text("id", what, root, a));
    for (char *p = id; *p; p++) *p = (char)toupper((unsigned char)*p);
    return id;
}

static struct temporary_key key_of(const char *what, const char root[65], struct arena *a)
{
    const char *token = arena_printf(a, "%s/%s", what, derive_text("seal", what, root, a));
    return (struct temporary_key){key_id(what, root, a), derive_text("secret", what, root, a), token};
}

struct temporary_key temporary_make(const struct temporary *t, const char root[65], struct arena *a)
{
    return key_of(
        arena_printf(a, VERSION_MARK "/%s/%s/%lld/%s/%s", t->parent, t->account, (long long)t->ends_ms, t->role, t->session),
        root, a);
}

bool temporary_read(
    const char *token, const char *id, const char root[65], struct arena *a, struct temporary *out, struct temporary_key *key)
{
    if (strlen(token) > TOKEN_MAX) return false;
    char *rest = arena_strndup(a, token, strlen(token)), *part[FIELDS];
    for (int i = 0; i < FIELDS; i++) part[i] = strsep(&rest, "/");
    if (part[SEAL] == NULL || rest != NULL || strcmp(part[0], VERSION_MARK) != 0) return false;
    *out = (struct temporary){part[1], part[2], part[4], part[5], 0};
    if (!decimal_parse(part[3], 0, INT64_MAX, &out->ends_ms)) return false;
    *key = temporary_make(out, root, a);
    return text_equal_secret(key->token, token) && strcmp(key->id, id) == 0;
}
