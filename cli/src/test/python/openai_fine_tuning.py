"""Drives files and fine-tuning jobs with OpenAI's own client, which refuses every answer that does
not fit its types.

    python3 openai_fine_tuning.py DATASET_SERVICE TRAINER_SERVICE

The arguments are base URLs, as http://127.0.0.1:8081; AFFINAGE_API_KEY is the services' key. Ends with status 0 when all is as it should be.
"""

import json
import os
import sys
import time

import openai

PATIENCE_SECONDS = 120
TINY = {
    "method": "pretrain",
    "architecture": {
        "hiddenSize": 64, "intermediateSize": 128, "layers": 2, "heads": 2, "kvHeads": 2,
        "vocabularySize": 300, "contextLength": 64,
    },
    "maxLength": 64, "dtype": "float32", "checkpointEverySteps": 5,
}


def client(url, strict=True, key=os.environ["AFFINAGE_API_KEY"]):
    return openai.OpenAI(
        base_url=url + "/v1", api_key=key, max_retries=0, _strict_response_validation=strict)


def refuses_other_keys(url):
    try:
        client(url, key="sk-wrong").models.list()
    except openai.AuthenticationError as error:
        assert error.status_code == 401 and error.code == "invalid_api_key", error
    else:
        raise AssertionError("a wrong key was let in")


def upload(files, name, rows):
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    made = files.files.create(file=(name, content), purpose="fine-tune")
    assert made.object == "file" and made.filename == name and made.bytes == len(content), made
    made = files.files.wait_for_processing(made.id, poll_interval=0.2)
    assert made.status == "processed", made
    return made.id


def poll(jobs, job_id, *wanted):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        job = jobs.retrieve(job_id)
        if job.status in wanted:
            return job
        assert job.status not in ("succeeded", "failed", "cancelled"), job
        assert time.monotonic() < deadline, job
        time.sleep(0.2)


def refused(kind, action, code, param=None):
    try:
        action()
    except kind as e:
        assert e.code == code and e.param == param, (e.code, e.param, e.body)
        assert e.type == "invalid_request_error" and e.body["message"], e.body
        return
    raise AssertionError(f"{kind.__name__} expected")


