import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {parseArgs} from 'node:util';
import {gzipSync} from 'node:zlib';
import {buildFrom, pairOf} from './containerfile.ts';
import {digestOf} from './store.ts';
import {tarOf} from './tar.ts';

// Builds images and pushes them, with the words of buildah, on a machine that has neither docker nor buildah.
// The images are real ones, of the OCI's format; what it cannot do is run commands while it builds.

interface Blob {
  readonly digest: string;
  readonly mediaType: string;
  readonly size: number;
}

const oci = 'application/vnd.oci.image';

const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    root: {type: 'string', default: '.'},
    authfile: {type: 'string', default: ''},
    'tls-verify': {type: 'string', default: 'true'},
    username: {type: 'string', default: ''},
    'password-stdin': {type: 'boolean', default: false},
    file: {type: 'string', default: 'Containerfile'},
    tag: {type: 'string', default: ''},
    platform: {type: 'string', default: 'linux/amd64'},
    label: {type: 'string', multiple: true, default: []},
    digestfile: {type: 'string', default: ''},
    'build-arg': {type: 'string', multiple: true, default: []},
    version: {type: 'boolean', default: false},
  },
});
const [command, ...args] = positionals;

try {
  switch (values.version ? 'version' : command) {
    case 'version':
      process.stdout.write('lab builder\n');
      break;
    case 'login':
      await login(args[0] ?? '');
      break;
    case 'build':
      build(args[0] ?? '.');
      break;
    case 'push':
      await push(args[0] ?? '');
      break;
    default:
      throw new Error(`this builder has no command ${command}`);
  }
} catch (error) {
  process.stderr.write(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function login(host: string): Promise<void> {
  const password = readFileSync(0, 'utf8').trim();
  const auth = Buffer.from(`${values.username}:${password}`).toString('base64');
  const answer = await fetch(`${schemeOf()}://${host}/v2/`, {headers: basic(auth)});
  if (!answer.ok) {
    throw new Error(`logging into "${host}": ${answer.status} ${await answer.text()}`);
  }
  writeFileSync(values.authfile, JSON.stringify({auths: {[host]: {auth}}}), {mode: 0o600});
}

/** The manifest is kept under the tag, and everything else by its digest. */
function build(context: string): void {
  const {layers, config} = buildFrom(readFileSync(values.file, 'utf8'), context);
  const tars = layers.map(tarOf);
  const [os = 'linux', architecture = 'amd64'] = values.platform.split('/');
  const labels = Object.assign({}, config.Labels, ...values.label.map(pairOf));
  const image = {
    architecture,
    os,
    config: {...config, Labels: labels},
    rootfs: {type: 'layers', diff_ids: tars.map(digestOf)},
    history: tars.map(() => ({created_by: 'COPY'})),
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: `${oci}.manifest.v1+json`,
    config: kept(Buffer.from(JSON.stringify(image)), `${oci}.config.v1+json`),
    layers: tars.map((tar) => kept(gzipSync(tar), `${oci}.layer.v1.tar+gzip`)),
  };
  const path = manifestFile(values.tag);
  mkdirSync(dirname(path), {recursive: true});
  writeFileSync(path, JSON.stringify(manifest));
  process.stdout.write(`${digestOf(readFileSync(path))}\n`);
}

function kept(bytes: Uint8Array, mediaType: string): Blob {
  const digest = digestOf(bytes);
  mkdirSync(values.root, {recursive: true});
  writeFileSync(join(values.root, digest), bytes);
  return {digest, mediaType, size: bytes.length};
}

async function push(name: string): Promise<void> {
  const [, host = '', repository = '', tag = ''] = /^([^/]+)\/(.+):([^:/]+)$/.exec(name) ?? [];
  const bytes = readFileSync(manifestFile(name));
  const manifest = JSON.parse(bytes.toString()) as {config: Blob; layers: readonly Blob[]};
  const {auths} = JSON.parse(readFileSync(values.authfile, 'utf8')) as {
    auths: Record<string, {auth: string}>;
  };
  const base = `${schemeOf()}://${host}/v2/${repository}`;
  const headers = basic(auths[host]?.auth ?? '');
  for (const {digest} of [...manifest.layers, manifest.config]) {
    await pushBlob(base, digest, headers);
  }
  await ask(`${base}/manifests/${tag}`, {
    method: 'PUT',
    headers: {...headers, 'content-type': `${oci}.manifest.v1+json`},
    body: bytes,
  });
  if (values.digestfile !== '') {
    writeFileSync(values.digestfile, digestOf(bytes));
  }
}

async function pushBlob(base: string, digest: string, headers: Record<string, string>) {
  const there = await fetch(`${base}/blobs/${digest}`, {method: 'HEAD', headers});
  if (there.ok) {
    return;
  }
  const started = await ask(`${base}/blobs/uploads/`, {method: 'POST', headers});
  const location = new URL(started.headers.get('location') ?? '', base);
  location.searchParams.set('digest', digest);
  await ask(location.href, {method: 'PUT', headers, body: readFileSync(join(values.root, digest))});
}

async function ask(url: string, request: RequestInit): Promise<Response> {
  const answer = await fetch(url, request);
  if (!answer.ok) {
    throw new Error(`${request.method} ${url}: ${answer.status} ${await answer.text()}`);
  }
  return answer;
}

function schemeOf(): string {
  return values['tls-verify'] === 'false' ? 'http' : 'https';
}

function basic(auth: string): Record<string, string> {
  return {authorization: `Basic ${auth}`};
}

function manifestFile(name: string): string {
  return join(values.root, 'tags', encodeURIComponent(name));
}
