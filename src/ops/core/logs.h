#pragma once
#include "ops/core/op.h"
#include "plan/logs.h"
/*
 * LogDeliveryConfigurations, of replication groups and of cache clusters: read into columns, and shown from them.
 * Source: the user guide's "Log delivery"; where AWS's words are not known, ours follow its manner.
 */

/* What a request asks for goes into the columns; *changes where it differs from what they say. 'at_once': a change that can't wait
 * may be made. */
int logs_read(struct op *op, const struct api_log_delivery_configuration_request_list *asked, const struct engine_version *v,
    bool at_once, struct log_columns columns[LOG_TYPES], bool *changes);

struct api_log_delivery_configuration_list logs_view(struct op *op, const struct log_columns columns[LOG_TYPES]);
/* Those that are on their way. */
struct api_pending_log_delivery_configuration_list logs_view_pending(struct op *op, const struct log_columns columns[LOG_TYPES]);
