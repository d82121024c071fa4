// Stops what start.js has started, and shows its log.
const fs = require("node:fs");
const path = require("node:path");

const pid = Number(process.env.STATE_pid);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function lives() {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function main() {
  if (pid && lives()) process.kill(pid, "SIGTERM");
  while (pid && lives()) await pause(50);
  console.log("::group::Meridian's log");
  console.log(fs.readFileSync(path.join(process.env.RUNNER_TEMP, "meridian.log"), "utf8"));
  console.log("::endgroup::");
}

main();
