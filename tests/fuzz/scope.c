#include "base/arena.h"
#include "base/err.h"
#include "fuzz.h"
#include "http/scope.h"
#include <assert.h>
#include <string.h>

/* As the header and as the parameter. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e;
    struct scope s;
    _arena_ struct arena a = {0};
    const char *text = arena_strndup(&a, (const char *)data, n), *sources[2][2] = {{text, NULL}, {NULL, text}};
    for (int i = 0; i < 2; i++) {
        if (scope_read(&s, &a, sources[i][0], sources[i][1], "us-east-1", &e) != 0) continue;
        assert(s.region[strspn(s.region, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")] == '\0');
        assert(strlen(s.account) == 12 && strspn(s.account, "0123456789") == 12);
    }
    return 0;
}
