#pragma once
#include <stdbool.h>
#include <stdint.h>
/* Points in time as the API writes them: ISO 8601, in milliseconds since 1970 (UTC) inside the program. */

#define TIMESTAMP_SIZE sizeof("2018-02-26T21:06:43.420Z")

/* "2018-02-26T21:06:43.420Z" into 'text', with a NUL. Years outside 0 to 9999 are brought to the nearest end. */
void timestamp_format(int64_t ms, char text[TIMESTAMP_SIZE]);
/*
 * Reads YYYY-MM-DD, optionally followed by 'T' or a space and hh:mm[:ss[.fraction]], optionally followed by
 * 'Z' or an offset (+hh:mm, +hhmm, +hh). Without an offset it is UTC. False where the text is nothing of the kind.
 */
bool timestamp_parse(const char *text, int64_t *ms);
