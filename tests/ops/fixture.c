#include "fixture.h"
#include "model/form.h"
#include "model/operation.h"
#include "database.h"
#include <criterion/criterion.h>
#include <string.h>

static struct store *store;
static struct arena arena;
static struct err err;
struct ops_config fixture_config;

void fixture_open(void)
{
    store = database_open(STORE_NORMAL);
}

void fixture_close(void)
{
    arena_fini(&arena);
    database_close(store);
}

struct store *fixture_store(void)
{
    return store;
}

/* ---- queries that fail ---- */

static int queries_left = -1; /* until one fails; below 0: none does */
static bool tripped;          /* one has failed */

/* The linker has those who call a function of the store call __wrap_… in its place, and gives __real_… to call it. */
#define FAILING(function, parameters, ...)                                                 \
    int __real_##function parameters;                                                      \
    int __wrap_##function parameters;                                                      \
    int __wrap_##function parameters                                                       \
    {                                                                                      \
        if (queries_left < 0 || queries_left-- > 0) return __real_##function(__VA_ARGS__); \
        tripped = true;                                                                    \
        return err_set(e, ERR_DB, #function ": tripped");                                  \
    }

/* clang-format off */
FAILING(store_run, (struct store *s, enum query q, const struct sql_param *p, struct err *e), s, q, p, e)
FAILING(store_int, (struct store *s, enum query q, const struct sql_param *p, int64_t *out, struct err *e), s, q, p, out, e)
FAILING(store_one, (struct store *s, enum query q, const struct sql_param *p, const struct sql_table *t, struct arena *a, void **out,
    struct err *e), s, q, p, t, a, out, e)
FAILING(store_many, (struct store *s, enum query q, const struct sql_param *p, const struct sql_table *t, struct arena *a, void **out,
    size_t *n, struct err *e), s, q, p, t, a, out, n, e)
FAILING(store_texts, (struct store *s, enum query q, const struct sql_param *p, struct arena *a, const char ***out, size_t *n,
    struct err *e), s, q, p, a, out, n, e)
FAILING(store_keys, (struct store *s, enum query q, const struct sql_param *p, struct arena *a, const char ***out, size_t *n,
    struct err *e), s, q, p, a, out, n, e)
/* clang-format on */

/* Fails the first, the second … query until none is left to fail; of an operation with very many not each. */
static int run_until_whole(const struct operation *o, const struct ops_caller *who, const void *in, void *out)
{
    int r;
    for (int k = 0;; k += 1 + k / 20) {
        memset(out, 0, o->out ? o->out->size : 1);
        queries_left = k;
        tripped = false;
        r = ops_run(store, &fixture_config, o, who, &arena, in, out, &err);
        queries_left = -1;
        if (!tripped) return r;
        cr_assert_lt(r, 0, "%s answers %d although its query number %d has failed", o->name, r, k);
    }
}

/* ---- operations ---- */

typedef int run_fn(const struct operation *o, const struct ops_caller *who, const void *in, void *out);

static int run_once(const struct operation *o, const struct ops_caller *who, const void *in, void *out)
{
    return ops_run(store, &fixture_config, o, who, &arena, in, out, &err);
}

static struct answer run_form(const char *account, const char *region, const char *action, const char *form, run_fn *run)
{
    const struct operation *o = operation_find(api_operations, api_n_operations, action);
    cr_assert(o && o->run, "%s is not served", action);
    struct form f = {0};
    void *in = arena_alloc(&arena, o->in->size), *out = arena_alloc(&arena, o->out ? o->out->size : 1);
    struct ops_caller who = {region, account, "id"};
    err = (struct err){0};
    int r = form_parse(&f, &arena, form, strlen(form), &err);
    if (r == 0) r = form_decode(&f, o->in, &arena, in, &err);
    if (r == 0) r = run(o, &who, in, out);
    cr_assert_geq(r, 0, "%s: %s", action, err.msg);
    cr_assert(r == 0 || operation_declares(o, r), "%s answers %s without declaring it", action, api_faults[r].code);
    return (struct answer){r, arena_strdup(&arena, r ? err.msg : ""), out};
}

struct answer fixture_run(const char *region, const char *action, const char *form)
{
    return run_form("000000000000", region, action, form, run_until_whole);
}

struct answer fixture_run_as(const char *account, const char *region, const char *action, const char *form)
{
    return run_form(account, region, action, form, run_once);
}

void fixture_available(const char *region, const char *rg_id)
{
    struct row_replication_group *rg;
    struct row_node *nodes;
    size_t n;
    cr_assert_eq(q_rg_get(store, &arena, region, rg_id, &rg, &err), 0);
    rg->status = RG_AVAILABLE;
    rg->mode_before = MODE_BEFORE_NONE;
    cr_assert_eq(q_replication_group_put(store, rg, &err), 0);
    struct row_node_group *ngs;
    cr_assert_eq(q_node_group_span(store, &arena, region, rg_id, rg_id, &ngs, &n, &err), 0);
    for (size_t i = 0; i < n; i++) {
        ngs[i].status = NODE_GROUP_AVAILABLE;
        cr_assert_eq(q_node_group_put(store, &ngs[i], &err), 0);
    }
    struct row_cache_cluster *clusters;
    cr_assert_eq(q_cluster_list_by_rg(store, &arena, region, rg_id, &clusters, &n, &err), 0);
    for (size_t i = 0; i < n; i++) {
        clusters[i].status = CLUSTER_AVAILABLE;
        cr_assert_eq(q_cache_cluster_put(store, &clusters[i], &err), 0);
    }
    cr_assert_eq(q_node_list_by_rg(store, &arena, region, rg_id, &nodes, &n, &err), 0);
    for (size_t i = 0; i < n; i++) {
        nodes[i].address = "127.1.0.1";
        nodes[i].settled = 1;
        cr_assert_eq(q_node_put(store, &nodes[i], &err), 0);
    }
}

void fixture_cluster_available(const char *region, const char *id)
{
    struct row_cache_cluster *c;
    struct row_node *nodes;
    size_t n;
    cr_assert_eq(q_cluster_get(store, &arena, region, id, &c, &err), 0);
    c->status = CLUSTER_AVAILABLE;
    cr_assert_eq(q_cache_cluster_put(store, c, &err), 0);
    cr_assert_eq(q_node_list_by_cluster(store, &arena, region, id, &nodes, &n, &err), 0);
    for (size_t i = 0; i < n; i++) {
        nodes[i].address = "127.1.0.1";
        nodes[i].settled = 1;
        nodes[i].status = NODE_AVAILABLE;
        cr_assert_eq(q_node_put(store, &nodes[i], &err), 0);
    }
}

static bool matches(const char *got, const char *wanted)
{
    size_t n = strlen(wanted);
    if (n >= 3 && strcmp(wanted + n - 3, "...") == 0) return strncmp(got, wanted, n - 3) == 0;
    return strcmp(got, wanted) == 0;
}

void fixture_check(const char *region, const struct fixture_line *table, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct answer a = fixture_run(region, table[i].action, table[i].form);
        cr_expect_str_eq(a.fault ? api_faults[a.fault].code : "done", table[i].fault ? api_faults[table[i].fault].code : "done",
            "%s %s: %s", table[i].action, table[i].form, a.message);
        if (table[i].fault)
            cr_expect(matches(a.message, table[i].message), "%s %s: %s", table[i].action, table[i].form, a.message);
    }
}
