import {readFileSync} from 'node:fs';
import {z} from 'zod';
import type {Redactor} from '../journal/redactor.ts';
import {problemsIn, refuseAny, SwitcharooError} from '../model/problem.ts';
import {secretMissing} from './problems.ts';
import {proxyAgent} from './proxies.ts';

/** Where a secret is kept. */
export const reference = z.union([
  z.strictObject({env: z.string()}),
  z.strictObject({file: z.string()}),
  z.strictObject({ssm: z.string(), region: z.string().optional()}),
  z.strictObject({secretsManager: z.string(), region: z.string().optional()}),
]);
type Reference = z.output<typeof reference>;

/** The variables to which references anywhere in the value point. */
export function namesInEnvironment(value: unknown): readonly string[] {
  const parsed = reference.safeParse(value);
  if (parsed.success) {
    return 'env' in parsed.data ? [parsed.data.env] : [];
  }
  return typeof value === 'object' && value !== null
    ? Object.values(value).flatMap(namesInEnvironment)
    : [];
}

interface Resolving {
  readonly target: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
}

/** The same value with every reference replaced by the secret it points to. The redactor learns each one first. */
async function resolveReferences(value: unknown, resolving: Resolving): Promise<unknown> {
  const parsed = reference.safeParse(value);
  if (parsed.success) {
    return readSecret(parsed.data, resolving);
  }
  if (Array.isArray(value)) {
    return allOf(value.map((member) => resolveReferences(member, resolving)));
  }
  return typeof value === 'object' && value !== null ? resolveFields(value, resolving) : value;
}

/** Field by field: a target whose only field is called `file` or `env` is no reference itself. */
export async function resolveFields(fields: object, resolving: Resolving): Promise<object> {
  const resolved = Object.entries(fields).map(
    async ([field, value]) => [field, await resolveReferences(value, resolving)] as const,
  );
  return Object.fromEntries(await allOf(resolved));
}

/** Waits for all: every secret that cannot be read is reported at once. */
async function allOf<Result>(works: readonly Promise<Result>[]): Promise<readonly Result[]> {
  const ends = await Promise.allSettled(works);
  refuseAny(ends.flatMap((end) => (end.status === 'rejected' ? problemsIn(end.reason) : [])));
  return Promise.all(works);
}

async function readSecret(reference: Reference, resolving: Resolving): Promise<string> {
  try {
    const secret = await secretOf(reference, resolving);
    resolving.redactor.add(secret);
    return secret;
  } catch (cause) {
    throw new SwitcharooError(
      secretMissing(resolving.target, referenceText(reference), causeText(cause)),
      {
        cause,
      },
    );
  }
}

/** Parameter Store gives only the name of its error; the SDK writes UnknownError for a missing text. */
function causeText(cause: unknown): string {
  if (!(cause instanceof Error)) {
    return String(cause);
  }
  const isSilent = cause.message === '' || cause.message === 'UnknownError';
  return isSilent ? cause.name : cause.message.replace(/\.$/, '');
}

async function secretOf(reference: Reference, {environment, signal}: Resolving): Promise<string> {
  if ('env' in reference) {
    return present(environment[reference.env], 'it is not set in the environment');
  }
  if ('file' in reference) {
    return present(readFileSync(reference.file, 'utf8').replace(/\r?\n$/, ''), 'the file is empty');
  }
  // Loaded only where a reference asks for it: each client costs tens of milliseconds.
  if ('ssm' in reference) {
    const {SSMClient, GetParameterCommand} = await import('@aws-sdk/client-ssm');
    const client = new SSMClient(await clientSettings(reference.region));
    const command = new GetParameterCommand({Name: reference.ssm, WithDecryption: true});
    const {Parameter} = await client.send(command, {abortSignal: signal});
    return present(Parameter?.Value, 'the parameter has no value');
  }
  const {SecretsManagerClient, GetSecretValueCommand} = await import(
    '@aws-sdk/client-secrets-manager'
  );
  const client = new SecretsManagerClient(await clientSettings(reference.region));
  const command = new GetSecretValueCommand({SecretId: reference.secretsManager});
  const {SecretString} = await client.send(command, {abortSignal: signal});
  return present(SecretString, 'the secret has no text');
}

async function clientSettings(region: string | undefined) {
  const agent = await proxyAgent({keepAlive: false});
  return {
    ...(region === undefined ? {} : {region}),
    requestHandler: {
      ...{connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true},
      ...(agent === undefined ? {} : {httpAgent: agent, httpsAgent: agent}),
    },
  };
}

function present(value: string | undefined, otherwise: string): string {
  if (value === undefined || value === '') {
    throw new Error(otherwise);
  }
  return value;
}

const referenceText = (reference: Reference): string =>
  Object.entries(reference)
    .map(([kind, where]) => `${kind} ${where}`)
    .join(', ');
