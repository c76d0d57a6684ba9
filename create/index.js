#!/usr/bin/env node
import {spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';

// `npm create switcharoo [folder]` is `switcharoo init [folder]`.
const program = new URL('../../bin/switcharoo.js', import.meta.resolve('switcharoo'));
const words = [fileURLToPath(program), 'init', ...process.argv.slice(2)];
process.exitCode = spawnSync(process.execPath, words, {stdio: 'inherit'}).status ?? 1;
