import {randomUUID} from 'node:crypto';
import type {AwsReply, AwsRequest} from './service.ts';

/** What AWS refuses. A service throws it; the endpoint words it in the service's own protocol. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  /** What its shape holds beside code and message. */
  readonly details: Readonly<Record<string, string>>;

  constructor(
    code: string,
    message: string,
    status = 400,
    details: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.details = details;
    this.name = 'AwsError';
    this.code = code;
    this.status = status;
  }
}

/** What becomes XML: an array repeats its element, `undefined` leaves it out. */
export type XmlTree = string | number | boolean | XmlElements;
export interface XmlElements {
  readonly [element: string]: XmlContent;
}
type XmlContent = XmlTree | readonly XmlTree[] | undefined;

/** How one family of AWS services says which operation is meant, and what went wrong. */
export interface Protocol {
  operationOf(request: AwsRequest): string;
  errorReply(error: AwsError): AwsReply;
  /** The family's own names for what every service refuses alike. */
  readonly refusals: Readonly<Record<Refusal, {readonly code: string; readonly status: number}>>;
}
type Refusal =
  | 'unknownKey'
  | 'wrongSignature'
  | 'wrongTime'
  | 'sessionOver'
  | 'unsigned'
  | 'denied'
  | 'throttled'
  | 'broken';

export function xmlReply(root: string, namespace: string, tree: XmlTree, status = 200): AwsReply {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${namespace}">${xmlOf(tree)}</${root}>`;
  return {status, headers: {'content-type': 'text/xml', 'x-amzn-requestid': randomUUID()}, body};
}

/** The answer of a query service (RDS, ELB): the result wrapped as every action wraps it. */
export function queryReply(action: string, namespace: string, result: XmlTree): AwsReply {
  return xmlReply(`${action}Response`, namespace, {
    [`${action}Result`]: result,
    ResponseMetadata: {RequestId: randomUUID()},
  });
}

