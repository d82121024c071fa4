"""Users and user groups: what they are as the API tells it, and what the engines let them do."""
import contextlib
import threading
import unittest

import encryption
import harness
import redis
from datastores import AWAY
from harness import name, wait_for

setUpModule, tearDownModule = harness.one_server()

PASSWORD, OTHER = "a-password-of-alice", "another-password!"
DENIED = redis.exceptions.NoPermissionError


class Case(encryption.Case):
    def user(self, access="on ~* +@all", password=PASSWORD, user_name=None, **more):
        """A new user's id, which is its name, too."""
        user = name("user")
        how = {"NoPasswordRequired": True} if password is None else {"Passwords": [password]}
        self.api().create_user(UserId=user, UserName=user_name or user, Engine="redis", AccessString=access, **(how | more))
        return user

    def team(self, *users, wait=True):
        group = name("team")
        self.api().create_user_group(UserGroupId=group, Engine="redis", UserIds=list(users))
        if wait:
            self.wait_team(group)
        return group

    def users(self, **which):
        return self.api().describe_users(**which)["Users"]

    def teams(self, **which):
        return self.api().describe_user_groups(**which)["UserGroups"]

    def wait_user(self, user):
        return wait_for(lambda: next((u for u in self.users(UserId=user) if u["Status"] == "active"), None), user + " active")

    def wait_team(self, group):
        return wait_for(lambda: next((g for g in self.teams(UserGroupId=group) if g["Status"] == "active"), None), group + " active")

    def change_user(self, user, **more):
        answer = self.api().modify_user(UserId=user, **more)
        self.assertEqual("modifying", answer["Status"])
        return self.wait_user(user)

    def change_team(self, group, add=(), remove=()):
        more = {k: v for k, v in (("UserIdsToAdd", list(add)), ("UserIdsToRemove", list(remove))) if v}
        self.assertEqual("modifying", self.api().modify_user_group(UserGroupId=group, **more)["Status"])
        return self.wait_team(group)

    def login(self, group, user, password=PASSWORD):
        return self.secure_primary(group, username=user, password=password)

    @contextlib.contextmanager
    def no_login(self):
        with self.assertRaisesRegex(redis.exceptions.ResponseError, "WRONGPASS|invalid username-password|without any password configured"):
            yield


