import {randomUUID} from 'node:crypto';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {
  blobSignature,
  digestOf,
  manifestAt,
  putManifest,
  type RegistryStore,
  type Repository,
} from './store.ts';

export interface Registry {
  /** `127.0.0.1:5000`: what image names begin with. */
  readonly host: string;
  stop(): Promise<void>;
}

interface Call {
  readonly method: string;
  readonly repository: Repository;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: Uint8Array;
}

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | object;
}

/** The HTTP API V2 of the store, on loopback and without TLS, for docker, buildah and other clients that push. */
export async function startRegistry(store: RegistryStore): Promise<Registry> {
  const uploads = new Map<string, Uint8Array>();
  const server = createServer((request, response) => {
    void answered(request, store, uploads)
      .catch((error: unknown) => problem(500, 'UNKNOWN', String(error)))
      .then((reply) => send(response, reply));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo; // a TCP server that listens has one
  return {
    host: `127.0.0.1:${port}`,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answered(
  request: IncomingMessage,
  store: RegistryStore,
  uploads: Map<string, Uint8Array>,
): Promise<Reply> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  if (!isAuthorised(request, store) && !isSigned(request, store)) {
    return {
      ...problem(401, 'UNAUTHORIZED', 'no basic auth credentials'),
      headers: {'www-authenticate': 'Basic realm="https://ecr.lab/",service="ecr.amazonaws.com"'},
    };
  }
  const {pathname, searchParams} = new URL(request.url ?? '/', 'http://registry.lab');
  if (/^\/v2\/?$/.test(pathname)) {
    return {status: 200, body: {}};
  }
  const match = /^\/v2\/(.+)\/(manifests|blobs\/uploads|blobs)\/([^/]*)$/.exec(pathname);
  const [, name = '', kind, reference = ''] = match ?? [];
  const repository = store.repositories.get(name);
  if (!repository) {
    return problem(
      404,
      'NAME_UNKNOWN',
      `The repository with name '${name}' does not exist in the registry with id '123456789012'`,
    );
  }
  const {method = 'GET', headers} = request;
  const call = {method, repository, query: searchParams, headers, bytes: Buffer.concat(chunks)};
  switch (kind) {
    case 'manifests':
      return method === 'PUT' ? takeManifest(call, reference) : giveManifest(call, reference);
    case 'blobs':
      return giveBlob(call, reference);
    default:
      return upload(call, reference, uploads);
  }
}

function isAuthorised({headers}: IncomingMessage, {password}: RegistryStore): boolean {
  const given = Buffer.from((headers.authorization ?? '').replace(/^Basic /, ''), 'base64');
  return given.toString() === `AWS:${password}`;
}

/** An address that ECR's API gave out for one blob. */
function isSigned({url = '/', method}: IncomingMessage, store: RegistryStore): boolean {
  const {pathname, searchParams} = new URL(url, 'http://registry.lab');
  const [, digest = ''] = /\/blobs\/([^/]+)$/.exec(pathname) ?? [];
  return method === 'GET' && searchParams.get('X-Amz-Signature') === blobSignature(store, digest);
}

function giveManifest({method, repository}: Call, reference: string): Reply {
  const manifest = manifestAt(repository, reference);
  if (!manifest) {
    return problem(404, 'MANIFEST_UNKNOWN', 'Requested image not found');
  }
  const {bytes, digest, mediaType} = manifest;
  const headers = {'content-type': mediaType, 'docker-content-digest': digest};
  return given(method, bytes, headers);
}

function giveBlob({method, repository}: Call, digest: string): Reply {
  const bytes = repository.blobs.get(digest);
  return bytes
    ? given(method, bytes, {
        'content-type': 'application/octet-stream',
        'docker-content-digest': digest,
      })
    : problem(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
}

const given = (
  method: string,
  bytes: Uint8Array,
  headers: Readonly<Record<string, string>>,
): Reply => ({
  status: 200,
  headers: {...headers, 'content-length': String(bytes.length)},
  ...(method === 'HEAD' ? {} : {body: bytes}),
});

function takeManifest({repository, headers, bytes}: Call, reference: string): Reply {
  const absent = blobsOf(bytes).find(
    (digest) => !repository.blobs.has(digest) && !repository.manifests.has(digest),
  );
  if (absent !== undefined) {
    return problem(400, 'MANIFEST_BLOB_UNKNOWN', `blob unknown to registry: ${absent}`);
  }
  const tag = reference.startsWith('sha256:') ? undefined : reference;
  const put = putManifest(repository, bytes, String(headers['content-type']), tag);
  if (put.kind === 'tag-taken') {
    return problem(
      400,
      'TAG_INVALID',
      `The image tag '${tag}' already exists in the '${repository.name}' repository and cannot be overwritten because the tag is immutable.`,
    );
  }
  const {digest} = put.manifest;
  const location = `/v2/${repository.name}/manifests/${digest}`;
  return {status: 201, headers: {location, 'docker-content-digest': digest}};
}

/** Everything that a manifest, or an index of manifests, refers to. */
function blobsOf(bytes: Uint8Array): readonly string[] {
  const {
    config,
    layers = [],
    manifests = [],
  } = JSON.parse(Buffer.from(bytes).toString()) as {
    config?: {digest: string};
    layers?: readonly {digest: string}[];
    manifests?: readonly {digest: string}[];
  };
  return [...(config ? [config] : []), ...layers, ...manifests].map(({digest}) => digest);
}

/** POST begins, PATCH appends, PUT ends it with the digest that it must have. */
function upload(
  {method, repository, query, bytes}: Call,
  id: string,
  uploads: Map<string, Uint8Array>,
): Reply {
  const started = method === 'POST' ? new Uint8Array() : uploads.get(id);
  if (!started) {
    return problem(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
  }
  const whole = Buffer.concat([started, bytes]);
  const digest = query.get('digest');
  if (digest === null) {
    const upload = id === '' ? randomUUID() : id;
    uploads.set(upload, whole);
    const headers = {
      location: `/v2/${repository.name}/blobs/uploads/${upload}`,
      'docker-upload-uuid': upload,
      range: `0-${Math.max(0, whole.length - 1)}`,
    };
    return {status: 202, headers};
  }
  if (digestOf(whole) !== digest) {
    return problem(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
  }
  uploads.delete(id);
  repository.blobs.set(digest, whole);
  const location = `/v2/${repository.name}/blobs/${digest}`;
  return {status: 201, headers: {location, 'docker-content-digest': digest}};
}

const problem = (status: number, name: string, message: string): Reply => ({
  status,
  body: {errors: [{message, code: name}]},
});

function send(response: ServerResponse, {status, headers, body}: Reply): void {
  const isJson = body !== undefined && !(body instanceof Uint8Array);
  response.writeHead(status, {
    'docker-distribution-api-version': 'registry/2.0',
    ...(isJson ? {'content-type': 'application/json'} : {}),
    ...headers,
  });
  response.end(isJson ? JSON.stringify(body) : body);
}
