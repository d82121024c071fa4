#pragma once
#include <stddef.h>
struct arena;
struct err;
/* The credential of signature version 4: KEY/DATE/REGION/SERVICE/aws4_request. */
#define CREDENTIAL_END "aws4_request"

struct credential {
    const char *key;     /* the access key's id */
    const char *date;    /* YYYYMMDD, as it was sent */
    const char *region;  /* as it was sent: letters, digits and '-' */
    const char *service; /* the same */
};

/* Reads 'n' bytes into strings of the arena. Returns 0, or FAULT_INCOMPLETE_SIGNATURE. */
int credential_parse(struct credential *out, struct arena *a, const char *text, size_t n, struct err *e);
