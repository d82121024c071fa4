#pragma once
#include <stdbool.h>
#include <stdint.h>
/*
 * Maintenance windows: the hour or more of every week in which changes are made
 * that were not asked for at once. Snapshot windows: those of every day in which a
 * snapshot is taken. Pure arithmetic, all of it in UTC.
 */
enum { WINDOW_HOUR = 60, WINDOW_DAY = 24 * WINDOW_HOUR, WINDOW_WEEK = 7 * WINDOW_DAY };

struct window {
    int from_min;   /* since Monday 00:00 */
    int length_min; /* 0 … WINDOW_WEEK - 1 */
};

struct window_of_day {
    int from_min;   /* since 00:00 */
    int length_min; /* 0 … WINDOW_DAY - 1 */
};

/* Minutes of the day in "hh:mm", or -1. */
int window_time_of_day(const char *text);

/* Reads "ddd:hh:mm-ddd:hh:mm", lower case. False, and 'out' untouched, where it is something else. */
bool window_read(const char *text, struct window *out);

/* Since when it has been open if it is, else when it next opens, in ms since 1970. */
int64_t window_opens(const struct window *window, int64_t now_ms);

/* True where the window of that text is open now; else *opens_ms is when it next opens. A text that is no window is never closed. */
bool window_is_open(const char *text, int64_t now_ms, int64_t *opens_ms);

/* Reads "hh:mm-hh:mm". False, and 'out' untouched, where it is something else. */
bool window_of_day_read(const char *text, struct window_of_day *out);

/* True where a maintenance window and a snapshot window, as texts, are ever open together; false where one is no window. */
bool windows_overlap(const char *maintenance, const char *snapshot);

/* The same for a snapshot window, "hh:mm-hh:mm" of every day; *opened_ms is since when it has been open, if it is, else when it next opens. */
bool window_of_day_is_open(const char *text, int64_t now_ms, int64_t *opened_ms);

/* A time in UTC as people read it. */
struct date {
    int year, month, day, hour, minute;
};
struct date date_of(int64_t ms);
