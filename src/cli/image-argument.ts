import {InvalidValue} from './command.ts';

/** An image for a container, of one service if it is named. */
export interface ImageArgument {
  readonly service?: string;
  readonly container: string;
  readonly repository: string;
  readonly tag: string;
}

/** Reads `container=repository=tag`, or `service:container=repository=tag`. */
export function parseImage(text: string): ImageArgument {
  const match = /^(?:([^:=]+):)?([^:=]+)=([^=:]+)=([^=:]+)$/.exec(text);
  if (!match) {
    throw new InvalidValue('Give it as container=repository=tag.');
  }
  const [, service, container = '', repository = '', tag = ''] = match;
  return {container, repository, tag, ...(service === undefined ? {} : {service})};
}
