#include "agent/memcached/memcached_args.h"
#include "agent/os/names.h"
#include "agent/engine/order_check.h"
#include "base/buf.h"
#include "base/decimal.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEGABYTES_MIN = 8, SPARE_FILES = 100 };

enum how {
    VALUE,     /* -x VALUE */
    ON,        /* -x where the value is 1 */
    OFF,       /* -x where it is 0 */
    FILES,     /* -x VALUE, as far as the machine allows so many */
    CPUS,      /* -x VALUE, as far as the machine has so many */
    SUB_VALUE, /* -o name=VALUE */
    SUB_ON,    /* -o name where the value is 1 */
    SUB_EITHER /* -o name where the value is 1, -o no_name where it is 0 */
};

static const struct option {
    const char *setting, *option;
    enum how how;
} options[] = {
    {"no_modern", "no_modern", SUB_ON}, /* before those it would change again */
    {"modern", "modern", SUB_ON},
    {"backlog_queue_limit", "-b", VALUE},
    {"binding_protocol", "-B", VALUE},
    {"cas_disabled", "-C", ON},
    {"chunk_size", "-n", VALUE},
    {"chunk_size_growth_factor", "-f", VALUE},
    {"disable_flush_all", "-F", ON},
    {"error_on_memory_exhausted", "-M", ON},
    {"hash_algorithm", "hash_algorithm", SUB_VALUE},
    {"hashpower_init", "hashpower", SUB_VALUE},
    {"idle_timeout", "idle_timeout", SUB_VALUE},
    {"inline_ascii_resp", "inline_ascii_resp", SUB_EITHER},
    {"large_memory_pages", "-L", ON},
    {"lock_down_paged_memory", "-k", ON},
    {"lru_crawler", "lru_crawler", SUB_EITHER},
    {"lru_maintainer", "lru_maintainer", SUB_EITHER},
    {"max_item_size", "-I", VALUE},
    {"max_simultaneous_connections", "-c", FILES},
    {"maxconns_fast", "maxconns_fast", SUB_EITHER},
    {"maximize_core_file_limit", "-r", ON},
    {"num_threads", "-t", CPUS},
    {"requests_per_event", "-R", VALUE},
    {"slab_automove", "slab_automove", SUB_VALUE},
    {"slab_chunk_max", "slab_chunk_max", SUB_VALUE},
    {"slab_reassign", "slab_reassign", SUB_EITHER},
    {"track_sizes", "track_sizes", SUB_ON},
    {"watch", "-W", OFF},
    {"watcher_logbuf_size", "watcher_logbuf_size", SUB_VALUE},
    {"worker_logbuf_size", "worker_logbuf_size", SUB_VALUE},
};
enum { N_OPTIONS = sizeof options / sizeof *options };

static const char *value_of(const struct proto_node_order *o, const char *setting)
{
    for (size_t i = 0; i < o->settings.n; i++)
        if (strcmp(o->settings.items[i].name, setting) == 0) return o->settings.items[i].value;
    return NULL;
}

/* Letters, digits and dots: nothing that could be an option of its own, or another suboption. */
static bool is_plain_value(const char *value)
{
    for (const char *p = value; *p; p++)
        if (!isalnum((unsigned char)*p) && *p != '.') return false;
    return *value != '\0';
}

int memcached_check(const struct proto_node_order *o, struct err *e)
{
    int r = order_check(o, e);
    if (r) return r;
    for (size_t i = 0; i < N_OPTIONS; i++) {
        const char *value = value_of(o, options[i].setting);
        if (value && !is_plain_value(value))
            return err_set(e, ERR_USAGE, "the setting %s has no proper value", options[i].setting);
    }
    if (o->tls && o->tls->mode != ENCRYPTION_REQUIRED) return err_set(e, ERR_USAGE, "a memcached takes nothing but TLS, or none");
    if (memcached_megabytes(o) < 0) return err_set(e, ERR_USAGE, "the order has no proper size of memory");
    return 0;
}

