#pragma once
#include "base/buf.h"
struct exchange;
struct http_header;
/* Answers in JSON, for everything that is not the Query API. */

/* Answers with 'doc', which is taken over, as http_answer() does. 'extra' as there. */
void json_answer(struct exchange *x, unsigned status, struct buf *doc, const struct http_header *extra);
/* Answers {"error": text}, with 'extra' as there. */
void json_refuse(struct exchange *x, unsigned status, const char *text, const struct http_header *extra);
/* The same without more headers, the text being formatted. */
void json_answer_error(struct exchange *x, unsigned status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
