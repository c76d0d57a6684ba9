import type {ApplicationAutoScalingClient} from '@aws-sdk/client-application-auto-scaling';
import type {CloudWatchClient} from '@aws-sdk/client-cloudwatch';
import type {CloudWatchLogsClient} from '@aws-sdk/client-cloudwatch-logs';
import type {ECSClient} from '@aws-sdk/client-ecs';
import type {ElasticLoadBalancingV2Client} from '@aws-sdk/client-elastic-load-balancing-v2';
import type {ServiceQuotasClient} from '@aws-sdk/client-service-quotas';
import {type AwsClients, awsClients, type LazyAwsClients} from '../../aws/index.ts';
import type {ServiceConfig} from '../contract.ts';
import {askEcs} from './problems.ts';

export type Ecs = AwsClients<typeof import('@aws-sdk/client-ecs'), ECSClient>;
type Balancing = AwsClients<
  typeof import('@aws-sdk/client-elastic-load-balancing-v2'),
  ElasticLoadBalancingV2Client
>;
type Logs = AwsClients<typeof import('@aws-sdk/client-cloudwatch-logs'), CloudWatchLogsClient>;
type Metrics = AwsClients<typeof import('@aws-sdk/client-cloudwatch'), CloudWatchClient>;
type Scaling = AwsClients<
  typeof import('@aws-sdk/client-application-auto-scaling'),
  ApplicationAutoScalingClient
>;
type Quotas = AwsClients<typeof import('@aws-sdk/client-service-quotas'), ServiceQuotasClient>;
type Call<Clients, Result> = (clients: Clients) => Promise<Result>;

/** The services of AWS around one ECS service. Each SDK is loaded with its first call; a refusal names the service. */
export class ServiceAccess {
  readonly config: ServiceConfig;
  readonly #ecs;
  readonly #balancing;
  readonly #logs;
  readonly #metrics;
  readonly #scaling;
  readonly #quotas;

  constructor(config: ServiceConfig) {
    this.config = config;
    this.#ecs = awsClients(
      config,
      () => import('@aws-sdk/client-ecs'),
      (sdk, settings) => new sdk.ECSClient(settings),
    );
    this.#balancing = awsClients(
      config,
      () => import('@aws-sdk/client-elastic-load-balancing-v2'),
      (sdk, settings) => new sdk.ElasticLoadBalancingV2Client(settings),
    );
    this.#logs = awsClients(
      config,
      () => import('@aws-sdk/client-cloudwatch-logs'),
      (sdk, settings) => new sdk.CloudWatchLogsClient(settings),
    );
    this.#metrics = awsClients(
      config,
      () => import('@aws-sdk/client-cloudwatch'),
      (sdk, settings) => new sdk.CloudWatchClient(settings),
      {reads: 'slow'},
    );
    this.#scaling = awsClients(
      config,
      () => import('@aws-sdk/client-application-auto-scaling'),
      (sdk, settings) => new sdk.ApplicationAutoScalingClient(settings),
    );
    this.#quotas = awsClients(
      config,
      () => import('@aws-sdk/client-service-quotas'),
      (sdk, settings) => new sdk.ServiceQuotasClient(settings),
    );
  }

  ecs<Result>(call: Call<Ecs, Result>): Promise<Result> {
    return this.#ask(this.#ecs, call);
  }

  balancing<Result>(call: Call<Balancing, Result>): Promise<Result> {
    return this.#ask(this.#balancing, call);
  }

  logs<Result>(call: Call<Logs, Result>): Promise<Result> {
    return this.#ask(this.#logs, call);
  }

  metrics<Result>(call: Call<Metrics, Result>): Promise<Result> {
    return this.#ask(this.#metrics, call);
  }

  scaling<Result>(call: Call<Scaling, Result>): Promise<Result> {
    return this.#ask(this.#scaling, call);
  }

  quotas<Result>(call: Call<Quotas, Result>): Promise<Result> {
    return this.#ask(this.#quotas, call);
  }

  async close(): Promise<void> {
    const services = [
      this.#ecs,
      this.#balancing,
      this.#logs,
      this.#metrics,
      this.#scaling,
      this.#quotas,
    ];
    await Promise.all(services.map((service) => service.close()));
  }

  #ask<Sdk, Client, Result>(
    service: LazyAwsClients<Sdk, Client>,
    call: Call<AwsClients<Sdk, Client>, Result>,
  ): Promise<Result> {
    return askEcs(this.config, async () => call(await service.get()));
  }
}
