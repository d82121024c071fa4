#pragma once
#include <stdbool.h>
#include <stddef.h>
/*
 * LZF, the compression of strings in RDB files. Format: LibLZF by Marc Lehmann, as
 * Redis has it in lzf_d.c.
 */

/* No input of n bytes gives more than n times this many. */
enum { LZF_RATIO_MAX = 88 };
/* Expands 'n' bytes to exactly 'len' ones; false where they are no LZF, or give another number. Never reads or writes beyond either. */
bool lzf_expand(const unsigned char *in, size_t n, unsigned char *out, size_t len);
