import {randomUUID} from 'node:crypto';
import {type JsonInput, jsonService} from './json-service.ts';
import {arnIn} from './partition.ts';
import {AwsError} from './replies.ts';
import type {AwsService} from './service.ts';

interface SecretsManagerOptions {
  /** By name. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly region?: string;
  readonly accountId?: string;
}

interface SecretsManager extends AwsService {
  /** What a container agent is given for `arn[:json-key:stage:version]`. */
  valueOf(valueFrom: string): string | undefined;
  /** A new value that is AWSCURRENT from now on, as somebody else would put it. */
  rotate(name: string, value: string): void;
}

interface Secret {
  readonly name: string;
  readonly arn: string;
  /** Newest first. The first is AWSCURRENT, the second AWSPREVIOUS. */
  readonly versions: {readonly id: string; readonly value: string}[];
}

/** Secrets Manager of the lab. */
export function createSecretsManager({
  secrets,
  region = 'us-east-1',
  accountId = '123456789012',
}: SecretsManagerOptions): SecretsManager {
  const stored: readonly Secret[] = Object.entries(secrets).map(([name, value], index) => ({
    name,
    arn: `${arnIn(region)}:secretsmanager:${region}:${accountId}:secret:${name}-a1b2c${index}`,
    versions: [{id: randomUUID(), value}],
  }));
  const find = (id: unknown) => secretWith(stored, id);

  const service = jsonService('secretsmanager', 'secretsmanager.', {
    DescribeSecret: (input) => {
      const {name, arn, versions} = find(input['SecretId']);
      const stages = versions.slice(0, 2).map(({id}, index) => [id, [stageNames[index]]]);
      return {Name: name, ARN: arn, VersionIdsToStages: Object.fromEntries(stages)};
    },
    GetSecretValue: (input) => {
      const secret = find(input['SecretId']);
      const version = versionIn(secret, input);
      return {
        Name: secret.name,
        ARN: secret.arn,
        VersionId: version.id,
        SecretString: version.value,
        VersionStages: secret.versions[0] === version ? ['AWSCURRENT'] : ['AWSPREVIOUS'],
      };
    },
    PutSecretValue: (input) => {
      const secret = find(input['SecretId']);
      const id = String(input['ClientRequestToken'] ?? randomUUID());
      put(secret, id, String(input['SecretString'] ?? ''));
      return {Name: secret.name, ARN: secret.arn, VersionId: id, VersionStages: ['AWSCURRENT']};
    },
  });
  return {
    ...service,
    rotate: (name, value) => put(find(name), randomUUID(), value),
    valueOf: (valueFrom) => valueAt(stored, valueFrom),
  };
}

const stageNames = ['AWSCURRENT', 'AWSPREVIOUS'];

function secretWith(stored: readonly Secret[], id: unknown): Secret {
  const secret = stored.find(({name, arn}) => id === name || id === arn);
  if (!secret) {
    throw new AwsError(
      'ResourceNotFoundException',
      "Secrets Manager can't find the specified secret.",
    );
  }
  return secret;
}

function put(secret: Secret, id: string, value: string): void {
  const existing = secret.versions.find((version) => version.id === id);
  if (existing && existing.value !== value) {
    throw new AwsError(
      'ResourceExistsException',
      `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${secret.arn}.`,
    );
  }
  if (!existing) {
    secret.versions.unshift({id, value});
  }
}

function versionIn({versions, arn}: Secret, {VersionId, VersionStage}: JsonInput) {
  const index = VersionStage === 'AWSPREVIOUS' ? 1 : 0;
  const version =
    VersionId === undefined ? versions[index] : versions.find(({id}) => id === VersionId);
  if (!version) {
    throw new AwsError(
      'ResourceNotFoundException',
      `Secrets Manager can't find the specified secret value for VersionId: ${String(VersionId)} of ${arn}`,
    );
  }
  return version;
}

/** The suffix of an ARN in a task definition: `:json-key:version-stage:version-id` (ECS developer guide). */
function valueAt(stored: readonly Secret[], valueFrom: string): string | undefined {
  const secret = stored.find(({arn}) => valueFrom === arn || valueFrom.startsWith(`${arn}:`));
  const [key = '', , id = ''] = secret ? valueFrom.slice(secret.arn.length + 1).split(':') : [];
  const value = secret?.versions.find((version) => id === '' || version.id === id)?.value;
  if (value === undefined || key === '') {
    return value;
  }
  const member: unknown = (JSON.parse(value) as Record<string, unknown>)[key];
  return member === undefined ? undefined : String(member);
}
