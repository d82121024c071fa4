"""A serve without an opinion: hands out the assignments a test gives it, and keeps what the agents report."""
import http.server
import json
import os
import socketserver
import threading
import urllib.parse

POLL_S = 20


class Region:
    def __init__(self):
        self.version, self.assignment = 0, None
        self.sighting, self.reports = None, 0


class FakeServe:
    """Listens at a socket in its folder from start() to stop(), may be started again, and remembers everything in between."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "agents.sock")
        self.regions, self.changed, self.server = {}, threading.Condition(), None
        self.listeners = []  # each is called with every sighting, whole

    def start(self):
        if os.path.lexists(self.path):
            os.unlink(self.path)
        self.server = Server(self.path, Handler)
        self.server.fake = self
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self):
        server, self.server = self.server, None
        server.stopping = True
        with self.changed:
            self.changed.notify_all()
        server.shutdown()
        server.close_all()
        server.server_close()

    def region(self, name):
        return self.regions.setdefault(name, Region())

    def assign(self, name, nodes, links=(), **more):
        """The next version of a region's assignment."""
        with self.changed:
            r = self.region(name)
            r.version += 1
            r.assignment = {"version": r.version, "region": name, "nodes": nodes, "links": list(links), **more}
            self.changed.notify_all()
            return r.version

    def wait_assignment(self, name, after, server):
        with self.changed:
            self.changed.wait_for(lambda: server.stopping or self.region(name).version > after, POLL_S)
            r = self.region(name)
            return r.assignment if r.version > after and not server.stopping else None

    def store(self, sighting):
        """Takes a sighting; False for a difference from another one than came last."""
        with self.changed:
            r = self.region(sighting["region"])
            last = r.sighting or {}
            if "since" in sighting:
                if (last.get("numbering"), last.get("number")) != (sighting["numbering"], sighting["since"]):
                    return False
                sighting = whole(last, sighting)
            for listener in self.listeners:
                listener(sighting)
            r.sighting = sighting
            r.reports += 1
            self.changed.notify_all()
            return True

    def wait(self, name, condition, timeout=10.0):
        """The first sighting of the region for which the condition holds; an AssertionError with the last one otherwise."""
        def holds():
            s = self.region(name).sighting
            return s is not None and condition(s)
        with self.changed:
            if not self.changed.wait_for(holds, timeout):
                raise AssertionError("not seen in %.1f s; last: %s" % (timeout, json.dumps(self.region(name).sighting, indent=1)))
            return self.region(name).sighting


def whole(last, difference):
    """The sighting that a difference makes of the last one."""
    gone = difference.get("gone", {})
    lists = {"nodes": "id", "links": "id", "snapshots": "id", "stuck": "group"}
    result = {name: value for name, value in difference.items() if name not in lists and name not in ("since", "gone")}
    for name, key in lists.items():
        if name not in last and name not in difference:
            continue
        items = {item[key]: item for item in last.get(name, []) + difference.get(name, [])}
        result[name] = [item for item in items.values() if item[key] not in gone.get(name, [])]
    return result


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    request_queue_size = 128
    daemon_threads = True
    stopping = False

    def __init__(self, *args):
        self.open = set()
        super().__init__(*args)

    def handle_error(self, request, client_address):
        pass  # an agent that was killed while it waited for an answer

    def close_all(self):
        for connection in list(self.open):
            try:
                connection.shutdown(2)
            except OSError:
                pass


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.server.open.add(self.connection)

    def finish(self):
        self.server.open.discard(self.connection)
        try:
            super().finish()
        except OSError:
            pass

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        found = self.server.fake.wait_assignment(query["region"], int(query["after"]), self.server)
        if found:
            self.answer(200, json.dumps(found).encode())
        else:
            self.answer(204)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200 if self.server.fake.store(json.loads(body)) else 409, b"{}")

    def log_message(self, *args):
        pass
