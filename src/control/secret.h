#pragma once
#include <stdbool.h>
#include <stddef.h>
struct err;
/*
 * A secret of this installation: 64 hexadecimal digits in DATA/secrets/NAME (0600),
 * made at the first start. 'out' has room for 65 bytes; 'path' (may be NULL) for 'size'.
 */
int secret_read(const char *data_dir, const char *name, char out[65], char *path, unsigned long size, struct err *e);
/*
 * A secret of one purpose and one owner, from the installation's 'root': whoever learns it knows no other, nor the root.
 * HMAC-SHA256, as 64 hexadecimal digits in 'out'.
 */
void secret_derive(const char root[65], const char *purpose, const char *region, const char *owner, char out[65]);
/* Deletes a secret of a version before this one, if it is there. */
void secret_forget(const char *data_dir, const char *name);
/* Puts a secret that was read back where it was deleted since; a line in the log tells. */
void secret_keep(const char *data_dir, const char *name, const char text[65]);
/* True if there is no file at the path any more. */
bool secret_is_lost(const char *path);
/* Puts a lost file of 'n' bytes back into its folder, which may be lost, too; a line in the log tells. */
void secret_put_back(const char *folder, const char *path, const char *text, size_t n);
/* Puts a file of 'n' bytes (mode 0600) in place of what is at the path, whole or not at all. */
int secret_write(const char *path, const char *text, size_t n, struct err *e);
