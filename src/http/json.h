#pragma once
#include <jansson.h>
struct exchange;
struct http_header;
/* Answers in JSON, for everything that is not the Query API. */

/* Answers with 'doc' and releases it. 'extra' as for http_answer(). */
void json_answer(struct exchange *x, unsigned status, json_t *doc, const struct http_header *extra);
/* Answers {"error": message}. */
void json_answer_error(struct exchange *x, unsigned status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
