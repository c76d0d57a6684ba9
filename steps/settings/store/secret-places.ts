import type {SecretsManagerClient} from '@aws-sdk/client-secrets-manager';
import type {SSMClient} from '@aws-sdk/client-ssm';
import {SwitcharooError} from '../../../src/index.ts';
import {type AwsConfig, awsClients, type LazyAwsClients} from '../../aws/index.ts';
import type {Reference} from './members.ts';
import {referenceNotFound} from './problems.ts';

type Ssm = typeof import('@aws-sdk/client-ssm');
type SecretsManager = typeof import('@aws-sdk/client-secrets-manager');

/** Parameter Store and Secrets Manager: asked for the ARN behind a name, and never for a value. */
export class SecretPlaces {
  readonly #target: string;
  readonly #ssm: LazyAwsClients<Ssm, SSMClient>;
  readonly #secretsManager: LazyAwsClients<SecretsManager, SecretsManagerClient>;

  constructor(target: string, config: AwsConfig) {
    this.#target = target;
    this.#ssm = awsClients(
      config,
      () => import('@aws-sdk/client-ssm'),
      (sdk, settings) => new sdk.SSMClient(settings),
    );
    this.#secretsManager = awsClients(
      config,
      () => import('@aws-sdk/client-secrets-manager'),
      (sdk, settings) => new sdk.SecretsManagerClient(settings),
    );
  }

  async valueFrom(reference: Reference, signal: AbortSignal): Promise<string> {
    const [kind, name, arn] =
      'ssm' in reference
        ? (['parameter', reference.ssm, await this.#parameter(reference.ssm, signal)] as const)
        : ([
            'secret',
            reference.secretsManager,
            await this.#secret(reference.secretsManager, reference.key, signal),
          ] as const);
    if (arn === undefined) {
      throw new SwitcharooError(referenceNotFound(this.#target, kind, name));
    }
    return arn;
  }

  async close(): Promise<void> {
    await Promise.all([this.#ssm.close(), this.#secretsManager.close()]);
  }

  #parameter(name: string, abortSignal: AbortSignal): Promise<string | undefined> {
    return this.#ssm.ask(`settings ${this.#target}`, async ({sdk, reading}) => {
      const ParameterFilters = [{Key: 'Name', Option: 'Equals', Values: [name]}];
      // The first pages may be empty: Parameter Store filters what it has read (SSM API, DescribeParameters).
      const pages = sdk.paginateDescribeParameters(
        {client: reading},
        {ParameterFilters},
        {abortSignal},
      );
      for await (const {Parameters = []} of pages) {
        const [parameter] = Parameters;
        if (parameter) {
          return parameter.ARN;
        }
      }
      return undefined;
    });
  }

  /** With the current version: a later one must not reach tasks of this revision (ECS reads it at each start). */
  #secret(
    id: string,
    key: string | undefined,
    abortSignal: AbortSignal,
  ): Promise<string | undefined> {
    return this.#secretsManager.ask(`settings ${this.#target}`, async ({sdk, reading}) => {
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
  }
}
