"""Small clusters of real engines that load the attach module, without agents: each region is a cluster of its own; a wire stands between two."""
import os
import shutil
import socket
import subprocess
import sys
import threading

import redis

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), os.path.join(os.path.dirname(HERE), "agent")]
import waiting  # noqa: E402
from field import BLOCK  # noqa: E402

MODULE = os.path.abspath(os.environ.get("ATTACH_MODULE") or os.path.join(HERE, "..", "..", "build-test", "src", "attach", "attach.so"))
PORT = 6379
SLOTS = 16384
SETTINGS = ("save \"\"\nappendonly no\ncluster-enabled yes\ncluster-node-timeout 1000\ncluster-replica-validity-factor 0\nrepl-diskless-sync-delay 0\n"
            "repl-ping-replica-period 1\nrepl-timeout 15\nrepl-backlog-size 16mb\nenable-debug-command yes\nprotected-mode no\n"
            "cluster-replica-no-failover yes\nrdbcompression no\nrepl-diskless-load on-empty-db\nshutdown-timeout 0\n")


def wait_for(condition, what, deadline=20):
    return waiting.wait_for(condition, what, deadline, 0.005)


class Engine:
    """One process. It keeps its folder, and can be started again."""
    def __init__(self, folder, host, program):
        self.folder, self.host, self.program = os.path.join(folder, host), host, program
        self.process = None
        self.settings = SETTINGS
        os.makedirs(self.folder)

    def start(self, upstream="", module=MODULE):
        with open(os.path.join(self.folder, "engine.conf"), "w") as f:
            f.write(self.settings + "bind %s\nbind-source-addr %s\nport %d\ndir %s\n" % (self.host, self.host, PORT, self.folder))
            if module:
                f.write('loadmodule %s\nmeridian.upstream "%s"\n' % (module, upstream))
        with open(os.path.join(self.folder, "log"), "a") as log:
            self.process = subprocess.Popen([self.program, "engine.conf"], cwd=self.folder, stdout=log, stderr=log)
        wait_for(self.answers, "%s answers (log in %s)" % (self.host, self.folder))
        return self

    def answers(self):
        assert self.process.poll() is None, self.log()
        try:
            return self.client.ping()
        except redis.exceptions.BusyLoadingError:
            return True
        except redis.exceptions.ConnectionError:
            return False

    def log(self):
        with open(os.path.join(self.folder, "log")) as f:
            return f.read()

    @property
    def client(self):
        return redis.Redis(host=self.host, port=PORT, decode_responses=True, socket_timeout=10)

    def ask(self, *words):
        return self.client.execute_command(*words)

    def info(self, section="replication"):
        return self.client.info(section)

    def follow(self, upstream):
        self.client.config_set("meridian.upstream", upstream)

    def attached(self):
        return self.client.config_get("meridian.attached")["meridian.attached"]

    def linked(self):
        return self.info().get("master_link_status") == "up"

    def kill(self):
        self.process.kill()
        self.process.wait()


class Region:
    """Shards with one replica each, or none; every slot is served once it is formed."""
    def __init__(self, folder, octet, shards=2, replicas=1, program="redis-server"):
        self.engines = [Engine(folder, "127.%d.%d.%d" % (BLOCK, octet, 1 + i), program) for i in range(shards * (1 + replicas))]
        self.primaries, self.replicas = self.engines[:shards], self.engines[shards:]
        self.shards = shards

    def begin(self):
        """Starts the engines, and makes them known to each other."""
        for e in self.engines:
            e.start()
        for i, e in enumerate(self.primaries):
            e.ask("CLUSTER", "ADDSLOTSRANGE", i * SLOTS // self.shards, (i + 1) * SLOTS // self.shards - 1)
            e.ask("CLUSTER", "SET-CONFIG-EPOCH", i + 1)
        for e in self.engines:
            for other in self.engines:
                e.ask("CLUSTER", "MEET", other.host, PORT)

    def form(self):
        """To be called after begin(): the region serves all slots, and its replicas follow."""
        for i, replica in enumerate(self.replicas):
            name = self.primaries[i].ask("CLUSTER", "MYID")
            wait_for(lambda: self._replicates(replica, name), "%s follows its primary" % replica.host)
        wait_for(self.is_sound, "the region serves all slots")

    @staticmethod
    def _replicates(replica, name):
        try:
            return replica.ask("CLUSTER", "REPLICATE", name)
        except redis.exceptions.ResponseError:
            return False

    def is_sound(self):
        return all(e.client.cluster("INFO")["cluster_state"] == "ok" for e in self.engines) and all(r.linked() for r in self.replicas)

    def end(self):
        for e in self.engines:
            if e.process and e.process.poll() is None:
                e.kill()


class Wire:
    """Carries connections to an address, until it is cut."""
    def __init__(self, host, target):
        self.server, self.target, self.open, self.up = socket.create_server((host, PORT)), target, [], True
        self.address = "%s %d" % (host, PORT)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            try:
                if not self.up:
                    raise OSError("cut")
                other = socket.create_connection(self.target)
            except OSError:
                client.close()
                continue
            self.open += [client, other]
            for a, b in ((client, other), (other, client)):
                threading.Thread(target=self._carry, args=(a, b), daemon=True).start()

    @staticmethod
    def _carry(a, b):
        try:
            while True:
                data = a.recv(1 << 16)
                if not data:
                    break
                b.sendall(data)
        except OSError:
            pass
        try:
            b.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        a.close()

    def cut(self):
        self.up = False
        for s in self.open:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.open = []

    def heal(self):
        self.up = True

    def close(self):
        self.cut()
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()


def program_of(engine):
    return shutil.which(os.environ.get("ENGINE_" + engine.upper(), engine + "-server"))
