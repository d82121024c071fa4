#include "ops/reserved_node/reserved_node.h"
#include "catalog/limits.gen.h"
#include "catalog/offering.h"
#include "model/timestamp.h"
#include "ops/core/id.h"
#include "ops/core/request.h"
#include "ops/core/tags.h"
#include "ops/core/view.h"
#include <stdlib.h>
#include <string.h>

/* Nothing is paid here, so that a reserved node is active at once, and retired when its time is over. */

struct offering_filter {
    const char *id, *type, *product, *offering;
    int years; /* 0: any */
};

/* Years, seconds or as clients of Terraform write it. */
static int read_years(struct op *op, const char *given, int *out)
{
    static const struct {
        const char *text;
        int years;
    } known[] = {{"1", 1}, {"3", 3}, {"31536000", 1}, {"94608000", 3}, {"P1Y", 1}, {"P3Y", 3}};
    *out = 0;
    for (size_t i = 0; given && i < sizeof known / sizeof *known; i++)
        if (strcmp(given, known[i].text) == 0) *out = known[i].years;
    if (given == NULL || *out) return 0;
    return op_fault(
        op, FAULT_INVALID_PARAMETER_VALUE, "Invalid Duration: %s. Valid values are 1, 3, 31536000 and 94608000.", given);
}

static int read_offering_type(struct op *op, const char *given)
{
    for (size_t i = 0; given && i < n_offering_terms; i++)
        if (strcmp(given, offering_terms[i].name) == 0) return 0;
    if (given == NULL) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
        "Invalid OfferingType: %s. Valid values are No Upfront, Partial Upfront and All Upfront.", given);
}

static bool is_offered(const struct offering *o, const struct offering_filter *f)
{
    return (f->id == NULL || strcmp(f->id, o->id) == 0) && (f->type == NULL || strcmp(f->type, o->type->name) == 0) &&
           (f->product == NULL || strcmp(f->product, o->engine->name) == 0) &&
           (f->offering == NULL || strcmp(f->offering, o->term->name) == 0) && (f->years == 0 || f->years == o->term->years);
}

static int fault_no_offering(struct op *op, const char *id)
{
    return op_fault(op, FAULT_RESERVED_CACHE_NODES_OFFERING_NOT_FOUND, "Reserved cache nodes offering %s not found.", id);
}

/* ---- offerings ---- */

static struct api_recurring_charge_list view_charges(struct op *op, const struct offering *o)
{
    struct api_recurring_charge_list list = {true, 1, arena_array(op->arena, struct api_recurring_charge, 1)};
    list.items[0] =
        (struct api_recurring_charge){.recurring_charge_amount = OPT_DOUBLE(o->hourly), .recurring_charge_frequency = "Hourly"};
    return list;
}

static struct api_reserved_cache_nodes_offering view_offering(struct op *op, const struct offering *o)
{
    return (struct api_reserved_cache_nodes_offering){
        .reserved_cache_nodes_offering_id = arena_strdup(op->arena, o->id),
        .cache_node_type = o->type->name,
        .duration = OPT_INT(o->duration_s),
        .fixed_price = OPT_DOUBLE(o->fixed_price),
        .usage_price = OPT_DOUBLE(0),
        .product_description = o->engine->name,
        .offering_type = o->term->name,
        .recurring_charges = view_charges(op, o),
    };
}

/* A page begins behind a place, which its marker tells. */
int op_describe_reserved_cache_nodes_offerings(struct op *op, const struct api_describe_reserved_cache_nodes_offerings_in *in,
    struct api_describe_reserved_cache_nodes_offerings_out *out)
{
    struct page page;
    struct offering o;
    struct offering_filter f = {
        in->reserved_cache_nodes_offering_id, in->cache_node_type, in->product_description, in->offering_type, 0};
    int r = page_read(op, in->max_records, in->marker, &page);
    if (r == 0) r = read_years(op, in->duration, &f.years);
    if (r == 0) r = read_offering_type(op, in->offering_type);
    if (r) return r;
    if (f.id && !offering_find(f.id, &o)) return fault_no_offering(op, f.id);
    struct api_reserved_cache_nodes_offering_list *list = &out->reserved_cache_nodes_offerings;
    *list = (struct api_reserved_cache_nodes_offering_list){
        .set = true, .items = arena_array(op->arena, struct api_reserved_cache_nodes_offering, page.n)};
    size_t last = *page.after ? (size_t)strtoull(page.after, NULL, 10) : 0;
    for (size_t i = *page.after ? last + 1 : 0; i < offering_places() && out->marker == NULL; i++) {
        if (!offering_at(i, &o) || !is_offered(&o, &f)) continue;
        if (list->n == (size_t)page.n) {
            out->marker = page_marker(op, arena_printf(op->arena, "%zu", last));
            continue;
        }
        list->items[list->n++] = view_offering(op, &o);
        last = i;
    }
    return 0;
}

/* ---- reserved nodes ---- */

