const pointerBits = 0xc0;

/** A name at a place of a message, in Route 53's notation: lower case, all but `a-z 0-9 - _` in octal. */
export function readName(
  message: Buffer,
  start: number,
): {readonly name: string; readonly end: number} {
  const labels: string[] = [];
  let at = start;
  let end: number | undefined;
  for (let jumps = 0; ; ) {
    const length = message.readUInt8(at);
    if ((length & pointerBits) === pointerBits) {
      end ??= at + 2;
      at = message.readUInt16BE(at) & 0x3fff;
      jumps += 1;
      if (jumps > 127) {
        throw new RangeError('a name points at itself');
      }
      continue;
    }
    if (length === 0) {
      return {name: `${labels.join('.')}.`, end: end ?? at + 1};
    }
    labels.push(labelText(message.subarray(at + 1, at + 1 + length)));
    at += 1 + length;
  }
}

export const labelText = (bytes: Buffer): string =>
  [...bytes]
    .map((byte) => {
      const letter = String.fromCharCode(byte).toLowerCase();
      return /[a-z0-9_-]/.test(letter) ? letter : octal(byte);
    })
    .join('');

export const octal = (byte: number): string => `\\${byte.toString(8).padStart(3, '0')}`;

/** The bytes of a name in Route 53's notation, without compression. */
export function nameBytes(name: string): Buffer {
  const labels = name.replace(/\.$/, '').split('.').filter(Boolean);
  const parts = labels.map((label) => {
    const plain = label.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 8)),
    );
    return Buffer.concat([Buffer.from([plain.length]), Buffer.from(plain, 'latin1')]);
  });
  return Buffer.concat([...parts, Buffer.from([0])]);
}

/** A name that an operator wrote (`www`, `www.shop.test`, `*.shop.test.`), fully qualified, in Route 53's notation. */
export function asZoneName(name: string, domain = '.'): string {
  const written = name
    .replace(/\.$/, '')
    .split('.')
    .map((label) =>
      /^(?:[^\\]|\\[0-3][0-7]{2})*$/.test(label)
        ? label.replace(/\\[0-3][0-7]{2}|[\s\S]/g, (piece) =>
            piece.length === 4
              ? labelText(Buffer.from([Number.parseInt(piece.slice(1), 8)]))
              : labelText(Buffer.from(piece)),
          )
        : label,
    )
    .filter((label) => label !== '')
    .join('.');
  const absolute = written === '' ? '.' : `${written}.`;
  return domain === '.' || name.endsWith('.') || `.${absolute}`.endsWith(`.${domain}`)
    ? absolute
    : `${absolute}${domain}`;
}
