#include "ops/core/logs.h"
#include "ops/core/request.h"
#include <ctype.h>
#include <string.h>

enum { LOG_GROUP_MAX = 180, STREAM_MAX = 64 };

/* The two kinds of destination: the names' further characters, and their length (of a LogGroup, as far as it can name a file). */
static const struct destination {
    const char *type, *member, *characters;
    size_t length;
} destinations[] = {
    {"cloudwatch-logs", "CloudWatchLogsDetails.LogGroup", ".-_/#", LOG_GROUP_MAX},
    {"kinesis-firehose", "KinesisFirehoseDetails.DeliveryStream", ".-_", STREAM_MAX},
};

static const char *destination_name(const struct api_destination_details *d, const struct destination *kind)
{
    if (d == NULL) return NULL;
    if (kind == &destinations[0]) return d->cloud_watch_logs_details ? d->cloud_watch_logs_details->log_group : NULL;
    return d->kinesis_firehose_details ? d->kinesis_firehose_details->delivery_stream : NULL;
}

static bool is_destination(const struct destination *kind, const char *name)
{
    size_t n = strlen(name);
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && strchr(kind->characters, *c) == NULL) return false;
    return n > 0 && n <= kind->length;
}

static int read_destination(struct op *op, const struct api_log_delivery_configuration_request *asked, const char **out)
{
    const struct destination *kind = &destinations[0];
    if (asked->destination_type == NULL || asked->log_format == NULL)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "DestinationType, DestinationDetails and LogFormat must be specified for log type %s.", asked->log_type);
    if (strcmp(asked->destination_type, kind->type) != 0) kind++;
    const struct destination *other = kind == destinations ? kind + 1 : destinations;
    const char *name = destination_name(asked->destination_details, kind);
    if (name == NULL || destination_name(asked->destination_details, other) != NULL)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "DestinationDetails must have %s, and nothing else, for the destination type %s.", kind->member, kind->type);
    if (!is_destination(kind, name)) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Invalid %s: %s.", kind->member, name);
    *out = arena_printf(op->arena, "%s %s %s", kind->type, asked->log_format, name);
    return 0;
}

static int check_engine(struct op *op, enum log_type t, const struct engine_version *v)
{
    enum engine_feature feature = t == LOG_TYPE_SLOW ? ENGINE_FEATURE_SLOW_LOG : ENGINE_FEATURE_ENGINE_LOG;
    if (engine_features[feature][v->engine->id] == NULL)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "Log delivery is not supported for engine %s.", v->engine->name);
    if (!engine_version_has(v, feature))
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "Log type %s is not supported for engine version %s. Please use engine version %s or later.", log_type_name(t),
            v->full, engine_features[feature][v->engine->id]);
    return 0;
}

static int read_one(struct op *op, const struct api_log_delivery_configuration_request *asked, enum log_type t,
    const struct engine_version *v, struct log_columns *l, bool *changes)
{
    const char *delivery = NULL;
    bool delivers = log_is_delivered(*l->delivery, *l->stage);
    if (!request_flag(asked->enabled, true)) {
        *changes |= delivers;
        if (delivers) *l->stage = LOG_DISABLING;
        return 0;
    }
    int r = check_engine(op, t, v);
    if (r == 0) r = request_part(op, v, PART_LOGS, t == LOG_TYPE_SLOW);
    if (r == 0) r = read_destination(op, asked, &delivery);
    if (r || (delivers && strcmp(delivery, *l->delivery) == 0)) return r;
    *l->delivery = delivery;
    *l->stage = delivers ? LOG_MODIFYING : LOG_ENABLING;
    *changes = true;
    return 0;
}

int logs_read(struct op *op, const struct api_log_delivery_configuration_request_list *asked, const struct engine_version *v,
    bool at_once, struct log_columns columns[LOG_TYPES], bool *changes)
{
    bool named[LOG_TYPES] = {false}, changed = false;
    int r = 0;
    for (size_t i = 0; r == 0 && i < asked->n; i++) {
        const struct api_log_delivery_configuration_request *one = &asked->items[i];
        if (one->log_type == NULL)
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The parameter LogType must be provided and must not be null.");
        enum log_type t = strcmp(one->log_type, log_type_name(LOG_TYPE_SLOW)) == 0 ? LOG_TYPE_SLOW : LOG_TYPE_ENGINE;
        if (named[t])
            return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "Log type %s is specified more than once.", one->log_type);
        named[t] = true;
        r = read_one(op, one, t, v, &columns[t], &changed);
    }
    *changes |= changed;
    if (r || !changed || at_once) return r;
    return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
        "ApplyImmediately must be true for modifications of the log delivery configuration.");
}

static struct api_destination_details *view_destination(struct op *op, const struct log_delivery *d)
{
    struct api_destination_details *details = arena_new(op->arena, struct api_destination_details);
    if (strcmp(d->destination_type, destinations[0].type) == 0) {
        details->cloud_watch_logs_details = arena_new(op->arena, struct api_cloud_watch_logs_destination_details);
        details->cloud_watch_logs_details->log_group = d->destination;
    } else {
        details->kinesis_firehose_details = arena_new(op->arena, struct api_kinesis_firehose_destination_details);
        details->kinesis_firehose_details->delivery_stream = d->destination;
    }
    return details;
}

struct api_log_delivery_configuration_list logs_view(struct op *op, const struct log_columns columns[LOG_TYPES])
{
    struct api_log_delivery_configuration_list list = {
        .set = true, .items = arena_array(op->arena, struct api_log_delivery_configuration, LOG_TYPES)};
    for (int t = 0; t < LOG_TYPES; t++) {
        if (*columns[t].stage == LOG_NONE) continue;
        struct log_delivery d = log_delivery_read(op->arena, *columns[t].delivery);
        list.items[list.n++] = (struct api_log_delivery_configuration){.log_type = log_type_name(t),
            .destination_type = d.destination_type,
            .destination_details = view_destination(op, &d),
            .log_format = d.format,
            .status = log_status_text(*columns[t].stage)};
    }
    return list;
}

struct api_pending_log_delivery_configuration_list logs_view_pending(struct op *op, const struct log_columns columns[LOG_TYPES])
{
    struct api_pending_log_delivery_configuration_list list = {
        .items = arena_array(op->arena, struct api_pending_log_delivery_configuration, LOG_TYPES)};
    for (int t = 0; t < LOG_TYPES; t++) {
        if (*columns[t].stage != LOG_ENABLING && *columns[t].stage != LOG_MODIFYING) continue;
        struct log_delivery d = log_delivery_read(op->arena, *columns[t].delivery);
        list.items[list.n++] = (struct api_pending_log_delivery_configuration){.log_type = log_type_name(t),
            .destination_type = d.destination_type,
            .destination_details = view_destination(op, &d),
            .log_format = d.format};
    }
    list.set = list.n > 0;
    return list;
}