static struct api_reserved_cache_node view_reserved(struct op *op, const struct row_reserved_node *row, const struct offering *o)
{
    bool over = op->now_ms >= row->start_ms + o->duration_s * 1000;
    return (struct api_reserved_cache_node){
        .reserved_cache_node_id = row->id,
        .reserved_cache_nodes_offering_id = row->offering_id,
        .cache_node_type = o->type->name,
        .start_time = OPT_TIME(row->start_ms),
        .duration = OPT_INT(o->duration_s),
        .fixed_price = OPT_DOUBLE(o->fixed_price),
        .usage_price = OPT_DOUBLE(0),
        .cache_node_count = OPT_INT(row->nodes),
        .product_description = o->engine->name,
        .offering_type = o->term->name,
        .state = over ? "retired" : "active",
        .recurring_charges = view_charges(op, o),
        .reservation_arn = arn_of(op, row->account, "reserved-instance", row->id),
    };
}

int reserved_node_check(struct op *op, const char *id)
{
    struct row_reserved_node *row;
    if (id == NULL) return 0;
    int r = q_reserved_node_get(op->store, op->arena, op->region->name, id, &row, op->err);
    if (r || row) return r;
    return op_fault(op, FAULT_RESERVED_CACHE_NODE_NOT_FOUND, "Reserved cache node %s not found.", id);
}

int op_describe_reserved_cache_nodes(
    struct op *op, const struct api_describe_reserved_cache_nodes_in *in, struct api_describe_reserved_cache_nodes_out *out)
{
    struct page page;
    struct row_reserved_node *rows = NULL;
    struct offering o;
    size_t n = 0;
    const char *id = id_fold(op, in->reserved_cache_node_id);
    struct offering_filter f = {
        in->reserved_cache_nodes_offering_id, in->cache_node_type, in->product_description, in->offering_type, 0};
    int r = page_read(op, in->max_records, in->marker, &page);
    if (r == 0) r = read_years(op, in->duration, &f.years);
    if (r == 0) r = read_offering_type(op, in->offering_type);
    if (r == 0) r = reserved_node_check(op, id);
    if (r == 0) r = q_reserved_node_after(op->store, op->arena, op->region->name, page.after, &rows, &n, op->err);
    if (r) return r;
    struct api_reserved_cache_node_list *list = &out->reserved_cache_nodes;
    *list = (struct api_reserved_cache_node_list){
        .set = true, .items = arena_array(op->arena, struct api_reserved_cache_node, page.n)};
    for (size_t i = 0; i < n && out->marker == NULL; i++) {
        if ((id && strcmp(rows[i].id, id) != 0) || !offering_find(rows[i].offering_id, &o) || !is_offered(&o, &f)) continue;
        if (list->n == (size_t)page.n) out->marker = page_marker(op, list->items[list->n - 1].reserved_cache_node_id);
        else list->items[list->n++] = view_reserved(op, &rows[i], &o);
    }
    return 0;
}

/* ---- buying ---- */

static int read_new_id(struct op *op, const char *given, const char **out)
{
    char date[TIMESTAMP_SIZE];
    struct row_reserved_node *other;
    timestamp_format(op->now_ms, date);
    *out = arena_printf(op->arena, "ri-%.10s-%08llx", date, (unsigned long long)op->random & 0xffffffff);
    int r = given ? id_check(op, "ReservedCacheNodeId", given, 50, out) : 0;
    if (r == 0) r = q_reserved_node_get(op->store, op->arena, op->region->name, *out, &other, op->err);
    if (r || other == NULL) return r;
    return op_fault(op, FAULT_RESERVED_CACHE_NODE_ALREADY_EXISTS, "Reserved cache node %s already exists.", *out);
}

static int check_reserved_quota(struct op *op, int64_t more)
{
    int64_t nodes;
    int r = q_reserved_node_count(op->store, op->region->name, &nodes, op->err);
    if (r || nodes + more <= LIMIT_RESERVED_NODES_PER_REGION) return r;
    return op_fault(op, FAULT_RESERVED_CACHE_NODE_QUOTA_EXCEEDED,
        "Reserved cache node quota exceeded. You can have at most %d reserved cache nodes in this region.",
        LIMIT_RESERVED_NODES_PER_REGION);
}

int op_purchase_reserved_cache_nodes_offering(struct op *op, const struct api_purchase_reserved_cache_nodes_offering_in *in,
    struct api_purchase_reserved_cache_nodes_offering_out *out)
{
    struct offering o;
    struct row_reserved_node row = {.region = op->region->name,
        .account = op->account,
        .offering_id = in->reserved_cache_nodes_offering_id,
        .nodes = in->cache_node_count.set ? in->cache_node_count.v : 1,
        .start_ms = op->now_ms};
    if (!offering_find(row.offering_id, &o)) return fault_no_offering(op, row.offering_id);
    if (row.nodes < 1) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The parameter CacheNodeCount must be at least 1.");
    int r = read_new_id(op, in->reserved_cache_node_id, &row.id);
    if (r == 0) r = check_reserved_quota(op, row.nodes);
    if (r == 0) r = q_reserved_node_put(op->store, &row, op->err);
    if (r == 0 && in->tags.n) r = tags_put(op, arn_of(op, op->account, "reserved-instance", row.id), &in->tags);
    if (r) return r;
    out->reserved_cache_node = arena_new(op->arena, struct api_reserved_cache_node);
    *out->reserved_cache_node = view_reserved(op, &row, &o);
    return 0;
}