class Users(Case):
    def test_may_do_what_their_access_string_says(self):
        alice, reader, off = self.user("on ~app:* +@all"), self.user("on ~* +@read"), self.user("off ~* +@all")
        default = self.user("off -@all", None, "default")
        group = self.create(2, UserGroupIds=[self.team(alice, reader, off, default)])
        self.login(group, alice).set("app:1", "x")
        self.assertEqual(0, self.login(group, alice).publish("any channel", "x"))
        self.assertEqual("x", self.login(group, reader).get("app:1"))
        for call in (lambda: self.login(group, alice).set("other", "x"), lambda: self.login(group, reader).set("app:1", "y")):
            self.assertRaises(DENIED, call)
        for user, password in ((alice, OTHER), (off, PASSWORD), (default, PASSWORD), ("meridian-admin", "x" * 20), ("nobody", PASSWORD)):
            with self.no_login():
                self.login(group, user, password).ping()
        with self.assertRaises(redis.exceptions.AuthenticationError):
            self.secure_primary(group).ping()
        replica = self.secure(self.group(group)["NodeGroups"][0]["ReaderEndpoint"], username=reader, password=PASSWORD)
        wait_for(lambda: replica.get("app:1") == "x", "the key on the replica")

    def test_change_on_running_engines(self):
        alice, bob = self.user(), self.user()
        team = self.team("default", alice, bob)
        group = self.create(2, UserGroupIds=[team])
        pids = [n["pid"] for n in self.server.nodes(group)]
        client, other = self.login(group, alice), self.login(group, bob)
        client.set("kept", "x")
        other.ping()
        self.assertEqual("on ~kept -@all +get", self.change_user(alice, AccessString="on ~kept +get")["AccessString"])
        self.assertEqual("x", client.get("kept"))
        self.assertRaises(DENIED, client.set, "kept", "y")
        self.change_user(alice, AppendAccessString="+set")
        client.set("kept", "y")
        self.assertEqual(2, self.change_user(alice, Passwords=[PASSWORD, OTHER])["Authentication"]["PasswordCount"])
        for password in (PASSWORD, OTHER):
            self.login(group, alice, password).get("kept")
        self.change_user(alice, Passwords=[OTHER])
        with self.no_login():
            self.login(group, alice).get("kept")
        self.assertEqual("no-password", self.change_user(alice, NoPasswordRequired=True)["Authentication"]["Type"])
        self.login(group, alice, "whatever").get("kept")
        self.assertEqual(sorted(["default", alice]), sorted(self.change_team(team, remove=[bob])["UserIds"]))
        with self.no_login():
            other.ping()
        self.assertEqual(pids, [n["pid"] for n in self.server.nodes(group)])

    def test_rotate_as_a_function_of_secrets_manager_does(self):
        """Its four steps, twice, on a replication group with a client that stays: createSecret, setSecret, testSecret, finishSecret."""
        user = self.user(password="version-0-of-the-secret")
        group = self.create(2, UserGroupIds=[self.team("default", user)])
        versions = {"AWSCURRENT": "version-0-of-the-secret"}
        stays = self.login(group, user, versions["AWSCURRENT"])
        connection = stays.client_id()
        for turn in (1, 2):
            versions["AWSPENDING"] = "version-%d-of-the-secret" % turn
            self.assertEqual("active", self.users(UserId=user)[0]["Status"])
            changed = self.change_user(user, Passwords=[versions["AWSPENDING"], versions["AWSCURRENT"]])
            self.assertEqual({"Type": "password", "PasswordCount": 2}, changed["Authentication"])
            for version in ("AWSPENDING", "AWSCURRENT"):
                self.assertTrue(self.login(group, user, versions[version]).ping())
            if turn == 2:
                with self.no_login():
                    self.login(group, user, versions["AWSPREVIOUS"]).ping()
            versions["AWSPREVIOUS"] = versions["AWSCURRENT"]
            versions["AWSCURRENT"] = versions.pop("AWSPENDING")
            self.assertEqual(connection, stays.client_id(), "the connection was not cut")

    def test_come_back_with_restarted_engines(self):
        alice = self.user("on ~* +@all")
        group = self.create(UserGroupIds=[self.team("default", alice)])
        node = self.server.nodes(group)[0]
        harness.os.kill(node["pid"], harness.signal.SIGKILL)
        wait_for(lambda: self.server.nodes(group)[0].get("pid") not in (None, 0, node["pid"]), "another process")

        def answers():
            with contextlib.suppress(redis.exceptions.ConnectionError):
                return self.login(group, alice).ping()
        wait_for(answers, "the node again")
        with self.no_login():
            self.login(group, alice, OTHER).ping()

    def test_are_changed_though_a_script_never_ends(self):
        user = self.user()
        group = self.create_group(TransitEncryptionEnabled=True, UserGroupIds=[self.team(user, "default")])
        ended = []

        def run():
            try:
                self.login(group, user).eval("while true do redis.call('GET', 'k') end", 0)
            except redis.exceptions.RedisError as e:
                ended.append(e)

        script = threading.Thread(target=run, daemon=True)
        script.start()
        other = self.login(group, user)
        wait_for(lambda: self.is_busy(other), "a script that Redis calls busy")
        self.change_user(user, AccessString="off -@all")
        script.join(harness.DEADLINE)
        self.assertEqual(1, len(ended), "the script was ended")
        with self.no_login():
            self.login(group, user).ping()

    @staticmethod
    def is_busy(client):
        try:
            return not client.ping()
        except redis.exceptions.RedisError as e:
            return "BUSY" in str(e)

    def test_the_default_user_is_swapped_and_deleted_users_leave(self):
        alice = self.user()
        default = self.user("off -@all", None, "default")
        team = self.team("default", alice)
        group = self.create(UserGroupIds=[team])
        self.assertTrue(self.secure_primary(group).ping())
        pending = self.api().modify_user_group(UserGroupId=team, UserIdsToAdd=[default], UserIdsToRemove=["default"])
        self.assertEqual(({"UserIdsToAdd": [default], "UserIdsToRemove": ["default"]}, sorted([alice, "default"])),
                         (pending["PendingChanges"], sorted(pending["UserIds"])))
        done = self.wait_team(team)
        self.assertEqual((sorted([alice, default]), [group]), (sorted(done["UserIds"]), done["ReplicationGroups"]))
        with self.assertRaises(redis.exceptions.AuthenticationError):
            self.secure_primary(group).ping()
        self.assert_fault("DefaultUserAssociatedToUserGroup", 400, self.api().delete_user, UserId=default)
        self.api().delete_user(UserId=alice)
        wait_for(lambda: alice not in {u["UserId"] for u in self.users()}, "the user gone")
        self.assert_fault("UserNotFound", 404, self.users, UserId=alice, message="User %s not found." % alice)
        with self.no_login():
            self.login(group, alice).ping()

    def test_iam_users_are_taken_and_have_no_password(self):
        user = name("iam")
        made = self.server.query("us-east-1", **{"Action": "CreateUser", "UserId": user, "UserName": user, "Engine": "REDIS",
                                                 "AccessString": "on ~* +@all", "AuthenticationMode.Type": "iam"})
        self.assertEqual((200, "iam"), (made.status, next(made.xml.iter(harness.NAMESPACE + "Type")).text))
        group = self.create(UserGroupIds=[self.team("default", user)])
        for password in ("", "x", PASSWORD):
            with self.assertRaises(redis.exceptions.RedisError):
                self.secure_primary(group, username=user, password=password).execute_command("AUTH", user, password)

    def test_passwords_are_known_to_nobody(self):
        alice = self.user(password=PASSWORD + "-secret")
        group = self.create(UserGroupIds=[self.team("default", alice)])
        self.login(group, alice, PASSWORD + "-secret").ping()
        told = str(self.users()) + self.server.log() + str(harness.processes_of(self.server.data))
        self.assertNotIn("-secret", told)
        for folder, _, files in harness.os.walk(self.server.data):
            for file in files:
                path = harness.os.path.join(folder, file)
                self.assertNotIn(b"-secret", harness.reads(path), path)
                if b"user \"%s\"" % alice.encode() in harness.reads(path):
                    self.assertEqual(0o600, harness.os.stat(path).st_mode & 0o777, path)


