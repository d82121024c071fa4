#pragma once
#include <stdbool.h>
#include <stdint.h>
/* Timestamps of the API, in ISO 8601. The program has them as milliseconds since 1970 (UTC). */

#define TIMESTAMP_SIZE sizeof("2018-02-26T21:06:43.420Z")

/* "2018-02-26T21:06:43.420Z" into 'text', with a NUL. Years outside 0 to 9999 become the nearest of these. */
void timestamp_format(int64_t ms, char text[TIMESTAMP_SIZE]);
/*
 * Reads YYYY-MM-DD, optionally followed by 'T' or a space and hh:mm[:ss[.fraction]], optionally followed by
 * 'Z' or an offset (+hh:mm, +hhmm, +hh). Without an offset it is UTC. False if the text is no such timestamp.
 */
bool timestamp_parse(const char *text, int64_t *ms);
