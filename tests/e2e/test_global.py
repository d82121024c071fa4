"""Global datastores: one group writes, groups in other regions follow, and the roles change on request."""
import unittest

import harness
from datastores import AWAY, FAR, HOME, PREFIX, Case, Writer, roles
from harness import NODE_TYPE, connect, name, wait_for

setUpModule, tearDownModule = harness.one_server()


class Creation(Case):
    def test_goes_from_creating_to_primary_only(self):
        group = self.create_group(HOME)
        suffix = name("born")
        created = self.api(HOME).create_global_replication_group(
            GlobalReplicationGroupIdSuffix=suffix, PrimaryReplicationGroupId=group)["GlobalReplicationGroup"]
        world = "%s-%s" % (PREFIX, suffix)
        self.assertEqual((world, "creating", " "), (created["GlobalReplicationGroupId"], created["Status"],
                                                   created["GlobalReplicationGroupDescription"]))
        self.assertEqual([("PRIMARY", "associating", group, HOME)], [
            (m["Role"], m["Status"], m["ReplicationGroupId"], m["ReplicationGroupRegion"]) for m in created["Members"]])
        seen = []
        wait_for(lambda: seen.append(self.world(world)["Status"]) or seen[-1] == "primary-only", "primary-only")
        self.assertLessEqual(set(seen), {"creating", "primary-only"})
        done = self.world(world)
        self.assertEqual(["associated"], [m["Status"] for m in done["Members"]])
        self.assertEqual((NODE_TYPE, harness.ENGINE, harness.DEFAULT, False, False, False, harness.ENGINE == "valkey"),
                         tuple(done[k] for k in ("CacheNodeType", "Engine", "EngineVersion", "ClusterEnabled", "AuthTokenEnabled",
                                                 "TransitEncryptionEnabled", "AtRestEncryptionEnabled")))
        self.assertFalse(done.get("GlobalNodeGroups"))
        self.assertEqual("arn:aws:elasticache::000000000000:globalreplicationgroup:" + world, done["ARN"])

    def test_marks_its_primary_group(self):
        world, group = self.create_global()
        info = self.wait_group(group, HOME)["GlobalReplicationGroupInfo"]
        self.assertEqual({"GlobalReplicationGroupId": world, "GlobalReplicationGroupMemberRole": "PRIMARY"}, info)

    def test_gives_the_primary_a_parameter_group_of_its_own(self):
        world, group = self.create_global()
        self.wait_group(group, HOME)
        cluster = self.api(HOME).describe_cache_clusters(CacheClusterId=group + "-001")["CacheClusters"][0]
        self.assertRegex(cluster["CacheParameterGroup"]["CacheParameterGroupName"], "^global-datastore-%s-" % group)

    def test_keeps_the_data_and_the_endpoint_of_the_group(self):
        group = self.create_group(HOME)
        endpoint = self.group(group)["NodeGroups"][0]["PrimaryEndpoint"]
        connect(endpoint).set("early", "bird")
        self.create_global(group=group)
        self.assertEqual(endpoint, self.group(group)["NodeGroups"][0]["PrimaryEndpoint"])
        self.assertEqual("bird", connect(endpoint).get("early"))

    def test_has_a_prefix_that_tells_its_region(self):
        world, _ = self.create_global("us-west-2")
        self.assertTrue(world.startswith("sgaui-"), world)


