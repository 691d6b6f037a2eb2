// What the extension of VS Code does, with stand-ins for the editor and for the client of the language server, and what its
// configuration takes for a word and for an indented line.
"use strict";

const assert = require("node:assert");
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");

const log = [];
const commands = {};
let fails = false;

class LanguageClient {
  constructor(id, name, server, options) {
    this.server = server;
    assert.deepStrictEqual(options.documentSelector, [{ language: "mos" }]);
  }
  async start() {
    log.push(["start", this.server.command, ...this.server.args]);
    if (fails) throw new Error("ENOENT");
  }
  needsStop() { return true; }
  async stop() { log.push(["stop"]); }
}

const vscode = {
  workspace: {
    getConfiguration: () => ({ get: () => "/opt/mos" }),
    onDidChangeConfiguration: () => ({}),
  },
  window: {
    activeTextEditor: { document: { fileName: "/tmp/a b.mos", save: async () => log.push(["save"]) } },
    showErrorMessage: async (text) => { log.push([text]); },
  },
  commands: { registerCommand: (name, body) => { commands[name] = body; } },
  tasks: { executeTask: async (task) => log.push([task.execution.command, ...task.execution.args]) },
  TaskScope: { Workspace: 1 },
  Task: class { constructor(kind, scope, name, source, execution) { this.execution = execution; } },
  ShellExecution: class { constructor(command, args) { Object.assign(this, { command, args }); } },
};

const load = Module._load;
Module._load = (name, ...rest) =>
  ({ vscode, "vscode-languageclient/node": { LanguageClient } })[name] ?? load(name, ...rest);

// As VS Code makes regular expressions: a text has no flags, so that `\p{L}` in one is five characters.
function expression(value) {
  return typeof value === "string" ? new RegExp(value) : new RegExp(value.pattern, value.flags);
}

function checkConfiguration(folder) {
  const configuration = JSON.parse(fs.readFileSync(path.join(folder, "language-configuration.json")));
  const word = expression(configuration.wordPattern);
  const words = [..."let données_2 = 𝑛.sum(1_000.5e-3) + e\u0301t".matchAll(new RegExp(word.source, `g${word.flags}`))];
  assert.deepStrictEqual(
    words.map((found) => found[0]), ["let", "données_2", "𝑛", "sum", "1_000.5e-3", "e\u0301t"]);
  const { increaseIndentPattern, decreaseIndentPattern } = configuration.indentationRules;
  assert(expression(increaseIndentPattern).test("fn f(x) {  # why"));
  assert(!expression(increaseIndentPattern).test("f(x)"));
  assert(expression(decreaseIndentPattern).test("    } else {"));
  for (const rule of configuration.onEnterRules) expression(rule.beforeText);
  Object.values(configuration.folding.markers).forEach(expression);
}

(async () => {
  checkConfiguration(process.argv[2]);
  const extension = require(path.join(process.argv[2], "extension.js"));
  await extension.activate({ subscriptions: [] });
  const manifest = require(path.join(process.argv[2], "package.json"));
  assert.deepStrictEqual(
    Object.keys(commands).sort(), manifest.contributes.commands.map((item) => item.command).sort());
  await commands["mos.run"]();
  await commands["mos.restart"]();
  await extension.deactivate();
  fails = true;
  await extension.activate({ subscriptions: [] });
  assert.deepStrictEqual(log, [
    ["start", "/opt/mos", "lsp"], ["save"], ["/opt/mos", "/tmp/a b.mos"], ["stop"], ["start", "/opt/mos", "lsp"],
    ["stop"], ["start", "/opt/mos", "lsp"], ["Mos: /opt/mos lsp does not start: ENOENT"],
  ]);
})();
