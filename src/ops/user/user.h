#pragma once
#include "ops/core/op.h"
/* What the operations of users and user groups share. */

/* The region's user of that id, the predefined "default" among them, whose row stands nowhere; NULL where there is none. */
int user_get(struct op *op, const char *id, struct row_user **out);
bool user_is_predefined(const struct row_user *u);

/* 0 and the user, or UserNotFound. One that is being deleted is not found where 'live'. */
int user_find(struct op *op, const char *given, bool live, struct row_user **out);

/* "redis" or "valkey", whatever case it is given in; 'what' is what it is to be the engine of. */
int user_engine(struct op *op, const char *what, const char *given, const char **out);

/* The least version of an engine that knows such a user. */
const char *user_min_version(const struct row_user *u);

int user_view(struct op *op, const struct row_user *u, struct api_user *out);
