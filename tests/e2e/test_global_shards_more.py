"""Global datastores in cluster mode over three regions: changes of all members, TLS and tokens, failovers at the same time, a lost region."""
import os
import signal
import unittest

import encryption
import harness
import redis
from datastores import AWAY, FAR, HOME, RegisterWriter, roles
from encryption import TOKEN
from harness import name, wait_for
from shards import Follower

setUpModule, tearDownModule = harness.one_server()
# How many keys a primary has of slots that are not its own.
STRAYS = """
local mine, found, me = {}, 0, redis.call('CLUSTER', 'MYID')
if not string.find(redis.call('CLUSTER', 'NODES'), 'myself,master') then return 0 end
for _, range in ipairs(redis.call('CLUSTER', 'SLOTS')) do
  for slot = range[1], range[2] do mine[slot] = range[3][3] == me end
end
for slot = 0, 16383 do
  if not mine[slot] then found = found + redis.call('CLUSTER', 'COUNTKEYSINSLOT', slot) end
end
return found
"""


class Regions(encryption.Case):
    def begin(self, regions=(AWAY,), replicas=1, **more):
        """A datastore of two shards, and its members (group, region), the primary first."""
        home = self.create_group(HOME, NumNodeGroups=2, ReplicasPerNodeGroup=replicas, AutomaticFailoverEnabled=True, stem="home", **more)
        self.id, _ = self.create_global(group=home)
        self.members = [(home, HOME)] + [(self.join(self.id, r, ReplicasPerNodeGroup=replicas), r) for r in regions]
        return self.members

    def client(self, member):
        return Follower(self.group(*member)["ConfigurationEndpoint"])

    def test_change_all_members_at_once(self):
        members = self.begin(EngineVersion=harness.OLDER)
        self.client(members[0]).call("SET", "kept", "1")

        def modify(**what):
            return self.api(AWAY).modify_global_replication_group(
                GlobalReplicationGroupId=self.id, ApplyImmediately=True, **what)["GlobalReplicationGroup"]
        self.assert_fault("InvalidParameterValue", 400, modify, AutomaticFailoverEnabled=False, message="Turning off automatic failover")
        self.assertEqual("modifying", modify(CacheNodeType="cache.r6g.xlarge")["Status"])
        self.wait_global(self.id)
        self.assertEqual({"cache.r6g.xlarge"}, {self.group(*m)["CacheNodeType"] for m in members})
        modify(EngineVersion=harness.NEWER)
        self.wait_global(self.id)
        for m in members:
            self.assertEqual("available", self.group(*m)["Status"])
            self.assertEqual({"%s %s.0" % (harness.ENGINE, harness.NEWER)}, {n["asked"] for n in self.server.nodes(*m)})
        self.client(members[0]).call("SET", "late", "2")
        away = self.client(members[1])
        wait_for(lambda: (away.call("GET", "kept"), away.call("GET", "late")) == ("1", "2"), "the data in the other region")

    def test_carry_tls_and_tokens_between_three_regions(self):
        members = self.begin((AWAY, FAR), TransitEncryptionEnabled=True, AuthToken=TOKEN)
        self.assertTrue(self.world(self.id)["AuthTokenEnabled"])

        def client(member):
            end = self.group(*member)["ConfigurationEndpoint"]
            return redis.RedisCluster(host=end["Address"], port=end["Port"], decode_responses=True, password=TOKEN,
                                      ssl=True, ssl_ca_certs=self.trusted, ssl_check_hostname=True)
        for n, (group, region) in enumerate((members[0], members[1], members[2])):
            if n:
                self.failover(self.id, region, group)
                self.wait_roles(self.id, region)
            with client((group, region)) as writer:
                for key in ("{a}", "{b}"):  # one in each shard
                    writer.set(key, n)
            for member in members:
                with client(member) as reader:
                    wait_for(lambda: {reader.get("{a}"), reader.get("{b}")} == {str(n)}, "turn %d in %s" % (n, member[1]))
                end = self.group(*member)["ConfigurationEndpoint"]
                self.assertRaises(redis.exceptions.AuthenticationError, self.secure(end).ping)

    def test_get_more_shards_and_fewer_under_load_in_every_region(self):
        members = self.begin((AWAY, FAR))
        keys = ["k%d" % n for n in range(200)]
        writer = self.client(members[0])
        for key in keys:
            writer.call("SET", key, "old")
        api, before = self.api(AWAY), self.full_syncs(*members)
        for change, shards in (
                (lambda: api.increase_node_groups_in_global_replication_group(
                    GlobalReplicationGroupId=self.id, NodeGroupCount=3, ApplyImmediately=True), 3),
                (lambda: api.decrease_node_groups_in_global_replication_group(
                    GlobalReplicationGroupId=self.id, NodeGroupCount=2, ApplyImmediately=True,
                    GlobalNodeGroupsToRemove=["%s-0002" % self.id]), 2),
                (lambda: api.rebalance_slots_in_global_replication_group(GlobalReplicationGroupId=self.id, ApplyImmediately=True), 2)):
            with RegisterWriter([self.group(*members[0])["ConfigurationEndpoint"]]) as registers:
                self.assertEqual("modifying", change()["GlobalReplicationGroup"]["Status"])
                self.wait_global(self.id)
                registers.wait_for_more()
            verdict = registers.histories.judge()
            self.assertEqual([], verdict.wrong() + verdict.gave_up, verdict.report())
            shown = [[(g["NodeGroupId"], g["Slots"]) for g in self.group(*m)["NodeGroups"]] for m in members]
            self.assertEqual(shards, len(shown[0]))
            self.assertEqual([shown[0]] * 3, shown)
            self.assertEqual(["%s-%s" % (self.id, g) for g, _ in shown[0]],
                             [g["GlobalNodeGroupId"] for g in self.world(self.id)["GlobalNodeGroups"]])
            for m in members:
                self.assertEqual("available", self.group(*m)["Status"])
                reader = self.client(m)
                wait_for(lambda: {reader.call("GET", key) for key in keys} == {"old"}, "every key in " + m[1])
        group, region = members[1]
        self.failover(self.id, region, group)
        self.wait_roles(self.id, region)
        away = self.client(members[1])
        self.assertEqual({"old"}, {away.call("GETSET", key, "new") for key in keys})
        for m in members:
            reader = self.client(m)
            wait_for(lambda: {reader.call("GET", key) for key in keys} == {"new"}, "every key in " + m[1])

    def test_end_a_resharding_before_they_hand_over(self):
        members = self.begin()
        ends = [self.group(*m)["ConfigurationEndpoint"] for m in members]
        with RegisterWriter(ends, registers=200) as writer:
            writer.wait_for_more()
            self.api(HOME).increase_node_groups_in_global_replication_group(
                GlobalReplicationGroupId=self.id, NodeGroupCount=3, ApplyImmediately=True)
            wait_for(lambda: any(g["Slots"] for g in self.group(*members[0])["NodeGroups"][2:]), "the first slots have moved")
            group, region = members[1]
            self.failover(self.id, region, group)
            self.wait_roles(self.id, region)
            writer.wait_for_more()
        verdict = writer.histories.judge()
        self.assertEqual([], verdict.wrong() + verdict.gave_up, verdict.report())
        shown = [[(g["NodeGroupId"], g["Slots"]) for g in self.group(*m)["NodeGroups"]] for m in members]
        self.assertEqual(shown[0], shown[1])

    def test_refuse_shapes_that_are_none(self):
        members = self.begin()
        api = self.api(HOME)
        for call, more, code in (
                (api.increase_node_groups_in_global_replication_group, dict(NodeGroupCount=2), "InvalidParameterValue"),
                (api.increase_node_groups_in_global_replication_group, dict(NodeGroupCount=3, ApplyImmediately=False), "InvalidParameterValue"),
                (api.increase_node_groups_in_global_replication_group, dict(NodeGroupCount=3, RegionalConfigurations=[dict(
                    ReplicationGroupId=members[0][0], ReplicationGroupRegion=FAR, ReshardingConfiguration=[])]), "InvalidParameterValue"),
                (api.decrease_node_groups_in_global_replication_group, dict(NodeGroupCount=2), "InvalidParameterValue"),
                (api.decrease_node_groups_in_global_replication_group, dict(NodeGroupCount=1), "InvalidParameterCombination"),
                (api.decrease_node_groups_in_global_replication_group, dict(NodeGroupCount=1, GlobalNodeGroupsToRemove=["0001"]), "InvalidParameterValue"),
                (api.decrease_node_groups_in_global_replication_group, dict(NodeGroupCount=1, GlobalNodeGroupsToRetain=[self.id + "-0009"]),
                 "InvalidParameterValue")):
            self.assert_fault(code, 400, call, **(dict(GlobalReplicationGroupId=self.id, ApplyImmediately=True) | more))
        self.assertEqual("available", self.world(self.id)["Status"])

    def test_know_their_users_in_every_region(self):
        user, team, password = name("alice"), name("team"), "a-password-of-alice"
        for region in (HOME, AWAY):
            self.api(region).create_user(UserId=user, UserName="alice", Engine=harness.ENGINE, Passwords=[password], AccessString="on ~* +@all")
            self.api(region).create_user_group(UserGroupId=team, Engine=harness.ENGINE, UserIds=["default", user] if harness.ENGINE == "redis" else [user])
            wait_for(lambda: self.api(region).describe_user_groups(UserGroupId=team)["UserGroups"][0]["Status"] == "active", team)
        home = self.create_group(HOME, NumNodeGroups=2, ReplicasPerNodeGroup=1, AutomaticFailoverEnabled=True, stem="home",
                                 TransitEncryptionEnabled=True, UserGroupIds=[team])
        world, _ = self.create_global(group=home)
        away = self.join(world, AWAY, ReplicasPerNodeGroup=1, UserGroupIds=[team])

        def client(group, region):
            end = self.group(group, region)["ConfigurationEndpoint"]
            return redis.RedisCluster(host=end["Address"], port=end["Port"], decode_responses=True, username="alice", password=password,
                                      ssl=True, ssl_ca_certs=self.trusted, ssl_check_hostname=True)
        members = [(home, HOME), (away, AWAY)]
        for writer, reader in (members, members[::-1]):
            if writer[1] == AWAY:
                self.failover(world, AWAY, away)
                self.wait_roles(world, AWAY)
            with client(*writer) as w, client(*reader) as r:
                for key in ("{a}", "{b}"):
                    w.set(key, writer[1])
                wait_for(lambda: {r.get("{a}"), r.get("{b}")} == {writer[1]}, "the keys in " + reader[1])

    def test_have_one_winner_of_failovers_at_the_same_time(self):
        members = self.begin((AWAY, FAR))
        won, answers = None, []
        for group, region in members[1:]:
            try:
                answers.append(self.failover(self.id, region, group)["Status"])
                won = won or region
            except Exception as fault:
                answers.append(fault.response["Error"]["Code"])
        self.assertEqual(["modifying", "InvalidGlobalReplicationGroupState"], answers)
        self.wait_roles(self.id, won)
        self.assertEqual(1, list(roles(self.world(self.id)).values()).count("PRIMARY"))

    def test_go_on_in_another_region_when_one_is_lost_and_take_it_back(self):
        members = self.begin()
        home, away = self.client(members[0]), self.client(members[1])
        for n in range(40):
            home.call("SET", "k%d" % n, n)
        wait_for(lambda: all(away.call("GET", "k%d" % n) == str(n) for n in range(40)), "the data in the other region")
        for node in self.server.nodes(*members[0]):
            os.kill(node["pid"], signal.SIGKILL)
        group, region = members[1]
        self.failover(self.id, region, group)
        self.wait_roles(self.id, region)
        for n in range(40):
            self.assertEqual(str(n), away.call("GETSET", "k%d" % n, n + 1))
        self.wait_group(*members[0])
        home = self.client(members[0])
        wait_for(lambda: all(home.call("GET", "k%d" % n) == str(n + 1) for n in range(40)), "the lost region follows")
        with self.assertRaises(redis.exceptions.ReadOnlyError):
            home.call("SET", "k1", 0, attempts=5)

    def strays(self, member):
        """How many keys stand in a shard that has not their slot."""
        return sum(self.admin(node).eval(STRAYS, 0) for node in self.server.nodes(*member) if node["pid"])

    def test_lose_no_key_of_slots_in_flight_when_their_region_is_lost(self):
        members = self.begin()
        home, away = self.client(members[0]), self.client(members[1])
        keys = ["k%d" % n for n in range(20000)]
        for key in keys:
            home.call("SET", key, "old")
        self.api(HOME).increase_node_groups_in_global_replication_group(GlobalReplicationGroupId=self.id, NodeGroupCount=3, ApplyImmediately=True)
        wait_for(lambda: self.freezes_amid_a_move(members), "slots in flight in both regions")
        agent = self.server.agent(HOME)
        for node in self.server.nodes(*members[0]):
            os.kill(node["pid"], signal.SIGKILL)
        self.addCleanup(self.server.admin, "PUT", "regions/%s?state=up" % HOME)
        self.server.admin("PUT", "regions/%s?state=down" % HOME)
        os.kill(agent, signal.SIGCONT)
        self.failover(self.id, AWAY, members[1][0])
        wait_for(lambda: roles(self.world(self.id, AWAY))[AWAY] == "PRIMARY", "another primary region")
        away.refresh()
        for key in keys:
            self.assertEqual("old", away.call("GETSET", key, "new"), key)
        self.server.admin("PUT", "regions/%s?state=up" % HOME)
        self.wait_roles(self.id, AWAY)
        for m in members:
            self.wait_group(*m)
            reader = self.client(m)
            wait_for(lambda: all(reader.call("GET", key) == "new" for key in keys), "every key in " + m[1])
            self.assertEqual(0, self.strays(m), m)
            for node in self.server.nodes(*m):
                wait_for(lambda: "[" not in self.admin(node).eval("return redis.call('CLUSTER', 'NODES')", 0), "no slot half moved in " + m[1])

    def freezes_amid_a_move(self, members):
        """Has the agent of the first region stand still; it goes on where no key is on its way to another shard just then."""
        if not self.strays(members[0]):
            return False
        agent = self.server.agent(members[0][1])
        os.kill(agent, signal.SIGSTOP)
        if self.strays(members[0]) and self.strays(members[1]):
            return True
        os.kill(agent, signal.SIGCONT)
        return False

    def test_count_the_writes_of_each_shard_that_a_partition_costs(self):
        members = self.begin()
        home, away = self.client(members[0]), self.client(members[1])
        for key in ("{a}", "{b}"):  # one in each shard
            home.call("SET", key, "common")
            wait_for(lambda: away.call("GET", key) == "common", "%s in the other region" % key)
        self.addCleanup(self.server.admin, "PUT", "regions/%s?state=up" % HOME)
        self.server.admin("PUT", "regions/%s?state=isolated" % HOME)
        self.failover(self.id, AWAY, members[1][0])
        wait_for(lambda: roles(self.world(self.id, AWAY))[AWAY] == "PRIMARY", "another primary region")
        for key, writes in (("{a}", 3), ("{b}", 5)):
            for n in range(writes):
                home.call("SET", key, "lost %d" % n)
            wait_for(lambda: away.call("SET", key, "kept"), "a shard that takes writes")
        self.server.admin("PUT", "regions/%s?state=up" % HOME)
        self.wait_roles(self.id, AWAY)
        self.wait_group(*members[0])
        home.refresh()
        for key in ("{a}", "{b}"):
            wait_for(lambda: home.call("GET", key) == "kept", "the new primary's value of %s" % key)
        events = self.api(HOME).describe_events(SourceType="replication-group", SourceIdentifier=members[0][0])["Events"]
        told = [e["Message"].split(" (")[0] for e in events if e["Message"].startswith("Discarded ")]
        self.assertEqual(["Discarded 3 writes", "Discarded 5 writes"], sorted(told))

    def test_give_a_lone_primary_of_a_shard_its_data_back(self):
        members = self.begin(replicas=0)
        home, away = self.client(members[0]), self.client(members[1])
        for n in range(40):
            home.call("SET", "k%d" % n, n)
        wait_for(lambda: all(away.call("GET", "k%d" % n) == str(n) for n in range(40)), "the data in the other region")
        for node in self.server.nodes(*members[0]):
            if node["cluster"].startswith(members[0][0] + "-0002-"):
                os.kill(node["pid"], signal.SIGKILL)

        def all_there():
            try:
                return all(home.call("GET", "k%d" % n) == str(n) for n in range(40))
            except (redis.exceptions.RedisError, AssertionError):
                return False
        wait_for(all_there, "the shard has its data back")
        self.wait_global(self.id)
        self.assertEqual("PRIMARY", roles(self.world(self.id))[HOME])
        for n in range(40):
            home.call("SET", "k%d" % n, n + 1)
        wait_for(lambda: all(away.call("GET", "k%d" % n) == str(n + 1) for n in range(40)), "the other region follows again")


if __name__ == "__main__":
    unittest.main()
