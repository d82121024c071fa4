#include "ops/serverless_cache/limits.h"
#include "catalog/limits.gen.h"

static int check_range(struct op *op, const char *what, struct opt_int given, int64_t low, int64_t high)
{
    if (!given.set || given.v == 0 || (given.v >= low && given.v <= high)) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
        "Invalid value for %s limit. Must be between %lld and %lld. You can set the value to zero to remove the limit.", what,
        (long long)low, (long long)high);
}

static int check_order(struct op *op, const char *what, int64_t min, int64_t max)
{
    if (max == 0 || min <= max) return 0;
    return op_fault(
        op, FAULT_INVALID_PARAMETER_COMBINATION, "The minimum of the %s limit must not be greater than its maximum.", what);
}

static int read_pair(struct op *op, const char *what, struct opt_int min, struct opt_int max, int64_t low, int64_t high,
    int64_t *row_min, int64_t *row_max)
{
    int r = check_range(op, what, max, low, high);
    if (r == 0) r = check_range(op, what, min, low, high);
    if (r) return r;
    if (min.set) *row_min = min.v;
    if (max.set) *row_max = max.v;
    return check_order(op, what, *row_min, *row_max);
}

int limits_read(struct op *op, const struct api_cache_usage_limits *in, struct row_serverless_cache *row)
{
    const struct api_data_storage *storage = in ? in->data_storage : NULL;
    const struct api_ecpu_per_second *ecpu = in ? in->ecpu_per_second : NULL;
    int r = 0;
    if (storage)
        r = read_pair(op, "DataStorage", storage->minimum, storage->maximum, LIMIT_SERVERLESS_STORAGE_MIN,
            LIMIT_SERVERLESS_STORAGE_MAX, &row->storage_min, &row->storage_max);
    if (r == 0 && ecpu)
        r = read_pair(op, "ECPUPerSecond", ecpu->minimum, ecpu->maximum, LIMIT_SERVERLESS_ECPU_MIN, LIMIT_SERVERLESS_ECPU_MAX,
            &row->ecpu_min, &row->ecpu_max);
    return r;
}

int64_t limits_memory(const struct row_serverless_cache *row)
{
    return (row->storage_max ? row->storage_max : LIMIT_SERVERLESS_STORAGE_MAX) << 30;
}

static struct opt_int shown_limit(int64_t limit)
{
    return limit ? OPT_INT(limit) : (struct opt_int){0};
}

struct api_cache_usage_limits *limits_view(struct op *op, const struct row_serverless_cache *row)
{
    bool storage = row->storage_min || row->storage_max, ecpu = row->ecpu_min || row->ecpu_max;
    if (!storage && !ecpu) return NULL;
    struct api_cache_usage_limits *out = arena_new(op->arena, struct api_cache_usage_limits);
    if (storage) {
        out->data_storage = arena_new(op->arena, struct api_data_storage);
        *out->data_storage = (struct api_data_storage){
            .maximum = shown_limit(row->storage_max), .minimum = shown_limit(row->storage_min), .unit = "GB"};
    }
    if (ecpu) {
        out->ecpu_per_second = arena_new(op->arena, struct api_ecpu_per_second);
        *out->ecpu_per_second =
            (struct api_ecpu_per_second){.maximum = shown_limit(row->ecpu_max), .minimum = shown_limit(row->ecpu_min)};
    }
    return out;
}
