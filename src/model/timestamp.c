#include "model/timestamp.h"
#include <ctype.h>
#include <string.h>
#include <time.h>

#define FIRST_MS INT64_C(-62167219200000) /* 0000-01-01T00:00:00.000Z */
#define LAST_MS INT64_C(253402300799999)  /* 9999-12-31T23:59:59.999Z */

static void put_digits(char *at, int value, int digits)
{
    for (int i = digits; i-- > 0; value /= 10) at[i] = (char)('0' + value % 10);
}

void timestamp_format(int64_t ms, char text[TIMESTAMP_SIZE])
{
    struct tm tm;
    ms = ms < FIRST_MS ? FIRST_MS : ms > LAST_MS ? LAST_MS : ms;
    int64_t fraction = (ms % 1000 + 1000) % 1000;
    time_t seconds = (time_t)((ms - fraction) / 1000);
    gmtime_r(&seconds, &tm);
    memcpy(text, "0000-00-00T00:00:00.000Z", TIMESTAMP_SIZE);
    put_digits(text, tm.tm_year + 1900, 4);
    put_digits(text + 5, tm.tm_mon + 1, 2);
    put_digits(text + 8, tm.tm_mday, 2);
    put_digits(text + 11, tm.tm_hour, 2);
    put_digits(text + 14, tm.tm_min, 2);
    put_digits(text + 17, tm.tm_sec, 2);
    put_digits(text + 20, (int)fraction, 3);
}

/* Takes exactly 'digits' digits from *at, a number of at most 'max'. */
static bool take_number(const char **at, int digits, int max, int *value)
{
    *value = 0;
    for (int i = 0; i < digits; i++, ++*at) {
        if (!isdigit((unsigned char)**at)) return false;
        *value = *value * 10 + (**at - '0');
    }
    return *value <= max;
}

static bool take_char(const char **at, char c)
{
    if (**at != c) return false;
    ++*at;
    return true;
}

static bool take_date(const char **at, int64_t *ms)
{
    int year, month, day;
    if (!take_number(at, 4, 9999, &year) || !take_char(at, '-') || !take_number(at, 2, 12, &month) || !take_char(at, '-') ||
        !take_number(at, 2, 31, &day))
        return false;
    struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
    *ms = (int64_t)timegm(&tm) * 1000;
    return tm.tm_mon == month - 1 && tm.tm_mday == day; /* timegm() moves the 30th of February into March */
}

/* Digits beyond the milliseconds are read and dropped. */
static bool take_fraction(const char **at, int64_t *ms)
{
    if (!isdigit((unsigned char)**at)) return false;
    for (int unit = 100; isdigit((unsigned char)**at); ++*at, unit /= 10) *ms += (**at - '0') * unit;
    return true;
}

static bool take_time(const char **at, int64_t *ms)
{
    int hour, minute, second = 0;
    if (!take_number(at, 2, 23, &hour) || !take_char(at, ':') || !take_number(at, 2, 59, &minute)) return false;
    if (take_char(at, ':')) {
        if (!take_number(at, 2, 60, &second)) return false; /* 60 is a leap second */
        if (take_char(at, '.') && !take_fraction(at, ms)) return false;
    }
    *ms += ((hour * 60 + minute) * 60 + second) * INT64_C(1000);
    return true;
}

static bool take_offset(const char **at, int64_t *ms)
{
    if (take_char(at, 'Z') || take_char(at, 'z') || **at == '\0') return true;
    int sign = **at == '+' ? 1 : **at == '-' ? -1 : 0, hours, minutes = 0;
    if (sign == 0) return false;
    ++*at;
    if (!take_number(at, 2, 23, &hours)) return false;
    bool colon = take_char(at, ':');
    if ((colon || **at != '\0') && !take_number(at, 2, 59, &minutes)) return false;
    *ms -= sign * (hours * 60 + minutes) * INT64_C(60000);
    return true;
}

bool timestamp_parse(const char *text, int64_t *ms)
{
    const char *at = text;
    if (!take_date(&at, ms)) return false;
    if (*at == '\0') return true;
    if (!take_char(&at, 'T') && !take_char(&at, 't') && !take_char(&at, ' ')) return false;
    return take_time(&at, ms) && take_offset(&at, ms) && *at == '\0';
}
