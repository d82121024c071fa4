"""Disasters in a random order for groups with TLS: one asks for a token, one has users, one changes its mode. They change while nodes and
programs die.

What is promised: after each blow every node lets in exactly those whom the API names, lets them do exactly what their access strings say, and
takes TLS (and nothing else, where it is required); a write that a replica has confirmed outlives any one death.
"""
import os
import signal
import sys
import unittest

import redis

import encryption
from harness import name, wait_for

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from nemesis import SETTLED, Storm, Writer, behind  # noqa: E402

REGION = "us-east-1"
PASSWORD = "a-password-of-alice"
RIGHTS = {"+@read": (True, False), "+@all": (True, True), "-@all +ping": (False, False)}
WITH = dict(AutomaticFailoverEnabled=True, EngineVersion="7.0")


class Secure(Storm, encryption.Case):
    """What was asked for is in tokens, mode, rights and version."""

    def prepare(self):
        self.use_an_older_engine()
        self.live_on_a_small_disk(160)
        self.tokens, self.n_tokens, self.mode, self.rights, self.version = [None], 0, "required", "+@all", {}

    def make_groups(self):
        self.writer_user, self.alice, self.default = name("writer"), name("alice"), name("nobody")
        for user, access, user_name in ((self.writer_user, "on ~* +@all", None), (self.alice, "on ~* +@all", None), (self.default, "off -@all", "default")):
            how = {"NoPasswordRequired": True} if user_name else {"Passwords": [PASSWORD]}
            self.api().create_user(UserId=user, UserName=user_name or user, Engine="redis", AccessString=access, **how)
        self.team = name("team")
        self.api().create_user_group(UserGroupId=self.team, Engine="redis", UserIds=[self.writer_user, self.alice, self.default])
        self.wait_team()
        self.tokened = self.create(2, AuthToken=self.new_token(), **WITH)
        self.users = self.create(3, UserGroupIds=[self.team], **WITH)
        self.modal = self.create(2, **WITH)
        self.groups = [self.tokened, self.users, self.modal]
        self.version = dict.fromkeys(self.groups, "7.0")

    def new_token(self):
        self.n_tokens += 1
        self.tokens = [*self.tokens[-1:], "token-number-%d-of-many" % self.n_tokens]
        return self.tokens[-1]

    def admin(self, node):
        return self.secure((node["address"], node["port"]), username="meridian-admin", password=self.server.secret(node, "admin"))

    def wait_team(self):
        wait_for(lambda: all(g["Status"] == "active" for g in self.api().describe_user_groups(UserGroupId=self.team)["UserGroups"]), "the user group")
        wait_for(lambda: all(u["Status"] == "active" for u in self.api().describe_users()["Users"]), "the users")

    # Deaths

    def some(self, role=None):
        group = self.random.choice(self.groups)
        return self.random.choice([n for n in self.server.nodes(group) if n["pid"] and role in (None, n["role"])])

    def strike_somebody(self):
        self.strike(self.some(), self.random.choice([signal.SIGKILL, signal.SIGSTOP]))

    def kill_a_primary(self):
        self.strike(self.some("primary"))

    def kill_the_agent(self):
        self.kill_agent_of(REGION)

    def kill_the_agent_and_a_primary(self):
        node = self.some("primary")
        self.kill_agent_of(REGION)
        self.strike(node)

    def hang_the_agent_and_kill_a_primary(self):
        self.hang_agent_of(REGION, self.kill_a_primary)

    def jump_the_clock_and_kill_a_primary(self):
        self.jump_the_clock()
        self.kill_a_primary()

    def slow_somebody_down_and_change(self):
        self.slow_down(self.some())
        self.change()

    def kill_a_primary_on_a_full_disk(self):
        self.fill_the_disk()
        self.kill_a_primary()
        self.wait_at_rest()
        self.free_the_disk()

    def meet_a_stranger(self):
        self.let_a_stranger_in(self.some())

    def kill_serve(self):
        self.crash_serve()

    def kill_serve_and_a_primary(self):
        node = self.some("primary")
        self.note("kill serve")
        self.server.kill()
        self.strike(node)
        self.server.start()

    def crash_serve_again_and_again(self):
        self.crash_serve_at_work(*self.groups)

    def crash_the_agent_as_it_starts_a_replica(self):
        self.crash_the_agent_at_a_start(REGION, lambda: self.some("replica"))

    def stop_and_start(self):
        self.note("stop and start")
        self.server.terminate()
        self.server.start()

    # Changes

    def asked(self, group, **change):
        self.note("%s of %s" % (change, group))
        answer = self.modify(group, wait=False, **change)
        self.assertEqual(200, answer.status, answer.text)

    def rotate_the_token(self):
        self.asked(self.tokened, AuthToken=self.new_token(), AuthTokenUpdateStrategy="ROTATE")

    def set_the_token(self):
        """To the one that was rotated to: the one before it is no good any more."""
        if self.n_tokens > 1:
            self.asked(self.tokened, AuthToken=self.tokens[-1], AuthTokenUpdateStrategy="SET")
            self.tokens = self.tokens[-1:]

    def change_rights(self):
        self.rights = self.random.choice(sorted(set(RIGHTS) - {self.rights}))
        self.note("alice: " + self.rights)
        self.api().modify_user(UserId=self.alice, AccessString="on ~* " + self.rights)

    def change_mode(self):
        self.mode = "preferred" if self.mode == "required" else "required"
        self.asked(self.modal, TransitEncryptionMode=self.mode)

    def upgrade(self):
        group = self.random.choice(self.groups)
        if self.version[group] == "7.0":
            self.version[group] = "7.1"
            self.asked(group, EngineVersion="7.1")

    def resize(self):
        more = len(self.server.nodes(self.users)) <= 3
        self.note("enlarge" if more else "shrink")
        change = self.api().increase_replica_count if more else self.api().decrease_replica_count
        change(ReplicationGroupId=self.users, NewReplicaCount=3 if more else 2, ApplyImmediately=True)

    def rehearse(self):
        group = self.random.choice(self.groups)
        self.note("TestFailover of " + group)
        self.api().test_failover(ReplicationGroupId=group, NodeGroupId="0001")

    CHANGES = [rotate_the_token, set_the_token, change_rights, change_rights, change_mode, change_mode, upgrade, resize, rehearse]
    DEATHS = [strike_somebody, strike_somebody, kill_a_primary, kill_the_agent, kill_the_agent_and_a_primary, kill_serve, kill_serve_and_a_primary,
              crash_serve_again_and_again, crash_serve_again_and_again, crash_the_agent_as_it_starts_a_replica, stop_and_start]

    def change(self):
        change = self.random.choice(self.CHANGES)
        self.note(change.__name__)
        if change.__name__ in ("change_mode", "upgrade", "rehearse") and "7.0" in self.version.values():
            change = Secure.upgrade
        change(self)

    def die(self):
        death = self.random.choice(self.DEATHS)
        self.note(death.__name__)
        death(self)

    def change_and_die(self):
        self.change()
        at = self.waiting.n + self.random.choice([0, 2, 10, 50])
        wait_for(lambda: self.waiting.n >= at, "some writes")
        self.die()

    # What holds

    def client(self, node, **login):
        return self.secure((node["address"], node["port"]), **login)

    def lets_in(self, node, **login):
        try:
            with self.client(node, **login) as client:
                return client.ping()
        except redis.RedisError:
            return False

    def may(self, node, *command):
        try:
            with self.client(node, username=self.alice, password=PASSWORD) as client:
                client.execute_command(*command)
                return True
        except redis.exceptions.NoPermissionError:
            return False

    def check_users(self):
        for node in self.server.nodes(self.users):
            read, write = RIGHTS[self.rights]
            self.assertEqual(read, self.may(node, "GET", "k"), node["id"])
            if node["role"] == "primary":
                self.assertEqual(write, self.may(node, "SET", "probe", "x"), node["id"])
            self.assertFalse(self.lets_in(node), "a client without a name at " + node["id"])
            self.assertFalse(self.lets_in(node, username=self.alice, password="wrong"), node["id"])

    def check_modes(self):
        for node in self.server.nodes(self.modal):
            self.assertTrue(self.lets_in(node), node["id"])
            self.assertEqual(self.mode == "preferred", self.takes_plain(node), node["id"])

    def takes_plain(self, node):
        """Whether it serves clients without TLS; where it shall not, redis-server waits for the end of what it takes for TLS."""
        endpoint = {"Address": node["address"], "Port": node["port"]}
        return self.takes(endpoint, False, socket_timeout=3 if self.mode == "preferred" else 0.1)

    def check_tokens(self):
        for node in self.server.nodes(self.tokened):
            accepted = [t for t in ["token-number-%d-of-many" % n for n in range(1, self.n_tokens + 1)] if self.lets_in(node, password=t)]
            self.assertEqual([t for t in self.tokens if t], accepted, node["id"])
            self.assertFalse(self.lets_in(node), "a client without a token at " + node["id"])

    def check_data(self):
        nodes = self.server.nodes(self.users)
        primary = next(n for n in nodes if n["role"] == "primary")
        there = self.judge(self.waiting, lambda keys: self.values(primary, keys), True, False)
        for node in nodes:
            wait_for(lambda node=node: not behind(self.values(node, list(there)), there), "all data on " + node["id"])

    def values(self, node, keys):
        with self.client(node, username=self.writer_user, password=PASSWORD) as client:
            return {k: int(v or 0) for k, v in zip(keys, client.mget(keys))} if keys else {}

    def wait_at_rest(self):
        wait_for(lambda: all(self.group(g)["Status"] == "available" and self.is_in_force(self.server.nodes(g)) for g in self.groups),
                 "everything available and in force", SETTLED)
        self.wait_team()

    def check(self, _cost):
        self.wait_at_rest()
        self.check_users()
        self.check_tokens()
        self.check_modes()
        self.check_data()
        self.check_processes()

    def test_everything_goes_wrong_and_nobody_gets_in_who_may_not(self):
        self.make_groups()
        endpoint = self.group(self.users)["NodeGroups"][0]["PrimaryEndpoint"]
        self.waiting = self.begin(Writer("waited", [(endpoint["Address"], endpoint["Port"])], 1, kind=redis.SSLConnection, ssl_ca_certs=self.trusted,
                                         username=self.writer_user, password=PASSWORD))
        never_left_out = [self.slow_somebody_down_and_change, self.hang_the_agent_and_kill_a_primary, self.jump_the_clock_and_kill_a_primary,
                          *[self.kill_a_primary_on_a_full_disk] * bool(self.small), self.meet_a_stranger]
        self.rage(never_left_out, [*never_left_out, self.die, self.change, self.change, *[self.change_and_die] * 3], self.check)
        self.check_nothing_left()


if __name__ == "__main__":
    unittest.main()
