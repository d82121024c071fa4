#include "base/digest.h"
#include "base/hex.h"
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

void digest_bytes(const void *data, size_t n, uint8_t out[DIGEST_SIZE])
{
    if (gnutls_hash_fast(GNUTLS_DIG_SHA256, n ? data : "", n, out) < 0) abort();
}

const char *digest_text(struct arena *a, const char *text)
{
    uint8_t bytes[DIGEST_SIZE];
    char *out = arena_alloc(a, DIGEST_TEXT_SIZE);
    digest_bytes(text, strlen(text), bytes);
    hex_write(bytes, sizeof bytes, out);
    return out;
}

void digest_hmac(const char *key, size_t key_size, const void *data, size_t n, char out[DIGEST_TEXT_SIZE])
{
    uint8_t bytes[DIGEST_SIZE];
    if (gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, key_size, data, n, bytes) < 0) abort();
    hex_write(bytes, sizeof bytes, out);
}
