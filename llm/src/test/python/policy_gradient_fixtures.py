"""Makes src/test/resources/objectives/policy-gradients.json: losses, derivatives by log-probability and metrics as TRL's GRPO and RLOO
trainers compute them from log-probabilities that are given, and advantages from rewards as their code does.
usage: policy_gradient_fixtures.py RESOURCES   (needs torch, trl)"""
import json, os, sys
from types import SimpleNamespace
import torch
from collections import defaultdict
from trl.trainer.grpo_trainer import GRPOTrainer
from trl.trainer.rloo_trainer import RLOOTrainer

torch.manual_seed(5)
LENGTHS = [3, 7, 1, 5, 4, 6]                  # answers, three to each of two prompts
PROMPT, LONGEST, LIMIT = 2, max(LENGTHS), 9
ADVANTAGES = [1.2, -0.7, -0.5, 0.0, 0.9, -0.9]


def ragged(values):
    return [values[i, :n].tolist() for i, n in enumerate(LENGTHS)]


shape = (len(LENGTHS), LONGEST)
mask = torch.zeros(shape, dtype=torch.float64)
for i, n in enumerate(LENGTHS):
    mask[i, :n] = 1
logps = (-2 + 0.8 * torch.randn(shape, dtype=torch.float64)).float().double()
old = (logps + 0.35 * torch.randn(shape, dtype=torch.float64)).float().double()
reference = (logps + 0.5 * torch.randn(shape, dtype=torch.float64)).float().double()
advantages = torch.tensor(ADVANTAGES, dtype=torch.float64)
accelerator = SimpleNamespace(num_processes=1, sync_gradients=True, gather=lambda x: x, gather_for_metrics=lambda x: x, reduce=lambda x, **_: x)


def trainer(leaf, **own):
    return SimpleNamespace(
        _get_per_token_logps_and_entropies=lambda *_, **__: (leaf, torch.zeros_like(leaf), None),
        accelerator=accelerator, model=SimpleNamespace(training=True), _metrics=dict(train=defaultdict(list)), aux_loss_enabled=False,
        current_gradient_accumulation_steps=1, top_entropy_quantile=1.0, off_policy_mask_threshold=None, use_vllm=False, _entropy_bonus_enabled=False,
        max_completion_length=LIMIT, **own)


def inputs(**more):
    ids = torch.ones(shape, dtype=torch.long)
    prompt = torch.ones((len(LENGTHS), PROMPT), dtype=torch.long)
    return dict(prompt_ids=prompt, prompt_mask=prompt, completion_ids=ids, completion_mask=mask, advantages=advantages, num_items_in_batch=mask.sum(), **more)


def result(call, own, given):
    leaf = logps.clone().requires_grad_()
    made = trainer(leaf, **own)
    loss = call(made, None, given)
    loss.backward()
    kept = {n: v[-1] for n, v in made._metrics["train"].items() if n in ("kl", "clip_ratio/low_mean", "clip_ratio/low_min", "clip_ratio/high_mean", "clip_ratio/high_max", "clip_ratio/region_mean")}
    return dict(loss=loss.item(), derivatives=ragged(leaf.grad), metrics=kept)


grpo = []
for loss_type in ("grpo", "bnpo", "dr_grpo", "dapo"):
    for level in ("token", "sequence"):
        for beta, corrected in ((0.0, True), (0.3, True), (0.3, False)):
            own = dict(loss_type=loss_type, importance_sampling_level=level, beta=beta, epsilon_low=0.2, epsilon_high=0.28, args=SimpleNamespace(delta=None, use_bias_correction_kl=corrected, steps_per_generation=1))
            settings = dict(lossType=loss_type, importanceSamplingLevel=level, beta=beta, epsilon=0.2, epsilonHigh=0.28, useBiasCorrectionKl=corrected, maxCompletionLength=LIMIT)
            grpo.append(dict(settings=settings, **result(GRPOTrainer._compute_loss, own, inputs(old_per_token_logps=old, ref_per_token_logps=reference))))
rloo = []
for low, high in ((0.2, 0.2), (0.6, 0.9)):
    own = dict(epsilon_low=low, epsilon_high=high)
    rloo.append(dict(settings=dict(epsilon=low, epsilonHigh=high), **result(RLOOTrainer._compute_loss, own, inputs(old_logps=(old * mask).sum(1)))))

out = dict(groupSize=3, logps=ragged(logps), oldLogps=ragged(old), referenceLogps=ragged(reference), advantages=ADVANTAGES, grpo=grpo, rloo=rloo)
with open(os.path.join(sys.argv[1], "objectives", "policy-gradients.json"), "w") as f:
    json.dump(out, f, separators=(",", ":"))
    f.write("\n")
