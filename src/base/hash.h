#pragma once
#include <stddef.h>
#include <stdint.h>
/* FNV-1a of 64 bits, the same on every machine and in every version: some of its values are kept. Whoever wants to can make two
 * texts of one hash: where that matters, see base/digest.h. */
#define HASH_EMPTY UINT64_C(14695981039346656037)

/* Goes on from a hash with more bytes; the first begin with HASH_EMPTY. */
uint64_t hash_bytes(uint64_t h, const void *data, size_t n);
/* Eight bytes at a time, for tables in memory and for whole files. Every step is one to one in the word and in the hash: no two texts
 * of a length that differ in one word alone have the same. Not the hash of hash_bytes(). */
uint64_t hash_words(uint64_t h, const void *data, size_t n);
uint64_t hash_text(uint64_t h, const char *text);
/* The same in 53 bits, which every reader of JSON takes for an integer, and never 0. */
int64_t hash_number(uint64_t h);