export function jsonReply(value: unknown, status = 200): AwsReply {
  const headers = {'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID()};
  return {status, headers, body: JSON.stringify(value)};
}

export const refusal = (protocol: Protocol, kind: Refusal, message: string): AwsError =>
  new AwsError(protocol.refusals[kind].code, message, protocol.refusals[kind].status);

/** Route 53's family: the operation is in method and path, which the service itself must read. */
export const restXml = (namespace: string): Protocol => ({
  operationOf: ({method, path}) => `${method} ${path}`,
  errorReply: ({code, message, status}) =>
    xmlReply('ErrorResponse', namespace, errorTree(code, message, status), status),
  refusals: {
    ...xmlRefusals,
    broken: {code: 'ServiceUnavailable', status: 503},
  },
});

const actionOf = ({body}: AwsRequest): string => new URLSearchParams(body).get('Action') ?? '';

/** The family of RDS and Elastic Load Balancing: a form with an `Action`, and XML back. */
export const query = (namespace: string): Protocol => ({
  operationOf: actionOf,
  errorReply: ({code, message, status}) =>
    xmlReply('ErrorResponse', namespace, errorTree(code, message, status), status),
  refusals: xmlRefusals,
});

/** EC2's own kind of query: its errors are wrapped otherwise. */
export const ec2Query: Protocol = {
  operationOf: actionOf,
  errorReply: ({code, message, status}) => ({
    status,
    headers: {'content-type': 'text/xml'},
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Response>${xmlOf({Errors: {Error: {Code: code, Message: message}}, RequestID: randomUUID()})}</Response>`,
  }),
  refusals: {
    unknownKey: {code: 'AuthFailure', status: 401},
    wrongSignature: {code: 'SignatureDoesNotMatch', status: 403},
    wrongTime: {code: 'RequestExpired', status: 400},
    sessionOver: {code: 'RequestExpired', status: 400},
    unsigned: {code: 'MissingAuthenticationToken', status: 403},
    denied: {code: 'UnauthorizedOperation', status: 403},
    throttled: {code: 'RequestLimitExceeded', status: 503},
    broken: {code: 'InternalError', status: 500},
  },
};

/** S3's own: like Route 53's, but the error is not wrapped, and the answer to a HEAD has no body. */
export const s3Xml: Protocol = {
  operationOf: ({method, path}) => `${method} ${path}`,
  errorReply: ({code, message, status}) => ({
    status,
    headers: {'content-type': 'application/xml', 'x-amz-request-id': requestId()},
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${xmlOf({Code: code, Message: message, RequestId: requestId()})}</Error>`,
  }),
  refusals: {
    unknownKey: {code: 'InvalidAccessKeyId', status: 403},
    wrongSignature: {code: 'SignatureDoesNotMatch', status: 403},
    wrongTime: {code: 'RequestTimeTooSkewed', status: 403},
    sessionOver: {code: 'ExpiredToken', status: 400},
    unsigned: {code: 'AccessDenied', status: 403},
    denied: {code: 'AccessDenied', status: 403},
    throttled: {code: 'SlowDown', status: 503},
    broken: {code: 'InternalError', status: 500},
  },
};

const requestId = (): string => randomUUID().replaceAll('-', '').slice(0, 16).toUpperCase();

/** The family of ECS: the operation is in a header, and all its refusals are 400. */
export const json11: Protocol = {
  operationOf: ({headers}) => headers['x-amz-target']?.split('.').at(-1) ?? '',
  errorReply: ({code, message, status, details}) =>
    jsonReply({__type: code, message, ...details}, status),
  refusals: {
    unknownKey: {code: 'UnrecognizedClientException', status: 400},
    wrongSignature: {code: 'InvalidSignatureException', status: 400},
    wrongTime: {code: 'InvalidSignatureException', status: 400},
    sessionOver: {code: 'ExpiredTokenException', status: 400},
    unsigned: {code: 'MissingAuthenticationTokenException', status: 400},
    denied: {code: 'AccessDeniedException', status: 400},
    throttled: {code: 'ThrottlingException', status: 400},
    broken: {code: 'ServerException', status: 500},
  },
};

/** The same with another content type: CloudWatch. */
export const json10: Protocol = {
  ...json11,
  errorReply: (error) => json10Reply(json11.errorReply(error)),
};

/** REST with JSON: the operation is in method and path, and the name of an error in a header. */
export const restJson: Protocol = {
  operationOf: ({method, path}) => `${method} ${path}`,
  errorReply: ({code, message, status}) => ({
    status,
    headers: {
      'content-type': 'application/json',
      'x-amzn-requestid': randomUUID(),
      'x-amzn-errortype': code,
    },
    body: JSON.stringify({Message: message}),
  }),
  refusals: {
    unknownKey: {code: 'UnrecognizedClientException', status: 403},
    wrongSignature: {code: 'InvalidSignatureException', status: 403},
    wrongTime: {code: 'InvalidSignatureException', status: 403},
    sessionOver: {code: 'ExpiredTokenException', status: 403},
    unsigned: {code: 'MissingAuthenticationTokenException', status: 403},
    denied: {code: 'AccessDeniedException', status: 403},
    throttled: {code: 'ThrottlingException', status: 429},
    broken: {code: 'InternalServerException', status: 500},
  },
};

export const json10Reply = (reply: AwsReply): AwsReply => ({
  ...reply,
  headers: {...reply.headers, 'content-type': 'application/x-amz-json-1.0'},
});

const xmlRefusals = {
  unknownKey: {code: 'InvalidClientTokenId', status: 403},
  wrongSignature: {code: 'SignatureDoesNotMatch', status: 403},
  wrongTime: {code: 'SignatureDoesNotMatch', status: 403},
  sessionOver: {code: 'ExpiredToken', status: 403},
  unsigned: {code: 'MissingAuthenticationToken', status: 403},
  denied: {code: 'AccessDenied', status: 403},
  // Throttling is a 400, not a 429 (Route 53 developer guide, DNSLimitations).
  throttled: {code: 'Throttling', status: 400},
  broken: {code: 'InternalFailure', status: 500},
} as const;

const errorTree = (code: string, message: string, status: number): XmlTree => ({
  Error: {Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message},
  RequestId: randomUUID(),
});

function xmlOf(tree: XmlTree): string {
  if (typeof tree !== 'object') {
    return escaped(String(tree));
  }
  return Object.entries(tree)
    .flatMap(([name, content]) =>
      [content ?? []].flat().map((child: XmlTree) => `<${name}>${xmlOf(child)}</${name}>`),
    )
    .join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};
const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => entities[sign] ?? sign);
