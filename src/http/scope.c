#include "http/scope.h"
#include "base/arena.h"
#include "base/err.h"
#include "model/api.gen.h"
#include "catalog/account_key.h"
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* What follows "Credential=", up to a comma or a space. */
static bool find_credential(const char *authorization, const char **out, size_t *n)
{
    static const char name[] = "Credential=";
    const char *at = strncmp(authorization, "AWS4-", 5) == 0 ? strstr(authorization, name) : NULL;
    if (at == NULL) return false;
    *out = at + sizeof name - 1;
    *n = strcspn(*out, ", ");
    return true;
}

int scope_read(struct scope *out, struct arena *a, const char *authorization, const char *credential, const char *default_region,
    struct err *e)
{
    size_t n = credential ? strlen(credential) : 0;
    struct credential c;
    *out = (struct scope){default_region, SCOPE_SERVICE, ACCOUNT_DEFAULT};
    if (authorization == NULL && credential == NULL) return 0;
    if (authorization && !find_credential(authorization, &credential, &n))
        return err_set(e, FAULT_INCOMPLETE_SIGNATURE,
            "Authorization header requires 'Credential' parameter, in the form of signature version 4.");
    int r = credential_parse(&c, a, credential, n, e);
    if (r) return r;
    out->service = c.service;
    out->region = c.region;
    if (strlen(c.key) == ACCOUNT_DIGITS && strspn(c.key, "0123456789") == ACCOUNT_DIGITS) out->account = c.key;
    return 0;
}
