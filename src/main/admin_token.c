#include "main/admin_token.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/private_file.h"
#include "control/secret.h"
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ADMIN_TOKEN "admin-token"

enum { TOKEN_MIN = 16, FILE_LIMIT = 4096 };

/* The first line of a file that only its owner reads. */
static int token_file_read(const char *file, char out[ADMIN_TOKEN_SIZE], struct err *e)
{
    _arena_ struct arena a = {0};
    char *text;
    int r = private_file_read("admin-token-file", file, FILE_LIMIT, &a, &text, NULL, e);
    if (r) return r;
    size_t n = strcspn(text, "\r\n");
    bool proper = n >= TOKEN_MIN && n < ADMIN_TOKEN_SIZE;
    for (size_t i = 0; i < n; i++) proper = proper && text[i] > ' ' && text[i] <= '~';
    if (!proper)
        return err_set(e, ERR_USAGE, "--admin-token-file %s: its first line must be %d to %d characters without spaces", file,
            TOKEN_MIN, ADMIN_TOKEN_SIZE - 1);
    memcpy(out, text, n);
    out[n] = '\0';
    explicit_bzero(text, n);
    return 0;
}

int admin_token_read(const char *given, const char *data_dir, char out[ADMIN_TOKEN_SIZE], char *path, struct err *e)
{
    if (given[0] == '\0') return secret_read(data_dir, ADMIN_TOKEN, out, path, PATH_MAX, e);
    snprintf(path, PATH_MAX, "%s", given);
    return token_file_read(given, out, e);
}

void admin_token_keep(const char *given, const char *data_dir, const char token[ADMIN_TOKEN_SIZE])
{
    if (given[0] == '\0') secret_keep(data_dir, ADMIN_TOKEN, token);
}
