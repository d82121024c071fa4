#include "model/timestamp.h"
#include <criterion/criterion.h>

Test(timestamp, reads_what_clients_send)
{
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2018-02-26T21:06:43.420Z", 1519679203420},
        {"2018-02-26T21:06:43Z", 1519679203000},
        {"2018-02-26t21:06:43z", 1519679203000},
        {"2018-02-26 21:06:43", 1519679203000},
        {"2018-02-26T21:06Z", 1519679160000},
        {"2018-02-26", 1519603200000},
        {"2018-02-26T21:06:43.4209999Z", 1519679203420},
        {"2018-02-26T21:06:43.4Z", 1519679203400},
        {"2018-02-26T23:06:43+02:00", 1519679203000},
        {"2018-02-26T15:36:43-0530", 1519679203000},
        {"2018-02-26T22:06:43+01", 1519679203000},
        {"2016-02-29T00:00:00Z", 1456704000000},
        {"1969-12-31T23:59:59.999Z", -1},
        {"2016-12-31T23:59:60Z", 1483228800000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms = -42;
        cr_expect(timestamp_parse(rows[i].text, &ms), "%s", rows[i].text);
        cr_expect_eq(ms, rows[i].ms, "%s: %lld", rows[i].text, (long long)ms);
    }
}

Test(timestamp, refuses_what_is_none)
{
    static const char *const rows[] = {"", "x", "2018", "2018-02", "2018-2-26", "2018-02-30T00:00:00Z", "2017-02-29",
        "2018-00-10", "2018-13-01", "2018-01-00", "2018-01-32", "2018-02-26T", "2018-02-26T24:00:00Z", "2018-02-26T21:60:00Z",
        "2018-02-26T21:06:61Z", "2018-02-26T21:06:43.Z", "2018-02-26T21:06:43ZZ", "2018-02-26T21:06:43+", "2018-02-26T21:06:43+1",
        "2018-02-26T21:06:43+02:", "2018-02-26T21:06:43+02:60", "2018-02-26T21:06:43 UTC", "1519679203", "2018-02-26X21:06:43Z"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms;
        cr_expect_not(timestamp_parse(rows[i], &ms), "%s", rows[i]);
    }
}

Test(timestamp, writes_milliseconds_and_z)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {{0, "1970-01-01T00:00:00.000Z"}, {1519679203420, "2018-02-26T21:06:43.420Z"}, {-1, "1969-12-31T23:59:59.999Z"},
        {951782400007, "2000-02-29T00:00:00.007Z"}, {INT64_MAX, "9999-12-31T23:59:59.999Z"},
        {INT64_MIN, "0000-01-01T00:00:00.000Z"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[TIMESTAMP_SIZE];
        timestamp_format(rows[i].ms, text);
        cr_expect_str_eq(text, rows[i].text, "%s", text);
    }
}
