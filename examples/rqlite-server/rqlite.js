// A transaction of rqlite's: one request, all of whose statements are kept or none.

/**
 * @param {string[]} urls of the nodes: where one fails, the next is asked
 * @param {[sql: string, ...values: string[]][]} statements which are harmless to run twice
 * @returns {Promise<any[]>} a result for each
 */
export async function transaction(urls, statements) {
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(statements) };
  /** @type {unknown} */
  let reason;
  for (const url of urls) {
    try {
      const response = await fetch(`${url}/db/request?transaction&associative`, request);
      if (!response.ok) throw new Error(`${url} answers ${response.status}: ${await response.text()}`);
      const { results } = await response.json();
      return results;
    } catch (error) {
      reason = error;
    }
  }
  throw reason;
}
