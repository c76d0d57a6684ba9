import {AwsError, jsonReply} from './replies.ts';
import type {AwsRequest, AwsService} from './service.ts';

const target = 'Logs_20140328.';
const mostEvents = 10_000;

interface LogEvent {
  readonly timestamp: number;
  readonly ingestionTime: number;
  readonly message: string;
}

/** CloudWatch Logs, as far as reading goes: what containers wrote, line by line. */
export interface Logs extends AwsService {
  write(group: string, stream: string, line: string): void;
}

export function createLogs(options: {readonly ingestMs?: number} = {}): Logs {
  const groups = new Map<string, Map<string, LogEvent[]>>();
  return {
    signingName: 'logs',
    write: (group, stream, message) => {
      const streams = groups.get(group) ?? new Map<string, LogEvent[]>();
      groups.set(group, streams);
      const timestamp = Date.now();
      const event = {timestamp, ingestionTime: timestamp + (options.ingestMs ?? 0), message};
      streams.set(stream, [...(streams.get(stream) ?? []), event]);
    },
    handle: async (request) => jsonReply(answer(request, groups)),
  };
}

function answer(request: AwsRequest, groups: ReadonlyMap<string, ReadonlyMap<string, LogEvent[]>>) {
  const operation = request.headers['x-amz-target'] ?? '';
  if (operation !== `${target}GetLogEvents`) {
    throw new AwsError(
      'UnknownOperationException',
      `${operation} is not an operation of this lab.`,
    );
  }
  const input = JSON.parse(request.body || '{}') as Readonly<Record<string, unknown>>;
  const streams = groups.get(String(input['logGroupName']));
  if (!streams) {
    throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
  }
  const events = streams.get(String(input['logStreamName']));
  if (!events) {
    throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
  }
  return page(
    events.filter(({ingestionTime}) => ingestionTime <= Date.now()),
    input,
  );
}

/**
 * Tokens say where to go on: forward from an event, or back from one. At the end a token comes back as it was given.
 */
function page(events: readonly LogEvent[], input: Readonly<Record<string, unknown>>) {
  const limit = Math.min(Number(input['limit'] ?? mostEvents), mostEvents);
  const {nextToken: token, startFromHead} = input;
  const [way, place] = token === undefined ? [] : String(token).split('/');
  if (token !== undefined && !/^[fb]\/\d+$/.test(String(token))) {
    throw new AwsError('InvalidParameterException', 'The specified nextToken is invalid.');
  }
  const isForward = way ? way === 'f' : startFromHead === true;
  const from = isForward ? Number(place ?? 0) : Math.max(0, Number(place ?? events.length) - limit);
  const to = isForward ? Math.min(events.length, from + limit) : Number(place ?? events.length);
  return {
    events: events.slice(from, to),
    nextForwardToken: `f/${to}`,
    nextBackwardToken: `b/${from}`,
  };
}
