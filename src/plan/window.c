#include "plan/window.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define MINUTE_MS 60000LL
/* 1970 began on a Thursday. */
#define EPOCH_MIN (3LL * WINDOW_DAY)

/* The number in two digits, or one too large for anything. */
static int two_digits(const char *s)
{
    return isdigit((unsigned char)s[0]) && isdigit((unsigned char)s[1]) ? (s[0] - '0') * 10 + s[1] - '0' : 100;
}

int window_time_of_day(const char *text)
{
    if (strlen(text) != 5 || text[2] != ':') return -1;
    int h = two_digits(text), m = two_digits(text + 3);
    return h < 24 && m < 60 ? h * WINDOW_HOUR + m : -1;
}

/* Minutes of the week in the nine bytes "ddd:hh:mm", or -1. */
static int time_of_week(const char *text)
{
    static const char days[7][4] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    char time[6];
    snprintf(time, sizeof time, "%s", text + 4);
    int minutes = text[3] == ':' ? window_time_of_day(time) : -1;
    for (int d = 0; minutes >= 0 && d < 7; d++)
        if (strncmp(text, days[d], 3) == 0) return d * WINDOW_DAY + minutes;
    return -1;
}

bool window_read(const char *text, struct window *out)
{
    if (strlen(text) != 19 || text[9] != '-') return false;
    int from = time_of_week(text), to = time_of_week(text + 10);
    if (from < 0 || to < 0) return false;
    *out = (struct window){from, (to - from + WINDOW_WEEK) % WINDOW_WEEK};
    return true;
}

int64_t window_opens(const struct window *window, int64_t now_ms)
{
    int64_t now_min = now_ms / MINUTE_MS, since = (now_min + EPOCH_MIN - window->from_min) % WINDOW_WEEK; /* it last opened */
    int64_t opened = (now_min - since) * MINUTE_MS;
    return since < window->length_min ? opened : opened + WINDOW_WEEK * MINUTE_MS;
}

bool window_is_open(const char *text, int64_t now_ms, int64_t *opens_ms)
{
    struct window window;
    if (!window_read(text, &window)) return true;
    *opens_ms = window_opens(&window, now_ms);
    return *opens_ms <= now_ms;
}

bool window_of_day_read(const char *text, struct window_of_day *out)
{
    char from_text[6];
    snprintf(from_text, sizeof from_text, "%s", text);
    int from = window_time_of_day(from_text), to = strlen(text) == 11 && text[5] == '-' ? window_time_of_day(text + 6) : -1;
    if (from < 0 || to < 0) return false;
    *out = (struct window_of_day){from, (to - from + WINDOW_DAY) % WINDOW_DAY};
    return true;
}

bool window_of_day_is_open(const char *text, int64_t now_ms, int64_t *opened_ms)
{
    struct window_of_day window;
    *opened_ms = INT64_MAX;
    if (!window_of_day_read(text, &window)) return false;
    int64_t now_min = now_ms / MINUTE_MS, since = (now_min - window.from_min + WINDOW_DAY) % WINDOW_DAY; /* it last opened */
    bool open = since < window.length_min;
    *opened_ms = (now_min - since + (open ? 0 : WINDOW_DAY)) * MINUTE_MS;
    return open;
}

bool windows_overlap(const char *maintenance, const char *snapshot)
{
    struct window week;
    struct window_of_day day;
    if (!window_read(maintenance, &week) || !window_of_day_read(snapshot, &day)) return false;
    /* The first opening of the one at or after the beginning of the other, and the other way round. */
    int to_snapshot = (day.from_min - week.from_min % WINDOW_DAY + WINDOW_DAY) % WINDOW_DAY;
    int to_maintenance = (week.from_min % WINDOW_DAY - day.from_min + WINDOW_DAY) % WINDOW_DAY;
    return to_snapshot < week.length_min || to_maintenance < day.length_min;
}

/* Counted in eras of 400 years whose years begin in March, so that leap days come last. Not before 1970. */
struct date date_of(int64_t ms)
{
    int64_t minutes = ms / MINUTE_MS, days = minutes / WINDOW_DAY + 719468;
    int64_t of_era = days % 146097, year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
    int m = (int)(month < 10 ? month + 3 : month - 9), of_day = (int)(minutes % WINDOW_DAY);
    return (struct date){(int)(days / 146097 * 400 + year) + (m <= 2), m, (int)(of_year - (153 * month + 2) / 5 + 1),
        of_day / WINDOW_HOUR, of_day % WINDOW_HOUR};
}
