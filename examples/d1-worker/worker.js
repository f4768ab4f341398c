// A Worker in the platform's shape: it creates facilitators, and enrolls on a schedule whoever has no marker.

import { MarkersRefused, backfill, d1 } from 'facilitator-markers/sql';

import { createFacilitator } from './facilitators.js';

export default {
  /** @param {Request} request @param {{ DB: any }} env */
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (request.method !== 'POST' || pathname !== '/admin/facilitators') {
      return Response.json({ error: `there is no ${request.method} ${pathname}` }, { status: 404 });
    }
    const wish = await request.json();
    const created = await createFacilitator(env.DB, wish);
    if (created === undefined) return Response.json({ error: `no user has the id ${wish.owner}` }, { status: 404 });
    return Response.json(created, { status: 201 });
  },

  /** @param {unknown} controller @param {{ DB: any }} env */
  async scheduled(controller, env) {
    try {
      console.log(JSON.stringify(await backfill(d1(env.DB))));
    } catch (error) {
      if (!(error instanceof MarkersRefused)) throw error;
      // Everybody else is enrolled: somebody has to look at these.
      console.error(error.message);
    }
  },
};
