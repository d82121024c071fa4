"""The snippets of docs/ci.md by their names; and programs around those for Testcontainers, with stand-ins for the libraries: they have the
names and the types that the snippets use, and print what they are asked for."""
import os
import re

with open(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "docs/ci.md"), encoding="utf-8") as page:
    PAGE = page.read()
SNIPPETS = dict(re.findall(r"<!-- snippet: (\S+) -->\n```\w*\n(.*?)```", PAGE, re.DOTALL))

JAVA = """
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

class Snippet {
    public static void main(String[] arguments) {
%s
        System.out.println(endpoint);
    }
}

class HttpWaitStrategy {
    HttpWaitStrategy forPort(int port) { System.out.println("port " + port); return this; }
}

class Wait {
    static HttpWaitStrategy forHttp(String path) { System.out.println("wait " + path); return new HttpWaitStrategy(); }
}

class GenericContainer<SELF extends GenericContainer<SELF>> {
    GenericContainer(String image) { System.out.println("image " + image); }
    @SuppressWarnings("unchecked") SELF self() { return (SELF) this; }
    SELF withEnv(String name, String value) { System.out.println("env " + name + "=" + value); return self(); }
    SELF withExposedPorts(Integer... ports) { System.out.println("exposed " + Arrays.toString(ports)); return self(); }
    SELF waitingFor(HttpWaitStrategy strategy) { return self(); }
    void setPortBindings(List<String> bindings) { System.out.println("bound " + String.join(" ", bindings)); }
    void start() { System.out.println("start"); }
    Integer getMappedPort(int port) { return port; }
}
"""

GO = """package main

import (
	"context"
	"fmt"
	"testcontainers"
	"wait"
)

func start(ctx context.Context) error {
%s
	if err != nil {
		return err
	}
	fmt.Println(meridian.Request.Image, meridian.Request.Env, meridian.Request.ExposedPorts, meridian.Request.WaitingFor, meridian.Started)
	return nil
}

func main() {
	if err := start(context.Background()); err != nil {
		panic(err)
	}
}
"""
GO_LIBRARIES = {
    "src/wait/wait.go": """package wait

type Strategy interface{ Ready() bool }
type HTTPStrategy struct{ Path, Port string }

func ForHTTP(path string) *HTTPStrategy                 { return &HTTPStrategy{Path: path} }
func (s *HTTPStrategy) WithPort(port string) *HTTPStrategy { s.Port = port; return s }
func (s *HTTPStrategy) Ready() bool                        { return true }
func (s *HTTPStrategy) String() string                     { return s.Path + " at " + s.Port }
""",
    "src/testcontainers/testcontainers.go": """package testcontainers

import (
	"context"
	"wait"
)

type ContainerRequest struct {
	Image        string
	Env          map[string]string
	ExposedPorts []string
	WaitingFor   wait.Strategy
}
type GenericContainerRequest struct {
	ContainerRequest
	Started bool
}
type Container struct {
	Request ContainerRequest
	Started bool
}

func GenericContainer(ctx context.Context, r GenericContainerRequest) (*Container, error) {
	return &Container{r.ContainerRequest, r.Started}, nil
}
""",
}
PORTS = range(6379, 6390)
JAVA_SAYS = ["image meridian", "env MERIDIAN_PORT_RANGE=6379-6389", "exposed [4566]", "wait /_meridian/health", "port 4566",
             "bound " + " ".join("%d:%d" % (p, p) for p in PORTS), "start", "http://localhost:4566"]
GO_SAYS = "meridian map[MERIDIAN_PORT_RANGE:6379-6389] [4566/tcp %s] /_meridian/health at 4566/tcp true" % " ".join("%d:%d" % (p, p) for p in PORTS)
