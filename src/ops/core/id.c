#include "ops/core/id.h"
#include "base/hex.h"
#include "catalog/account_key.h"
#include "plan/serverless.h"
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

const char *id_fold(struct op *op, const char *given)
{
    if (given == NULL) return NULL;
    char *id = arena_strdup(op->arena, given);
    for (char *p = id; *p; p++) *p = (char)tolower((unsigned char)*p);
    return serverless_owns(id) || account_leads(id) ? "-" : id;
}

static bool is_identifier(const char *id)
{
    if (!(id[0] >= 'a' && id[0] <= 'z')) return false;
    size_t n = strlen(id);
    for (size_t i = 1; i < n; i++) {
        bool alnum = (id[i] >= 'a' && id[i] <= 'z') || (id[i] >= '0' && id[i] <= '9');
        if (!alnum && !(id[i] == '-' && id[i - 1] != '-')) return false;
    }
    return id[n - 1] != '-';
}

int id_refuse(struct op *op, const char *parameter)
{
    return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
        "The parameter %s is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, "
        "digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.",
        parameter);
}

int id_check(struct op *op, const char *parameter, const char *given, size_t max, const char **out)
{
    assert(given);
    *out = id_fold(op, given);
    if (!is_identifier(*out)) return id_refuse(op, parameter);
    if (strlen(*out) > max)
        return op_fault(
            op, FAULT_INVALID_PARAMETER_VALUE, "The parameter %s must be at most %zu characters long.", parameter, max);
    return 0;
}

const char *arn_of(struct op *op, const char *account, const char *type, const char *id)
{
    return arena_printf(
        op->arena, "arn:%s:elasticache:%s:%s:%s:%s", op->region->partition->name, op->region->name, account, type, id);
}

const char *arn_of_global(struct op *op, const char *account, const char *id)
{
    return arena_printf(op->arena, "arn:%s:elasticache::%s:globalreplicationgroup:%s", op->region->partition->name, account, id);
}

int arn_parse(struct op *op, const char *text, struct arn *out)
{
    char *rest = arena_strdup(op->arena, text);
    const char *part[6], *partition = op->region->partition->name;
    int n = 0;
    while (n < 6 && rest) part[n++] = strsep(&rest, ":");
    if (rest == NULL || strcmp(part[0], "arn") != 0)
        return op_fault(op, FAULT_INVALID_ARN, "Input ARN string does not have 7 components.");
    if (strcmp(part[1], partition) != 0)
        return op_fault(op, FAULT_INVALID_ARN, "partition field is wrong. Expected value is %s", partition);
    if (strcmp(part[2], "elasticache") != 0)
        return op_fault(op, FAULT_INVALID_ARN, "service field is wrong. Expected value is elasticache");
    if (strcmp(part[3], op->region->name) != 0)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Unauthorized call. Please check the region or customer id");
    if (strcmp(part[4], op->account) != 0)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The resource ARN does not belong to the caller's account.");
    *out = (struct arn){part[5], id_fold(op, rest)};
    return 0;
}

int page_read(struct op *op, struct opt_int max_records, const char *marker, struct page *out)
{
    const struct operation_pages *limits = op->operation->pages;
    out->n = max_records.set ? max_records.v : limits->size;
    out->after = "";
    if (out->n < limits->min || out->n > limits->max)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Invalid value %lld for %s. Must be between %d and %d",
            (long long)out->n, limits->limit, limits->min, limits->max);
    if (marker == NULL || marker[0] == '\0') return 0;
    size_t n = strlen(marker) / 2;
    char *key = arena_alloc(op->arena, n + 1);
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(marker[2 * i]), low = hex_digit(marker[2 * i + 1]);
        if (high < 0 || low < 0 || high * 16 + low < ' ')
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The marker %s is not valid.", marker);
        key[i] = (char)(high * 16 + low);
    }
    if (n == 0 || strlen(marker) % 2) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The marker %s is not valid.", marker);
    out->after = key;
    return 0;
}

const char *page_marker(struct op *op, const char *last_key)
{
    size_t n = strlen(last_key);
    char *marker = arena_alloc(op->arena, 2 * n + 1);
    hex_write((const uint8_t *)last_key, n, marker);
    return marker;
}
