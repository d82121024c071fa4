"""What tests of encryption in transit share: groups with TLS, and clients that check whom they talk to."""
import os

import datastores
import harness
import redis
from harness import name, wait_for

TOKEN, NEXT = "first-token-of-many!", "second-token-of-many!"


class Case(datastores.Case):
    def setUp(self):
        super().setUp()
        self.trusted = os.path.join(self.server.folder, "ca.pem")
        if not os.path.exists(self.trusted):
            with open(self.trusted, "wb") as f:
                f.write(self.authority())

    def authority(self):
        with harness.urllib.request.urlopen(self.server.url + "/_meridian/ca.pem", timeout=harness.DEADLINE) as answer:
            self.assertEqual("application/x-pem-file", answer.headers["Content-Type"])
            return answer.read()

    def create(self, nodes=1, region="us-east-1", **more):
        """A group with TLS."""
        return self.create_group(region, nodes=nodes, stem="tls", TransitEncryptionEnabled=True, **more)

    def modify(self, group, wait=True, region="us-east-1", **changes):
        """By hand, because older SDKs know less; the answer."""
        answer = self.server.query(region, Action="ModifyReplicationGroup", ReplicationGroupId=group,
                                   **({"ApplyImmediately": "true"} | changes))
        if wait:
            self.assertEqual(200, answer.status, answer.text)
            self.wait_group(group, region)
        return answer

    def text(self, group, element, region="us-east-1", action="DescribeReplicationGroups", **which):
        """The texts of all elements of that name in a description."""
        answer = self.server.query(region, Action=action, **(which or {"ReplicationGroupId": group}))
        return [e.text for e in answer.xml.iter(harness.NAMESPACE + element)]

    def secure(self, endpoint, **more):
        """A client with TLS that checks the certificate and that it is the endpoint's."""
        address, port = (endpoint["Address"], endpoint["Port"]) if isinstance(endpoint, dict) else endpoint
        return redis.Redis(host=address, port=port, decode_responses=True, ssl=True, ssl_ca_certs=self.trusted, ssl_check_hostname=True,
                           **({"socket_timeout": 10} | more))

    def endpoints(self, group, region="us-east-1"):
        ng = self.group(group, region)["NodeGroups"][0]
        return [ng["PrimaryEndpoint"], ng["ReaderEndpoint"]] + [m["ReadEndpoint"] for m in ng["NodeGroupMembers"]]

    def takes(self, endpoint, tls, **more):
        """Whether the endpoint answers a client with TLS, or one without. Redis without TLS waits for the end of what it takes for a line."""
        more = {"socket_timeout": 10} | more
        try:
            client = self.secure(endpoint, **more) if tls else redis.Redis(host=endpoint["Address"], port=endpoint["Port"], **more)
            with client:
                return client.ping()
        except (redis.ConnectionError, redis.TimeoutError):
            return False

    def secure_primary(self, group, region="us-east-1", **more):
        return self.secure(self.group(group, region)["NodeGroups"][0]["PrimaryEndpoint"], **more)


__all__ = ["Case", "TOKEN", "NEXT", "name", "wait_for"]
