#pragma once
#include <stdbool.h>
#include <stddef.h>
/*
 * LZF, the compression of strings in RDB files. Format: LibLZF by Marc Lehmann, as
 * Redis has it in lzf_d.c.
 */

/* n bytes of input expand to n times this many at most. */
enum { LZF_RATIO_MAX = 88 };
/* Expands 'n' bytes to exactly 'len' bytes. False if they are no LZF, or expand to another number. Stays within both buffers. */
bool lzf_expand(const unsigned char *in, size_t n, unsigned char *out, size_t len);
