import {afterAll, beforeAll, beforeEach, expect, test} from 'vitest';
import {createEcr} from '../../../lab/aws/ecr.ts';
import {createIdentity} from '../../../lab/aws/identity.ts';
import {type Registry, startRegistry} from '../../../lab/registry/http.ts';
import {createStore, digestOf, putManifest} from '../../../lab/registry/store.ts';
import type {Look} from '../../../src/index.ts';
import {ecrImageOf} from '../../../steps/ecs/image/reference.ts';
import {imageReady} from '../../../steps/ecs/image-ready.ts';
import {ecsService} from '../../../steps/ecs/target.ts';
import {type EcsLab, startEcsLab} from '../../lab/aws/ecs-lab.ts';

// The registry is asked through the SDK, by the names that images have in production.
const host = '123456789012.dkr.ecr.us-east-1.amazonaws.com';
const role = 'arn:aws:iam::123456789012:role/web-execution';
const index = 'application/vnd.oci.image.index.v1+json';
const single = 'application/vnd.oci.image.manifest.v1+json';
const web = (more: object) => ({
  family: 'web',
  networkMode: 'awsvpc',
  containerDefinitions: [{name: 'shop', image: 'shop:1', cpu: 256, memory: 512}],
  ...more,
});
const definitions = {
  'on Fargate': web({executionRoleArn: role, requiresCompatibilities: ['FARGATE']}),
  'on ARM': web({executionRoleArn: role, runtimePlatform: {cpuArchitecture: 'ARM64'}}),
  'on instances': web({}),
};

const store = createStore([{name: 'shop'}]);
const identity = createIdentity();
let registry: Registry;
const labs: Record<string, EcsLab> = {};

beforeAll(async () => {
  registry = await startRegistry(store);
  const more = [createEcr({store, host: registry.host}), identity.sts, identity.iam];
  for (const [name, definition] of Object.entries(definitions)) {
    const options = {more, taskDefinitions: [definition]};
    labs[name] = await startEcsLab({desiredCount: 0}, options as never);
  }
  const repository = shop();
  const config = Buffer.from(JSON.stringify({os: 'linux', architecture: 'arm64'}));
  repository.blobs.set(digestOf(config), config);
  const push = (tag: string, type: string, manifest: object) =>
    putManifest(repository, Buffer.from(JSON.stringify(manifest)), type, tag);
  push('both', index, {manifests: [...['amd64', 'arm64'].map(platform), platform('unknown')]});
  push('arm', single, {config: {digest: digestOf(config)}, layers: []});
  push('lost', single, {config: {digest: `sha256:${'0'.repeat(64)}`}, layers: []});
});

beforeEach(() => {
  delete shop().policy;
  identity.allow({actions: ['*'], resources: ['*']});
});

afterAll(async () => {
  await Promise.all(Object.values(labs).map((lab) => lab.stop()));
  await registry.stop();
});

const shop = () => store.repositories.get('shop') ?? expect.fail('no repository');
const platform = (architecture: string) => ({
  digest: `sha256:${'1'.repeat(64)}`,
  platform: {os: architecture === 'unknown' ? 'unknown' : 'linux', architecture},
});

async function checked(name: keyof typeof definitions, image: string) {
  const signal = new AbortController().signal;
  const config = ecsService.config.parse({...labs[name]?.config, cluster: 'shop', service: 'web'});
  const {reader, close} = await ecsService.open(config, {name: 'web', signal});
  const look: Look<{service: typeof ecsService}, any> = {
    input: imageReady.input.parse({image}),
    targets: {service: reader},
    run: {id: 'r-1', entry: 'image', started: false},
    now: new Date(),
    signal,
  };
  try {
    return await imageReady.check(look);
  } finally {
    await close();
  }
}

const named = (tag: string) => `${host}/shop:${tag}`;

test('an image for the platform of the service, which its role may pull, opens the gate with its digest', async () => {
  const verdict = await checked('on Fargate', named('both'));
  expect(verdict).toEqual({
    kind: 'done',
    output: {
      image: named('both'),
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      checked: ['it has a manifest for linux/amd64', `${role} may pull it`],
      notChecked: [],
    },
  });
  const {output} = verdict as {output: {digest: string}};
  expect(imageReady.evidence?.(output as never)).toEqual([
    `${named('both')} is ${output.digest}: it has a manifest for linux/amd64; ${role} may pull it.`,
  ]);
  const pinned = await checked('on ARM', `${host}/shop:both@${output.digest}`);
  expect(pinned).toMatchObject({
    output: {checked: ['it has a manifest for linux/arm64', expect.anything()]},
  });
});

