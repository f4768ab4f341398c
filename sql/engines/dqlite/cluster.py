"""A cluster on this machine, each node a process of its own."""

import asyncio
import itertools
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path

import dqlitedbapi
from dqliteclient.cluster import ClusterClient
from dqlitewire.constants import NodeRole

from nodes import free_addresses, wait_until


class Cluster:
    """`addresses` and `processes` have a node at each place, and `program` is what node.c was compiled to. All processes end with it."""

    def __init__(self, program, folder, nodes=3, extension=()):
        self.program, self.folder, self.extension = program, folder, extension
        self.addresses = free_addresses(nodes)
        self.processes = [None] * nodes
        self.in_turn = itertools.cycle(self.addresses)

    def __enter__(self):
        with ExitStack() as undo:
            undo.callback(self.end)
            for number in range(len(self.processes)):
                self.start(number)
            asyncio.run(self.join())
            undo.pop_all()
        return self

    def __exit__(self, *_):
        self.end()

    def start(self, number):
        """Returns when the node takes connections."""
        folder = self.folder / str(number)
        folder.mkdir(exist_ok=True)
        with open(self.folder / f"{number}.log", "a") as log:
            self.processes[number] = subprocess.Popen(
                [self.program, str(number + 1), self.addresses[number], folder, *self.extension], stdout=subprocess.PIPE, stderr=log, text=True,
            )
        line = self.processes[number].stdout.readline()
        if line != "started\n":
            raise RuntimeError(f"node {number} didn't start: {(self.folder / f'{number}.log').read_text()}")

    async def join(self):
        first, *others = self.addresses
        client = ClusterClient.from_addresses([first])
        for number, address in enumerate(others, 2):
            await client.add_node(number, address, role=NodeRole.VOTER)

    def kill(self, number):
        """Leaves it no time for anything."""
        self.processes[number].send_signal(signal.SIGKILL)
        self.processes[number].wait()
        self.processes[number].stdout.close()

    def end(self):
        for process in self.processes:
            if process is not None:
                process.kill()
                process.wait()
                process.stdout.close()

    def leader(self):
        """The number of the node that leads."""
        address = asyncio.run(ClusterClient.from_addresses(self.addresses).find_leader())
        return self.addresses.index(address)

    def depose(self):
        """Another node leads then, and the one that did lives on."""
        other = (self.leader() + 1) % 3
        asyncio.run(ClusterClient.from_addresses(self.addresses).transfer_leadership(other + 1))
        wait_until(lambda: self.leader() == other, "the leader is still the same")

    def ticks(self, number):
        """How long its process has worked, in the system's hundredths of a second."""
        fields = Path(f"/proc/{self.processes[number].pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def connect(self, database):
        """A connection by way of the next node, which tells where the leader is: what a host gives to `sql.dbapi`."""
        return dqlitedbapi.connect(next(self.in_turn), database=database)

    def files(self, number, database):
        """The database as this node has it: its file, and the log that goes with it."""
        address = self.addresses[number]

        async def dump():
            async with ClusterClient.from_addresses([address]).open_admin_connection(address) as admin:
                return await admin.dump(database)

        return asyncio.run(dump())
