import {createHash, randomUUID} from 'node:crypto';
import {type JsonInput, jsonService} from './json-service.ts';
import {AwsError, json10Reply} from './replies.ts';
import type {AwsService} from './service.ts';

interface LabMessage {
  readonly id: string;
  readonly body: string;
  /** Until then no consumer can take it: it is delayed, or in flight. */
  hiddenUntilMs: number;
  receipt: string | undefined;
}

/** SQS of the lab: standard queues, with messages that are delayed, taken, and deleted. */
export interface LabSqs extends AwsService {
  send(queue: string, body: string): void;
  /** Takes a message and deletes it at once; `undefined` where none waits. */
  take(queue: string): string | undefined;
  /** The texts of all messages, of every state. */
  bodies(queue: string): readonly string[];
  /** How many messages it has, of every state. */
  length(queue: string): number;
}

export function createSqs(names: readonly string[]): LabSqs {
  const queues = new Map(names.map((name): [string, LabMessage[]] => [name, []]));
  const service = jsonService('sqs', 'AmazonSQS.', {
    GetQueueUrl: ({QueueName}) => ({QueueUrl: urlOf(existing(queues, QueueName).name)}),
    ListQueues: ({QueueNamePrefix}) => ({
      QueueUrls: [...queues.keys()]
        .filter((name) => name.startsWith(`${QueueNamePrefix ?? ''}`))
        .map(urlOf),
    }),
    GetQueueAttributes: (input) => ({
      Attributes: attributesOf(inUrl(queues, input).messages, input),
    }),
    SendMessage: (input) => sendTo(inUrl(queues, input).messages, input),
    ReceiveMessage: (input) => receiveFrom(inUrl(queues, input).messages, input),
    DeleteMessage: (input) => {
      const {messages} = inUrl(queues, input);
      const at = messages.findIndex(({receipt}) => receipt === input['ReceiptHandle']);
      if (at >= 0) {
        messages.splice(at, 1);
      }
      return {};
    },
  });
  return {
    ...service,
    handle: async (request) => json10Reply(await service.handle(request)),
    send: (queue, MessageBody) => void sendTo(existing(queues, queue).messages, {MessageBody}),
    take: (queue) => {
      const {messages} = existing(queues, queue);
      const at = messages.findIndex(({hiddenUntilMs}) => hiddenUntilMs <= Date.now());
      return at < 0 ? undefined : messages.splice(at, 1)[0]?.body;
    },
    bodies: (queue) => existing(queues, queue).messages.map(({body}) => body),
    length: (queue) => existing(queues, queue).messages.length,
  };
}

const urlOf = (name: string): string => `https://sqs.us-east-1.amazonaws.com/123456789012/${name}`;

function existing(queues: ReadonlyMap<string, LabMessage[]>, name: unknown) {
  const messages = queues.get(`${name}`);
  if (!messages) {
    throw new AwsError(
      'com.amazonaws.sqs#QueueDoesNotExist',
      'The specified queue does not exist.',
    );
  }
  return {name: `${name}`, messages};
}

const inUrl = (queues: ReadonlyMap<string, LabMessage[]>, {QueueUrl}: JsonInput) =>
  existing(queues, `${QueueUrl}`.slice(`${QueueUrl}`.lastIndexOf('/') + 1));

/** Exact ones, and as text. */
function attributesOf(messages: readonly LabMessage[], {AttributeNames}: JsonInput): object {
  const nowMs = Date.now();
  const hidden = messages.filter(({hiddenUntilMs}) => hiddenUntilMs > nowMs);
  const inFlight = hidden.filter(({receipt}) => receipt !== undefined).length;
  const counts: Readonly<Record<string, number>> = {
    ApproximateNumberOfMessages: messages.length - hidden.length,
    ApproximateNumberOfMessagesNotVisible: inFlight,
    ApproximateNumberOfMessagesDelayed: hidden.length - inFlight,
  };
  // A client of the SDK sends the modelled shape.
  const asked = (AttributeNames ?? []) as readonly string[];
  return Object.fromEntries(
    Object.entries(counts)
      .filter(([name]) => asked.includes(name) || asked.includes('All'))
      .map(([name, count]) => [name, `${count}`]),
  );
}

function sendTo(messages: LabMessage[], {MessageBody, DelaySeconds}: JsonInput): object {
  const body = `${MessageBody}`;
  const hiddenUntilMs = Date.now() + Number(DelaySeconds ?? 0) * 1_000;
  const id = randomUUID();
  messages.push({id, body, hiddenUntilMs, receipt: undefined});
  return {MessageId: id, MD5OfMessageBody: md5(body)};
}

function receiveFrom(messages: readonly LabMessage[], input: JsonInput): object {
  const nowMs = Date.now();
  const taken = messages
    .filter(({hiddenUntilMs}) => hiddenUntilMs <= nowMs)
    .slice(0, Number(input['MaxNumberOfMessages'] ?? 1));
  for (const message of taken) {
    message.receipt = randomUUID();
    message.hiddenUntilMs = nowMs + Number(input['VisibilityTimeout'] ?? 30) * 1_000;
  }
  return {
    Messages: taken.map(({id, body, receipt}) => ({
      ...{MessageId: id, ReceiptHandle: receipt},
      ...{Body: body, MD5OfBody: md5(body)},
    })),
  };
}

const md5 = (body: string): string => createHash('md5').update(body).digest('hex');
