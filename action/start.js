// Starts serve, waits until it serves and what --init names has run, and tells later steps where.
const { execFileSync, spawn } = require("node:child_process");
const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");

const root = path.dirname(__dirname);
const input = (name) => (process.env["INPUT_" + name.toUpperCase()] || "").trim();
const later = (file, line) => fs.appendFileSync(process.env[file], line + "\n");
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function findProgram() {
  if (input("program")) return input("program");
  execFileSync(path.join(root, "dev"), ["build"], { cwd: root, stdio: "inherit" });
  return path.join(root, "build", "meridian");
}

function get(url) {
  return new Promise((done, failed) => {
    http.get(url, (answer) => {
      let text = "";
      answer.on("data", (part) => (text += part));
      answer.on("end", () => done(JSON.parse(text)));
    }).on("error", failed);
  });
}

async function main() {
  const logPath = path.join(process.env.RUNNER_TEMP, "meridian.log");
  const log = fs.openSync(logPath, "w");
  const flags = ["serve", "--ephemeral", "--listen", "127.0.0.1:" + (input("port") || "4566")];
  if (input("init")) flags.push("--init", input("init"), "--init-strict");
  flags.push(...input("flags").split(" ").filter(Boolean));
  const serve = spawn(findProgram(), flags, { detached: true, stdio: ["ignore", log, log] });
  serve.unref();
  let ended = false;
  serve.on("exit", () => (ended = true));
  serve.on("error", () => (ended = true));
  for (;;) {
    const text = fs.readFileSync(logPath, "utf8");
    const endpoint = (text.match(/ on (http:\/\/\S+) \(data in /) || [])[1];
    if (ended) throw new Error("meridian serve ended:\n" + text);
    const state = endpoint && text.includes("\nReady.\n") ? (await get(endpoint + "/_meridian/init").catch(() => ({}))).state : null;
    if (state === "done") {
      later("GITHUB_STATE", "pid=" + serve.pid);
      later("GITHUB_OUTPUT", "endpoint=" + endpoint);
      later("GITHUB_ENV", "AWS_ENDPOINT_URL_ELASTICACHE=" + endpoint);
      later("GITHUB_ENV", "MERIDIAN_ENDPOINT=" + endpoint);
      const usual = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_DEFAULT_REGION: "us-east-1" };
      for (const [name, value] of Object.entries(usual)) if (!process.env[name]) later("GITHUB_ENV", name + "=" + value);
      return;
    }
    await pause(50);
  }
}

main().then(() => process.exit(0), (why) => {
  console.log("::error::" + why.message.replaceAll("\n", "%0A"));
  process.exit(1);
});
