"""What becomes of each page of a backfill."""

import statistics
import time

from facilitator_markers import sql

import workload

PAGES = (sql.statements["page"], sql.statements["last_page"])


class OnEachPage:
    """A client that runs each page by way of `around`, which is called with what runs it."""

    def __init__(self, client, around=lambda run: run()):
        self.client, self.around, self.pages, self.failures = client, around, 0, []

    def execute(self, text, args):
        if text not in PAGES:
            return self.client.execute(text, args)
        self.pages += 1
        try:
            return self.around(lambda: self.client.execute(text, args))
        except Exception as error:
            self.failures.append(error)
            raise


def print_times(client, backfill, how):
    """Those of the full pages of a backfill."""
    times = []

    def measure(run):
        begun = time.perf_counter()
        result = run()
        times.append(time.perf_counter() - begun)
        return result

    backfill(OnEachPage(client, measure))
    full = times[:-1]
    print(f"  a page of {workload.OWNERS_PER_PAGE:,} owners {how}: {statistics.median(full):.2f} s, at most {max(full):.2f} s")
