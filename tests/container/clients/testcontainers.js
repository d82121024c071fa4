// Starts the image as test suites do, and uses it: with the module for LocalStack as it is, and with the snippet of docs/ci.md.
const assert = require("assert");
const { LocalstackContainer } = require("@testcontainers/localstack");
const Redis = require("ioredis");
const { startMeridian } = require(process.argv[2]);

async function use(endpoint) {
  const ask = async (parameters) => {
    const answer = await fetch(`${endpoint}/?${new URLSearchParams({ Version: "2015-02-02", ...parameters })}`);
    return [answer.status, await answer.text()];
  };
  const [status] = await ask({ Action: "CreateCacheCluster", CacheClusterId: "c", Engine: "redis", CacheNodeType: "cache.r6g.large", NumCacheNodes: 1 });
  assert.equal(status, 200);
  let shown;
  do [, shown] = await ask({ Action: "DescribeCacheClusters", CacheClusterId: "c", ShowCacheNodeInfo: true });
  while (!shown.includes("<CacheClusterStatus>available<"));
  const [, host, port] = /<Address>([^<]*)<\/Address>\s*<Port>(\d+)</.exec(shown);
  const client = new Redis(Number(port), host);
  assert.equal(await client.set("key", "value"), "OK");
  await client.quit();
}

async function main() {
  const nodes = Array.from({ length: 11 }, (_, i) => ({ container: 6379 + i, host: 6379 + i }));
  const localstack = await new LocalstackContainer("meridian").withExposedPorts(4566, ...nodes).start();
  const health = await (await fetch(localstack.getConnectionUri() + "/_localstack/health")).json();
  assert.equal(health.services.elasticache, "running");
  await use(localstack.getConnectionUri());
  await localstack.stop();
  const { meridian, endpoint } = await startMeridian();
  await use(endpoint);
  await meridian.stop();
  console.log("served");
}

main();
