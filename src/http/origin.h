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

enum origin {
    ORIGIN_PROGRAM, /* nothing says that it is a browser: an SDK, curl, Terraform */
    ORIGIN_OWN,     /* a browser, with a page that this server gave it */
    ORIGIN_UNKNOWN, /* a browser that does not say which page: a typed address, or an image on any page */
    ORIGIN_FOREIGN, /* a browser with a page of somebody else, or a name that somebody else may have made up */
};

/*
 * Who sends a request with these headers (each may be NULL). A page is our own where its Origin (scheme, host and port) is
 * the address that was asked, or where the browser itself says "same-origin"; and where that address is an IP address or
 * localhost, because any other name can be made to resolve to this machine.
 */
enum origin origin_of(const char *origin, const char *sec_fetch_site, const char *user_agent, const char *host);
/* Whether such a request may be answered at all. A browser proves where it comes from with whatever it sends but GET and HEAD. */
bool origin_may_ask(enum origin o, const char *method);
/* Whether such a request may change something: no browser does so with a GET, which any page can have it send. */
bool origin_may_change(enum origin o, const char *method);
