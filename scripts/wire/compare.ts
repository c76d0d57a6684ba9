import {parseXML} from '@aws-sdk/xml-builder';
import {modelOf, type OperationModel, type ServiceModel} from './models.ts';
import {jsonWire, type Mismatches, mismatches, xmlWire} from './shapes.ts';

/** A line of the record of the lab's AWS. */
export interface Exchange {
  readonly service: string;
  readonly operation: string;
  readonly request: {readonly body: string};
  readonly reply: {readonly status: number; readonly body: string | null};
}

export type Comparison =
  | {readonly kind: 'compared'; readonly mismatches: Mismatches}
  | {readonly kind: 'not-compared'; readonly because: string};

/** Compares an exchange with the model of its service that the SDK has. */
export async function compare(exchange: Exchange): Promise<Comparison> {
  const model = await modelOf(exchange.service);
  if (!model) {
    return {kind: 'not-compared', because: `no model of ${exchange.service} is installed`};
  }
  const {status, body} = exchange.reply;
  if (status >= 400) {
    return {kind: 'compared', mismatches: inError(model, exchange)};
  }
  const operation = model.operation(exchange.operation);
  if (!operation) {
    return {kind: 'compared', mismatches: [`${exchange.operation} is not in the model`]};
  }
  if (body === null) {
    return {kind: 'not-compared', because: 'the answer is no text'};
  }
  const of =
    model.protocol === 'json' ? inJson(operation, exchange) : inXml(model, operation, exchange);
  return {kind: 'compared', mismatches: of};
}

const inJson = ({input, output}: OperationModel, {request, reply}: Exchange): Mismatches => [
  ...mismatches(jsonWire, input, JSON.parse(request.body || '{}'), 'request'),
  ...(output.isUnitSchema()
    ? inNothing(reply)
    : mismatches(jsonWire, output, jsonIn(reply), 'answer')),
];

/** Of an operation that answers with nothing. */
const inNothing = (reply: Exchange['reply']): Mismatches =>
  Object.keys(jsonIn(reply)).map((name) => `answer.${name} is not in the model`);

const jsonIn = ({body}: Exchange['reply']): object => JSON.parse(body || '{}');

function inXml(
  {protocol}: ServiceModel,
  {output}: OperationModel,
  {operation, reply}: Exchange,
): Mismatches {
  const [, payload] =
    [...output.structIterator()].find(([, member]) => member.getMergedTraits().httpPayload) ?? [];
  // The content of an object in S3 is its own.
  if (payload?.isBlobSchema() || !reply.body) {
    return [];
  }
  const [[root = '', content] = []] = Object.entries(parseXML(reply.body));
  if (protocol === 'rest-xml') {
    return mismatches(xmlWire, payload ?? output, content, root);
  }
  const {[`${operation}Result`]: result, ...rest} = (content ?? {}) as Record<string, unknown>;
  const beside = Object.keys(rest).filter((name) => !['ResponseMetadata', 'xmlns'].includes(name));
  return [
    ...(root === `${operation}Response` ? [] : [`the root is ${root}`]),
    ...beside.map((name) => `${root}.${name} is not in the model`),
    ...mismatches(xmlWire, output, result ?? '', `${operation}Result`),
  ];
}

/** The status of an error that the model has; JSON services answer 400 in any case (SSM's ParameterNotFound, 404). */
function inError(model: ServiceModel, {reply}: Exchange): Mismatches {
  const body = reply.body ?? '';
  const [, code = ''] =
    (model.protocol === 'json' ? /"__type":"([^"]+)"/ : /<Code>([^<]+)</).exec(body) ?? [];
  const status = model.protocol === 'json' ? undefined : model.errorStatus(code);
  return [
    // The answer to a HEAD has no content.
    ...(code === '' && body !== '' ? ['the error has no code'] : []),
    ...(status === undefined || status === reply.status
      ? []
      : [`${code} has status ${reply.status}, and ${status} in the model`]),
  ];
}
