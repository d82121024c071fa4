#pragma once
/*
 * Finds the engines that work in a region's folder by what the kernel knows of them, for the case that their folders do not
 * tell any more: who has no note of its process (proc.h) gets it written again. One whose folder was deleted can neither be talked
 * to nor save anything: it is killed, and its folder made anew with the note of a process that died.
 */

/* To be called before the nodes of 'dir' are opened, by the agent that holds its lock. Blocks for as long as who is killed takes to die. */
void census_restore(const char *dir);
