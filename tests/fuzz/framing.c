#include "base/arena.h"
#include "fuzz.h"
#include "http/framing.h"
#include <assert.h>
#include <microhttpd.h>
#include <string.h>

/* Headers, "NAME:VALUE" a line each, in the place of libmicrohttpd's. */
static char *lines;

int MHD_get_connection_values(struct MHD_Connection *c, enum MHD_ValueKind kind, MHD_KeyValueIterator read, void *arg)
{
    int n = 0;
    (void)c;
    for (char *line = lines, *next; line != NULL; line = next, n++) {
        if ((next = strchr(line, '\n')) != NULL) *next++ = '\0';
        char *colon = strchr(line, ':');
        if (colon != NULL) *colon = '\0';
        read(arg, kind, line, colon != NULL ? colon + 1 : NULL);
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    _arena_ struct arena a = {0};
    uint64_t length;
    lines = arena_strndup(&a, (const char *)data, n);
    bool chunked = strcasestr(lines, "chunked") != NULL;
    if (framing_read(NULL, &length) && length == FRAMING_CHUNKED) assert(chunked);
    return 0;
}
