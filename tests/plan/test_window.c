#include "plan/window.h"
#include "model/timestamp.h"
#include <criterion/criterion.h>

Test(window, reads_what_the_api_writes_and_nothing_else)
{
    static const struct {
        const char *text;
        int from_min, length_min; /* from -1: no window */
    } table[] = {
        {"mon:00:00-mon:01:00", 0, 60},
        {"sun:23:00-mon:01:30", 6 * WINDOW_DAY + 23 * 60, 150},
        {"sat:05:15-sun:05:15", 5 * WINDOW_DAY + 5 * 60 + 15, WINDOW_DAY},
        {"tue:10:00-tue:09:59", WINDOW_DAY + 600, WINDOW_WEEK - 1},
        {"tue:10:00-tue:10:00", WINDOW_DAY + 600, 0},
        {"Mon:00:00-mon:01:00", -1, 0},
        {"mon:24:00-tue:01:00", -1, 0},
        {"mon:00:60-tue:01:00", -1, 0},
        {"mon:+1:00-tue:01:00", -1, 0},
        {"mon:00:00 mon:01:00", -1, 0},
        {"mon:00:00-mon:01:00 ", -1, 0},
        {"mon-00:00-mon:01:00", -1, 0},
        {"day:00:00-mon:01:00", -1, 0},
        {"", -1, 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct window w = {-1, 0};
        cr_expect_eq(window_read(table[i].text, &w), table[i].from_min >= 0, "%s", table[i].text);
        cr_expect(w.from_min == table[i].from_min && w.length_min == table[i].length_min, "%s: %d %d", table[i].text, w.from_min,
            w.length_min);
    }
}

static int64_t at(const char *text)
{
    int64_t ms;
    cr_assert(timestamp_parse(text, &ms), "%s", text);
    return ms;
}

/* 2026-11-16 is a Monday. */
Test(window, opens_every_week_at_its_minute)
{
    static const struct {
        const char *window, *now, *opens;
    } table[] = {
        {"wed:06:00-wed:07:00", "2026-11-16T00:00:00Z", "2026-11-18T06:00:00Z"},
        {"wed:06:00-wed:07:00", "2026-11-18T05:59:59Z", "2026-11-18T06:00:00Z"},
        {"wed:06:00-wed:07:00", "2026-11-18T06:00:00Z", "2026-11-18T06:00:00Z"},
        {"wed:06:00-wed:07:00", "2026-11-18T06:59:59Z", "2026-11-18T06:00:00Z"},
        {"wed:06:00-wed:07:00", "2026-11-18T07:00:00Z", "2026-11-25T06:00:00Z"},
        {"sun:23:30-mon:00:30", "2026-11-16T00:29:00Z", "2026-11-15T23:30:00Z"},
        {"sun:23:30-mon:00:30", "2026-11-16T00:30:00Z", "2026-11-22T23:30:00Z"},
        {"sun:23:30-mon:00:30", "2026-12-31T12:00:00Z", "2027-01-03T23:30:00Z"},
        {"mon:00:00-mon:01:00", "2026-11-16T00:00:00Z", "2026-11-16T00:00:00Z"},
        {"tue:10:00-tue:09:59", "2026-11-17T09:59:30Z", "2026-11-17T10:00:00Z"},
        {"tue:10:00-tue:10:00", "2026-11-17T10:00:00Z", "2026-11-24T10:00:00Z"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct window w;
        int64_t opens = 0;
        cr_assert(window_read(table[i].window, &w));
        cr_expect_eq(window_opens(&w, at(table[i].now)), at(table[i].opens), "line %zu", i);
        cr_expect_eq(
            window_is_open(table[i].window, at(table[i].now), &opens), at(table[i].opens) <= at(table[i].now), "line %zu", i);
        cr_expect_eq(opens, at(table[i].opens), "line %zu", i);
    }
}

Test(window, that_cannot_be_read_is_never_closed)
{
    int64_t opens = 0;
    cr_assert(window_is_open("", 0, &opens));
}

Test(window, of_every_day_opens_at_its_time)
{
    static const struct {
        const char *window, *now;
        bool open;
        const char *at;
    } table[] = {
        {"03:00-04:00", "2026-11-16T02:59:59Z", false, "2026-11-16T03:00:00Z"},
        {"03:00-04:00", "2026-11-16T03:00:00Z", true, "2026-11-16T03:00:00Z"},
        {"03:00-04:00", "2026-11-16T03:59:59Z", true, "2026-11-16T03:00:00Z"},
        {"03:00-04:00", "2026-11-16T04:00:00Z", false, "2026-11-17T03:00:00Z"},
        {"23:30-00:30", "2026-11-16T00:15:00Z", true, "2026-11-15T23:30:00Z"},
        {"23:30-00:30", "2026-11-16T12:00:00Z", false, "2026-11-16T23:30:00Z"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int64_t when = 0;
        cr_expect_eq(window_of_day_is_open(table[i].window, at(table[i].now), &when), table[i].open, "line %zu", i);
        cr_expect_eq(when, at(table[i].at), "line %zu", i);
    }
    int64_t never = 0;
    cr_assert_not(window_of_day_is_open("", at("2026-11-16T00:00:00Z"), &never));
    cr_assert_eq(never, INT64_MAX);
}

Test(window, one_of_the_week_and_one_of_the_day_overlap_where_they_are_open_together)
{
    static const struct {
        const char *maintenance, *snapshot;
        bool overlap;
    } table[] = {
        {"sun:05:00-sun:06:00", "06:00-07:00", false},
        {"sun:05:00-sun:06:00", "04:00-05:00", false},
        {"sun:05:00-sun:06:00", "05:59-07:00", true},
        {"sun:05:00-sun:06:00", "04:00-05:01", true},
        {"sun:05:00-sun:06:00", "04:00-08:00", true},
        {"sun:23:30-mon:00:30", "00:00-01:00", true},
        {"sun:23:30-mon:00:30", "23:00-00:00", true},
        {"sun:23:30-mon:00:30", "00:30-01:30", false},
        {"sun:00:00-mon:12:00", "13:00-14:00", true},
        {"sun:05:00-sun:06:00", "", false},
        {"", "05:00-06:00", false},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        cr_expect_eq(windows_overlap(table[i].maintenance, table[i].snapshot), table[i].overlap, "line %zu", i);
}

Test(window, times_are_told_as_people_read_them)
{
    static const struct {
        const char *at;
        struct date date;
    } table[] = {
        {"1970-01-01T00:00:00Z", {1970, 1, 1, 0, 0}},
        {"2000-02-29T23:59:59Z", {2000, 2, 29, 23, 59}},
        {"2000-03-01T00:00:00Z", {2000, 3, 1, 0, 0}},
        {"2026-11-21T12:34:00Z", {2026, 11, 21, 12, 34}},
        {"2100-02-28T06:07:00Z", {2100, 2, 28, 6, 7}},
        {"2100-03-01T06:07:00Z", {2100, 3, 1, 6, 7}},
        {"2026-12-31T23:59:00Z", {2026, 12, 31, 23, 59}},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct date d = date_of(at(table[i].at));
        cr_expect_eq(
            memcmp(&d, &table[i].date, sizeof d), 0, "line %zu: %d-%d-%d %d:%d", i, d.year, d.month, d.day, d.hour, d.minute);
    }
}
