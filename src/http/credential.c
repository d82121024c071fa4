#include "http/credential.h"
#include "base/arena.h"
#include "base/err.h"
#include "http/scope.h"
#include "model/api.gen.h"
#include <stdbool.h>
#include <string.h>

enum { PARTS = 5, NAME_MAX_LEN = 64 };

static bool is_plain_name(const char *s)
{
    size_t n = strlen(s);
    return n > 0 && n <= NAME_MAX_LEN && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == n;
}

int credential_parse(struct credential *out, struct arena *a, const char *text, size_t n, struct err *e)
{
    const char *parts[PARTS] = {0};
    *out = (struct credential){0};
    /* From the right, since an access key may hold slashes. */
    for (int i = PARTS - 1; i > 0; i--) {
        const char *slash = memrchr(text, '/', n);
        if (slash == NULL) break;
        size_t at = (size_t)(slash - text);
        parts[i] = arena_strndup(a, slash + 1, n - at - 1);
        n = at;
    }
    bool whole = parts[1] && n > 0 && strcmp(parts[4], CREDENTIAL_END) == 0;
    if (!whole || !is_plain_name(parts[2]) || !is_plain_name(parts[3]))
        return err_set(e, FAULT_INCOMPLETE_SIGNATURE,
            "Credential must have the form <access key>/<date>/<region>/%s/aws4_request.", SCOPE_SERVICE);
    *out = (struct credential){arena_strndup(a, text, n), parts[1], parts[2], parts[3]};
    return 0;
}
