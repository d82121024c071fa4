"""Makes a thousand resources, and lists them by the SDK's paginators."""
import concurrent.futures

import harness

REGION = "eu-north-1"
CLIENTS = 4


def names(n, stem="x"):
    return ["%s%04d" % (stem, i) for i in range(n)]


class Case(harness.Case):
    def ask(self, action, form):
        answer = self.server.post("Action=%s&Version=2015-02-02&%s" % (action, form), REGION)
        self.assertEqual(200, answer.status, (action, form, answer.message))

    def make(self, action, forms):
        """A few clients at once: one waits for the disk while another one is served."""
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            for made in [pool.submit(self.ask, action, form) for form in forms]:
                made.result()

    def listed(self, operation, key, member, size=100, **arguments):
        pages = self.api(REGION).get_paginator(operation).paginate(PaginationConfig={"PageSize": size}, **arguments)
        return [item[member] for page in pages for item in page[key]]

