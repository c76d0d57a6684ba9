import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  ListImagesCommand,
  PutImageCommand,
} from '@aws-sdk/client-ecr';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import {
  DescribeParametersCommand,
  GetParameterCommand,
  GetParametersCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import {describe, expect, test} from 'vitest';
import {createEcr} from '../../../lab/aws/ecr.ts';
import {createS3} from '../../../lab/aws/s3.ts';
import {createSecretsManager} from '../../../lab/aws/secrets-manager.ts';
import {createSsm} from '../../../lab/aws/ssm.ts';
import {createStore, digestOf, putManifest} from '../../../lab/registry/store.ts';
import {readingClient, writingClient} from '../../../steps/aws/index.ts';
import {refusalOf, started} from './started.ts';

const bytes = Buffer.from([0, 1, 2, 253, 254, 255]);

describe('S3', () => {
  const objects = {'web/b.pem': bytes, 'web/a.json': '{"one": 1}', 'api/c.json': '{}'};
  async function opened() {
    const s3 = createS3({buckets: {config: objects}});
    const lab = await started(s3);
    const style = {forcePathStyle: true};
    return {
      ...lab,
      s3,
      reading: new S3Client({...readingClient(lab.config), ...style}),
      writing: new S3Client({...writingClient(lab.config), ...style}),
    };
  }

  test('gives back the very bytes, also under names that need quoting', async () => {
    await using lab = await opened();
    const Key = "new (1)/ä + b's.bin";
    await lab.writing.send(new PutObjectCommand({Bucket: 'config', Key, Body: bytes}));
    for (const one of [Key, 'web/b.pem']) {
      const {Body} = await lab.reading.send(new GetObjectCommand({Bucket: 'config', Key: one}));
      expect(Buffer.from((await Body?.transformToByteArray()) ?? [])).toEqual(bytes);
    }
  });

  test('lists page by page what begins with a prefix, in the order of the keys', async () => {
    await using lab = await opened();
    const asked = {Bucket: 'config', Prefix: 'web/', MaxKeys: 1};
    const first = await lab.reading.send(new ListObjectsV2Command(asked));
    const token = {ContinuationToken: first.NextContinuationToken};
    const second = await lab.reading.send(new ListObjectsV2Command({...asked, ...token}));
    expect([first, second].map(({Contents, IsTruncated}) => [Contents?.[0]?.Key, IsTruncated])) //
      .toEqual([
        ['web/a.json', true],
        ['web/b.pem', false],
      ]);
  });

  test('keeps versions, and writes only over what the writer has seen', async () => {
    await using lab = await opened();
    const object = {Bucket: 'config', Key: 'web/a.json'};
    const {ETag, VersionId} = await lab.reading.send(new HeadObjectCommand(object));
    await lab.writing.send(new PutObjectCommand({...object, Body: '{}', IfMatch: ETag}));
    const again = new PutObjectCommand({...object, Body: '{}', IfMatch: ETag});
    expect(await refusalOf(lab.writing.send(again))).toMatchObject({name: 'PreconditionFailed'});
    const {Body} = await lab.reading.send(new GetObjectCommand({...object, VersionId}));
    expect(await Body?.transformToString()).toBe('{"one": 1}');
  });

  test('says what is not there, and who may not ask', async () => {
    await using lab = await opened();
    const get = (Bucket: string, Key: string) =>
      refusalOf(lab.reading.send(new GetObjectCommand({Bucket, Key})));
    expect([await get('config', 'none'), await get('none', 'none')]).toEqual([
      {name: 'NoSuchKey', message: 'The specified key does not exist.'},
      {name: 'NoSuchBucket', message: 'The specified bucket does not exist'},
    ]);
    lab.endpoint.faults.add({service: 's3', operation: 'GetObject', kind: 'deny'});
    expect(await get('config', 'web/a.json')).toMatchObject({name: 'AccessDenied'});
    const wrong = {...lab.config, credentials: {accessKeyId: 'AKIALAB', secretAccessKey: 'no'}};
    const stranger = new S3Client({...readingClient(wrong), forcePathStyle: true});
    const list = stranger.send(new ListObjectsV2Command({Bucket: 'config'}));
    expect(await refusalOf(list)).toMatchObject({name: 'SignatureDoesNotMatch'});
  });
});

describe('ECR', () => {
  const manifest = (text: string) => Buffer.from(JSON.stringify({text}));
  async function opened() {
    const store = createStore([{name: 'web'}, {name: 'fixed', immutable: true}]);
    for (const repository of store.repositories.values()) {
      putManifest(repository, manifest('one'), 'application/json', 'master.1');
    }
    const lab = await started(createEcr({store, host: '127.0.0.1:5000'}));
    return {
      ...lab,
      store,
      reading: new ECRClient(readingClient(lab.config)),
      writing: new ECRClient(writingClient(lab.config)),
    };
  }
  const digest = digestOf(manifest('one'));

  test('gives the password of its registry, and where that is', async () => {
    await using lab = await opened();
    const {authorizationData} = await lab.reading.send(new GetAuthorizationTokenCommand({}));
    const [given] = authorizationData ?? [];
    expect(given?.proxyEndpoint).toBe('http://127.0.0.1:5000');
    const text = Buffer.from(given?.authorizationToken ?? '', 'base64').toString();
    expect(text).toBe(`AWS:${lab.store.password}`);
  });

  test('tells which digest a tag means, and what is not there', async () => {
    await using lab = await opened();
    const images = (repositoryName: string, imageTag: string) =>
      lab.reading.send(new DescribeImagesCommand({repositoryName, imageIds: [{imageTag}]}));
    expect((await images('web', 'master.1')).imageDetails).toMatchObject([
      {imageDigest: digest, imageTags: ['master.1']},
    ]);
    expect(await refusalOf(images('web', 'none'))).toEqual({
      name: 'ImageNotFoundException',
      message:
        "The image with imageId {imageDigest:'null', imageTag:'none'} does not exist within the repository with name 'web' in the registry with id '123456789012'",
    });
    expect(await refusalOf(images('none', 'none'))).toMatchObject({
      name: 'RepositoryNotFoundException',
    });
    const {repositories} = await lab.reading.send(new DescribeRepositoriesCommand({}));
    expect(repositories).toMatchObject([
      {repositoryUri: '127.0.0.1:5000/web', imageTagMutability: 'MUTABLE'},
      {repositoryUri: '127.0.0.1:5000/fixed', imageTagMutability: 'IMMUTABLE'},
    ]);
  });

  test('a second tag on an image, and the first one taken away', async () => {
    await using lab = await opened();
    const repositoryName = 'fixed';
    const imageIds = [{imageTag: 'master.1'}];
    const {images} = await lab.reading.send(new BatchGetImageCommand({repositoryName, imageIds}));
    const imageManifest = images?.[0]?.imageManifest;
    const put = (imageTag: string, text = imageManifest) =>
      lab.writing.send(new PutImageCommand({repositoryName, imageTag, imageManifest: text}));
    await put('kept');
    expect(await refusalOf(put('kept'))).toMatchObject({name: 'ImageAlreadyExistsException'});
    expect(await refusalOf(put('kept', '{}'))).toMatchObject({
      name: 'ImageTagAlreadyExistsException',
    });
    await lab.writing.send(new BatchDeleteImageCommand({repositoryName, imageIds}));
    const list = new ListImagesCommand({repositoryName, filter: {tagStatus: 'TAGGED'}});
    expect((await lab.reading.send(list)).imageIds).toEqual([
      {imageDigest: digest, imageTag: 'kept'},
    ]);
  });
});

test('Parameter Store tells names without values, and values only when asked to decrypt', async () => {
  const ssm = createSsm({parameters: {'/web/db': 'pa$$word'}});
  await using lab = await started(ssm);
  const client = new SSMClient(readingClient(lab.config));
  const named = new DescribeParametersCommand({
    ParameterFilters: [{Key: 'Name', Values: ['/web/db']}],
  });
  const {Parameters} = await client.send(named);
  const ARN = 'arn:aws:ssm:us-east-1:123456789012:parameter/web/db';
  expect(Parameters).toMatchObject([{Name: '/web/db', Type: 'SecureString', ARN}]);
  expect(JSON.stringify(Parameters)).not.toContain('pa$$word');
  const get = (WithDecryption: boolean) =>
    client.send(new GetParameterCommand({Name: '/web/db', WithDecryption}));
  expect((await get(true)).Parameter?.Value).toBe('pa$$word');
  expect((await get(false)).Parameter?.Value).not.toContain('pa$$word');
  const {InvalidParameters} = await client.send(new GetParametersCommand({Names: ['/none']}));
  expect(InvalidParameters).toEqual(['/none']);
  const none = client.send(new GetParameterCommand({Name: '/none'}));
  expect(await refusalOf(none)).toMatchObject({name: 'ParameterNotFound'});
});

test('Secrets Manager keeps the version that a container was pinned to', async () => {
  const secrets = createSecretsManager({secrets: {'web/api': '{"KEY": "old"}'}});
  await using lab = await started(secrets);
  const client = new SecretsManagerClient(readingClient(lab.config));
  const SecretId = 'web/api';
  const {ARN, VersionIdsToStages} = await client.send(new DescribeSecretCommand({SecretId}));
  const [first] = Object.keys(VersionIdsToStages ?? {});
  const pinned = `${ARN}:KEY::${first}`;
  const ClientRequestToken = '0d9b2a3c-0000-4000-8000-000000000001';
  const put = (SecretString: string) =>
    client.send(new PutSecretValueCommand({SecretId, SecretString, ClientRequestToken}));
  await put('{"KEY": "new"}');
  await put('{"KEY": "new"}');
  expect(await refusalOf(put('{"KEY": "other"}'))).toMatchObject({name: 'ResourceExistsException'});
  expect([secrets.valueOf(pinned), secrets.valueOf(`${ARN}:KEY::`)]).toEqual(['old', 'new']);
  const now = await client.send(new GetSecretValueCommand({SecretId}));
  expect(now).toMatchObject({SecretString: '{"KEY": "new"}', VersionStages: ['AWSCURRENT']});
  const none = client.send(new DescribeSecretCommand({SecretId: 'none'}));
  expect(await refusalOf(none)).toMatchObject({name: 'ResourceNotFoundException'});
});
