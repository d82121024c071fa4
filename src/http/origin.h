#pragma once
#include <stdbool.h>
/*
 * Keeps web pages away. Requests are accepted without a signature, so a page on any
 * web site could have a visitor's browser send them to 127.0.0.1; a name of its own
 * that resolves to 127.0.0.1 (DNS rebinding) would even let it read the answers.
 * Browsers tell on themselves: they send Sec-Fetch-Site, and Origin with anything
 * but a plain GET. SDKs, curl and Terraform send neither and are never refused.
 */

/*
 * True if these headers (each may be NULL) come from a browser and the page is not one
 * of this machine: "cross-site", an Origin on another host than the one addressed, or
 * a host that is neither an IP address nor localhost.
 */
bool origin_refused(const char *origin, const char *sec_fetch_site, const char *host);
