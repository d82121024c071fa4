#pragma once
#include <stdbool.h>
/*
 * Keeps web pages from changing anything. Requests need no signature, so a page of any
 * web site could have a visitor's browser send them to 127.0.0.1. With a name of its own
 * that resolves to 127.0.0.1 (DNS rebinding) the page could even read the answers.
 *
 * Browsers can be told by their headers. They send Origin with anything but a plain GET,
 * and Sec-Fetch-Site to an address that they trust. With a plain GET to a name that
 * somebody made to resolve to this machine, they send nothing but a User-Agent that
 * begins with "Mozilla/". SDKs, curl and Terraform send none of these, and are never
 * refused.
 */

enum origin {
    ORIGIN_PROGRAM, /* nothing says that it is a browser: an SDK, curl, Terraform */
    ORIGIN_OWN,     /* a browser, with a page that this server gave it */
    ORIGIN_UNKNOWN, /* a browser that does not say which page: a typed address, or an image on any page */
    ORIGIN_FOREIGN, /* a browser with a page of somebody else, or a name that somebody else may have made up */
};

/*
 * Who sends a request with these headers, each of which may be NULL. A page is our own if its Origin (scheme, host and port)
 * is the address that was asked, or if the browser itself says "same-origin". The address must be an IP address or
 * localhost, because any other name can be made to resolve to this machine.
 */
enum origin origin_of(const char *origin, const char *sec_fetch_site, const char *user_agent, const char *host);
/* Whether such a request may be answered at all. With anything but GET and HEAD a browser has to say which page it is for. */
bool origin_may_ask(enum origin o, const char *method);
/* Whether such a request may change something. A GET of a browser may not, because any page can make the browser send it. */
bool origin_may_change(enum origin o, const char *method);
