export interface Place {
  readonly host: string;
  readonly port: number;
}

/**
 * A reverse proxy's file: one `upstream` block as nginx reads it, of which only `server ADDRESS:PORT;` is known here.
 */
export const upstreamOf = (...places: readonly Place[]): string =>
  `upstream shop {\n${places.map(({host, port}) => `  server ${host}:${port};\n`).join('')}}\n`;

/** Its servers. Throws when the file is not such a block, in the words in which nginx tests a file. */
export function upstreamIn(text: string): readonly Place[] {
  const [, inside] = /^\s*upstream \w+ \{([^{}]*)\}\s*$/.exec(text) ?? [];
  const lines = (inside ?? '')
    .split(';')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const places = lines.flatMap((line) => {
    const [, host, port] = /^server ([\d.]+):(\d+)$/.exec(line) ?? [];
    return host === undefined ? [] : [{host, port: Number(port)}];
  });
  if (places.length === 0 || places.length < lines.length) {
    throw new Error('nginx: configuration file /etc/nginx/nginx.conf test failed');
  }
  return places;
}
