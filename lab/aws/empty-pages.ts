import {queryReply} from './replies.ts';
import type {AwsReply, AwsRequest} from './service.ts';

/** The token that an empty page gives: with it, a list begins as if there had been none. */
const token = 'lab-page-after-nothing';

/** What a service calls the token in its answers. With the same name, or as a `Marker`, it is sent back. */
const tokenNames: Readonly<Record<string, string>> = {
  'application-autoscaling': 'NextToken',
  ecr: 'nextToken',
  ecs: 'nextToken',
  elasticloadbalancing: 'NextMarker',
  iam: 'Marker',
  monitoring: 'NextToken',
  rds: 'Marker',
  route53domains: 'NextPageMarker',
  secretsmanager: 'NextToken',
  ssm: 'NextToken',
};

/** `reply` as a first page of nothing, as AWS gives where it filters after it has read (SSM, ECS, CloudWatch). */
export function emptyPage(
  {service, operation}: {readonly service: string; readonly operation: string},
  reply: AwsReply,
): AwsReply {
  const name = tokenNames[service];
  if (name === undefined || reply.status !== 200) {
    return reply;
  }
  if (typeof reply.body === 'string' && reply.body.startsWith('{')) {
    const full: Readonly<Record<string, unknown>> = JSON.parse(reply.body);
    const empty = Object.entries(full).map(([field, value]) => [
      field,
      Array.isArray(value) ? [] : value,
    ]);
    return {...reply, body: JSON.stringify({...Object.fromEntries(empty), [name]: token})};
  }
  const [, namespace = ''] = /xmlns="([^"]+)"/.exec(String(reply.body)) ?? [];
  return queryReply(operation, namespace, {
    [name]: token,
    ...(service === 'iam' ? {IsTruncated: true} : {}),
  });
}

/** The request for the page after an empty one, as the request for the first page that it is. */
export function afterEmptyPage(request: AwsRequest): AwsRequest {
  if (!request.body.includes(token)) {
    return request;
  }
  if (request.body.startsWith('{')) {
    const input: Readonly<Record<string, unknown>> = JSON.parse(request.body);
    const rest = Object.entries(input).filter(([, value]) => value !== token);
    return withBody(request, JSON.stringify(Object.fromEntries(rest)));
  }
  const rest = [...new URLSearchParams(request.body)].filter(([, value]) => value !== token);
  return withBody(request, new URLSearchParams(rest).toString());
}

const withBody = (request: AwsRequest, body: string): AwsRequest => ({
  ...request,
  body,
  bytes: Buffer.from(body),
});
