// A server in the platform's shape, on rqlite. It listens at once; the owners who have no marker are enrolled while it answers.
//
//     node server.js 3000 http://10.0.0.1:4001 http://10.0.0.2:4001 http://10.0.0.3:4001

import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';

import { backfill, rqlite } from 'facilitator-markers/sql';

import { createFacilitator } from './facilitators.js';

const [port, ...urls] = process.argv.slice(2);
if (urls.length === 0) {
  console.error('usage: node server.js PORT URL…');
  process.exit(2);
}

/** @param {import('node:http').IncomingMessage} request @returns {Promise<[status: number, body: object]>} */
async function answer(request) {
  const asked = `${request.method} ${request.url}`;
  if (asked !== 'POST /admin/facilitators') return [404, { error: `there is no ${asked}` }];
  const wish = /** @type {import('./facilitators.js').Wish} */ (await json(request));
  const created = await createFacilitator(urls, wish);
  return created === undefined ? [404, { error: `no user has the id ${wish.owner}` }] : [201, created];
}

const server = createServer(async (request, response) => {
  const [status, body] = await answer(request).catch((error) => {
    console.error(error);
    return /** @type {const} */ ([500, { error: 'try again' }]);
  });
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
});

const ended = new AbortController();
server.listen(Number(port), '127.0.0.1', async () => {
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`listening on http://127.0.0.1:${address.port}`);
  try {
    const { owners, created } = await backfill(rqlite(urls), { signal: ended.signal });
    console.log(`backfill finished: ${created} of ${owners} owners enrolled`);
  } catch (error) {
    // The next start goes on. Where markers were refused, all others are written.
    console.error(`backfill: ${/** @type {Error} */ (error).message}`);
  }
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    ended.abort(new Error('the server ends'));
    server.close();
    server.closeIdleConnections();
  });
}