class Groups(Case):
    def test_come_and_go_while_the_engines_run(self):
        alice = self.user()
        first, second = self.team("default", alice), self.team(self.user("off -@all", None, "default"), alice)
        group = self.create()
        pid = self.server.nodes(group)[0]["pid"]
        answer = self.api().modify_replication_group(ReplicationGroupId=group, UserGroupIdsToAdd=[first], ApplyImmediately=True)["ReplicationGroup"]
        self.assertEqual(("modifying", {"UserGroupIdsToAdd": [first]}), (answer["Status"], answer["PendingModifiedValues"]["UserGroups"]))
        self.assertEqual([first], self.wait_group(group)["UserGroupIds"])
        self.login(group, alice).set("k", "v")
        self.assert_fault("InvalidUserGroupState", 400, self.api().delete_user_group, UserGroupId=first)
        self.assert_fault("InvalidParameterValue", 400, self.api().modify_replication_group, ReplicationGroupId=group, UserGroupIdsToAdd=[second])
        self.api().modify_replication_group(ReplicationGroupId=group, UserGroupIdsToAdd=[second], UserGroupIdsToRemove=[first])
        self.assertEqual([second], self.wait_group(group)["UserGroupIds"])
        with self.assertRaises(redis.exceptions.AuthenticationError):
            self.secure_primary(group).ping()
        self.api().modify_replication_group(ReplicationGroupId=group, RemoveUserGroups=True)
        self.assertNotIn("UserGroupIds", self.wait_group(group))
        self.assertEqual("v", self.secure_primary(group).get("k"))
        with self.no_login():
            self.login(group, alice).ping()
        self.assertEqual(pid, self.server.nodes(group)[0]["pid"])
        for team in (first, second):
            self.assertEqual("deleting", self.api().delete_user_group(UserGroupId=team)["Status"])
            wait_for(lambda: team not in {g["UserGroupId"] for g in self.teams()}, "the group gone")

    def test_of_a_datastores_members_are_each_region_s_own_through_a_failover(self):
        alice = self.user()
        home = self.create(UserGroupIds=[self.team(self.user("off -@all", None, "default"), alice)])
        carl, team = name("carl"), name("team")
        api = self.api(AWAY)
        api.create_user(UserId=carl, UserName=carl, Engine="redis", AccessString="on ~* +@all", Passwords=[PASSWORD])
        api.create_user(UserId=carl + "-default", UserName="default", Engine="redis", AccessString="off -@all", NoPasswordRequired=True)
        api.create_user_group(UserGroupId=team, Engine="redis", UserIds=[carl, carl + "-default"])
        wait_for(lambda: api.describe_user_groups(UserGroupId=team)["UserGroups"][0]["Status"] == "active", "the other region's group")
        world, _ = self.create_global(group=home)
        away = self.join(world, AWAY, UserGroupIds=[team])
        here, there = self.login(home, alice), self.secure_primary(away, AWAY, username=carl, password=PASSWORD)
        here.set("k", "home")
        wait_for(lambda: there.get("k") == "home", "replication")
        self.failover(world, AWAY, away)
        self.wait_roles(world, AWAY)
        there.set("k", "away")
        wait_for(lambda: here.get("k") == "away", "replication the other way")
        with self.no_login():
            self.login(home, carl).ping()
        with self.no_login():
            self.secure_primary(away, AWAY, username=alice, password=PASSWORD).ping()
        with self.assertRaises(redis.exceptions.AuthenticationError):
            self.secure_primary(away, AWAY).ping()

    def test_take_the_place_of_an_auth_token_and_give_it_back(self):
        alice = self.user()
        team = self.team(self.user("off -@all", None, "default"), alice)
        group = self.create(AuthToken=encryption.TOKEN)
        refused = self.modify(group, wait=False, **{"UserGroupIdsToAdd.member.1": team})
        self.assertEqual(400, refused.status, refused.text)
        self.modify(group, AuthTokenUpdateStrategy="DELETE", **{"UserGroupIdsToAdd.member.1": team})
        self.login(group, alice).ping()
        with self.no_login():
            self.secure_primary(group, password=encryption.TOKEN).ping()
        self.modify(group, RemoveUserGroups="true", AuthToken=encryption.NEXT, AuthTokenUpdateStrategy="SET")
        self.secure_primary(group, password=encryption.NEXT).ping()
        with self.no_login():
            self.login(group, alice).ping()

    def test_are_those_of_every_shard(self):
        alice = self.user("on ~* -@all +ping")
        default = self.user("off -@all", None, "default")
        group = name("shards")
        self.api().create_replication_group(ReplicationGroupId=group, ReplicationGroupDescription="x", Engine="redis", CacheNodeType=harness.NODE_TYPE,
                                            NumNodeGroups=2, ReplicasPerNodeGroup=0, AutomaticFailoverEnabled=True, TransitEncryptionEnabled=True,
                                            UserGroupIds=[self.team(alice, default)])
        self.wait_group(group)
        nodes = [self.secure((n["address"], n["port"]), username=alice, password=PASSWORD) for n in self.server.nodes(group)]
        self.assertEqual([True, True], [n.ping() for n in nodes])
        for node in nodes:
            self.assertRaises(DENIED, node.cluster, "SLOTS")
        self.change_user(alice, AppendAccessString="+cluster|slots")
        self.assertEqual([2, 2], [len(n.cluster("SLOTS")) for n in nodes])

    def test_ask_for_encryption(self):
        team = self.team("default")
        needed = "User group based access control requires encryption-in-transit to be enabled on the replication group."
        self.assert_fault("InvalidParameterCombination", 400, self.create_group, UserGroupIds=[team], message=needed)
        group = self.create_group()
        self.assert_fault("InvalidParameterCombination", 400, self.api().modify_replication_group, ReplicationGroupId=group,
                          UserGroupIdsToAdd=[team], message=needed)
        self.assert_fault("UserGroupNotFound", 404, self.create, UserGroupIds=["nothing"])

    def test_let_go_of_a_deleted_replication_group(self):
        team = self.team("default")
        group = self.create(UserGroupIds=[team])
        self.assertEqual([group], self.teams(UserGroupId=team)[0]["ReplicationGroups"])
        self.delete_group(group)
        wait_for(lambda: self.teams(UserGroupId=team)[0]["ReplicationGroups"] == [], "no replication group any more")

    def test_have_tags(self):
        team = self.api().create_user_group(UserGroupId=name("team"), Engine="redis", UserIds=["default"], Tags=[{"Key": "k", "Value": "v"}])
        user = self.users(UserId=self.user(Tags=[{"Key": "k", "Value": "v"}]))[0]
        for arn in (team["ARN"], user["ARN"]):
            self.assertEqual([{"Key": "k", "Value": "v"}], self.api().list_tags_for_resource(ResourceName=arn)["TagList"])
            self.api().add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "l", "Value": "w"}])
            self.assertEqual(1, len(self.api().remove_tags_from_resource(ResourceName=arn, TagKeys=["k"])["TagList"]))


