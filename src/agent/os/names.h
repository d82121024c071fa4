#pragma once
#include "model/shape.h"
/* Sets of names in a list that owns its strings; a zeroed list is the empty set. Out of memory aborts. */

bool names_has(const struct string_list *l, const char *s);
/* True if every name of 'a' is in 'b'. */
bool names_within(const struct string_list *a, const struct string_list *b);
void names_add(struct string_list *l, const char *s);
/* Takes the last name out of the list; the caller frees it. The list is not empty. */
char *names_pop(struct string_list *l);
/* Makes 'l' a copy of 'from'. */
void names_copy(struct string_list *l, const struct string_list *from);
void names_clear(struct string_list *l);
