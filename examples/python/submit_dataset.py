"""Submits a dataset as an event, with nothing but a Kafka client.

    pip install confluent-kafka
    python submit_dataset.py localhost:9092 NAME ROWS.jsonl

The event's form is in the AsyncAPI document, events/src/main/resources/schemas/asyncapi.yaml.
"""
import hashlib
import json
import sys
from datetime import datetime, timezone

from confluent_kafka import Producer


def main(servers, name, file):
    with open(file, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    # An id that follows from the content: submitting the same again is recognised as a duplicate.
    key = "submission-" + hashlib.sha256(json.dumps([name, rows], sort_keys=True).encode()).hexdigest()[:20]
    kind = "io.affinage.dataset.submitted.v1"
    event = {"submissionId": key, "name": name, "source": {"kind": "inline", "rows": rows}}
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": key,
        "ce_source": "/examples/submit-dataset-python",
        "ce_type": kind,
        "ce_time": datetime.now(timezone.utc).isoformat().replace("+00:00", "Z"),
        "ce_subject": key,
        "content-type": "application/json",
    }
    failures = []
    producer = Producer({"bootstrap.servers": servers, "enable.idempotence": True})
    producer.produce("dataset.submitted", key=key, value=json.dumps(event),
                     headers=[(header, value.encode()) for header, value in attributes.items()],
                     on_delivery=lambda error, _: error and failures.append(error))
    producer.flush(30)
    if failures or len(producer):
        sys.exit(f"not submitted: {failures or 'no answer from the broker'}")
    print(key)


if __name__ == "__main__":
    main(*sys.argv[1:4])
