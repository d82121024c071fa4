#pragma once
#include <stddef.h>
struct err;
enum { ADMIN_TOKEN_SIZE = 257 };
/*
 * The administrator's token: from the file 'given', or, where that is "", the one of the data directory, made at the first
 * start. 'path' (PATH_MAX bytes) gets where it stands. ERR_USAGE where the file holds no token or others can read it.
 */
int admin_token_read(const char *given, const char *data_dir, char out[ADMIN_TOKEN_SIZE], char *path, struct err *e);
/* Puts that of the data directory back where it was deleted since. */
void admin_token_keep(const char *given, const char *data_dir, const char token[ADMIN_TOKEN_SIZE]);
