#include "fixture.h"
#include "base/buf.h"
#include "store/event_log.h"
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
/* Lists that come in pages: what is on the next one begins where this one ended. */

#define HOME "us-east-1"
#define VALUE FAULT_INVALID_PARAMETER_VALUE
#define COMBINATION FAULT_INVALID_PARAMETER_COMBINATION

enum { EVENTS = 50 };

static int64_t now_ms;

static void setup(void)
{
    struct err e;
    fixture_open();
    now_ms = (int64_t)time(NULL) * 1000;
    for (int i = 0; i < EVENTS; i++) {
        char id[16];
        snprintf(id, sizeof id, "c%02d", i % 2);
        cr_assert_eq(
            event_log_add(fixture_store(), HOME, now_ms - 3600 * 1000 * (EVENTS - i) / 10, "cache-cluster", id, "told", &e), 0);
    }
    cr_assert_eq(event_log_add(fixture_store(), "eu-west-1", now_ms, "cache-cluster", "c00", "elsewhere", &e), 0);
}

TestSuite(pages, .init = setup, .fini = fixture_close);

/* The marker is put into the form as it is spelt there. */
static struct answer page(const char *action, const char *form, const char *marker)
{
    char whole[512], *at = whole + snprintf(whole, sizeof whole, "%s", form);
    if (marker) at += sprintf(at, "&Marker=");
    for (; marker && *marker; marker++) at += sprintf(at, "%%%02X", (unsigned char)*marker);
    struct answer a = fixture_run(HOME, action, whole);
    cr_assert_eq(a.fault, 0, "%s %s: %s", action, whole, a.message);
    return a;
}

static bool says(const struct buf *xml, const char *text)
{
    return memmem(xml->data, xml->len, text, strlen(text)) != NULL;
}

static const struct api_replication_group *described(const char *form, size_t n)
{
    const struct api_describe_replication_groups_out *out = page("DescribeReplicationGroups", form, NULL).out;
    cr_assert_eq(out->replication_groups.n, n);
    return out->replication_groups.items;
}

Test(pages, of_replication_groups_are_made_of_what_is_remembered_until_a_row_changes)
{
    fixture_config.remembers = true;
    for (const char *id = "abc"; *id; id++) {
        char form[200];
        snprintf(form, sizeof form,
            "ReplicationGroupId=%c&ReplicationGroupDescription=first&NumCacheClusters=1&CacheNodeType=cache.r6g.large&Engine="
            "redis",
            *id);
        CHECK(HOME, ((struct fixture_line[]){{"CreateReplicationGroup", form, 0, NULL}}));
        fixture_available(HOME, (char[]){*id, '\0'});
    }
    described("ReplicationGroupId=b", 1);
    const struct api_replication_group *all = described("", 3);
    for (size_t i = 0; i < 3; i++) cr_assert_not_null(all[i].encoded);
    CHECK(HOME, ((struct fixture_line[]){
                    {"ModifyReplicationGroup", "ReplicationGroupId=b&ReplicationGroupDescription=second", 0, NULL}}));
    all = described("", 3);
    cr_expect(says(all[1].encoded, "second"));
    cr_expect_not(says(all[1].encoded, "first"));
    cr_expect(says(all[0].encoded, "first"));
    cr_expect(says(described("ReplicationGroupId=B", 1)->encoded, "second"));
}

static size_t count_events(const char *form)
{
    size_t n = 0;
    int64_t last_ms = INT64_MAX;
    const char *marker = NULL;
    do {
        const struct api_describe_events_out *out = page("DescribeEvents", form, marker).out;
        for (size_t i = 0; i < out->events.n; i++) {
            cr_assert_leq(out->events.items[i].date.ms, last_ms, "the latest comes first");
            last_ms = out->events.items[i].date.ms;
        }
        n += out->events.n;
        marker = out->marker;
    } while (marker);
    return n;
}