def main(dataset_service, trainer_service):
    for service in (dataset_service, trainer_service):
        refuses_other_keys(service)
    files = client(dataset_service)
    jobs = client(trainer_service).fine_tuning.jobs
    # The client's types do not know the states paused and cancelling, its service does.
    lenient = client(trainer_service, strict=False).fine_tuning.jobs

    texts = upload(files, "texts.jsonl", [
        {"text": f"Box {i} holds {i * i} nails. Box {i} is {'red' if i % 2 else 'green'}."}
        for i in range(60)])
    chats = upload(files, "chats.jsonl", [
        {"messages": [{"role": "user", "content": f"Box {i}?"},
                      {"role": "assistant", "content": "red" if i % 2 else "green"}]}
        for i in range(60)])
    assert {texts, chats} <= {file.id for file in files.files.list(limit=1)}, "files by pages"

    passing = files.files.create(
        file=("passing.jsonl", b'{"text": "soon gone"}\n'), purpose="fine-tune",
        expires_after={"anchor": "created_at", "seconds": 3600})
    assert passing.expires_at >= passing.created_at + 3600, passing
    assert files.files.retrieve(passing.id).expires_at == passing.expires_at

    # From nothing to a base, and from the base to an adapter.
    base = jobs.create(
        model="scratch", training_file=texts, suffix="nails", seed=5, metadata={"team": "a"},
        extra_body={"affinage": {**TINY, "maxSteps": 12}})
    assert base.object == "fine_tuning.job" and base.training_file == texts, base
    assert base.seed == 5 and base.metadata == {"team": "a"} and base.error is None, base
    base = poll(jobs, base.id, "succeeded")
    assert base.fine_tuned_model and base.trained_tokens > 0, base
    assert base.finished_at >= base.created_at and base.error is None, base

    tuned = jobs.create(
        model=base.fine_tuned_model, training_file=chats,
        method={"type": "supervised", "supervised": {"hyperparameters": {
            "n_epochs": 2, "batch_size": "auto", "learning_rate_multiplier": 0.5}}},
        extra_body={"affinage": {"checkpointEverySteps": 4, "dtype": "float32"}})
    assert tuned.method.type == "supervised", tuned
    assert tuned.hyperparameters.n_epochs == 2, tuned
    assert tuned.hyperparameters.learning_rate_multiplier == 0.5, tuned
    tuned = poll(jobs, tuned.id, "succeeded")

    # Lists, one item a page: the client asks for the pages by itself.
    assert [tuned.id, base.id] == [job.id for job in jobs.list(limit=1)]
    assert [base.id] == [job.id for job in jobs.list(metadata={"team": "a"})]
    assert [] == list(jobs.list(metadata={"team": "b"}))
    assert [tuned.id] == [job.id for job in jobs.list(extra_query={"metadata": "null"})]
    events = list(jobs.list_events(tuned.id, limit=5))
    assert len({event.id for event in events}) == len(events) > 5, events
    assert events[0].message == "The job has successfully completed", events[0]
    assert events[-1].message == f"Created fine-tuning job: {tuned.id}", events[-1]
    losses = [event.data["train_loss"] for event in events if "train_loss" in (event.data or {})]
    assert losses and all(loss > 0 for loss in losses), losses
    checkpoints = list(jobs.checkpoints.list(base.id, limit=1))
    assert [checkpoint.step_number for checkpoint in checkpoints] == [10, 5], checkpoints
    assert all(checkpoint.metrics.train_loss > 0 for checkpoint in checkpoints), checkpoints

    # Pause, resume, cancel.
    long = jobs.create(
        model="scratch", training_file=texts,
        extra_body={"affinage": {**TINY, "maxSteps": 1_000_000, "checkpointEverySteps": 1_000_000}})
    poll(jobs, long.id, "running")
    lenient.pause(long.id)
    poll(lenient, long.id, "paused")
    lenient.resume(long.id)
    poll(lenient, long.id, "running")
    lenient.cancel(long.id)
    ended = poll(lenient, long.id, "cancelled")
    assert jobs.retrieve(ended.id).finished_at, ended

    # One job per idempotency key.
    def keyed(suffix):
        return jobs.create(
            model="scratch", training_file=texts, suffix=suffix,
            extra_body={"affinage": {**TINY, "maxSteps": 1}},
            extra_headers={"Idempotency-Key": f"key-{base.id}"})
    once = keyed("a")
    assert keyed("a").id == once.id
    refused(openai.ConflictError, lambda: keyed("b"), "idempotency_key_reused")

    # Errors.
    def create(**fields):
        return lambda: jobs.create(**{"model": "owner/name", "training_file": texts, **fields})
    refused(openai.NotFoundError, lambda: jobs.retrieve("ftjob-absent"), "fine_tune_not_found",
            "fine_tuning_job_id")
    refused(openai.NotFoundError, lambda: jobs.list_events("ftjob-absent"), "fine_tune_not_found",
            "fine_tuning_job_id")
    refused(openai.NotFoundError, create(model="nobody"), "model_not_found", "model")
    refused(openai.BadRequestError, create(training_file="file-absent"), "invalid_training_file",
            "training_file")
    refused(openai.BadRequestError, create(method={"type": "dpo"}), "invalid_request",
            "method.type")
    refused(openai.BadRequestError, create(extra_body={"epochs": 3}), "invalid_request", "epochs")
    refused(openai.BadRequestError, create(hyperparameters={"n_epochs": "many"}),
            "invalid_request", "hyperparameters.n_epochs")
    refused(openai.BadRequestError, lambda: jobs.list(limit=1000), "invalid_limit", "limit")
    refused(openai.BadRequestError, lambda: jobs.list(after="nothing"), "invalid_cursor", "after")
    refused(openai.BadRequestError, lambda: jobs.cancel(ended.id), "invalid_job_state")
    refused(openai.BadRequestError, lambda: jobs.resume(tuned.id), "invalid_job_state")
    refused(openai.NotFoundError, lambda: files.files.retrieve("file-absent"), "file_not_found",
            "id")


if __name__ == "__main__":
    main(*sys.argv[1:])
