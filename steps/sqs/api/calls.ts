import type {SQSClient} from '@aws-sdk/client-sqs';
import {type AwsClients, type AwsConfig, awsClients, type LazyAwsClients} from '../../aws/index.ts';
import type {QueueCounts, SqsReader} from '../contract.ts';

type Sdk = typeof import('@aws-sdk/client-sqs');
type Clients = AwsClients<Sdk, SQSClient>;

/** SQS through the AWS SDK, which is loaded with the first call. */
export class SqsCalls implements SqsReader {
  readonly name: string;
  readonly isLocal: boolean;
  readonly #clients: LazyAwsClients<Sdk, SQSClient>;
  readonly #urls = new Map<string, string>();

  constructor(name: string, config: AwsConfig) {
    this.name = name;
    this.isLocal = isOnLoopback(config.endpoints?.['sqs'] ?? config.endpoint);
    this.#clients = awsClients(
      config,
      () => import('@aws-sdk/client-sqs'),
      (sdk, settings) => new sdk.SQSClient(settings),
    );
  }

  async counts(queue: string, abortSignal: AbortSignal): Promise<QueueCounts | undefined> {
    return this.#ask(async ({sdk, reading}) => {
      try {
        const QueueUrl = await this.#url({sdk, reading}, queue, abortSignal);
        const command = new sdk.GetQueueAttributesCommand({
          QueueUrl,
          AttributeNames: [
            'ApproximateNumberOfMessages',
            'ApproximateNumberOfMessagesNotVisible',
            'ApproximateNumberOfMessagesDelayed',
          ],
        });
        const {Attributes: counts = {}} = await reading.send(command, {abortSignal});
        return {
          waiting: Number(counts.ApproximateNumberOfMessages),
          inFlight: Number(counts.ApproximateNumberOfMessagesNotVisible),
          delayed: Number(counts.ApproximateNumberOfMessagesDelayed),
        };
      } catch (error) {
        if (error instanceof sdk.QueueDoesNotExist) {
          this.#urls.delete(queue);
          return undefined;
        }
        throw error;
      }
    });
  }

  async names(abortSignal: AbortSignal): Promise<readonly string[]> {
    return this.#ask(async ({sdk, reading}) => {
      const command = new sdk.ListQueuesCommand({MaxResults: 100});
      const {QueueUrls: urls = []} = await reading.send(command, {abortSignal});
      return urls.map((url) => url.slice(url.lastIndexOf('/') + 1));
    });
  }

  close(): Promise<void> {
    return this.#clients.close();
  }

  async #url(
    {sdk, reading}: Pick<Clients, 'sdk' | 'reading'>,
    QueueName: string,
    abortSignal: AbortSignal,
  ): Promise<string> {
    const known = this.#urls.get(QueueName);
    if (known !== undefined) {
      return known;
    }
    const command = new sdk.GetQueueUrlCommand({QueueName});
    const {QueueUrl = ''} = await reading.send(command, {abortSignal});
    this.#urls.set(QueueName, QueueUrl);
    return QueueUrl;
  }

  #ask<Result>(call: (clients: Clients) => Promise<Result>): Promise<Result> {
    return this.#clients.ask(`SQS (${this.name})`, call);
  }
}

/** No part of AWS is on this machine. */
const isOnLoopback = (endpoint: string | undefined): boolean =>
  endpoint !== undefined && /^(127\.|localhost$)/.test(new URL(endpoint).hostname);
