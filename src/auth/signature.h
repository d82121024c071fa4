#pragma once
#include "http/scope.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
struct arena;
struct err;
/*
 * Signature version 4 of a request, in its headers or in its URL, as "AWS Signature Version 4 for API requests" of the IAM user guide
 * describes it. Nothing here knows a key of its own, or a clock.
 */
enum { SIGNING_KEY_SIZE = 32 };

struct signed_header {
    const char *name, *value;
};

/* A request as it came; nothing in it is decoded. */
struct signed_request {
    const char *method, *path, *query; /* the query is what stands behind '?', or "" */
    const struct signed_header *headers;
    size_t n_headers;
    const char *body;
    size_t body_len;
};

/* What a request says of its signature; the strings live in the arena. */
struct signature {
    struct credential credential;
    const char *names;  /* of the signed headers, with ';' between them */
    const char *hex;    /* the signature itself */
    const char *time;   /* YYYYMMDDTHHMMSSZ */
    int64_t time_ms;    /* the same, since 1970 */
    const char *token;  /* of a session; NULL: none */
    bool presigned;     /* in the URL */
    int64_t expires_ms; /* how long a presigned one is good for */
};

/*
 * Returns 0, or FAULT_MISSING_AUTHENTICATION_TOKEN where nothing is signed, or FAULT_INCOMPLETE_SIGNATURE where a part is missing or
 * makes no sense, each with AWS's text as far as it is public.
 */
int signature_read(struct signature *out, const struct signed_request *q, struct arena *a, struct err *e);

/* FAULT_REQUEST_EXPIRED where the request is not of now: 15 minutes about its date, or as long as a presigned one says. */
int signature_check_time(const struct signature *s, int64_t now_ms, struct err *e);

/* The key for a day, a region and a service; 'secret' is that of the access key. */
void signature_key(const struct credential *c, const char *secret, uint8_t out[SIGNING_KEY_SIZE]);

/*
 * FAULT_SIGNATURE_DOES_NOT_MATCH where the key makes another signature than the request has: *text, in the arena, says so with the
 * canonical request and the string to sign. The time of the comparison tells nothing.
 */
int signature_check(const struct signature *s, const struct signed_request *q, const uint8_t key[SIGNING_KEY_SIZE],
    struct arena *a, const char **text, struct err *e);
