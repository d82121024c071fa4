const { Cluster } = require("iovalkey");
const use = require("./use.js");

use(async (host, port) => {
  const client = new Cluster([{ host, port }]);
  return { set: (k, v) => client.set(k, v), get: (k) => client.get(k), end: () => client.quit() };
});
