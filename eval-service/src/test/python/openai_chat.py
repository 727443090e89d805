"""Asks models with OpenAI's own client, which refuses every answer that does not fit its types.

    python3 openai_chat.py EVAL_SERVICE MODEL

EVAL_SERVICE is a base URL, as http://127.0.0.1:8084; MODEL a registered model. Ends with status 0 when all is as it
should be.
"""

import sys

import openai

QUESTION = [{"role": "system", "content": "s"}, {"role": "user", "content": "sky?"}]


def refused(kind, action, code, param=None):
    try:
        action()
    except kind as e:
        assert e.code == code and e.param == param, (e.code, e.param, e.body)
        assert e.type == "invalid_request_error" and e.body["message"], e.body
        return
    raise AssertionError(f"{kind.__name__} expected")


def main(service, model):
    def connect(strict):
        return openai.OpenAI(
            base_url=service + "/v1", api_key="unused", max_retries=0, _strict_response_validation=strict)

    client = connect(strict=True)

    listed = list(client.models.list())
    assert model in [card.id for card in listed], listed
    card = client.models.retrieve(model)
    assert card.object == "model" and card.created > 0 and card.owned_by, card

    def chat(**fields):
        return client.chat.completions.create(
            **{"model": model, "messages": QUESTION, "temperature": 0, "max_tokens": 6, **fields})

    whole = chat()
    choice = whole.choices[0]
    assert whole.object == "chat.completion" and whole.model == model and len(whole.choices) == 1, whole
    assert choice.message.role == "assistant" and choice.finish_reason in ("stop", "length"), choice
    assert 1 <= whole.usage.completion_tokens <= 6, whole.usage
    assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens

    # Parameters that concern OpenAI's platform alone, and values that mean "as usual".
    same = chat(
        user="me", seed=3, n=1, presence_penalty=0, frequency_penalty=0,
        logit_bias={}, logprobs=False, tools=[], response_format={"type": "text"}, top_p=1)
    assert same.choices[0].message.content == choice.message.content, same

    chunks = list(chat(stream=True, stream_options={"include_usage": True}))
    assert all(chunk.object == "chat.completion.chunk" and chunk.id == chunks[0].id for chunk in chunks), chunks
    assert chunks[0].choices[0].delta.role == "assistant", chunks[0]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == choice.message.content, (text, choice)
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == choice.finish_reason, chunks
    assert chunks[-1].choices == [] and chunks[-1].usage == whole.usage, chunks[-1]
    assert all(chunk.usage is None for chunk in chunks[:-1]), chunks
    assert all(chunk.usage is None for chunk in chat(stream=True)), "usage without asking"

    # Stop texts end the answer and are no part of it.
    prompt = "The colour of snow is"

    def complete(**fields):
        return client.completions.create(**{"model": model, "prompt": prompt, "temperature": 0, **fields})

    assert complete().choices[0].text == " white"
    stopped = complete(stop=["zzz", "it"])
    assert stopped.choices[0].text == " wh" and stopped.choices[0].finish_reason == "stop", stopped
    # The client's types know no pieces of completions, whose finish_reason is null up to the last.
    streamed = list(connect(strict=False).completions.create(
        model=model, prompt=prompt, temperature=0, stop="it", stream=True))
    assert "".join(part.choices[0].text for part in streamed) == " wh", streamed
    short = complete(max_tokens=1)
    assert short.usage.completion_tokens == 1 and short.choices[0].finish_reason == "length", short

    bad = openai.BadRequestError
    refused(openai.NotFoundError, lambda: chat(model="nobody"), "model_not_found", "model")
    refused(openai.NotFoundError, lambda: client.models.retrieve("nobody"), "model_not_found", "model")
    refused(bad, lambda: chat(messages=[]), "missing_required_parameter", "messages")
    refused(bad, lambda: chat(messages=[{"role": "wizard", "content": "x"}]), "invalid_value", "messages[0].role")
    refused(bad, lambda: chat(temperature=3), "invalid_value", "temperature")
    refused(bad, lambda: chat(top_p=-1), "invalid_value", "top_p")
    refused(bad, lambda: chat(max_tokens=0), "invalid_value", "max_tokens")
    refused(bad, lambda: chat(max_completion_tokens=-5), "invalid_value", "max_completion_tokens")
    refused(bad, lambda: chat(max_tokens=100_000), "context_length_exceeded", "messages")
    refused(bad, lambda: chat(n=2), "unsupported_parameter", "n")
    refused(bad, lambda: chat(stop=["a", "b", "c", "d", "e"]), "invalid_value", "stop")
    refused(bad, lambda: chat(metadata={"a": "b"}), "unsupported_parameter", "metadata")
    refused(bad, lambda: chat(tool_choice="auto"), "invalid_value", "tool_choice")
    refused(bad, lambda: chat(reasoning_effort="high"), "unsupported_parameter", "reasoning_effort")
    refused(bad, lambda: chat(logprobs=True), "unsupported_parameter", "logprobs")
    refused(bad, lambda: chat(presence_penalty=1), "unsupported_parameter", "presence_penalty")
    refused(bad, lambda: chat(response_format={"type": "json_object"}), "unsupported_parameter", "response_format")
    refused(bad, lambda: chat(extra_body={"flavour": 1}), "unknown_parameter", "flavour")


if __name__ == "__main__":
    main(*sys.argv[1:])
