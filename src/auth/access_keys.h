#pragma once
#include "auth/signature.h"
#include "http/gate.h"
struct access_keys;
struct arena;
struct err;
/*
 * The access keys of the file --access-keys: a JSON object of the shape AccessKeys (docs/administration.md). It is read again when it
 * has changed. A new version that makes no sense changes nothing, and a line in the log says why; secrets are never logged.
 */
struct access_key {
    const char *id, *secret, *account;
    struct identity who;
    /* The signing key of the day, region and service that were asked for last; an empty 'of' : none yet. */
    char of[200];
    uint8_t signing[SIGNING_KEY_SIZE];
};

/* ERR_USAGE, in a line that says what to do, where the file can't be used. */
int access_keys_open(struct access_keys **out, const char *file, struct err *e);
void access_keys_close(struct access_keys *keys);
/* NULL: there is none of that id. Good until the next call. */
struct access_key *access_keys_find(struct access_keys *keys, const char *id);
/* Whether a policy's action, which may have '*' and '?', means this one; letters of either case are the same. */
bool action_matches(const char *pattern, const char *action);
