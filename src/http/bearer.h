#pragma once
#include <stdbool.h>
/*
 * True if 'header' (the header Authorization, or NULL) is "Bearer TOKEN" with this token. The time that the comparison takes
 * tells nothing about the token but its length.
 */
bool bearer_is(const char *header, const char *token);