def crc64(data):
    """The checksum of a dumped value: CRC-64/Jones."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x95ac9329ac4bc9b5 if crc & 1 else 0)
    return crc


class Restricted(Case):
    COMMANDS = [("CONFIG", "GET", "save"), ("CONFIG", "SET", "timeout", "1"), ("DEBUG", "SLEEP", "0"), ("SHUTDOWN", "NOSAVE"), ("REPLICAOF", "NO", "ONE"),
                ("SLAVEOF", "NO", "ONE"), ("SAVE",), ("BGSAVE",), ("BGREWRITEAOF",), ("MIGRATE", "127.0.0.1", "1", "k", "0", "1"), ("SYNC",),
                ("PSYNC", "?", "-1"), ("ACL", "SETUSER", "x"), ("ACL", "DELUSER", "x"), ("ACL", "LOAD"), ("ACL", "SAVE"), ("CLUSTER", "MEET", "127.0.0.1", "1"),
                ("CLUSTER", "RESET"), ("MODULE", "LIST"), ("FAILOVER",), ("SCRIPT", "DEBUG", "SYNC")]

    def refused(self, client):
        for command in self.COMMANDS:
            with self.subTest(command=command), self.assertRaises(DENIED):
                client.execute_command(*command)
        for command in self.COMMANDS[:2]:
            with self.assertRaises(redis.exceptions.ResponseError):
                client.eval("return redis.call(%s)" % ",".join("'%s'" % word for word in command), 0)
        self.assertIn("default", client.acl_users())
        for command in (("ACL", "WHOAMI"), ("ACL", "LIST"), ("ACL", "CAT"), ("INFO",), ("CLIENT", "LIST")):
            client.execute_command(*command)

    def test_commands_are_refused_to_everybody(self):
        group = self.create_group()
        self.refused(self.primary(group))
        cluster = name("cluster")
        self.api().create_cache_cluster(CacheClusterId=cluster, Engine="redis", CacheNodeType=harness.NODE_TYPE, NumCacheNodes=1)
        wait_for(lambda: self.api().describe_cache_clusters(CacheClusterId=cluster)["CacheClusters"][0]["CacheClusterStatus"] == "available", cluster)
        node = next(n for n in self.server.nodes() if n["id"].startswith(cluster + "."))
        self.refused(harness.connect({"Address": node["address"], "Port": node["port"]}))

    def test_commands_are_refused_to_users_with_all_rights_and_selectors(self):
        alice = self.user("on ~* &* +@all (~* &* +@all)")
        group = self.create(UserGroupIds=[self.team("default", alice)])
        self.refused(self.login(group, alice))


class Injection(Case):
    """Whatever is written into a request changes nothing but what it names."""

    def test_made_up_payloads_break_no_engine(self):
        group = self.create_group()
        endpoint = self.group(group)["NodeGroups"][0]["PrimaryEndpoint"]
        client = redis.Redis(host=endpoint["Address"], port=endpoint["Port"], socket_timeout=10)
        client.rpush("l", *range(20))
        payload = client.dump("l")[:-8]
        refused = 0
        for at in range(1, len(payload) - 2):
            broken = payload[:at] + bytes([payload[at] ^ 0xff]) + payload[at + 1:]
            try:
                client.restore("broken", 0, broken + crc64(broken).to_bytes(8, "little"), replace=True)
                client.lrange("broken", 0, -1)
            except redis.exceptions.ResponseError:
                refused += 1
        self.assertGreater(refused, len(payload) // 2)
        self.assertTrue(client.ping())
        self.assertEqual([0], [n["restarts"] for n in self.server.nodes(group)])

    def test_no_line_comes_into_a_file_of_the_engine(self):
        for text in ("on ~*\nport 1", "on ~* \r\nuser x on nopass +@all", 'on ~" +@all', "on ~'x", "on ~* #" + "0" * 64, "on ~* >" + PASSWORD):
            answer = self.server.query("us-east-1", Action="CreateUser", UserId=name("bad"), UserName="bad", Engine="redis", AccessString=text,
                                       NoPasswordRequired="true")
            self.assertEqual(400, answer.status, text)
        for user_name in ("a b", "a\nb", 'a"b', "a\\b", "meridian-admin", "meridian-replica"):
            answer = self.server.query("us-east-1", Action="CreateUser", UserId=name("bad"), UserName=user_name, Engine="redis",
                                       AccessString="on", NoPasswordRequired="true")
            self.assertEqual(400, answer.status, user_name)
        for user in ("../x", "a/b", "a b", "a\nb", "-", "a" * 41):
            answer = self.server.query("us-east-1", Action="CreateUser", UserId=user, UserName="x", Engine="redis", AccessString="on",
                                       NoPasswordRequired="true")
            self.assertEqual(400, answer.status, user)

    def test_strange_patterns_and_names_mean_themselves(self):
        alice = self.user("on ~a\\*b ~$(x) ~;#%{} -@all +get +set", user_name="al;ice$(x)#%")
        group = self.create(UserGroupIds=[self.team("default", alice)])
        client = self.login(group, "al;ice$(x)#%")
        for key in ("a*b", "$(x)", ";#%{}"):
            client.set(key, "v")
        self.assertRaises(DENIED, client.get, "axb")
        node = self.server.nodes(group)[0]
        harness.os.kill(node["pid"], harness.signal.SIGKILL)

        def answers():
            with contextlib.suppress(redis.exceptions.ConnectionError):
                return self.login(group, "al;ice$(x)#%").get("a*b") is None
        wait_for(answers, "the node again, empty")


class Databases(Case):
    """What db= means to an engine that knows it, and to one that does not."""

    def test_an_engine_that_can_not_limit_databases_lets_nobody_in(self):
        users = [name("user"), name("user")]
        for user, user_name, access in zip(users, ("default", "app"), ("off -@all", "on ~* +@all resetdbs db=1")):
            self.api().create_user(UserId=user, UserName=user_name, Engine="valkey", AccessString=access, Passwords=[PASSWORD])
        team = name("team")
        self.api().create_user_group(UserGroupId=team, Engine="valkey", UserIds=users)
        self.wait_team(team)
        self.assertEqual("9.1", self.teams(UserGroupId=team)[0]["MinimumEngineVersion"])
        group = self.create(Engine="valkey", EngineVersion="9.1", UserGroupIds=[team])
        endpoint = self.group(group)["NodeGroups"][0]["PrimaryEndpoint"]
        if harness.RELEASE == "9.1":
            self.assertTrue(self.secure(endpoint, username="app", password=PASSWORD, db=1).set("k", "v"))
            with self.assertRaises(redis.RedisError):
                self.secure(endpoint, username="app", password=PASSWORD).set("k", "v")
        else:
            with self.assertRaisesRegex(redis.RedisError, "invalid username-password pair or user is disabled"):
                self.secure(endpoint, username="app", password=PASSWORD, db=1).set("k", "v")


if __name__ == "__main__":
    unittest.main()
