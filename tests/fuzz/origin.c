#include "base/arena.h"
#include "fuzz.h"
#include "http/origin.h"
#include <assert.h>

/* The four headers, one a line. Nobody who names a foreign page may change anything. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    _arena_ struct arena a = {0};
    char *rest = arena_strndup(&a, (const char *)data, n), *headers[4] = {0};
    for (int i = 0; i < 4 && rest != NULL; i++) {
        headers[i] = rest;
        while (*rest && *rest != '\n') rest++;
        if (*rest) *rest++ = '\0';
        else rest = NULL;
        if (headers[i][0] == '-') headers[i] = NULL;
    }
    enum origin o = origin_of(headers[0], headers[1], headers[2], headers[3]);
    assert(!origin_may_change(o, "GET") || o == ORIGIN_PROGRAM);
    assert(!origin_may_change(o, "POST") || o == ORIGIN_PROGRAM || o == ORIGIN_OWN);
    return 0;
}
