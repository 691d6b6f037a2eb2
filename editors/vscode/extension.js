// Mos in VS Code: the language server `mos lsp`, and a command that runs the program one edits.
"use strict";

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

function program() {
  return vscode.workspace.getConfiguration("mos").get("path", "mos");
}

async function start() {
  const server = { command: program(), args: ["lsp"] };
  client = new LanguageClient("mos", "Mos", server, { documentSelector: [{ language: "mos" }] });
  try {
    await client.start();
  } catch (error) {
    const choice = await vscode.window.showErrorMessage(
      `Mos: ${server.command} lsp does not start: ${error.message}`, "Settings");
    if (choice) await vscode.commands.executeCommand("workbench.action.openSettings", "mos.path");
  }
}

async function stop() {
  const old = client;
  client = undefined;
  if (old && old.needsStop()) await old.stop();
}

async function restart() {
  await stop();
  await start();
}

async function run() {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return;
  await editor.document.save();
  // A task's arguments are quoted as its shell wants them.
  const task = new vscode.Task(
    { type: "shell" }, vscode.TaskScope.Workspace, "run", "mos",
    new vscode.ShellExecution(program(), [editor.document.fileName]));
  await vscode.tasks.executeTask(task);
}

async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("mos.run", run),
    vscode.commands.registerCommand("mos.restart", restart),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("mos.path")) return restart();
    }));
  await start();
}

module.exports = { activate, deactivate: stop };
