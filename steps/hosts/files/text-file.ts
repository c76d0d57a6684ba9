import {sh} from '../shell/quote.ts';
import type {Shell} from '../shell/shell.ts';
import type {TextFile, TextFileWriter} from './contract.ts';
import {defineEncode, textIn} from './encoded-text.ts';

/** The files of a host over its shell. */
export const textFilesOver = (shell: Shell): TextFileWriter => ({
  readFile: async (path, signal) =>
    fileIn(await shell.run(readScript(`${shell.root}${path}`), signal)),
  writeFile: async (path, text, signal) => {
    await shell.run(writeScript(`${shell.root}${path}`, text), signal);
  },
  removeFile: async (path, signal) => {
    await shell.run(sh`rm -f -- ${`${shell.root}${path}`}`, signal);
  },
});

const readScript = (place: string) => `${defineEncode}
${sh`place=${place}
if [ -e "$place" ]; then
  stat -L -c '%a %U:%G' -- "$place"
  encode < "$place"
fi`}`;

function fileIn(output: string): TextFile | null {
  const [access = '', encoded] = output.trim().split('\n');
  const text = textIn(encoded);
  if (text === null) {
    return null;
  }
  const [mode = '', owner = ''] = access.split(' ');
  return {text: Buffer.from(text, 'latin1').toString('utf8'), mode, owner};
}

// A file that is not whole yet has a leading dot: daemons that read its folder leave it out. A copy that a killed run
// has left is written over. `cp -p` brings mode and owner of the file that is there.
const writeScript = (place: string, text: string) =>
  sh`place=${place}
if [ -L "$place" ]; then place=$(readlink -f -- "$place"); fi
copy="\${place%/*}/.\${place##*/}.switcharoo"
rm -f -- "$copy"
umask 022
if [ -e "$place" ]; then cp -p -- "$place" "$copy"; else : > "$copy"; fi
printf %s ${Buffer.from(text).toString('base64')} | base64 -d > "$copy"
sync -- "$copy"
mv -fT -- "$copy" "$place"`;
