import type {Action, Rule, Rules} from './elb-rules.ts';
import {AwsError} from './replies.ts';

interface Condition {
  readonly Field?: string;
  readonly HostHeaderConfig?: {readonly Values?: {readonly member?: readonly string[]}};
  readonly PathPatternConfig?: {readonly Values?: {readonly member?: readonly string[]}};
}

export interface NewRule {
  readonly Priority?: string;
  readonly Conditions?: {readonly member?: readonly Condition[]};
  readonly Actions?: {readonly member?: readonly Action[]};
}

/** A load balancer's default quotas: values of the conditions of a rule, and rules beside the defaults. */
const [mostValues, mostRules] = [5, 100];
const longestBody = 1_024;

/** What CreateRule refuses, and the rule that it makes otherwise (API reference, CreateRule and its types). */
export function newRule(rules: Rules, input: NewRule): Omit<Rule, 'arn'> & {priority: number} {
  const priority = Number(input.Priority);
  const valuesOf = (field: string) =>
    (input.Conditions?.member ?? []).flatMap((condition) =>
      condition.Field === field
        ? ((condition.HostHeaderConfig ?? condition.PathPatternConfig)?.Values?.member ?? [])
        : [],
    );
  const [hosts, paths] = [valuesOf('host-header'), valuesOf('path-pattern')];
  if (!(Number.isInteger(priority) && priority >= 1 && priority <= 50_000)) {
    throw new AwsError(
      'ValidationError',
      `Priority '${input.Priority}' is not between 1 and 50000`,
    );
  }
  if (hosts.length + paths.length === 0) {
    throw new AwsError('ValidationError', 'A condition must be specified');
  }
  if (hosts.length + paths.length > mostValues) {
    const says = `A rule can have at most ${mostValues} condition values`;
    throw new AwsError('ValidationError', says);
  }
  if (rules.all.some((rule) => rule.priority === priority)) {
    throw new AwsError('PriorityInUse', `Priority '${priority}' is currently in use`);
  }
  if (rules.all.length > mostRules) {
    throw new AwsError('TooManyRules', 'The maximum number of rules has been reached');
  }
  return {priority, hosts, paths, actions: input.Actions?.member ?? []};
}

export function refuseFixedResponse(actions: readonly Action[]): void {
  for (const {Type, FixedResponseConfig: fixed} of actions) {
    const {StatusCode = '', MessageBody = ''} = fixed ?? {};
    if (Type === 'fixed-response' && !/^[245]\d\d$/.test(StatusCode)) {
      throw new AwsError('ValidationError', `The status code '${StatusCode}' is not valid`);
    }
    if (MessageBody.length > longestBody) {
      throw new AwsError(
        'ValidationError',
        `1 validation error detected: Value at 'actions.1.member.fixedResponseConfig.messageBody' failed to satisfy constraint: Member must have length less than or equal to ${longestBody}`,
      );
    }
  }
}
