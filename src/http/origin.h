#pragma once
#include <stdbool.h>
/*
 * Keeps web pages away. Requests are accepted without a signature, so a page on any
 * web site could have a visitor's browser send them to 127.0.0.1; a name of its own
 * that resolves to 127.0.0.1 (DNS rebinding) would even let it read the answers.
 * Browsers tell on themselves: they send Origin with anything but a plain GET, and
 * Sec-Fetch-Site where they trust the address; with a plain GET to a name that somebody
 * made to resolve to this machine, User-Agent is all they send, and it begins with
 * "Mozilla/". SDKs, curl and Terraform send none of these and are never refused.
 */

/*
 * True if these headers (each may be NULL) come from a browser and the page is not one
 * of this machine: "cross-site", an Origin on another host than the one addressed, or
 * a host that is neither an IP address nor localhost.
 */
bool origin_refused(const char *origin, const char *sec_fetch_site, const char *user_agent, const char *host);
