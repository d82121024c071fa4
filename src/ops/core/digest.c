#include "ops/core/digest.h"
#include <nettle/sha2.h>
#include <string.h>

const char *digest_sha256(struct op *op, const char *text)
{
    uint8_t hash[SHA256_DIGEST_SIZE];
    struct sha256_ctx ctx;
    sha256_init(&ctx);
    sha256_update(&ctx, strlen(text), (const uint8_t *)text);
    sha256_digest(&ctx, sizeof hash, hash);
    char *out = arena_alloc(op->arena, 2 * sizeof hash + 1);
    for (size_t i = 0; i < sizeof hash; i++) {
        out[2 * i] = "0123456789abcdef"[hash[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[hash[i] & 15];
    }
    return out;
}
