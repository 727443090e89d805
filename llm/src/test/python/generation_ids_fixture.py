"""Writes generation_ids.json: which tokens end a generation, as transformers takes them from a folder's generation_config.json and config.json.
usage: generation_ids_fixture.py OUT.json   (needs torch, transformers)"""
import json, os, sys, tempfile
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

cases = []
for generation, config in [(None, dict(eos_token_id=6)), (None, dict(eos_token_id=[6, 8])), (None, dict(eos_token_id=None)), (None, {}), ({}, dict(eos_token_id=6)),
                           (dict(bos_token_id=1), dict(eos_token_id=6)), (dict(eos_token_id=3), dict(eos_token_id=6)), (dict(eos_token_id=[3, 4]), dict(eos_token_id=6)),
                           (dict(eos_token_id=None), dict(eos_token_id=6))]:
    with tempfile.TemporaryDirectory() as folder:
        LlamaForCausalLM(LlamaConfig(vocab_size=64, hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2)).save_pretrained(folder)
        path, written = os.path.join(folder, "generation_config.json"), os.path.join(folder, "config.json")
        os.remove(path)
        if generation is not None:
            json.dump(generation, open(path, "w"))
        fields = {k: v for k, v in json.load(open(written)).items() if k not in ("bos_token_id", "eos_token_id", "pad_token_id")}
        json.dump(fields | config, open(written, "w"))
        eos = AutoModelForCausalLM.from_pretrained(folder).generation_config.eos_token_id
        cases.append(dict(generation_config=generation, config=config, stops=[] if eos is None else eos if isinstance(eos, list) else [eos]))
json.dump(cases, open(sys.argv[1], "w"), indent=1)
