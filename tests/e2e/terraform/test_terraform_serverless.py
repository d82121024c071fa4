"""A serverless cache in Terraform's hands: made, planned anew, changed, read as data, destroyed."""
import unittest

import harness
import workspace
from harness import name

setUpModule, tearDownModule = workspace.side_by_side()

CACHE = "aws_elasticache_serverless_cache"


class ServerlessCaches(workspace.Case):
    CONFIGURATION = """
resource "aws_elasticache_user" "x" {
  user_id       = "%(id)s"
  user_name     = "default"
  engine        = "%(engine)s"
  access_string = "on ~* +@all"
  authentication_mode {
    type      = "password"
    passwords = ["a-password-of-terraform"]
  }
}
resource "aws_elasticache_user_group" "x" {
  user_group_id = "%(id)s"
  engine        = "%(engine)s"
  user_ids      = [aws_elasticache_user.x.user_id]
}
resource "aws_elasticache_serverless_cache" "x" {
  name   = "%(id)s"
  engine = "%(engine)s"
  cache_usage_limits {
    data_storage {
      maximum = %(gigabytes)d
      unit    = "GB"
    }
    ecpu_per_second {
      maximum = 5000
    }
  }
  description              = "made by Terraform"
  daily_snapshot_time      = "09:00"
  snapshot_retention_limit = %(days)d
  security_group_ids       = ["sg-0123456789abcdef0"]
  subnet_ids               = ["subnet-0a", "subnet-0b"]
  user_group_id            = aws_elasticache_user_group.x.id
  tags                     = { team = "%(team)s" }
}
data "aws_elasticache_serverless_cache" "x" {
  name = aws_elasticache_serverless_cache.x.name
}
"""

    def configuration(self, cache, **more):
        return self.CONFIGURATION % (dict(id=cache, engine="valkey", gigabytes=10, days=1, team="a") | more)

    def ask(self, action, cache):
        answer = self.server.query(Action=action, ServerlessCacheName=cache)
        self.assertEqual(200, answer.status, answer.text)
        shown = next(answer.xml.iter(harness.NAMESPACE + "member"))
        limit = next(shown.iter(harness.NAMESPACE + "DataStorage"))
        return ({e.tag.removeprefix(harness.NAMESPACE): e.text for e in shown} |
                {"DataStorage/" + e.tag.removeprefix(harness.NAMESPACE): e.text for e in limit})

    def test_are_made_changed_and_read(self, tf):
        cache, address = name("cart"), CACHE + ".x"
        made = tf.change(self.configuration(cache))
        self.assertEqual("create", made[address])
        values, data = tf.values(address), tf.values("data." + address)
        self.assertEqual(("available", "8", 6379, 6380), (values["status"], values["major_engine_version"], values["endpoint"][0]["port"], values["reader_endpoint"][0]["port"]))
        self.assertEqual(values["endpoint"][0], data["endpoint"])
        self.assertEqual({"team": "a"}, values["tags"])
        self.assertEqual({address: "update"}, tf.change(self.configuration(cache, gigabytes=20, days=2, team="b")))
        shown = self.ask("DescribeServerlessCaches", cache)
        self.assertEqual(("20", "2"), (shown["DataStorage/Maximum"], shown["SnapshotRetentionLimit"]))
        tf.destroy()
        self.assertEqual(404, self.server.query(Action="DescribeServerlessCaches", ServerlessCacheName=cache).status)


if __name__ == "__main__":
    unittest.main()
