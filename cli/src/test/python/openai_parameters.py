"""Whether a table of parameters has all that OpenAI's own client can send.

    python3 openai_parameters.py TABLE

TABLE is JSON: endpoint, as the client spells it, to parameter to how it is treated. Ends with status 0 when nothing
lacks; a parameter of the table that this client does not know is fine, since clients differ in age.
"""

import inspect
import json
import sys

import openai

OF_ALL = {"extra_headers", "extra_query", "extra_body", "timeout"}


def main(table):
    with open(table) as file:
        known = json.load(file)
    client = openai.OpenAI(api_key="unused")
    lacking = []
    for endpoint, parameters in known.items():
        method = client
        for name in endpoint.split("."):
            method = getattr(method, name)
        for parameter in inspect.signature(method).parameters:
            if parameter not in OF_ALL and parameter not in parameters:
                lacking.append(f"{endpoint}({parameter}=)")
    assert not lacking, f"openai {openai.__version__} can send what the table lacks: {lacking}"


if __name__ == "__main__":
    main(sys.argv[1])
