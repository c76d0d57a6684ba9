export interface AwsRequest {
  readonly method: string;
  /** Without the query, undecoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body as it came: an object of S3 need not be text. */
  readonly bytes: Uint8Array;
}

export interface AwsReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** One AWS service of the lab, behind the endpoint. */
export interface AwsService {
  /** The service's name in the credential scope: `route53`, `rds`, `ecs`, `elasticloadbalancing`. */
  readonly signingName: string;
  /** Answers a request whose signature was verified. Throws an `AwsError` for what AWS would refuse. */
  handle(request: AwsRequest): Promise<AwsReply>;
  /** The operation's name, for services whose protocol does not carry it. */
  operationOf?(request: AwsRequest): string;
}