class Changes(Case):
    def modify(self, world, **what):
        return self.api(AWAY).modify_global_replication_group(GlobalReplicationGroupId=world, ApplyImmediately=True, **what)["GlobalReplicationGroup"]

    def test_reach_every_member(self):
        world, home = self.create_global(nodes=2, group=self.create_group(nodes=2, EngineVersion=harness.OLDER))
        away = self.join(world, AWAY, nodes=2)
        self.primary(home).set("a", "1")
        members = [(home, HOME), (away, AWAY)]
        answer = self.modify(world, CacheNodeType="cache.r6g.xlarge")
        self.assertEqual(("modifying", "cache.r6g.xlarge"), (answer["Status"], answer["CacheNodeType"]))
        self.wait_global(world)
        self.assertEqual({"cache.r6g.xlarge"}, {self.group(*m)["CacheNodeType"] for m in members})
        self.modify(world, AutomaticFailoverEnabled=True)
        self.assertEqual({"enabled"}, {m["AutomaticFailover"] for m in self.wait_global(world)["Members"]})
        self.assertEqual({"enabled"}, {self.group(*m)["AutomaticFailover"] for m in members})
        self.assertEqual(harness.NEWER + ".0", self.modify(world, EngineVersion=harness.NEWER)["EngineVersion"])
        self.wait_global(world)
        for group, region in members:
            self.assertEqual("available", self.group(group, region)["Status"])
            self.assertEqual({"%s %s.0" % (harness.ENGINE, harness.NEWER)}, {n["asked"] for n in self.server.nodes(group, region)})
        wait_for(lambda: self.primary(away, AWAY).get("a") == "1", "the data in the other region")
        self.assertEqual("said anew", self.modify(world, GlobalReplicationGroupDescription="said anew")["GlobalReplicationGroupDescription"])


class ASecondRegion(Case):
    @classmethod
    def setUpClass(cls):
        case = cls("world")
        cls.id, cls.home = case.create_global(nodes=2)
        case.primary(cls.home, HOME).set("before", "the second region")
        cls.away = name("away")
        cls.created = case.api(AWAY).create_replication_group(
            ReplicationGroupId=cls.away, ReplicationGroupDescription="follows", GlobalReplicationGroupId=cls.id,
            NumCacheClusters=2)["ReplicationGroup"]
        cls.while_joining = case.world(cls.id, HOME)
        case.wait_group(cls.away, AWAY)
        cls.joined = case.wait_global(cls.id, "available")

    def test_starts_by_modifying_the_datastore(self):
        self.assertEqual("creating", self.created["Status"])
        self.assertEqual({"GlobalReplicationGroupId": self.id, "GlobalReplicationGroupMemberRole": "SECONDARY"},
                         self.created["GlobalReplicationGroupInfo"])
        states = {m["ReplicationGroupRegion"]: m["Status"] for m in self.while_joining["Members"]}
        self.assertIn((self.while_joining["Status"], states.get(AWAY)), {("modifying", "associating"), ("available", "associated")})

    def test_ends_with_both_members_associated(self):
        self.assertEqual({HOME: "PRIMARY", AWAY: "SECONDARY"}, roles(self.joined))
        self.assertEqual({"associated"}, {m["Status"] for m in self.joined["Members"]})
        self.assertEqual({"GlobalReplicationGroupId": self.id, "GlobalReplicationGroupMemberRole": "SECONDARY"},
                         self.group(self.away, AWAY)["GlobalReplicationGroupInfo"])

    def test_inherits_the_settings_of_the_primary(self):
        cluster = self.api(AWAY).describe_cache_clusters(CacheClusterId=self.away + "-001")["CacheClusters"][0]
        home = self.api(HOME).describe_cache_clusters(CacheClusterId=self.home + "-001")["CacheClusters"][0]
        for member in ("CacheNodeType", "Engine", "EngineVersion", "AtRestEncryptionEnabled", "TransitEncryptionEnabled"):
            self.assertEqual(home[member], cluster[member])

    def test_has_what_was_written_before_it_came(self):
        self.assertEqual("the second region", self.primary(self.away, AWAY).get("before"))

    def test_gets_what_is_written_now_on_every_node(self):
        self.primary(self.home, HOME).set("now", "everywhere")
        for node in self.server.nodes(self.home, HOME) + self.server.nodes(self.away, AWAY):
            wait_for(lambda: harness.has((node["address"], node["port"]), "now", "everywhere"), "the key on %s" % node["id"])

    def test_refuses_writes_at_its_primary_endpoint(self):
        with self.assertRaisesRegex(harness.redis.exceptions.ReadOnlyError, "against a read only replica"):
            self.primary(self.away, AWAY).set("x", "y")

    def test_has_a_local_primary_that_its_own_replicas_follow(self):
        group = self.group(self.away, AWAY)["NodeGroups"][0]
        self.assertEqual(["primary", "replica"], [m["CurrentRole"] for m in group["NodeGroupMembers"]])
        primary, replica = (connect(m["ReadEndpoint"]).info("replication") for m in group["NodeGroupMembers"])
        self.assertEqual(("slave", 1), (primary["role"], primary["connected_slaves"]))
        self.assertEqual("up", replica["master_link_status"])
        self.assertEqual(group["NodeGroupMembers"][0]["ReadEndpoint"]["Address"], replica["master_host"])

    def test_shows_the_same_object_as_the_first(self):
        self.assertEqual(self.world(self.id, HOME), self.world(self.id, AWAY))
        listed = self.api(AWAY).describe_global_replication_groups()["GlobalReplicationGroups"]
        self.assertIn(self.id, [w["GlobalReplicationGroupId"] for w in listed])
        self.assertFalse(any(w.get("Members") for w in listed), "members are shown only when asked for")

    def test_is_needed_to_see_the_datastore(self):
        self.assert_fault("GlobalReplicationGroupNotFoundFault", 404, self.api("sa-east-1").describe_global_replication_groups,
                          GlobalReplicationGroupId=self.id, message=self.id)
        listed = self.api("sa-east-1").describe_global_replication_groups()["GlobalReplicationGroups"]
        self.assertNotIn(self.id, [w["GlobalReplicationGroupId"] for w in listed])


