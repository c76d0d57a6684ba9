import {randomUUID} from 'node:crypto';
import {pageOf} from './json-service.ts';
import {arnIn} from './partition.ts';
import {AwsError} from './replies.ts';
import type {AwsReply, AwsRequest, AwsService} from './service.ts';

/** A schedule, with the fields of the API. */
export interface LabSchedule {
  readonly GroupName: string;
  readonly Name: string;
  readonly State: 'ENABLED' | 'DISABLED';
  readonly [field: string]: unknown;
}

interface LabScheduler extends AwsService {
  schedules(): readonly LabSchedule[];
}

const routes = [
  {operation: 'GetSchedule', method: 'GET', path: /^\/schedules\/([^/]+)$/},
  {operation: 'UpdateSchedule', method: 'PUT', path: /^\/schedules\/([^/]+)$/},
  {operation: 'ListSchedules', method: 'GET', path: /^\/schedules$/},
] as const;

/** EventBridge Scheduler: REST with JSON. */
export function createScheduler(initial: readonly LabSchedule[]): LabScheduler {
  const all = new Map(initial.map((schedule) => [keyOf(schedule), shown(schedule)]));
  return {
    signingName: 'scheduler',
    operationOf: (request) => routeOf(request)?.operation ?? `${request.method} ${request.path}`,
    handle: async (request) => {
      const {operation, name = ''} = routeOf(request) ?? {};
      switch (operation) {
        case 'GetSchedule':
          return restJson(existing(all, {name, group: request.query.get('groupName')}));
        case 'UpdateSchedule':
          return restJson(update(all, name, JSON.parse(request.body) as Partial<LabSchedule>));
        case 'ListSchedules':
          return restJson(list([...all.values()], request.query));
        default:
          throw new AwsError(
            'UnknownOperationException',
            `${request.path} is not of this lab.`,
            404,
          );
      }
    },
    schedules: () => [...all.values()],
  };
}

function routeOf({method, path}: AwsRequest) {
  for (const route of routes) {
    const [whole, name] = route.path.exec(path) ?? [];
    if (whole !== undefined && route.method === method) {
      return {operation: route.operation, name: decodeURIComponent(name ?? '')};
    }
  }
  return undefined;
}

const keyOf = ({GroupName, Name}: Pick<LabSchedule, 'GroupName' | 'Name'>): string =>
  `${GroupName}/${Name}`;

const shown = (schedule: LabSchedule): LabSchedule => ({
  Arn: `${arnIn('us-east-1')}:scheduler:us-east-1:123456789012:schedule/${keyOf(schedule)}`,
  CreationDate: Date.now() / 1_000,
  LastModificationDate: Date.now() / 1_000,
  ...schedule,
});

function existing(
  all: ReadonlyMap<string, LabSchedule>,
  {name, group}: {readonly name: string; readonly group: string | null},
): LabSchedule {
  const schedule = all.get(`${group ?? 'default'}/${name}`);
  if (!schedule) {
    throw new AwsError('ResourceNotFoundException', `Schedule ${name} does not exist.`, 404);
  }
  return schedule;
}

/** All that is not sent gets its default value, as the API does it. */
function update(all: Map<string, LabSchedule>, name: string, sent: Partial<LabSchedule>): object {
  const was = existing(all, {name, group: sent.GroupName ?? null});
  for (const field of ['ScheduleExpression', 'Target', 'FlexibleTimeWindow']) {
    if (sent[field] === undefined) {
      throw new AwsError('ValidationException', `${field} must not be null.`);
    }
  }
  const start = sent['StartDate'];
  if (typeof start === 'number' && start * 1_000 < Date.now() - 5 * 60_000) {
    throw new AwsError(
      'ValidationException',
      'The StartDate you specify cannot be earlier than 5 minutes ago.',
    );
  }
  const {ClientToken: _token, ...fields} = sent;
  const {Arn, CreationDate, GroupName} = was;
  const defaults = {State: 'ENABLED', ScheduleExpressionTimezone: 'UTC'} as const;
  const own = {Arn, CreationDate, LastModificationDate: Date.now() / 1_000, GroupName, Name: name};
  all.set(keyOf(was), {...defaults, ...fields, ...own});
  return {ScheduleArn: Arn};
}

function list(all: readonly LabSchedule[], query: URLSearchParams): object {
  const group = query.get('ScheduleGroup');
  const chosen = all.filter(({GroupName}) => group === null || GroupName === group);
  if (group !== null && group !== 'default' && chosen.length === 0) {
    throw new AwsError('ResourceNotFoundException', `Schedule group ${group} does not exist.`, 404);
  }
  const size = Number(query.get('MaxResults') ?? 100);
  const {page, next} = pageOf(chosen, {size, token: query.get('NextToken') ?? undefined});
  return {
    Schedules: page.map(({Arn, Name, GroupName, State}) => ({Arn, Name, GroupName, State})),
    ...(next === undefined ? {} : {NextToken: next}),
  };
}

const restJson = (value: object): AwsReply => ({
  status: 200,
  headers: {'content-type': 'application/json', 'x-amzn-requestid': randomUUID()},
  body: JSON.stringify(value),
});
