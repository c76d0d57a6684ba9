/** "380 ms", "2.1 s", "42 s", "1 m 04 s", "2 h 05 m", "3 d 04 h". Never rounded up. */
export function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (ms < 1000) {
    return `${Math.max(0, Math.floor(ms))} ms`;
  }
  if (ms < 10_000) {
    return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  }
  if (seconds < 60) {
    return `${seconds} s`;
  }
  const [size, name, part, partName] = largestUnit(seconds);
  const rest = Math.floor((seconds % size) / part);
  return `${Math.floor(seconds / size)} ${name} ${String(rest).padStart(2, '0')} ${partName}`;
}

/** "14:02:11". */
export const clockUtc = (at: Date): string => at.toISOString().slice(11, 19);

function largestUnit(seconds: number): readonly [number, string, number, string] {
  if (seconds < 3600) {
    return [60, 'm', 1, 's'];
  }
  return seconds < 86_400 ? [3600, 'h', 60, 'm'] : [86_400, 'd', 3600, 'h'];
}
