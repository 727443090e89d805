"""Scores texts with reward models that Affinage wrote, as transformers and PEFT read them: each alone, in one batch padded on the right, and
in one padded on the left. Run by RewardExportTest, which compares the scores.
usage: reward_model_check.py OUT.json FOLDER... (needs torch, transformers, peft); FOLDER has probe.json: {"texts": [ids...], "base": PATH or null, "left": bool}"""
import json, sys
import torch
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

found = []
for folder in sys.argv[2:]:
    with open(folder + "/probe.json") as file:
        probe = json.load(file)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    pad = tokenizer.pad_token_id
    assert pad is not None and all(pad not in text for text in probe["texts"]), folder
    if probe["base"]:
        import peft
        base = AutoModelForSequenceClassification.from_pretrained(probe["base"], num_labels=1, dtype=torch.float32)
        base.config.pad_token_id = pad
        model = peft.PeftModel.from_pretrained(base, folder)
    else:
        model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
        assert model.config.num_labels == 1 and model.config.pad_token_id == pad, folder
    model = model.eval()

    def scores(rows, side):
        longest = max(map(len, rows))
        fill = lambda row, value: [value] * (longest - len(row))
        ids = [fill(row, pad) + row if side == "left" else row + fill(row, pad) for row in rows]
        mask = [fill(row, 0) + [1] * len(row) if side == "left" else [1] * len(row) + fill(row, 0) for row in rows]
        with torch.no_grad():
            return model(input_ids=torch.tensor(ids), attention_mask=torch.tensor(mask), use_cache=False).logits[:, 0].tolist()

    result = {"kind": type(model).__name__, "alone": [scores([text], "right")[0] for text in probe["texts"]], "right": scores(probe["texts"], "right")}
    if probe["left"]:  # positions that are learned are counted from the first token, padding or not
        result["left"] = scores(probe["texts"], "left")
    found.append(result)
with open(sys.argv[1], "w") as file:
    json.dump(found, file)
