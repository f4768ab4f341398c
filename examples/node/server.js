// A server in the platform's shape. It listens at once; the owners who have no marker are enrolled while it answers.
//
//     node server.js host.db 3000
//
// README.md says what has to be installed for that.

import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

import { backfill } from './backfill.js';
import { openDatabase } from './database.js';
import { markerAuditor } from './markers.js';
import { answerTo, requestHandler } from './requests.js';

const [path, port = '3000'] = process.argv.slice(2);
if (path === undefined) {
  console.error('usage: node server.js DATABASE [PORT]');
  process.exit(2);
}

const db = openDatabase(path);
const backfilling = openDatabase(path);
/** @type {import('./backfill.js').Progress} */
const progress = { state: 'waiting', remaining: null };
const handle = requestHandler(db, progress, markerAuditor(path));

const server = createServer(async (request, response) => {
  let answer;
  try {
    answer = await handle(request.method ?? '', request.url ?? '', await text(request));
  } catch (error) {
    answer = answerTo(error);
  }
  response.writeHead(answer.status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer.body));
});

const ended = new AbortController();
server.listen(Number(port), '127.0.0.1', async () => {
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`listening on http://127.0.0.1:${address.port}`);
  await backfill(backfilling, progress, ended.signal);
  backfilling.close();
  console.log(`backfill ${progress.state}`);
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    ended.abort();
    server.close(() => db.close());
    server.closeIdleConnections();
  });
}
