"""The commands that are refused to users are theirs where serve is told so."""
import unittest

import harness
import redis
from harness import name

setUpModule, tearDownModule = harness.one_server(flags=["--restricted-commands", "allow"])


class Allowed(harness.Case):
    def test_commands_are_served(self):
        client = self.primary(self.create_group())
        self.assertEqual({"save": ""}, client.config_get("save"))
        client.execute_command("DEBUG", "SLEEP", "0")
        self.assertRaises(redis.exceptions.ResponseError, client.execute_command, "CLUSTER", "MEET", "127.0.0.1", "1")

    def test_access_strings_may_name_them(self):
        answer = self.api().create_user(UserId=name("user"), UserName="x", Engine="redis", AccessString="on -@all +config|get", NoPasswordRequired=True)
        self.assertEqual("on -@all +config|get", answer["AccessString"])


if __name__ == "__main__":
    unittest.main()
