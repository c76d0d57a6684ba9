#!/usr/bin/env node
'use strict';

// An old Node must be able to read this file, so that a sentence can be printed and not a stack trace: nothing in here
// is newer than Node 0.12.
var needed = '20.19';

function isOlder(version) {
  var is = version.split('.').map(Number);
  var least = needed.split('.').map(Number);
  return is[0] < least[0] || (is[0] === least[0] && is[1] < least[1]);
}

function nodeTooOld(version, path) {
  return {
    code: 'node-too-old',
    message:
      'switcharoo needs Node ' + needed + ' or newer; this is ' + version + ', at ' + path + '.',
    hint: 'Nothing has been changed. Install a newer Node (https://nodejs.org/en/download; with nvm: nvm install 22), then start again.',
  };
}

function refuse(problem) {
  var lines = ['✗ ' + problem.message, '  next     ' + problem.hint, '  code     ' + problem.code];
  console.error(lines.join('\n'));
  if (process.argv.indexOf('--json') !== -1) {
    console.log(JSON.stringify({problems: [problem], applied: [], next: []}));
  }
  process.exitCode = 2;
}

if (isOlder(process.versions.node)) {
  refuse(nodeTooOld(process.versions.node, process.execPath));
} else {
  require('./load.cjs');
}
