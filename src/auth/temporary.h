#pragma once
#include "http/gate.h"
#include <stdbool.h>
#include <stdint.h>
struct arena;
/*
 * Temporary credentials, as AssumeRole gives them. Nothing is kept of them: the session token says what they are for, sealed with the
 * installation's secret, from which the secret access key is made, too. They end with the key whose owner asked for them.
 */
struct temporary {
    const char *parent; /* the id of the access key that asked */
    const char *account;
    const char *role, *session; /* names, without '/' */
    int64_t ends_ms;            /* since 1970 */
};

/* In the arena. 'root' is the installation's secret, 64 digits. */
struct temporary_key temporary_make(const struct temporary *t, const char root[65], struct arena *a);
/* False where the token is not one of this installation's, or not one for the key 'id'. Its end is for the caller to look at. */
bool temporary_read(
    const char *token, const char *id, const char root[65], struct arena *a, struct temporary *out, struct temporary_key *key);
