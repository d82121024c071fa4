#pragma once
/*
 * Which moves of the program's tasks a test has seen: task_move() is wrapped (-Wl,--wrap=task_move). A test of its own is a process of
 * its own, so one test walks through all that it shall be told of.
 */

/* Prints every move that the tables of the tasks of that name allow, and fails unless each was made. */
void task_visits_assert_all(const char *name);
