#pragma once
#include <jansson.h>
struct exchange;
/* Answers in JSON, for everything that is not the Query API. */

/* Answers with 'doc' and releases it. */
void json_answer(struct exchange *x, unsigned status, json_t *doc);
/* Answers {"error": message}. */
void json_answer_error(struct exchange *x, unsigned status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
