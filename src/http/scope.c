#include "http/scope.h"
#include "base/arena.h"
#include "base/err.h"
#include "model/api.gen.h"
#include "catalog/account_key.h"
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { PARTS = 5, KEY = 0, REGION = 2, SERVICE_NAME = 3, TERMINATOR = 4 };

/* A piece of the header. */
struct piece {
    const char *at;
    size_t n;
};

static bool is_plain_name(struct piece p)
{
    for (size_t i = 0; i < p.n; i++)
        if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", p.at[i]) == NULL) return false;
    return p.n > 0 && p.n <= 64;
}

/* What follows "Credential=", up to a comma or a space. */
static bool find_credential(const char *authorization, struct piece *out)
{
    static const char name[] = "Credential=";
    const char *at = strncmp(authorization, "AWS4-", 5) == 0 ? strstr(authorization, name) : NULL;
    if (at == NULL) return false;
    out->at = at + sizeof name - 1;
    out->n = strcspn(out->at, ", ");
    return true;
}

/* Splits from the right, since an access key may hold slashes. */
static bool split_scope(struct piece all, struct piece parts[PARTS])
{
    for (int i = PARTS - 1; i > 0; i--) {
        const char *slash = memrchr(all.at, '/', all.n);
        if (slash == NULL) return false;
        parts[i] = (struct piece){slash + 1, (size_t)(all.at + all.n - slash - 1)};
        all.n = (size_t)(slash - all.at);
    }
    parts[KEY] = all;
    return all.n > 0;
}

int scope_read(struct scope *out, struct arena *a, const char *authorization, const char *credential, const char *default_region,
    struct err *e)
{
    struct piece all = {0}, parts[PARTS];
    *out = (struct scope){default_region, SCOPE_SERVICE, ACCOUNT_DEFAULT};
    if (authorization == NULL && credential == NULL) return 0;
    if (authorization == NULL) all = (struct piece){credential, strlen(credential)};
    else if (!find_credential(authorization, &all))
        return err_set(e, FAULT_INCOMPLETE_SIGNATURE,
            "Authorization header requires 'Credential' parameter, in the form of signature version 4.");
    static const char version[] = "aws4_request";
    bool whole = split_scope(all, parts) && parts[TERMINATOR].n == sizeof version - 1 &&
                 memcmp(parts[TERMINATOR].at, version, sizeof version - 1) == 0;
    if (!whole || !is_plain_name(parts[REGION]) || !is_plain_name(parts[SERVICE_NAME]))
        return err_set(e, FAULT_INCOMPLETE_SIGNATURE,
            "Credential must have the form <access key>/<date>/<region>/%s/aws4_request.", SCOPE_SERVICE);
    out->service = arena_strndup(a, parts[SERVICE_NAME].at, parts[SERVICE_NAME].n);
    out->region = arena_strndup(a, parts[REGION].at, parts[REGION].n);
    bool digits = parts[KEY].n == 12;
    for (size_t i = 0; i < parts[KEY].n; i++) digits = digits && parts[KEY].at[i] >= '0' && parts[KEY].at[i] <= '9';
    out->account = digits ? arena_strndup(a, parts[KEY].at, parts[KEY].n) : ACCOUNT_DEFAULT;
    return 0;
}
