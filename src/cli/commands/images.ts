/** `container=repository=tag`, for one service where it is named before: `api:container=repository=tag`. */
export interface ImageWords {
  readonly service?: string;
  readonly container: string;
  readonly repository: string;
  readonly tag: string;
}

/** Reads the words; nothing when they are not of that form. */
export function imageWords(text: string): ImageWords | undefined {
  const match = /^(?:([^:=]+):)?([^:=]+)=([^=:]+)=([^=:]+)$/.exec(text);
  const [, service, container = '', repository = '', tag = ''] = match ?? [];
  return match
    ? {container, repository, tag, ...(service === undefined ? {} : {service})}
    : undefined;
}
