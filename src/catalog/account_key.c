#include "catalog/account_key.h"
#include "base/arena.h"
#include "base/buf.h"
#include <assert.h>
#include <string.h>

bool account_leads(const char *key)
{
    return strspn(key, "0123456789") == ACCOUNT_DIGITS && key[ACCOUNT_DIGITS] == ACCOUNT_SEPARATOR;
}

const char *account_id(const char *key)
{
    return account_leads(key) ? key + ACCOUNT_LEAD : key;
}

const char *account_of(struct arena *a, const char *key)
{
    return account_leads(key) ? arena_strndup(a, key, ACCOUNT_DIGITS) : ACCOUNT_DEFAULT;
}

bool account_is(const char *text)
{
    return strlen(text) == ACCOUNT_DIGITS && strspn(text, "0123456789") == ACCOUNT_DIGITS;
}

const char *account_key(struct arena *a, const char *account, const char *id)
{
    assert(account_is(account) && !account_leads(id));
    return strcmp(account, ACCOUNT_DEFAULT) == 0 ? id : arena_printf(a, "%s%c%s", account, ACCOUNT_SEPARATOR, id);
}

const char *account_key_beside(struct arena *a, const char *key, const char *id)
{
    return account_leads(key) ? arena_printf(a, "%.*s%s", ACCOUNT_LEAD, key, id) : id;
}

const char *account_text(struct arena *a, const char *key, const char *text)
{
    if (!account_leads(key)) return text;
    const char *lead = arena_strndup(a, key, ACCOUNT_LEAD);
    _buf_ struct buf out = {0};
    for (const char *at; (at = strstr(text, lead)) != NULL; text = at + ACCOUNT_LEAD) buf_add(&out, text, (size_t)(at - text));
    buf_puts(&out, text);
    return arena_strdup(a, out.data);
}