class Failover(Case):
    def test_moves_the_writes_loses_none_and_copies_nothing_anew(self):
        world, home = self.create_global(nodes=2)
        away = self.join(world, AWAY, nodes=2)
        members = ((home, HOME), (away, AWAY))
        endpoints = [self.group(g, r)["NodeGroups"][0]["PrimaryEndpoint"] for g, r in members]
        syncs = self.full_syncs(*members)
        writer = Writer(endpoints)
        writer.start()
        wait_for(lambda: len(writer.acknowledged) > 200, "a busy writer")
        answer = self.failover(world, AWAY, away)
        self.assertEqual("modifying", answer["Status"])
        self.wait_roles(world, AWAY)
        moved = len(writer.acknowledged)
        wait_for(lambda: len(writer.acknowledged) > moved + 200, "writes in the new primary's region")
        writer.stop()
        self.assertEqual(endpoints, [self.group(g, r)["NodeGroups"][0]["PrimaryEndpoint"] for g, r in members])
        for group, region in members:
            for node in self.server.nodes(group, region):
                client = connect((node["address"], node["port"]))
                wait_for(lambda: not writer.lost(client), "every acknowledged write on %s in %s" % (node["id"], region))
        self.assertEqual(syncs, self.full_syncs(*members), "full synchronisations")
        with self.assertRaises(harness.redis.exceptions.ReadOnlyError):
            connect(endpoints[0]).set("x", "y")
        self.assertEqual("SECONDARY", self.group(home, HOME)["GlobalReplicationGroupInfo"]["GlobalReplicationGroupMemberRole"])
        self.assertEqual("PRIMARY", self.group(away, AWAY)["GlobalReplicationGroupInfo"]["GlobalReplicationGroupMemberRole"])

    def test_goes_there_and_back(self):
        world, home = self.create_global()
        away = self.join(world, AWAY)
        for n, (region, group) in enumerate([(AWAY, away), (HOME, home), (AWAY, away)]):
            self.failover(world, region, group, call_region=HOME)
            self.wait_roles(world, region)
            self.primary(group, region).set("turn", n)
            other, other_region = (home, HOME) if region == AWAY else (away, AWAY)
            wait_for(lambda: self.primary(other, other_region).get("turn") == str(n), "turn %d in %s" % (n, other_region))

    def test_keeps_the_third_region_in_step(self):
        world, home = self.create_global()
        away, far = self.join(world, AWAY), self.join(world, FAR, stem="far")
        self.assertEqual({HOME: "PRIMARY", AWAY: "SECONDARY", FAR: "SECONDARY"}, roles(self.world(world)))
        self.primary(home, HOME).set("from", "home")
        wait_for(lambda: self.primary(far, FAR).get("from") == "home", "the key in the third region")
        self.failover(world, AWAY, away)
        self.wait_roles(world, AWAY)
        self.primary(away, AWAY).set("from", "away")
        for group, region in ((home, HOME), (far, FAR)):
            wait_for(lambda: self.primary(group, region).get("from") == "away", "the key in " + region)


