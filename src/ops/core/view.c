#include "ops/core/view.h"
#include "base/slots.h"
#include "catalog/node_type.h"
#include "plan/naming.h"
#include <string.h>

struct string_list view_words(struct op *op, const char *text)
{
    struct string_list list = {.set = true, .items = arena_array(op->arena, const char *, strlen(text) / 2 + 1)};
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, " ");
        if (n) list.items[list.n++] = arena_strndup(op->arena, p, n);
        p += n + (p[n] == ' ');
    }
    return list;
}

const char *view_enabled(bool on)
{
    return on ? "enabled" : "disabled";
}

const char *view_storage_encryption(bool encrypted, const char *kms_key_id)
{
    if (!encrypted) return "none";
    return kms_key_id ? "sse-kms" : "sse-elasticache";
}

const char *view_data_tiering(const char *node_type)
{
    return view_enabled(node_type_has_disks(node_type));
}

struct api_endpoint *view_endpoint(struct op *op, const char *address, int64_t port, enum endpoint_name kind,
    enum encryption_mode encryption, struct endpoint_owner owner)
{
    struct api_endpoint *e = arena_new(op->arena, struct api_endpoint);
    const char *shown = op->endpoint_host ? op->endpoint_host : address;
    owner.region = op->region;
    if (op->config->names && address)
        shown = endpoint_name(op->arena, op->config->names, kind, naming_is_encrypted(encryption), &owner);
    *e = (struct api_endpoint){.address = shown, .port = OPT_INT(port)};
    return e;
}

const char *view_slots(struct op *op, const char *text)
{
    struct slots s = {0};
    if (text == NULL || slots_read(&s, text) != SLOTS_OK) return NULL;
    return slots_text(op->arena, &s, ',');
}