test('an image for another platform, or without its tag or repository, is refused', async () => {
  expect(await checked('on Fargate', named('arm'))).toEqual({
    kind: 'blocked',
    reason: `${named('arm')} is for linux/arm64, and task definition web:1 of the service web of cluster shop runs on linux/amd64.`,
    hint: 'Build the image for linux/amd64 as well, or correct the runtimePlatform of the task definition.',
  });
  expect((await checked('on ARM', named('arm'))).kind).toBe('done');
  expect(await checked('on Fargate', named('gone'))).toMatchObject({
    kind: 'blocked',
    reason: `ECR has no image ${named('gone')}: its repository has no such tag or digest.`,
  });
  expect(await checked('on Fargate', `${host}/shopp:both`)).toMatchObject({
    kind: 'blocked',
    reason: `ECR has no repository for ${host}/shopp:both.`,
  });
});

test('a role that may not pull is refused, unless the policy of the repository may let it', async () => {
  const login = {actions: ['ecr:GetAuthorizationToken'], resources: ['*']};
  identity.allow(login);
  const refused = {
    kind: 'blocked',
    reason: `The execution role of the service web of cluster shop, ${role}, may not pull ${named('both')}: IAM does not allow it ecr:BatchGetImage, ecr:GetDownloadUrlForLayer.`,
    hint: 'Attach the policy AmazonECSTaskExecutionRolePolicy to the role, or allow it these actions.',
  };
  expect(await checked('on Fargate', named('both'))).toEqual(refused);

  shop().policy = '{}';
  expect(await checked('on Fargate', named('both'))).toMatchObject({
    kind: 'done',
    output: {notChecked: [expect.stringContaining('the policy of the repository may')]},
    remarks: [expect.stringMatching(/^Not checked: whether arn:/)],
  });
  // A login is no matter of a repository.
  identity.allow({actions: ['ecr:Batch*', 'ecr:GetDownload*'], resources: ['*']});
  expect(await checked('on Fargate', named('both'))).toMatchObject({kind: 'blocked'});
});

test('what cannot be judged is named, and counts as not checked', async () => {
  expect(await checked('on Fargate', 'docker.io/library/nginx:1')).toMatchObject({
    kind: 'done',
    output: {
      digest: null,
      checked: [],
      notChecked: [
        'whether docker.io/library/nginx:1 exists and can be pulled: it is in no private registry of ECR',
      ],
    },
    remarks: [expect.stringMatching(/^Not checked: /)],
  });
  expect(await checked('on instances', named('both'))).toMatchObject({
    kind: 'done',
    output: {
      checked: [],
      notChecked: [
        'whether linux/amd64, linux/arm64 is the platform of the instances: task definition web:1 of the service web of cluster shop names none',
        `whether the roles of the instances may pull ${named('both')}: there is no execution role`,
      ],
    },
  });
  expect(await checked('on Fargate', named('lost'))).toMatchObject({
    kind: 'done',
    output: {
      checked: [`${role} may pull it`],
      notChecked: [
        expect.stringMatching(/^the platform of .*: The layer with digest .* does not exist/),
      ],
    },
  });
  const lab = labs['on Fargate'];
  for (const [service, operation] of [
    ['iam', 'SimulatePrincipalPolicy'],
    ['ecr', 'BatchGetImage'],
  ]) {
    lab?.endpoint.faults.add({service, operation, kind: 'deny'} as never);
    const {notChecked} = ((await checked('on Fargate', named('both'))) as any).output;
    expect(notChecked).toEqual([expect.stringContaining('is not authorized to perform')]);
  }
});

test('registries of ECR are recognised by every name that they have, and no others', () => {
  const account = '123456789012';
  const names = [
    [`${account}.dkr.ecr.eu-west-1.amazonaws.com/a/b:7`, {repository: 'a/b', id: {imageTag: '7'}}],
    [`${account}.dkr.ecr-fips.us-gov-west-1.amazonaws.com/a`, {id: {imageTag: 'latest'}}],
    [`${account}.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn/a`, {region: 'cn-north-1'}],
    [`${account}.dkr.ecr.cn-north-1.amazonaws.com.cn/a@sha256:1`, {id: {imageDigest: 'sha256:1'}}],
  ] as const;
  for (const [name, place] of names) {
    expect(ecrImageOf(name)).toMatchObject(place);
  }
  for (const name of ['public.ecr.aws/nginx/nginx:1', 'nginx', 'localhost:5000/web:1']) {
    expect(ecrImageOf(name)).toBeUndefined();
  }
});
