"""What tests of serverless caches share. Requests are made by hand, because older SDKs know none of these operations."""
import os

import encryption
import harness
from harness import name, wait_for
from redis.cluster import RedisCluster


class Case(encryption.Case):
    def ask(self, action, region="us-east-1", **parameters):
        return self.server.query(region, Action=action, **parameters)

    def trust(self):
        """Takes the authority of a server that the test has just started."""
        self.trusted = os.path.join(self.server.folder, "ca.pem")
        with open(self.trusted, "wb") as f:
            f.write(self.authority())

    def told(self, action, element, **parameters):
        """The answer's element of that name as a dictionary of texts and dictionaries."""
        answer = self.ask(action, **parameters)
        self.assertEqual(200, answer.status, answer.text)
        return plain(next(answer.xml.iter(harness.NAMESPACE + element)))

    def cache(self, cache):
        return self.told("DescribeServerlessCaches", "member", ServerlessCacheName=cache)

    def wait_cache(self, cache, status="available"):
        return wait_for(lambda: next((c for c in [self.cache(cache)] if c["Status"] == status), None), "%s %s" % (cache, status))

    def create_cache(self, wait=True, **more):
        """A serverless cache; as the API shows it."""
        cache = more.pop("ServerlessCacheName", None) or name("cart")
        made = self.told("CreateServerlessCache", "ServerlessCache", **({"ServerlessCacheName": cache, "Engine": harness.ENGINE} | more))
        self.assertEqual("creating", made["Status"])
        return self.wait_cache(cache) if wait else made

    def delete_cache(self, cache, **more):
        self.assertEqual("deleting", self.told("DeleteServerlessCache", "ServerlessCache", ServerlessCacheName=cache, **more)["Status"])
        wait_for(lambda: self.ask("DescribeServerlessCaches", ServerlessCacheName=cache).status == 404, "the cache's end")

    def cluster_client(self, endpoint, **more):
        """A client that knows one name, and finds the slots by it."""
        client = RedisCluster(host=endpoint["Address"], port=int(endpoint["Port"]), ssl=True, ssl_ca_certs=self.trusted,
                              ssl_check_hostname=True, decode_responses=True, **({"socket_timeout": 10} | more))
        self.addCleanup(client.close)
        return client

    def events(self, source, kind="serverless-cache"):
        events = self.api().describe_events(SourceIdentifier=source, SourceType=kind)["Events"]
        return [e["Message"] for e in events]


def plain(element):
    if len(element) == 0:
        return element.text or ""
    if len({child.tag for child in element}) == 1 and len(element) > 1 or element[0].tag.endswith(("}member", "Id")) and len(element) == 1:
        return [plain(child) for child in element]
    return {child.tag.split("}")[-1]: plain(child) for child in element}


__all__ = ["Case", "name", "plain", "wait_for"]
