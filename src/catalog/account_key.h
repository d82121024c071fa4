#pragma once
#include <stdbool.h>
#include <stddef.h>
struct arena;
/*
 * Accounts share regions, and nothing in them. A row is known by its region and a key: the id that its account knows it by, led by the
 * account's number and ACCOUNT_SEPARATOR, which no id has, for every account but ACCOUNT_DEFAULT. So ids of two accounts are never the same
 * key, and neither are the nodes, folders and certificates that are named by one. Operations know ids alone: the store makes keys of them
 * (store_act_for). Whatever is below them knows keys alone, and asks here where it tells callers of something.
 */
#define ACCOUNT_DEFAULT "000000000000"
enum { ACCOUNT_DIGITS = 12, ACCOUNT_LEAD = ACCOUNT_DIGITS + 1 };
#define ACCOUNT_SEPARATOR '~'

/* True if an account's number leads the key. */
bool account_leads(const char *key);
/* The key's id, within the key. */
const char *account_id(const char *key);
/* Whose key it is: twelve digits. */
const char *account_of(struct arena *a, const char *key);
/* True for twelve digits. */
bool account_is(const char *text);
/* The key of an account's id. 'account' has twelve digits. */
const char *account_key(struct arena *a, const char *account, const char *id);
/* The key of another id in the account of 'key'. */
const char *account_key_beside(struct arena *a, const char *key, const char *id);
/* The text without what leads the key wherever it stands in there: for sentences that tell of several things of one account. */
const char *account_text(struct arena *a, const char *key, const char *text);
