#pragma once
#include "catalog/words.gen.h"
#include <stdbool.h>
#include <stdint.h>
struct row_node;
struct row_endpoint;
struct row_snapshot;
struct row_snapshot_part;
/*
 * What the last sighting says, compared with what is wanted since. The columns seen_… are what an agent has told, and stay as they are
 * when a plan gives another address or an operation asks for another export: these functions then say that nothing is known yet.
 */

/* Whether the row's columns are about the address that the node has now. A row that nothing was told of is about any. */
bool seen_node_is_here(const struct row_node *n);
enum seen_state seen_node_state(const struct row_node *n);
/* Why it is not as it shall be, or NULL. */
const char *seen_node_reason(const struct row_node *n);
/* Why it can't follow its upstream: it answers, and its link is down for longer than usual. NULL where nothing is known of that. */
const char *seen_why_unlinked(const struct row_node *n);
int64_t seen_node_restarts(const struct row_node *n);

bool seen_endpoint_is_here(const struct row_endpoint *e);
enum endpoint_state seen_endpoint_state(const struct row_endpoint *e);
const char *seen_endpoint_reason(const struct row_endpoint *e);

/* Of the export that was asked for last. */
bool seen_export_is_done(const struct row_snapshot_part *p, const struct row_snapshot *s);
/* Why it can't be done, or NULL. */
const char *seen_export_reason(const struct row_snapshot_part *p, const struct row_snapshot *s);
