#include "main/admin_token.h"
#include "base/err.h"
#include "control/secret.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ADMIN_TOKEN "admin-token"

enum { TOKEN_MIN = 16 };

/* The first line of a file that only its owner reads. */
static int token_file_read(const char *file, char out[ADMIN_TOKEN_SIZE], struct err *e)
{
    struct stat st;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* a FIFO must not hold the start up */
    if (fd < 0) return err_set(e, ERR_USAGE, "--admin-token-file %s: %s", file, strerrordesc_np(errno));
    bool open_to_others = fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (st.st_mode & 077) != 0 || st.st_uid != geteuid();
    ssize_t n = open_to_others ? 0 : read(fd, out, ADMIN_TOKEN_SIZE - 1);
    close(fd);
    if (open_to_others)
        return err_set(e, ERR_USAGE,
            "--admin-token-file %s: others may read this file, or it is none; chown it to the user who runs this, and chmod 600 "
            "it",
            file);
    out[n > 0 ? n : 0] = '\0';
    out[strcspn(out, "\r\n")] = '\0';
    for (const char *p = out; *p; p++)
        if (*p <= ' ' || *p > '~') out[0] = '\0';
    if (strlen(out) >= TOKEN_MIN) return 0;
    return err_set(e, ERR_USAGE, "--admin-token-file %s: its first line must be %d to %d characters without spaces", file,
        TOKEN_MIN, ADMIN_TOKEN_SIZE - 1);
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
