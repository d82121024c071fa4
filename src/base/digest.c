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

void digest_hmac_bytes(const void *key, size_t key_size, const void *data, size_t n, uint8_t out[DIGEST_SIZE])
{
    if (gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, key_size, data, n, out) < 0) abort();
}

void digest_hmac(const char *key, size_t key_size, const void *data, size_t n, char out[DIGEST_TEXT_SIZE])
{
    uint8_t bytes[DIGEST_SIZE];
    digest_hmac_bytes(key, key_size, data, n, bytes);
    hex_write(bytes, sizeof bytes, out);
}

struct digest {
    gnutls_hash_hd_t hash;
};

struct digest *digest_new(void)
{
    struct digest *d = malloc(sizeof *d);
    if (d == NULL || gnutls_hash_init(&d->hash, GNUTLS_DIG_SHA256) < 0) abort();
    return d;
}

void digest_add(struct digest *d, const void *data, size_t n)
{
    if (gnutls_hash(d->hash, data, n) < 0) abort();
}

void digest_end(struct digest *d, char out[DIGEST_TEXT_SIZE])
{
    uint8_t bytes[DIGEST_SIZE];
    gnutls_hash_deinit(d->hash, bytes);
    hex_write(bytes, sizeof bytes, out);
    free(d);
}
