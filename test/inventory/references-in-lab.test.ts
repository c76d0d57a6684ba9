import {afterEach, expect, test, vi} from 'vitest';
import {createSecretsManager} from '../../lab/aws/secrets-manager.ts';
import {createSsm} from '../../lab/aws/ssm.ts';
import {resolveFields} from '../../src/inventory/references.ts';
import {Redactor} from '../../src/journal/redactor.ts';
import {ProblemsError} from '../../src/model/problem.ts';
import {credentials, type Started, started} from '../lab/aws/started.ts';

afterEach(() => vi.unstubAllEnvs());

/** The SDK's own variables lead it to another endpoint: a reference has no field for that. */
async function lab(): Promise<Started> {
  const aws = await started(
    createSsm({parameters: {'/shop/db': 'from-parameter-store'}}),
    createSecretsManager({secrets: {'shop/api': 'from-secrets-manager'}}),
  );
  vi.stubEnv('AWS_ENDPOINT_URL', aws.endpoint.url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  return aws;
}

const resolve = (fields: object, redactor = new Redactor()) =>
  resolveFields(fields, {
    target: 'db',
    environment: {},
    redactor,
    signal: new AbortController().signal,
  });

test('secrets are read from Parameter Store and Secrets Manager, and masked from then on', async () => {
  await using _aws = await lab();
  const redactor = new Redactor();
  const fields = {
    host: 'db1',
    password: {ssm: '/shop/db', region: 'us-east-1'},
    key: {secretsManager: 'shop/api', region: 'us-east-1'},
  };
  expect(await resolve(fields, redactor)).toEqual({
    host: 'db1',
    password: 'from-parameter-store',
    key: 'from-secrets-manager',
  });
  expect(redactor.text('from-parameter-store, from-secrets-manager')).toBe(
    '[redacted], [redacted]',
  );
});

test('what is not there is told with its place, all at once', async () => {
  await using _aws = await lab();
  const wrong = {
    password: {ssm: '/shop/none', region: 'us-east-1'},
    key: {secretsManager: 'none', region: 'us-east-1'},
  };
  const error: unknown = await resolve(wrong).catch((thrown: unknown) => thrown);
  const problems = error instanceof ProblemsError ? error.problems : [];
  expect(problems.map(({code, message}) => [code, message])).toEqual([
    [
      'secret-missing',
      'db needs ssm /shop/none, region us-east-1, which cannot be read: ParameterNotFound.',
    ],
    [
      'secret-missing',
      "db needs secretsManager none, region us-east-1, which cannot be read: Secrets Manager can't find the specified secret.",
    ],
  ]);
});
