/** What an API answers. No redirect is followed. */
export interface ApiAnswer {
  readonly status: number;
  /** The first megabyte. It may hold secrets: it must not reach a verdict, a plan or the journal. */
  readonly body: string;
}

/** A request that changes something. `path` begins with `/` and follows the address of the target. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: string | undefined;
}

export interface ApiReader {
  readonly name: string;
  /** `https://admin.example.com/v1` */
  readonly url: string;
  get(path: string, signal: AbortSignal): Promise<ApiAnswer>;
}

export interface ApiWriter extends ApiReader {
  send(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer>;
}
