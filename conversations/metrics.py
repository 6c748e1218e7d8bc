"""What is counted, for /metrics. No label names a user. Requests and the state of the database are added in `imsite`."""

from prometheus_client import Counter, Gauge

WEBHOOKS = Counter("imsite_webhooks", "Webhooks that were taken, by command and outcome.", ["command", "outcome"])
WEBHOOKS_REFUSED = Counter("imsite_webhooks_refused", "Webhooks that were refused, by reason.", ["reason"])
# Of the requests in progress.
WEBHOOKS_WAITING = Gauge(
    "imsite_webhooks_waiting", "Webhooks that wait for another request to apply them.", multiprocess_mode="livesum"
)
READS = Counter("imsite_reads", "Reads of one user's list, with a replica, by the database that was asked.", ["database"])
# By whether they hear of changes: ok, unavailable. A process that has had no stream yet is in neither.
LISTENERS = Gauge("imsite_listeners", "Processes of event streams, by state.", ["state"], multiprocess_mode="livesum")
OPEN_STREAMS = Gauge("imsite_open_streams", "Open event streams.", multiprocess_mode="livesum")
