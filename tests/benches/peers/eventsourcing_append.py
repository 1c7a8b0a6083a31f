"""One event of the given payload per save, each of a new aggregate, so many threads: eventsourcing_append.py URL SECONDS IN_FLIGHT PAYLOAD.

Prints the microseconds of each save that ended within the time, one a line.
"""

import json
import sys
import threading
import time
from urllib.parse import unquote, urlsplit

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event


class Bench(Aggregate):
    @event("Appended")
    def __init__(self, data):
        self.data = data


def main(url, seconds, in_flight, payload):
    address = urlsplit(url)
    user, _, place = address.netloc.rpartition("@")
    host, _, port = place.rpartition(":")
    app = Application(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": address.path.lstrip("/"),
            "POSTGRES_HOST": unquote(host),
            "POSTGRES_PORT": port,
            "POSTGRES_USER": unquote(user.partition(":")[0]),
            "POSTGRES_PASSWORD": unquote(user.partition(":")[2]),
            "POSTGRES_POOL_SIZE": "10",
            "POSTGRES_MAX_OVERFLOW": "0",
            "POSTGRES_MAX_WAITING": str(int(in_flight) + 1),
            "POSTGRES_POOL_TIMEOUT": "60",
        }
    )
    data = json.loads(payload)
    app.save(Bench(data))
    end = time.perf_counter() + float(seconds)
    all_times = []

    def loop():
        times = []
        while True:
            start = time.perf_counter()
            app.save(Bench(data))
            now = time.perf_counter()
            if now > end:
                all_times.extend(times)
                return
            times.append(round((now - start) * 1e6))

    threads = [threading.Thread(target=loop) for _ in range(int(in_flight))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    app.close()
    sys.stdout.write("".join(f"{took}\n" for took in all_times))


main(*sys.argv[1:])
