const { createCluster } = require("redis");
const use = require("./use.js");

use(async (host, port) => {
  const client = createCluster({ rootNodes: [{ url: `redis://${host}:${port}` }] });
  await client.connect();
  return { set: (k, v) => client.set(k, v), get: (k) => client.get(k), end: () => client.close() };
});
