#pragma once
/*
 * What is done about a move that no table has, or a row that breaks an invariant: the program is wrong, and whoever tests it is to
 * know at once. Where users run it, a line in the log has to do: to end would cost more than to go on.
 */
#if defined(__SANITIZE_ADDRESS__)
enum { MISTAKES_END_IT = 1 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { MISTAKES_END_IT = 1 };
#else
enum { MISTAKES_END_IT = 0 };
#endif
#else
enum { MISTAKES_END_IT = 0 };
#endif
