#include "base/lzf.h"
#include <string.h>

enum {
    LITERAL = 32 /* bytes at most in a run that is taken as it stands */,
    LONG = 7 /* a length that a byte more belongs to */
};

bool lzf_expand(const unsigned char *in, size_t n, unsigned char *out, size_t len)
{
    size_t at = 0, done = 0;
    while (at < n) {
        unsigned head = in[at++];
        if (head < LITERAL) {
            size_t run = head + 1;
            if (run > n - at || run > len - done) return false;
            memcpy(out + done, in + at, run);
            at += run;
            done += run;
            continue;
        }
        size_t run = (head >> 5) + 2, back = (size_t)(head & 0x1f) << 8;
        if (head >> 5 == LONG && at < n) run += in[at++];
        if (at >= n) return false;
        back += (size_t)in[at++] + 1;
        if (back > done || run > len - done) return false;
        for (; run > 0; run--, done++) out[done] = out[done - back]; /* both may overlap: so runs are repeated */
    }
    return done == len;
}
