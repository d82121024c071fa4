// Stops what start.js has started, and shows its log.
const fs = require("node:fs");
const path = require("node:path");

const pid = Number(process.env.STATE_pid);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// One that has ended lives no more, though nobody may have asked for its status: a container's first process often does not.
function lives() {
  try {
    return fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop()[0] !== "Z";
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
