#pragma once
#include "ops/core/op.h"
/* How users authenticate: the rules that passwords keep, and what is kept of them, which is their SHA-256. */

/* What a request says of passwords; NULL and unset where it says nothing. */
struct user_secrets {
    const struct string_list *passwords;
    struct opt_bool no_password;
    const struct api_authentication_mode *mode;
};
/* Sets the user's authentication and passwords. Where nothing is said, they stay as they are; a new user's have to be said. */
int user_authenticate(struct op *op, const struct user_secrets *s, bool is_new, struct row_user *u);
