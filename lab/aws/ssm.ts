import {type JsonInput, jsonService, pageOf} from './json-service.ts';
import {arnIn} from './partition.ts';
import {AwsError} from './replies.ts';
import type {AwsService} from './service.ts';

interface Calendar {
  readonly state: 'OPEN' | 'CLOSED';
  /** In ISO 8601, as AWS says it. */
  readonly nextTransitionTime?: string;
}

interface SsmOptions {
  /** SecureString parameters by name. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Change calendars by ARN. */
  readonly calendars?: Readonly<Record<string, Calendar>>;
  readonly region?: string;
  readonly accountId?: string;
}

interface Ssm extends AwsService {
  /** What a container agent is given that may decrypt it, by name or ARN. */
  valueOf(nameOrArn: string): string | undefined;
  /** From now on a calendar says this. */
  setCalendar(arn: string, calendar: Calendar): void;
}

/** The Parameter Store of the lab. */
export function createSsm({
  parameters,
  calendars = {},
  region = 'us-east-1',
  accountId = '123456789012',
}: SsmOptions): Ssm {
  const stored = new Map(
    Object.entries(parameters).map(([name, value]) => [
      name,
      {Name: name, Type: 'SecureString', Value: value, Version: 1, LastModifiedDate: now()},
    ]),
  );
  const known = new Map(Object.entries(calendars));
  const arnOf = (name: string) =>
    `${arnIn(region)}:ssm:${region}:${accountId}:parameter${name.startsWith('/') ? '' : '/'}${name}`;
  const find = (nameOrArn: unknown) =>
    [...stored.values()].find(({Name}) => nameOrArn === Name || nameOrArn === arnOf(Name));

  const shown = (nameOrArn: unknown, {WithDecryption}: JsonInput) => {
    const parameter = find(nameOrArn);
    return (
      parameter && {
        ...parameter,
        Value: WithDecryption === true ? parameter.Value : encrypted(parameter.Value),
        ARN: arnOf(parameter.Name),
        DataType: 'text',
      }
    );
  };

  const service = jsonService('ssm', 'AmazonSSM.', {
    GetParameter: (input) => {
      const Parameter = shown(input['Name'], input);
      if (!Parameter) {
        throw new AwsError('ParameterNotFound', '');
      }
      return {Parameter};
    },
    GetParameters: (input) => {
      const names = (input['Names'] ?? []) as readonly string[]; // the SDK sends a list
      return {
        Parameters: names.flatMap((name) => shown(name, input) ?? []),
        InvalidParameters: names.filter((name) => !find(name)),
      };
    },
    GetCalendarState: (input) => {
      const names = (input['CalendarNames'] ?? []) as readonly string[]; // the SDK sends a list
      const asked = names.map((name) => {
        const calendar = known.get(name);
        if (!calendar) {
          throw new AwsError('InvalidDocument', `Document ${name} does not exist.`);
        }
        return calendar;
      });
      const closed = asked.find(({state}) => state === 'CLOSED');
      return {
        State: closed ? 'CLOSED' : 'OPEN',
        AtTime: new Date().toISOString(),
        NextTransitionTime: (closed ?? asked[0])?.nextTransitionTime,
      };
    },
    DescribeParameters: (input) => {
      const filters = (input['ParameterFilters'] ?? []) as readonly {
        readonly Key: string;
        readonly Values: readonly string[];
      }[];
      const names = filters.find(({Key}) => Key === 'Name')?.Values;
      const selected = [...stored.values()].filter(({Name}) => names?.includes(Name) ?? true);
      const size = Number(input['MaxResults'] ?? 10);
      const {page, next} = pageOf(selected, {size, token: input['NextToken']});
      return {
        Parameters: page.map(({Value: _, ...rest}) => ({...rest, ARN: arnOf(rest.Name)})),
        NextToken: next,
      };
    },
  });
  return {
    ...service,
    setCalendar: (arn, calendar) => void known.set(arn, calendar),
    valueOf: (nameOrArn) => find(nameOrArn)?.Value,
  };
}

const now = (): number => Date.now() / 1_000;
const encrypted = (value: string): string => `AQICAHh${Buffer.from(value).toString('hex')}==`;
