#!/usr/bin/env node
import {spawnSync} from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {dirname, join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const labDist = join(root, 'lab', 'dist');
const stamp = join(dist, '.built');
const bundler = fileURLToPath(new URL('bundle.mjs', import.meta.url));
const folders = ['src', 'steps', 'lab'];

const lock = join(root, 'dist-lock');

/**
 * Compiles the checkout into dist/ and lab/dist/ when a source is newer than the compiled files. One process does it;
 * those that start meanwhile wait for it.
 */
export function buildIfStale() {
  while (isStale()) {
    if (takeLock()) {
      build();
      rmSync(lock, {force: true});
      return;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
}

const isStale = () =>
  !(existsSync(stamp) && existsSync(labDist) && statSync(stamp).mtimeMs >= newestMs());

function takeLock() {
  try {
    writeFileSync(lock, String(process.pid), {flag: 'wx'});
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') {
      throw error;
    }
    if (!isHeld()) {
      rmSync(lock, {force: true});
    }
    return false;
  }
}

/** By a process that lives. One that has only just made the file has not written its number yet. */
function isHeld() {
  try {
    const holder = Number(readFileSync(lock, 'utf8'));
    return holder === 0 ? Date.now() - statSync(lock).mtimeMs < 5_000 : process.kill(holder, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function build() {
  const started = new Date();
  // Built in another folder, then moved file by file: a process that runs meanwhile finds every module it still loads.
  const fresh = join(root, `dist-${process.pid}`);
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = ['-p', join(root, 'tsconfig.build.json'), '--outDir', fresh];
  perform('The sources do not compile', fresh, [tsc, ...args]);
  perform('The compiled modules cannot be put together', fresh, [bundler, fresh]);
  // The lab is a package of its own: what it ships lies below its own folder.
  moveIn(join(fresh, 'lab'), labDist);
  moveIn(fresh, dist);
  // A source saved while the compiler ran is newer than this and is compiled the next time.
  writeFileSync(stamp, '');
  utimesSync(stamp, started, started);
}

function perform(failed, fresh, args) {
  const {status, stdout, stderr} = spawnSync(process.execPath, args, {encoding: 'utf8'});
  if (status !== 0) {
    rmSync(fresh, {recursive: true, force: true});
    process.stderr.write(`${failed}:\n${stdout}${stderr}`);
    process.exit(1);
  }
}

function moveIn(fresh, place) {
  const built = filesIn(fresh);
  for (const file of built) {
    mkdirSync(dirname(join(place, file)), {recursive: true});
    renameSync(join(fresh, file), join(place, file));
  }
  const current = new Set(built);
  for (const file of filesIn(place).filter((each) => !current.has(each))) {
    // A process that runs may still load a chunk of before.
    if (!file.startsWith('chunks') || isOld(join(place, file))) {
      rmSync(join(place, file), {force: true});
    }
  }
  rmSync(fresh, {recursive: true, force: true});
}

const isOld = (path) => Date.now() - statSync(path).mtimeMs > 24 * 3_600_000;

const filesIn = (folder) =>
  readdirSync(folder, {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));

const newestMs = () =>
  Math.max(
    ...folders.map((folder) => newestIn(join(root, folder))),
    ...[join(root, 'tsconfig.build.json'), bundler].map((file) => statSync(file).mtimeMs),
  );

const compiled = new Set(['dist', 'node_modules']);

/**
 * When the newest source below a folder was saved. Every start in a checkout waits for this: a plain walk is the
 * fastest.
 */
function newestIn(folder) {
  let newest = 0;
  for (const entry of readdirSync(folder, {withFileTypes: true})) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory() && !compiled.has(entry.name)) {
      newest = Math.max(newest, newestIn(path));
    } else if (entry.name.endsWith('.ts')) {
      newest = Math.max(newest, statSync(path).mtimeMs);
    }
  }
  return newest;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  buildIfStale();
}
