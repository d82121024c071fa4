#include "catalog/parameter.h"
#include <criterion/criterion.h>
#include <string.h>

struct sample {
    const char *family, *name, *value;
    bool fits;
};

static void expect_sample(const struct sample *row)
{
    struct err e = {0};
    int r = parameter_check(parameter_find(family_find(row->family), row->name), row->value, &e);
    cr_expect_eq(r, row->fits ? 0 : ERR_USAGE, "%s = '%s' gives %d: %s", row->name, row->value, r, e.msg);
}

Test(parameter_check, holds_numbers_against_ranges)
{
    const struct sample rows[] = {
        {"redis7", "timeout", "0", true},
        {"redis7", "timeout", "19", false},
        {"redis7", "timeout", "20", true},
        {"redis7", "timeout", "100000", true},
        {"redis7", "timeout", "-1", false},
        {"redis7", "timeout", "", false},
        {"redis7", "timeout", "20s", false},
        {"redis7", "timeout", " 20", false},
        {"redis7", "timeout", "+20", false},
        {"redis7", "timeout", "20.5", false},
        {"redis7", "timeout", "-", false},
        {"redis7", "timeout", "99999999999999999999", false},
        {"redis7", "active-defrag-cycle-max", "1", true},
        {"redis7", "active-defrag-cycle-max", "75", true},
        {"redis7", "active-defrag-cycle-max", "76", false},
        {"redis7", "active-defrag-cycle-max", "0", false},
        {"redis7", "slowlog-log-slower-than", "-1", true},
        {"redis7", "slowlog-log-slower-than", "10000", true},
        {"redis7", "slowlog-log-slower-than", "x", false},
        {"redis6.x", "list-max-ziplist-size", "-5", true},
        {"redis6.x", "list-max-ziplist-size", "-6", false},
        {"redis6.x", "list-max-ziplist-size", "0", false},
        {"redis6.x", "list-max-ziplist-size", "128", true},
        {"redis7", "lua-time-limit", "5000", true},
        {"redis7", "lua-time-limit", "5001", false},
        {"redis5.0", "databases", "1200000", true},
        {"redis7", "databases", "1200000", false},
        {"redis7", "reserved-memory-percent", "100", true},
        {"redis7", "reserved-memory-percent", "101", false},
        {"valkey8", "commandlog-reply-larger-than", "-1", true},
        {"valkey8", "commandlog-reply-larger-than", "much", false},
        {"memcached1.6", "slab_automove", "2", true},
        {"memcached1.6", "slab_automove", "3", false},
        {"memcached1.6", "chunk_size_growth_factor", "1.5", true},
        {"memcached1.6", "chunk_size_growth_factor", "2", true},
        {"memcached1.6", "chunk_size_growth_factor", "0.5", false},
        {"memcached1.6", "chunk_size_growth_factor", "1.5.1", false},
        {"memcached1.6", "chunk_size_growth_factor", "nan", false},
        {"memcached1.6", "chunk_size_growth_factor", "", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) expect_sample(&rows[i]);
}

Test(parameter_check, holds_words_against_lists)
{
    const struct sample rows[] = {
        {"redis7", "maxmemory-policy", "noeviction", true},
        {"redis7", "maxmemory-policy", "allkeys-lfu", true},
        {"redis3.2", "maxmemory-policy", "allkeys-lfu", false},
        {"redis7", "maxmemory-policy", "allkeys", false},
        {"redis7", "maxmemory-policy", "NOEVICTION", false},
        {"redis7", "maxmemory-policy", "volatile-lru,noeviction", false},
        {"redis7", "maxmemory-policy", "", false},
        {"redis7", "activedefrag", "yes", true},
        {"redis7", "activedefrag", "true", false},
        {"memcached1.6", "cas_disabled", "1", true},
        {"memcached1.6", "cas_disabled", "01", false},
        {"memcached1.6", "cas_disabled", "", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) expect_sample(&rows[i]);
}

Test(parameter_check, knows_the_letters_of_keyspace_events)
{
    const struct sample rows[] = {
        {"redis7", "notify-keyspace-events", "", true},
        {"redis7", "notify-keyspace-events", "KEA", true},
        {"redis7", "notify-keyspace-events", "Kg$lshzxe", true},
        {"redis7", "notify-keyspace-events", "KEq", false},
        {"redis7", "notify-keyspace-events", "K E", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) expect_sample(&rows[i]);
}

Test(parameter_check, pairs_commands_with_new_names)
{
    const struct sample rows[] = {
        {"redis7", "rename-commands", "", true},
        {"redis7", "rename-commands", "KEYS blocked", true},
        {"redis7", "rename-commands", "keys allkeys FLUSHALL blocked", true},
        {"redis7", "rename-commands", "GEORADIUSBYMEMBER_RO near", true},
        {"redis7", "rename-commands", "KEYS", false},
        {"redis7", "rename-commands", "KEYS blocked FLUSHALL", false},
        {"redis7", "rename-commands", "CONFIG secret", false},
        {"redis7", "rename-commands", "KEY blocked", false},
        {"redis7", "rename-commands", "KEYS all-keys", false},
        {"redis7", "rename-commands", "KEYS abcdefghijklmnopqrst", true},
        {"redis7", "rename-commands", "KEYS abcdefghijklmnopqrstu", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) expect_sample(&rows[i]);
}

Test(parameter_check, tells_what_would_be_allowed)
{
    struct err e = {0};
    cr_assert_eq(parameter_check(parameter_find(family_find("redis7"), "timeout"), "19", &e), ERR_USAGE);
    cr_assert_str_eq(e.msg, "Invalid parameter value: 19 for: timeout allowed values are: 0,20-");
}

static void expect_defaults_fit(const struct parameter_family *f)
{
    for (size_t i = 0; i < f->n_parameters; i++) {
        const struct parameter *p = parameter_at(f, i);
        struct err e = {0};
        /* 0 is shown as long as nothing was chosen, and can't be chosen. */
        bool shown_only = strcmp(p->name, "cluster-databases") == 0;
        if (p->value) cr_expect_eq(parameter_check(p, p->value, &e) == 0, !shown_only, "%s: %s", f->name, e.msg);
        if (p->cluster_value) cr_expect_eq(parameter_check(p, p->cluster_value, &e), 0, "%s: %s", f->name, e.msg);
    }
}

Test(parameter_check, passes_every_default)
{
    for (size_t i = 0; i < n_parameter_families; i++) expect_defaults_fit(&parameter_families[i]);
}
