#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
struct arena;
/*
 * Sets of the hash slots of Redis Cluster, written as ranges: "0-5461 6000 10923-16383".
 * Plain data without pointers; zeroed memory is the empty set. A number that is no slot
 * (below 0, or SLOTS and above) is in no set, and to add or remove it does nothing.
 */
enum { SLOTS = 16384 };

struct slots {
    uint64_t words[SLOTS / 64];
};

bool slots_has(const struct slots *s, int slot);
void slots_add(struct slots *s, int slot);
void slots_remove(struct slots *s, int slot);
/* Adds 'first' to 'last', both included. */
void slots_add_range(struct slots *s, int first, int last);
int slots_count(const struct slots *s);
/* The lowest slot of the set that is not below 'from'; SLOTS if there is none. */
int slots_next(const struct slots *s, int from);

/* The slot of a key: the CRC-16 of its hash tag, the text between the first { and the next }, or of the whole key if that is empty
 * or missing. Source: the specification of Redis Cluster, "Key distribution model" and "Hash tags". */
int slots_of_key(const void *key, size_t n);

void slots_join(struct slots *s, const struct slots *other);          /* s ∪ other */
void slots_subtract(struct slots *s, const struct slots *other);      /* s \ other */
void slots_meet(struct slots *s, const struct slots *other);          /* s ∩ other */
bool slots_has_all(const struct slots *s, const struct slots *other); /* s ⊇ other */

enum slots_error { SLOTS_OK, SLOTS_MALFORMED, SLOTS_BEYOND, SLOTS_TWICE };
/*
 * Adds ranges, separated by spaces or commas, to 's'. A slot that 's' has already is
 * SLOTS_TWICE. NULL and "" have no slots. After an error 's' has the ranges before it.
 */
enum slots_error slots_read(struct slots *s, const char *text);
/* The ranges in ascending order, separated by 'between'; "" for the empty set. Belongs to the arena. */
const char *slots_text(struct arena *a, const struct slots *s, char between);
