#pragma once
#include "store/sql.gen.h"
#include <stdbool.h>
/*
 * The delivery of logs of replication groups and cache clusters, as rows tell it: 'DESTINATION_TYPE FORMAT DESTINATION', with a status
 * that shows a change until all nodes have told that it is in force. Members have the columns of their replication group.
 */
struct arena;
struct world;

enum log_type { LOG_TYPE_SLOW, LOG_TYPE_ENGINE, LOG_TYPES };

/* "slow-log" */
const char *log_type_name(enum log_type t);

/* One log's columns of a row. */
struct log_columns {
    const char **delivery; /* *delivery is NULL: it is not to be delivered, and has no stage */
    enum log_status *stage;
};
#define LOG_COLUMNS_OF(row)                               \
    {                                                     \
        {&(row)->slow_log, &(row)->slow_log_status},      \
        {                                                 \
            &(row)->engine_log, &(row)->engine_log_status \
        }                                                 \
    }

/* What a delivery says, in parts. */
struct log_delivery {
    const char *destination_type, *format, *destination;
};
struct log_delivery log_delivery_read(struct arena *a, const char *delivery);

/* True for a log that is delivered, or shall be. */
bool log_is_delivered(const char *delivery, enum log_status status);
/* A number that is another exactly where the nodes of the cache cluster shall deliver otherwise; 0: nothing. */
int64_t logs_generation(const struct row_cache_cluster *c);
/* All nodes deliver as they shall. */
void logs_settle(struct world *w, struct log_columns columns[LOG_TYPES]);
