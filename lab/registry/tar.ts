export interface TarEntry {
  /** Relative, with slashes. A folder ends with one. */
  readonly path: string;
  readonly mode: number;
  readonly content: Uint8Array;
}

const block = 512;

/** A tar archive of the POSIX ustar format, the same for the same entries: no time, no owner. */
export function tarOf(entries: readonly TarEntry[]): Uint8Array {
  const parts = entries.flatMap((entry) => [headerOf(entry), padded(entry.content)]);
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

function headerOf({path, mode, content}: TarEntry): Uint8Array {
  const [prefix, name] = split(path);
  const header = Buffer.alloc(block);
  header.write(name, 0, 100);
  header.write(octal(mode, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(content.length, 12), 124);
  header.write(octal(0, 12), 136);
  header.write(' '.repeat(8), 148);
  header.write(path.endsWith('/') ? '5' : '0', 156);
  header.write('ustar\0', 257);
  header.write('00', 263);
  header.write(prefix, 345, 155);
  // The sum of all bytes, its own field taken as spaces.
  header.write(
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      7,
    ),
    148,
  );
  return header;
}

/** A path of more than 100 bytes has its first part in a field of its own. */
function split(path: string): readonly [string, string] {
  if (Buffer.byteLength(path) <= 100) {
    return ['', path];
  }
  const at = path.indexOf('/', path.length - 101);
  if (at < 0 || at > 155) {
    throw new Error(`${path} is too long a path for this archive`);
  }
  return [path.slice(0, at), path.slice(at + 1)];
}

const octal = (number: number, width: number): string =>
  `${number.toString(8).padStart(width - 1, '0')}\0`;

const padded = (content: Uint8Array): Uint8Array =>
  Buffer.concat([content, Buffer.alloc((block - (content.length % block)) % block)]);
