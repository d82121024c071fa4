#pragma once
#include "base/arena.h"
#include <stddef.h>
#include <stdint.h>
/* SHA-256, for what must not be guessed or made to collide: passwords, tokens, certificates, texts of files. See base/hash.h. */
enum { DIGEST_SIZE = 32, DIGEST_TEXT_SIZE = 2 * DIGEST_SIZE + 1 };

void digest_bytes(const void *data, size_t n, uint8_t out[DIGEST_SIZE]);
/* The digest of a text, in hexadecimal digits: how passwords and tokens are kept, and what engines are told. In the arena. */
const char *digest_text(struct arena *a, const char *text);
/* The same of what comes in pieces. digest_end() frees it. */
struct digest;
struct digest *digest_new(void);
void digest_add(struct digest *d, const void *data, size_t n);
void digest_end(struct digest *d, char out[DIGEST_TEXT_SIZE]);
/* HMAC-SHA256 of the data with a key; 'out' may be the key. The second writes hexadecimal digits. */
void digest_hmac_bytes(const void *key, size_t key_size, const void *data, size_t n, uint8_t out[DIGEST_SIZE]);
void digest_hmac(const char *key, size_t key_size, const void *data, size_t n, char out[DIGEST_TEXT_SIZE]);
