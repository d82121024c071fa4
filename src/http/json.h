#pragma once
#include "base/buf.h"
#include <stdbool.h>
struct exchange;
struct http_header;
struct shape;
/* Answers in JSON, for everything that is not the Query API. */

/* Answers with 'doc', which is taken over, as http_answer() does. 'extra' as there. */
void json_answer(struct exchange *x, unsigned status, struct buf *doc, const struct http_header *extra);
/* Answers with all members of a structure of that shape; null stands for one that is absent. */
void json_answer_shape(struct exchange *x, unsigned status, const struct shape *shape, const void *value);
/* Answers {"error": text}, with 'extra' as there. */
void json_refuse(struct exchange *x, unsigned status, const char *text, const struct http_header *extra);
/* The same without more headers, the text being formatted. */
void json_answer_error(struct exchange *x, unsigned status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* True with the answer given where a parameter of the query is none of 'names' (words): what is misspelt must not be taken for nothing. */
bool json_refuse_params(struct exchange *x, const char *names);
