#pragma once
enum { REQUEST_ID_SIZE = 37 };
/* Writes a random UUID in lower case: the name of one request, in its answer and in the log. */
void request_id_make(char out[REQUEST_ID_SIZE]);
