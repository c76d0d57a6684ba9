import {readFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

// A registry that has the packed packages, and leads to another one for all others:
// node scripts/packed-registry.mjs FOLDER-OF-PACKAGES OTHER-REGISTRY. It prints its address.

const [folder = '', other = ''] = process.argv.slice(2);
const root = fileURLToPath(new URL('..', import.meta.url));
const sources = {switcharoo: '.', '@switcharoo/lab': 'lab', 'create-switcharoo': 'create'};

/** What `npm pack --json` printed: an array of packages, or an object of them by name. */
const packed = Object.values(JSON.parse(readFileSync(join(folder, 'packed.json'), 'utf8')));

const documentOf = ({name, version, filename, integrity, shasum}, host) => {
  const manifest = JSON.parse(readFileSync(join(root, sources[name], 'package.json'), 'utf8'));
  const tarball = `http://${host}/-/${filename}`;
  return {
    name,
    'dist-tags': {latest: version},
    versions: {[version]: {...manifest, dist: {tarball, integrity, shasum}}},
  };
};

const server = createServer(({url = '/', headers}, response) => {
  const path = decodeURIComponent(url).slice(1);
  const found = packed.find(({name}) => name === path);
  const file = packed.find(({filename}) => path === `-/${filename}`);
  if (found) {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(documentOf(found, headers.host)));
  } else if (file) {
    response.end(readFileSync(join(folder, file.filename)));
  } else {
    response.writeHead(302, {location: `${other.replace(/\/$/, '')}${url}`}).end();
  }
});
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
