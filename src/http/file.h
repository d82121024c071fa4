#pragma once
struct exchange;
/*
 * Answers a deferred exchange with all that is in the file 'fd', which belongs to the server from now on. It is read as the client reads the
 * answer, in pieces.
 */
void http_answer_file(struct exchange *x, const char *type, int fd);