int64_t memcached_megabytes(const struct proto_node_order *o)
{
    const char *all = value_of(o, "max_cache_memory"), *overhead = value_of(o, "memcached_connections_overhead");
    if (all == NULL) return MEGABYTES_MIN;
    int64_t mb, kept = 0;
    if (!decimal_parse(all, 0, INT32_MAX, &mb)) return -1;
    if (overhead && !decimal_parse(overhead, 0, INT32_MAX, &kept)) return -1;
    return mb - kept < MEGABYTES_MIN ? MEGABYTES_MIN : mb - kept;
}

bool memcached_needs_no_restart(const char *setting)
{
    for (size_t i = 0; i < N_OPTIONS; i++)
        if (strcmp(options[i].setting, setting) == 0) return false;
    return true;
}

static void add_number(struct string_list *out, const char *option, int64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)n);
    names_add(out, option);
    names_add(out, text);
}

static void add_at_most(struct string_list *out, const char *option, const char *value, int64_t most)
{
    int64_t n = strtoll(value, NULL, 10);
    add_number(out, option, n < most ? n : most);
}

static void add_option(const struct option *x, const char *value, const struct memcached_host *host, struct string_list *out)
{
    bool on = strcmp(value, "1") == 0;
    if (x->how == FILES) add_at_most(out, x->option, value, host->files - SPARE_FILES);
    else if (x->how == CPUS) add_at_most(out, x->option, value, host->cpus);
    else if (x->how == VALUE || (x->how == ON && on) || (x->how == OFF && !on)) names_add(out, x->option);
    if (x->how == VALUE) names_add(out, value);
}

static void add_suboption(const struct option *x, const char *value, struct buf *out)
{
    bool on = strcmp(value, "1") == 0;
    const char *comma = out->len ? "," : "";
    if (x->how == SUB_VALUE) buf_printf(out, "%s%s=%s", comma, x->option, value);
    if ((x->how == SUB_ON || x->how == SUB_EITHER) && on) buf_printf(out, "%s%s", comma, x->option);
    if (x->how == SUB_EITHER && !on) buf_printf(out, "%sno_%s", comma, x->option);
}

void memcached_args(const struct proto_node_order *o, const struct string_list *left_out, const struct memcached_host *host,
    struct string_list *out)
{
    _buf_ struct buf sub = {0};
    names_add(out, "-l");
    names_add(out, o->address);
    add_number(out, "-p", o->port.v);
    add_number(out, "-U", 0);
    add_number(out, "-m", memcached_megabytes(o));
    if (host->root) names_add(out, "-u");
    if (host->root) names_add(out, "root");
    if (o->tls) names_add(out, "-Z");
    if (o->tls) buf_puts(&sub, "ssl_chain_cert=" TLS_CERTIFICATE ",ssl_key=" TLS_KEY);
    for (size_t i = 0; i < N_OPTIONS; i++) {
        const char *value = value_of(o, options[i].setting);
        if (value == NULL || names_has(left_out, options[i].setting)) continue;
        if (options[i].how < SUB_VALUE) add_option(&options[i], value, host, out);
        else add_suboption(&options[i], value, &sub);
    }
    if (sub.len == 0) return;
    names_add(out, "-o");
    names_add(out, sub.data);
}

void memcached_wrong_setting(const char *log, char name[64])
{
    static const struct {
        const char *complaint, *setting;
    } table[] = {
        {"(bytes:", "slab_chunk_max"},
        {"item size limit", "max_item_size"},
        {"Item max size", "max_item_size"},
        {"Factor must", "chunk_size_growth_factor"},
        {"Chunk size must", "chunk_size"},
        {"hashtable multiplier", "hashpower_init"},
    };
    name[0] = '\0';
    for (size_t i = 0; name[0] == '\0' && i < sizeof table / sizeof *table; i++)
        if (strstr(log, table[i].complaint)) snprintf(name, 64, "%s", table[i].setting);
}
