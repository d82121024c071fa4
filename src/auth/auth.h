#pragma once
#include "http/gate.h"
struct auth;
struct err;
/* The gate of --auth verify: signatures of version 4 are verified against the access keys of a file. */

/* ERR_USAGE where the file can't be used. */
int auth_open(struct auth **out, const char *keys_file, struct err *e);
/* Finds the secret that temporary credentials are made from, before the gate is asked. */
int auth_keep_secret(struct auth *auth, const char *data_dir, struct err *e);
void auth_close(struct auth *auth);
/* Good as long as 'auth' is. */
struct gate auth_gate(struct auth *auth);
