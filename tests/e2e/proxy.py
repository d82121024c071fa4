"""A proxy in the test's own process: forwards to the server under test and checks every answer against the API model.

The target may change (a server that was started again has another port), so clients of the proxy outlive the server.
"""
import http.client
import http.server
import threading
import urllib.parse


class Proxy:
    def __init__(self, contract):
        self.contract, self.target, self.violations, self.answers = contract, None, [], 0
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                try:
                    status, headers, answer = proxy.pass_on(self.command, self.path, self.headers, body)
                except (OSError, http.client.HTTPException) as e:
                    proxy.close(self, e)
                    return
                self.send_response_only(status)
                for name, value in headers:
                    if name.lower() not in ("connection", "transfer-encoding", "content-length", "keep-alive"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = forward

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, daemon=True, kwargs={"poll_interval": 0.05}).start()

    def pass_on(self, method, path, headers, body):
        """One exchange with the server: (status, headers, body)."""
        connection = http.client.HTTPConnection(self.target, timeout=60)
        try:
            passed = {k: v for k, v in headers.items() if k.lower() not in ("connection", "host", "expect")}
            connection.request(method, path, body=body or None, headers=passed)
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        if method in ("GET", "POST") and answer.status != 413:
            self.look(path, body, answer.status, answer.getheader("Content-Type"), data)
        return answer.status, answer.getheaders(), data

    def look(self, path, body, status, content_type, data):
        url = urllib.parse.urlsplit(path)
        if url.path != "/":
            return
        fields = urllib.parse.parse_qs(url.query) | urllib.parse.parse_qs(body.decode("utf-8", "replace"))
        action = fields.get("Action", [""])[0]
        self.answers += 1
        self.violations += ["%s, answer %d: %s" % (action or "(no action)", status, v)
                            for v in self.contract.check(action, status, content_type, data)]

    @staticmethod
    def close(handler, error):
        """The server went away in the middle: so does the client's connection."""
        handler.close_connection = True
        handler.log_message("%s", error)

    def take_violations(self):
        taken, self.violations = self.violations, []
        return taken

    def stop(self):
        self.http.shutdown()
        self.http.server_close()
