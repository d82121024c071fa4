#pragma once
#include "ops/core/op.h"
/* Identifiers, ARNs and page markers: what every resource's operations share. */

/*
 * Folds 'given' to lower case and checks it: a letter, then letters, digits and
 * single hyphens, no hyphen at the end, at most 'max' bytes; the only characters
 * that may ever reach a path or a configuration file. 'parameter' is the name
 * that AWS's message tells, which may differ from the request's.
 */
int id_check(struct op *op, const char *parameter, const char *given, size_t max, const char **out);
/* Refuses what is no identifier, in AWS's words. */
int id_refuse(struct op *op, const char *parameter);
/* Only folds: for look-ups, where a bad identifier is simply not found. NULL stays NULL; what no caller can have made becomes "-", which is nothing's id. */
const char *id_fold(struct op *op, const char *given);

/* arn:aws:elasticache:REGION:ACCOUNT:TYPE:ID in the request's region and the resource's account. */
const char *arn_of(struct op *op, const char *account, const char *type, const char *id);
/* A global datastore's ARN has no region. */
const char *arn_of_global(struct op *op, const char *account, const char *id);

struct arn {
    const char *type, *id;
};
/* Takes a resource's ARN apart and checks that it is one of this partition, service, region and account. AWS's own messages. */
int arn_parse(struct op *op, const char *text, struct arn *out);

/*
 * The page of a list: how many records (checked against the operation's limits)
 * and the key after which it starts ("" for the first page). A marker is opaque to
 * clients: the hexadecimal spelling of the last key of the page before.
 */
struct page {
    int64_t n;
    const char *after;
};
int page_read(struct op *op, struct opt_int max_records, const char *marker, struct page *out);
/* The marker that continues after 'last_key'. */
const char *page_marker(struct op *op, const char *last_key);
