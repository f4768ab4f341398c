"""A server in the platform's shape. It listens at once; the owners who have no marker are enrolled while it answers.

    python3 server.py host.db 3000

README.md says what has to be installed for that.
"""

import argparse
import logging

import uvicorn

from routes import application

arguments = argparse.ArgumentParser()
arguments.add_argument("database")
arguments.add_argument("port", type=int, nargs="?", default=3000)


if __name__ == "__main__":
    asked = arguments.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    uvicorn.run(application(asked.database), host="127.0.0.1", port=asked.port, access_log=False)
