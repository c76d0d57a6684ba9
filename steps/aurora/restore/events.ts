import type {Position} from '../../mysql/index.ts';

/**
 * "Recovered from Binary log filename 'mysql-bin.000010', position 120" (Aurora user guide, physical migration from
 * S3).
 */
export function positionIn(message: string): Position | null {
  const [, file, position] =
    /Recovered from Binary log filename:?\s*['"]?([^'",\s]+)['"]?,?\s*position:?\s*['"]?(\d+)/i.exec(
      message,
    ) ?? [];
  return file === undefined ? null : {file, position: Number(position)};
}
