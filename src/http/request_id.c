#include "http/request_id.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* SplitMix64: fast, and every state is followed by another one. Ids only have to differ; they protect nothing. */
static uint64_t next_random(void)
{
    static uint64_t state;
    if (state == 0 && getrandom(&state, sizeof state, 0) != (ssize_t)sizeof state) abort();
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void request_id_make(char out[REQUEST_ID_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    uint64_t random[2] = {next_random(), next_random()};
    memcpy(out, "xxxxxxxx-xxxx-4xxx-xxxx-xxxxxxxxxxxx", REQUEST_ID_SIZE);
    for (int i = 0, digit = 0; i < REQUEST_ID_SIZE - 1; i++)
        if (out[i] == 'x') out[i] = hex[random[digit / 16] >> (digit % 16 * 4) & 15], digit++;
    out[19] = hex[8 | (random[1] >> 62)]; /* the variant of RFC 4122 */
}
