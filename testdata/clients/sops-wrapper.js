// The npm package sops-wrapper, which takes any word on standard error for a failure.
const { decryptSops, execSops } = require(`${process.env.CLIENTS}/npm/node_modules/sops-wrapper`);
const { writeFileSync } = require("fs");

const recipient = process.env.RECIPIENTS.split(",")[0];
console.log(JSON.stringify(decryptSops("s.yaml")));
console.log(JSON.stringify(decryptSops("s.json")));
console.log(execSops(["--decrypt", "--extract", '["db"]["password"]', "s.yaml"]));
console.log(/^sops \d+\.\d+\.\d+/.test(execSops(["--version"])));
writeFileSync("made.json", execSops(["--encrypt", "--age", recipient, "p.json"]));
try {
  decryptSops("b.yaml");
} catch (error) {
  console.log("b.yaml: refused with", error.exitCode);
}
