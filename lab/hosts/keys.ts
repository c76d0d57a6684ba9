import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import ssh2 from 'ssh2';

/** The key with which switcharoo logs in on the lab's hosts. */
export interface LabKey {
  readonly identityFile: string;
  /** One line, as in authorized_keys. */
  readonly publicKey: string;
}

/** Makes an ed25519 key pair and keeps its private half in `<directory>/id_ed25519`. */
export function createLabKey(directory: string): LabKey {
  const {privateKey, publicKey} = createKeyPair();
  const identityFile = join(directory, 'id_ed25519');
  writeFileSync(identityFile, privateKey, {mode: 0o600});
  return {identityFile, publicKey};
}

/** Makes an ed25519 key pair, both halves as OpenSSH writes them. */
export function createKeyPair(): {readonly privateKey: string; readonly publicKey: string} {
  const {private: privateKey, public: publicKey} = ssh2.utils.generateKeyPairSync('ed25519');
  // ssh2 1.17 drops a zero byte that a public key begins with, and so spoils one key in 256 (mscdex/ssh2#1513).
  return ssh2.utils.parseKey(privateKey) instanceof Error
    ? createKeyPair()
    : {privateKey, publicKey: publicKey.trim()};
}
