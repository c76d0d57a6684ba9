import {commandsOver} from '../../../steps/hosts/index.ts';
import {localShell} from '../../../steps/local/machine/shell.ts';

// `node killed-demo.ts FILE`: runs a command that writes into FILE where its output goes, and takes a second more.

const [, , FILE = ''] = process.argv;
await commandsOver(localShell('here')).runCommand(
  {
    text: 'out=$(readlink "/proc/$$/fd/1"); echo "$out" > "$FILE"; sleep 1',
    values: {FILE},
    limitMs: 60_000,
  },
  {id: 'r-1', entry: 'killed'},
  new AbortController().signal,
);
