// The statements themselves, for a host that runs them in a transaction of its own.

import audit from '../../../../sql/audit.sql';
import due from '../../../../sql/due.sql';
import ensure from '../../../../sql/ensure.sql';
import lastPage from '../../../../sql/last_page.sql';
import outcome from '../../../../sql/outcome.sql';
import page from '../../../../sql/page.sql';
import report from '../../../../sql/report.sql';
import skipped from '../../../../sql/skipped.sql';
import triggers from '../../../../sql/triggers.sql';
import whole from '../../../../sql/whole.sql';

/**
 * Each is one statement, whose values are bound by place. The clock is its reading in UTC, as `clock()` gives it.
 *
 * @typedef {object} Statements
 * @property {string} ensure enrolls a user: user id, clock
 * @property {string} outcome tells why that wrote nothing: user id
 * @property {string} due
 * @property {string} skipped
 * @property {string} report
 * @property {string} audit
 * @property {string} page enrolls the owners of one page: clock, first id, id after the last
 * @property {string} last_page enrolls those of the last page: clock, first id
 * @property {string} whole enrolls all, where nobody else writes: clock
 * @property {string} triggers creates a trigger that enrolls where a facilitator is inserted, for hosts that can't call `ensure`
 */

/** @type {Readonly<Statements>} */
export const statements = Object.freeze({
  ensure,
  outcome,
  due,
  skipped,
  report,
  audit,
  page,
  last_page: lastPage,
  whole,
  triggers,
});
