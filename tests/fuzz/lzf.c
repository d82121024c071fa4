#include "base/lzf.h"
#include "fuzz.h"
#include <stdlib.h>

/* The first two bytes are the length that was promised. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 2) return 0;
    size_t len = (size_t)data[0] << 8 | data[1];
    unsigned char *out = malloc(len + (len == 0));
    if (out == NULL) return 0;
    lzf_expand(data + 2, n - 2, out, len);
    free(out);
    return 0;
}
