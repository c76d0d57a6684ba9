import type {ZoneRecord} from './rdata.ts';
import {recordsInFile} from './zone-file.ts';

/** A file that is no zone file, or that of another zone. */
export class NoZone extends Error {}

/** Every record of the whole zone in a file. Throws a `NoZone`, or a `LineProblem` for a line that it cannot read. */
export function zoneInFile(file: Buffer, domain: string): readonly ZoneRecord[] {
  const content = withoutMark(file);
  const other = otherKind(content);
  if (other !== undefined) {
    throw new NoZone(other);
  }
  const records = recordsInFile(content, domain);
  const soas = new Map(
    records
      .filter(({type}) => type === 'SOA')
      .map((soa) => [JSON.stringify([soa.name, soa.value]), soa]),
  );
  const [soa, another] = [...soas.values()];
  if (records.length === 0) {
    throw new NoZone('it has no records');
  }
  if (!soa) {
    throw new NoZone('it has no SOA record');
  }
  if (soa.name !== domain) {
    throw new NoZone(`its SOA record is at ${soa.name}, not at ${domain}`);
  }
  if (another) {
    throw new NoZone(`it has ${soas.size} SOA records instead of one`);
  }
  return records;
}

/** How files begin that are something else. */
const beginnings: readonly (readonly [string, readonly number[]])[] = [
  ['it is compressed with gzip', [0x1f, 0x8b]],
  ['it is compressed with bzip2', [0x42, 0x5a, 0x68]],
  ['it is compressed with xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['it is compressed with zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['it is a ZIP archive', [0x50, 0x4b, 0x03, 0x04]],
  ['it is a PDF document', [0x25, 0x50, 0x44, 0x46]],
  ['it is text in UTF-16, which no name server reads', [0xff, 0xfe]],
  ['it is text in UTF-16, which no name server reads', [0xfe, 0xff]],
  [
    'it is in a binary format of BIND: convert it with named-compilezone (-f raw -F text)',
    [0, 0, 0, 2, 0, 0, 0],
  ],
  [
    'it is in a binary format of BIND: convert it with named-compilezone (-f map -F text)',
    [0, 0, 0, 3, 0, 0, 0],
  ],
];

/** How texts begin that are something else. */
const texts: readonly (readonly [string, RegExp])[] = [
  ['it is HTML or XML', /^\s*</],
  ['it is JSON', /^\s*[[{]/],
  ['it is the configuration of a name server', /^\s*(?:options|zone\s+"[^"]*"[^{;\n]*)\s*\{/m],
  ['it is in the format of tinydns', /^(?:\s|#[^\n]*\n)*[.&=+@'^CZ][^\s:;]*:[^\s]*:/],
];

const tar = {text: 'ustar', at: 257};

/** What a file is that is no zone file, as a clause. */
function otherKind(file: Buffer): string | undefined {
  if (file.toString('latin1').trim() === '') {
    return 'it is empty';
  }
  const [binary] = beginnings.find(([, bytes]) => file.indexOf(Buffer.from(bytes)) === 0) ?? [];
  if (binary !== undefined) {
    return binary;
  }
  if (file.toString('latin1', tar.at, tar.at + tar.text.length) === tar.text) {
    return 'it is a tar archive';
  }
  if (file.includes(0)) {
    return 'it has zero bytes, so it is not text';
  }
  const text = file.toString('latin1');
  return texts.find(([, pattern]) => pattern.test(text))?.[0];
}

const mark = Buffer.from([0xef, 0xbb, 0xbf]);

/** Without the mark that editors write before text in UTF-8. */
const withoutMark = (file: Buffer): Buffer =>
  file.indexOf(mark) === 0 ? file.subarray(mark.length) : file;
