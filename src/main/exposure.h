#pragma once
#include <stdbool.h>
struct err;
struct options;
/*
 * Tells in the log who else reaches nodes and the API, and what they may do there. 'listen_host' is where nodes listen, or "". ERR_FLAG where
 * failures could be injected from other machines without anybody having said so.
 */
int exposure_check(const struct options *o, bool api_is_local, const char *listen_host, const char *token_path, struct err *e);
