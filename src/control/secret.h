#pragma once
struct err;
/*
 * A secret of this installation: 64 hexadecimal digits in DATA/secrets/NAME (0600),
 * made at the first start. 'out' has room for 65 bytes; 'path' (may be NULL) for 'size'.
 */
int secret_read(const char *data_dir, const char *name, char out[65], char *path, unsigned long size, struct err *e);
