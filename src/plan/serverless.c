#include "plan/serverless.h"
#include "catalog/account_key.h"
#include <assert.h>
#include <string.h>

bool serverless_owns(const char *id)
{
    return id && strncmp(account_id(id), SERVERLESS_PREFIX, strlen(SERVERLESS_PREFIX)) == 0;
}

const char *serverless_name(const char *id)
{
    assert(serverless_owns(id));
    return account_id(id) + strlen(SERVERLESS_PREFIX);
}
