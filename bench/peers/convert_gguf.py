"""A GGUF file as a float32 Hugging Face folder, by transformers itself."""
import os
import shutil

from side import need, say, task

torch, transformers, _ = need("torch", "transformers", "gguf")

t = task()
folder, file = os.path.split(t["model"])
part = t["out"] + ".part"
shutil.rmtree(part, ignore_errors=True)
transformers.AutoTokenizer.from_pretrained(folder, gguf_file=file).save_pretrained(part)
model = transformers.AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32)
for config in (model.config,):
    if hasattr(config, "quantization_config"):
        del config.quantization_config
model.hf_quantizer = None
model.is_quantized = False
model.save_pretrained(part)
os.rename(part, t["out"])
say(out=t["out"])
