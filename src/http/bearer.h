#pragma once
#include <stdbool.h>
/*
 * True if 'header' (an Authorization header, may be NULL) is "Bearer TOKEN" with this token. How long the comparison
 * takes tells nothing about the token but its length.
 */
bool bearer_is(const char *header, const char *token);
