import {z} from 'zod';
import {defineTarget, SwitcharooError} from '../../src/index.ts';
import {type AwsConfig, awsClients, awsConfig, awsRights, type ResourcesOf} from '../aws/index.ts';
import {openBucket} from '../s3/target.ts';
import {bucketNotNamed, referenceNotFound, settingsInvalid} from './store/problems.ts';

/** What a container is to be given. */
export interface Settings {
  /** Plain values. They are secrets to us: no text of ours holds one. */
  readonly environment: Readonly<Record<string, string>>;
  /** `valueFrom` by name: where ECS reads the value when a task starts. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** What may be asked of the place where settings are kept. Nothing here changes it. */
export interface SettingsReader {
  readonly name: string;
  /** The settings of an object of the bucket, every reference in it resolved to an ARN, secrets pinned to their version. */
  settings(key: string, signal: AbortSignal): Promise<Settings>;
}

const reference = z.union([
  z.strictObject({ssm: z.string().min(1)}),
  z.strictObject({secretsManager: z.string().min(1), key: z.string().min(1).optional()}),
]);
const member = z.union([z.string(), z.number(), z.boolean(), reference]);
type Member = z.output<typeof member>;
type Reference = z.output<typeof reference>;

/** Names of parameters are listed for the whole account: IAM knows nothing narrower (Service Authorization Reference). */
const resourcesOf =
  (bucket: string | undefined, region: string): ResourcesOf =>
  (action, account) => {
    switch (action) {
      case 's3:GetObject':
        return [`arn:aws:s3:::${bucket}/*`];
      case 'secretsmanager:DescribeSecret':
        return [`arn:aws:secretsmanager:${region}:${account}:secret:*`];
      default:
        return ['*'];
    }
  };

/** Settings of applications: JSON in a bucket of S3, with references to Parameter Store and Secrets Manager. */
export const settingsStore = defineTarget({
  kind: 'aws-settings',
  config: z.object({bucket: z.string().optional(), ...awsConfig.shape}),
  rights: async ({bucket, ...aws}, needs, context) => {
    const needed = needs.filter((need) => bucket !== undefined || !need.startsWith('s3:'));
    return [await awsRights(aws, needed, resourcesOf(bucket, aws.region), context)];
  },
  open: async ({bucket, ...aws}, {name}) => {
    const objects = bucket === undefined ? undefined : openBucket(bucket, aws);
    const keeper = openKeeper(name, aws);
    const reader: SettingsReader = {
      name: `settings ${name}`,
      settings: async (key, signal) => {
        if (!objects) {
          throw new SwitcharooError(bucketNotNamed(name, key));
        }
        const members = parsed(key, await objects.read(key, signal));
        return resolved(members, (wanted) => keeper.valueFrom(wanted, signal));
      },
    };
    const close = async () => {
      await Promise.all([objects?.close(), keeper.close()]);
    };
    return {reader, writer: reader, close};
  },
});

/** What does not fit is told by its name alone: a parser would quote the secret. */
function parsed(key: string, bytes: Uint8Array): Readonly<Record<string, Member>> {
  const json = Buffer.from(bytes).toString('utf8');
  let whole: unknown;
  try {
    whole = JSON.parse(json);
  } catch {
    throw new SwitcharooError(settingsInvalid(key, 'it is not JSON'));
  }
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) {
    throw new SwitcharooError(settingsInvalid(key, 'it is no object of names and values'));
  }
  const entries = Object.entries(whole).map(([name, value]) => {
    const found = member.safeParse(value);
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new SwitcharooError(settingsInvalid(key, `${name} is no name of a variable`));
    }
    if (typeof value === 'number' && writtenIn(json, name) !== String(value)) {
      const what = `${name} is a number that would not arrive as it is written; put it in quotes`;
      throw new SwitcharooError(settingsInvalid(key, what));
    }
    if (!found.success) {
      const what = `${name} is neither a text, a number, true or false, nor a reference`;
      throw new SwitcharooError(settingsInvalid(key, what));
    }
    return [name, found.data] as const;
  });
  return Object.fromEntries(entries);
}

/** The number as it is written. Within a text the quotes of its name would be escaped; of two of one name the last one counts. */
const writtenIn = (json: string, name: string): string | undefined =>
  [...json.matchAll(new RegExp(`"${name}"\\s*:\\s*([-+.0-9eE]+)`, 'g'))].at(-1)?.[1];

async function resolved(
  members: Readonly<Record<string, Member>>,
  valueFrom: (wanted: Reference) => Promise<string>,
): Promise<Settings> {
  const entries = Object.entries(members);
  const plain = entries.filter((entry): entry is [string, string | number | boolean] => {
    return typeof entry[1] !== 'object';
  });
  const referring = entries.filter((entry): entry is [string, Reference] => {
    return typeof entry[1] === 'object';
  });
  const secrets = await Promise.all(
    referring.map(async ([name, wanted]) => [name, await valueFrom(wanted)] as const),
  );
  return {
    environment: Object.fromEntries(plain.map(([name, value]) => [name, String(value)])),
    secrets: Object.fromEntries(secrets),
  };
}

/** Parameter Store and Secrets Manager, asked for what they have under a name, and never for a value. */
function openKeeper(target: string, config: AwsConfig) {
  const subject = `settings ${target}`;
  const ssm = awsClients(
    config,
    () => import('@aws-sdk/client-ssm'),
    (sdk, settings) => new sdk.SSMClient(settings),
  );
  const secretsManager = awsClients(
    config,
    () => import('@aws-sdk/client-secrets-manager'),
    (sdk, settings) => new sdk.SecretsManagerClient(settings),
  );

  const parameter = (name: string, abortSignal: AbortSignal) =>
    ssm.ask(subject, async ({sdk, reading}) => {
      const ParameterFilters = [{Key: 'Name', Option: 'Equals', Values: [name]}];
      const command = new sdk.DescribeParametersCommand({ParameterFilters});
      const {Parameters} = await reading.send(command, {abortSignal});
      return Parameters?.[0]?.ARN;
    });

  /** Pinned to the version that is current: a later one must not reach tasks of this revision (ECS reads it at each start). */
  const secret = (id: string, key: string | undefined, abortSignal: AbortSignal) =>
    secretsManager.ask(subject, async ({sdk, reading}) => {
      const command = new sdk.DescribeSecretCommand({SecretId: id});
      try {
        const {ARN, VersionIdsToStages = {}} = await reading.send(command, {abortSignal});
        const current = Object.entries(VersionIdsToStages).find(([, stages]) =>
          stages.includes('AWSCURRENT'),
        );
        return ARN && current ? `${ARN}:${key ?? ''}::${current[0]}` : undefined;
      } catch (error) {
        if (error instanceof Error && error.name === 'ResourceNotFoundException') {
          return undefined;
        }
        throw error;
      }
    });

  return {
    valueFrom: async (wanted: Reference, signal: AbortSignal): Promise<string> => {
      const [kind, name, found] =
        'ssm' in wanted
          ? (['parameter', wanted.ssm, await parameter(wanted.ssm, signal)] as const)
          : ([
              'secret',
              wanted.secretsManager,
              await secret(wanted.secretsManager, wanted.key, signal),
            ] as const);
      if (found === undefined) {
        throw new SwitcharooError(referenceNotFound(target, kind, name));
      }
      return found;
    },
    close: async () => {
      await Promise.all([ssm.close(), secretsManager.close()]);
    },
  };
}
