#pragma once
#include "base/index.h"
#include <stdbool.h>
#include <stdint.h>
/*
 * The addresses that somebody has, for a world that is not all there is: who gives one away must know of those that others have.
 * An entry is an address, or with --addressing ports a host and a port. A zeroed struct is an empty book.
 */
struct arena;

struct address_book {
    struct index taken; /* its names are its values, and owned */
};

/* How an address stands in the book. */
const char *address_book_entry(struct arena *a, bool ports, const char *address, int64_t port);
bool address_book_has(const struct address_book *b, const char *entry);
void address_book_take(struct address_book *b, const char *entry);
void address_book_free(struct address_book *b, const char *entry);
void address_book_fini(struct address_book *b);
