// Starts `torvync lsp` and connects the editor with it.

const vscode = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

let client;

function start() {
  const command = vscode.workspace.getConfiguration('torvyn').get('path', 'torvync');
  const server = { command, args: ['lsp'] };
  const options = {
    documentSelector: [
      { scheme: 'file', pattern: '**/Torvyn.toml' },
      { scheme: 'file', language: 'wit' },
    ],
  };
  client = new LanguageClient('torvyn', 'Torvyn', server, options);
  return client.start().catch((error) => {
    const message = `\`${command} lsp\` does not start: ${error.message || error}. Set torvyn.path, or install torvync.`;
    vscode.window.showErrorMessage(message);
  });
}

async function restart() {
  await deactivate();
  await start();
}

function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand('torvyn.restart', restart),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('torvyn.path')) {
        restart();
      }
    }),
  );
  return start();
}

async function deactivate() {
  const running = client;
  client = undefined;
  if (running && running.needsStop()) {
    await running.stop();
  }
}

module.exports = { activate, deactivate };
