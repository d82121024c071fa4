// Asks a server by the AWS SDK for JavaScript: sdk.mjs FOLDER URL FAULTS. FOLDER has node_modules; FAULTS is JSON: [[operation, input, code]].
// Each fault is asked for before its call at the administration API, whose token stands in MERIDIAN_TOKEN.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const [folder, endpoint, faults] = process.argv.slice(2);
const sdk = createRequire(folder + "/")("@aws-sdk/client-elasticache");
const client = new sdk.ElastiCacheClient({ endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
const ask = (operation, input) => client.send(new sdk[operation + "Command"](input));
const waiting = { client, minDelay: 0.05, maxDelay: 0.2, maxWaitTime: 120 };

async function refusal(operation, input) {
  try {
    await ask(operation, input);
  } catch (e) {
    return e;
  }
  assert.fail(operation + " is not refused");
}

async function values() {
  const { ReplicationGroup: made } = await ask("CreateReplicationGroup", {
    ReplicationGroupId: "js", ReplicationGroupDescription: "d", CacheNodeType: "cache.r7g.large", NumCacheClusters: 2, AutomaticFailoverEnabled: true,
    Tags: [{ Key: "k", Value: "v" }], LogDeliveryConfigurations: [{ LogType: "slow-log", DestinationType: "cloudwatch-logs",
      DestinationDetails: { CloudWatchLogsDetails: { LogGroup: "l" } }, LogFormat: "json" }],
  });
  assert.equal(made.Status, "creating");
  await sdk.waitUntilReplicationGroupAvailable(waiting, { ReplicationGroupId: "js" });
  const { ReplicationGroups: [shown] } = await ask("DescribeReplicationGroups", { ReplicationGroupId: "js" });
  assert.equal(shown.AutomaticFailover, "enabled");
  assert.equal(shown.ClusterEnabled, false);
  assert.ok(shown.ReplicationGroupCreateTime instanceof Date);
  assert.equal(typeof shown.NodeGroups[0].PrimaryEndpoint.Port, "number");
  assert.deepEqual(shown.MemberClusters, ["js-001", "js-002"]);
  assert.equal(shown.LogDeliveryConfigurations[0].DestinationDetails.CloudWatchLogsDetails.LogGroup, "l");
  const { TagList } = await ask("ListTagsForResource", { ResourceName: shown.ARN });
  assert.deepEqual(TagList, [{ Key: "k", Value: "v" }]);
}

async function waiters() {
  await ask("CreateCacheCluster", { CacheClusterId: "js-mem", Engine: "memcached", CacheNodeType: "cache.r7g.large", NumCacheNodes: 1 });
  await sdk.waitUntilCacheClusterAvailable(waiting, { CacheClusterId: "js-mem" });
  await ask("DeleteCacheCluster", { CacheClusterId: "js-mem" });
  await sdk.waitUntilCacheClusterDeleted(waiting, { CacheClusterId: "js-mem" });
  await ask("DeleteReplicationGroup", { ReplicationGroupId: "js" });
  await sdk.waitUntilReplicationGroupDeleted(waiting, { ReplicationGroupId: "js" });
}

async function paginators() {
  const inputs = { DescribeCacheParameters: { CacheParameterGroupName: "default.redis7" }, DescribeEngineDefaultParameters: { CacheParameterGroupFamily: "redis7" } };
  const names = Object.keys(sdk).filter((name) => name.startsWith("paginateDescribe") && !name.includes("SecurityGroups"));
  for (const name of names) {
    const items = [];
    for await (const page of sdk[name]({ client, pageSize: 20 }, inputs[name.replace("paginate", "")] ?? {}))
      items.push(...(Object.values(page).find(Array.isArray) ?? []).map((item) => JSON.stringify(item)));
    assert.equal(new Set(items).size, items.length, name + " lists something twice");
  }
  return names.length;
}

async function classes() {
  const unknown = [];
  for (const [operation, input, code] of JSON.parse(faults)) {
    const asked = await fetch(`${endpoint}/_meridian/refusals/${operation}?code=${code}`, { method: "PUT", headers: { Authorization: "Bearer " + process.env.MERIDIAN_TOKEN } });
    assert.ok(asked.ok, await asked.text());
    const e = await refusal(operation, input);
    if (!(e instanceof sdk.ElastiCacheServiceException) || e.constructor === sdk.ElastiCacheServiceException) unknown.push(`${operation} ${code}: ${e.name}`);
  }
  assert.deepEqual(unknown, []);
}

await values();
assert.ok((await refusal("CreateReplicationGroup", { ReplicationGroupId: "js", ReplicationGroupDescription: "d", CacheNodeType: "cache.r7g.large" }))
  instanceof sdk.ReplicationGroupAlreadyExistsFault);
await waiters();
const n = await paginators();
await classes();
console.log(`4 waiters, ${n} paginators, ${JSON.parse(faults).length} faults`);
