import {readdirSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {textOf} from '../text-of.ts';

export interface UpstreamServer {
  readonly host: string;
  readonly port: number;
}

/**
 * A reverse proxy's file: one `upstream` block as nginx reads it, of which only `server ADDRESS:PORT;` is known here.
 */
export const upstreamOf = (...servers: readonly UpstreamServer[]): string =>
  `upstream shop {\n${servers.map(({host, port}) => `  server ${host}:${port};\n`).join('')}}\n`;

/** Its servers. Throws when the file is not such a block, with the message of `nginx -t`. */
export function upstreamIn(text: string): readonly UpstreamServer[] {
  const [, inside] = /^\s*upstream \w+ \{([^{}]*)\}\s*$/.exec(text) ?? [];
  const lines = (inside ?? '')
    .split(';')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const servers = lines.flatMap((line) => {
    const [, host, port] = /^server ([\d.]+):(\d+)$/.exec(line) ?? [];
    return host === undefined ? [] : [{host, port: Number(port)}];
  });
  if (servers.length === 0 || servers.length < lines.length) {
    throw new Error('nginx: configuration file /etc/nginx/nginx.conf test failed');
  }
  return servers;
}

/**
 * Whether a file beside that one sets `keepalive_requests 1`, as nginx reads `conf.d/*.conf`. Throws when there is
 * another setting, with the message of `nginx -t`.
 */
export function hasOneRequestAConnection(file: string): boolean {
  const texts = readdirSync(dirname(file))
    .filter((name) => /^[^.].*\.conf$/.test(name) && name !== basename(file))
    .flatMap((name) => textOf(join(dirname(file), name))?.trim() ?? []);
  const other = texts.find((text) => text !== 'keepalive_requests 1;');
  if (other !== undefined) {
    throw new Error('nginx: configuration file /etc/nginx/nginx.conf test failed');
  }
  return texts.length > 0;
}