class Leaving(Case):
    def test_leaves_a_writable_group_with_its_data(self):
        world, home = self.create_global()
        away = self.join(world, AWAY)
        self.primary(home, HOME).set("kept", "yes")
        wait_for(lambda: self.primary(away, AWAY).get("kept") == "yes", "the key in the second region")
        endpoint = self.group(away, AWAY)["NodeGroups"][0]["PrimaryEndpoint"]
        answer = self.leave(world, AWAY, away)
        self.assertEqual("modifying", answer["Status"])
        self.assertEqual("associated", {m["ReplicationGroupRegion"]: m["Status"] for m in answer["Members"]}[AWAY])
        done = self.wait_global(world, "primary-only")
        self.assertEqual({HOME: "PRIMARY"}, roles(done))
        group = self.wait_group(away, AWAY)
        self.assertFalse(group.get("GlobalReplicationGroupInfo"))
        self.assertEqual(endpoint, group["NodeGroups"][0]["PrimaryEndpoint"])
        self.primary(away, AWAY).set("own", "way")
        self.assertEqual(("yes", "way"), tuple(self.primary(away, AWAY).mget("kept", "own")))
        self.primary(home, HOME).set("after", "parting")
        self.assertIsNone(self.primary(away, AWAY).get("after"))
        self.assert_fault("GlobalReplicationGroupNotFoundFault", 404, self.api(AWAY).describe_global_replication_groups,
                          GlobalReplicationGroupId=world)
        self.delete_group(away, AWAY)

    def test_makes_room_for_another_region(self):
        world, home = self.create_global()
        away = self.join(world, AWAY)
        self.leave(world, AWAY, away)
        self.wait_global(world, "primary-only")
        far = self.join(world, FAR, stem="far")
        self.primary(home, HOME).set("k", "v")
        wait_for(lambda: self.primary(far, FAR).get("k") == "v", "the key in the other region")


class Deletion(Case):
    def test_keeps_the_primary_group_and_its_data(self):
        world, home = self.create_global()
        self.primary(home, HOME).set("kept", "yes")
        answer = self.api(HOME).delete_global_replication_group(
            GlobalReplicationGroupId=world, RetainPrimaryReplicationGroup=True)["GlobalReplicationGroup"]
        self.assertEqual("deleting", answer["Status"])
        def gone():
            try:
                return not self.world(world)
            except self.api(HOME).exceptions.GlobalReplicationGroupNotFoundFault:
                return True
        wait_for(gone, "the datastore gone")
        group = self.wait_group(home, HOME)
        self.assertFalse(group.get("GlobalReplicationGroupInfo"))
        self.assertEqual("yes", self.primary(home, HOME).get("kept"))
        self.create_global(group=home)

    def test_waits_until_no_secondary_is_left(self):
        world, home = self.create_global()
        away = self.join(world, AWAY)
        self.assert_fault("InvalidGlobalReplicationGroupState", 400, self.api(HOME).delete_global_replication_group,
                          GlobalReplicationGroupId=world, RetainPrimaryReplicationGroup=True,
                          message="Cannot delete a global replication group in available state")
        self.leave(world, AWAY, away)
        self.wait_global(world, "primary-only")
        self.api(HOME).delete_global_replication_group(GlobalReplicationGroupId=world, RetainPrimaryReplicationGroup=True)


class Modification(Case):
    def test_of_a_member_is_limited_to_its_own_settings(self):
        world, home = self.create_global()
        self.wait_group(home, HOME)
        self.api(HOME).modify_replication_group(ReplicationGroupId=home, SnapshotWindow="03:00-04:00", ApplyImmediately=True)
        self.assertEqual("03:00-04:00", self.wait_group(home, HOME)["SnapshotWindow"])


if __name__ == "__main__":
    unittest.main()
