import {execFile} from 'node:child_process';
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {createEcr} from './aws/ecr.ts';
import {createS3} from './aws/s3.ts';
import {createSecretsManager} from './aws/secrets-manager.ts';
import type {AwsService} from './aws/service.ts';
import {createSsm} from './aws/ssm.ts';
import {programOf} from './program.ts';
import {startRegistry} from './registry/http.ts';
import {createStore, manifestAt, putManifest, type RegistryStore} from './registry/store.ts';
import {type Site, secret} from './site.ts';

/** What a team deploys from and to every day: sources, settings, secrets, images. */
export interface Deployment {
  readonly services: readonly AwsService[];
  readonly variables: Readonly<Record<string, string>>;
  /** What the agent of a container instance is given. */
  secretOf(valueFrom: string): string | undefined;
  /** Whether an image can be pulled; those of other registries always can. */
  isThere(image: string): boolean;
  /** As the application of the new side does. */
  putDocument(name: string, text: string): void;
  /** The names of all documents that it has put. */
  readonly documentsPut: readonly string[];
  /** The names of the documents in the bucket. */
  documents(): readonly string[];
  stop(): Promise<void>;
}

/** How images of the registry are named in production. Nobody pulls them here: containers are processes. */
export const registryName = '123456789012.dkr.ecr.us-east-1.amazonaws.com';

const documentsBucket = 'shop-documents';
const documentsPrefix = 'documents/';

const settingsKey = 'shop/production.json';

export async function startDeployment({directory, passwords}: Site): Promise<Deployment> {
  const store = createStore([{name: 'shop', immutable: true}]);
  pushRelease(store, '2');
  const registry = await startRegistry(store);
  const ssm = createSsm({parameters: {'/shop/database-password': passwords.shop}});
  const secrets = createSecretsManager({
    secrets: {'shop/mail': JSON.stringify({USER: 'mail', KEY: secret()})},
  });
  const s3 = createS3({
    buckets: {
      'shop-config': {
        [settingsKey]: JSON.stringify({
          DATABASE_PASSWORD: {ssm: '/shop/database-password'},
          MAIL_KEY: {secretsManager: 'shop/mail', key: 'KEY'},
          SESSION_SECRET: secret(),
        }),
        'shop/files/tls/key.pem': `-----BEGIN PRIVATE KEY-----\n${secret(48)}\n-----END PRIVATE KEY-----\n`,
        'shop/files/site.json': '{"name": "www.shop.test"}\n',
      },
      [documentsBucket]: {},
      'shop-journals': {},
    },
  });
  const documentsPut: string[] = [];
  const sources = join(directory, 'sources', 'shop');
  await writeSources(sources);
  return {
    services: [createEcr({store, host: registry.host}), s3, ssm, secrets],
    variables: {
      LAB_SOURCES: sources,
      LAB_BUILDS: join(directory, 'builds'),
      LAB_BUILDER: builderIn(directory),
      LAB_IMAGES: join(directory, 'images'),
    },
    secretOf: (valueFrom) => ssm.valueOf(valueFrom) ?? secrets.valueOf(valueFrom),
    isThere: (image) => {
      const [host, name, reference] = partsOf(image);
      const repository = store.repositories.get(name);
      return (
        host !== registry.host ||
        (repository !== undefined && manifestAt(repository, reference) !== undefined)
      );
    },
    ...{
      documentsPut,
      putDocument: (name: string, text: string) => {
        s3.put(documentsBucket, `${documentsPrefix}${name}`, text);
        documentsPut.push(name);
      },
      documents: () =>
        Object.keys(s3.contents(documentsBucket)).flatMap((key) =>
          key.startsWith(documentsPrefix) ? [key.slice(documentsPrefix.length)] : [],
        ),
    },
    stop: () => registry.stop(),
  };
}

/** The image that a cutover deploys, for one platform. */
function pushRelease({repositories}: RegistryStore, tag: string): void {
  const repository = repositories.get('shop');
  const platform = {os: 'linux', architecture: 'amd64'};
  const manifest = {schemaVersion: 2, manifests: [{digest: `sha256:${'2'.repeat(64)}`, platform}]};
  const type = 'application/vnd.oci.image.index.v1+json';
  if (repository) {
    putManifest(repository, Buffer.from(JSON.stringify(manifest)), type, tag);
  }
}

/** `host/name@digest` or `host/name:tag`. */
function partsOf(image: string): readonly [string, string, string] {
  const [, host = '', name = '', reference = ''] =
    /^([^/]+)\/([^@]+?)(?:@|:)([^/]+)$/.exec(image) ?? [];
  return [host, name, reference];
}

/** As one program: an inventory names it. */
function builderIn(directory: string): string {
  const file = join(directory, 'image-builder');
  const words = programOf('registry/builder').map((word) => `'${word}'`);
  writeFileSync(file, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`, {mode: 0o700});
  return file;
}

/** A repository of git with a branch. Where git is missing there is none, and only what needs it says so. */
async function writeSources(folder: string): Promise<void> {
  mkdirSync(join(folder, 'app'), {recursive: true});
  writeFileSync(
    join(folder, 'Dockerfile'),
    'FROM scratch\nCOPY app /srv/shop/\nCOPY config /srv/shop/config/\nCMD ["/srv/shop/main"]\n',
  );
  writeFileSync(join(folder, 'app', 'main'), 'the shop\n');
  const git = (...args: readonly string[]) =>
    promisify(execFile)('git', [
      '-C',
      folder,
      '-c',
      'user.name=lab',
      '-c',
      'user.email=lab@lab',
      ...args,
    ]);
  try {
    await git('init', '--quiet', '--initial-branch', 'master');
    await git('add', '--all');
    await git('commit', '--quiet', '--message', 'The shop');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw error;
    }
  }
}
