// Writes keys of all slots through a client of a Redis Cluster, and reads them: node CLIENT.js HOST PORT
const assert = require("assert");

const KEYS = 50;

module.exports = async (connect) => {
  const [host, port] = process.argv.slice(2);
  const client = await connect(host, Number(port));
  for (let i = 0; i < KEYS; i++) await client.set(`key-${i}`, `${i}`);
  for (let i = 0; i < KEYS; i++) assert.equal(await client.get(`key-${i}`), `${i}`);
  await client.end();
  console.log("served");
};
