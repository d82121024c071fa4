#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * What is wrong with the machine that all run on, until a time or until faults_end(): a full disk, and other programs that
 * listen at addresses of ours. Whoever asks the machine (system_virtual.c, agents) asks here.
 */

/* The database's file system has no room for so long. */
void faults_fill_disk(int64_t for_ms);
bool faults_disk_is_full(void);
/* Another program listens there for so long. */
void faults_put_stranger(const char *address, int64_t port, int64_t for_ms);
bool faults_stranger_at(const char *address, int64_t port);
/* All of it ends. */
void faults_end(void);
