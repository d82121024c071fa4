const { GlideClusterClient } = require("@valkey/valkey-glide");
const use = require("./use.js");

use(async (host, port) => {
  const client = await GlideClusterClient.createClient({ addresses: [{ host, port }], requestTimeout: 10000 });
  return { set: (k, v) => client.set(k, v), get: (k) => client.get(k), end: () => client.close() };
});
