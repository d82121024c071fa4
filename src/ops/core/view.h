#pragma once
#include "catalog/endpoint_name.h"
#include "ops/core/op.h"
/* Values as the API shows them, whatever resource they belong to; in the request's arena. */

/* The words of a space-separated list. */
struct string_list view_words(struct op *op, const char *text);
/* Stored slots as the API writes them, ranges with commas; NULL where there are none. */
const char *view_slots(struct op *op, const char *text);
/* An endpoint at that address (NULL: it has none yet). Where endpoints have names, it shows the one of that kind and owner, whose region is
 * that of the request. */
struct api_endpoint *view_endpoint(struct op *op, const char *address, int64_t port, enum endpoint_name kind,
    enum encryption_mode encryption, struct endpoint_owner owner);
const char *view_enabled(bool on);
/* Whether nodes of that type have disks for what memory has no room for. */
const char *view_data_tiering(const char *node_type);
/* What encrypts the data at rest: none, sse-elasticache, or sse-kms where the caller's own key does. */
const char *view_storage_encryption(bool encrypted, const char *kms_key_id);
