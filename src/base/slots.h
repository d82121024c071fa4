#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
struct arena;
/*
 * Sets of hash slots, written as ranges: "0-5461 6000 10923-16383". Plain data
 * without pointers; zeroed memory is the empty set. What is no slot (below 0, or SLOTS
 * and above) is in no set, and changes none.
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
/* The lowest slot of the set from 'from' on; SLOTS if there is none. */
int slots_next(const struct slots *s, int from);

/* The slot of a key: CRC-16 of what stands between its first { and the next }, where there is something, else of all of it.
 * Source: the specification of Redis Cluster, "Key distribution model" and "Hash tags". */
int slots_of_key(const void *key, size_t n);

void slots_join(struct slots *s, const struct slots *other);     /* s ∪ other */
void slots_subtract(struct slots *s, const struct slots *other); /* s \ other */
void slots_meet(struct slots *s, const struct slots *other);     /* s ∩ other */

enum slots_error { SLOTS_OK, SLOTS_MALFORMED, SLOTS_BEYOND, SLOTS_TWICE };
/*
 * Reads ranges with spaces or commas between them into 's', which may hold some
 * already: one that is in there is SLOTS_TWICE. NULL and "" are no slots. After an
 * error 's' holds what came before it.
 */
enum slots_error slots_read(struct slots *s, const char *text);
/* Writes ranges in ascending order with 'between' between them; "" for the empty set. In the arena. */
const char *slots_text(struct arena *a, const struct slots *s, char between);
