#pragma once
#include "http/credential.h"
struct arena;
struct err;
/*
 * Finds the account, the region and the service of a request. AWS knows them from the access key and
 * the endpoint. One local endpoint has only the credential scope that signature version 4
 * puts into every request. Signatures themselves are a matter of the gate (http/gate.h).
 */
#define SCOPE_SERVICE "elasticache"

struct scope {
    const char *region;  /* as it was sent: letters, digits and '-' */
    const char *service; /* as it was sent */
    const char
        *account; /* the access key where that is 12 digits, else ACCOUNT_DEFAULT (catalog/account_key.h); a gate knows better */
    const struct identity *who; /* NULL: no gate has asked */
    const char *refusal;        /* what a refused caller is told, where that is longer than an error's message; else NULL */
};

/*
 * Reads the scope from the header Authorization or, without one, from the parameter X-Amz-Credential; without both (each
 * may be NULL) the request is for 'default_region'. The strings belong to the arena or are default_region itself.
 * Returns 0, or FAULT_INCOMPLETE_SIGNATURE where the scope can't be read.
 */
int scope_read(struct scope *out, struct arena *a, const char *authorization, const char *credential, const char *default_region,
    struct err *e);
