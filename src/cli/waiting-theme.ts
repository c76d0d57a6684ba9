import {useEffect, useState} from '@inquirer/core';

const tickMs = 1_000;

type Status = 'idle' | 'done' | 'loading';

/** What inquirer takes as the looks of a question. */
interface WaitingTheme {
  readonly style: {message(text: string, status: Status): string};
}

/**
 * A question with a line above it that is drawn again each second: inquirer does it in its own rows, so no row of the
 * terminal is touched that it does not know. `line` says nothing where no cursor can move: there nothing is repeated.
 */
export function waitingTheme(
  line: () => string | undefined,
  strong: (text: string) => string,
): WaitingTheme {
  return {
    style: {
      // Inquirer calls it once for each drawing, in the same place: hooks belong to that drawing.
      message: (text, status) => {
        const first = line();
        useEachSecond(first !== undefined && status !== 'done');
        return first === undefined || status === 'done'
          ? strong(text)
          : `${first}\n  ${strong(text)}`;
      },
    },
  };
}

function useEachSecond(isTicking: boolean): void {
  const [, setTicks] = useState(0);
  useEffect(() => {
    if (!isTicking) {
      return undefined;
    }
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
      setTicks(ticks);
    }, tickMs);
    return () => clearInterval(timer);
  }, [isTicking]);
}
