"""The users of real redis-servers: what the order says, before and after a change, a restart of the agent and one of the node."""
import hashlib

import redis
from field import Field, admin, client, main, node, poll, seen

DEFAULT = dict(name="default", rules=["reset", "on", "nopass", "~*", "&*", "+@all"])


def user(name, *rules, password=None):
    return dict(name=name, rules=["reset", "on", "#" + hashlib.sha256(password.encode()).hexdigest() if password else "nopass", *rules])


def login(address, name, password=None):
    return redis.Redis(host=address, username=name, password=password or "any", decode_responses=True, socket_timeout=5)


class Access(Field):
    OCTET = 61

    def setUp(self):
        super().setUp()
        self.a = node("g.a", self.address(1))

    def ordered(self, generation, *users):
        self.order([dict(self.a, users=list(users), users_generation=generation)])

    def in_force(self, generation):
        return self.wait(lambda s: seen(s, "g.a").get("state") == "ready" and seen(s, "g.a").get("users_generation") == generation)

    def test_users_are_there_from_the_start_and_only_they(self):
        self.ordered(7, DEFAULT, user("alice", "~a:*", "+@read", password="alice's password"))
        self.start()
        self.in_force(7)
        alice = login(self.address(1), "alice", "alice's password")
        self.assertIsNone(alice.get("a:1"))
        with self.assertRaises(redis.exceptions.NoPermissionError):
            alice.get("b:1")
        with self.assertRaisesRegex(redis.exceptions.ResponseError, "WRONGPASS"):
            login(self.address(1), "alice", "another").ping()
        self.assertEqual({"default", "alice", "meridian-admin", "meridian-replica"}, set(admin(self.address(1)).acl_users()))

    def test_another_generation_comes_into_force_on_the_running_node(self):
        self.ordered(1, DEFAULT, user("alice", "~*", "+@all"), user("bob", "~*", "+get"))
        self.start()
        pid = seen(self.in_force(1), "g.a")["pid"]
        alice, bob = login(self.address(1), "alice"), login(self.address(1), "bob")
        alice.set("k", "v")
        self.assertEqual("v", bob.get("k"))
        self.ordered(2, dict(DEFAULT, rules=["reset", "off"]), user("alice", "~*", "+get"), user("carol", "~*", "+@all"))
        self.assertEqual(pid, seen(self.in_force(2), "g.a")["pid"])
        with self.assertRaises(redis.exceptions.NoPermissionError):
            alice.set("k", "w")
        with self.assertRaisesRegex(redis.exceptions.ResponseError, "WRONGPASS"):
            bob.get("k")
        with self.assertRaises(redis.exceptions.AuthenticationError):
            client(self.address(1)).get("k")
        self.assertTrue(login(self.address(1), "carol").set("k", "x"))

    def fenced(self, generation, *users, fence=True):
        self.order([dict(self.a, users=list(users), users_generation=generation, fence=fence)])
        return self.wait(lambda s: seen(s, "g.a").get("fenced") == fence and seen(s, "g.a").get("users_generation") == generation)

    def can_unpause(self, name):
        try:
            return login(self.address(1), name).execute_command("CLIENT", "UNPAUSE")
        except redis.exceptions.NoPermissionError:
            return False

    def test_nobody_can_lift_a_fence_and_afterwards_everybody_can_who_could(self):
        users = [DEFAULT, user("alice", "~*", "+@all"), user("bob", "~*", "+get", "(~* &* +@all)"), user("carol", "~*", "+get")]
        self.ordered(1, *users)
        self.start()
        self.in_force(1)
        self.fenced(1, *users)
        self.assertEqual([False] * 4, [self.can_unpause(u["name"]) for u in users])
        users.append(user("dave", "~*", "+@all"))
        self.fenced(2, *users)
        self.assertEqual([False] * 5, [self.can_unpause(u["name"]) for u in users])
        self.kill_agent()
        self.start()
        self.wait(lambda s: s["pid"] == self.agents["r1"].pid and seen(s, "g.a").get("fenced") and seen(s, "g.a").get("users_generation") == 2)
        self.assertEqual([False] * 5, [self.can_unpause(u["name"]) for u in users])
        self.fenced(2, *users, fence=False)
        poll(lambda: [bool(self.can_unpause(u["name"])) for u in users] == [True, True, True, False, True], "rights as before")

    def test_an_agent_that_adopts_the_node_sets_its_users_again(self):
        self.ordered(1, DEFAULT, user("alice", "~*", "+@all"))
        self.start()
        pid = seen(self.in_force(1), "g.a")["pid"]
        self.kill_agent()
        admin(self.address(1)).execute_command("ACL", "SETUSER", "mallory", "on", "nopass", "+@all")
        self.ordered(2, DEFAULT, user("alice", "~*", "+get"))
        self.start()
        self.assertEqual(pid, seen(self.in_force(2), "g.a")["pid"])
        self.assertNotIn("mallory", admin(self.address(1)).acl_users())

    def test_rules_that_the_engine_does_not_know_are_left_out_at_its_start_and_later(self):
        self.ordered(1, DEFAULT, user("alice", "~*", "+get", "+json.get", "-@json", "(+json.set ~x%s)" % (" -config" * 200)))
        self.start()
        s = self.in_force(1)
        self.assertEqual(0, seen(s, "g.a")["restarts"])
        self.assertIsNone(login(self.address(1), "alice").get("k"))
        self.ordered(2, DEFAULT, user("alice", "~*", "+set", "+ft.search"))
        self.in_force(2)
        self.assertTrue(login(self.address(1), "alice").set("k", "v"))


if __name__ == "__main__":
    main()
