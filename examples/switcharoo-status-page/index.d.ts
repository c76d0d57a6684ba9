import type {Step, TargetKind} from 'switcharoo';

export interface StatusPageReader {
  readonly name: string;
  /** The message on the page; `null`: none. */
  message(signal: AbortSignal): Promise<string | null>;
}

export interface StatusPageWriter extends StatusPageReader {
  show(message: string | null, signal: AbortSignal): Promise<void>;
}

export const statusPage: TargetKind<'status-page', StatusPageReader, StatusPageWriter>;
export const announce: Step<
  {page: typeof statusPage},
  {text: string},
  {message: string | null},
  Record<never, never>
>;