Test(pages, events_of_the_last_hour_are_told_where_no_time_is_named)
{
    cr_expect_eq(count_events(""), 9, "six minutes lie between two of them");
    cr_expect_eq(count_events("Duration=60"), 9);
}

Test(pages, of_events_hold_every_one_once)
{
    cr_expect_eq(count_events("Duration=600&MaxRecords=20"), EVENTS);
    cr_expect_eq(count_events("Duration=600&MaxRecords=20&SourceType=cache-cluster"), EVENTS);
    cr_expect_eq(count_events("Duration=600&MaxRecords=20&SourceType=cache-cluster&SourceIdentifier=C01"), EVENTS / 2);
    cr_expect_eq(count_events("Duration=600&MaxRecords=20&SourceIdentifier=C01"), EVENTS / 2);
    cr_expect_eq(count_events("Duration=600&SourceType=replication-group"), 0);
    cr_expect_eq(count_events("Duration=600&SourceType=replication-group&SourceIdentifier=c01"), 0);
}

Test(pages, of_events_can_be_of_a_span_of_time)
{
    char form[128], from[32], to[32];
    time_t first = (time_t)(now_ms / 1000) - 7200, last = (time_t)(now_ms / 1000) - 3600;
    struct tm tm;
    strftime(from, sizeof from, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&first, &tm));
    strftime(to, sizeof to, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&last, &tm));
    snprintf(form, sizeof form, "StartTime=%s&EndTime=%s", from, to);
    cr_expect_eq(count_events(form), 11);
}

Test(pages, faults_of_events)
{
    static const struct fixture_line table[] = {
        {"DescribeEvents", "Duration=0", VALUE, "Invalid value 0 for Duration. Must be between 1 and 20160"},
        {"DescribeEvents", "Duration=20161", VALUE, "Invalid value 20161 for Duration..."},
        {"DescribeEvents", "Duration=1&StartTime=2026-01-01T00:00:00Z", COMBINATION,
            "Duration can't be used together with StartTime."},
        {"DescribeEvents", "StartTime=2026-01-02T00:00:00Z&EndTime=2026-01-01T00:00:00Z", COMBINATION,
            "StartTime must not be after EndTime."},
    };
    CHECK(HOME, table);
}

/* How many there are, the first and the last of them. */
static size_t list_versions(const char *form, char first[64], char last[64])
{
    size_t n = 0;
    const char *marker = NULL;
    do {
        const struct api_describe_cache_engine_versions_out *out = page("DescribeCacheEngineVersions", form, marker).out;
        for (size_t i = 0; i < out->cache_engine_versions.n; i++, n++) {
            const struct api_cache_engine_version *v = &out->cache_engine_versions.items[i];
            snprintf(n ? last : first, 64, "%s %s", v->engine, v->engine_version);
        }
        marker = out->marker;
    } while (marker);
    return n;
}

Test(pages, of_engine_versions_hold_every_one_once)
{
    char first[64], last[64], other_first[64], other_last[64];
    cr_expect_eq(list_versions("MaxRecords=20", first, last), n_engine_versions);
    cr_expect_eq(list_versions("MaxRecords=100", other_first, other_last), n_engine_versions);
    cr_expect_str_eq(first, other_first);
    cr_expect_str_eq(last, other_last);
}

Test(pages, of_engine_versions_can_be_of_one_engine_family_or_version)
{
    char first[64], last[64] = "";
    cr_expect_eq(list_versions("Engine=valkey&DefaultOnly=true", first, last), 1);
    cr_expect_str_eq(first, "valkey 8.2");
    size_t redis = list_versions("Engine=redis", first, last),
           redis7 = list_versions("CacheParameterGroupFamily=redis7", first, last);
    cr_expect(redis > redis7 && redis7 > 0);
    cr_expect_eq(list_versions("Engine=redis&EngineVersion=7.0", first, last), 1);
    cr_expect_eq(list_versions("Engine=oracle", first, last), 0);
}
