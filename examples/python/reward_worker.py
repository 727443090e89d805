"""Scores completions for rewards of the type `external`: shorter is better.

    pip install confluent-kafka
    python reward_worker.py localhost:9092 [TOPIC]

Reads questions from TOPIC (reward.external.requested unless named), writes scores to reward.external.scored. Questions
may come again, after a restart or a timeout: the first recorded scores count, so answering again does no harm.
"""
import hashlib
import json
import signal
import sys
from datetime import datetime, timezone

from confluent_kafka import Consumer, Producer

ANSWERS = "reward.external.scored"


def score(item, settings):
    """1 up to so many words, falling as there are more."""
    words = len(item["completion"].split())
    most = settings.get("mostWords", 20)
    return {"itemId": item["itemId"], "value": min(1.0, most / max(words, 1)), "detail": f"{words} words"}


def answer(question):
    settings = question.get("settings") or {}
    return {"externalId": question["externalId"], "scores": [score(item, settings) for item in question["items"]]}


def headers(key, cause):
    """CloudEvents 1.0, binary mode. An id that follows from the question makes a repeated answer recognisable."""
    kind = "io.affinage.reward.external-scored.v1"
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": hashlib.sha256(f"{kind} {key}".encode()).hexdigest()[:20],
        "ce_source": "/examples/reward-worker-python",
        "ce_type": kind,
        "ce_time": datetime.now(timezone.utc).isoformat().replace("+00:00", "Z"),
        "ce_subject": key,
        "content-type": "application/json",
    }
    if cause:
        attributes["ce_causationid"] = cause
    return [(name, value.encode()) for name, value in attributes.items()]


def main(servers, topic):
    consumer = Consumer({"bootstrap.servers": servers, "group.id": f"reward-worker-{topic}", "auto.offset.reset": "earliest",
                         "enable.auto.commit": False, "isolation.level": "read_committed"})
    producer = Producer({"bootstrap.servers": servers, "enable.idempotence": True})
    stopping = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))
    consumer.subscribe([topic])
    print("reading", topic, flush=True)
    while not stopping:
        record = consumer.poll(0.5)
        if record is None or record.error():
            continue
        try:
            question = json.loads(record.value())
            cause = dict(record.headers() or []).get("ce_id", b"").decode()
            key = question["externalId"]
            # allow_nan=False: NaN is no JSON, and an answer with it would be put aside.
            value = json.dumps(answer(question), allow_nan=False)
        except (ValueError, KeyError, TypeError) as problem:
            print("skipped", record.topic(), record.partition(), record.offset(), problem, file=sys.stderr, flush=True)
        else:
            producer.produce(ANSWERS, key=key, value=value, headers=headers(key, cause))
            producer.flush()
        consumer.commit(record, asynchronous=False)
    consumer.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "reward.external.requested")
