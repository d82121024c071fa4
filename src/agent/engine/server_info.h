#pragma once
#include <stdbool.h>
#include <stdint.h>
/* No machine has more bytes of memory. */
#define INFO_BYTES_MAX (INT64_C(1) << 56)

/* Who answers on a connection, as the process itself says. */
struct server_info {
    long pid;      /* 0: it did not say yet */
    char name[16]; /* of its release */
    char version[32];
    char program[256];
};

/* True for what an engine may call its version: 7.0.15, 8.1.0-rc1, df-v1.21.2. */
bool server_info_is_version(const char *text);
